/*
 * json-check: prints what lib/json makes of a text, for the tests.
 *
 *	json-check [FILE]            exit 0, or 1 with "OFFSET: reason"
 *	json-check --compact [FILE]  prints the text compacted, or the same
 *	json-check --values [FILE]   prints the text read token by token and
 *	                             written again, strings unescaped between
 *	json-check --time [FILE]     checks each line, prints CPU MB/s
 *	--lines with any: each line is a text, and has its line of output
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json/json.h"

#define TEXT_MAX ((size_t)1 << 30)

enum mode { CHECK, COMPACT, VALUES };

static bool slurp(const char *path, struct buf *to)
{
	FILE *f = path ? fopen(path, "rb") : stdin;
	size_t got = 1;

	while (f && got > 0) {
		char *room = buf_reserve(to, 65536);

		if (!room)
			return false;
		got = fread(room, 1, 65536, f);
		to->n += got;
	}
	return f && !ferror(f);
}

static void put_text(
    struct slice text, bool escaped, struct buf *scratch, struct buf *to)
{
	buf_clear(scratch);
	if (escaped)
		json_unescape(text, scratch);
	json_put_string(to, escaped ? buf_slice(scratch) : text);
}

/* Write what the reader hands out: the long way round to json_compact. */
static bool rewrite(struct json *j, struct slice text, struct buf *to)
{
	struct buf scratch = {.max = TEXT_MAX};
	enum json_type type;
	bool first = true, object[JSON_DEPTH_MAX + 1] = {false};

	json_init(j, text);
	while ((type = json_next(j)) != JSON_END && type != JSON_ERROR) {
		bool closes = type == JSON_ARRAY_END || type == JSON_OBJECT_END;
		bool opens = type == JSON_ARRAY || type == JSON_OBJECT;

		if (!first && !closes)
			buf_putc(to, ',');
		if (!closes && object[j->depth - opens]) {
			put_text(j->key, j->key_escaped, &scratch, to);
			buf_putc(to, ':');
		}
		if (closes || opens)
			buf_putc(
			    to, "[]{}"[2 * (type >= JSON_OBJECT) + closes]);
		else if (type == JSON_STRING)
			put_text(j->text, j->escaped, &scratch, to);
		else
			buf_put_slice(to, j->text);
		if (opens)
			object[j->depth] = type == JSON_OBJECT;
		first = opens;
	}
	buf_release(&scratch);
	return type == JSON_END && !to->failed;
}

static bool answer(enum mode mode, struct slice text, bool is_valid)
{
	/* A block of exactly the text's size lets sanitizers see its end. */
	char *copy = malloc(text.n ? text.n : 1);
	struct buf out = {.max = TEXT_MAX};
	struct json j;
	bool good;

	if (!copy)
		abort();
	memcpy(copy, text.p, text.n);
	text.p = copy;
	if (mode == CHECK)
		good = json_check(&j, text);
	else if (mode == COMPACT)
		good = json_check(&j, text) && json_compact(&j, text, &out);
	else
		good = rewrite(&j, text, &out);
	if (!good)
		printf("%zu: %s\n", j.at, j.error ? j.error : "too long");
	else if (mode == CHECK && is_valid)
		puts("ok");
	else if (mode != CHECK)
		printf("%.*s\n", (int)out.n, out.p);
	buf_release(&out);
	free(copy);
	return good;
}

/* How fast lines are checked, in CPU time: the best of five. */
static int measure(struct slice text)
{
	double best = 0;

	for (int i = 0; i < 5; i++) {
		const char *p = text.p, *end = text.p + text.n;
		clock_t began = clock();
		double rate;

		while (p < end) {
			const char *nl = memchr(p, '\n', (size_t)(end - p));
			struct json j;

			nl = nl ? nl : end;
			if (!json_check(
				&j, (struct slice){p, (size_t)(nl - p)}))
				return 1;
			p = nl + 1;
		}
		rate = (double)text.n * CLOCKS_PER_SEC / 1e6 /
		       (double)(clock() - began);
		best = rate > best ? rate : best;
	}
	printf("%.0f MB/s\n", best);
	return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
	struct buf text = {.max = TEXT_MAX};
	enum mode mode = CHECK;
	bool lines = false, timed = false, good = true;
	const char *p, *end;
	int i;

	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		lines = lines || strcmp(argv[i], "--lines") == 0;
		timed = timed || strcmp(argv[i], "--time") == 0;
		if (strcmp(argv[i], "--compact") == 0)
			mode = COMPACT;
		if (strcmp(argv[i], "--values") == 0)
			mode = VALUES;
	}
	if (!slurp(i < argc ? argv[i] : NULL, &text)) {
		fputs("json-check: cannot read\n", stderr);
		return 74;
	}
	if (timed)
		return measure(buf_slice(&text));
	if (!lines)
		return !answer(mode, buf_slice(&text), false);
	p = text.p;
	end = text.p + text.n;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (!nl)
			nl = end;
		good =
		    answer(mode, (struct slice){p, (size_t)(nl - p)}, true) &&
		    good;
		p = nl + 1;
	}
	buf_release(&text);
	return !good || fflush(stdout) != 0;
}

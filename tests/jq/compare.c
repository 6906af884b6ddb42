/*
 * compare: runs jq programs in libjq and in lib/jq, and compares what comes of
 * them.
 *
 *	compare cases FILE...             both give the outcome that is written
 *	compare differences FILE PAGE     each gives its own, and the page of
 *	                                  semantics names each program
 *	compare write FILE...             prints cases, with libjq's outcomes
 *	compare random [OPTION...]        random programs and inputs
 *	compare syntax [OPTION...]        their texts, with changed tokens
 *	compare try PROGRAM [INPUT]       prints both outcomes
 *
 * Options: --seed N, --count N programs, --seconds N, and --show N differences.
 * Exit status: 1 if there is a difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/mem.h"
#include "base/number.h"
#include "cases.h"
#include "engines.h"
#include "grammar.h"

#define BATCH 256 /* programs */
#define INPUTS 3  /* of each random program */
#define TEXT_MAX ((size_t)1 << 20)
#define SHRINK_ROUNDS 60

struct options {
	uint64_t seed;
	int64_t count, seconds, show;
};

/* What has been compared so far. */
struct score {
	unsigned long programs, outcomes, equal, refused, unfinished;
	unsigned long mended; /* of changed texts: what jq 1.7 does so, too */
	unsigned long different;
	struct buf lacks; /* lines: what lib/jq refuses that libjq takes */
};

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The last line, which says how it ended. */
static const char *last_line(const char *outcome)
{
	const char *p = outcome + strlen(outcome);

	if (p > outcome)
		p--;
	while (p > outcome && p[-1] != '\n')
		p--;
	return p;
}

static bool is_unfinished(const char *outcome)
{
	const char *end = last_line(outcome);

	return starts(end, "limit:") || starts(end, "died: signal 27") ||
	       starts(end, "died: signal 9") || starts(end, "died: status 2") ||
	       starts(end, "died: signal 6") || starts(end, "died: status 71");
}

/* The grammar is that of jq 1.6: later ones take more. */
static bool is_later_syntax(const char *own)
{
	return libjq_version() > 106 && strstr(own, "syntax error");
}

/* 1.6 takes error(null) for the end, as the page says. */
static bool is_null_error(const char *libjq, const char *own)
{
	const char *end = last_line(own);

	return libjq_version() <= 106 && strcmp(end, "! null\n") == 0 &&
	       strlen(libjq) == (size_t)(end - own) && starts(own, libjq);
}

/*
 * What jq 1.7 mended, as the page says: `if` without `else` in 1.6, which wants
 * no `end` there, and errors after a `try`, which 1.6 takes for the end.
 */
static bool is_mended(const char *program, const char *libjq, const char *own)
{
	const char *end = last_line(own);

	if (libjq_version() > 106)
		return false;
	if (starts(libjq, "refused:"))
		return strstr(program, "if") && strstr(libjq, "unexpected end");
	return (strstr(program, "try") || strchr(program, '?')) &&
	       starts(end, "! ") && strlen(libjq) == (size_t)(end - own) &&
	       starts(own, libjq);
}

enum comparison { EQUAL, LACKING, UNFINISHED, DIFFERENT };

static enum comparison compare(const char *libjq, const char *own)
{
	if (strcmp(libjq, own) == 0 || is_null_error(libjq, own))
		return EQUAL;
	if (starts(own, "refused:"))
		return starts(libjq, "refused:") ? EQUAL
		       : is_later_syntax(own)	 ? LACKING
		       : strstr(own, "has no")	 ? LACKING
						 : DIFFERENT;
	if (starts(libjq, "died: ") &&
	    (!starts(own, "died: ") || is_unfinished(own)))
		return UNFINISHED; /* its asserts failed, or it is too slow */
	return DIFFERENT;
}

static void count(struct score *s, const char *libjq, const char *own)
{
	s->outcomes++;
	switch (compare(libjq, own)) {
	case EQUAL: s->equal++; break;
	case UNFINISHED: s->unfinished++; break;
	case DIFFERENT: s->different++; break;
	case LACKING:
		s->refused++;
		if (!strstr(buf_cstr(&s->lacks), own))
			buf_puts(&s->lacks, own);
	}
}

static void print_score(struct score *s)
{
	printf("%lu programs, %lu outcomes: %lu equal, %lu unfinished, "
	       "%lu of what lib/jq has not, %lu of what 1.7 mended, "
	       "%lu different\n",
	    s->programs, s->outcomes, s->equal, s->unfinished, s->refused,
	    s->mended, s->different);
	if (s->refused > 0)
		printf("lib/jq:\n%s", buf_cstr(&s->lacks));
	buf_release(&s->lacks);
}

static void print_lines(const char *before, const char *lines)
{
	struct slice rest = slice_of(lines);

	if (rest.n == 0)
		printf("%s: (no result)\n", before);
	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n');

		printf("%s: %.*s%s\n", before,
		    (int)(line.n > 300 ? 300 : line.n), line.p,
		    line.n > 300 ? "..." : "");
	}
}

static void print_difference(const char *where, const char *program,
    const char *input, const char *libjq, const char *own)
{
	printf("%s:\n%s\n%s\n", where, program, input);
	print_lines("libjq", libjq);
	print_lines("own", own);
	printf("\n");
}

/* Two arrays of the same trials, for the two engines. */
struct trials {
	struct trial *libjq, *own;
	size_t count, room;
};

static void add_trial(struct trials *t, const char *program, const char *input)
{
	size_t room = t->room;

	t->libjq = mem_grow(t->libjq, &t->room, t->count + 1, sizeof(*t->own));
	t->own = mem_grow(t->own, &room, t->count + 1, sizeof(*t->own));
	t->libjq[t->count] = t->own[t->count] =
	    (struct trial){program, input, NULL};
	t->count++;
}

static void run_trials(struct trials *t)
{
	engine_run(&engine_libjq, t->libjq, t->count);
	engine_run(&engine_own, t->own, t->count);
}

/* Messages of jq 1.6 that have other words in 1.7. */
static const struct {
	const char *old, *later;
} reworded[] = {
    {"Start and end indices of an array slice must be numbers",
	"Array/string slice indices must be integers"},
    {"Start and end indices of an string slice must be numbers",
	"Array/string slice indices must be integers"},
    {"Cannot update field at object index of string",
	"Cannot update string slices"},
};

static char *reword(char *outcome)
{
	for (size_t i = 0; i < COUNT_OF(reworded); i++) {
		char *at = strstr(outcome, reworded[i].old);
		struct buf text = BUF_INIT(TEXT_MAX);

		if (!at)
			continue;
		buf_put(&text, outcome, (size_t)(at - outcome));
		buf_puts(&text, reworded[i].later);
		buf_puts(&text, at + strlen(reworded[i].old));
		free(outcome);
		outcome = mem_string(buf_cstr(&text));
		buf_release(&text);
	}
	return outcome;
}

/* The same of random programs, which ignores other words. */
static void run_random(struct trials *t)
{
	run_trials(t);
	for (size_t i = 0; i < t->count; i++)
		t->libjq[i].outcome = reword(t->libjq[i].outcome);
}

static void clear_trials(struct trials *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->libjq[i].outcome);
		free(t->own[i].outcome);
	}
	t->count = 0;
}

static void release_trials(struct trials *t)
{
	clear_trials(t);
	free(t->libjq);
	free(t->own);
}

static bool read_files(struct cases *c, char **paths)
{
	for (; *paths; paths++)
		if (!cases_read(c, *paths))
			return false;
	return true;
}

static void run_cases(struct trials *t, const struct cases *c)
{
	for (size_t i = 0; i < c->count; i++)
		add_trial(t, c->all[i].program, c->all[i].input);
	run_trials(t);
}

/* "refused" is enough to say of a program that does not compile. */
static bool is_as_written(const char *outcome, const char *written)
{
	return strcmp(outcome, written) == 0 ||
	       (starts(written, "refused") && starts(outcome, "refused"));
}

static int command_cases(char **paths)
{
	struct score s = {.lacks = BUF_INIT(TEXT_MAX)};
	struct trials t = {NULL, NULL, 0, 0};
	struct cases c = {NULL, 0, 0};
	char where[200];

	if (!read_files(&c, paths))
		return 2;
	run_cases(&t, &c);
	for (size_t i = 0; i < c.count; i++) {
		const char *libjq = t.libjq[i].outcome, *own = t.own[i].outcome;
		const struct jq_case *one = &c.all[i];

		snprintf(where, sizeof(where), "%s:%u", one->file, one->line);
		count(&s, libjq, own);
		if (compare(libjq, own) == DIFFERENT) {
			print_difference(
			    where, one->program, one->input, libjq, own);
		} else if (!is_as_written(libjq, one->outcome)) {
			s.different++;
			print_difference(where, one->program, one->input, libjq,
			    one->outcome);
		}
	}
	s.programs = c.count;
	print_score(&s);
	release_trials(&t);
	cases_release(&c);
	return s.different > 0;
}

static int command_write(char **paths)
{
	struct trials t = {NULL, NULL, 0, 0};
	struct cases c = {NULL, 0, 0};

	if (!read_files(&c, paths))
		return 2;
	for (size_t i = 0; i < c.count; i++)
		add_trial(&t, c.all[i].program, c.all[i].input);
	engine_run(&engine_libjq, t.libjq, t.count);
	for (size_t i = 0; i < c.count; i++) {
		const char *outcome = t.libjq[i].outcome;

		printf("%s%s%s\n%s\n%s", i ? "\n" : "", c.all[i].comment,
		    c.all[i].program, c.all[i].input,
		    starts(outcome, "refused") ? "refused\n" : outcome);
	}
	release_trials(&t);
	cases_release(&c);
	return 0;
}

/* Whether a page has a program, as code. In its tables, \| is |. */
static bool page_names(const struct buf *page, const char *program)
{
	struct buf code = BUF_INIT(TEXT_MAX);
	bool found;

	buf_printf(&code, "`%s`", program);
	found = slice_find(buf_slice(page), buf_slice(&code)).p != NULL;
	buf_release(&code);
	return found;
}

static bool read_page(struct buf *page, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4096];

	if (!f)
		perror(path);
	while (f && fgets(line, sizeof(line), f))
		for (const char *p = line; *p; p++)
			if (strncmp(p, "\\|", 2) != 0)
				buf_putc(page, *p);
	if (f)
		fclose(f);
	return f != NULL;
}

static bool check_difference(const struct jq_case *one, const char *libjq,
    const char *own, const struct buf *page)
{
	char *libjq_written = lines_with(
	    one->outcome, libjq_version() <= 106 ? "1.6: " : "1.7: ");
	char *own_written = lines_with(one->outcome, "own: ");
	char where[200];
	bool good = is_as_written(libjq, libjq_written) &&
		    is_as_written(own, own_written);

	snprintf(where, sizeof(where), "%s:%u", one->file, one->line);
	if (!good)
		print_difference(where, one->program, one->input, libjq, own);
	if (!page_names(page, one->program)) {
		printf(
		    "%s: the page does not have `%s`\n", where, one->program);
		good = false;
	}
	free(libjq_written);
	free(own_written);
	return good;
}

static int command_differences(char **paths)
{
	struct buf page = BUF_INIT(TEXT_MAX);
	struct trials t = {NULL, NULL, 0, 0};
	struct cases c = {NULL, 0, 0};
	size_t bad = 0;

	if (!paths[0] || !paths[1] || !cases_read(&c, paths[0]) ||
	    !read_page(&page, paths[1]))
		return 2;
	run_cases(&t, &c);
	for (size_t i = 0; i < c.count; i++)
		bad += !check_difference(
		    &c.all[i], t.libjq[i].outcome, t.own[i].outcome, &page);
	printf("%zu known differences, %zu wrong\n", c.count, bad);
	release_trials(&t);
	cases_release(&c);
	buf_release(&page);
	return bad > 0;
}

/*
 * Make a program that shows a difference smaller: each part of it becomes one
 * of the parts within it, or a leaf, as long as there is still a difference.
 */
struct shrinking {
	struct buf text; /* the smallest so far */
	struct buf input;
	struct trials candidates;
};

static void add_candidate(struct shrinking *s, const struct tree *root)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	tree_put(&text, root);
	if (text.n < s->text.n)
		add_trial(
		    &s->candidates, mem_string(buf_cstr(&text)), s->input.p);
	buf_release(&text);
}

static const char *const small[] = {".", "null", "1", "\"a\"", "[]", "{}"};
#define EDITS (KIDS_MAX + 6)

/* What an edit makes of a part; false if it is none. */
static bool edit(struct tree *part, unsigned how)
{
	if (how >= KIDS_MAX)
		*part = (struct tree){.template = small[how - KIDS_MAX]};
	else if (how < part->count)
		*part = *part->kids[how];
	else
		return false;
	return true;
}

/* One round; true if something smaller was found. */
static bool shrink_once(struct shrinking *s, struct tree *root)
{
	static struct tree *parts[TREE_MAX];
	static unsigned made_by[TREE_MAX * EDITS];
	size_t n = tree_parts(root, parts), best = SIZE_MAX, made = 0;
	struct trials *t = &s->candidates;

	for (unsigned e = 0; e < n * EDITS; e++) {
		struct tree old = *parts[e / EDITS];

		if (edit(parts[e / EDITS], e % EDITS))
			add_candidate(s, root);
		while (made < t->count)
			made_by[made++] = e;
		*parts[e / EDITS] = old;
	}
	run_random(t);
	for (size_t i = 0; i < t->count; i++)
		if (compare(t->libjq[i].outcome, t->own[i].outcome) ==
			DIFFERENT &&
		    (best == SIZE_MAX || strlen(t->own[i].program) <
					     strlen(t->own[best].program)))
			best = i;
	if (best != SIZE_MAX) {
		unsigned e = made_by[best];

		edit(parts[e / EDITS], e % EDITS);
		buf_set(&s->text, slice_of(t->own[best].program));
	}
	for (size_t i = 0; i < t->count; i++)
		free((void *)(uintptr_t)t->own[i].program);
	clear_trials(t);
	return best != SIZE_MAX;
}

static void show_smallest(struct options *o, uint64_t number, const char *input)
{
	struct random r = random_of(o->seed, number, libjq_version() > 106);
	struct tree *root = grammar_program(&r);
	struct shrinking s = {
	    .text = BUF_INIT(TEXT_MAX), .input = BUF_INIT(TEXT_MAX)};
	char where[80];
	char *libjq, *own;

	tree_put(&s.text, root);
	buf_puts(&s.input, input);
	buf_cstr(&s.input);
	for (int i = 0; i < SHRINK_ROUNDS && shrink_once(&s, root); i++)
		;
	libjq = engine_outcome(&engine_libjq, buf_cstr(&s.text), s.input.p);
	own = engine_outcome(&engine_own, buf_cstr(&s.text), s.input.p);
	snprintf(where, sizeof(where), "seed %llu, program %llu",
	    (unsigned long long)o->seed, (unsigned long long)number);
	print_difference(where, s.text.p, s.input.p, libjq, own);
	free(libjq);
	free(own);
	release_trials(&s.candidates);
	buf_release(&s.text);
	buf_release(&s.input);
}

/* A batch of random programs, with their numbers. */
struct batch {
	struct trials trials;
	char *texts[BATCH * (INPUTS + 1)];
	size_t text_count;
	uint64_t numbers[BATCH * INPUTS]; /* of the trials' programs */
};

static char *keep_text(struct batch *b, struct buf *text)
{
	char *kept = mem_string(buf_cstr(text));

	b->texts[b->text_count++] = kept;
	buf_clear(text);
	return kept;
}

static void fill_batch(
    struct batch *b, struct options *o, uint64_t *number, bool mutate)
{
	bool modern = libjq_version() > 106;
	struct buf text = BUF_INIT(TEXT_MAX);

	for (int n = 0; n < BATCH; ++*number) {
		struct random r = random_of(o->seed, *number, modern);
		struct tree *root = grammar_program(&r);
		const char *program;

		if (!root)
			continue;
		n++;
		tree_put(&text, root);
		if (mutate)
			grammar_mutate(&text, &r);
		program = keep_text(b, &text);
		for (int i = 0; i < (mutate ? 1 : INPUTS); i++) {
			grammar_input(&text, &r);
			b->numbers[b->trials.count] = *number;
			add_trial(&b->trials, program, keep_text(b, &text));
		}
	}
	buf_release(&text);
}

static void clear_batch(struct batch *b)
{
	clear_trials(&b->trials);
	while (b->text_count > 0)
		free(b->texts[--b->text_count]);
}

static void compare_batch(
    struct batch *b, struct options *o, struct score *s, bool mutate)
{
	struct trials *t = &b->trials;
	uint64_t last = UINT64_MAX;

	for (size_t i = 0; i < t->count; i++) {
		const char *libjq = t->libjq[i].outcome,
			   *own = t->own[i].outcome;

		if (mutate && is_mended(t->own[i].program, libjq, own)) {
			s->mended++;
			continue;
		}
		count(s, libjq, own);
		if (compare(libjq, own) != DIFFERENT || b->numbers[i] == last ||
		    o->show <= 0)
			continue;
		last = b->numbers[i];
		o->show--;
		if (mutate)
			print_difference("syntax", t->own[i].program,
			    t->own[i].input, libjq, own);
		else
			show_smallest(o, last, t->own[i].input);
	}
}

static int command_random(struct options *o, bool mutate)
{
	struct score s = {.lacks = BUF_INIT(TEXT_MAX)};
	static struct batch b;
	time_t began = time(NULL);
	uint64_t number = 0;

	while (s.programs < (uint64_t)o->count &&
	       (o->seconds == 0 || time(NULL) - began < o->seconds)) {
		fill_batch(&b, o, &number, mutate);
		run_random(&b.trials);
		compare_batch(&b, o, &s, mutate);
		clear_batch(&b);
		s.programs += BATCH;
	}
	print_score(&s);
	release_trials(&b.trials);
	return s.different > 0;
}

static int command_try(char **args)
{
	const char *input = args[0] && args[1] ? args[1] : "null";
	char *libjq, *own;

	if (!args[0])
		return 2;
	libjq = engine_outcome(&engine_libjq, args[0], input);
	own = engine_outcome(&engine_own, args[0], input);
	print_lines("libjq", libjq);
	print_lines("own", own);
	free(libjq);
	free(own);
	return 0;
}

static bool set_options(struct options *o, char **args)
{
	for (; args[0]; args += 2) {
		int64_t n;

		if (!args[1] || !number_parse(slice_of(args[1]), &n))
			return false;
		if (strcmp(args[0], "--seed") == 0)
			o->seed = (uint64_t)n;
		else if (strcmp(args[0], "--count") == 0)
			o->count = n;
		else if (strcmp(args[0], "--seconds") == 0)
			o->seconds = n;
		else if (strcmp(args[0], "--show") == 0)
			o->show = n;
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options o = {1, INT64_MAX, 0, 5};
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "cases") == 0)
		return command_cases(argv + 2);
	if (strcmp(command, "write") == 0)
		return command_write(argv + 2);
	if (strcmp(command, "differences") == 0)
		return command_differences(argv + 2);
	if (strcmp(command, "try") == 0)
		return command_try(argv + 2);
	if (strcmp(command, "random") == 0 && set_options(&o, argv + 2))
		return command_random(&o, false);
	if (strcmp(command, "syntax") == 0 && set_options(&o, argv + 2))
		return command_random(&o, true);
	fprintf(stderr, "usage: compare cases|differences|write|random|syntax|"
			"try ...\n");
	return 64;
}

#include "import/values.h"

#include <string.h>

#define READ_MIN ((size_t)64 << 10) /* bytes to be read ahead */

/* Bad rows that are looked through for the beginning of another. */
#define READ_TWICE_MAX 10000

/* Bytes in which a brace and the name after it are looked for. */
#define BRACE_AHEAD ((size_t)256)

static const char row_too_long[] = "longer than 1 MiB";
static const char whole_too_long[] = "longer than 16 MiB";

static void skip_value(void *ctx, struct json *j)
{
	(void)ctx;
	json_skip(j, json_next(j));
}

void values_init(struct values *v, struct byte_source source)
{
	*v = (struct values){.source = source,
	    .rows = {skip_value, NULL},
	    .window = BUF_INIT(2 * VALUE_WHOLE_MAX + 4 * READ_MIN)};
}

void values_release(struct values *v)
{
	buf_release(&v->window);
}

static struct slice rest_of(const struct values *v)
{
	return slice_from(buf_slice(&v->window), v->at);
}

/* The number of the byte at an offset in the window, from 1. */
static uint64_t byte_at(const struct values *v, size_t at)
{
	return v->before + at + 1;
}

/* Move the rest to the front, if what is before it is longer. */
static void drop_passed(struct values *v)
{
	struct slice rest = rest_of(v);

	if (rest.n > v->at)
		return;
	if (rest.n > 0)
		memmove(v->window.p, rest.p, rest.n);
	v->window.n = rest.n;
	v->before += v->at;
	v->at = 0;
}

/* Have n bytes of the rest in the window, unless the text has fewer. */
static void read_ahead(struct values *v, size_t n)
{
	if (v->window.n - v->at >= n)
		return;
	drop_passed(v);
	while (!v->ended && v->window.n - v->at < n) {
		char *to = buf_reserve(&v->window, READ_MIN);
		long got =
		    to ? v->source.read(v->source.ctx, to, READ_MIN) : -1;

		v->ended = got <= 0;
		v->failed = got < 0;
		if (got > 0)
			v->window.n += (size_t)got;
	}
}

/* Skip white space; whether anything follows. */
static bool skip_space(struct values *v)
{
	const char *p, *end;

	do {
		read_ahead(v, 1);
		p = v->window.p + v->at;
		end = v->window.p + v->window.n;
		while (p < end && char_is_space(*p))
			p++;
		v->at = (size_t)(p - v->window.p);
	} while (p == end && !v->ended);
	return p < end;
}

static void set_error(struct values *v, const char *error, size_t at)
{
	v->error = error;
	v->error_at = byte_at(v, v->at + at);
}

static enum value_result end_bad(struct values *v, const char *error, size_t at)
{
	set_error(v, error, at);
	v->over = true;
	return VALUE_BAD;
}

/* The text ends, or its source has failed. */
static enum value_result end(struct values *v)
{
	v->over = true;
	if (v->failed)
		return VALUE_FAILED;
	return v->in_list ? end_bad(v, "cut: its list does not end", 0)
			  : VALUE_END;
}

/* Read the value that begins here, of at most `max` bytes. */
static bool read_value(struct values *v, struct row_scan by, size_t max,
    const char *too_long, struct json *j)
{
	size_t ahead = READ_MIN;

	for (;;) {
		read_ahead(v, ahead);
		json_init_lenient(j, rest_of(v));
		by.scan(by.ctx, j);
		v->value_at = byte_at(v, v->at);
		if (!json_may_be_cut(j) || v->ended)
			return !j->error;
		if (rest_of(v).n >= max)
			break;
		ahead = 2 * rest_of(v).n < max ? 2 * rest_of(v).n : max;
	}
	j->error = too_long;
	return false;
}

static void take_value(struct values *v, const struct json *j)
{
	v->value = rest_of(v);
	v->value.n = (size_t)(j->p - j->start);
	v->flaw = j->flaw;
	v->flaw_at = byte_at(v, v->at + j->flaw_at);
	v->at += v->value.n;
}

/* Whether a member follows a brace. */
static bool begins_object(struct slice text)
{
	text = slice_trim(slice_from(text, 1));
	return text.n > 0 && *text.p == '"';
}

/* Go to where an object may begin, or to the end. */
static void find_object(struct values *v)
{
	for (;;) {
		struct slice rest;
		const char *p;

		read_ahead(v, BRACE_AHEAD);
		rest = rest_of(v);
		if (rest.n == 0)
			return;
		p = memchr(rest.p, '{', rest.n);
		v->at = p ? (size_t)(p - v->window.p) : v->window.n;
		if (!p)
			continue;
		read_ahead(v, BRACE_AHEAD);
		rest = rest_of(v);
		rest.n = rest.n < BRACE_AHEAD ? rest.n : BRACE_AHEAD;
		if (begins_object(rest))
			return;
		v->at++;
	}
}

/*
 * Skip a row in which something is wrong, up to the next object after that.
 * Where there is none, the list is over.
 */
static enum value_result skip_row(
    struct values *v, const char *error, size_t at, size_t passed)
{
	set_error(v, error, at);
	v->at += passed;
	find_object(v);
	v->wants_comma = false;
	v->in_list = v->at < v->window.n;
	return VALUE_BAD_ROW;
}

/*
 * How much of a row to skip that has an error at some byte. The next row may
 * begin before that: a string without its end takes in the beginning of the row
 * after it. In a text that has nothing but errors, this would take too long.
 */
static size_t bad_part(struct values *v, size_t at)
{
	return v->bad_rows++ < READ_TWICE_MAX || at == 0 ? 1 : at;
}

static enum value_result next_row(struct values *v)
{
	struct json j;

	v->row++;
	if (read_value(v, v->rows, VALUE_ROW_MAX, row_too_long, &j)) {
		take_value(v, &j);
		v->wants_comma = true;
		return VALUE_ROW;
	}
	if (j.error == row_too_long)
		return skip_row(v, j.error, 0, rest_of(v).n);
	if (!json_may_be_cut(&j))
		return skip_row(v, j.error, j.at, bad_part(v, j.at));
	if (!v->failed)
		return skip_row(v, "cut", rest_of(v).n, 1);
	v->row--;
	return end(v);
}

static enum value_result next_whole(struct values *v)
{
	const struct row_scan skip = {skip_value, NULL};
	struct json j;

	if (read_value(v, skip, VALUE_WHOLE_MAX, whole_too_long, &j)) {
		take_value(v, &j);
		return VALUE_WHOLE;
	}
	return v->failed && json_may_be_cut(&j) ? end(v)
						: end_bad(v, j.error, j.at);
}

/* What follows a row is no comma: the next row, or part of none. */
static enum value_result next_without_comma(struct values *v)
{
	enum value_result result;

	if (*rest_of(v).p != '{') {
		v->row++;
		return skip_row(v, "no comma", 0, 1);
	}
	result = next_row(v);
	if (result == VALUE_ROW && !v->flaw) {
		v->flaw = "no comma";
		v->flaw_at = v->value_at;
	}
	return result;
}

static void skip_mark(struct values *v)
{
	read_ahead(v, READ_MIN);
	if (slice_starts(rest_of(v), SLICE(UTF8_BOM)))
		v->at += strlen(UTF8_BOM);
}

enum value_result values_next(struct values *v)
{
	if (v->over)
		return VALUE_END;
	if (v->before == 0 && v->at == 0)
		skip_mark(v);
	while (skip_space(v)) {
		char c = *rest_of(v).p;

		if (v->in_list && c == ']') {
			v->in_list = false;
		} else if (!v->in_list && c == '[') {
			v->in_list = v->had_list = true;
			v->wants_comma = false;
		} else if (!v->in_list) {
			return next_whole(v);
		} else if (!v->wants_comma) {
			return next_row(v);
		} else if (c != ',') {
			return next_without_comma(v);
		} else {
			v->wants_comma = false;
		}
		v->at++;
	}
	return end(v);
}

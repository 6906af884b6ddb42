#include "jq/builtins.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "jq/machine.h"

BUILTIN(floor_of)
{
	return in.kind == JQ_NUMBER
		   ? jq_number(floor(in.number))
		   : machine_error(m, "%s (%s) number required",
			 jq_kind_name(in), machine_quote(m, in));
}

BUILTIN(infinite)
{
	return jq_number((double)INFINITY);
}

BUILTIN(not_a_number)
{
	return jq_number((double)NAN);
}

/* Characters that jq's reader takes as one word. */
static size_t word_length(struct slice s)
{
	size_t n = 0;

	while (n < s.n && !char_is_space(s.p[n]) &&
	       (s.p[n] == '\0' || !strchr("[{:,]}\"", s.p[n])))
		n++;
	return n;
}

/* A number as jq reads it; "nan" is one. */
static bool read_number(struct machine *m, struct slice s, double *number)
{
	char *text = heap_alloc(m->heap, s.n + 1), *end;

	if (slice_is(s, "nan")) {
		*number = (double)NAN;
		return true;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\0' || !strchr("+-.0123456789Ee", s.p[i]))
			return false;
		text[i] = s.p[i];
	}
	text[s.n] = '\0';
	*number = strtod(text, &end);
	return s.n > 0 && *end == '\0';
}

/* The line and the column that jq's reader has reached after a text. */
static struct jq_value invalid_literal(
    struct machine *m, struct slice read, const char *at_end, struct slice all)
{
	size_t line = 1, column = 0;

	for (size_t i = 0; i < read.n; i++) {
		column++;
		if (read.p[i] == '\n') {
			line++;
			column = 0;
		}
	}
	return machine_error(m,
	    "Invalid numeric literal%s at line %zu, column %zu (while parsing "
	    "'%.*s')",
	    at_end, line, column, (int)all.n, all.p);
}

static struct jq_value no_number(struct machine *m, struct jq_value v)
{
	return machine_error(m, "%s (%s) cannot be parsed as a number",
	    jq_kind_name(v), machine_quote(m, v));
}

static bool is_literal(struct slice word)
{
	return slice_is(word, "true") || slice_is(word, "false") ||
	       slice_is(word, "null");
}

BUILTIN(tonumber)
{
	struct slice all = jq_slice(in), rest, word;
	double number = 0;
	size_t n;

	if (in.kind == JQ_NUMBER)
		return in;
	if (in.kind != JQ_STRING)
		return no_number(m, in);
	rest = slice_trim(all);
	if (rest.n == 0)
		return machine_error(m,
		    "Expected JSON value (while parsing '%.*s')", (int)all.n,
		    all.p);
	word = (struct slice){rest.p, word_length(rest)};
	if (word.n == 0 || is_literal(word))
		return no_number(m, in);
	if (read_number(m, word, &number))
		return word.n == rest.n ? jq_number(number) : no_number(m, in);
	n = (size_t)(word.p + word.n - all.p);
	if (n == all.n)
		return invalid_literal(m, all, " at EOF", all);
	return invalid_literal(m, (struct slice){all.p, n + 1}, "", all);
}

const struct builtin builtins_numbers[] = {
    {.name = "floor", .call = floor_of},
    {.name = "infinite", .call = infinite},
    {.name = "nan", .call = not_a_number},
    {.name = "tonumber", .call = tonumber},
    {0},
};

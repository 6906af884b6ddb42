#include "jq/builtins.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "jq/machine.h"

static bool number_required(struct machine *m, struct jq_value v)
{
	return v.kind == JQ_NUMBER ||
	       machine_error(m, "%s (%s) number required", jq_kind_name(v),
		   machine_quote(m, v));
}

#define MATH(f)                                                           \
	static bool f##_(struct machine *m, struct jq_value in,           \
	    const struct jq_value *arguments, struct jq_value *to)        \
	{                                                                 \
		(void)arguments;                                          \
		*to = jq_number(in.kind == JQ_NUMBER ? f(in.number) : 0); \
		return number_required(m, in);                            \
	}

MATH(ceil)
MATH(exp)
MATH(fabs)
MATH(floor)
MATH(log)
MATH(log10)
MATH(log2)
MATH(round)
MATH(sqrt)
MATH(trunc)

static bool power(struct machine *m, struct jq_value in,
    const struct jq_value *arguments, struct jq_value *to)
{
	(void)in;
	if (!number_required(m, arguments[0]) ||
	    !number_required(m, arguments[1]))
		return false;
	*to = jq_number(pow(arguments[0].number, arguments[1].number));
	return true;
}

#define CONSTANT(name, number)                                     \
	static bool name(struct machine *m, struct jq_value in,    \
	    const struct jq_value *arguments, struct jq_value *to) \
	{                                                          \
		(void)m, (void)in, (void)arguments;                \
		*to = jq_number(number);                           \
		return true;                                       \
	}

CONSTANT(infinite, INFINITY)
CONSTANT(not_a_number, NAN)

#define TEST(name, test)                                                    \
	static bool name(struct machine *m, struct jq_value in,             \
	    const struct jq_value *arguments, struct jq_value *to)          \
	{                                                                   \
		(void)arguments;                                            \
		*to = jq_bool(in.kind == JQ_NUMBER && (test(in.number)));   \
		return number_required(m, in);                              \
	}

TEST(is_infinite, isinf)
TEST(is_nan, isnan)
TEST(is_normal, isnormal)

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
		*number = NAN;
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
static bool invalid_literal(
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

static bool tonumber(struct machine *m, struct jq_value in,
    const struct jq_value *arguments, struct jq_value *to)
{
	struct slice all = jq_slice(in), rest, word;
	double number;

	(void)arguments;
	*to = in;
	if (in.kind == JQ_NUMBER)
		return true;
	if (in.kind != JQ_STRING)
		return machine_error(m, "%s (%s) cannot be parsed as a number",
		    jq_kind_name(in), machine_quote(m, in));
	rest = slice_trim(all);
	if (rest.n == 0)
		return machine_error(m,
		    "Expected JSON value (while parsing '%.*s')", (int)all.n,
		    all.p);
	word = (struct slice){rest.p, word_length(rest)};
	if (word.n == rest.n && read_number(m, word, &number)) {
		*to = jq_number(number);
		return true;
	}
	if (word.n > 0 && !slice_is(word, "true") &&
	    !slice_is(word, "false") && !slice_is(word, "null") &&
	    !read_number(m, word, &number)) {
		size_t n = (size_t)(word.p + word.n - all.p);

		return n == all.n
			   ? invalid_literal(m, all, " at EOF", all)
			   : invalid_literal(m,
				 (struct slice){all.p, n + 1}, "", all);
	}
	return machine_error(m, "%s (%s) cannot be parsed as a number",
	    jq_kind_name(in), machine_quote(m, in));
}

const struct builtin builtins_numbers[] = {
    {.name = "ceil", .call = ceil_},
    {.name = "exp", .call = exp_},
    {.name = "fabs", .call = fabs_},
    {.name = "floor", .call = floor_},
    {.name = "infinite", .call = infinite},
    {.name = "isinfinite", .call = is_infinite},
    {.name = "isnan", .call = is_nan},
    {.name = "isnormal", .call = is_normal},
    {.name = "log", .call = log_},
    {.name = "log10", .call = log10_},
    {.name = "log2", .call = log2_},
    {.name = "nan", .call = not_a_number},
    {.name = "pow", .arity = 2, .call = power},
    {.name = "round", .call = round_},
    {.name = "sqrt", .call = sqrt_},
    {.name = "tonumber", .call = tonumber},
    {.name = "trunc", .call = trunc_},
    {0},
};

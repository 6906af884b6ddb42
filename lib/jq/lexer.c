#include "jq/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "json/json.h"

#define NUMBER_MAX 300 /* characters of a number */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The character after the next n; NUL at the end. */
static char peek(const struct lexer *l, size_t n)
{
	return n < (size_t)(l->end - l->p) ? l->p[n] : '\0';
}

/* The length of a word that begins after the next n characters, with them. */
static size_t word_length(const struct lexer *l, size_t n)
{
	while (is_letter(peek(l, n)) || is_digit(peek(l, n)))
		n++;
	return n;
}

/* jq 1.7 continues a comment after a backslash, jq 1.6 does not. */
static void skip_comment(struct lexer *l)
{
	struct slice rest = {l->p, (size_t)(l->end - l->p)};
	struct slice line = slice_cut(&rest, '\n');

	l->p += line.n;
	while (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.p[line.n - 1] == '\\')
		compile_error(l->compiler, l->line,
		    "the engine has no comments that end with a backslash");
}

static void skip_space(struct lexer *l)
{
	for (; l->p < l->end; l->p++) {
		if (*l->p == '#')
			skip_comment(l);
		if (l->p == l->end || !char_is_space(*l->p))
			return;
		l->line += *l->p == '\n';
	}
}

static void take(struct lexer *l, int token, size_t n)
{
	l->token = token;
	l->text = (struct slice){l->p, n};
	l->p += n;
}

static void take_word(struct lexer *l)
{
	static const struct {
		const char *text;
		int token;
	} keywords[] = {{"and", TOKEN_AND}, {"as", TOKEN_AS},
	    {"break", TOKEN_BREAK}, {"catch", TOKEN_CATCH}, {"def", TOKEN_DEF},
	    {"elif", TOKEN_ELIF}, {"else", TOKEN_ELSE}, {"end", TOKEN_END_WORD},
	    {"foreach", TOKEN_FOREACH}, {"if", TOKEN_IF},
	    {"import", TOKEN_IMPORT}, {"include", TOKEN_INCLUDE},
	    {"label", TOKEN_LABEL}, {"module", TOKEN_MODULE}, {"or", TOKEN_OR},
	    {"reduce", TOKEN_REDUCE}, {"then", TOKEN_THEN}, {"try", TOKEN_TRY},
	    {"__loc__", TOKEN_LOC}};

	take(l, TOKEN_WORD, word_length(l, 1));
	if (peek(l, 0) == ':' && peek(l, 1) == ':' && is_letter(peek(l, 2)))
		compile_error(
		    l->compiler, l->line, "the engine has no modules (::)");
	for (size_t i = 0; i < COUNT_OF(keywords); i++)
		if (*keywords[i].text == *l->text.p &&
		    slice_is(l->text, keywords[i].text))
			l->token = keywords[i].token;
}

/*
 * The length of a number as jq 1.6 finds it: all digits and points, and an
 * exponent; so that `1.2.3`, and even `.e5`, is an invalid one. But . and ..
 * are none.
 */
static size_t number_length(const struct lexer *l)
{
	size_t n = 0, sign;

	while (is_digit(peek(l, n)) || peek(l, n) == '.')
		n++;
	if (n > 0 && (peek(l, n) == 'e' || peek(l, n) == 'E')) {
		sign = peek(l, n + 1) == '+' || peek(l, n + 1) == '-';
		if (is_digit(peek(l, n + 1 + sign)))
			for (n += 2 + sign; is_digit(peek(l, n));)
				n++;
	}
	return n > 2 || is_digit(*l->p) || is_digit(peek(l, 1)) ? n : 0;
}

static void take_number(struct lexer *l, size_t n)
{
	char copy[NUMBER_MAX + 1], *end;

	take(l, TOKEN_NUMBER, n);
	if (n > NUMBER_MAX)
		compile_error(l->compiler, l->line, "a number is too long");
	memcpy(copy, l->text.p, n);
	copy[n] = '\0';
	l->number = strtod(copy, &end);
	if (*end != '\0')
		compile_error(
		    l->compiler, l->line, "invalid numeric literal '%s'", copy);
}

static void take_operator(struct lexer *l)
{
	static const struct {
		char text[4];
		int token;
	} operators[] = {{"//=", TOKEN_ALTERNATIVE_BY},
	    {"?//", TOKEN_OTHER_PATTERN}, {"..", TOKEN_RECURSE},
	    {"==", TOKEN_EQUAL}, {"!=", TOKEN_UNEQUAL},
	    {"<=", TOKEN_LESS_EQUAL}, {">=", TOKEN_GREATER_EQUAL},
	    {"//", TOKEN_ALTERNATIVE}, {"|=", TOKEN_UPDATE},
	    {"+=", TOKEN_ADD_BY}, {"-=", TOKEN_SUBTRACT_BY},
	    {"*=", TOKEN_MULTIPLY_BY}, {"/=", TOKEN_DIVIDE_BY},
	    {"%=", TOKEN_MODULO_BY}};
	struct slice rest = {l->p, (size_t)(l->end - l->p)};

	for (size_t i = 0; i < COUNT_OF(operators); i++) {
		if (*operators[i].text != *l->p ||
		    !slice_starts(rest, slice_of(operators[i].text)))
			continue;
		take(l, operators[i].token, strlen(operators[i].text));
		return;
	}
	if (*l->p == '\0' || !strchr(".?=;,:|+-*/%$<>[]{}()\"", *l->p))
		compile_error(
		    l->compiler, l->line, "syntax error, invalid character");
	take(l, *l->p, 1);
}

void lexer_next(struct lexer *l)
{
	size_t field, number;

	skip_space(l);
	l->at = l->line;
	if (l->p == l->end) {
		take(l, TOKEN_END, 0);
		return;
	}
	if (is_letter(*l->p)) {
		take_word(l);
		return;
	}
	field = *l->p == '.' && is_letter(peek(l, 1)) ? word_length(l, 2) : 0;
	number = number_length(l);
	if (number > 0 && number >= field)
		take_number(l, number);
	else if (field > 0)
		take(l, TOKEN_FIELD, field);
	else if (*l->p == '@' && word_length(l, 1) > 1)
		take(l, TOKEN_FORMAT, word_length(l, 1));
	else
		take_operator(l);
}

/* The UTF-16 unit of \uXXXX, after the next n characters; -1 if it is none. */
static long read_unit(const struct lexer *l, size_t n)
{
	long unit = 0;

	if (peek(l, n) != '\\' || peek(l, n + 1) != 'u')
		return -1;
	for (size_t i = n + 2; i < n + 6; i++) {
		if (hex_digit(peek(l, i)) < 0)
			return -1;
		unit = unit * 16 + hex_digit(peek(l, i));
	}
	return unit;
}

static void skip_escape(struct lexer *l)
{
	long unit = read_unit(l, 0), low;

	if (unit < 0) {
		if (peek(l, 1) == '\0' || !strchr("\"\\/bfnrt", peek(l, 1)))
			compile_error(
			    l->compiler, l->line, "invalid escape in a string");
		l->p += 2;
		return;
	}
	l->p += 6;
	if (unit >= 0xd800 && unit < 0xdc00) {
		low = read_unit(l, 0);
		if (low < 0xdc00 || low > 0xdfff)
			compile_error(l->compiler, l->line,
			    "invalid surrogate pair in a string");
		l->p += 6;
	}
}

bool lexer_string(struct lexer *l, struct buf *text)
{
	const char *from = l->p;
	bool quote, interpolation;

	for (;;) {
		if (l->p == l->end)
			compile_error(l->compiler, l->at,
			    "syntax error, a string does not end");
		quote = *l->p == '"';
		interpolation = *l->p == '\\' && peek(l, 1) == '(';
		if (quote || interpolation)
			break;
		if (*l->p == '\\')
			skip_escape(l);
		else
			l->line += *l->p++ == '\n';
	}
	json_unescape((struct slice){from, (size_t)(l->p - from)}, text);
	l->p += interpolation ? 2 : 1;
	return interpolation;
}

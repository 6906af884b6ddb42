#include "jq/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "json/json.h"
#include "json/utf8.h"

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

static void skip_space(struct lexer *l)
{
	bool comment = false;

	for (; l->p < l->end; l->p++) {
		comment = (comment || *l->p == '#') && *l->p != '\n';
		if (!comment && !char_is_space(*l->p))
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

/* A name, and the character before it, if that is no part of it. */
static void take_name(struct lexer *l, int token)
{
	size_t n = 1;

	while (is_letter(peek(l, n)) || is_digit(peek(l, n)))
		n++;
	take(l, token, n);
}

static void take_word(struct lexer *l)
{
	static const char *const keywords[] = {"__loc__", "break", "foreach",
	    "import", "include", "label", "module", "and", "as", "catch", "def",
	    "elif", "else", "end", "if", "or", "reduce", "then", "try"};

	take_name(l, TOKEN_WORD);
	for (size_t i = 0; i < COUNT_OF(keywords); i++)
		if (*keywords[i] == *l->text.p &&
		    slice_is(l->text, keywords[i]))
			l->token = TOKEN_WORD + 1 + (int)i;
}

/* As in jq 1.6, with all points that follow: `1.2.3` is invalid. */
static void take_number(struct lexer *l)
{
	char copy[NUMBER_MAX + 1], *end;
	size_t n = 1, sign;

	while (is_digit(peek(l, n)) || peek(l, n) == '.')
		n++;
	if (peek(l, n) == 'e' || peek(l, n) == 'E') {
		sign = peek(l, n + 1) == '+' || peek(l, n + 1) == '-';
		if (is_digit(peek(l, n + 1 + sign)))
			for (n += 2 + sign; is_digit(peek(l, n));)
				n++;
	}
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
	static const char *const operators[] = {"//=", "?//", "...", "..",
	    "==", "!=", "<=", ">=", "//",
	    "|=", "+=", "-=", "*=", "/=", "%=", "::"};
	struct slice rest = {l->p, (size_t)(l->end - l->p)};

	for (size_t i = 0; i < COUNT_OF(operators); i++) {
		if (*operators[i] != *l->p ||
		    !slice_starts(rest, slice_of(operators[i])))
			continue;
		take(l, TOKEN_OPERATOR, strlen(operators[i]));
		return;
	}
	if (*l->p == '\0' || !strchr(".?=;,:|+-*/%<>[]{}()\"$", *l->p))
		compile_error(
		    l->compiler, l->line, "syntax error, invalid character");
	take(l, *l->p, 1);
}

void lexer_next(struct lexer *l)
{
	static const char before_names[] = ".$@";
	char c, next;

	skip_space(l);
	l->at = l->line;
	c = peek(l, 0);
	next = peek(l, 1);
	if (l->p == l->end)
		take(l, TOKEN_END, 0);
	else if (is_letter(c))
		take_word(l);
	else if (is_digit(c) || (c == '.' && is_digit(next)))
		take_number(l);
	else if (c && strchr(before_names, c) && is_letter(next))
		take_name(l, c == '.'	? TOKEN_FIELD
			     : c == '$' ? TOKEN_VARIABLE
					: TOKEN_FORMAT);
	else
		take_operator(l);
}

static void skip_escape(struct lexer *l)
{
	size_t n = 2;

	while (peek(l, 1) == 'u' && n < 6 && hex_digit(peek(l, n)) >= 0)
		n++;
	if (peek(l, 1) == '\0' || !strchr("\"\\/bfnrtu", peek(l, 1)) ||
	    (peek(l, 1) == 'u' && n < 6))
		compile_error(
		    l->compiler, l->line, "invalid escape in a string");
	l->p += n;
}

bool lexer_string(struct lexer *l, struct buf *text)
{
	const char *from = l->p;
	bool interpolation = false;
	struct slice written;

	while (peek(l, 0) != '"' && !interpolation) {
		if (l->p == l->end)
			compile_error(l->compiler, l->at,
			    "syntax error, a string does not end");
		interpolation = *l->p == '\\' && peek(l, 1) == '(';
		if (!interpolation && *l->p == '\\')
			skip_escape(l);
		else if (!interpolation)
			l->line += *l->p++ == '\n';
	}
	written = (struct slice){from, (size_t)(l->p - from)};
	if (utf8_find_invalid(written) < written.n)
		compile_error(l->compiler, l->line, "invalid UTF-8");
	json_unescape(written, text);
	l->p += interpolation ? 2 : 1;
	return interpolation;
}

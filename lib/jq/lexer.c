#include "jq/lexer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
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

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c);
}

/* The character after the next n; NUL at the end. */
static char peek(const struct lexer *l, size_t n)
{
	return n < (size_t)(l->end - l->p) ? l->p[n] : '\0';
}

/* jq 1.7 continues a comment after a backslash, jq 1.6 does not. */
static void skip_comment(struct lexer *l)
{
	const char *end = memchr(l->p, '\n', (size_t)(l->end - l->p));
	const char *last = end ? end : l->end;

	if (last > l->p && last[-1] == '\r')
		last--;
	if (last > l->p && last[-1] == '\\')
		compile_error(l->compiler, l->line,
		    "the engine has no comments that end with a backslash");
	l->p = end ? end : l->end;
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

/* The keyword, or TOKEN_WORD. */
static int word_token(struct slice text)
{
	static const struct {
		const char *text;
		int token;
	} keywords[] = {
	    {"as", TOKEN_AS},
	    {"if", TOKEN_IF},
	    {"or", TOKEN_OR},
	    {"and", TOKEN_AND},
	    {"def", TOKEN_DEF},
	    {"end", TOKEN_END_WORD},
	    {"try", TOKEN_TRY},
	    {"elif", TOKEN_ELIF},
	    {"else", TOKEN_ELSE},
	    {"then", TOKEN_THEN},
	    {"break", TOKEN_BREAK},
	    {"catch", TOKEN_CATCH},
	    {"label", TOKEN_LABEL},
	    {"import", TOKEN_IMPORT},
	    {"module", TOKEN_MODULE},
	    {"reduce", TOKEN_REDUCE},
	    {"foreach", TOKEN_FOREACH},
	    {"include", TOKEN_INCLUDE},
	    {"__loc__", TOKEN_LOC},
	};

	for (size_t i = 0; i < COUNT_OF(keywords); i++)
		if (*keywords[i].text == *text.p &&
		    slice_is(text, keywords[i].text))
			return keywords[i].token;
	return TOKEN_WORD;
}

/* Letters and digits after the first n characters of the token. */
static size_t word_length(const struct lexer *l, size_t n)
{
	while (is_word(peek(l, n)))
		n++;
	return n;
}

/*
 * A number as jq 1.6 finds it: all digits and points, and an exponent. So that
 * `1.2.3`, and even `.e5`, is none.
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
	return n;
}

static double read_number(struct lexer *l, struct slice text)
{
	char copy[NUMBER_MAX + 1], *end;
	double d;

	if (text.n > NUMBER_MAX)
		compile_error(
		    l->compiler, l->line, "a number is too long to be read");
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	d = strtod(copy, &end);
	if (*end != '\0')
		compile_error(
		    l->compiler, l->line, "invalid numeric literal '%s'", copy);
	return d;
}

/* The operators of several characters, the longer before the shorter. */
static int operator_token(const struct lexer *l, size_t *n)
{
	static const struct {
		char text[4];
		int token;
	} operators[] = {
	    {"//=", TOKEN_ALTERNATIVE_BY},
	    {"?//", TOKEN_OTHER_PATTERN},
	    {"..", TOKEN_RECURSE},
	    {"==", TOKEN_EQUAL},
	    {"!=", TOKEN_UNEQUAL},
	    {"<=", TOKEN_LESS_EQUAL},
	    {">=", TOKEN_GREATER_EQUAL},
	    {"//", TOKEN_ALTERNATIVE},
	    {"|=", TOKEN_UPDATE},
	    {"+=", TOKEN_ADD_BY},
	    {"-=", TOKEN_SUBTRACT_BY},
	    {"*=", TOKEN_MULTIPLY_BY},
	    {"/=", TOKEN_DIVIDE_BY},
	    {"%=", TOKEN_MODULO_BY},
	};
	struct slice rest = {l->p, (size_t)(l->end - l->p)};

	for (size_t i = 0; i < COUNT_OF(operators); i++)
		if (*operators[i].text == *l->p &&
		    slice_starts(rest, slice_of(operators[i].text))) {
			*n = strlen(operators[i].text);
			return operators[i].token;
		}
	*n = 1;
	if (*l->p == '\0' || !strchr(".?=;,:|+-*/%$<>[]{}()\"", *l->p))
		compile_error(
		    l->compiler, l->line, "syntax error, invalid character");
	return *l->p;
}

static void take(struct lexer *l, int token, size_t n)
{
	l->token = token;
	l->text = (struct slice){l->p, n};
	l->p += n;
}

static void take_word(struct lexer *l)
{
	size_t n = word_length(l, 1);

	if (peek(l, n) == ':' && peek(l, n + 1) == ':' &&
	    is_letter(peek(l, n + 2)))
		compile_error(
		    l->compiler, l->line, "the engine has no modules (::)");
	take(l, word_token((struct slice){l->p, n}), n);
}

void lexer_next(struct lexer *l)
{
	size_t n, number;
	int token;

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
	number = number_length(l);
	n = *l->p == '.' && is_letter(peek(l, 1)) ? word_length(l, 2) : 0;
	if (number > 0 && number >= n &&
	    (is_digit(*l->p) || number > 2 ||
		(number == 2 && is_digit(peek(l, 1))))) {
		take(l, TOKEN_NUMBER, number);
		l->number = read_number(l, l->text);
	} else if (n > 0) {
		take(l, TOKEN_FIELD, n);
	} else if (*l->p == '@' && is_word(peek(l, 1))) {
		take(l, TOKEN_FORMAT, word_length(l, 2));
	} else {
		token = operator_token(l, &n);
		take(l, token, n);
	}
}

/* Four hexadecimal digits; -1 if they are not. */
static long read_hex(const struct lexer *l, size_t from)
{
	long code = 0;

	for (size_t i = from; i < from + 4; i++) {
		int digit = hex_digit(peek(l, i));

		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

static void put_code(struct buf *text, unsigned long code)
{
	if (code < 0x80) {
		buf_putc(text, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_putc(text, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_putc(text, (char)(0xe0 | code >> 12));
		} else {
			buf_putc(text, (char)(0xf0 | code >> 18));
			buf_putc(text, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_putc(text, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_putc(text, (char)(0x80 | (code & 0x3f)));
}

/* \uXXXX, or two of them for one character. */
static void read_unicode(struct lexer *l, struct buf *text)
{
	long code = read_hex(l, 2), low;

	if (code < 0)
		compile_error(l->compiler, l->line, "invalid \\uXXXX escape");
	l->p += 6;
	if (code >= 0xd800 && code < 0xdc00) {
		low = peek(l, 0) == '\\' && peek(l, 1) == 'u' ? read_hex(l, 2)
							      : -1;
		if (low < 0xdc00 || low > 0xdfff)
			compile_error(l->compiler, l->line,
			    "invalid \\uXXXX\\uXXXX surrogate pair escape");
		l->p += 6;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if (code >= 0xdc00 && code < 0xe000) {
		code = 0xfffd;
	}
	put_code(text, (unsigned long)code);
}

static void read_escape(struct lexer *l, struct buf *text)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	char c = peek(l, 1);

	if (c == 'u') {
		read_unicode(l, text);
		return;
	}
	for (const char *e = escapes; *e; e += 2)
		if (*e == c) {
			buf_putc(text, e[1]);
			l->p += 2;
			return;
		}
	compile_error(l->compiler, l->line, "invalid escape in a string");
}

static void read_character(struct lexer *l, struct buf *text)
{
	size_t n = utf8_length(l->p, l->end);

	if (n == 0)
		compile_error(l->compiler, l->line, "invalid UTF-8");
	l->line += *l->p == '\n';
	buf_put(text, l->p, n);
	l->p += n;
}

bool lexer_string(struct lexer *l, struct buf *text)
{
	while (l->p < l->end) {
		if (*l->p == '"') {
			l->p++;
			return false;
		}
		if (*l->p != '\\') {
			read_character(l, text);
		} else if (peek(l, 1) == '(') {
			l->p += 2;
			return true;
		} else {
			read_escape(l, text);
		}
	}
	compile_error(
	    l->compiler, l->at, "syntax error, a string does not end");
}

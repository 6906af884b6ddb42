#include "http/redact.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/*
 * A text has three forms in base64: with 0, 1 or 2 bytes (modulo 3) before it.
 * Characters that also encode a neighbour of the secret are left out.
 */
#define BASE64_PLACES 3

static struct redactor_form form_of(const char *secret, int before)
{
	size_t n = strlen(secret), front = before > 0 ? (size_t)before : 0;
	struct redactor_form f = {.secret = secret, .n = n, .before = before};

	if (before < 0)
		return f;
	f.first = (8 * front + 5) / 6;
	f.n = 8 * (front + n) / 6 - f.first;
	return f;
}

/* The character at a place of a form. */
static unsigned form_at(const struct redactor_form *f, size_t i)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = (const unsigned char *)f->secret;
	size_t bit;

	if (f->before < 0)
		return s[i];
	bit = 6 * (f->first + i) - 8 * (size_t)f->before;
	s += bit / 8;
	/* After its last byte there is a NUL. */
	return (unsigned char)
	    base64[((unsigned)s[0] << 8 | s[1]) >> (10 - bit % 8) & 63];
}

static bool is_char_of(const struct redactor_form *f, size_t i, unsigned c)
{
	if (f->before >= 0 && c == '-')
		c = '+';
	else if (f->before >= 0 && c == '_')
		c = '/';
	return form_at(f, i) == c;
}

/*
 * The length of a character, which may be a JSON escape; `c` is set to the
 * character itself, or to 0 if no secret can contain it.
 */
static size_t read_escaped(const char *p, const char *end, unsigned *c)
{
	char digits[5] = "";

	*c = (unsigned char)*p;
	if (*p != '\\' || end - p < 2)
		return 1;
	*c = strchr("bfnrt", p[1]) ? 0 : (unsigned char)p[1];
	if (p[1] != 'u' || end - p < 6)
		return 2;
	memcpy(digits, p + 2, 4);
	*c = (unsigned)strtoul(digits, NULL, 16);
	return 6;
}

/* The same, also percent-encoded up to so many times. */
static size_t read_char(const char *p, const char *end, int times, unsigned *c)
{
	size_t n = read_escaped(p, end, c);

	while (times-- > 0 && *c == '%' && (size_t)(end - p) >= n + 2 &&
	       hex_digit(p[n]) >= 0 && hex_digit(p[n + 1]) >= 0) {
		*c = (unsigned)(hex_digit(p[n]) * 16 + hex_digit(p[n + 1]));
		n += 2;
	}
	return n;
}

/* The length of the form that begins here; 0 if another text does. */
static size_t match(
    const struct redactor_form *f, const char *text, const char *end, int times)
{
	const char *p = text;
	unsigned c;

	for (size_t i = 0; i < f->n; i++) {
		if (p == end)
			return 0;
		p += read_char(p, end, times, &c);
		if (!is_char_of(f, i, c))
			return 0;
	}
	return (size_t)(p - text);
}

static bool is_escape(unsigned c)
{
	return c == '\\' || c == '%';
}

/* Add the characters with which a form may begin. */
static void add_starts(struct redactor *s, const struct redactor_form *f)
{
	for (unsigned a = 0; a < 256; a++) {
		if (!is_escape(a) && !is_char_of(f, 0, a))
			continue;
		for (unsigned b = 0; b < 256; b++)
			if (is_escape(a) || is_escape(b) || is_char_of(f, 1, b))
				s->starts[a * 32 + b / 8] |=
				    (unsigned char)(1U << b % 8);
	}
}

/* Whether a form may begin here: most texts have few such places. */
static bool is_start(const struct redactor *s, const char *p)
{
	unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];

	return s->starts[a * 32 + b / 8] >> b % 8 & 1;
}

void redactor_add(struct redactor *s, const char *secret)
{
	if (!secret || strlen(secret) < REDACT_LENGTH_MIN)
		return;
	for (int before = -1; before < BASE64_PLACES; before++) {
		if (s->n == REDACT_FORMS_MAX)
			return;
		s->forms[s->n] = form_of(secret, before);
		add_starts(s, &s->forms[s->n++]);
	}
}

/* The length of a secret that begins here; 0 for none. */
static size_t find_form(
    const struct redactor *s, const char *p, const char *end)
{
	size_t n = 0;

	if (end - p < REDACT_LENGTH_MIN || !is_start(s, p))
		return 0;
	for (size_t i = 0; i < s->n; i++)
		for (int times = 2; times >= 0 && n == 0; times--)
			n = match(&s->forms[i], p, end, times);
	return n;
}

void redactor_apply(const struct redactor *s, char *text, size_t n)
{
	for (char *p = text, *end = text + n; s->n && p < end; p++) {
		size_t len = find_form(s, p, end);

		if (len > 0) {
			memset(p, '*', len);
			p += len - 1;
		}
	}
}

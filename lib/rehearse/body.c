#include "rehearse/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void body_release(struct body *b)
{
	free(b->text);
	*b = (struct body)BODY_INIT;
}

void body_clear(struct body *b)
{
	b->len = 0;
	b->bad = false;
	if (b->text != NULL)
		b->text[0] = '\0';
}

/* Make room for len more bytes and a NUL. */
static bool grow(struct body *b, size_t len)
{
	size_t room = b->room != 0 ? b->room : 256;
	char *text;

	if (b->bad)
		return false;
	if (b->len + len < b->room)
		return true;
	if (len > BODY_MAX - 1 - b->len) {
		b->bad = true;
		return false;
	}
	while (room <= b->len + len)
		room *= 2;
	text = realloc(b->text, room);
	if (text == NULL) {
		b->bad = true;
		return false;
	}
	b->text = text;
	b->room = room;
	return true;
}

void body_add(struct body *b, const char *text, size_t len)
{
	if (!grow(b, len))
		return;
	if (len != 0)
		memcpy(b->text + b->len, text, len);
	b->len += len;
	b->text[b->len] = '\0';
}

void body_str(struct body *b, const char *text)
{
	body_add(b, text, strlen(text));
}

void body_fmt(struct body *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !grow(b, (size_t)n)) {
		b->bad = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(b->text + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void body_escape(struct body *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			body_fmt(b, "\\%c", c);
		else if (c < 0x20)
			body_fmt(b, "\\u%04x", c);
		else
			body_add(b, text + i, 1);
	}
}

void body_json_n(struct body *b, const char *text, size_t len)
{
	body_add(b, "\"", 1);
	body_escape(b, text, len);
	body_add(b, "\"", 1);
}

void body_json(struct body *b, const char *text)
{
	if (text == NULL)
		body_str(b, "null");
	else
		body_json_n(b, text, strlen(text));
}

static void new_line(struct body *b, int depth)
{
	body_add(b, "\n", 1);
	while (depth-- > 0)
		body_add(b, "  ", 2);
}

void body_pretty(struct body *b, const char *json, size_t len)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = json[i];
		char next = i + 1 < len ? json[i + 1] : '\0';

		if (in_string) {
			body_add(b, &c, 1);
			if (c == '\\' && i + 1 < len)
				body_add(b, &json[++i], 1);
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '}' || c == ']')
			new_line(b, --depth);
		body_str(b, c == ':' ? " : " : (char[2]){c, '\0'});
		in_string = c == '"';
		if ((c == '{' && next == '}') || (c == '[' && next == ']'))
			body_add(b, &json[++i], 1);
		else if (c == '{' || c == '[')
			new_line(b, ++depth);
		else if (c == ',')
			new_line(b, depth);
	}
}

void body_drop(struct body *b, size_t len)
{
	if (len > b->len)
		len = b->len;
	if (len == 0)
		return;
	memmove(b->text, b->text + len, b->len - len + 1);
	b->len -= len;
}

void body_back(struct body *b)
{
	if (b->len > 0)
		b->text[--b->len] = '\0';
}

#include "json/json.h"

#include <inttypes.h>

/* How one byte below 0x20, a quote or a backslash is written. */
static size_t escape(unsigned char c, char to[6])
{
	static const char hex[] = "0123456789abcdef";
	static const char from[] = "\"\\\b\f\n\r\t", name[] = "\"\\bfnrt";
	const char *known = c ? strchr(from, c) : NULL;

	to[0] = '\\';
	if (known) {
		to[1] = name[known - from];
		return 2;
	}
	memcpy(to + 1, "u00", 3);
	to[4] = hex[c >> 4];
	to[5] = hex[c & 15];
	return 6;
}

bool json_put_string(struct buf *b, struct slice s)
{
	const char *p = s.p ? s.p : "", *end = p + s.n, *from = p;

	buf_putc(b, '"');
	while (p < end) {
		unsigned char c = (unsigned char)*p;
		char text[6];
		size_t n, skip = 1;

		if (c >= 0x20 && c != '"' && c != '\\') {
			n = utf8_length(p, end);
			if (n > 0) {
				p += n;
				continue;
			}
			memcpy(text, UTF8_REPLACEMENT, 3);
			n = 3;
			skip = utf8_invalid_length(p, end);
		} else {
			n = escape(c, text);
		}
		buf_put(b, from, (size_t)(p - from));
		buf_put(b, text, n);
		p += skip;
		from = p;
	}
	buf_put(b, from, (size_t)(p - from));
	return buf_putc(b, '"');
}

bool json_put_key(struct buf *b, const char *name)
{
	if (b->n > 0 && b->p[b->n - 1] != '{')
		buf_putc(b, ',');
	json_put_string(b, slice_of(name));
	return buf_putc(b, ':');
}

bool json_put_member(struct buf *b, const char *name, struct slice string)
{
	json_put_key(b, name);
	return json_put_string(b, string);
}

bool json_put_member_int(struct buf *b, const char *name, int64_t value)
{
	json_put_key(b, name);
	return buf_printf(b, "%" PRId64, value);
}

bool json_put_member_raw(struct buf *b, const char *name, struct slice json)
{
	json_put_key(b, name);
	return buf_put_slice(b, json);
}

bool json_compact(const struct json *j, struct slice text, struct buf *to)
{
	const char *p = text.p, *end = p + text.n;
	bool in_string = false;
	char *w, *from;

	if (!j->spaced)
		return buf_put_slice(to, text);
	w = from = buf_reserve(to, text.n);
	if (!w)
		return false;
	while (p < end) {
		char c = *p++;

		if (in_string) {
			*w++ = c;
			if (c == '\\')
				*w++ = *p++;
			else if (c == '"')
				in_string = false;
		} else if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
			*w++ = c;
			in_string = c == '"';
		}
	}
	to->n += (size_t)(w - from);
	return true;
}

#include "base/url.h"

#include <string.h>

#include "base/number.h"

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

bool url_encode(struct buf *b, struct slice text, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (is_unreserved((char)c) || (c && strchr(keep, c)))
			buf_putc(b, (char)c);
		else
			buf_put(b,
			    (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
	}
	return !b->failed;
}

static bool decode(struct buf *b, struct slice text, bool plus)
{
	bool valid = true;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i] == '+' && plus ? ' ' : text.p[i];
		int high = -1, low = -1;

		if (c == '%' && text.n - i > 2) {
			high = hex_digit(text.p[i + 1]);
			low = hex_digit(text.p[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '%') {
			valid = false;
		}
		buf_putc(b, c);
	}
	return valid && !b->failed;
}

bool url_decode(struct buf *b, struct slice text)
{
	return decode(b, text, false);
}

bool param_decode(struct buf *b, struct slice text)
{
	return decode(b, text, true);
}

bool param_next(struct slice *rest, struct slice *name, struct slice *value)
{
	if (rest->n == 0)
		return false;
	*value = slice_cut(rest, '&');
	*name = slice_cut(value, '=');
	/* As it is in a pair, it is past the name. */
	if (value->p == name->p + name->n)
		*value = (struct slice){NULL, 0};
	return true;
}

bool param_find(struct slice query, const char *name, struct slice *value)
{
	struct slice found, text;

	while (param_next(&query, &found, &text))
		if (slice_is(found, name)) {
			*value = text;
			return true;
		}
	return false;
}

bool param_get(struct slice query, const char *name, char *text, size_t size)
{
	struct buf decoded = BUF_INIT(size - 1);
	struct slice value;

	if (!param_find(query, name, &value))
		return false;
	param_decode(&decoded, value);
	if (decoded.n > 0)
		memcpy(text, decoded.p, decoded.n);
	text[decoded.n] = '\0';
	buf_release(&decoded);
	return true;
}

bool param_find_int(struct slice query, const char *name, int64_t *value)
{
	struct slice text;

	return param_find(query, name, &text) && number_parse(text, value);
}

struct slice url_query(struct slice url)
{
	struct slice path = slice_cut(&url, '?');

	return url.p == path.p + path.n ? (struct slice){NULL, 0} : url;
}

bool url_set_query(
    struct buf *b, struct slice url, const char *name, struct slice value)
{
	struct slice query = url_query(url), old;

	if (param_find(query, name, &old) && old.p) {
		buf_put(b, url.p, (size_t)(old.p - url.p));
		url_encode(b, value, "");
		return buf_put_slice(
		    b, slice_from(url, (size_t)(old.p + old.n - url.p)));
	}
	buf_put_slice(b, url);
	buf_printf(b, "%c%s=", query.p ? '&' : '?', name);
	return url_encode(b, value, "");
}

bool param_put(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s%s=", b->n ? "&" : "", name);
	return url_encode(b, slice_of(value), "");
}

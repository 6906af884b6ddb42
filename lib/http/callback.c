#include "http/callback.h"

#include "http/pkce.h"

/* Cut off the part before a character, or all of it if there is none. */
static struct slice cut(struct slice *s, char at)
{
	const char *p = s->n ? memchr(s->p, at, s->n) : NULL;
	struct slice head = {s->p, p ? (size_t)(p - s->p) : s->n};

	*s = slice_from(*s, head.n + (p ? 1 : 0));
	return head;
}

int callback_request(struct slice head, struct slice *query)
{
	struct slice line = cut(&head, '\n'), method, target, path;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	method = cut(&line, ' ');
	target = cut(&line, ' ');
	if (!slice_starts(line, SLICE("HTTP/1.")) || target.n == 0)
		return 400;
	path = cut(&target, '?');
	if (!slice_is(path, CALLBACK_PATH))
		return 404;
	if (!slice_is(method, "GET"))
		return 405;
	*query = target;
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Append a value, decoded; false if not printable ASCII, or too long. */
static bool decode(struct slice s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++) {
		int c = s.p[i] == '+' ? ' ' : (unsigned char)s.p[i];

		if (c == '%') {
			if (s.n - i < 3 || hex(s.p[i + 1]) < 0 ||
			    hex(s.p[i + 2]) < 0)
				return false;
			c = hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]);
			i += 2;
		}
		if (c < 0x20 || c > 0x7e || !buf_putc(to, (char)c))
			return false;
	}
	return s.n > 0;
}

/* Keep a value; false if there was one already. */
static bool keep(struct slice value, struct slice *where)
{
	bool first = !where->p;

	*where = value;
	return first;
}

enum callback_kind callback_read(
    struct slice query, const char *state, struct buf *value)
{
	struct slice code = {NULL, 0}, error = code, given = code;
	struct buf text = BUF_INIT(CALLBACK_MAX);
	bool ok = true, ours;

	while (ok && query.n) {
		struct slice part = cut(&query, '&'), name = cut(&part, '=');

		if (slice_is(name, "code"))
			ok = keep(part, &code);
		else if (slice_is(name, "error"))
			ok = keep(part, &error);
		else if (slice_is(name, "state"))
			ok = keep(part, &given);
	}
	if (!ok || !code.p == !error.p)
		return CALLBACK_NONE;
	buf_clear(value);
	ours = given.p && decode(given, &text) &&
	       pkce_same(buf_slice(&text), slice_of(state));
	buf_release(&text);
	if (!ours)
		return CALLBACK_WRONG_STATE;
	if (!decode(code.p ? code : error, value))
		return CALLBACK_NONE;
	return code.p ? CALLBACK_CODE : CALLBACK_REFUSED;
}

enum callback_kind callback_read_pasted(
    struct slice line, const char *state, struct buf *value)
{
	struct slice rest;

	while (line.n && strchr(" \t\r\n", line.p[line.n - 1]))
		line.n--;
	while (line.n && strchr(" \t", *line.p))
		line = slice_from(line, 1);
	rest = line;
	cut(&rest, '?');
	if (!rest.n)
		rest = line;
	return callback_read(cut(&rest, '#'), state, value);
}

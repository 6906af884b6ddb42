#include "auth/callback.h"

#include "auth/pkce.h"
#include "base/url.h"

int callback_request(struct slice head, struct slice *query)
{
	struct slice line = slice_cut(&head, '\n'), method, target, path;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	method = slice_cut(&line, ' ');
	target = slice_cut(&line, ' ');
	if (!slice_starts(line, SLICE("HTTP/1.")) || target.n == 0)
		return 400;
	path = slice_cut(&target, '?');
	if (!slice_is(path, CALLBACK_PATH))
		return 404;
	if (!slice_is(method, "GET"))
		return 405;
	*query = target;
	return 0;
}

/* Append a value, decoded; false if not printable ASCII, or too long. */
static bool decode(struct slice s, struct buf *to)
{
	if (!param_decode(to, s))
		return false;
	for (size_t i = 0; i < to->n; i++)
		if (to->p[i] < 0x20 || to->p[i] > 0x7e)
			return false;
	return s.n > 0;
}

/* Set a value; false if it was set before. */
static bool set_once(struct slice value, struct slice *where)
{
	bool first = !where->p;

	*where = value.p ? value : SLICE("");
	return first;
}

enum callback_kind callback_parse(
    struct slice query, const char *state, struct buf *value)
{
	struct slice code = {NULL, 0}, error = code, given = code, name, part;
	struct buf text = BUF_INIT(CALLBACK_MAX);
	bool ok = true, ours;

	while (ok && param_next(&query, &name, &part)) {
		if (slice_is(name, "code"))
			ok = set_once(part, &code);
		else if (slice_is(name, "error"))
			ok = set_once(part, &error);
		else if (slice_is(name, "state"))
			ok = set_once(part, &given);
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

enum callback_kind callback_parse_pasted(
    struct slice line, const char *state, struct buf *value)
{
	struct slice rest = line = slice_trim(line);

	slice_cut(&rest, '?');
	if (!rest.n)
		rest = line;
	return callback_parse(slice_cut(&rest, '#'), state, value);
}

#include "map/raw_body.h"

#include "json/json.h"

void raw_bodies_init(struct raw_bodies *b, size_t max)
{
	*b = (struct raw_bodies){.text = BUF_INIT(max)};
}

void raw_bodies_release(struct raw_bodies *b)
{
	buf_release(&b->text);
}

static void clear_text(struct raw_bodies *b)
{
	buf_clear(&b->text);
	b->start = b->at = 0;
	b->depth = 0;
	b->in_string = b->escape = false;
}

bool raw_bodies_feed(struct raw_bodies *b, struct slice line, uint64_t number)
{
	if (b->depth == 0)
		clear_text(b);
	b->last = number;
	if (buf_put_slice(&b->text, line) && buf_putc(&b->text, '\n'))
		return true;
	clear_text(b);
	return false;
}

/* Read one byte; true if it ends a body. */
static bool step(struct raw_bodies *b, char c)
{
	if (b->in_string) {
		if (b->escape)
			b->escape = false;
		else if (c == '\\')
			b->escape = true;
		else if (c == '"')
			b->in_string = false;
		return false;
	}
	if (c == '"')
		b->in_string = true;
	else if (c == '{' || c == '[')
		b->depth++;
	else if (c == '}' || c == ']')
		return --b->depth == 0;
	return false;
}

static bool starts_with_mark(const struct raw_bodies *b)
{
	struct slice rest = slice_from(buf_slice(&b->text), b->at);

	return slice_starts(rest, SLICE(UTF8_BOM));
}

enum raw_bodies_result raw_bodies_next(struct raw_bodies *b, struct slice *body)
{
	const char *p = b->text.p;

	while (b->at < b->text.n) {
		char c = p[b->at];

		if (b->depth == 0) {
			b->number = b->last;
			b->start = b->at;
			if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
				b->at++;
				continue;
			}
			if (starts_with_mark(b)) {
				b->at += strlen(UTF8_BOM);
				c = b->at < b->text.n ? p[b->at] : '\n';
			}
			if (c != '{' && c != '[') {
				*body = (struct slice){
				    p + b->start, b->text.n - b->start - 1};
				b->at = b->text.n;
				return RAW_BODY_STRAY;
			}
		}
		b->at++;
		if (step(b, c)) {
			*body = (struct slice){p + b->start, b->at - b->start};
			return RAW_BODY;
		}
	}
	return RAW_BODY_MORE;
}

bool raw_bodies_incomplete(const struct raw_bodies *b)
{
	return b->depth > 0;
}

/* The status in an error's body; 200 for any other body. */
static int64_t status_of(struct slice body)
{
	struct json j, inner;
	enum json_type type;
	int64_t status = 200;

	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return status;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		bool error = slice_is(j.key, "error") && type == JSON_OBJECT;

		if (!json_skip(&j, type))
			break;
		json_init_lenient(&inner, j.text);
		if (!error || json_next(&inner) != JSON_OBJECT)
			continue;
		while ((type = json_next(&inner)) > JSON_END &&
		       type != JSON_OBJECT_END)
			if (type == JSON_NUMBER &&
			    slice_is(inner.key, "status"))
				json_whole(inner.text, &status);
			else
				json_skip(&inner, type);
	}
	return status;
}

bool raw_body_capture(struct slice body, const char *endpoint, const char *user,
    const char *fetched_at, struct body_check *check, struct buf *capture)
{
	buf_clear(capture);
	buf_putc(capture, '{');
	json_put_member(capture, "type", SLICE("capture"));
	json_put_member(capture, "endpoint", slice_of(endpoint));
	if (user)
		json_put_member(capture, "user", slice_of(user));
	json_put_member_int(capture, "status", status_of(body));
	if (fetched_at && *fetched_at)
		json_put_member(capture, "fetched_at", slice_of(fetched_at));
	body_put(capture, body, check);
	return buf_putc(capture, '}');
}

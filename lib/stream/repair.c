#include "stream/repair.h"

#include "stream/body.h"
#include "stream/record.h"

/* Put the body of a capture, JSON or a text with something invalid in it. */
static bool put_body(const struct member *m, struct buf *to)
{
	struct buf text = BUF_INIT(m->value.n + 2);
	struct slice bytes = m->value;

	if (slice_is(m->key, "text")) {
		json_unescape(bytes, &text);
		bytes = buf_slice(&text);
	} else if (m->type == JSON_STRING) {
		bytes = (struct slice){bytes.p - 1, bytes.n + 2};
	}
	body_put_as(to, bytes, BODY_BYTES);
	to->failed |= text.failed;
	buf_release(&text);
	return !to->failed;
}

static bool is_body(const struct member *m)
{
	return slice_is(m->key, "body") ||
	       (slice_is(m->key, "text") && m->type == JSON_STRING);
}

static void put_member(
    const struct member *m, enum record_type type, struct buf *to)
{
	size_t quote = m->type == JSON_STRING;

	if (type == RECORD_CAPTURE && is_body(m) &&
	    utf8_find_invalid(m->value) < m->value.n) {
		put_body(m, to);
		return;
	}
	if (to->n > 0 && to->p[to->n - 1] != '{')
		buf_putc(to, ',');
	utf8_put(to, (struct slice){m->key.p - 1, m->key.n + 2});
	buf_putc(to, ':');
	utf8_put(
	    to, (struct slice){m->value.p - quote, m->value.n + 2 * quote});
}

bool repair_line(
    struct slice line, struct buf *to, const char **flaw, size_t *at)
{
	struct record rec;

	if (!record_parse_lenient(&rec, line, flaw, at) || !*flaw)
		return false;
	buf_putc(to, '{');
	for (size_t i = 0; i < rec.count; i++)
		put_member(&rec.members[i], rec.type, to);
	return buf_putc(to, '}');
}

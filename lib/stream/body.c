#include "stream/body.h"

#include "base/base64.h"
#include "json/json.h"
#include "stream/record.h"

const char *const body_members[] = {"body", "text", "body_base64", NULL};

bool record_has_body(const struct record *rec)
{
	const char *const *name = body_members;

	while (*name && !record_get(rec, *name))
		name++;
	return *name != NULL;
}

static bool check(struct slice bytes, struct json *j, struct body_check *c)
{
	bool good = json_check_lenient(j, bytes);

	*c = (struct body_check){.error = j->error,
	    .flaw = j->flaw,
	    .at = good ? j->flaw_at : j->at};
	return good;
}

/* A text may grow by as much as it would in base 64, and a little more. */
#define MORE ((size_t)64 << 10)

/* The form of what is no JSON: a text, or bytes if it is none or too long. */
static enum body_form form_of(struct slice text)
{
	size_t more = 0, most = text.n / 3 + MORE;

	if (utf8_find_invalid(text) < text.n)
		return BODY_BYTES;
	for (size_t i = 0; i < text.n && more <= most; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '"' || c == '\\' || (c >= '\b' && c <= '\r'))
			more++;
		else if (c < 0x20)
			more += 5;
	}
	return more <= most ? BODY_TEXT : BODY_BYTES;
}

bool body_put_as(struct buf *b, struct slice bytes, enum body_form form)
{
	if (form == BODY_JSON)
		return json_put_member_raw(b, "body", bytes);
	if (form == BODY_TEXT)
		return json_put_member(b, "text", bytes);
	json_put_key(b, "body_base64");
	buf_putc(b, '"');
	base64_put(b, bytes);
	return buf_putc(b, '"');
}

bool body_put(struct buf *b, struct slice bytes, struct body_check *c)
{
	struct json j;

	if (!check(bytes, &j, c))
		return body_put_as(b, bytes, form_of(bytes));
	if (c->flaw)
		return body_put_as(b, bytes, BODY_BYTES);
	json_put_key(b, "body");
	return json_compact(&j, bytes, b);
}

static bool read_base64(const struct record *rec, struct buf *scratch,
    struct slice *bytes, const char **why)
{
	size_t from = scratch->n;
	struct buf written = BUF_INIT(rec->line.n);
	struct slice text;
	bool ok = record_string(rec, "body_base64", &written, &text);

	if (ok && !base64_read(scratch, text)) {
		if (!scratch->failed)
			*why = "'body_base64' is not base 64";
		ok = false;
	}
	buf_release(&written);
	*bytes = slice_from(buf_slice(scratch), from);
	return ok;
}

bool body_read(const struct record *rec, struct buf *scratch,
    struct slice *bytes, enum body_form *form, const char **why)
{
	*why = "a member has the wrong type";
	*bytes = record_raw(rec, "body");
	*form = BODY_JSON;
	if (bytes->p)
		return true;
	*form = BODY_TEXT;
	if (!record_string(rec, "text", scratch, bytes))
		return false;
	if (bytes->p)
		return true;
	*form = record_raw(rec, "body_base64").p ? BODY_BYTES : BODY_NONE;
	return *form == BODY_NONE || read_base64(rec, scratch, bytes, why);
}

bool body_put_json(struct buf *b, struct slice bytes, struct body_check *c)
{
	struct buf text = BUF_INIT(b->max);
	struct json j;
	bool ok = check(bytes, &j, c);

	if (ok && c->flaw) {
		if (slice_starts(bytes, SLICE(UTF8_BOM)))
			bytes = slice_from(bytes, strlen(UTF8_BOM));
		b->failed |= !utf8_put(&text, bytes);
		bytes = buf_slice(&text);
	}
	ok = ok && json_compact(&j, bytes, b);
	buf_release(&text);
	return ok;
}

/* Append a body, JSON or a text that is not UTF-8, as bytes. */
static void put_bytes(const struct member *m, struct buf *to)
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
}

static bool is_body_text(const struct member *m)
{
	return slice_is(m->key, "body") ||
	       (slice_is(m->key, "text") && m->type == JSON_STRING);
}

static void put_member(
    const struct member *m, enum record_type type, struct buf *to)
{
	size_t quote = m->type == JSON_STRING;

	if (type == RECORD_CAPTURE && is_body_text(m) &&
	    utf8_find_invalid(m->value) < m->value.n) {
		put_bytes(m, to);
		return;
	}
	if (to->n > 0 && to->p[to->n - 1] != '{')
		buf_putc(to, ',');
	utf8_put(to, (struct slice){m->key.p - 1, m->key.n + 2});
	buf_putc(to, ':');
	utf8_put(
	    to, (struct slice){m->value.p - quote, m->value.n + 2 * quote});
}

bool record_repair(
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

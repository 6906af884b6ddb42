#include "stream/record.h"

#include <stdio.h>

#include "base/out.h"

static const char *const type_names[RECORD_TYPES] = {
    "other", "run", "request", "capture", "row", "error", "end"};

const char *record_type_name(enum record_type type)
{
	return type_names[type];
}

enum record_type record_type_of(struct slice name)
{
	for (int t = RECORD_RUN; t < RECORD_TYPES; t++)
		if (slice_is(name, type_names[t]))
			return (enum record_type)t;
	return RECORD_OTHER;
}

static bool bad(const char **reason, size_t *at, const char *why, size_t where)
{
	*reason = why;
	*at = where;
	return false;
}

/* Read one member, whose value json_next has just begun. */
static bool read_member(struct record *r, struct json *j, enum json_type type)
{
	struct member *m = &r->members[r->count];

	m->key = j->key;
	m->key_escaped = j->key_escaped;
	m->type = type;
	m->escaped = type == JSON_STRING && j->escaped;
	if (type == JSON_ARRAY || type == JSON_OBJECT) {
		if (!json_skip(j, type))
			return false;
	}
	m->value = j->text;
	r->count++;
	return true;
}

/* Set the type of a record, by its members. */
static bool read_type(struct record *r, const char **reason, size_t *at)
{
	const struct member *m = record_get(r, "type");

	if (!m || m->type != JSON_STRING)
		return bad(reason, at, "no \"type\"", 0);
	for (int t = RECORD_RUN; t < RECORD_TYPES; t++)
		if (json_text_is(m->value, m->escaped, slice_of(type_names[t])))
			r->type = (enum record_type)t;
	return true;
}

/* Whether a member that has just begun is the body of a line that ends with it.
 */
static bool is_last_body(
    const struct json *j, enum json_type type, struct slice line)
{
	return (type == JSON_ARRAY || type == JSON_OBJECT) &&
	       slice_is(j->key, "body") && line.p[line.n - 1] == '}';
}

/* Take the rest of the line as the body, which has just begun. */
static void take_body(
    struct record *r, const struct json *j, enum json_type type)
{
	const char *from = j->p - 1, *end = r->line.p + r->line.n - 1;

	r->members[r->count++] = (struct member){
	    .key = j->key, .type = type, .value = {from, (size_t)(end - from)}};
	r->unchecked = true;
}

/*
 * Read a line from its beginning, by a reader that has just begun; with `head`,
 * up to its body.
 */
static bool read_record(struct record *r, struct json *j, struct slice line,
    bool head, const char **reason, size_t *at)
{
	enum json_type type;

	r->type = RECORD_OTHER;
	r->number = 0;
	r->line = line;
	r->count = 0;
	r->unchecked = false;
	type = json_next(j);
	if (type != JSON_OBJECT && type != JSON_ERROR)
		return bad(reason, at, "not a JSON object", 0);
	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		if (r->count == RECORD_MEMBERS_MAX)
			return bad(reason, at, "too many members",
			    (size_t)(j->p - j->start));
		if (head && is_last_body(j, type, line)) {
			take_body(r, j, type);
			return read_type(r, reason, at);
		}
		if (!read_member(r, j, type))
			return bad(reason, at, j->error, j->at);
	}
	if (type == JSON_ERROR || json_next(j) != JSON_END)
		return bad(reason, at, j->error, j->at);
	return read_type(r, reason, at);
}

bool record_parse(
    struct record *r, struct slice line, const char **reason, size_t *at)
{
	struct json j;

	json_init(&j, line);
	return read_record(r, &j, line, false, reason, at);
}

bool record_parse_head(
    struct record *r, struct slice line, const char **reason, size_t *at)
{
	struct json j;

	json_init(&j, line);
	return read_record(r, &j, line, true, reason, at);
}

bool record_parse_lenient(
    struct record *r, struct slice line, const char **flaw, size_t *at)
{
	struct json j;

	json_init_lenient(&j, line);
	if (!read_record(r, &j, line, false, flaw, at))
		return false;
	*flaw = j.flaw;
	*at = j.flaw_at;
	return true;
}

bool record_copy(struct record *to, const struct record *from, struct buf *line)
{
	const char *start = from->line.p;

	if (!buf_set(line, from->line))
		return false;
	to->type = from->type;
	to->number = from->number;
	to->unchecked = from->unchecked;
	to->line = buf_slice(line);
	to->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		struct member *m = &to->members[i];

		*m = from->members[i];
		m->key.p = line->p + (m->key.p - start);
		m->value.p = line->p + (m->value.p - start);
	}
	return true;
}

const struct member *record_get(const struct record *r, const char *name)
{
	struct slice want = slice_of(name);

	for (size_t i = r->count; i-- > 0;) {
		const struct member *m = &r->members[i];

		if (json_text_is(m->key, m->key_escaped, want))
			return m;
	}
	return NULL;
}

bool record_string(const struct record *r, const char *name,
    struct buf *scratch, struct slice *value)
{
	const struct member *m = record_get(r, name);
	size_t from = scratch->n;

	*value = (struct slice){NULL, 0};
	if (!m || m->type == JSON_NULL)
		return true;
	if (m->type != JSON_STRING)
		return false;
	*value = m->value;
	if (!m->escaped)
		return true;
	/* All that a line can decode to: slices handed out earlier stay put. */
	if ((from == 0 && !buf_reserve(scratch, r->line.n)) ||
	    !json_unescape(m->value, scratch))
		return false;
	*value = (struct slice){scratch->p + from, scratch->n - from};
	return true;
}

bool record_int(const struct record *r, const char *name, int64_t *value)
{
	const struct member *m = record_get(r, name);

	if (!m || m->type == JSON_NULL)
		return true;
	return m->type == JSON_NUMBER && json_whole(m->value, value);
}

struct slice record_raw(const struct record *r, const char *name)
{
	const struct member *m = record_get(r, name);

	if (!m)
		return (struct slice){NULL, 0};
	if (m->type != JSON_STRING)
		return m->value;
	return (struct slice){m->value.p - 1, m->value.n + 2};
}

static bool is_named(const struct member *m, const char *const names[])
{
	for (; *names; names++)
		if (json_text_is(m->key, m->key_escaped, slice_of(*names)))
			return true;
	return false;
}

bool record_put_members(
    const struct record *r, const char *const but[], struct buf *b)
{
	buf_putc(b, '{');
	for (size_t i = 0; i < r->count; i++) {
		const struct member *m = &r->members[i];
		size_t quote = m->type == JSON_STRING;

		if (is_named(m, but))
			continue;
		if (b->p && b->p[b->n - 1] != '{')
			buf_putc(b, ',');
		buf_put(b, m->key.p - 1, m->key.n + 2);
		buf_putc(b, ':');
		buf_put(b, m->value.p - quote, m->value.n + 2 * quote);
	}
	return !b->failed;
}

static bool send_visible(struct out *out, struct slice line)
{
	const char *end = line.p + line.n;
	size_t from = 0, i = 0;

	while (i < line.n) {
		unsigned code;
		size_t n = utf8_control(line.p + i, end, &code);
		char text[16];

		/* Below it, JSON has white space between tokens alone. */
		if (n > 0 && code > 0x20) {
			snprintf(text, sizeof(text), "\\u%04x", code);
			out_put(out, line.p + from, i - from);
			out_put_slice(out, slice_of(text));
			from = i + n;
		}
		i += n ? n : 1;
	}
	return out_put(out, line.p + from, line.n - from);
}

bool record_send(struct out *out, struct slice line)
{
	return (out->terminal ? send_visible(out, line)
			      : out_put_slice(out, line)) &&
	       out_put_slice(out, SLICE("\n"));
}

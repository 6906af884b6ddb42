#include "merge/row_record.h"

#include "json/json.h"

static bool is_called(const struct member *m, const char *name)
{
	return m->key_escaped ? json_text_is(m->key, true, slice_of(name))
			      : slice_is(m->key, name);
}

/* Decode a string member; null counts as absent. */
static bool read_string_member(
    const struct member *m, struct buf *scratch, struct slice *to)
{
	size_t from = scratch->n;

	*to = (struct slice){NULL, 0};
	if (m->type == JSON_NULL)
		return true;
	if (m->type != JSON_STRING)
		return false;
	*to = m->value;
	if (!m->escaped)
		return true;
	if (!json_unescape(m->value, scratch))
		return false;
	*to = (struct slice){scratch->p + from, scratch->n - from};
	return true;
}

const char *row_record_read(const struct record *rec, struct buf *scratch,
    struct slice *table, struct row_record *a)
{
	struct slice op = {NULL, 0};

	buf_clear(scratch);
	/* No text is longer decoded: slices point into the buffer. */
	if (!buf_reserve(scratch, rec->line.n))
		return "too long";
	for (size_t i = 0; i < rec->count; i++) {
		const struct member *m = &rec->members[i];

		if (is_called(m, "table")) {
			if (!read_string_member(m, scratch, table))
				return "'table' is not a string";
		} else if (is_called(m, "row")) {
			if (m->type != JSON_OBJECT)
				return "'row' is not an object";
			a->object = m->value;
		} else if (is_called(m, "at")) {
			if (!read_string_member(m, scratch, &a->at))
				return "'at' is not a string";
		} else if (is_called(m, "src")) {
			read_string_member(m, scratch, &a->src);
		} else if (is_called(m, "op")) {
			if (!read_string_member(m, scratch, &op))
				return "'op' is not a string";
		}
	}
	if (!table->p)
		return "'table' is missing";
	if (!a->object.p)
		return "'row' is missing";
	if (!op.p)
		op = SLICE("upsert");
	a->removes = slice_is(op, "delete");
	a->list_op = slice_is(op, "page")    ? LIST_OP_PAGE
		     : slice_is(op, "check") ? LIST_OP_CHECK
					     : LIST_OP_NONE;
	if (!a->removes && !a->list_op && !slice_is(op, "upsert"))
		return "'op' is not upsert, delete, page or check";
	return NULL;
}

/* Whether a byte of a JSON string means itself, and is ASCII. */
static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* Drop the last member of an object, a plain string: `,"name":"` before it. */
static bool drop_last_string(
    struct slice *line, struct slice before, struct slice *text)
{
	size_t end;

	if (!slice_drop_end(line, SLICE("\"")))
		return false;
	end = line->n;
	while (line->n > 0 && is_plain(line->p[line->n - 1]))
		line->n--;
	*text = (struct slice){line->p + line->n, end - line->n};
	return slice_drop_end(line, before);
}

/* Drop what follows the row's object: its time and its capture. */
static bool drop_ending(struct row_ending *last, struct slice *line)
{
	struct slice text = *line;

	if (last->text.n > 0 && slice_drop_end(line, buf_slice(&last->text)))
		return true;
	buf_clear(&last->text);
	if (!slice_drop_end(line, SLICE("}")) ||
	    !drop_last_string(line, SLICE(",\"src\":\""), &last->src) ||
	    !drop_last_string(line, SLICE(",\"at\":\""), &last->at))
		return false;
	text = slice_from(text, line->n);
	buf_set(&last->text, text);
	last->src.p = last->text.p + (last->src.p - text.p);
	last->at.p = last->text.p + (last->at.p - text.p);
	return !last->text.failed;
}

bool row_record_split(struct row_ending *last, struct slice line,
    struct slice *table, struct row_record *a)
{
	if (!slice_drop(&line, SLICE("{\"type\":\"row\",\"table\":\"")) ||
	    !drop_ending(last, &line))
		return false;
	*table = (struct slice){line.p, 0};
	while (table->n < line.n && is_plain(line.p[table->n]))
		table->n++;
	a->object = slice_from(line, table->n);
	a->at = last->at;
	a->src = last->src;
	a->is_unread = true;
	return slice_drop(&a->object, SLICE("\",\"row\":"));
}

#include "map/rows.h"

#include <string.h>

#include "map/jqvalue.h"
#include "map/message.h"

void rows_init(struct rows *r, size_t max, const struct object_columns *objects)
{
	*r = (struct rows){.objects = objects,
	    .table = jv_string("table"),
	    .op = jv_string("op"),
	    .row = jv_string("row"),
	    .known = jv_string("known"),
	    .of = jv_string("of")};
	r->lines.max = max;
	r->part_errors.max = max / 16;
}

void rows_begin(struct rows *r, struct slice suffix)
{
	buf_clear(&r->lines);
	buf_clear(&r->part_errors);
	r->suffix = suffix;
	r->ordered = false;
	hash_clear(&r->seen);
}

/* Whether the line that begins there is this row. */
static bool is_line(const struct rows *r, size_t at, struct slice row)
{
	struct slice line = slice_from(buf_slice(&r->lines), at);

	if (!slice_starts(line, row))
		return false;
	line = slice_from(line, row.n);
	return slice_starts(line, r->suffix) && line.n > r->suffix.n &&
	       line.p[r->suffix.n] == '\n';
}

/* Whether a row that begins at `at` was written before; else remember it. */
static bool is_repeated(struct rows *r, struct slice row, size_t at)
{
	uint64_t hash = hash_bytes(0, row);
	struct hash_walk w = hash_find(&r->seen, hash);

	while (hash_next(&w))
		if (is_line(r, w.number, row))
			return true;
	hash_add(&r->seen, hash, (uint32_t)at);
	return false;
}

static bool end_row(struct rows *r)
{
	return buf_put_slice(&r->lines, r->suffix) && buf_putc(&r->lines, '\n');
}

bool rows_add_lines(struct rows *r, struct slice lines)
{
	while (lines.n > 0) {
		struct slice row = slice_cut(&lines, '\n');

		if (is_repeated(r, row, r->lines.n))
			continue;
		buf_put_slice(&r->lines, row);
		if (!end_row(r))
			return false;
	}
	return true;
}

/* Add what is refused, and of which part, both borrowed, as one line. */
static const char *add_part_error(struct rows *r, jv reason, jv place)
{
	jv_kind kind = jv_get_kind(place);

	if (jv_get_kind(reason) != JV_KIND_STRING)
		return "a 'refuse' is no string";
	if (kind == JV_KIND_STRING)
		message_put(&r->part_errors, jqvalue_slice(place));
	else if (kind != JV_KIND_INVALID && kind != JV_KIND_NULL)
		return "a 'place' is no string";
	buf_putc(&r->part_errors, '\t');
	message_put(&r->part_errors, jqvalue_slice(reason));
	return buf_putc(&r->part_errors, '\n') ? NULL : JQVALUE_TOO_MUCH;
}

/* The parts of a result, owned; each may be invalid. */
struct row_result {
	jv table, op, row;
	jv of;	    /* an object that has more of the row's columns */
	bool known; /* the row leaves out what is null */
};

/* Add the columns of an object to a row that has just been written. */
static const char *write_columns(struct rows *r, const struct row_result *x)
{
	struct slice name = jqvalue_slice(x->table);
	const struct object_table *t = object_columns_find(r->objects, name);
	const char *wrong;

	if (!x->known || jv_get_kind(x->of) != JV_KIND_OBJECT)
		return "an 'of' is no object, or without a 'known'";
	if (!t)
		return "an 'of' with a table for which the prelude declares none";
	r->lines.n--; /* go on inside of the row */
	wrong = object_columns_write(r->objects, t, x->of, x->row, &r->lines);
	buf_putc(&r->lines, '}');
	return wrong;
}

static const char *write_row(struct rows *r, const struct row_result *x)
{
	struct buf *b = &r->lines;
	size_t from = b->n;
	const char *wrong;
	struct slice row;

	if (jv_get_kind(x->table) != JV_KIND_STRING)
		return "a result has no 'table' that is a string";
	if (jv_get_kind(x->row) != JV_KIND_OBJECT)
		return "a result has no 'row' or 'known' that is an object";
	buf_puts(b, "{\"type\":\"row\",\"table\":");
	jqvalue_write(b, x->table, false);
	if (jv_get_kind(x->op) == JV_KIND_STRING) {
		buf_puts(b, ",\"op\":");
		jqvalue_write(b, x->op, false);
		/* From here on, order and duplicates matter. */
		hash_clear(&r->seen);
		r->ordered = true;
	} else if (jv_is_valid(x->op)) {
		return "an 'op' is no string";
	}
	buf_puts(b, ",\"row\":");
	wrong = jqvalue_write(b, x->row, x->known);
	if (!wrong && jv_is_valid(x->of))
		wrong = write_columns(r, x);
	if (wrong)
		return wrong;
	row = (struct slice){b->p + from, b->n - from};
	if (is_repeated(r, row, from)) {
		b->n = from;
		return NULL;
	}
	return end_row(r) ? NULL : JQVALUE_TOO_MUCH;
}

static jv member(jv object, jv name)
{
	return jv_object_get(jv_copy(object), jv_copy(name));
}

static void row_result_release(struct row_result *x)
{
	jv_free(x->table);
	jv_free(x->op);
	jv_free(x->row);
	jv_free(x->of);
}

static const char *add_row(struct rows *r, jv v, jv table)
{
	struct row_result x = {
	    .table = table, .op = member(v, r->op), .of = member(v, r->of)};
	int expected = 2 + jv_is_valid(x.op) + jv_is_valid(x.of);
	const char *wrong;

	x.row = member(v, r->known);
	x.known = jv_is_valid(x.row);
	if (!x.known) {
		jv_free(x.row);
		x.row = member(v, r->row);
	}
	if (jv_is_valid(x.row) && jv_object_length(jv_copy(v)) != expected)
		wrong = "a result has more than 'table', 'row', 'of' and 'op'";
	else
		wrong = write_row(r, &x);
	row_result_release(&x);
	return wrong;
}

const char *rows_add(struct rows *r, jv v)
{
	const char *wrong = "a result has neither 'table' nor 'refuse'";
	jv table, refuse, place;

	if (jv_get_kind(v) != JV_KIND_OBJECT)
		return "a result is no object";
	table = member(v, r->table);
	if (jv_is_valid(table))
		return add_row(r, v, table);
	jv_free(table);
	refuse = jv_object_get(jv_copy(v), jv_string("refuse"));
	place = jv_object_get(jv_copy(v), jv_string("place"));
	if (jv_is_valid(refuse))
		wrong = add_part_error(r, refuse, place);
	jv_free(refuse);
	jv_free(place);
	return wrong;
}

#include "map/rows.h"

#include <string.h>

#include "value/json_writer.h"
#include "map/message.h"

void rows_init(struct rows *r, size_t max, const struct object_columns *objects,
    struct names *names, struct heap *heap)
{
	*r = (struct rows){.objects = objects,
	    .heap = heap,
	    .table = names_add(names, SLICE("table")),
	    .op = names_add(names, SLICE("op")),
	    .row = names_add(names, SLICE("row")),
	    .known = names_add(names, SLICE("known")),
	    .of = names_add(names, SLICE("of")),
	    .refuse = names_add(names, SLICE("refuse")),
	    .place = names_add(names, SLICE("place"))};
	r->lines.max = max;
	r->part_errors.max = max / 16;
}

void rows_release(struct rows *r)
{
	buf_release(&r->lines);
	buf_release(&r->part_errors);
	hash_release(&r->seen);
}

void rows_begin(struct rows *r, struct slice suffix)
{
	buf_clear(&r->lines);
	buf_clear(&r->part_errors);
	r->count = 0;
	r->suffix = suffix;
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

/* Add what is refused, and of which part, as one line. */
static const char *add_part_error(
    struct rows *r, struct jq_value reason, struct jq_value place)
{
	if (reason.kind != JQ_STRING)
		return "a 'refuse' is no string";
	if (place.kind == JQ_STRING)
		message_put(&r->part_errors, jq_slice(place));
	else if (place.kind > JQ_NULL)
		return "a 'place' is no string";
	buf_putc(&r->part_errors, '\t');
	message_put(&r->part_errors, jq_slice(reason));
	return buf_putc(&r->part_errors, '\n') ? NULL : ROWS_TOO_MUCH;
}

/* The members of a result; none where it has none. */
struct row_result {
	struct jq_value table, op;
	struct jq_value row;
	struct jq_value of; /* an object that has more of the row's columns */
	bool known;	    /* the row leaves out what is null */
};

/* Add the columns of an object to a row that has just been written. */
static const char *write_columns(struct rows *r, const struct row_result *x)
{
	const struct object_table *t =
	    object_columns_find(r->objects, jq_slice(x->table));
	const char *wrong;

	if (!x->known || x->of.kind != JQ_OBJECT)
		return "an 'of' is no object, or without a 'known'";
	if (!t)
		return "an 'of' with a table for which the prelude declares none";
	r->lines.n--; /* go on inside of the row */
	wrong = object_columns_write(
	    r->objects, t, r->heap, x->of, x->row, &r->lines);
	buf_putc(&r->lines, '}');
	return wrong;
}

static const char *write_row(struct rows *r, const struct row_result *x)
{
	const struct json_style style = {.drop_nulls = x->known, .around = 1};
	struct buf *b = &r->lines;
	const char *wrong;

	if (x->table.kind != JQ_STRING)
		return "a result has no 'table' that is a string";
	if (x->row.kind != JQ_OBJECT)
		return "a result has no 'row' or 'known' that is an object";
	buf_put_slice(b, SLICE("{\"type\":\"row\",\"table\":"));
	json_write_string(b, x->table);
	if (x->op.kind == JQ_STRING) {
		buf_put_slice(b, SLICE(",\"op\":"));
		json_write_string(b, x->op);
		/* From here on, order and duplicates matter. */
		hash_clear(&r->seen);
	} else if (x->op.kind) {
		return "an 'op' is no string";
	}
	buf_put_slice(b, SLICE(",\"row\":"));
	wrong = json_write(b, x->row, &style);
	return !wrong && x->of.kind ? write_columns(r, x) : wrong;
}

static const char *add_row(struct rows *r, const struct row_result *x)
{
	struct buf *b = &r->lines;
	size_t from = b->n;
	const char *wrong = write_row(r, x);

	if (wrong)
		return wrong;
	if (b->failed)
		return ROWS_TOO_MUCH;
	if (is_repeated(r, (struct slice){b->p + from, b->n - from}, from)) {
		b->n = from;
		return NULL;
	}
	r->count++;
	return buf_put_slice(b, r->suffix) && buf_putc(b, '\n') ? NULL
								: ROWS_TOO_MUCH;
}

const char *rows_add(struct rows *r, struct jq_value v)
{
	struct row_result x;
	struct jq_value refuse;

	if (v.kind != JQ_OBJECT)
		return "a result is no object";
	x.table = jq_object_find(v, r->table);
	if (!x.table.kind) {
		refuse = jq_object_find(v, r->refuse);
		return refuse.kind
			   ? add_part_error(
				 r, refuse, jq_object_find(v, r->place))
			   : "a result has neither 'table' nor 'refuse'";
	}
	x.op = jq_object_find(v, r->op);
	x.of = jq_object_find(v, r->of);
	x.row = jq_object_find(v, r->known);
	x.known = x.row.kind;
	if (!x.known)
		x.row = jq_object_find(v, r->row);
	if (x.row.kind && v.n != 2u + (x.op.kind != 0) + (x.of.kind != 0))
		return "a result has more than 'table', 'row', 'of' and 'op'";
	return add_row(r, &x);
}

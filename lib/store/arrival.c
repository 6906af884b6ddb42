#include "store/arrival.h"

#include "json/json.h"

static bool is_called(const struct member *m, const char *name)
{
	return m->key_escaped ? json_text_is(m->key, true, slice_of(name))
			      : slice_is(m->key, name);
}

/* A string member, decoded; null is as good as absent. */
static bool take_string(
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

const char *arrival_read(const struct record *rec, struct buf *scratch,
    struct slice *table, struct arrival *a)
{
	struct slice op = {NULL, 0};

	buf_clear(scratch);
	/* All that a line can decode to: slices stay where they are. */
	if (!buf_room(scratch, rec->line.n))
		return "too long";
	for (size_t i = 0; i < rec->count; i++) {
		const struct member *m = &rec->members[i];

		if (is_called(m, "table")) {
			if (!take_string(m, scratch, table))
				return "'table' is not a string";
		} else if (is_called(m, "row")) {
			if (m->type != JSON_OBJECT)
				return "'row' is not an object";
			a->object = m->value;
		} else if (is_called(m, "at")) {
			if (!take_string(m, scratch, &a->at))
				return "'at' is not a string";
		} else if (is_called(m, "src")) {
			take_string(m, scratch, &a->src);
		} else if (is_called(m, "op")) {
			if (!take_string(m, scratch, &op))
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
	a->part = slice_is(op, "page")	  ? PART_PAGE
		  : slice_is(op, "check") ? PART_CHECK
					  : PART_NONE;
	if (!a->removes && !a->part && !slice_is(op, "upsert"))
		return "'op' is not upsert, delete, page or check";
	return NULL;
}

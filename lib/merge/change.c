#include <inttypes.h>

#include "json/json.h"
#include "merge/apply.h"

static void put_value(
    struct buf *b, const struct column *c, const struct value *v)
{
	struct json j;

	switch (v->type) {
	case VALUE_INT:
		if (c->type == COLUMN_BOOLEAN &&
		    (v->integer == 0 || v->integer == 1))
			buf_puts(b, v->integer ? "true" : "false");
		else
			buf_printf(b, "%" PRId64, v->integer);
		break;
	case VALUE_REAL: buf_printf(b, "%.17g", v->real); break;
	case VALUE_TEXT:
		if ((c->type == COLUMN_JSON || c->rule == RULE_TIMES) &&
		    json_check(&j, v->text))
			buf_put_slice(b, v->text);
		else
			json_put_string(b, v->text);
		break;
	default: buf_puts(b, "null");
	}
}

static void put_column(struct buf *b, const struct change *c,
    const struct stored_row *s, unsigned column)
{
	json_put_key(b, c->table->columns[column].name.p);
	put_value(b, &c->table->columns[column], &s->values[column]);
}

static void put_key(struct buf *b, const struct change *c)
{
	json_put_key(b, "key");
	buf_putc(b, '{');
	for (unsigned i = 0; i < c->table->key_count; i++)
		put_column(b, c, c->after, table_key(c->table, i));
	buf_putc(b, '}');
}

/* Whether a column belongs into `before` or `after`. */
static bool shown(
    const struct change *c, const struct stored_row *s, unsigned i)
{
	enum column_rule rule = c->table->columns[i].rule;

	if (rule == RULE_KEY || rule == RULE_NONE || rule_is_provenance(rule))
		return false;
	if (c->kind != CHANGE_UPDATE)
		return s->values[i].type != VALUE_NULL;
	return value_cmp(&c->before->values[i], &c->after->values[i]) != 0;
}

static void put_side(struct buf *b, const struct change *c, const char *name,
    const struct stored_row *s)
{
	json_put_key(b, name);
	buf_putc(b, '{');
	for (unsigned i = 0; s->present && i < c->table->count; i++)
		if (shown(c, s, i))
			put_column(b, c, s, i);
	if (s->deleted_at.p &&
	    !slice_eq(c->before->deleted_at, c->after->deleted_at))
		json_put_member(b, "done_at", s->deleted_at);
	buf_putc(b, '}');
}

bool change_put(const struct change *c, struct buf *b)
{
	static const char *const names[] = {
	    "unchanged", "insert", "update", "delete"};

	buf_putc(b, '{');
	json_put_member(b, "type", SLICE("change"));
	json_put_member(b, "change", slice_of(names[c->kind]));
	json_put_member(b, "table", c->table->name);
	put_key(b, c);
	if (c->kind != CHANGE_NONE) {
		put_side(b, c, "before", c->before);
		put_side(b, c, "after", c->after);
	}
	if (c->src.p)
		json_put_member(b, "src", c->src);
	return buf_putc(b, '}');
}

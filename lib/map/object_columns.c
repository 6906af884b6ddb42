#include "map/object_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "value/json_writer.h"

/* The declarations while they are read. */
struct parsing {
	struct object_columns *columns;
	struct names *names;
};

static struct object_table *table_named(
    struct object_columns *o, struct slice name)
{
	size_t i = 0;

	while (i < o->count && !slice_eq(o->tables[i]->name, name))
		i++;
	if (i == OBJECT_TABLES_MAX)
		return NULL;
	if (i == o->count) {
		o->tables[i] = mem_zero(1, sizeof(*o->tables[i]));
		o->tables[i]->name = name;
		o->count++;
	}
	return o->tables[i];
}

static struct slice cut_word(struct slice *line)
{
	struct slice word = {NULL, 0};

	while (word.n == 0 && line->n > 0)
		word = slice_cut(line, ' ');
	return word;
}

/* What a table says of a member. */
static struct object_member *member_of(
    struct object_table *t, const struct name *name)
{
	return &t->members[name->id];
}

/* Parse `MEMBER[[]][.MEMBER][:COLUMN]`. */
static bool add_column(
    struct parsing *p, struct object_table *t, struct slice word)
{
	struct object_column *c = &t->columns[t->count];
	struct slice path = slice_cut(&word, ':'), column = path;
	struct slice member = slice_cut(&path, '.');

	if (t->count == OBJECT_COLUMNS_MAX)
		return false;
	c->column = names_add(p->names, word.n > 0 ? word : column);
	c->empty_is_null =
	    member.n > 2 && memcmp(member.p + member.n - 2, "[]", 2) == 0;
	if (c->empty_is_null)
		member.n -= 2;
	c->member = names_add(p->names, member);
	c->inner = path.n > 0 ? names_add(p->names, path) : NULL;
	t->count++;
	member_of(t, c->member)->column = (uint8_t)t->count;
	member_of(t, c->member)->is_elsewhere |= !c->inner;
	return member.n > 0;
}

static bool add_columns(
    struct parsing *p, struct object_table *t, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0)
		if (!add_column(p, t, word))
			return false;
	return true;
}

static bool add_without(struct parsing *p, struct slice line)
{
	struct object_columns *o = p->columns;
	struct slice word;

	while ((word = cut_word(&line)).n > 0) {
		if (o->without_count == OBJECT_WITHOUT_MAX)
			return false;
		o->without[o->without_count++] = names_add(p->names, word);
	}
	return true;
}

static void add_full(
    struct parsing *p, struct object_table *t, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0) {
		member_of(t, names_add(p->names, word))->is_full = true;
		t->full++;
	}
}

static void add_elsewhere(
    struct parsing *p, struct object_table *t, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0)
		member_of(t, names_add(p->names, word))->is_elsewhere = true;
}

/* Parse what follows `# `. */
static bool declare(struct parsing *p, struct slice line)
{
	struct slice keyword = slice_cut(&line, ' ');
	struct object_table *t;

	if (slice_is(keyword, "without:"))
		return add_without(p, line);
	if (!slice_is(keyword, "columns") && !slice_is(keyword, "elsewhere") &&
	    !slice_is(keyword, "full"))
		return true;
	t = table_named(p->columns, slice_cut(&line, ':'));
	if (!t)
		return false;
	if (slice_is(keyword, "columns"))
		return add_columns(p, t, line);
	if (slice_is(keyword, "full"))
		add_full(p, t, line);
	else
		add_elsewhere(p, t, line);
	return true;
}

bool object_columns_parse(
    struct object_columns *o, struct names *names, struct slice text)
{
	struct parsing p = {o, names};

	memset(o, 0, sizeof(*o));
	o->vendor_json = names_add(names, SLICE("vendor_json"));
	while (text.n > 0) {
		struct slice line = slice_cut(&text, '\n');

		if (slice_starts(line, SLICE("# ")) &&
		    !declare(&p, slice_from(line, 2)))
			return false;
	}
	return true;
}

void object_columns_release(struct object_columns *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->tables[i]);
}

bool object_columns_include(struct object_columns *o, struct slice name)
{
	for (size_t i = 0; i < o->without_count; i++) {
		if (!slice_eq(o->without[i]->text, name))
			continue;
		o->without[i] = o->without[--o->without_count];
		return true;
	}
	return false;
}

const struct object_table *object_columns_find(
    const struct object_columns *o, struct slice table)
{
	for (size_t i = 0; i < o->count; i++)
		if (slice_eq(o->tables[i]->name, table))
			return o->tables[i];
	return NULL;
}

/* An object that is being written: what was found of it. */
struct found {
	const struct object_columns *declared;
	const struct object_table *table;
	struct jq_value columns[OBJECT_COLUMNS_MAX]; /* none without a value */
	size_t full;	      /* members that only full objects have */
	bool has_vendor_json; /* the row does */
};

/* The value of a column in a member; null if it has none. */
static struct jq_value value_of(
    const struct object_column *c, struct jq_value member)
{
	if (c->inner)
		return member.kind == JQ_OBJECT
			   ? jq_object_find(member, c->inner)
			   : jq_null();
	if (c->empty_is_null && member.kind == JQ_ARRAY && member.n == 0)
		return jq_null();
	return member;
}

/* Find the columns and the marks of a full object, in one pass. */
static void find(struct found *f, struct jq_value object)
{
	const struct object_table *t = f->table;

	for (size_t i = 0; i < t->count; i++)
		f->columns[i] = jq_none();
	for (uint32_t i = 0; i < object.n; i++) {
		const struct jq_member *m = &object.object->members[i];
		const struct object_member *is = &t->members[m->name->id];

		if (is->column)
			f->columns[is->column - 1] =
			    value_of(&t->columns[is->column - 1], m->value);
		f->full += is->is_full;
	}
}

/* Drop the columns that the row has itself. */
static void drop_given(struct found *f, struct jq_value row)
{
	const struct object_table *t = f->table;

	for (uint32_t i = 0; i < row.n; i++) {
		const struct name *name = row.object->members[i].name;

		for (size_t c = 0; c < t->count; c++)
			if (t->columns[c].column == name)
				f->columns[c] = jq_none();
		f->has_vendor_json |= name == f->declared->vendor_json;
	}
}

/* Whether a member is a column as a whole, or stored elsewhere, or not. */
static bool leaves_out(void *ctx, const struct name *name)
{
	const struct found *f = ctx;

	if (f->table->members[name->id].is_elsewhere)
		return true;
	for (size_t i = 0; i < f->declared->without_count; i++)
		if (f->declared->without[i] == name)
			return true;
	return false;
}

static void put_name(struct buf *b, const struct name *column)
{
	if (b->n > 0 && b->p[b->n - 1] != '{')
		buf_putc(b, ',');
	buf_putc(b, '"');
	buf_put_slice(b, column->text);
	buf_puts(b, "\":");
}

static const char *put_vendor_json(
    struct found *f, struct heap *heap, struct jq_value object, struct buf *b)
{
	struct json_style style = {.heap = heap,
	    .sorted = true,
	    .around = 2,
	    .leaves_out = leaves_out,
	    .ctx = f};

	put_name(b, f->declared->vendor_json);
	return json_write(b, object, &style);
}

const char *object_columns_write(const struct object_columns *o,
    const struct object_table *t, struct heap *heap, struct jq_value object,
    struct jq_value row, struct buf *b)
{
	static const struct json_style plain = {.around = 2};
	struct found f = {.declared = o, .table = t};
	const char *wrong = NULL;

	find(&f, object);
	drop_given(&f, row);
	for (size_t i = 0; i < t->count && !wrong; i++) {
		if (f.columns[i].kind <= JQ_NULL)
			continue;
		put_name(b, t->columns[i].column);
		wrong = json_write(b, f.columns[i], &plain);
	}
	if (wrong || t->full == 0 || f.full < t->full || f.has_vendor_json)
		return wrong;
	return put_vendor_json(&f, heap, object, b);
}

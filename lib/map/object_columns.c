#include "map/object_columns.h"

#include <string.h>

#include "map/jqvalue.h"

static struct object_table *table_named(
    struct object_columns *o, struct slice name)
{
	size_t i = 0;

	while (i < o->count && !slice_eq(o->tables[i].table, name))
		i++;
	if (i == OBJECT_TABLES_MAX)
		return NULL;
	if (i == o->count)
		o->tables[o->count++].table = name;
	return &o->tables[i];
}

static struct slice cut_word(struct slice *line)
{
	struct slice word = {NULL, 0};

	while (word.n == 0 && line->n > 0)
		word = slice_cut(line, ' ');
	return word;
}

/* Parse `MEMBER[[]][.MEMBER][:COLUMN]`. */
static bool add_column(struct object_table *t, struct slice word)
{
	struct object_column *c = &t->columns[t->count];
	struct slice path = slice_cut(&word, ':'), column = path;
	struct slice member = slice_cut(&path, '.');

	if (t->count == OBJECT_COLUMNS_MAX)
		return false;
	c->column = word.n > 0 ? word : column;
	c->empty_is_null =
	    member.n > 2 && memcmp(member.p + member.n - 2, "[]", 2) == 0;
	if (c->empty_is_null)
		member.n -= 2;
	c->member = member;
	c->inner = path;
	t->count++;
	return member.n > 0;
}

static bool add_columns(struct object_table *t, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0)
		if (!add_column(t, word))
			return false;
	return true;
}

static bool add_names(struct name_list *names, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0) {
		if (names->count == DECLARED_NAMES_MAX)
			return false;
		names->name[names->count++] = word;
	}
	return true;
}

/* Parse what follows `# `. */
static bool declare(struct object_columns *o, struct slice line)
{
	struct slice keyword = slice_cut(&line, ' ');
	struct object_table *t;

	if (slice_is(keyword, "without:"))
		return add_names(&o->without, line);
	if (!slice_is(keyword, "columns") && !slice_is(keyword, "elsewhere") &&
	    !slice_is(keyword, "full"))
		return true;
	t = table_named(o, slice_cut(&line, ':'));
	if (!t)
		return false;
	if (slice_is(keyword, "columns"))
		return add_columns(t, line);
	return add_names(
	    slice_is(keyword, "full") ? &t->full : &t->elsewhere, line);
}

bool object_columns_parse(struct object_columns *o, struct slice text)
{
	memset(o, 0, sizeof(*o));
	while (text.n > 0) {
		struct slice line = slice_cut(&text, '\n');

		if (slice_starts(line, SLICE("# ")) &&
		    !declare(o, slice_from(line, 2)))
			return false;
	}
	return true;
}

bool object_columns_include(struct object_columns *o, struct slice name)
{
	for (size_t i = 0; i < o->without.count; i++) {
		if (!slice_eq(o->without.name[i], name))
			continue;
		o->without.name[i] = o->without.name[--o->without.count];
		return true;
	}
	return false;
}

static void put_name(struct buf *b, struct slice column)
{
	if (b->n > 0 && b->p[b->n - 1] != '{')
		buf_putc(b, ',');
	buf_putc(b, '"');
	buf_put_slice(b, column);
	buf_puts(b, "\":");
}

const struct object_table *object_columns_find(
    const struct object_columns *o, struct slice table)
{
	for (size_t i = 0; i < o->count; i++)
		if (slice_eq(o->tables[i].table, table))
			return &o->tables[i];
	return NULL;
}

/* An object that is being written: what was found of it. */
struct found {
	const struct object_columns *declared;
	const struct object_table *table;
	jv columns[OBJECT_COLUMNS_MAX]; /* owned; invalid without a value */
	size_t full;	      /* members that only full objects have */
	bool has_vendor_json; /* the row does */
};

/* The value of a column in a member, consumed; null if it has none. */
static jv value_of(const struct object_column *c, jv member)
{
	if (c->inner.n > 0) {
		if (jv_get_kind(member) == JV_KIND_OBJECT)
			return jv_object_get(member,
			    jv_string_sized(c->inner.p, (int)c->inner.n));
	} else if (!c->empty_is_null || jv_get_kind(member) != JV_KIND_ARRAY ||
		   jv_array_length(jv_copy(member)) > 0) {
		return member;
	}
	jv_free(member);
	return jv_null();
}

/* Find the columns and the marks of a full object, in one pass. */
static void find(struct found *f, jv object)
{
	const struct object_table *t = f->table;

	for (size_t i = 0; i < t->count; i++)
		f->columns[i] = jv_invalid();
	for (int i = jv_object_iter(object); jv_object_iter_valid(object, i);
	     i = jv_object_iter_next(object, i)) {
		jv key = jv_object_iter_key(object, i);
		struct slice name = jqvalue_slice(key);
		size_t c = 0;

		while (c < t->count && !slice_eq(t->columns[c].member, name))
			c++;
		if (c < t->count)
			f->columns[c] = value_of(
			    &t->columns[c], jv_object_iter_value(object, i));
		f->full += name_list_has(&t->full, name);
		jv_free(key);
	}
}

/* Drop the columns that the row has itself. */
static void drop_given(struct found *f, jv row)
{
	const struct object_table *t = f->table;

	for (int i = jv_object_iter(row); jv_object_iter_valid(row, i);
	     i = jv_object_iter_next(row, i)) {
		jv key = jv_object_iter_key(row, i);
		struct slice name = jqvalue_slice(key);

		for (size_t c = 0; c < t->count; c++)
			if (slice_eq(t->columns[c].column, name)) {
				jv_free(f->columns[c]);
				f->columns[c] = jv_invalid();
			}
		f->has_vendor_json |= slice_is(name, "vendor_json");
		jv_free(key);
	}
}

/* Whether a member is a column as a whole, or stored elsewhere, or not. */
static bool leaves_out(void *ctx, struct slice name)
{
	const struct found *f = ctx;
	const struct object_table *t = f->table;

	for (size_t i = 0; i < t->count; i++)
		if (t->columns[i].inner.n == 0 &&
		    slice_eq(t->columns[i].member, name))
			return true;
	return name_list_has(&t->elsewhere, name) ||
	       name_list_has(&f->declared->without, name);
}

const char *object_columns_write(const struct object_columns *o,
    const struct object_table *t, jv object, jv row, struct buf *b)
{
	struct found f = {.declared = o, .table = t};
	const char *wrong = NULL;

	find(&f, object);
	drop_given(&f, row);
	for (size_t i = 0; i < t->count; i++) {
		jv v = f.columns[i];

		if (!wrong && jv_is_valid(v) &&
		    jv_get_kind(v) != JV_KIND_NULL) {
			put_name(b, t->columns[i].column);
			wrong = jqvalue_write(b, v, false);
		}
		jv_free(v);
	}
	if (wrong || t->full.count == 0 || f.full < t->full.count ||
	    f.has_vendor_json)
		return wrong;
	put_name(b, SLICE("vendor_json"));
	return jqvalue_write_sorted(b, object, leaves_out, &f);
}

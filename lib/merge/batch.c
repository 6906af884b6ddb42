#include "merge/batch.h"

#include <stdlib.h>

#include "base/mem.h"
#include "merge/row.h"

#define KEY_MAX ((size_t)64 << 20)

void batch_init(struct batch *b)
{
	*b = (struct batch){
	    .key = BUF_INIT(KEY_MAX), .place = BUF_INIT(KEY_MAX)};
	b->errors_end = &b->errors;
	b->list_records_end = &b->list_records;
}

void batch_release(struct batch *b)
{
	arena_release(&b->arena);
	buf_release(&b->key);
	buf_release(&b->place);
	free(b->distinct);
	free(b->order);
	hash_release(&b->index);
	batch_init(b);
}

void batch_clear(struct batch *b)
{
	arena_clear(&b->arena);
	b->count = 0;
	b->rows = 0;
	b->errors = NULL;
	b->errors_end = &b->errors;
	b->list_records = NULL;
	b->list_records_end = &b->list_records;
	b->at_as_written = b->at = (struct slice){NULL, 0};
	b->src = NULL;
	b->sources = NULL;
	hash_clear(&b->index);
}

bool batch_is_empty(const struct batch *b)
{
	return b->count == 0 && !b->list_records && !b->errors;
}

size_t batch_size(const struct batch *b)
{
	return b->arena.used +
	       b->count * (sizeof(struct batch_row) + sizeof(struct sort_key));
}

/* Find the batch row with equal bytes, or NULL. */
static struct batch_row *find_entry(const struct batch *b, uint64_t hash,
    const struct table *t, const struct row_record *a)
{
	struct hash_walk w = hash_find(&b->index, hash);

	while (hash_next(&w)) {
		struct batch_row *e = &b->distinct[w.number];

		if (e->table == t && e->obs.removes == a->removes &&
		    slice_eq(e->object, a->object))
			return e;
	}
	return NULL;
}

/* Normalize a time; all rows of a capture have the same one. */
static bool intern_at(struct batch *b, struct slice text)
{
	if (b->at.p && slice_eq(text, b->at_as_written))
		return true;
	b->at_as_written = arena_copy(&b->arena, text);
	b->at.p = NULL;
	return row_time(b->at_as_written, &b->arena, &b->at);
}

/* Read the name of a capture; all its rows have the same one. */
static void intern_src(struct batch *b, struct slice src)
{
	struct batch_source *s;

	if (b->src ? src.p && slice_eq(src, b->src->text) : !src.p)
		return;
	b->src = NULL;
	if (!src.p)
		return;
	s = arena_room(&b->arena, sizeof(*s));
	s->name = source_name_read(arena_copy(&b->arena, src));
	s->next = b->sources;
	b->sources = s;
	b->src = &s->name;
}

/* Count an equal row; only its time and source may be new. */
static void repeat(struct batch *b, struct batch_row *e)
{
	int first, last;

	e->rows++;
	if (b->src == e->first_src && b->src == e->last_src &&
	    b->at.p == e->first_at.p && b->at.p == e->last_at.p)
		return;
	first = slice_cmp(b->at, e->first_at);
	last = slice_cmp(b->at, e->last_at);
	if (first < 0)
		e->first_at = b->at;
	if (first <= 0)
		e->first_src = first < 0
				   ? b->src
				   : source_name_first(e->first_src, b->src);
	if (last > 0)
		e->last_at = b->at;
	if (last >= 0)
		e->last_src =
		    last > 0 ? b->src : source_name_first(e->last_src, b->src);
}

static bool add_row(struct batch *b, struct batch_row *e,
    const struct row_record *a, struct buf *why)
{
	e->object = arena_copy(&b->arena, a->object);
	if (!row_read(e->table, e->object, a->user, &b->arena, &e->obs, why,
		&b->place))
		return false;
	if (why->n > 0 && a->is_unread)
		return false;
	if (why->n > 0) {
		e->faults = arena_copy(&b->arena, buf_slice(why));
		e->place = arena_copy(&b->arena, buf_slice(&b->place));
	}
	e->obs.removes = a->removes;
	e->first_at = e->last_at = b->at;
	e->first_src = e->last_src = b->src;
	e->rows = 1;
	buf_clear(&b->key);
	if (!row_key(e->table, &e->obs, &b->key)) {
		buf_puts(why, "its key is neither text nor whole numbers\n");
		return false;
	}
	e->key = arena_copy(&b->arena, buf_slice(&b->key));
	return true;
}

/* Add a list record; they are applied in the order of their coming. */
static bool add_list_record(
    struct batch *b, const struct row_record *a, struct buf *why)
{
	struct list_record *p = arena_room(&b->arena, sizeof(*p));
	struct slice object = arena_copy(&b->arena, a->object);

	*p = (struct list_record){
	    .kind = a->list_op, .at = b->at, .src = b->src};
	if (!list_record_read(p, object, &b->arena, why))
		return false;
	*b->list_records_end = p;
	b->list_records_end = &p->next;
	b->rows++;
	return true;
}

struct slice batch_place(const struct batch *b)
{
	return b->place.n ? buf_slice(&b->place) : (struct slice){NULL, 0};
}

bool batch_add(struct batch *b, struct table *t, const struct row_record *a,
    struct buf *why)
{
	struct batch_row *e;
	uint64_t hash;

	buf_clear(&b->place);
	if (!intern_at(b, a->at)) {
		buf_puts(
		    why, "'at' is not a time like 2026-11-22T06:40:00.123Z");
		return false;
	}
	intern_src(b, a->src);
	if (a->list_op != LIST_OP_NONE)
		return add_list_record(b, a, why);
	hash = hash_bytes(2 * t->index + a->removes, a->object);
	e = find_entry(b, hash, t, a);
	if (e && e->faults.n > 0 && a->is_unread)
		return false;
	if (e) {
		repeat(b, e);
		buf_put_slice(why, e->faults);
		buf_put_slice(&b->place, e->place);
	} else {
		b->distinct =
		    mem_grow(b->distinct, &b->room, b->count + 1, sizeof(*e));
		e = &b->distinct[b->count];
		*e = (struct batch_row){.table = t};
		if (!add_row(b, e, a, why))
			return false;
		hash_add(&b->index, hash, (uint32_t)b->count++);
	}
	b->added = (size_t)(e - b->distinct);
	b->rows++;
	return true;
}

const struct observation *batch_added(const struct batch *b)
{
	return &b->distinct[b->added].obs;
}

static void copy_slice(struct batch *b, struct slice *text)
{
	*text = arena_copy(&b->arena, *text);
}

void batch_add_error(struct batch *b, const struct dead_letter *r)
{
	struct pending_error *n = arena_room(&b->arena, sizeof(*n));
	struct dead_letter *copy;

	n->error = *r;
	copy = &n->error;
	copy_slice(b, &copy->run);
	copy_slice(b, &copy->stage);
	copy_slice(b, &copy->src);
	copy_slice(b, &copy->place);
	copy_slice(b, &copy->reason);
	copy_slice(b, &copy->record);
	copy_slice(b, &copy->seen_at);
	n->next = NULL;
	*b->errors_end = n;
	b->errors_end = &n->next;
}

static int cmp_sort_keys(const void *x, const void *y)
{
	const struct sort_key *a = x, *b = y;
	int c;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	c = slice_cmp(a->row->key, b->row->key);
	return c ? c : (a->row > b->row) - (a->row < b->row);
}

/* How many bytes all keys of a table have in common at their start. */
static size_t shared_prefix(const struct sort_key *o, size_t n)
{
	struct slice first = o[0].row->key;
	size_t shared = first.n;

	for (size_t i = 1; i < n && shared > 0; i++) {
		struct slice k = o[i].row->key;

		if (shared > k.n)
			shared = k.n;
		if (memcmp(first.p, k.p, shared) == 0)
			continue;
		for (size_t j = 0; j < shared; j++)
			if (first.p[j] != k.p[j])
				shared = j;
	}
	return shared;
}

/* Eight bytes of a key as a number that sorts as they do. */
static uint64_t prefix_of(struct slice key, size_t from)
{
	uint64_t v = 0;

	for (size_t i = from; i < from + 8; i++)
		v = v << 8 | (i < key.n ? (unsigned char)key.p[i] : 0);
	return v;
}

static void sort_table(struct sort_key *o, size_t n)
{
	size_t shared = shared_prefix(o, n);

	for (size_t i = 0; i < n; i++)
		o[i].prefix = prefix_of(o[i].row->key, shared);
	qsort(o, n, sizeof(*o), cmp_sort_keys);
}

const struct sort_key *batch_sort(struct batch *b)
{
	size_t done = 0;

	if (b->order_room < b->count) {
		b->order_room = b->room;
		b->order =
		    mem_resize(b->order, b->order_room, sizeof(*b->order));
	}
	for (unsigned t = 0; done < b->count; t++) {
		size_t from = done;

		for (size_t i = 0; i < b->count; i++)
			if (b->distinct[i].table->index == t)
				b->order[done++].row = &b->distinct[i];
		if (done > from)
			sort_table(b->order + from, done - from);
	}
	return b->order;
}

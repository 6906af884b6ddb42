#include "store/batch.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/row.h"

#define KEY_MAX ((size_t)64 << 20)

void batch_init(struct batch *b)
{
	*b = (struct batch){
	    .key = BUF_INIT(KEY_MAX), .place = BUF_INIT(KEY_MAX)};
	b->refusals_end = &b->refusals;
	b->parts_end = &b->parts;
}

void batch_release(struct batch *b)
{
	arena_release(&b->arena);
	buf_release(&b->key);
	buf_release(&b->place);
	free(b->entries);
	free(b->order);
	hash_release(&b->index);
	batch_init(b);
}

void batch_clear(struct batch *b)
{
	arena_clear(&b->arena);
	b->count = 0;
	b->rows = 0;
	b->refusals = NULL;
	b->refusals_end = &b->refusals;
	b->parts = NULL;
	b->parts_end = &b->parts;
	b->at_given = b->at = b->src = (struct slice){NULL, 0};
	hash_clear(&b->index);
}

bool batch_is_empty(const struct batch *b)
{
	return b->count == 0 && !b->parts && !b->refusals;
}

size_t batch_size(const struct batch *b)
{
	return b->arena.used +
	       b->count * (sizeof(struct entry) + sizeof(struct ordered));
}

/* The entry of the same row, or NULL. */
static struct entry *find_entry(const struct batch *b, uint64_t hash,
    const struct table *t, const struct arrival *a)
{
	struct hash_walk w = hash_find(&b->index, hash);

	while (hash_next(&w)) {
		struct entry *e = &b->entries[w.number];

		if (e->table == t && e->told.removes == a->removes &&
		    slice_eq(e->object, a->object))
			return e;
	}
	return NULL;
}

/* The time in its one form; the rows of a capture share theirs. */
static bool intern_at(struct batch *b, struct slice given)
{
	if (b->at.p && slice_eq(given, b->at_given))
		return true;
	b->at_given = arena_copy(&b->arena, given);
	b->at.p = NULL;
	return row_time(b->at_given, &b->arena, &b->at);
}

static void intern_src(struct batch *b, struct slice src)
{
	if (b->src.p != src.p && !(b->src.p && slice_eq(src, b->src)))
		b->src = arena_copy(&b->arena, src);
}

/* The same row again: only its time can say something new. */
static void repeat(struct batch *b, struct entry *e)
{
	e->rows++;
	if (slice_cmp(b->at, e->first_at) < 0)
		e->first_at = b->at;
	if (slice_cmp(b->at, e->last_at) > 0) {
		e->last_at = b->at;
		e->src = b->src;
	}
}

static bool add_entry(
    struct batch *b, struct entry *e, const struct arrival *a, struct buf *why)
{
	e->object = arena_copy(&b->arena, a->object);
	if (!row_read(e->table, e->object, a->user, &b->arena, &e->told, why,
		&b->place))
		return false;
	if (why->n > 0) {
		e->faults = arena_copy(&b->arena, buf_slice(why));
		e->place = arena_copy(&b->arena, buf_slice(&b->place));
	}
	e->told.removes = a->removes;
	e->first_at = e->last_at = b->at;
	e->src = b->src;
	e->rows = 1;
	buf_clear(&b->key);
	if (!row_key(e->table, &e->told, &b->key)) {
		buf_puts(why, "its key is neither text nor whole numbers\n");
		return false;
	}
	e->key = arena_copy(&b->arena, buf_slice(&b->key));
	return true;
}

/* A page or a check, which waits for its turn as it came. */
static bool add_part(struct batch *b, const struct arrival *a, struct buf *why)
{
	struct part *p = arena_room(&b->arena, sizeof(*p));
	struct slice object = arena_copy(&b->arena, a->object);

	*p = (struct part){.kind = a->part, .at = b->at, .src = b->src};
	if (!part_read(p, object, &b->arena, why))
		return false;
	*b->parts_end = p;
	b->parts_end = &p->next;
	b->rows++;
	return true;
}

struct slice batch_place(const struct batch *b)
{
	return b->place.n ? buf_slice(&b->place) : (struct slice){NULL, 0};
}

bool batch_add(
    struct batch *b, struct table *t, const struct arrival *a, struct buf *why)
{
	struct entry *e;
	uint64_t hash;

	buf_clear(&b->place);
	if (!intern_at(b, a->at)) {
		buf_puts(
		    why, "'at' is not a time like 2026-11-22T06:40:00.123Z");
		return false;
	}
	intern_src(b, a->src);
	if (a->part != PART_NONE)
		return add_part(b, a, why);
	hash = hash_bytes(2 * t->index + a->removes, a->object);
	e = find_entry(b, hash, t, a);
	if (e) {
		repeat(b, e);
		buf_put_slice(why, e->faults);
		buf_put_slice(&b->place, e->place);
	} else {
		b->entries =
		    mem_grow(b->entries, &b->room, b->count + 1, sizeof(*e));
		e = &b->entries[b->count];
		*e = (struct entry){.table = t};
		if (!add_entry(b, e, a, why))
			return false;
		hash_add(&b->index, hash, (uint32_t)b->count++);
	}
	b->rows++;
	return true;
}

static void keep(struct batch *b, struct slice *text)
{
	*text = arena_copy(&b->arena, *text);
}

void batch_refuse(struct batch *b, const struct store_refusal *r)
{
	struct noted *n = arena_room(&b->arena, sizeof(*n));
	struct store_refusal *kept;

	n->refusal = *r;
	kept = &n->refusal;
	keep(b, &kept->run);
	keep(b, &kept->stage);
	keep(b, &kept->src);
	keep(b, &kept->place);
	keep(b, &kept->reason);
	keep(b, &kept->record);
	keep(b, &kept->seen_at);
	n->next = NULL;
	*b->refusals_end = n;
	b->refusals_end = &n->next;
}

static int cmp_ordered(const void *x, const void *y)
{
	const struct ordered *a = x, *b = y;
	int c;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	c = slice_cmp(a->entry->key, b->entry->key);
	return c ? c : (a->entry > b->entry) - (a->entry < b->entry);
}

/* How many bytes all keys of a table begin with alike. */
static size_t shared_prefix(const struct ordered *o, size_t n)
{
	struct slice first = o[0].entry->key;
	size_t shared = first.n;

	for (size_t i = 1; i < n && shared > 0; i++) {
		struct slice k = o[i].entry->key;

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

static void sort_table(struct ordered *o, size_t n)
{
	size_t shared = shared_prefix(o, n);

	for (size_t i = 0; i < n; i++)
		o[i].prefix = prefix_of(o[i].entry->key, shared);
	qsort(o, n, sizeof(*o), cmp_ordered);
}

const struct ordered *batch_sort(struct batch *b)
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
			if (b->entries[i].table->index == t)
				b->order[done++].entry = &b->entries[i];
		if (done > from)
			sort_table(b->order + from, done - from);
	}
	return b->order;
}

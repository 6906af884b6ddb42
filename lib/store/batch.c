#include "store/batch.h"

#include <stdlib.h>

#include "store/row.h"

#define KEY_MAX ((size_t)64 << 20)
#define FIRST_ROOM ((size_t)1024)

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
	free(b->slots);
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
	if (b->slots)
		memset(b->slots, 0, b->slot_count * sizeof(*b->slots));
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

#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* Quick, and good enough for rows, which nobody makes up to collide. */
static uint64_t hash_bytes(uint64_t h, struct slice s)
{
	uint64_t w;

	h ^= s.n * MIX;
	for (; s.n >= 8; s = slice_from(s, 8)) {
		memcpy(&w, s.p, 8);
		h = (h ^ w) * MIX;
		h ^= h >> 32;
	}
	w = 0;
	if (s.n)
		memcpy(&w, s.p, s.n);
	h = (h ^ w) * MIX;
	return h ^ h >> 29;
}

#define HASH_HALF UINT64_C(0xffffffff00000000)

/* Where an entry is, or where it is to go. There is always a free slot. */
static uint64_t *find_slot(const struct batch *b, uint64_t hash,
    const struct table *t, const struct arrival *a)
{
	size_t mask = b->slot_count - 1, i = (size_t)hash & mask;

	for (; b->slots[i]; i = (i + 1) & mask) {
		const struct entry *e;

		if ((b->slots[i] ^ hash) & HASH_HALF)
			continue;
		e = &b->entries[(uint32_t)b->slots[i] - 1];
		if (e->table == t && e->told.removes == a->removes &&
		    slice_eq(e->object, a->object))
			break;
	}
	return &b->slots[i];
}

static uint64_t slot_of(uint64_t hash, size_t entry)
{
	return (hash & HASH_HALF) | (uint32_t)(entry + 1);
}

/* Twice as many slots, each entry in its new one. */
static bool grow_slots(struct batch *b)
{
	size_t n = b->slot_count ? b->slot_count * 2 : FIRST_ROOM * 2;
	uint64_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t e = 0; e < b->count; e++) {
		size_t i = (size_t)b->entries[e].hash & (n - 1);

		while (slots[i])
			i = (i + 1) & (n - 1);
		slots[i] = slot_of(b->entries[e].hash, e);
	}
	free(b->slots);
	b->slots = slots;
	b->slot_count = n;
	return true;
}

static bool grow(struct batch *b)
{
	struct entry *entries = NULL;
	size_t room;

	if (b->count < b->room)
		return true;
	room = b->room ? b->room * 2 : FIRST_ROOM;
	/* Half of the slots stay free. */
	if (room <= UINT32_MAX / 4 &&
	    (b->slot_count >= room * 2 || grow_slots(b)))
		entries = realloc(b->entries, room * sizeof(*entries));
	if (!entries) {
		b->arena.failed = true;
		return false;
	}
	b->entries = entries;
	b->room = room;
	return true;
}

/* The time in its one form; the rows of a capture share theirs. */
static bool intern_at(struct batch *b, struct slice given)
{
	if (b->at.p && slice_eq(given, b->at_given))
		return true;
	b->at_given = arena_copy(&b->arena, given);
	b->at.p = NULL;
	return b->at_given.p && row_time(b->at_given, &b->arena, &b->at);
}

static bool intern_src(struct batch *b, struct slice src)
{
	if (b->src.p == src.p || (b->src.p && slice_eq(src, b->src)))
		return true;
	b->src = arena_copy(&b->arena, src);
	return b->src.p || !src.p;
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
	if (!e->object.p) {
		buf_puts(why, "out of memory");
		return false;
	}
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
		b->arena.failed |= b->key.no_memory;
		buf_puts(why, "its key is neither text nor whole numbers\n");
		return false;
	}
	e->key = arena_copy(&b->arena, buf_slice(&b->key));
	return e->key.p != NULL;
}

/* A page or a check, which waits for its turn as it came. */
static bool add_part(struct batch *b, const struct arrival *a, struct buf *why)
{
	struct part *p = arena_room(&b->arena, sizeof(*p));
	struct slice object = arena_copy(&b->arena, a->object);

	if (!p || !object.p) {
		buf_puts(why, "out of memory");
		return false;
	}
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
	uint64_t hash, *slot;

	buf_clear(&b->place);
	if (!intern_at(b, a->at)) {
		buf_puts(
		    why, "'at' is not a time like 2026-11-22T06:40:00.123Z");
		return false;
	}
	if (!intern_src(b, a->src) || !grow(b)) {
		buf_puts(why, "out of memory");
		return false;
	}
	if (a->part != PART_NONE)
		return add_part(b, a, why);
	hash = hash_bytes(t->index + a->removes * MIX, a->object);
	slot = find_slot(b, hash, t, a);
	if (*slot) {
		e = &b->entries[(uint32_t)*slot - 1];
		repeat(b, e);
		buf_put_slice(why, e->faults);
		buf_put_slice(&b->place, e->place);
	} else {
		e = &b->entries[b->count];
		*e = (struct entry){.table = t, .hash = hash};
		if (!add_entry(b, e, a, why))
			return false;
		*slot = slot_of(hash, b->count++);
	}
	b->rows++;
	return true;
}

static bool keep(struct batch *b, struct slice *text)
{
	bool nothing = !text->p;

	*text = arena_copy(&b->arena, *text);
	return nothing || text->p;
}

bool batch_refuse(struct batch *b, const struct store_refusal *r)
{
	struct noted *n = arena_room(&b->arena, sizeof(*n));
	struct store_refusal *kept;

	if (!n)
		return false;
	n->refusal = *r;
	kept = &n->refusal;
	if (!keep(b, &kept->run) || !keep(b, &kept->stage) ||
	    !keep(b, &kept->src) || !keep(b, &kept->place) ||
	    !keep(b, &kept->reason) || !keep(b, &kept->record) ||
	    !keep(b, &kept->seen_at))
		return false;
	n->next = NULL;
	*b->refusals_end = n;
	b->refusals_end = &n->next;
	return true;
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
		struct ordered *order =
		    realloc(b->order, b->room * sizeof(*order));

		if (!order)
			return NULL;
		b->order = order;
		b->order_room = b->room;
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

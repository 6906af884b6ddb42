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
	free(b->indexed);
	for (size_t i = 0; i < b->table_count; i++)
		free(b->tables[i].rows);
	free(b->tables);
	hash_release(&b->index);
	batch_init(b);
}

void batch_clear(struct batch *b)
{
	arena_clear(&b->arena);
	b->count = 0;
	b->rows = 0;
	for (size_t i = 0; i < b->table_count; i++)
		b->tables[i].count = b->tables[i].stale = b->tables[i].asked =
		    b->tables[i].found = 0;
	b->errors = NULL;
	b->errors_end = &b->errors;
	b->list_records = NULL;
	b->list_records_end = &b->list_records;
	b->origins = NULL;
	b->origin = NULL;
	b->added = NULL;
	hash_clear(&b->index);
}

bool batch_is_empty(const struct batch *b)
{
	return b->count == 0 && !b->list_records && !b->errors;
}

size_t batch_size(const struct batch *b)
{
	return b->arena.used + b->index.count * sizeof(*b->indexed) +
	       b->count * sizeof(struct sort_key);
}

static bool is_equal(const struct batch_row *e, const struct table *t,
    const struct row_record *a)
{
	return e->table == t && e->obs.removes == a->removes &&
	       slice_eq(e->object, a->object);
}

/* The rows of a table. */
static struct batch_table *rows_of(struct batch *b, struct table *t)
{
	size_t count = t->index + 1;

	if (count > b->table_count) {
		b->tables = mem_resize(b->tables, count, sizeof(*b->tables));
		memset(b->tables + b->table_count, 0,
		    (count - b->table_count) * sizeof(*b->tables));
		b->table_count = count;
	}
	b->tables[t->index].table = t;
	return &b->tables[t->index];
}

/* Whether it is worth to look for equal rows. */
static bool has_repeats(const struct batch_table *t)
{
	return t->asked < 1024 || t->found > t->asked / 16;
}

/*
 * Find the batch row with equal bytes, or NULL. What came after a row before
 * mostly comes after it again.
 */
static struct batch_row *find_row(const struct batch *b,
    const struct batch_table *t, const struct row_record *a, uint64_t *hash)
{
	struct batch_row *e = b->added ? b->added->next : NULL;
	struct hash_walk w;

	if (e && is_equal(e, t->table, a))
		return e;
	*hash = hash_bytes(2 * t->table->index + a->removes, a->object);
	w = hash_find(&b->index, *hash);
	while (hash_next(&w))
		if (is_equal(b->indexed[w.number], t->table, a))
			return b->indexed[w.number];
	return NULL;
}

/* Find out where a row comes from; all rows of a capture come from there. */
static bool set_origin(struct batch *b, struct slice at, struct slice src)
{
	const struct batch_origin *last = b->origin;
	bool same_at = last && slice_eq(at, b->at_as_written);
	struct batch_origin *o;

	if (same_at && slice_eq(src, last->src.text))
		return true;
	o = arena_room(&b->arena, sizeof(*o));
	*o = (struct batch_origin){.next = b->origins};
	if (same_at) {
		o->at = last->at;
	} else {
		b->origin = NULL;
		b->at_as_written = arena_copy(&b->arena, at);
		if (!row_time(b->at_as_written, &b->arena, &o->at))
			return false;
	}
	if (src.p)
		o->src = source_name_read(arena_copy(&b->arena, src));
	b->origins = o;
	b->origin = o;
	return true;
}

static bool comes_first(
    const struct batch_origin *a, const struct batch_origin *b)
{
	return a != b && source_name_first(&b->src, &a->src) == &a->src;
}

/* Count an equal row; only its origin may be new. */
static void repeat(const struct batch_origin *o, struct batch_row *e)
{
	int first, last;

	e->rows++;
	if (o == e->first && o == e->last)
		return;
	first = slice_cmp(o->at, e->first->at);
	last = slice_cmp(o->at, e->last->at);
	if (first < 0 || (first == 0 && comes_first(o, e->first)))
		e->first = o;
	if (last > 0 || (last == 0 && comes_first(o, e->last)))
		e->last = o;
}

/* Read a row, and copy it behind `e`. */
static bool read_row(struct batch *b, struct batch_row *e,
    const struct row_record *a, struct buf *why)
{
	struct batch_faults *faults;

	e->object = arena_copy(&b->arena, a->object);
	if (!row_read(e->table, e->object, a->user, &b->arena, &e->obs, why,
		&b->place))
		return false;
	e->obs.removes = a->removes;
	if (!row_key(e->table, &e->obs, &b->key, &e->key)) {
		buf_puts(why, "its key is neither text nor whole numbers\n");
		return false;
	}
	if (e->key.p == b->key.p)
		e->key = arena_copy(&b->arena, e->key);
	if (why->n == 0)
		return true;
	if (a->is_unread)
		return false;
	faults = arena_room(&b->arena, sizeof(*faults));
	faults->reasons = arena_copy(&b->arena, buf_slice(why));
	faults->place = arena_copy(&b->arena, buf_slice(&b->place));
	e->faults = faults;
	return true;
}

/* With how many equal bytes two keys begin, up to a number that both have. */
static size_t count_shared(struct slice a, struct slice b, size_t max)
{
	size_t n = 0;

	if (max > b.n)
		max = b.n;
	if (memcmp(a.p, b.p, max) == 0)
		return max;
	while (a.p[n] == b.p[n])
		n++;
	return n;
}

/* Have the next equal row find this one. */
static void index_row(struct batch *b, struct batch_row *e, uint64_t hash)
{
	size_t n = b->index.count;

	b->indexed = mem_grow(b->indexed, &b->room, n + 1, sizeof(*b->indexed));
	b->indexed[n] = e;
	hash_add(&b->index, hash, (uint32_t)n);
}

/* Eight bytes of a key as a number that sorts as they do. */
static uint64_t prefix_of(struct slice key, size_t from)
{
	uint64_t v = 0;

	for (size_t i = from; i < from + 8; i++)
		v = v << 8 | (i < key.n ? (unsigned char)key.p[i] : 0);
	return v;
}

static void set_prefix(struct sort_key *k, size_t from)
{
	k->prefix[0] = prefix_of(k->row->key, from);
	k->prefix[1] = prefix_of(k->row->key, from + 8);
}

/* Add a row to those that are sorted. Here its key is still in a cache. */
static void sort_in(struct batch_table *t, const struct batch_row *e)
{
	size_t shared = e->key.n;

	t->rows = mem_grow(t->rows, &t->room, t->count + 1, sizeof(*t->rows));
	if (t->count > 0)
		shared = count_shared(t->rows[0].row->key, e->key, t->shared);
	if (shared != t->shared)
		t->stale = t->count;
	t->shared = shared;
	t->rows[t->count].row = e;
	set_prefix(&t->rows[t->count++], shared);
}

/* Add a row that is like no other. */
static struct batch_row *add_row(struct batch *b, struct batch_table *t,
    const struct row_record *a, struct buf *why)
{
	struct batch_row *e = arena_room(&b->arena, sizeof(*e));

	*e = (struct batch_row){.table = t->table,
	    .first = b->origin,
	    .last = b->origin,
	    .rows = 1};
	if (!read_row(b, e, a, why))
		return NULL;
	sort_in(t, e);
	b->count++;
	return e;
}

/* Add a list record; they are applied in the order of their coming. */
static bool add_list_record(
    struct batch *b, const struct row_record *a, struct buf *why)
{
	struct list_record *p = arena_room(&b->arena, sizeof(*p));
	struct slice object = arena_copy(&b->arena, a->object);

	*p = (struct list_record){.kind = a->list_op, .at = b->origin->at};
	if (b->origin->src.text.p)
		p->src = &b->origin->src;
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

/* Add a row, or count it if it is equal to one. NULL as batch_add's false. */
static struct batch_row *add_or_repeat(struct batch *b, struct batch_table *t,
    const struct row_record *a, struct buf *why)
{
	bool look = has_repeats(t);
	uint64_t hash = 0;
	struct batch_row *e = look ? find_row(b, t, a, &hash) : NULL;

	t->asked++;
	t->found += e != NULL;
	if (!e) {
		e = add_row(b, t, a, why);
		if (e && look)
			index_row(b, e, hash);
		return e;
	}
	if (e->faults && a->is_unread)
		return NULL;
	if (e->faults) {
		buf_put_slice(why, e->faults->reasons);
		buf_put_slice(&b->place, e->faults->place);
	}
	repeat(b->origin, e);
	return e;
}

bool batch_add(struct batch *b, struct table *t, const struct row_record *a,
    struct buf *why)
{
	struct batch_row *e;

	buf_clear(&b->place);
	if (!set_origin(b, a->at, a->src)) {
		buf_puts(
		    why, "'at' is not a time like 2026-11-22T06:40:00.123Z");
		return false;
	}
	if (a->list_op != LIST_OP_NONE)
		return add_list_record(b, a, why);
	e = add_or_repeat(b, rows_of(b, t), a, why);
	if (!e)
		return false;
	if (b->added)
		b->added->next = e;
	if (e->next)
		batch_fetch(e->next);
	b->added = e;
	b->rows++;
	return true;
}

const struct observation *batch_added(const struct batch *b)
{
	return &b->added->obs;
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

static bool is_before(const struct sort_key *a, const struct sort_key *b)
{
	for (int i = 0; i < 2; i++)
		if (a->prefix[i] != b->prefix[i])
			return a->prefix[i] < b->prefix[i];
	return slice_cmp(a->row->key, b->row->key) < 0;
}

/* Merge sort: equal keys stay in the order of their coming. */
static void sort(struct sort_key *rows, size_t n, struct sort_key *half)
{
	size_t middle = n / 2, i = 0, j = middle;

	if (n < 2)
		return;
	sort(rows, middle, half);
	sort(rows + middle, n - middle, half);
	if (!is_before(&rows[middle], &rows[middle - 1]))
		return;
	memcpy(half, rows, middle * sizeof(*half));
	for (size_t to = 0; i < middle; to++)
		rows[to] = j < n && is_before(&rows[j], &half[i]) ? rows[j++]
								  : half[i++];
}

void batch_sort(struct batch_table *t)
{
	struct sort_key *half = mem_alloc(t->count / 2 * sizeof(*half));

	for (size_t i = 0; i < t->stale; i++)
		set_prefix(&t->rows[i], t->shared);
	t->stale = 0;
	sort(t->rows, t->count, half);
	free(half);
}

#include "map/memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CAP_FIRST ((size_t)1024)

void memo_init(struct memo *m, size_t max)
{
	memset(m, 0, sizeof(*m));
	m->half[0].bytes.max = m->half[1].bytes.max = max / 2;
}

static void half_release(struct memo_half *h)
{
	free(h->table);
	h->table = NULL;
	h->cap = h->count = 0;
	buf_release(&h->bytes);
}

void memo_release(struct memo *m)
{
	half_release(&m->half[0]);
	half_release(&m->half[1]);
}

static struct memo_entry *lookup(
    struct memo_half *h, const struct memo_key *key)
{
	size_t i = key->hash & (h->cap - 1);

	if (h->cap == 0)
		return NULL;
	for (; h->table[i].used; i = (i + 1) & (h->cap - 1)) {
		struct memo_entry *e = &h->table[i];

		if (e->hash == key->hash && e->mapping == key->mapping &&
		    e->unit_len == key->unit.n &&
		    memcmp(h->bytes.p + e->unit, key->unit.p, key->unit.n) == 0)
			return e;
	}
	return NULL;
}

static void insert(struct memo_half *h, const struct memo_entry *e)
{
	size_t i = e->hash & (h->cap - 1);

	while (h->table[i].used)
		i = (i + 1) & (h->cap - 1);
	h->table[i] = *e;
}

static void grow(struct memo_half *h)
{
	size_t cap = h->cap ? h->cap * 2 : CAP_FIRST;
	struct memo_half old = *h;

	h->table = mem_zero(cap, sizeof(*h->table));
	h->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (old.table[i].used)
			insert(h, &old.table[i]);
	free(old.table);
}

void memo_put(
    struct memo *m, const struct memo_key *key, uint32_t now, struct slice rows)
{
	struct memo_half *h = &m->half[0];
	struct slice unit = key->unit;
	struct memo_entry e = {.mapping = key->mapping,
	    .hash = key->hash,
	    .unit_len = (uint32_t)unit.n,
	    .rows_len = (uint32_t)rows.n,
	    .turn = now,
	    .used = true};

	if (unit.n + rows.n > h->bytes.max / 8)
		return;
	if (h->bytes.max - h->bytes.n < unit.n + rows.n) {
		struct memo_half old = m->half[1];

		m->half[1] = m->half[0];
		m->half[0] = old;
		buf_clear(&h->bytes);
		if (h->cap)
			memset(h->table, 0, h->cap * sizeof(*h->table));
		h->count = 0;
	}
	if (h->count >= h->cap / 2)
		grow(h);
	e.unit = h->bytes.n;
	buf_put_slice(&h->bytes, unit);
	buf_put_slice(&h->bytes, rows);
	insert(h, &e);
	h->count++;
}

bool memo_find(struct memo *m, const struct memo_key *key, uint32_t now,
    struct slice *rows, uint32_t *turn)
{
	for (int i = 0; i < 2; i++) {
		struct memo_half *h = &m->half[i];
		struct memo_entry *e = lookup(h, key);

		if (!e)
			continue;
		*rows = (struct slice){
		    h->bytes.p + e->unit + e->unit_len, e->rows_len};
		*turn = e->turn;
		e->turn = now;
		return true;
	}
	return false;
}

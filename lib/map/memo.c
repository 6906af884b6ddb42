#include "map/memo.h"

#include <string.h>

/* Before each unit and its rows, unaligned. */
struct head {
	const void *mapping;
	uint32_t unit_len;
	uint32_t rows_len;   /* the rows follow the unit, a line each */
	uint32_t generation; /* the caller's, of its last use */
};

void memo_init(struct memo *m, size_t max)
{
	memset(m, 0, sizeof(*m));
	m->half[0].bytes.max = m->half[1].bytes.max = max / 2;
}

void memo_release(struct memo *m)
{
	for (int i = 0; i < 2; i++) {
		hash_release(&m->half[i].table);
		buf_release(&m->half[i].bytes);
	}
}

/* Where the entry of a key begins, and its head; NULL if there is none. */
static char *look_up(
    struct memo_half *h, const struct memo_key *key, struct head *head)
{
	struct hash_walk w = hash_find(&h->table, key->hash);

	while (hash_next(&w)) {
		char *p = h->bytes.p + w.number;

		memcpy(head, p, sizeof(*head));
		if (head->mapping == key->mapping &&
		    head->unit_len == key->unit.n &&
		    memcmp(p + sizeof(*head), key->unit.p, key->unit.n) == 0)
			return p;
	}
	return NULL;
}

void memo_put(
    struct memo *m, const struct memo_key *key, uint32_t now, struct slice rows)
{
	struct memo_half *h = &m->half[0];
	struct head head = {.mapping = key->mapping,
	    .unit_len = (uint32_t)key->unit.n,
	    .rows_len = (uint32_t)rows.n,
	    .generation = now};
	size_t size = sizeof(head) + key->unit.n + rows.n;

	if (size > h->bytes.max / 8)
		return;
	if (h->bytes.max - h->bytes.n < size) {
		struct memo_half old = m->half[1];

		m->half[1] = m->half[0];
		m->half[0] = old;
		buf_clear(&h->bytes);
		hash_clear(&h->table);
	}
	hash_add(&h->table, key->hash, (uint32_t)h->bytes.n);
	buf_put(&h->bytes, &head, sizeof(head));
	buf_put_slice(&h->bytes, key->unit);
	buf_put_slice(&h->bytes, rows);
}

bool memo_find(struct memo *m, const struct memo_key *key, uint32_t now,
    struct slice *rows, uint32_t *generation)
{
	for (int i = 0; i < 2; i++) {
		struct head head;
		char *p = look_up(&m->half[i], key, &head);

		if (!p)
			continue;
		*generation = head.generation;
		head.generation = now;
		memcpy(p, &head, sizeof(head));
		p += sizeof(head) + head.unit_len;
		*rows = (struct slice){p, head.rows_len};
		return true;
	}
	return false;
}

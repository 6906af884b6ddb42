#include "map/unit_cache.h"

#include <string.h>

/* Before each unit and its rows, unaligned. */
struct head {
	const void *mapping;
	uint32_t unit_len;
	uint32_t rows_len; /* the rows follow the unit */
	uint32_t capture;  /* that had the unit last */
};

void unit_cache_init(struct unit_cache *c, size_t max)
{
	*c = (struct unit_cache){.capture = 0};
	c->half[0].bytes.max = c->half[1].bytes.max = max / 2;
}

/* Where the entry of a unit begins, and its head; NULL if there is none. */
static char *look_up(struct unit_cache_half *h, const void *mapping,
    struct slice unit, uint64_t hash, struct head *head)
{
	struct hash_walk w = hash_find(&h->table, hash);

	while (hash_next(&w)) {
		char *p = h->bytes.p + w.number;

		memcpy(head, p, sizeof(*head));
		if (head->mapping == mapping && head->unit_len == unit.n &&
		    memcmp(p + sizeof(*head), unit.p, unit.n) == 0)
			return p;
	}
	return NULL;
}

void unit_cache_put(struct unit_cache *c, const void *mapping,
    struct slice unit, struct slice rows)
{
	struct unit_cache_half *h = &c->half[0];
	struct head head = {.mapping = mapping,
	    .unit_len = (uint32_t)unit.n,
	    .rows_len = (uint32_t)rows.n,
	    .capture = c->capture};
	size_t size = sizeof(head) + unit.n + rows.n;

	if (size > h->bytes.max / 8)
		return;
	if (h->bytes.max - h->bytes.n < size) {
		struct unit_cache_half old = c->half[1];

		c->half[1] = c->half[0];
		c->half[0] = old;
		buf_clear(&h->bytes);
		hash_clear(&h->table);
	}
	hash_add(&h->table, hash_bytes(0, unit), (uint32_t)h->bytes.n);
	buf_put(&h->bytes, &head, sizeof(head));
	buf_put_slice(&h->bytes, unit);
	buf_put_slice(&h->bytes, rows);
}

bool unit_cache_find(struct unit_cache *c, const void *mapping,
    struct slice unit, struct slice *rows, bool *again)
{
	uint64_t hash = hash_bytes(0, unit);

	for (int i = 0; i < 2; i++) {
		struct head head;
		char *p = look_up(&c->half[i], mapping, unit, hash, &head);

		if (!p)
			continue;
		*again = head.capture == c->capture;
		head.capture = c->capture;
		memcpy(p, &head, sizeof(head));
		p += sizeof(head) + head.unit_len;
		*rows = (struct slice){p, head.rows_len};
		return true;
	}
	return false;
}

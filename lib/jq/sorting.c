#include "jq/sorting.h"

/* Merge sort: of halves, one after the other. */
static void sort(
    struct heap *h, struct sortable *a, struct sortable *room, uint32_t n)
{
	uint32_t half = n / 2, left = 0, right = half, at = 0;

	if (n < 2)
		return;
	sort(h, a, room, half);
	sort(h, a + half, room, n - half);
	heap_tick(h);
	if (jq_compare(h, a[half - 1].key, a[half].key) <= 0)
		return;
	memcpy(room, a, half * sizeof(*a));
	while (left < half && right < n)
		a[at++] = jq_compare(h, room[left].key, a[right].key) <= 0
			      ? room[left++]
			      : a[right++];
	memcpy(a + at, room + left, (half - left) * sizeof(*a));
}

void sort_stable(struct heap *h, struct sortable *a, uint32_t n)
{
	sort(h, a, heap_alloc(h, n * sizeof(*a)), n);
}

struct jq_value sorted(struct machine *m, struct jq_value array)
{
	struct sortable *a = heap_alloc(m->heap, array.n * sizeof(*a));
	struct jq_value to = jq_array(m->heap, array.n);

	for (uint32_t i = 0; i < array.n; i++)
		a[i].key = a[i].value = array.array->items[i];
	sort_stable(m->heap, a, array.n);
	for (uint32_t i = 0; i < array.n; i++)
		to = jq_array_append(m->heap, to, a[i].value);
	return to;
}

#include "match/spans.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

#define NEAR CLOCK_DAY
#define TIDY_AT 1024 /* spans; the list is tidied when it has so many */

/* Extend a span by one of the same user; false if it is not near. */
static bool extend(struct span *s, const struct span *by)
{
	if (s->user != by->user || by->from > s->to + NEAR ||
	    by->to < s->from - NEAR)
		return false;
	if (by->from < s->from)
		s->from = by->from;
	if (by->to > s->to)
		s->to = by->to;
	return true;
}

void spans_add(struct spans *s, struct slice user, int64_t from, int64_t to)
{
	struct span *last = s->count ? &s->list[s->count - 1] : NULL;
	struct span span = {.from = from, .to = to};
	bool is_new;

	if (last && slice_eq(s->users.texts[last->user], user))
		span.user = last->user;
	else
		span.user = intern(&s->users, user, &is_new);
	if (last && extend(last, &span))
		return;
	s->list = mem_grow(s->list, &s->room, s->count + 1, sizeof(*s->list));
	s->list[s->count++] = span;
	if (s->count < TIDY_AT || s->count < s->tidy_at)
		return;
	spans_tidy(s);
	s->tidy_at = 2 * s->count;
}

static int compare(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

void spans_tidy(struct spans *s)
{
	size_t n = 0;

	if (s->count == 0)
		return;
	qsort(s->list, s->count, sizeof(*s->list), compare);
	for (size_t i = 1; i < s->count; i++)
		if (!extend(&s->list[n], &s->list[i]))
			s->list[++n] = s->list[i];
	s->count = n + 1;
}

bool spans_meet(const struct span *list, size_t count, int64_t from, int64_t to)
{
	size_t low = 0, high = count;

	/* The first that does not end before. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].to < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && list[low].from <= to;
}

void spans_clear(struct spans *s)
{
	intern_clear(&s->users);
	s->count = s->tidy_at = 0;
}

void spans_release(struct spans *s)
{
	intern_release(&s->users);
	free(s->list);
	*s = (struct spans){.count = 0};
}

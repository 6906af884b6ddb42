#include "http/limits.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/clock.h"

void limits_set(struct limits *l, size_t bucket, bool account,
    const struct trouble *trouble)
{
	struct trouble *t = account ? &l->account : &l->of[bucket];

	/* The later deadline holds. */
	if (!t->exit || trouble->until > t->until)
		*t = *trouble;
}

/* What a bucket is limited by, or was. */
static const struct trouble *limit_of(const struct limits *l, size_t bucket)
{
	const struct trouble *own = &l->of[bucket], *all = &l->account;

	if (all->exit && (!own->exit || all->until >= own->until))
		return all;
	return own->exit ? own : NULL;
}

const struct trouble *limits_at(
    const struct limits *l, size_t bucket, int64_t now)
{
	const struct trouble *t = limit_of(l, bucket);

	return t && (!t->until || t->until > now) ? t : NULL;
}

void limits_forget(struct limits *l, int64_t now)
{
	for (size_t i = 0; i <= BUCKETS; i++) {
		struct trouble *t = i < BUCKETS ? &l->of[i] : &l->account;

		if (t->until && t->until <= now)
			*t = (struct trouble){.exit = 0};
	}
}

/* Append `name until 2026-…`. */
static void put_limit(
    struct buf *b, const char *name, const struct trouble *trouble)
{
	char until[CLOCK_TEXT];

	buf_printf(b, "%s%s", b->n ? ", " : "", name);
	if (trouble->until && clock_format(trouble->until, until))
		buf_printf(b, " until %s", until);
}

void limits_sum(const struct limits *l, unsigned set, struct trouble *sum)
{
	struct buf names = BUF_INIT(sizeof(sum->why));
	const char *text;
	int64_t until = 0;

	if (l->account.exit)
		put_limit(&names, "the whole developer account", &l->account);
	for (size_t i = 0; i < BUCKETS; i++) {
		const struct trouble *t = limit_of(l, i);

		if (!t || !(set & LIMITS_BIT(i)))
			continue;
		if (t != &l->account)
			put_limit(&names, buckets[i].name, t);
		if (t->until && (!until || t->until < until))
			until = t->until;
	}
	text = buf_cstr(&names);
	trouble_set(sum, EX_TEMPFAIL, "rate limited: %s", text ? text : "all");
	sum->until = until;
	buf_release(&names);
}

#include "api/limits.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/clock.h"

void limits_set(
    struct limits *l, size_t bucket, bool account, const struct error *error)
{
	struct error *e = account ? &l->account : &l->of[bucket];

	/* The later deadline counts. */
	if (!e->exit || error->until > e->until)
		*e = *error;
}

/* The limit of a bucket, in force or not; NULL for none. */
static const struct error *limit_of(const struct limits *l, size_t bucket)
{
	const struct error *own = &l->of[bucket], *all = &l->account;

	if (all->exit && (!own->exit || all->until >= own->until))
		return all;
	return own->exit ? own : NULL;
}

const struct error *limits_at(
    const struct limits *l, size_t bucket, int64_t now)
{
	const struct error *e = limit_of(l, bucket);

	return e && (!e->until || e->until > now) ? e : NULL;
}

void limits_expire(struct limits *l, int64_t now)
{
	for (size_t i = 0; i <= BUCKETS; i++) {
		struct error *e = i < BUCKETS ? &l->of[i] : &l->account;

		if (e->until && e->until <= now)
			*e = (struct error){.exit = 0};
	}
}

/* Append `name until 2026-…`. */
static void put_limit(
    struct buf *b, const char *name, const struct error *error)
{
	char until[CLOCK_TEXT];

	buf_printf(b, "%s%s", b->n ? ", " : "", name);
	if (error->until && clock_format(error->until, until))
		buf_printf(b, " until %s", until);
}

void limits_summarize(const struct limits *l, unsigned set, struct error *sum)
{
	struct buf names = BUF_INIT(sizeof(sum->why));
	const char *text;
	int64_t until = 0;

	if (l->account.exit)
		put_limit(&names, "the whole developer account", &l->account);
	for (size_t i = 0; i < BUCKETS; i++) {
		const struct error *e = limit_of(l, i);

		if (!e || !(set & LIMITS_BIT(i)))
			continue;
		if (e != &l->account)
			put_limit(&names, bucket_name((enum bucket)i), e);
		if (e->until && (!until || e->until < until))
			until = e->until;
	}
	text = buf_cstr(&names);
	error_set(sum, EX_TEMPFAIL, "rate limited: %s", text ? text : "all");
	sum->until = until;
	buf_release(&names);
}

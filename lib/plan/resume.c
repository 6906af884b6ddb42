#include "plan/resume.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/statements.h"

static void add(struct checkpoints *c, struct query *q)
{
	c->all = mem_resize(c->all, c->count + 1, sizeof(*c->all));
	c->all[c->count++] =
	    (struct checkpoint){.list = mem_string(query_string(q, 0)),
		.page = query_int(q, 1),
		.url = mem_string(query_string(q, 2)),
		.next_known = query_int(q, 3),
		.next = query_is_null(q, 4) ? NULL
					    : mem_string(query_string(q, 4))};
}

int checkpoints_read(struct checkpoints *c, sqlite3 *db, struct slice user,
    const char *job, int64_t now)
{
	struct query q;

	*c = (struct checkpoints){.all = NULL};
	query_prepare(&q, db, &sql_resumable_chains);
	query_bind_text(&q, ":user", user);
	query_bind_text(&q, ":job", slice_of(job));
	query_bind_time(&q, ":now", now);
	query_bind_time(&q, ":since", now - CHECKPOINT_AGE_MAX);
	while (query_step(&q))
		add(c, &q);
	return query_finish(&q);
}

void checkpoints_release(struct checkpoints *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->all[i].url);
		free(c->all[i].list);
		free(c->all[i].next);
	}
	free(c->all);
	*c = (struct checkpoints){.all = NULL};
}

/* Whether a page is of the chain: at its path, or of the items below it. */
static bool is_page_of(const char *page, const char *url)
{
	size_t n = strcspn(url, "?");
	struct slice rest;

	if (strcspn(page, "?") < n || strncmp(page, url, n) != 0)
		return false;
	rest = (struct slice){page + n, strcspn(page + n, "?")};
	return rest.n == 0 || slice_is(rest, "/items") ||
	       slice_is(rest, "/tracks");
}

const struct checkpoint *checkpoints_find(
    const struct checkpoints *c, const char *url)
{
	for (size_t i = 0; i < c->count; i++)
		if (is_page_of(c->all[i].url, url))
			return &c->all[i];
	return NULL;
}

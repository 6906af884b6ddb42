#include "plan/resume.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/statements.h"
#include "plan/plan.h"

static void add(struct checkpoints *checkpoints, struct query *q)
{
	bool more = sqlite3_column_type(q->stmt, 4) == SQLITE_TEXT;
	struct checkpoint *checkpoint;

	checkpoints->all = mem_resize(checkpoints->all, checkpoints->count + 1,
	    sizeof(*checkpoints->all));
	checkpoint = &checkpoints->all[checkpoints->count++];
	*checkpoint =
	    (struct checkpoint){.list = mem_string(query_string(q, 0)),
		.page = query_int(q, 1),
		.url = mem_string(query_string(q, 2)),
		.next = more ? mem_string(query_string(q, 4)) : NULL,
		.next_known = !query_is_null(q, 3)};
	clock_parse(query_text(q, 5), &checkpoint->at);
}

int checkpoints_read(
    struct checkpoints *checkpoints, struct plan *p, const char *job)
{
	struct query q;

	*checkpoints = (struct checkpoints){.all = NULL};
	plan_query(p, &q, &sql_resumable_chains, CHECKPOINT_AGE_MAX);
	query_bind_text(&q, ":job", slice_of(job));
	while (query_step(&q))
		add(checkpoints, &q);
	return query_finish(&q);
}

void checkpoints_release(struct checkpoints *checkpoints)
{
	for (size_t i = 0; i < checkpoints->count; i++) {
		free(checkpoints->all[i].url);
		free(checkpoints->all[i].list);
		free(checkpoints->all[i].next);
	}
	free(checkpoints->all);
	*checkpoints = (struct checkpoints){.all = NULL};
}

/* Whether a page is of the chain: at its path, or a list's below it. */
static bool is_page_of(const char *page, const char *url)
{
	size_t n = strcspn(url, "?"), rest = strcspn(page, "?");

	if (rest < n || strncmp(page, url, n) != 0)
		return false;
	page += n;
	rest -= n;
	return rest == 0 || (rest == 6 && !strncmp(page, "/items", 6)) ||
	       (rest == 7 && !strncmp(page, "/tracks", 7));
}

const struct checkpoint *checkpoints_find(
    const struct checkpoints *checkpoints, const char *url)
{
	for (size_t i = 0; i < checkpoints->count; i++)
		if (is_page_of(checkpoints->all[i].url, url))
			return &checkpoints->all[i];
	return NULL;
}

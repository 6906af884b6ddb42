#include "db/statements.h"
#include "plan/plan.h"

static int request_users(struct plan *p)
{
	const struct plan_options *o = p->options;
	struct buf url = BUF_INIT(4096);
	struct query q;

	plan_query(
	    p, &q, o->force ? &sql_all_users : &sql_due_users, o->profile_age);
	while (query_step(&q)) {
		if (query_is_null(&q, 0))
			continue;
		buf_clear(&url);
		plan_put_path(&url, "user", query_text(&q, 0));
		plan_send(p, &(struct plan_request){
				 .endpoint = "user", .url = buf_cstr(&url)});
	}
	buf_release(&url);
	return query_finish(&q);
}

/* Ask for what has no id, with a query, unless it came already. */
static void ask_rest(
    struct plan *p, const char *endpoint, const char *query, int64_t pages)
{
	struct plan_request r = {.endpoint = endpoint, .pages = pages};
	struct buf url = BUF_INIT(256);

	plan_put_path(&url, endpoint, (struct slice){NULL, 0});
	buf_puts(&url, query);
	r.url = buf_cstr(&url);
	plan_send_rest(p, &r);
	buf_release(&url);
}

static int request_artists(struct plan *p)
{
	int64_t artists;
	int rc = plan_count(p, &sql_count_followed_artists, &artists);

	if (rc == SQLITE_OK)
		ask_rest(p, "followed-artists", "?type=artist&limit=50",
		    plan_pages(artists, 50));
	return rc;
}

int plan_profile(struct plan *p)
{
	bool users = !plan_is_limited(p, "user");
	int rc = SQLITE_OK;

	if (users)
		ask_rest(p, "me", "", 1);
	if (!plan_is_limited(p, "followed-artists"))
		rc = request_artists(p);
	return rc == SQLITE_OK && users ? request_users(p) : rc;
}

#include "base/clock.h"
#include "db/statements.h"
#include "plan/plan.h"

static void request_users(struct plan *p)
{
	const struct plan_options *o = p->options;
	struct query q;

	plan_query(
	    p, &q, o->force ? &sql_all_users : &sql_due_users, o->profile_age);
	while (plan_step(p, &q))
		plan_send(p, &(struct plan_request){
				 .endpoint = "user", .id = query_text(&q, 0)});
}

static void request_artists(struct plan *p)
{
	int64_t artists = plan_count(p, &sql_count_followed_artists, 0);

	plan_send_rest(p, &(struct plan_request){.endpoint = "followed-artists",
			      .query = "?type=artist&limit=50",
			      .pages = plan_pages(artists, 50)});
}

static void plan_profile(struct plan *p)
{
	bool users = !plan_is_limited(p, "user");

	if (users)
		plan_send_rest(p, &(struct plan_request){.endpoint = "me"});
	if (!plan_is_limited(p, "followed-artists"))
		request_artists(p);
	if (users)
		request_users(p);
}

const struct job job_profile = {.name = "profile",
    .purpose = "your profile, followed artists, owners of playlists",
    .interval = 30 * CLOCK_DAY,
    .plan = plan_profile};

#include "plan/plan.h"
#include "store/db.h"

/*
 * Users met as owners and adders that were not asked for of late. An app
 * that was refused with 403, or was told 404 of three users and found none,
 * may not ask for users at all; else only those told to be unknown are left.
 */
static const char due[] =
    "with s as (select subject, status from endpoint_status "
    "where user_id = :user and endpoint = 'user' "
    "and last_updated > :refused_since and last_updated <= :now), "
    "met as (select owner_id as id from playlists "
    "union select added_by from playlist_tracks "
    "union select user_id from users) "
    "select id from met left join users u on u.user_id = id "
    "where id is not null and id != '' and id != :user "
    "and (u.last_refreshed is null or u.last_refreshed <= :stale_since "
    "or u.last_refreshed > :now) "
    "and id not in (select subject from s where status in (403, 404)) "
    "and not exists (select 1 from s where status = 403) "
    "and ((select count(*) from s where status = 404) < 3 "
    "or exists (select 1 from s where status between 200 and 299)) order by id";

static const char all[] =
    "select owner_id as id from playlists where id != :user "
    "union select added_by from playlist_tracks where added_by != :user "
    "order by 1";

static int ask_users(struct plan *p)
{
	const struct plan_options *o = p->options;
	struct buf url = BUF_INIT(4096);
	sqlite3_stmt *s;
	int rc = plan_prepare(p, o->force ? all : due, o->profile_age, &s);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const void *id = sqlite3_column_text(s, 0);

		if ((rc = store_row_read(s)))
			break;
		if (!id)
			continue;
		buf_clear(&url);
		plan_put_path(&url, "user", slice_of(id));
		plan_send(p, &(struct plan_request){
				 .endpoint = "user", .url = buf_cstr(&url)});
	}
	sqlite3_finalize(s);
	buf_release(&url);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
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

static const char followed[] =
    "select count(*) from user_relationships "
    "where user_id = :user and kind = 'follows-artist'";

static int ask_artists(struct plan *p)
{
	int64_t artists;
	int rc = plan_count(p, followed, &artists);

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
		rc = ask_artists(p);
	return rc == SQLITE_OK && users ? ask_users(p) : rc;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "plan/plan.h"
#include "store/db.h"

#define LIST_LIMIT 50	/* playlists a page */
#define FIRST_ITEMS 100 /* that a playlist comes with */
#define ITEMS_LIMIT 50	/* further ones a page, the least that the API gives */

/*
 * A playlist is asked for when it waits in the queue, or was never refreshed,
 * or not for long; but not again while we hold what there is to have, nor soon
 * after the API refused it, or it changed while it was read, and then again.
 *
 * What there is to have is held when the tracks are of the snapshot last told,
 * and that was told lately: by the playlist itself, or by the account's list
 * as it stood last. Of a playlist whose tracks are not ours to see, it is held
 * for as long as its refresh is recent. What is refused for what it is, and
 * not for what the app or the login is, is as good as held.
 */
#define CANDIDATES                                                           \
	"with mine as " PLAN_MINE ", unproven as " PLAN_UNPROVEN ", "        \
	"queued as (select playlist_id " PLAN_QUEUED "), "                   \
	"listed as (select playlist_id from user_playlists "                 \
	"where user_id = :user and last_seen <= :now and "                   \
	"julianday(last_seen) > "                                            \
	"(select julianday(max(last_seen)) - 1 from user_playlists "         \
	"where user_id = :user and last_seen <= :now)), "                    \
	"refused as (select subject as playlist_id from endpoint_status "    \
	"where user_id = :user and endpoint = 'playlist' "                   \
	"and last_updated > :refused_since and last_updated <= :now "        \
	"and (status = 404 or status = 403 "                                 \
	"and coalesce(reason, '') not like '%premium%' "                     \
	"and coalesce(reason, '') not like '%scope%' "                       \
	"and coalesce(reason, '') not like '%regist%' "                      \
	"and coalesce(reason, '') not like '%developer%' "                   \
	"and coalesce(reason, '') not like '%quota%')), "                    \
	"candidates as ("                                                    \
	"select m.playlist_id, r.playlist_id is not null "                   \
	"or not coalesce(u.again, 0) "                                       \
	"and coalesce(u.at > :stale_since and u.at <= :now, 0) "             \
	"or not coalesce(u.again, 0) and coalesce(case "                     \
	"when p.tracks_updated is null "                                     \
	"then p.last_refreshed > :stale_since and p.last_refreshed <= :now " \
	"else p.snapshot_id = p.tracks_snapshot_id "                         \
	"and (p.last_refreshed > :stale_since and p.last_refreshed <= :now " \
	"or m.playlist_id in (select playlist_id from listed)) end, 0) "     \
	"as held, q.playlist_id is not null as queued, p.tracks_total "      \
	"from mine m left join playlists p using (playlist_id) "             \
	"left join queued q using (playlist_id) "                            \
	"left join refused r using (playlist_id) "                           \
	"left join unproven u using (playlist_id) "                          \
	"where (q.playlist_id is not null or p.last_refreshed is null "      \
	"or p.last_refreshed <= :stale_since or p.last_refreshed > :now "    \
	"or u.again)) "

static const char due[] = CANDIDATES
    "select playlist_id, tracks_total from candidates where not held "
    "order by playlist_id";

/* A playlist that is held as it is now has no business in the queue. */
static const char settled[] =
    CANDIDATES "select json_group_array(playlist_id), count(*) from "
	       "(select playlist_id from candidates where queued and held "
	       "order by playlist_id)";

static const char all[] =
    "select playlist_id, tracks_total "
    "from " PLAN_MINE "left join playlists using (playlist_id) order by 1";

/*
 * Whether the pages of a list, which may go on with those of another one, are
 * of the playlist as it was last told to be.
 */
static const char is_current[] =
    "with recursive chain (name) as (values (?2) union "
    "select g.follows from playlist_pages g join chain on g.list = name "
    "where g.playlist_id = ?1 and g.follows is not null) "
    "select 1 from playlists p join playlist_pages g using (playlist_id) "
    "where playlist_id = ?1 and list in (select name from chain) "
    "and page_offset = 0 and g.snapshot_id is p.snapshot_id";

static const char list_length[] =
    "select count(*) from user_playlists where user_id = :user";

/* The playlist with its first items, the other pages, and the check. */
static int64_t pages_of(int64_t items)
{
	if (items <= FIRST_ITEMS)
		return 1;
	return 2 + plan_pages(items - FIRST_ITEMS, ITEMS_LIMIT);
}

/* A number in the query of a URL, or what it is without one. */
static int64_t number_in(const char *url, const char *name, int64_t without)
{
	const char *p = strstr(url, name);

	return p ? strtoll(p + strlen(name), NULL, 10) : without;
}

/* The pages that are left from a stop on, and the check. */
static int64_t pages_from(const struct stop *stop, int64_t items)
{
	int64_t offset = number_in(stop->next, "offset=", items);
	int64_t limit = number_in(stop->next, "limit=", ITEMS_LIMIT);

	if (offset < 0 || offset >= items || limit < 1)
		return 1;
	return 1 + plan_pages(items - offset, limit);
}

/* The pages that a limit cut short, if there is a use for the rest. */
static int find_stop(
    struct plan *p, struct slice id, const char *url, const struct stop **stop)
{
	const struct stop *s = stops_find(&p->stops, url);
	sqlite3_stmt *stmt;
	int rc;

	*stop = NULL;
	if (!s || !s->next)
		return SQLITE_OK;
	rc = sqlite3_prepare_v2(p->db, is_current, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	store_bind(stmt, 1, id);
	store_bind(stmt, 2, slice_of(s->list));
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*stop = s;
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Ask for a playlist of so many items; -1 if that is not known. */
static int ask(struct plan *p, struct slice id, int64_t items)
{
	struct buf url = BUF_INIT(4096);
	struct plan_request r = {
	    .endpoint = "playlist", .pages = items < 0 ? -1 : pages_of(items)};
	int rc = SQLITE_NOMEM;

	plan_put_path(&url, r.endpoint, id);
	r.url = buf_cstr(&url);
	if (r.url)
		rc = find_stop(p, id, r.url, &r.stop);
	if (r.stop && items >= 0)
		r.pages = pages_from(r.stop, items);
	if (rc == SQLITE_OK)
		plan_send(p, &r);
	buf_release(&url);
	return rc;
}

static int ask_due(struct plan *p)
{
	const struct plan_options *o = p->options;
	sqlite3_stmt *s;
	int rc = plan_prepare(p, o->force ? all : due, o->playlist_age, &s);

	if (rc != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct slice id =
		    slice_of((const char *)sqlite3_column_text(s, 0));
		bool known = sqlite3_column_type(s, 1) != SQLITE_NULL;

		if ((rc = store_row_read(s)) ||
		    (rc = ask(p, id, known ? sqlite3_column_int64(s, 1) : -1)))
			break;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Name the playlists that may leave the queue, as a JSON array, if any. */
static int put_settled(struct plan *p, struct buf *ids)
{
	sqlite3_stmt *s;
	int rc = plan_prepare(p, settled, p->options->playlist_age, &s);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW && sqlite3_column_int64(s, 1) > 0) {
		const char *text = (const char *)sqlite3_column_text(s, 0);

		rc = text && buf_puts(ids, text) ? rc : SQLITE_NOMEM;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/*
 * Ask for the account's list. What leaves the queue goes with the request and
 * comes back with its capture: so a replay has it, too.
 */
static int ask_list(struct plan *p)
{
	struct plan_request r = {.endpoint = "my-playlists"};
	struct buf ids = BUF_INIT((size_t)16 << 20), url = BUF_INIT(256);
	int64_t length;
	int rc = plan_count(p, list_length, &length);

	plan_put_path(&url, r.endpoint, (struct slice){NULL, 0});
	buf_printf(&url, "?limit=%d&offset=0", LIST_LIMIT);
	if (rc == SQLITE_OK && p->source && !p->options->force)
		rc = put_settled(p, &ids);
	r.url = buf_cstr(&url);
	r.dequeue = buf_slice(&ids);
	r.pages = plan_pages(length, LIST_LIMIT);
	if (rc == SQLITE_OK && !r.url)
		rc = SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		plan_send_rest(p, &r);
	buf_release(&ids);
	buf_release(&url);
	return rc;
}

int plan_playlists(struct plan *p)
{
	int rc;

	if (plan_is_limited(p, "playlist"))
		return SQLITE_OK;
	rc = ask_list(p);
	return rc == SQLITE_OK ? ask_due(p) : rc;
}

int plan_playlists_waiting(struct plan *p, int64_t *n)
{
	return plan_count(p, "select count(*) " PLAN_QUEUED, n);
}

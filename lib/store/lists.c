#include "store/lists.h"

#include <inttypes.h>

#include "store/db.h"
#include "store/list_sql.h"

#define TEXT_MAX ((size_t)1 << 30) /* what SQLite takes in one value */

void lists_init(struct lists *ls, struct loader *loader, struct tables *tables)
{
	*ls = (struct lists){.loader = loader,
	    .tables = tables,
	    .playlist = BUF_INIT(TEXT_MAX),
	    .held_at = BUF_INIT(TEXT_MAX),
	    .held_list = BUF_INIT(TEXT_MAX),
	    .held_snapshot = BUF_INIT(TEXT_MAX),
	    .why = BUF_INIT(1 << 16)};
}

void lists_release(struct lists *ls)
{
	if (ls->ready) {
		list_items_release(&ls->items);
		list_pages_release(&ls->pages);
	}
	buf_release(&ls->playlist);
	buf_release(&ls->held_at);
	buf_release(&ls->held_list);
	buf_release(&ls->held_snapshot);
	buf_release(&ls->why);
}

/* Have everything ready, once there is a list. */
static int prepare(struct lists *ls)
{
	struct table *tracks;
	int rc, rc2;

	if (ls->ready)
		return SQLITE_OK;
	tracks = tables_find(ls->tables, SLICE("playlist_tracks"));
	ls->playlists = tables_find(ls->tables, SLICE("playlists"));
	ls->queue = tables_find(ls->tables, SLICE("playlist_ingest_queue"));
	if (!tracks || !ls->playlists || !ls->queue)
		return SQLITE_NOMEM;
	ls->ready = true;
	rc = list_items_init(&ls->items, ls->loader, tracks);
	rc2 = list_pages_init(&ls->pages, ls->loader->db, ls->loader->dry);
	return rc ? rc : rc2;
}

/* --- the list held ------------------------------------------------------- */

static struct value named(
    const struct table *t, const char *column, struct value v)
{
	v.column = (unsigned)table_column(t, slice_of(column));
	return v;
}

static bool copy(struct buf *to, struct slice s)
{
	buf_clear(to);
	return buf_put_slice(to, s);
}

static bool copy_column(struct buf *to, const struct table *t,
    const struct state *row, const char *column)
{
	int c = table_column(t, slice_of(column));

	return copy(to, value_slice(&row->values[c]));
}

/* In a dry run, what stands of a playlist is copied before it is touched. */
static int copy_playlist(struct lists *ls, struct slice playlist)
{
	bool first = false;
	int rc = SQLITE_OK;

	if (ls->loader->dry)
		rc = list_pages_copy(&ls->pages, playlist, &first);
	if (rc == SQLITE_OK && first)
		rc = list_items_copy(&ls->items, playlist);
	return rc;
}

/* Look up which list is held of a playlist; of the last one it is known. */
static int find_held(struct lists *ls, struct slice playlist)
{
	const struct table *t = ls->playlists;
	struct value key = named(t, "playlist_id", value_text(playlist));
	struct told told = {&key, 1, false};
	const struct state *row;
	int rc;

	if (ls->known && slice_eq(playlist, buf_slice(&ls->playlist)))
		return SQLITE_OK;
	ls->known = false;
	rc = copy_playlist(ls, playlist);
	if (rc == SQLITE_OK)
		rc = loader_find(ls->loader, ls->playlists, &told, &row);
	if (rc != SQLITE_OK)
		return rc;
	if (!copy(&ls->playlist, playlist) ||
	    !copy_column(&ls->held_at, t, row, "tracks_updated") ||
	    !copy_column(&ls->held_list, t, row, "tracks_list") ||
	    !copy_column(&ls->held_snapshot, t, row, "tracks_snapshot_id"))
		return SQLITE_NOMEM;
	ls->known = true;
	return SQLITE_OK;
}

/* How a list compares with the one held; anything is newer than none. */
static int cmp_held(const struct lists *ls, struct slice at, struct slice list)
{
	int c = slice_cmp(at, buf_slice(&ls->held_at));

	return c ? c : slice_cmp(list, buf_slice(&ls->held_list));
}

static bool is_held(const struct lists *ls, struct slice list)
{
	return ls->held_at.n > 0 && slice_eq(list, buf_slice(&ls->held_list));
}

/* A list that takes the place of the one held. */
struct whole {
	struct slice playlist, list, at, snapshot, src;
	const struct part *page; /* its only one, or NULL: as they are kept */
};

/* Tell the merge of the playlist, and of the queue, what is held now. */
static int tell_held(struct lists *ls, const struct whole *w)
{
	const struct table *t = ls->playlists;
	struct value values[] = {
	    named(t, "playlist_id", value_text(w->playlist)),
	    named(t, "tracks_updated", value_text(w->at)),
	    named(t, "tracks_list", value_text(w->list)),
	    named(t, "tracks_snapshot_id", value_text(w->snapshot)),
	    named(t, "last_refreshed", value_text(w->at))};
	struct told playlist = {values, 5, false};
	struct value key =
	    named(ls->queue, "playlist_id", value_text(w->playlist));
	struct told done = {&key, 1, true};
	int rc =
	    loader_tell(ls->loader, ls->playlists, &playlist, w->at, w->src);

	if (rc == SQLITE_OK)
		rc = loader_tell(ls->loader, ls->queue, &done, w->at, w->src);
	if (rc == SQLITE_OK &&
	    (!copy(&ls->held_at, w->at) || !copy(&ls->held_list, w->list) ||
		!copy(&ls->held_snapshot, w->snapshot)))
		rc = SQLITE_NOMEM;
	return rc;
}

/* Put the items of all pages that are kept of a list. */
static int put_pages(
    struct lists *ls, const struct whole *w, struct list_place *at)
{
	sqlite3_stmt *s = list_pages_read(&ls->pages, w->playlist, w->list);
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		rc = list_items_put(&ls->items, at, list_text(s, 1));
		if (rc != SQLITE_OK)
			break;
	}
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Put a list in the place of the one held. */
static int hold(struct lists *ls, const struct whole *w)
{
	struct list_place at = {.playlist = w->playlist, .src = w->src};
	int rc = list_items_count(&ls->items, &at);

	if (rc == SQLITE_OK && w->page)
		rc = list_items_put(&ls->items, &at, w->page->items);
	else if (rc == SQLITE_OK)
		rc = put_pages(ls, w, &at);
	if (rc == SQLITE_OK)
		rc = list_items_cut(&ls->items, &at);
	if (rc == SQLITE_OK)
		rc = tell_held(ls, w);
	if (rc == SQLITE_OK)
		rc = list_pages_done(&ls->pages, w->playlist, w->list, w->at);
	return rc;
}

/* --- parts as they come -------------------------------------------------- */

/* A part that changes nothing. */
static int pass_over(struct lists *ls, const struct part *p)
{
	if (p->kind == PART_PAGE)
		list_items_same(&ls->items, p);
	return SQLITE_OK;
}

/* A page of a list that is older than the one held. */
static int drop(struct lists *ls, const struct part *p)
{
	int rc = list_pages_drop(&ls->pages, p->playlist, p->list);

	return rc == SQLITE_OK ? pass_over(ls, p) : rc;
}

/* A page of the list held that comes again, and how many items are held. */
static int put_again(struct lists *ls, const struct part *p, int64_t *held)
{
	struct list_place at = {.playlist = p->playlist,
	    .position = p->offset,
	    .again = true,
	    .src = p->src};
	int rc = list_items_count(&ls->items, &at);

	*held = at.held;
	if (rc != SQLITE_OK)
		return rc;
	if (p->total != at.held || p->offset + p->count > at.held)
		return pass_over(ls, p);
	return list_items_put(&ls->items, &at, p->items);
}

/* Keep a part with others of its list, and see what they are together. */
static int keep(struct lists *ls, const struct part *p)
{
	struct list_judged j;
	int rc = list_pages_keep(&ls->pages, p);

	ls->waiting = true;
	if (rc == SQLITE_OK)
		rc = list_pages_judge(&ls->pages, p->playlist, p->list, &j);
	if (rc != SQLITE_OK || j.verdict != LIST_COMPLETE)
		return rc;
	/* A part may have come before the list that is held now. */
	if (cmp_held(ls, j.at, p->list) < 0)
		return list_pages_drop(&ls->pages, p->playlist, p->list);
	return hold(ls, &(struct whole){.playlist = p->playlist,
			    .list = p->list,
			    .at = j.at,
			    .snapshot = j.snapshot,
			    .src = p->src});
}

/*
 * A list under the name and of the time of the one held, as captures without
 * a run may come: the longer one stands, then the greater snapshot.
 */
static int take_again(
    struct lists *ls, const struct part *p, const struct whole *w)
{
	int64_t held;
	int rc;

	rc = put_again(ls, p, &held);
	if (rc != SQLITE_OK || p->total < held)
		return rc;
	if (p->total > held)
		return hold(ls, w);
	return slice_cmp(w->snapshot, buf_slice(&ls->held_snapshot)) > 0
		   ? tell_held(ls, w)
		   : SQLITE_OK;
}

/* A page that is a list by itself needs no others, and waits not. */
static int take_list(struct lists *ls, const struct part *p)
{
	struct whole w = {.playlist = p->playlist,
	    .list = p->list,
	    .at = p->at,
	    .snapshot = p->snapshot,
	    .src = p->src,
	    .page = p};
	int c = cmp_held(ls, p->at, p->list);

	if (c < 0)
		return drop(ls, p);
	return c == 0 ? take_again(ls, p, &w) : hold(ls, &w);
}

static int take_page(struct lists *ls, const struct part *p, bool dropped)
{
	int64_t held;

	if (p->offset == 0 && p->count == p->total && !p->check_due)
		return take_list(ls, p);
	if (is_held(ls, p->list))
		return put_again(ls, p, &held);
	if (cmp_held(ls, p->at, p->list) < 0)
		return drop(ls, p);
	return dropped ? pass_over(ls, p) : keep(ls, p);
}

static int take(struct lists *ls, const struct part *p)
{
	bool dropped;
	int rc = find_held(ls, p->playlist);

	if (rc == SQLITE_OK)
		rc = list_pages_is_dropped(
		    &ls->pages, p->playlist, p->list, &dropped);
	if (rc != SQLITE_OK)
		return rc;
	if (p->kind == PART_PAGE)
		return take_page(ls, p, dropped);
	if (dropped || is_held(ls, p->list) || cmp_held(ls, p->at, p->list) < 0)
		return SQLITE_OK;
	return keep(ls, p);
}

/* Where a constraint of a user's own forbids it, a list is refused whole. */
static int take_or_refuse(struct lists *ls, const struct part *p)
{
	struct loader *l = ls->loader;
	int rc = SQLITE_OK;

	buf_clear(&ls->items.why);
	if (!l->dry)
		rc = store_exec(l->db, "savepoint list");
	if (rc == SQLITE_OK)
		rc = take(ls, p);
	if ((rc & 0xff) == SQLITE_CONSTRAINT && l->on_forbidden && !l->dry) {
		struct change c = {.kind = CHANGE_INSERT,
		    .table = ls->items.table,
		    .before = &ls->items.before,
		    .after = &ls->items.after,
		    .rows = 1,
		    .src = p->src};

		l->on_forbidden(l->ctx, &c, buf_words(&ls->items.why));
		ls->known = false;
		rc = store_exec(l->db, "rollback to list");
	}
	if (rc == SQLITE_OK && !l->dry)
		rc = store_exec(l->db, "release list");
	return rc;
}

int lists_apply(struct lists *ls, const struct batch *b)
{
	int rc = b->parts ? prepare(ls) : SQLITE_OK;

	/* Rows of playlists have been written since. */
	ls->known = false;
	for (const struct part *p = b->parts; p && rc == SQLITE_OK; p = p->next)
		rc = take_or_refuse(ls, p);
	return rc;
}

/* --- at the end ---------------------------------------------------------- */

static const char *reason(struct lists *ls, const struct list_judged *j)
{
	switch (j->verdict) {
	case LIST_PARTIAL:
		buf_clear(&ls->why);
		buf_printf(&ls->why, "%" PRId64 " of %" PRId64 " items came",
		    j->came, j->total);
		return buf_words(&ls->why);
	case LIST_UNCHECKED:
		return "no check came to say whether it changed while it was "
		       "read";
	default: return "its list changed while it was read";
	}
}

int lists_incomplete(struct lists *ls,
    void (*tell)(void *ctx, struct slice playlist, struct slice list,
	const char *reason),
    void *ctx)
{
	struct list_judged j;
	sqlite3_stmt *s;
	int rc;

	if (!ls->waiting)
		return SQLITE_OK;
	s = list_pages_waiting(&ls->pages);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct slice playlist = list_text(s, 0);
		struct slice list = list_text(s, 1);

		rc = list_pages_judge(&ls->pages, playlist, list, &j);
		if (rc != SQLITE_OK)
			break;
		tell(ctx, playlist, list, reason(ls, &j));
	}
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int lists_forget(struct lists *ls)
{
	ls->waiting = false;
	return ls->ready ? list_pages_forget(&ls->pages) : SQLITE_OK;
}

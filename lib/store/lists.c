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
	    .name = BUF_INIT(TEXT_MAX),
	    .why = BUF_INIT(1 << 16)};
	list_judged_init(&ls->judged);
	list_judged_init(&ls->other);
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
	buf_release(&ls->name);
	buf_release(&ls->why);
	list_judged_release(&ls->judged);
	list_judged_release(&ls->other);
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
		return store_error(ls->loader->db);
	ls->ready = true;
	rc = list_add_function(ls->loader->db);
	if (rc != SQLITE_OK)
		return rc;
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
		return SQLITE_TOOBIG;
	ls->known = true;
	return SQLITE_OK;
}

/* How a list compares with the one held; anything is newer than none. */
static int cmp_held(const struct lists *ls, struct slice at, struct slice list)
{
	int c = slice_cmp(at, buf_slice(&ls->held_at));

	return c ? c : slice_cmp(list, buf_slice(&ls->held_list));
}

/* A list that takes the place of the one held. */
struct whole {
	struct slice playlist, list, at, snapshot, src;
	const struct part *page; /* its only one, or NULL: as they are kept */
};

static int cmp_lists(const struct whole *a, const struct whole *b)
{
	int c = slice_cmp(a->at, b->at);

	return c ? c : slice_cmp(a->list, b->list);
}

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
		rc = SQLITE_TOOBIG;
	return rc;
}

/* Put the items of all pages that are kept of a list. */
static int put_pages(
    struct lists *ls, const struct whole *w, struct list_place *at)
{
	sqlite3_stmt *s = list_pages_read(&ls->pages, w->playlist, w->list);
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		rc = list_items_put(&ls->items, at, list_text(s, 0));
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

/* A page of the list held that comes again: the greater one stands, whole. */
static int put_again(struct lists *ls, const struct part *p)
{
	struct list_place at = {
	    .playlist = p->playlist, .position = p->offset, .src = p->src};
	int cmp = -1, rc = list_items_count(&ls->items, &at);

	if (rc == SQLITE_OK && p->offset + p->count <= at.held)
		rc = list_items_cmp(&ls->items, &at, p->items, p->count, &cmp);
	if (rc != SQLITE_OK || cmp < 0)
		return rc ? rc : pass_over(ls, p);
	return list_items_put(&ls->items, &at, p->items);
}

static struct whole whole_of(
    const struct part *p, struct slice list, const struct list_judged *j)
{
	struct slice snapshot = buf_slice(&j->snapshot);

	return (struct whole){.playlist = p->playlist,
	    .list = list,
	    .at = buf_slice(&j->at),
	    .snapshot = j->has_snapshot ? snapshot : LIST_NONE,
	    .src = p->src};
}

/*
 * Whether another list confirms a whole one: it was read from its first page
 * on by itself, and has the same items.
 */
static int confirms(
    struct lists *ls, const struct whole *w, struct slice other, bool *yes)
{
	struct list_judged *j = &ls->other;
	int rc = list_pages_judge(&ls->pages, w->playlist, other, j);

	*yes = false;
	if (rc != SQLITE_OK || !list_is_whole(j) ||
	    slice_eq(buf_slice(&j->first), buf_slice(&ls->judged.first)) ||
	    cmp_held(ls, buf_slice(&j->at), other) <= 0)
		return rc;
	return list_pages_agree(&ls->pages, w->playlist, w->list, other, yes);
}

/* Find a list that confirms a whole one; its name is left in ls->name. */
static int find_confirming(struct lists *ls, const struct whole *w, bool *found)
{
	sqlite3_stmt *s = list_pages_others(&ls->pages, w->playlist, w->list);
	int rc = SQLITE_OK;

	*found = false;
	while (rc == SQLITE_OK && !*found &&
	       (rc = sqlite3_step(s)) == SQLITE_ROW) {
		if (!copy(&ls->name, list_text(s, 0)))
			rc = SQLITE_TOOBIG;
		else
			rc = confirms(ls, w, buf_slice(&ls->name), found);
	}
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * Of a whole list that its check does not prove, and another that confirms
 * it, the older one is held: its items were there from then on. So whatever
 * is older than the list held can never be wanted again.
 */
static int hold_confirmed(
    struct lists *ls, const struct part *p, const struct whole *w)
{
	bool found;
	int rc = find_confirming(ls, w, &found);
	struct whole other;

	if (rc != SQLITE_OK || !found)
		return rc;
	other = whole_of(p, buf_slice(&ls->name), &ls->other);
	return hold(ls, cmp_lists(w, &other) < 0 ? w : &other);
}

/* See what a list is with a part that came, and hold it if it may be. */
static int consider(struct lists *ls, const struct part *p, struct slice list)
{
	struct list_judged *j = &ls->judged;
	struct whole w;
	int c, rc = list_pages_judge(&ls->pages, p->playlist, list, j);

	if (rc != SQLITE_OK || !list_is_whole(j))
		return rc;
	w = whole_of(p, list, j);
	c = cmp_held(ls, w.at, w.list);
	if (c >= 0 && j->verdict == LIST_COMPLETE)
		return hold(ls, &w);
	return c > 0 ? hold_confirmed(ls, p, &w) : SQLITE_OK;
}

/* Keep a part, and see what its list is with it, and those that follow it. */
static int keep(struct lists *ls, const struct part *p)
{
	sqlite3_stmt *s;
	bool changed;
	int rc = list_pages_keep(&ls->pages, p, &changed);

	ls->waiting = true;
	if (rc != SQLITE_OK || !changed)
		return rc;
	s = list_pages_followers(&ls->pages, p->playlist, p->list);
	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
		rc = consider(ls, p, list_text(s, 0));
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * A list under the name and of the time of the one held, as captures without
 * a run may come: the longer one stands, then the greater one.
 */
static int take_again(
    struct lists *ls, const struct part *p, const struct whole *w)
{
	struct list_place at = {.playlist = p->playlist, .src = p->src};
	int rc = list_items_count(&ls->items, &at), cmp = -1;

	if (rc == SQLITE_OK && p->total == at.held)
		rc = list_items_cmp(&ls->items, &at, p->items, p->count, &cmp);
	else
		cmp = p->total > at.held ? 1 : -1;
	if (rc != SQLITE_OK)
		return rc;
	if (cmp == 0)
		cmp = slice_cmp(w->snapshot, buf_slice(&ls->held_snapshot));
	if (cmp == 0)
		return list_items_put(&ls->items, &at, p->items);
	return cmp < 0 ? pass_over(ls, p) : hold(ls, w);
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
		return pass_over(ls, p);
	return c == 0 ? take_again(ls, p, &w) : hold(ls, &w);
}

static int take(struct lists *ls, const struct part *p)
{
	bool page = p->kind == PART_PAGE, again;
	int rc = find_held(ls, p->playlist);

	if (rc != SQLITE_OK)
		return rc;
	if (page && p->offset == 0 && p->count == p->total && p->last &&
	    !p->check_due)
		return take_list(ls, p);
	again = ls->held_at.n > 0 && !p->follows.p &&
		slice_eq(p->list, buf_slice(&ls->held_list));
	if (again && page)
		return put_again(ls, p);
	if (again)
		return SQLITE_OK;
	if (slice_cmp(p->at, buf_slice(&ls->held_at)) >= 0)
		return keep(ls, p);
	/* It is older than the list held. */
	rc = list_pages_drop(&ls->pages, p->playlist, p->list);
	return rc == SQLITE_OK ? pass_over(ls, p) : rc;
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
		buf_printf(&ls->why,
		    "%" PRId64 " of %" PRId64 " items were received", j->came,
		    j->total);
		return buf_words(&ls->why);
	case LIST_UNCHECKED: return "the final snapshot check is missing";
	case LIST_UNPROVEN:
		return "its length or snapshot changed while it was being "
		       "fetched, and no other fetch has the same items yet";
	default: return "the list changed while it was being fetched";
	}
}

/* Whether there is nothing to say of a list: see what has come of it. */
static int is_settled(
    struct lists *ls, struct slice playlist, struct slice list, bool *settled)
{
	const struct list_judged *j = &ls->judged;
	int rc = find_held(ls, playlist);

	if (rc == SQLITE_OK)
		rc = list_pages_judge(&ls->pages, playlist, list, &ls->judged);
	*settled = j->verdict == LIST_NOTHING ||
		   slice_cmp(buf_slice(&j->at), buf_slice(&ls->held_at)) <= 0;
	if (rc != SQLITE_OK || *settled || !list_is_whole(j))
		return rc;
	return list_pages_agree(&ls->pages, playlist, list, LIST_NONE, settled);
}

int lists_incomplete(struct lists *ls,
    void (*tell)(void *ctx, struct slice playlist, struct slice list,
	const char *reason),
    void *ctx)
{
	sqlite3_stmt *s;
	bool settled;
	int rc;

	if (!ls->waiting)
		return SQLITE_OK;
	ls->known = false;
	s = list_pages_waiting(&ls->pages);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct slice playlist = list_text(s, 0);
		struct slice list = list_text(s, 1);

		rc = is_settled(ls, playlist, list, &settled);
		if (rc != SQLITE_OK)
			break;
		if (!settled)
			tell(ctx, playlist, list, reason(ls, &ls->judged));
	}
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int lists_forget(struct lists *ls)
{
	ls->waiting = false;
	return ls->ready ? list_pages_forget(&ls->pages) : SQLITE_OK;
}

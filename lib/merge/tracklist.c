#include "merge/tracklist.h"

#include <inttypes.h>

#include "db/db.h"

#define LIST_TEXT_MAX ((size_t)1 << 30) /* of a value in SQLite */

void tracklists_init(
    struct tracklists *ls, struct applier *applier, struct tables *tables)
{
	*ls = (struct tracklists){.applier = applier,
	    .tables = tables,
	    .playlist = BUF_INIT(LIST_TEXT_MAX),
	    .current_at = BUF_INIT(LIST_TEXT_MAX),
	    .current_list = BUF_INIT(LIST_TEXT_MAX),
	    .current_snapshot = BUF_INIT(LIST_TEXT_MAX),
	    .current_sources = BUF_INIT(LIST_TEXT_MAX),
	    .name = BUF_INIT(LIST_TEXT_MAX),
	    .name_at = BUF_INIT(LIST_TEXT_MAX),
	    .why = BUF_INIT(1 << 16)};
	list_status_init(&ls->status);
	list_status_init(&ls->other);
}

void tracklists_release(struct tracklists *ls)
{
	if (ls->ready) {
		tracklist_items_release(&ls->items);
		tracklist_pages_release(&ls->pages);
		tracklist_history_release(&ls->history);
	}
	buf_release(&ls->playlist);
	buf_release(&ls->current_at);
	buf_release(&ls->current_list);
	buf_release(&ls->current_snapshot);
	buf_release(&ls->current_sources);
	buf_release(&ls->name);
	buf_release(&ls->name_at);
	buf_release(&ls->why);
	list_status_release(&ls->status);
	list_status_release(&ls->other);
}

/* Set up on the first list record. */
static int prepare(struct tracklists *ls)
{
	struct table *tracks;
	int rc, rc2, rc3;

	if (ls->ready)
		return SQLITE_OK;
	tracks = tables_find(ls->tables, SLICE("playlist_tracks"));
	ls->playlists = tables_find(ls->tables, SLICE("playlists"));
	ls->queue = tables_find(ls->tables, SLICE("playlist_ingest_queue"));
	if (!tracks || !ls->playlists || !ls->queue)
		return db_error(ls->applier->db);
	ls->ready = true;
	rc = tracklist_items_add_function(ls->applier->db);
	if (rc != SQLITE_OK)
		return rc;
	rc = tracklist_items_init(&ls->items, ls->applier, tracks);
	rc2 = tracklist_pages_init(&ls->pages, ls->applier->db,
	    &ls->applier->sources, ls->applier->dry);
	rc3 = tracklist_history_init(&ls->history, ls->applier, ls->tables);
	return rc ? rc : rc2 ? rc2 : rc3;
}

/* --- the current list -------------------------------------------------------
 */

static struct value named(
    const struct table *t, const char *column, struct value v)
{
	v.column = (unsigned)table_column(t, slice_of(column));
	return v;
}

static void copy_column(struct buf *to, const struct table *t,
    const struct stored_row *row, const char *column)
{
	int c = table_column(t, slice_of(column));

	buf_set(to, value_slice(&row->values[c]));
}

/* In a dry run, the rows of a playlist are copied before they are changed. */
static int copy_playlist(struct tracklists *ls, struct slice playlist)
{
	bool first = false;
	int rc = SQLITE_OK;

	if (ls->applier->dry)
		rc = tracklist_pages_copy(&ls->pages, playlist, &first);
	if (rc == SQLITE_OK && first)
		rc = tracklist_items_copy(&ls->items, playlist);
	return rc;
}

/* Look up a playlist's current list; the last playlist's is cached. */
static int find_current(struct tracklists *ls, struct slice playlist)
{
	const struct table *t = ls->playlists;
	struct value key = named(t, "playlist_id", value_text(playlist));
	struct observation obs = {&key, 1, false};
	const struct stored_row *row;
	int rc, c;

	if (ls->known && slice_eq(playlist, buf_slice(&ls->playlist)))
		return SQLITE_OK;
	ls->known = false;
	rc = copy_playlist(ls, playlist);
	if (rc == SQLITE_OK)
		rc = apply_find(ls->applier, ls->playlists, &obs, &row);
	if (rc != SQLITE_OK)
		return rc;
	buf_set(&ls->playlist, playlist);
	copy_column(&ls->current_at, t, row, "tracks_updated");
	copy_column(&ls->current_list, t, row, "tracks_list");
	copy_column(&ls->current_snapshot, t, row, "tracks_snapshot_id");
	copy_column(&ls->current_sources, t, row, "tracks_sources");
	c = table_column(t, SLICE("tracks_snapshot_id"));
	ls->has_snapshot = row->values[c].type == VALUE_TEXT;
	ls->known = true;
	return SQLITE_OK;
}

/* Compare two lists by time and name. */
static int cmp_lists(
    struct slice at, struct slice list, struct slice than_at, struct slice than)
{
	int c = slice_cmp(at, than_at);

	return c ? c : slice_cmp(list, than);
}

/* Compare a list with the current one; any is newer than none. */
static int cmp_current(
    const struct tracklists *ls, struct slice at, struct slice list)
{
	return cmp_lists(
	    at, list, buf_slice(&ls->current_at), buf_slice(&ls->current_list));
}

/* A list that becomes current. */
struct whole_list {
	struct slice playlist, list, at, snapshot;
	bool confirmed;		       /* not complete by itself */
	const struct source_name *src; /* of its newest record */
	const struct list_record
	    *page; /* its only one, or NULL: they are stored */
};

/*
 * Write a tombstone to the queue, and the time of a whole list to its playlist,
 * with its name if it is current now. The source is that of its first page.
 */
static int write_whole(struct tracklists *ls, const struct whole_list *w,
    int64_t first, bool current)
{
	const struct source_name src = {
	    .text = w->src ? w->src->text : LIST_NONE, .number = first};
	struct slice sources = buf_slice(&ls->current_sources);
	const struct table *t = ls->playlists;
	struct value values[] = {
	    named(t, "playlist_id", value_text(w->playlist)),
	    named(t, "last_refreshed", value_text(w->at)),
	    named(t, "tracks_updated", value_text(w->at)),
	    named(t, "tracks_list", value_text(w->list)),
	    named(t, "tracks_snapshot_id", value_text(w->snapshot)),
	    named(t, "tracks_sources", value_text(sources))};
	struct observation playlist = {values, current ? 6 : 2, false};
	struct value key =
	    named(ls->queue, "playlist_id", value_text(w->playlist));
	struct observation done = {&key, 1, true};
	int rc = apply_observation(
	    ls->applier, ls->playlists, &playlist, w->at, &src);

	if (rc == SQLITE_OK)
		rc = apply_observation(
		    ls->applier, ls->queue, &done, w->at, &src);
	return rc;
}

/* Write which list is current, and cache it. */
static int write_current(struct tracklists *ls, const struct whole_list *w)
{
	int64_t first =
	    tracklist_sources_at(buf_slice(&ls->current_sources), 0);
	int rc = write_whole(ls, w, first, true);

	if (rc != SQLITE_OK)
		return rc;
	buf_set(&ls->current_at, w->at);
	buf_set(&ls->current_list, w->list);
	buf_set(&ls->current_snapshot, w->snapshot);
	ls->has_snapshot = w->snapshot.p != NULL;
	return SQLITE_OK;
}

/* The source of a stored page; an older version stored none. */
static int64_t page_source(struct query *page, int column)
{
	return query_is_null(page, column) ? SOURCE_UNKNOWN
					   : query_int(page, column);
}

/* Write the items of all stored pages of a list. */
static int put_pages(struct tracklists *ls, const struct whole_list *w,
    struct tracklist_position *at)
{
	struct query *q =
	    tracklist_pages_read(&ls->pages, w->playlist, w->list);
	int rc = SQLITE_OK, end;

	while (rc == SQLITE_OK && query_step(q)) {
		tracklist_sources_add(
		    &ls->current_sources, query_int(q, 1), page_source(q, 2));
		rc = tracklist_items_put(&ls->items, at, query_text(q, 0));
	}
	end = query_end_run(q);
	return rc ? rc : end;
}

/*
 * The source of what is written for the lists of a time is the first of all
 * that have their first page then: which of them were current in between
 * depends on the order.
 */
static int write_source(
    struct tracklists *ls, const struct whole_list *w, int64_t source)
{
	struct slice sources = buf_slice(&ls->current_sources);

	if (ls->applier->dry || source == tracklist_sources_at(sources, 0))
		return SQLITE_OK;
	return write_whole(ls, w, source, false);
}

static int write_sources_of_time(
    struct tracklists *ls, const struct whole_list *w)
{
	struct query *q = tracklist_pages_first(&ls->pages, w->playlist, w->at);
	int rc = SQLITE_OK, end;

	while (rc == SQLITE_OK && query_step(q))
		rc = write_source(ls, w, page_source(q, 0));
	end = query_end_run(q);
	return rc ? rc : end;
}

/* Make a list the current one. */
static int make_current(struct tracklists *ls, const struct whole_list *w)
{
	struct tracklist_position at = {.playlist = w->playlist, .src = w->src};
	int rc = tracklist_items_count(&ls->items, &at);

	buf_clear(&ls->current_sources);
	if (w->page)
		tracklist_sources_add(
		    &ls->current_sources, 0, list_record_source(w->page));
	if (rc == SQLITE_OK && w->page)
		rc = tracklist_items_put(&ls->items, &at, w->page->items);
	else if (rc == SQLITE_OK)
		rc = put_pages(ls, w, &at);
	if (rc == SQLITE_OK)
		rc = tracklist_items_truncate(&ls->items, &at);
	if (rc == SQLITE_OK)
		rc = write_current(ls, w);
	if (rc == SQLITE_OK)
		rc = write_sources_of_time(ls, w);
	if (rc == SQLITE_OK)
		rc = tracklist_pages_drop_older(&ls->pages, w->playlist,
		    w->confirmed ? LIST_NONE : w->list, w->at);
	return rc;
}

/* --- list records as they come ------------------------------------------- */

/* Report a record that changes nothing. */
static int count_unchanged(struct tracklists *ls, const struct list_record *p)
{
	if (p->kind == LIST_OP_PAGE)
		tracklist_items_unchanged(&ls->items, p);
	return SQLITE_OK;
}

/* The current list, of which a page came again. */
static struct whole_list current_list(
    const struct tracklists *ls, const struct list_record *p)
{
	struct slice snapshot = buf_slice(&ls->current_snapshot);

	return (struct whole_list){.playlist = p->playlist,
	    .list = p->list,
	    .at = buf_slice(&ls->current_at),
	    .snapshot = ls->has_snapshot ? snapshot : LIST_NONE,
	    .src = p->src};
}

/*
 * A page of the current list came again, from another capture. Where the page
 * is the same, the smaller source is stored, else that of the new page.
 */
static int source_again(struct tracklists *ls, const struct list_record *p,
    bool same, int64_t length)
{
	struct buf *text = &ls->current_sources;
	int64_t was = tracklist_sources_at(buf_slice(text), p->offset);
	int64_t source = list_record_source(p);
	struct whole_list w = current_list(ls, p);

	if (was == source)
		return SQLITE_OK;
	if (same)
		source = sources_first(&ls->applier->sources, was, source);
	if (was == source || ls->applier->dry)
		return ls->applier->sources.rc;
	tracklist_sources_know(text, p->offset, p->count, length);
	tracklist_sources_put(text, p->offset, source);
	return write_whole(
	    ls, &w, tracklist_sources_at(buf_slice(text), 0), true);
}

/* A page of the current list that comes again: the greater one wins, whole. */
static int reapply_page(struct tracklists *ls, const struct list_record *p)
{
	struct tracklist_position at = {
	    .playlist = p->playlist, .position = p->offset, .src = p->src};
	int cmp = -1, rc = tracklist_items_count(&ls->items, &at);

	if (rc == SQLITE_OK && p->offset + p->count <= at.length)
		rc = tracklist_items_cmp(
		    &ls->items, &at, p->items, p->count, &cmp);
	if (rc != SQLITE_OK || cmp < 0)
		return rc ? rc : count_unchanged(ls, p);
	rc = tracklist_items_put(&ls->items, &at, p->items);
	return rc ? rc : source_again(ls, p, cmp == 0, at.length);
}

static struct whole_list whole_of(
    const struct list_record *p, struct slice list, const struct list_status *j)
{
	struct slice snapshot = buf_slice(&j->snapshot);

	return (struct whole_list){.playlist = p->playlist,
	    .list = list,
	    .at = buf_slice(&j->at),
	    .confirmed = j->state != LIST_COMPLETE,
	    .snapshot = j->has_snapshot ? snapshot : LIST_NONE,
	    .src = p->src};
}

/*
 * Whether another list confirms a whole one: it was fetched independently from
 * its first page on, and has the same items.
 */
static int confirms(struct tracklists *ls, const struct whole_list *w,
    struct slice other, bool *yes)
{
	struct list_status *j = &ls->other;
	int rc = tracklist_pages_assess(&ls->pages, w->playlist, other, j);

	*yes = false;
	if (rc != SQLITE_OK || !list_status_is_whole(j) ||
	    slice_eq(buf_slice(&j->first), buf_slice(&ls->status.first)) ||
	    cmp_current(ls, buf_slice(&j->at), other) <= 0)
		return rc;
	return tracklist_pages_agree(
	    &ls->pages, w->playlist, w->list, other, yes);
}

/*
 * Find the newest list that confirms a whole one; its name and time are left in
 * ls->name and ls->name_at.
 */
static int find_confirming(
    struct tracklists *ls, const struct whole_list *w, bool *found)
{
	struct query *q =
	    tracklist_pages_others(&ls->pages, w->playlist, w->list);
	int rc = SQLITE_OK, end;
	bool yes;

	*found = false;
	while (rc == SQLITE_OK && query_step(q)) {
		struct slice at, list = query_text(q, 0);

		rc = confirms(ls, w, list, &yes);
		at = buf_slice(&ls->other.at);
		if (!yes ||
		    (*found && cmp_lists(at, list, buf_slice(&ls->name_at),
				   buf_slice(&ls->name)) < 0))
			continue;
		*found = true;
		buf_set(&ls->name, list);
		buf_set(&ls->name_at, at);
	}
	end = query_end_run(q);
	return rc ? rc : end;
}

/*
 * A whole list that is not complete, and the newest that confirms it: the older
 * one becomes current, as its items were there from then on. So pages older
 * than the current list are never needed again.
 */
static int make_confirmed_current(struct tracklists *ls,
    const struct list_record *p, const struct whole_list *w)
{
	struct slice name;
	bool found;
	int rc = find_confirming(ls, w, &found);
	struct whole_list other;

	if (rc != SQLITE_OK || !found)
		return rc;
	name = buf_slice(&ls->name);
	if (cmp_lists(w->at, w->list, buf_slice(&ls->name_at), name) < 0)
		return make_current(ls, w);
	rc = tracklist_pages_assess(&ls->pages, w->playlist, name, &ls->other);
	other = whole_of(p, name, &ls->other);
	return rc ? rc : make_current(ls, &other);
}

/* Assess a list with a record that came; if it is complete, make it current. */
static int assess_list(
    struct tracklists *ls, const struct list_record *p, struct slice list)
{
	struct list_status *j = &ls->status;
	struct whole_list w;
	int c, rc = tracklist_pages_assess(&ls->pages, p->playlist, list, j);

	if (rc != SQLITE_OK || !list_status_is_whole(j))
		return rc;
	w = whole_of(p, list, j);
	c = cmp_current(ls, w.at, w.list);
	if (c < 0)
		return SQLITE_OK;
	return j->state == LIST_COMPLETE ? make_current(ls, &w)
					 : make_confirmed_current(ls, p, &w);
}

/*
 * Store a record, and assess its list and those that follow it: a complete one
 * is not resumed.
 */
static int store_record(struct tracklists *ls, const struct list_record *p)
{
	struct query *q;
	bool changed;
	int rc = tracklist_pages_store(&ls->pages, p, &changed), end;

	ls->incomplete = true;
	if (rc == SQLITE_OK && changed)
		rc = assess_list(ls, p, p->list);
	if (rc != SQLITE_OK || !changed || ls->status.state == LIST_COMPLETE)
		return rc;
	q = tracklist_pages_followers(&ls->pages, p->playlist, p->list);
	while (rc == SQLITE_OK && query_step(q))
		rc = assess_list(ls, p, query_text(q, 0));
	end = query_end_run(q);
	return rc ? rc : end;
}

/*
 * A list with the name and time of the current one, which captures without a
 * run may have: the longer one wins, then the greater one.
 */
static int apply_same_list(struct tracklists *ls, const struct list_record *p,
    const struct whole_list *w)
{
	struct tracklist_position at = {.playlist = p->playlist, .src = p->src};
	int rc = tracklist_items_count(&ls->items, &at), cmp = -1;

	if (rc == SQLITE_OK && p->total == at.length)
		rc = tracklist_items_cmp(
		    &ls->items, &at, p->items, p->count, &cmp);
	else
		cmp = p->total > at.length ? 1 : -1;
	if (rc != SQLITE_OK)
		return rc;
	if (cmp == 0)
		cmp = slice_cmp(w->snapshot, buf_slice(&ls->current_snapshot));
	if (cmp > 0)
		return make_current(ls, w);
	if (cmp < 0)
		return count_unchanged(ls, p);
	rc = tracklist_items_put(&ls->items, &at, p->items);
	return rc ? rc : source_again(ls, p, true, p->total);
}

/* A list of one page is complete: it does not wait. */
static int apply_single_page(struct tracklists *ls, const struct list_record *p)
{
	struct whole_list w = {.playlist = p->playlist,
	    .list = p->list,
	    .at = p->at,
	    .snapshot = p->snapshot,
	    .src = p->src,
	    .page = p};
	int c = cmp_current(ls, p->at, p->list);

	if (c < 0)
		return count_unchanged(ls, p);
	return c == 0 ? apply_same_list(ls, p, &w) : make_current(ls, &w);
}

/* A first page of the time of the current list. */
static int write_source_of_page(
    struct tracklists *ls, const struct list_record *p)
{
	struct whole_list w = {
	    .playlist = p->playlist, .at = p->at, .src = p->src};

	if (p->kind != LIST_OP_PAGE || p->offset != 0 ||
	    !slice_eq(p->at, buf_slice(&ls->current_at)))
		return SQLITE_OK;
	return write_source(ls, &w, list_record_source(p));
}

/* Whether a record is of the current list, of which no page is stored. */
static int is_current(
    struct tracklists *ls, const struct list_record *p, bool *yes)
{
	struct query *q;

	*yes = ls->current_at.n > 0 && !p->follows.p &&
	       slice_eq(p->list, buf_slice(&ls->current_list));
	if (!*yes)
		return SQLITE_OK;
	q = tracklist_pages_read(&ls->pages, p->playlist, p->list);
	*yes = !query_step(q);
	return query_end_run(q);
}

static int apply_record(struct tracklists *ls, const struct list_record *p)
{
	bool page = p->kind == LIST_OP_PAGE, again;
	int rc = tracklist_history_observe(&ls->history, p);

	if (rc == SQLITE_OK)
		rc = find_current(ls, p->playlist);
	if (rc == SQLITE_OK)
		rc = write_source_of_page(ls, p);
	if (rc != SQLITE_OK)
		return rc;
	if (page && p->offset == 0 && p->count == p->total && p->last &&
	    !p->check_due)
		return apply_single_page(ls, p);
	if (slice_cmp(p->at, buf_slice(&ls->current_at)) < 0) {
		/* Its list is older than the current one. */
		rc = tracklist_pages_drop(&ls->pages, p->playlist, p->list);
		return rc == SQLITE_OK ? count_unchanged(ls, p) : rc;
	}
	rc = is_current(ls, p, &again);
	if (rc != SQLITE_OK || !again)
		return rc ? rc : store_record(ls, p);
	return page ? reapply_page(ls, p) : SQLITE_OK;
}

/* A list is refused whole if a constraint of the user's forbids it. */
static int apply_or_reject(struct tracklists *ls, const struct list_record *p)
{
	struct applier *l = ls->applier;
	int rc = SQLITE_OK;

	buf_clear(&ls->items.why);
	if (!l->dry)
		rc = db_exec(l->db, "savepoint list");
	if (rc == SQLITE_OK)
		rc = apply_record(ls, p);
	if ((rc & 0xff) == SQLITE_CONSTRAINT && l->on_forbidden && !l->dry) {
		struct change c = {.kind = CHANGE_INSERT,
		    .table = ls->items.table,
		    .before = &ls->items.before,
		    .after = &ls->items.after,
		    .rows = 1,
		    .src = p->src ? p->src->text : LIST_NONE};

		l->on_forbidden(l->ctx, &c, buf_message(&ls->items.why));
		ls->known = false;
		rc = db_exec(l->db, "rollback to list");
	}
	if (rc == SQLITE_OK && !l->dry)
		rc = db_exec(l->db, "release list");
	return rc;
}

int tracklists_apply(struct tracklists *ls, const struct batch *b)
{
	int rc = b->list_records ? prepare(ls) : SQLITE_OK;

	/* Rows of playlists have been written since. */
	ls->known = false;
	for (const struct list_record *p = b->list_records;
	     p && rc == SQLITE_OK; p = p->next)
		rc = apply_or_reject(ls, p);
	return rc;
}

/* --- at the end ---------------------------------------------------------- */

static const char *reason(struct tracklists *ls, const struct list_status *j)
{
	switch (j->state) {
	case LIST_PARTIAL:
		buf_clear(&ls->why);
		buf_printf(&ls->why,
		    "%" PRId64 " of %" PRId64 " items were received", j->came,
		    j->total);
		return buf_message(&ls->why);
	case LIST_UNCHECKED: return "the final snapshot check is missing";
	case LIST_UNPROVEN:
		return "its length or snapshot changed while it was being fetched, "
		       "and no other fetch has the same items yet";
	default: return "the list changed while it was being fetched";
	}
}

/*
 * Whether a list is newer than the current one. Of those that resume one
 * request, and so have one time, none is.
 */
static bool is_newer(const struct tracklists *ls, struct slice list)
{
	struct slice at = buf_slice(&ls->status.at);
	bool resumes = !slice_eq(buf_slice(&ls->status.first), list);

	return resumes ? slice_cmp(at, buf_slice(&ls->current_at)) > 0
		       : cmp_current(ls, at, list) > 0;
}

/* Assess a list, and find whether there is nothing to report of it. */
static int needs_no_report(struct tracklists *ls, struct slice playlist,
    struct slice list, bool *needless)
{
	const struct list_status *j = &ls->status;
	int rc = find_current(ls, playlist);

	if (rc == SQLITE_OK)
		rc = tracklist_pages_assess(
		    &ls->pages, playlist, list, &ls->status);
	*needless = j->state == LIST_NO_FIRST_PAGE || !is_newer(ls, list);
	if (rc != SQLITE_OK || *needless || !list_status_is_whole(j))
		return rc;
	return tracklist_pages_agree(
	    &ls->pages, playlist, list, LIST_NONE, needless);
}

int tracklists_report_incomplete(struct tracklists *ls,
    void (*report)(void *ctx, struct slice playlist, struct slice list,
	const char *reason),
    void *ctx)
{
	struct query *q;
	bool needless;
	int rc = SQLITE_OK, end;

	if (!ls->incomplete)
		return SQLITE_OK;
	ls->known = false;
	q = tracklist_pages_incomplete(&ls->pages);
	while (rc == SQLITE_OK && query_step(q)) {
		struct slice playlist = query_text(q, 0);
		struct slice list = query_text(q, 1);

		rc = needs_no_report(ls, playlist, list, &needless);
		if (rc == SQLITE_OK && !needless)
			report(ctx, playlist, list, reason(ls, &ls->status));
	}
	end = query_end_run(q);
	return rc ? rc : end;
}

int tracklists_clear_seen(struct tracklists *ls)
{
	ls->incomplete = false;
	return ls->ready ? tracklist_pages_clear_seen(&ls->pages) : SQLITE_OK;
}

#include "merge/tracklist_pages.h"

#include "db/db.h"
#include "db/statements.h"

#define PAGE_TEXT_MAX ((size_t)1 << 30) /* of a value in SQLite */

enum {
	PAGES_STORE,
	PAGES_SOURCE,
	PAGES_SET_SOURCE,
	PAGES_ASSESS,
	PAGES_READ,
	PAGES_FIRST,
	PAGES_FOLLOWERS,
	PAGES_OTHERS,
	PAGES_AGREE,
	PAGES_AGREE_WITH_CURRENT,
	PAGES_DROP,
	PAGES_DROP_OLDER,
	PAGES_MARK_SEEN,
	PAGES_INCOMPLETE,
	PAGES_CLEAR_SEEN,
	PAGES_IS_COPIED,
	PAGES_COPY,
	PAGES_SET_COPIED
};

/* Those of a dry run are last. */
static const struct sql *const statements[TRACKLIST_PAGES_STATEMENTS] = {
    [PAGES_STORE] = &sql_pages_store,
    [PAGES_SOURCE] = &sql_pages_source,
    [PAGES_SET_SOURCE] = &sql_pages_set_source,
    [PAGES_ASSESS] = &sql_pages_assess,
    [PAGES_READ] = &sql_pages_read,
    [PAGES_FIRST] = &sql_pages_first,
    [PAGES_FOLLOWERS] = &sql_pages_followers,
    [PAGES_OTHERS] = &sql_pages_others,
    [PAGES_AGREE] = &sql_pages_agree,
    [PAGES_AGREE_WITH_CURRENT] = &sql_pages_agree_with_current,
    [PAGES_DROP] = &sql_pages_drop,
    [PAGES_DROP_OLDER] = &sql_pages_drop_older,
    [PAGES_MARK_SEEN] = &sql_pages_mark_seen,
    [PAGES_INCOMPLETE] = &sql_pages_incomplete,
    [PAGES_CLEAR_SEEN] = &sql_pages_clear_seen,
    [PAGES_IS_COPIED] = &sql_pages_is_copied,
    [PAGES_COPY] = &sql_pages_copy,
    [PAGES_SET_COPIED] = &sql_pages_set_copied,
};

static int prepare(struct query *q, sqlite3 *db, const struct sql *sql)
{
	query_prepare_persistent(q, db, sql);
	return q->rc;
}

int tracklist_pages_init(
    struct tracklist_pages *lp, sqlite3 *db, struct sources *sources, bool dry)
{
	int rc;

	*lp =
	    (struct tracklist_pages){.db = db, .sources = sources, .dry = dry};
	rc = query_exec(db, &sql_pages_create_seen);
	if (rc == SQLITE_OK && dry)
		rc = query_exec(db, &sql_pages_create_copied);
	if (rc == SQLITE_OK && dry)
		rc = query_exec(db, &sql_pages_create_copy);
	for (int i = 0; i < TRACKLIST_PAGES_STATEMENTS && rc == SQLITE_OK; i++)
		if (dry || i < PAGES_IS_COPIED)
			rc = prepare(&lp->queries[i], db, statements[i]);
	return rc;
}

void tracklist_pages_release(struct tracklist_pages *lp)
{
	for (int i = 0; i < TRACKLIST_PAGES_STATEMENTS; i++)
		query_finish(&lp->queries[i]);
}

/* Bind a playlist and, if it is not LIST_NONE, a list. */
static struct query *bind_list(struct tracklist_pages *lp, int which,
    struct slice playlist, struct slice list)
{
	struct query *q = &lp->queries[which];

	query_bind_text(q, ":playlist", playlist);
	if (list.p)
		query_bind_text(q, ":list", list);
	return q;
}

static int run(struct query *q)
{
	query_run(q);
	return query_end_run(q);
}

/* Run a statement about a playlist and, where there is one, a list. */
static int run_statement(struct tracklist_pages *lp, int which,
    struct slice playlist, struct slice list)
{
	return run(bind_list(lp, which, playlist, list));
}

/* Whether a query has a row. */
static int has_row(struct query *q, bool *yes)
{
	*yes = query_step(q);
	return query_end_run(q);
}

int tracklist_pages_copy(
    struct tracklist_pages *lp, struct slice playlist, bool *first)
{
	bool copied;
	int rc = has_row(
	    bind_list(lp, PAGES_IS_COPIED, playlist, LIST_NONE), &copied);

	*first = !copied;
	if (rc != SQLITE_OK || copied)
		return rc;
	rc = run_statement(lp, PAGES_COPY, playlist, LIST_NONE);
	return rc == SQLITE_OK
		   ? run_statement(lp, PAGES_SET_COPIED, playlist, LIST_NONE)
		   : rc;
}

/* Bind the key of a record, its total and its items. */
static struct query *bind_content(
    struct tracklist_pages *lp, int which, const struct list_record *p)
{
	struct query *q = &lp->queries[which];
	bool page = p->kind == LIST_OP_PAGE;

	sqlite3_clear_bindings(q->stmt);
	bind_list(lp, which, p->playlist, p->list);
	query_bind_int(q, ":offset", page ? p->offset : -1);
	if (page) {
		query_bind_int(q, ":total", p->total);
		query_bind_text(q, ":items", p->items);
	}
	return q;
}

/* Bind all of a record but its source. */
static struct query *bind_record(
    struct tracklist_pages *lp, const struct list_record *p)
{
	struct query *q = bind_content(lp, PAGES_STORE, p);

	query_bind_text(q, ":snapshot", p->snapshot);
	query_bind_text(q, ":at", p->at);
	query_bind_text(q, ":follows", p->follows);
	if (p->kind != LIST_OP_PAGE)
		return q;
	query_bind_int(q, ":count", p->count);
	if (p->check_due)
		query_bind_int(q, ":check_due", 1);
	query_bind_int(q, ":is_last", p->last);
	return q;
}

/*
 * The source to store with a record, whichever wins: if the stored one has the
 * same items, the smaller of `*was`, which is the stored one's, and its own.
 */
static int find_source(struct tracklist_pages *lp, const struct list_record *p,
    int64_t *was, int64_t *source)
{
	struct query *q = bind_content(lp, PAGES_SOURCE, p);
	bool found = query_step(q);
	int rc;

	*source = list_record_source(p);
	*was = found && query_is_null(q, 0) ? SOURCE_UNKNOWN
	       : found			    ? query_int(q, 0)
					    : *source;
	rc = query_end_run(q);
	if (*was != *source)
		*source = sources_first(lp->sources, *was, *source);
	return rc ? rc : lp->sources->rc;
}

static int set_source(
    struct tracklist_pages *lp, const struct list_record *p, int64_t source)
{
	struct query *q = bind_list(lp, PAGES_SET_SOURCE, p->playlist, p->list);

	query_bind_int(q, ":offset", p->kind == LIST_OP_PAGE ? p->offset : -1);
	query_bind_int(q, ":source", source);
	return run(q);
}

int tracklist_pages_store(
    struct tracklist_pages *lp, const struct list_record *p, bool *changed)
{
	int64_t was, source;
	int rc = find_source(lp, p, &was, &source);
	int before = sqlite3_total_changes(lp->db);
	struct query *q = bind_record(lp, p);

	query_bind_int(q, ":source", source);
	if (rc == SQLITE_OK)
		rc = run(q);
	if (rc == SQLITE_OK && was != source &&
	    sqlite3_total_changes(lp->db) == before)
		rc = set_source(lp, p, source);
	*changed = sqlite3_total_changes(lp->db) != before;
	return rc == SQLITE_OK
		   ? run_statement(lp, PAGES_MARK_SEEN, p->playlist, p->list)
		   : rc;
}

/* --- what has come of a list --------------------------------------------- */

void list_status_init(struct list_status *j)
{
	*j = (struct list_status){.at = BUF_INIT(PAGE_TEXT_MAX),
	    .snapshot = BUF_INIT(PAGE_TEXT_MAX),
	    .first = BUF_INIT(PAGE_TEXT_MAX),
	    .check_at = BUF_INIT(PAGE_TEXT_MAX),
	    .check_snapshot = BUF_INIT(PAGE_TEXT_MAX)};
}

void list_status_release(struct list_status *j)
{
	buf_release(&j->at);
	buf_release(&j->snapshot);
	buf_release(&j->first);
	buf_release(&j->check_at);
	buf_release(&j->check_snapshot);
}

bool list_status_is_whole(const struct list_status *j)
{
	return j->state == LIST_COMPLETE || j->state == LIST_UNCHECKED ||
	       j->state == LIST_UNPROVEN;
}

static void assess_check(struct list_status *j, struct query *q)
{
	j->check = true;
	buf_set(&j->check_snapshot, query_text(q, 3));
	buf_set(&j->check_at, query_text(q, 5));
}

static void assess_first(struct list_status *j, struct query *q)
{
	struct slice snapshot = query_text(q, 3);

	j->least = j->most = query_int(q, 2);
	j->has_snapshot = snapshot.p != NULL;
	j->check_differs = !slice_eq(snapshot, buf_slice(&j->check_snapshot));
	buf_set(&j->snapshot, snapshot);
	buf_set(&j->first, query_text(q, 7));
	buf_set(&j->at, query_text(q, 5));
}

/* Account for a page; they come in order, after the check. */
static void assess_page(struct list_status *j, struct query *q)
{
	int64_t offset = query_int(q, 0);
	int64_t count = query_int(q, 1);
	struct slice at = query_text(q, 5);

	if (offset < 0) {
		assess_check(j, q);
		return;
	}
	if (offset == 0 && j->first.n == 0)
		assess_first(j, q);
	j->total = query_int(q, 2);
	j->least = j->total < j->least ? j->total : j->least;
	j->most = j->total > j->most ? j->total : j->most;
	j->came += count;
	j->differs |= offset < j->end;
	if (offset == j->end) {
		j->end += count;
		j->ended = query_int(q, 6) != 0;
	} else {
		j->ended = false;
	}
	/* A resumed list was fetched over a longer time. */
	j->check_due |= query_int(q, 4) != 0 || query_int(q, 8) != 0;
	if (slice_cmp(at, buf_slice(&j->at)) < 0)
		buf_set(&j->at, at);
}

static enum list_state state(const struct list_status *j)
{
	if (j->first.n == 0)
		return LIST_NO_FIRST_PAGE;
	if (j->differs)
		return LIST_CHANGED;
	if (!j->ended || j->end < j->least)
		return LIST_PARTIAL;
	if (j->least != j->most || j->end != j->total)
		return LIST_UNPROVEN;
	if (!j->check_due)
		return LIST_COMPLETE;
	if (!j->check)
		return LIST_UNCHECKED;
	return j->check_differs ? LIST_UNPROVEN : LIST_COMPLETE;
}

static void list_status_clear(struct list_status *j)
{
	struct list_status was = *j;

	*j = (struct list_status){.at = was.at,
	    .snapshot = was.snapshot,
	    .first = was.first,
	    .check_at = was.check_at,
	    .check_snapshot = was.check_snapshot};
	buf_clear(&j->at);
	buf_clear(&j->first);
	buf_clear(&j->check_at);
	buf_clear(&j->check_snapshot);
}

int tracklist_pages_assess(struct tracklist_pages *lp, struct slice playlist,
    struct slice list, struct list_status *j)
{
	struct query *q = bind_list(lp, PAGES_ASSESS, playlist, list);
	int rc;

	list_status_clear(j);
	while (query_step(q))
		assess_page(j, q);
	rc = query_end_run(q);
	if (rc != SQLITE_OK)
		return rc;
	j->state = state(j);
	if (j->check && j->check_due &&
	    slice_cmp(buf_slice(&j->check_at), buf_slice(&j->at)) < 0)
		buf_set(&j->at, buf_slice(&j->check_at));
	return SQLITE_OK;
}

struct query *tracklist_pages_followers(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return bind_list(lp, PAGES_FOLLOWERS, playlist, list);
}

struct query *tracklist_pages_others(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return bind_list(lp, PAGES_OTHERS, playlist, list);
}

struct query *tracklist_pages_read(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return bind_list(lp, PAGES_READ, playlist, list);
}

struct query *tracklist_pages_first(
    struct tracklist_pages *lp, struct slice playlist, struct slice at)
{
	struct query *q = bind_list(lp, PAGES_FIRST, playlist, LIST_NONE);

	query_bind_text(q, ":at", at);
	return q;
}

int tracklist_pages_agree(struct tracklist_pages *lp, struct slice playlist,
    struct slice list, struct slice other, bool *agree)
{
	struct query *q = bind_list(lp,
	    other.p ? PAGES_AGREE : PAGES_AGREE_WITH_CURRENT, playlist, list);

	if (other.p)
		query_bind_text(q, ":other", other);
	return has_row(q, agree);
}

int tracklist_pages_drop(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return run_statement(lp, PAGES_DROP, playlist, list);
}

int tracklist_pages_drop_older(struct tracklist_pages *lp,
    struct slice playlist, struct slice list, struct slice at)
{
	struct query *q = bind_list(lp, PAGES_DROP_OLDER, playlist, LIST_NONE);

	query_bind_text(q, ":list", list);
	query_bind_text(q, ":at", at);
	return run(q);
}

struct query *tracklist_pages_incomplete(struct tracklist_pages *lp)
{
	return &lp->queries[PAGES_INCOMPLETE];
}

int tracklist_pages_clear_seen(struct tracklist_pages *lp)
{
	return run(&lp->queries[PAGES_CLEAR_SEEN]);
}

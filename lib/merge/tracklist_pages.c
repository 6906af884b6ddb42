#include "merge/tracklist_pages.h"

#include "db/db.h"
#include "merge/tracklist_sql.h"

#define PAGE_TEXT_MAX ((size_t)1 << 30) /* of a value in SQLite */

enum {
	PAGES_STORE,
	SOURCE,
	SET_SOURCE,
	PAGES_ASSESS,
	PAGES_READ,
	PAGES_FOLLOWERS,
	PAGES_OTHERS,
	PAGES_AGREE,
	PAGES_AS_STORED,
	PAGES_DROP,
	PAGES_DROP_OLDER,
	PAGES_MARK_SEEN,
	PAGES_INCOMPLETE,
	PAGES_CLEAR_SEEN,
	PAGES_IS_COPIED,
	PAGES_COPY,
	PAGES_COPIED
};

/* A list and those that it follows, each as `name`; both are parameters. */
#define CHAIN(playlist, list)                                       \
	"with recursive chain (name) as (values (" list ")"         \
	" union select p.follows from $playlist_pages p join chain" \
	" on p.list = name where p.playlist_id = " playlist         \
	" and p.follows is not null) "

/* The items of a list as one array. */
#define ITEMS(playlist, list)                                                \
	"(" CHAIN(playlist,                                                  \
	    list) "select '[' || coalesce("                                  \
		  "group_concat(value), '') || ']' from (select i.value as " \
		  "value"                                                    \
		  " from $playlist_pages p, json_each(p.items_json) i"       \
		  " where p.playlist_id = " playlist                         \
		  " and p.list in (select name from chain)"                  \
		  " order by p.page_offset, i.key))"

/* The content of a record, and of the stored row. */
#define SAID                                                             \
	"(coalesce(?5, -1), coalesce(items_cmp(?9, items_json), 0), ?8," \
	" coalesce(?6, ''), coalesce(?7, 0), coalesce(?11, 0),"          \
	" coalesce(?10, ''))"
#define KEPT                                                           \
	"(coalesce(total, -1), 0, told_at, coalesce(snapshot_id, '')," \
	" coalesce(check_due, 0), coalesce(is_last, 0),"               \
	" coalesce(follows, ''))"
#define OF_PART " playlist_id = ?1 and list = ?2 and page_offset = ?3"

/* Of two pages under one key, which do not come from sp, the greater one. */
static const char *const texts[TRACKLIST_PAGES_STATEMENTS] = {
    [PAGES_STORE] =
	"insert into $playlist_pages (playlist_id, list, page_offset,"
	" item_count, total, snapshot_id, check_due, told_at, items_json,"
	" follows, is_last, row_source)"
	" values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	" on conflict (playlist_id, list, page_offset) do update"
	" set item_count = ?4, total = ?5, snapshot_id = ?6,"
	" check_due = ?7, told_at = ?8, items_json = ?9, follows = ?10,"
	" is_last = ?11, row_source = ?12 where " SAID " > " KEPT,
    [SOURCE] = "select row_source from $playlist_pages where" OF_PART
	       " and " SAID " = " KEPT,
    [SET_SOURCE] = "update $playlist_pages set row_source = ?4"
		   " where" OF_PART,
    [PAGES_ASSESS] = CHAIN("?1",
	"?2") "select page_offset, item_count, total,"
	      " snapshot_id, check_due, told_at, is_last, list, list <> ?2"
	      " from $playlist_pages where playlist_id = ?1"
	      " and list in (select name from chain)"
	      " order by page_offset, list",
    [PAGES_READ] = CHAIN("?1",
	"?2") "select items_json, page_offset, row_source"
	      " from $playlist_pages"
	      " where playlist_id = ?1 and list in (select name from chain)"
	      " and page_offset >= 0 order by page_offset",
    [PAGES_FOLLOWERS] = "with recursive f (name) as (values (?2) union"
			" select p.list from $playlist_pages p join f"
			" on p.follows = name where p.playlist_id = ?1)"
			" select name from f order by 1 desc",
    [PAGES_OTHERS] = "select distinct list from $playlist_pages"
		     " where playlist_id = ?1 and list <> ?2 order by 1",
    [PAGES_AGREE] = "select 1 where items_cmp(" ITEMS("?1", "?2") ", " ITEMS(
	"?1", "?3") ") = 0",
    [PAGES_AS_STORED] = "select 1 where items_cmp(" ITEMS(
	"?1", "?2") ", " LIST_STORED("?1", "0", "1e18") ") = 0",
    [PAGES_DROP] = "delete from $playlist_pages"
		   " where playlist_id = ?1 and list = ?2",
    /* One that resumed another shares pages with it, and may come again. */
    [PAGES_DROP_OLDER] = "delete from $playlist_pages where playlist_id = ?1"
			 " and (list in (select list from $playlist_pages"
			 " where playlist_id = ?1 group by list having"
			 " coalesce(min(case when page_offset >= 0 then told_at"
			 " end), min(told_at)) < ?3)"
			 " or (list = ?2 and follows is null))",
    [PAGES_MARK_SEEN] =
	"insert or ignore into temp.lists_of_run values (?1, ?2)",
    [PAGES_INCOMPLETE] =
	"select playlist_id, list from temp.lists_of_run r"
	" where not exists (select 1 from $playlist_pages p"
	" where p.playlist_id = r.playlist_id and p.follows = r.list)"
	" order by 1, 2",
    [PAGES_CLEAR_SEEN] = "delete from temp.lists_of_run",
    [PAGES_IS_COPIED] =
	"select 1 from temp.lists_copied where playlist_id = ?1",
    [PAGES_COPY] = "insert into $playlist_pages select playlist_id, list,"
		   " page_offset, item_count, total, snapshot_id, check_due,"
		   " told_at, items_json, follows, is_last, row_source"
		   " from playlist_pages where playlist_id = ?1",
    [PAGES_COPIED] = "insert into temp.lists_copied values (?1)",
};

static const char run_table[] =
    "create temp table if not exists lists_of_run (playlist_id text,"
    " list text, primary key (playlist_id, list)) without rowid";

/* A dry run writes to copies of the stored rows, made by playlist. */
static const char dry_tables[] =
    "create temp table lists_copied (playlist_id text primary key)"
    " without rowid;"
    "create temp table dry_playlist_pages (playlist_id, list, page_offset,"
    " item_count, total, snapshot_id, check_due, told_at, items_json,"
    " follows, is_last, row_source,"
    " primary key (playlist_id, list, page_offset)) without rowid";

int tracklist_pages_init(
    struct tracklist_pages *lp, sqlite3 *db, struct sources *sources, bool dry)
{
	int rc;

	*lp =
	    (struct tracklist_pages){.db = db, .sources = sources, .dry = dry};
	rc = db_exec(db, run_table);
	if (rc == SQLITE_OK && dry)
		rc = db_exec(db, dry_tables);
	for (int i = 0; i < TRACKLIST_PAGES_STATEMENTS && rc == SQLITE_OK; i++)
		if (dry || i < PAGES_IS_COPIED)
			rc = tracklist_sql_prepare(
			    db, dry, texts[i], &lp->statements[i]);
	return rc;
}

void tracklist_pages_release(struct tracklist_pages *lp)
{
	for (int i = 0; i < TRACKLIST_PAGES_STATEMENTS; i++)
		sqlite3_finalize(lp->statements[i]);
}

/* Run a statement about a playlist and, where there is one, a list. */
static int run_statement(struct tracklist_pages *lp, int which,
    struct slice playlist, struct slice list)
{
	return db_run(
	    tracklist_sql_bind(lp->statements[which], playlist, list));
}

int tracklist_pages_copy(
    struct tracklist_pages *lp, struct slice playlist, bool *first)
{
	bool copied;
	int rc = tracklist_sql_exists(
	    tracklist_sql_bind(
		lp->statements[PAGES_IS_COPIED], playlist, LIST_NONE),
	    &copied);

	*first = !copied;
	if (rc != SQLITE_OK || copied)
		return rc;
	rc = run_statement(lp, PAGES_COPY, playlist, LIST_NONE);
	return rc == SQLITE_OK
		   ? run_statement(lp, PAGES_COPIED, playlist, LIST_NONE)
		   : rc;
}

/* Bind all of a record but its source. */
static sqlite3_stmt *bind_part(
    struct tracklist_pages *lp, int which, const struct list_record *p)
{
	sqlite3_stmt *s =
	    tracklist_sql_bind(lp->statements[which], p->playlist, p->list);
	bool page = p->kind == LIST_OP_PAGE;

	for (int i = 3; i <= 11; i++)
		sqlite3_bind_null(s, i);
	sqlite3_bind_int64(s, 3, page ? p->offset : -1);
	db_bind_text(s, 6, p->snapshot);
	db_bind_text(s, 8, p->at);
	db_bind_text(s, 10, p->follows);
	if (page) {
		sqlite3_bind_int64(s, 4, p->count);
		sqlite3_bind_int64(s, 5, p->total);
		if (p->check_due)
			sqlite3_bind_int(s, 7, 1);
		db_bind_text(s, 9, p->items);
		sqlite3_bind_int(s, 11, p->last);
	}
	return s;
}

/* A stored record came again: the smaller source is stored. */
static int keep_source(struct tracklist_pages *lp, const struct list_record *p)
{
	sqlite3_stmt *s = bind_part(lp, SOURCE, p);
	int64_t was = SOURCE_UNKNOWN, source = list_record_source(p);
	int rc = sqlite3_step(s);

	if (rc == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL)
		was = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? SQLITE_OK : rc;
	if (was == source || sources_first(lp->sources, was, source) == was)
		return lp->sources->rc;
	s = tracklist_sql_bind(
	    lp->statements[SET_SOURCE], p->playlist, p->list);
	sqlite3_bind_int64(s, 3, p->kind == LIST_OP_PAGE ? p->offset : -1);
	sqlite3_bind_int64(s, 4, source);
	return db_run(s);
}

int tracklist_pages_store(
    struct tracklist_pages *lp, const struct list_record *p, bool *changed)
{
	sqlite3_stmt *s = bind_part(lp, PAGES_STORE, p);
	int rc, before = sqlite3_total_changes(lp->db);

	sqlite3_bind_int64(s, 12, list_record_source(p));
	rc = db_run(s);
	*changed = sqlite3_total_changes(lp->db) != before;
	if (rc == SQLITE_OK && !*changed)
		rc = keep_source(lp, p);
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

static void assess_check(struct list_status *j, sqlite3_stmt *s)
{
	j->check = true;
	buf_set(&j->check_snapshot, tracklist_sql_text(s, 3));
	buf_set(&j->check_at, tracklist_sql_text(s, 5));
}

static void assess_first(struct list_status *j, sqlite3_stmt *s)
{
	struct slice snapshot = tracklist_sql_text(s, 3);

	j->least = j->most = sqlite3_column_int64(s, 2);
	j->has_snapshot = snapshot.p != NULL;
	j->check_differs = !slice_eq(snapshot, buf_slice(&j->check_snapshot));
	buf_set(&j->snapshot, snapshot);
	buf_set(&j->first, tracklist_sql_text(s, 7));
	buf_set(&j->at, tracklist_sql_text(s, 5));
}

/* Account for a page; they come in order, after the check. */
static void assess_page(struct list_status *j, sqlite3_stmt *s)
{
	int64_t offset = sqlite3_column_int64(s, 0);
	int64_t count = sqlite3_column_int64(s, 1);
	struct slice at = tracklist_sql_text(s, 5);

	if (offset < 0) {
		assess_check(j, s);
		return;
	}
	if (offset == 0 && j->first.n == 0)
		assess_first(j, s);
	j->total = sqlite3_column_int64(s, 2);
	j->least = j->total < j->least ? j->total : j->least;
	j->most = j->total > j->most ? j->total : j->most;
	j->came += count;
	j->differs |= offset < j->end;
	if (offset == j->end) {
		j->end += count;
		j->ended = sqlite3_column_int(s, 6) != 0;
	} else {
		j->ended = false;
	}
	/* A resumed list was fetched over a longer time. */
	j->check_due |=
	    sqlite3_column_int(s, 4) != 0 || sqlite3_column_int(s, 8) != 0;
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
	sqlite3_stmt *s =
	    tracklist_sql_bind(lp->statements[PAGES_ASSESS], playlist, list);
	int rc;

	list_status_clear(j);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		assess_page(j, s);
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		return rc;
	j->state = state(j);
	if (j->check && j->check_due &&
	    slice_cmp(buf_slice(&j->check_at), buf_slice(&j->at)) < 0)
		buf_set(&j->at, buf_slice(&j->check_at));
	return SQLITE_OK;
}

sqlite3_stmt *tracklist_pages_followers(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return tracklist_sql_bind(
	    lp->statements[PAGES_FOLLOWERS], playlist, list);
}

sqlite3_stmt *tracklist_pages_others(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return tracklist_sql_bind(lp->statements[PAGES_OTHERS], playlist, list);
}

sqlite3_stmt *tracklist_pages_read(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return tracklist_sql_bind(lp->statements[PAGES_READ], playlist, list);
}

int tracklist_pages_agree(struct tracklist_pages *lp, struct slice playlist,
    struct slice list, struct slice other, bool *agree)
{
	sqlite3_stmt *s =
	    lp->statements[other.p ? PAGES_AGREE : PAGES_AS_STORED];

	tracklist_sql_bind(s, playlist, list);
	if (other.p)
		db_bind_text(s, 3, other);
	return tracklist_sql_exists(s, agree);
}

int tracklist_pages_drop(
    struct tracklist_pages *lp, struct slice playlist, struct slice list)
{
	return run_statement(lp, PAGES_DROP, playlist, list);
}

int tracklist_pages_drop_older(struct tracklist_pages *lp,
    struct slice playlist, struct slice list, struct slice at)
{
	db_bind_text(lp->statements[PAGES_DROP_OLDER], 3, at);
	return run_statement(lp, PAGES_DROP_OLDER, playlist, list);
}

sqlite3_stmt *tracklist_pages_incomplete(struct tracklist_pages *lp)
{
	return lp->statements[PAGES_INCOMPLETE];
}

int tracklist_pages_clear_seen(struct tracklist_pages *lp)
{
	return db_run(lp->statements[PAGES_CLEAR_SEEN]);
}

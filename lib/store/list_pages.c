#include "store/list_pages.h"

#include "store/db.h"
#include "store/list_sql.h"

#define TEXT_MAX ((size_t)1 << 30) /* what SQLite takes in one value */

enum {
	KEEP,
	JUDGE,
	READ,
	FOLLOWERS,
	OTHERS,
	AGREE,
	AS_STORED,
	DROP,
	DROP_OLDER,
	NOTE,
	WAITING,
	FORGET,
	IS_COPIED,
	COPY,
	COPIED
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

/* Of two pages under one key, which do not come from sp, the greater one. */
static const char *const texts[LIST_PAGES_STATEMENTS] = {
    [KEEP] = "insert into $playlist_pages (playlist_id, list, page_offset,"
	     " item_count, total, snapshot_id, check_due, told_at, items_json,"
	     " follows, is_last)"
	     " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
	     " on conflict (playlist_id, list, page_offset) do update"
	     " set item_count = ?4, total = ?5, snapshot_id = ?6,"
	     " check_due = ?7, told_at = ?8, items_json = ?9, follows = ?10,"
	     " is_last = ?11"
	     " where (coalesce(?5, -1), coalesce(items_cmp(?9, items_json), 0),"
	     " ?8, coalesce(?6, ''), coalesce(?7, 0), coalesce(?11, 0),"
	     " coalesce(?10, '')) > (coalesce(total, -1), 0, told_at,"
	     " coalesce(snapshot_id, ''), coalesce(check_due, 0),"
	     " coalesce(is_last, 0), coalesce(follows, ''))",
    [JUDGE] = CHAIN("?1",
	"?2") "select page_offset, item_count, total,"
	      " snapshot_id, check_due, told_at, is_last, list, list <> ?2"
	      " from $playlist_pages where playlist_id = ?1"
	      " and list in (select name from chain)"
	      " order by page_offset, list",
    [READ] = CHAIN("?1",
	"?2") "select items_json from $playlist_pages"
	      " where playlist_id = ?1 and list in (select name from chain)"
	      " and page_offset >= 0 order by page_offset",
    [FOLLOWERS] = "with recursive f (name) as (values (?2) union"
		  " select p.list from $playlist_pages p join f"
		  " on p.follows = name where p.playlist_id = ?1)"
		  " select name from f order by 1 desc",
    [OTHERS] = "select distinct list from $playlist_pages"
	       " where playlist_id = ?1 and list <> ?2 order by 1",
    [AGREE] = "select 1 where items_cmp(" ITEMS("?1", "?2") ", " ITEMS(
	"?1", "?3") ") = 0",
    [AS_STORED] = "select 1 where items_cmp(" ITEMS(
	"?1", "?2") ", " LIST_STORED("?1", "0", "1e18") ") = 0",
    [DROP] = "delete from $playlist_pages"
	     " where playlist_id = ?1 and list = ?2",
    /* One that resumed another shares pages with it, and may be told again. */
    [DROP_OLDER] = "delete from $playlist_pages where playlist_id = ?1"
		   " and (list in (select list from $playlist_pages"
		   " where playlist_id = ?1 group by list having"
		   " coalesce(min(case when page_offset >= 0 then told_at"
		   " end), min(told_at)) < ?3)"
		   " or (list = ?2 and follows is null))",
    [NOTE] = "insert or ignore into temp.lists_of_run values (?1, ?2)",
    [WAITING] = "select playlist_id, list from temp.lists_of_run r"
		" where not exists (select 1 from $playlist_pages p"
		" where p.playlist_id = r.playlist_id and p.follows = r.list)"
		" order by 1, 2",
    [FORGET] = "delete from temp.lists_of_run",
    [IS_COPIED] = "select 1 from temp.lists_copied where playlist_id = ?1",
    [COPY] = "insert into $playlist_pages select playlist_id, list,"
	     " page_offset, item_count, total, snapshot_id, check_due,"
	     " told_at, items_json, follows, is_last"
	     " from playlist_pages where playlist_id = ?1",
    [COPIED] = "insert into temp.lists_copied values (?1)",
};

static const char run_table[] =
    "create temp table if not exists lists_of_run (playlist_id text,"
    " list text, primary key (playlist_id, list)) without rowid";

/* What a dry run writes to: copies of what stands, playlist by playlist. */
static const char dry_tables[] =
    "create temp table lists_copied (playlist_id text primary key)"
    " without rowid;"
    "create temp table dry_playlist_pages (playlist_id, list, page_offset,"
    " item_count, total, snapshot_id, check_due, told_at, items_json,"
    " follows, is_last,"
    " primary key (playlist_id, list, page_offset)) without rowid";

int list_pages_init(struct list_pages *lp, sqlite3 *db, bool dry)
{
	int rc;

	*lp = (struct list_pages){.db = db, .dry = dry};
	rc = store_exec(db, run_table);
	if (rc == SQLITE_OK && dry)
		rc = store_exec(db, dry_tables);
	for (int i = 0; i < LIST_PAGES_STATEMENTS && rc == SQLITE_OK; i++)
		if (dry || i < IS_COPIED)
			rc =
			    list_prepare(db, dry, texts[i], &lp->statements[i]);
	return rc;
}

void list_pages_release(struct list_pages *lp)
{
	for (int i = 0; i < LIST_PAGES_STATEMENTS; i++)
		sqlite3_finalize(lp->statements[i]);
}

/* Run a statement about a playlist and, where there is one, a list. */
static int run(
    struct list_pages *lp, int which, struct slice playlist, struct slice list)
{
	return list_run(list_bind(lp->statements[which], playlist, list));
}

int list_pages_copy(struct list_pages *lp, struct slice playlist, bool *first)
{
	bool copied;
	int rc = list_ask(
	    list_bind(lp->statements[IS_COPIED], playlist, LIST_NONE), &copied);

	*first = !copied;
	if (rc != SQLITE_OK || copied)
		return rc;
	rc = run(lp, COPY, playlist, LIST_NONE);
	return rc == SQLITE_OK ? run(lp, COPIED, playlist, LIST_NONE) : rc;
}

int list_pages_keep(struct list_pages *lp, const struct part *p, bool *changed)
{
	sqlite3_stmt *s = list_bind(lp->statements[KEEP], p->playlist, p->list);
	bool page = p->kind == PART_PAGE;
	int rc, before = sqlite3_total_changes(lp->db);

	for (int i = 3; i <= 11; i++)
		sqlite3_bind_null(s, i);
	sqlite3_bind_int64(s, 3, page ? p->offset : -1);
	store_bind(s, 6, p->snapshot);
	store_bind(s, 8, p->at);
	store_bind(s, 10, p->follows);
	if (page) {
		sqlite3_bind_int64(s, 4, p->count);
		sqlite3_bind_int64(s, 5, p->total);
		if (p->check_due)
			sqlite3_bind_int(s, 7, 1);
		store_bind(s, 9, p->items);
		sqlite3_bind_int(s, 11, p->last);
	}
	rc = list_run(s);
	*changed = sqlite3_total_changes(lp->db) != before;
	return rc == SQLITE_OK ? run(lp, NOTE, p->playlist, p->list) : rc;
}

/* --- what has come of a list --------------------------------------------- */

void list_judged_init(struct list_judged *j)
{
	*j = (struct list_judged){.at = BUF_INIT(TEXT_MAX),
	    .snapshot = BUF_INIT(TEXT_MAX),
	    .first = BUF_INIT(TEXT_MAX),
	    .check_at = BUF_INIT(TEXT_MAX),
	    .check_snapshot = BUF_INIT(TEXT_MAX)};
}

void list_judged_release(struct list_judged *j)
{
	buf_release(&j->at);
	buf_release(&j->snapshot);
	buf_release(&j->first);
	buf_release(&j->check_at);
	buf_release(&j->check_snapshot);
}

bool list_is_whole(const struct list_judged *j)
{
	return j->verdict == LIST_COMPLETE || j->verdict == LIST_UNCHECKED ||
	       j->verdict == LIST_UNPROVEN;
}

static bool copy(struct buf *to, struct slice s)
{
	buf_clear(to);
	return buf_put_slice(to, s);
}

static bool judge_check(struct list_judged *j, sqlite3_stmt *s)
{
	j->check = true;
	return copy(&j->check_snapshot, list_text(s, 3)) &&
	       copy(&j->check_at, list_text(s, 5));
}

static bool judge_first(struct list_judged *j, sqlite3_stmt *s)
{
	struct slice snapshot = list_text(s, 3);

	j->least = j->most = sqlite3_column_int64(s, 2);
	j->has_snapshot = snapshot.p != NULL;
	j->check_differs = !slice_eq(snapshot, buf_slice(&j->check_snapshot));
	return copy(&j->snapshot, snapshot) &&
	       copy(&j->first, list_text(s, 7)) &&
	       copy(&j->at, list_text(s, 5));
}

/* Take a page into account; they come in order, the check before them. */
static bool judge_page(struct list_judged *j, sqlite3_stmt *s)
{
	int64_t offset = sqlite3_column_int64(s, 0);
	int64_t count = sqlite3_column_int64(s, 1);
	struct slice at = list_text(s, 5);

	if (offset < 0)
		return judge_check(j, s);
	if (offset == 0 && j->first.n == 0 && !judge_first(j, s))
		return false;
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
	/* What was resumed was read over a longer time. */
	j->check_due |=
	    sqlite3_column_int(s, 4) != 0 || sqlite3_column_int(s, 8) != 0;
	return slice_cmp(at, buf_slice(&j->at)) >= 0 || copy(&j->at, at);
}

static enum list_verdict verdict(const struct list_judged *j)
{
	if (j->first.n == 0)
		return LIST_NOTHING;
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

static void forget_judged(struct list_judged *j)
{
	struct list_judged was = *j;

	*j = (struct list_judged){.at = was.at,
	    .snapshot = was.snapshot,
	    .first = was.first,
	    .check_at = was.check_at,
	    .check_snapshot = was.check_snapshot};
	buf_clear(&j->at);
	buf_clear(&j->first);
	buf_clear(&j->check_at);
	buf_clear(&j->check_snapshot);
}

int list_pages_judge(struct list_pages *lp, struct slice playlist,
    struct slice list, struct list_judged *j)
{
	sqlite3_stmt *s = list_bind(lp->statements[JUDGE], playlist, list);
	int rc;

	forget_judged(j);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (!judge_page(j, s)) {
			rc = SQLITE_TOOBIG;
			break;
		}
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		return rc;
	j->verdict = verdict(j);
	if (j->check && j->check_due &&
	    slice_cmp(buf_slice(&j->check_at), buf_slice(&j->at)) < 0 &&
	    !copy(&j->at, buf_slice(&j->check_at)))
		return SQLITE_TOOBIG;
	return SQLITE_OK;
}

sqlite3_stmt *list_pages_followers(
    struct list_pages *lp, struct slice playlist, struct slice list)
{
	return list_bind(lp->statements[FOLLOWERS], playlist, list);
}

sqlite3_stmt *list_pages_others(
    struct list_pages *lp, struct slice playlist, struct slice list)
{
	return list_bind(lp->statements[OTHERS], playlist, list);
}

sqlite3_stmt *list_pages_read(
    struct list_pages *lp, struct slice playlist, struct slice list)
{
	return list_bind(lp->statements[READ], playlist, list);
}

int list_pages_agree(struct list_pages *lp, struct slice playlist,
    struct slice list, struct slice other, bool *agree)
{
	sqlite3_stmt *s = lp->statements[other.p ? AGREE : AS_STORED];

	list_bind(s, playlist, list);
	if (other.p)
		store_bind(s, 3, other);
	return list_ask(s, agree);
}

int list_pages_drop(
    struct list_pages *lp, struct slice playlist, struct slice list)
{
	return run(lp, DROP, playlist, list);
}

int list_pages_done(struct list_pages *lp, struct slice playlist,
    struct slice list, struct slice at)
{
	store_bind(lp->statements[DROP_OLDER], 3, at);
	return run(lp, DROP_OLDER, playlist, list);
}

sqlite3_stmt *list_pages_waiting(struct list_pages *lp)
{
	return lp->statements[WAITING];
}

int list_pages_forget(struct list_pages *lp)
{
	return list_run(lp->statements[FORGET]);
}

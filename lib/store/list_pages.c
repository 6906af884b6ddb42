#include "store/list_pages.h"

#include "store/db.h"
#include "store/list_sql.h"

#define TEXT_MAX ((size_t)1 << 30) /* what SQLite takes in one value */

enum {
	KEEP,
	JUDGE,
	READ,
	DROP,
	DROP_OLDER,
	NOTE,
	DROPPED,
	IS_DROPPED,
	WAITING,
	FORGET,
	IS_COPIED,
	COPY,
	COPIED
};

static const char *const texts[LIST_PAGES_STATEMENTS] = {
    [KEEP] = "insert into $playlist_pages (playlist_id, list, page_offset,"
	     " item_count, total, snapshot_id, check_due, told_at, items_json)"
	     " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	     " on conflict (playlist_id, list, page_offset) do update"
	     " set item_count = ?4, total = ?5, snapshot_id = ?6,"
	     " check_due = ?7, told_at = ?8, items_json = ?9"
	     " where (?8, coalesce(?5, -1), coalesce(?9, ''),"
	     " coalesce(?6, ''), coalesce(?7, 0)) > (told_at,"
	     " coalesce(total, -1), coalesce(items_json, ''),"
	     " coalesce(snapshot_id, ''), coalesce(check_due, 0))",
    [JUDGE] = "select page_offset, item_count, total, snapshot_id, check_due,"
	      " told_at from $playlist_pages"
	      " where playlist_id = ?1 and list = ?2 order by page_offset",
    [READ] = "select page_offset, items_json from $playlist_pages"
	     " where playlist_id = ?1 and list = ?2 and page_offset >= 0"
	     " order by page_offset",
    [DROP] = "delete from $playlist_pages"
	     " where playlist_id = ?1 and list = ?2",
    [DROP_OLDER] = "delete from $playlist_pages where playlist_id = ?1"
		   " and list in (select list from $playlist_pages"
		   " where playlist_id = ?1 group by list having"
		   " (coalesce(min(case when page_offset >= 0 then told_at"
		   " end), min(told_at)), list) <= (?3, ?2) or list = ?2)",
    [NOTE] = "insert or ignore into temp.lists_of_run values (?1, ?2, 0)",
    [DROPPED] = "insert or replace into temp.lists_of_run values (?1, ?2, 1)",
    [IS_DROPPED] = "select 1 from temp.lists_of_run"
		   " where playlist_id = ?1 and list = ?2 and dropped",
    [WAITING] = "select playlist_id, list from temp.lists_of_run r"
		" where exists (select 1 from $playlist_pages p"
		" where p.playlist_id = r.playlist_id and p.list = r.list"
		" and page_offset >= 0) order by 1, 2",
    [FORGET] = "delete from temp.lists_of_run",
    [IS_COPIED] = "select 1 from temp.lists_copied where playlist_id = ?1",
    [COPY] = "insert into $playlist_pages select playlist_id, list,"
	     " page_offset, item_count, total, snapshot_id, check_due,"
	     " told_at, items_json from playlist_pages where playlist_id = ?1",
    [COPIED] = "insert into temp.lists_copied values (?1)",
};

static const char run_table[] =
    "create temp table if not exists lists_of_run (playlist_id text,"
    " list text, dropped integer,"
    " primary key (playlist_id, list)) without rowid";

/* What a dry run writes to: copies of what stands, playlist by playlist. */
static const char dry_tables[] =
    "create temp table lists_copied (playlist_id text primary key)"
    " without rowid;"
    "create temp table dry_playlist_pages (playlist_id, list, page_offset,"
    " item_count, total, snapshot_id, check_due, told_at, items_json,"
    " primary key (playlist_id, list, page_offset)) without rowid";

int list_pages_init(struct list_pages *lp, sqlite3 *db, bool dry)
{
	int rc;

	*lp = (struct list_pages){.db = db,
	    .dry = dry,
	    .at = BUF_INIT(TEXT_MAX),
	    .check_at = BUF_INIT(TEXT_MAX),
	    .snapshot = BUF_INIT(TEXT_MAX)};
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
	buf_release(&lp->at);
	buf_release(&lp->check_at);
	buf_release(&lp->snapshot);
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

int list_pages_keep(struct list_pages *lp, const struct part *p)
{
	sqlite3_stmt *s = list_bind(lp->statements[KEEP], p->playlist, p->list);
	bool page = p->kind == PART_PAGE;
	int rc;

	for (int i = 3; i <= 9; i++)
		sqlite3_bind_null(s, i);
	sqlite3_bind_int64(s, 3, page ? p->offset : -1);
	store_bind(s, 6, p->snapshot);
	store_bind(s, 8, p->at);
	if (page) {
		sqlite3_bind_int64(s, 4, p->count);
		sqlite3_bind_int64(s, 5, p->total);
		if (p->check_due)
			sqlite3_bind_int(s, 7, 1);
		store_bind(s, 9, p->items);
	}
	rc = list_run(s);
	return rc == SQLITE_OK ? run(lp, NOTE, p->playlist, p->list) : rc;
}

static bool copy(struct buf *to, struct slice s)
{
	buf_clear(to);
	return buf_put_slice(to, s);
}

static bool keep_snapshot(struct list_pages *lp, struct slice snapshot)
{
	lp->has_snapshot = snapshot.p != NULL;
	return copy(&lp->snapshot, snapshot);
}

/* Take a page into account; they come in order, the check before them. */
static bool judge_page(
    struct list_pages *lp, sqlite3_stmt *s, struct list_judged *j)
{
	int64_t offset = sqlite3_column_int64(s, 0);
	int64_t count = sqlite3_column_int64(s, 1);
	int64_t total = sqlite3_column_int64(s, 2);
	struct slice snapshot = list_text(s, 3), at = list_text(s, 5);

	if (offset < 0) {
		j->check = true;
		return keep_snapshot(lp, snapshot) && copy(&lp->check_at, at);
	}
	if (j->pages++ == 0) {
		j->total = total;
		j->check_differs =
		    j->check && !slice_eq(snapshot, buf_slice(&lp->snapshot));
		if (!keep_snapshot(lp, snapshot) || !copy(&lp->at, at))
			return false;
	}
	j->came += count;
	j->differs |=
	    total != j->total || offset < j->end || offset + count > total;
	if (offset == j->end)
		j->end += count;
	j->check_due |= sqlite3_column_int(s, 4) != 0;
	return slice_cmp(at, buf_slice(&lp->at)) >= 0 || copy(&lp->at, at);
}

static enum list_verdict verdict(const struct list_judged *j)
{
	if (j->pages == 0)
		return LIST_NOTHING;
	if (j->differs)
		return LIST_CHANGED;
	if (j->end < j->total)
		return LIST_PARTIAL;
	if (!j->check_due)
		return LIST_COMPLETE;
	if (!j->check)
		return LIST_UNCHECKED;
	return j->check_differs ? LIST_CHANGED : LIST_COMPLETE;
}

int list_pages_judge(struct list_pages *lp, struct slice playlist,
    struct slice list, struct list_judged *j)
{
	sqlite3_stmt *s = list_bind(lp->statements[JUDGE], playlist, list);
	int rc;

	*j = (struct list_judged){.verdict = LIST_NOTHING};
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (!judge_page(lp, s, j)) {
			rc = SQLITE_NOMEM;
			break;
		}
	sqlite3_reset(s);
	j->verdict = verdict(j);
	if (j->pages > 0) {
		j->at = buf_slice(&lp->at);
		if (j->check && j->check_due &&
		    slice_cmp(buf_slice(&lp->check_at), j->at) < 0)
			j->at = buf_slice(&lp->check_at);
		if (lp->has_snapshot)
			j->snapshot = buf_slice(&lp->snapshot);
	}
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

sqlite3_stmt *list_pages_read(
    struct list_pages *lp, struct slice playlist, struct slice list)
{
	return list_bind(lp->statements[READ], playlist, list);
}

int list_pages_drop(
    struct list_pages *lp, struct slice playlist, struct slice list)
{
	int rc = run(lp, DROP, playlist, list);

	return rc == SQLITE_OK ? run(lp, DROPPED, playlist, list) : rc;
}

int list_pages_is_dropped(struct list_pages *lp, struct slice playlist,
    struct slice list, bool *dropped)
{
	return list_ask(
	    list_bind(lp->statements[IS_DROPPED], playlist, list), dropped);
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

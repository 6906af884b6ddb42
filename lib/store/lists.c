#include "store/lists.h"

#include <inttypes.h>

#include "store/db.h"
#include "store/row.h"

#define TEXT_MAX ((size_t)1 << 30) /* what SQLite takes in one value */

/* Where the columns of playlist_tracks stand in lists.columns. */
enum { TRACKS_PLAYLIST = ITEM_COLUMNS, TRACKS_POSITION };

enum statement {
	KEEP,
	JUDGE,
	PAGES,
	DROP,
	DROP_OLDER,
	LENGTH,
	FIND,
	INSERT,
	UPDATE,
	BEYOND,
	CUT,
	NOTE,
	DROPPED,
	IS_DROPPED,
	WAITING,
	FORGET,
	IS_COPIED,
	COPY_PAGES,
	COPY_TRACKS,
	COPIED
};

/*
 * Of the same page told twice the newer stands, and at one time the greater.
 * A list that was dropped as older is older whichever of its pages comes.
 */
#define SAID                                                      \
	"told_at, coalesce(total, -1), coalesce(items_json, '')," \
	" coalesce(snapshot_id, ''), coalesce(check_due, 0)"

static const struct {
	const char *sql; /* $ stands for where the tables are written */
	bool dry;	 /* only for a dry run */
} texts[LISTS_STATEMENTS] = {
    [KEEP] = {"insert into $playlist_pages (playlist_id, list, page_offset,"
	      " item_count, total, snapshot_id, check_due, told_at, items_json)"
	      " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	      " on conflict (playlist_id, list, page_offset) do update"
	      " set item_count = ?4, total = ?5, snapshot_id = ?6,"
	      " check_due = ?7, told_at = ?8, items_json = ?9"
	      " where (?8, coalesce(?5, -1), coalesce(?9, ''),"
	      " coalesce(?6, ''), coalesce(?7, 0)) > (" SAID ")",
	false},
    [JUDGE] = {"select page_offset, item_count, total, snapshot_id, check_due,"
	       " told_at from $playlist_pages"
	       " where playlist_id = ?1 and list = ?2 order by page_offset",
	false},
    [PAGES] = {"select page_offset, items_json from $playlist_pages"
	       " where playlist_id = ?1 and list = ?2 and page_offset >= 0"
	       " order by page_offset",
	false},
    [DROP] = {"delete from $playlist_pages"
	      " where playlist_id = ?1 and list = ?2",
	false},
    [DROP_OLDER] = {"delete from $playlist_pages where playlist_id = ?1"
		    " and list in (select list from $playlist_pages"
		    " where playlist_id = ?1 group by list having"
		    " (coalesce(min(case when page_offset >= 0 then told_at"
		    " end), min(told_at)), list) <= (?3, ?2) or list = ?2)",
	false},
    [LENGTH] = {"select coalesce(max(position) + 1, 0) from $playlist_tracks"
		" where playlist_id = ?1",
	false},
    [FIND] = {"select track_id, uri, added_at, added_by, kind"
	      " from $playlist_tracks"
	      " where playlist_id = ?1 and position = ?2",
	false},
    [INSERT] = {"insert into $playlist_tracks (track_id, uri, added_at,"
		" added_by, kind, playlist_id, position)"
		" values (?, ?, ?, ?, ?, ?, ?)",
	false},
    [UPDATE] = {"update $playlist_tracks set track_id = ?, uri = ?,"
		" added_at = ?, added_by = ?, kind = ?"
		" where playlist_id = ? and position = ?",
	false},
    [BEYOND] = {"select track_id, uri, added_at, added_by, kind, position"
		" from $playlist_tracks"
		" where playlist_id = ?1 and position >= ?2 order by position",
	false},
    [CUT] = {"delete from $playlist_tracks"
	     " where playlist_id = ?1 and position >= ?2",
	false},
    [NOTE] = {"insert or ignore into temp.lists_of_run values (?1, ?2, 0)",
	false},
    [DROPPED] = {"insert or replace into temp.lists_of_run values (?1, ?2, 1)",
	false},
    [IS_DROPPED] = {"select 1 from temp.lists_of_run"
		    " where playlist_id = ?1 and list = ?2 and dropped",
	false},
    [WAITING] = {"select playlist_id, list from temp.lists_of_run r"
		 " where exists (select 1 from $playlist_pages p"
		 " where p.playlist_id = r.playlist_id and p.list = r.list"
		 " and page_offset >= 0) order by 1, 2",
	false},
    [FORGET] = {"delete from temp.lists_of_run", false},
    [IS_COPIED] = {"select 1 from temp.lists_copied where playlist_id = ?1",
	true},
    [COPY_PAGES] = {"insert into $playlist_pages select playlist_id, list,"
		    " page_offset, item_count, total, snapshot_id, check_due,"
		    " told_at, items_json from playlist_pages"
		    " where playlist_id = ?1",
	true},
    [COPY_TRACKS] = {"insert into $playlist_tracks select playlist_id,"
		     " position, track_id, uri, added_at, added_by, kind"
		     " from playlist_tracks where playlist_id = ?1",
	true},
    [COPIED] = {"insert into temp.lists_copied values (?1)", true},
};

static const char run_table[] =
    "create temp table if not exists lists_of_run (playlist_id text, list text,"
    " dropped integer, primary key (playlist_id, list)) without rowid";

/* What a dry run writes to: copies of what stands, playlist by playlist. */
static const char dry_tables[] =
    "create temp table lists_copied (playlist_id text primary key)"
    " without rowid;"
    "create temp table dry_playlist_pages (playlist_id, list, page_offset,"
    " item_count, total, snapshot_id, check_due, told_at, items_json,"
    " primary key (playlist_id, list, page_offset)) without rowid;"
    "create temp table dry_playlist_tracks (playlist_id, position, track_id,"
    " uri, added_at, added_by, kind,"
    " primary key (playlist_id, position)) without rowid";

void lists_init(struct lists *ls, struct loader *loader, struct tables *tables)
{
	*ls = (struct lists){.loader = loader,
	    .tables = tables,
	    .playlist = BUF_INIT(TEXT_MAX),
	    .held_at = BUF_INIT(TEXT_MAX),
	    .held_list = BUF_INIT(TEXT_MAX),
	    .list = BUF_INIT(TEXT_MAX),
	    .list_at = BUF_INIT(TEXT_MAX),
	    .snapshot = BUF_INIT(TEXT_MAX),
	    .why = BUF_INIT(TEXT_MAX)};
}

void lists_release(struct lists *ls)
{
	struct buf *bufs[] = {&ls->playlist, &ls->held_at, &ls->held_list,
	    &ls->list, &ls->list_at, &ls->snapshot, &ls->why};

	for (int i = 0; i < LISTS_STATEMENTS; i++)
		sqlite3_finalize(ls->statements[i]);
	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		buf_release(bufs[i]);
	arena_release(&ls->arena);
}

/* Prepare a statement, whose tables are the true ones or a dry run's. */
static int prepare_one(struct lists *ls, int which)
{
	struct buf sql = BUF_INIT(4096);
	int rc = SQLITE_NOMEM;

	for (const char *p = texts[which].sql; *p; p++) {
		if (*p == '$')
			buf_puts(&sql, ls->loader->dry ? "temp.dry_" : "main.");
		else
			buf_putc(&sql, *p);
	}
	if (buf_cstr(&sql))
		rc = sqlite3_prepare_v3(ls->loader->db, sql.p, -1,
		    SQLITE_PREPARE_PERSISTENT, &ls->statements[which], NULL);
	buf_release(&sql);
	return rc;
}

/* The tables that are merged here, by their names. */
static bool find_tables(struct lists *ls)
{
	struct table *t = tables_find(ls->tables, SLICE("playlist_tracks"));

	ls->tracks = t;
	ls->playlists = tables_find(ls->tables, SLICE("playlists"));
	ls->queue = tables_find(ls->tables, SLICE("playlist_ingest_queue"));
	if (!t || !ls->playlists || !ls->queue)
		return false;
	for (int i = 0; i < ITEM_COLUMNS; i++)
		ls->columns[i] =
		    (unsigned)table_column(t, slice_of(item_names[i]));
	ls->columns[TRACKS_PLAYLIST] =
	    (unsigned)table_column(t, SLICE("playlist_id"));
	ls->columns[TRACKS_POSITION] =
	    (unsigned)table_column(t, SLICE("position"));
	merge_nothing(t, &ls->before);
	merge_nothing(t, &ls->after);
	return true;
}

/* Have everything ready, once there is a list. */
static int prepare(struct lists *ls)
{
	int rc = SQLITE_OK;

	if (ls->statements[KEEP])
		return SQLITE_OK;
	if (!find_tables(ls))
		return SQLITE_NOMEM;
	rc = store_exec(ls->loader->db, run_table);
	if (rc == SQLITE_OK && ls->loader->dry)
		rc = store_exec(ls->loader->db, dry_tables);
	for (int i = LISTS_STATEMENTS - 1; i >= 0 && rc == SQLITE_OK; i--)
		if (ls->loader->dry || !texts[i].dry)
			rc = prepare_one(ls, i);
	return rc;
}

/* Bind a playlist and, where there is one, a list. */
static sqlite3_stmt *bind(
    struct lists *ls, enum statement which, struct slice a, struct slice b)
{
	sqlite3_stmt *s = ls->statements[which];

	store_bind(s, 1, a);
	if (b.p)
		store_bind(s, 2, b);
	return s;
}

/* Step a statement that writes, and have it ready for the next time. */
static int run(sqlite3_stmt *s)
{
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Whether a statement gives a row. */
static int ask(sqlite3_stmt *s, bool *yes)
{
	int rc = sqlite3_step(s);

	*yes = rc == SQLITE_ROW;
	sqlite3_reset(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

#define NO_LIST ((struct slice){NULL, 0})

/* Text of a row of results, until its statement is stepped. */
static struct slice column_text(sqlite3_stmt *s, int column)
{
	const void *p = sqlite3_column_blob(s, column);

	if (sqlite3_column_type(s, column) == SQLITE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){
	    p ? p : "", (size_t)sqlite3_column_bytes(s, column)};
}

/* A copy that tells nothing from "". */
static bool copy(struct buf *to, struct slice s)
{
	buf_clear(to);
	return buf_put_slice(to, s) && buf_cstr(to);
}

/* In a dry run, what stands of a playlist is copied before it is touched. */
static int copy_playlist(struct lists *ls, struct slice playlist)
{
	bool copied;
	int rc;

	if (!ls->loader->dry)
		return SQLITE_OK;
	rc = ask(bind(ls, IS_COPIED, playlist, NO_LIST), &copied);
	if (rc != SQLITE_OK || copied)
		return rc;
	rc = run(bind(ls, COPY_PAGES, playlist, NO_LIST));
	if (rc == SQLITE_OK)
		rc = run(bind(ls, COPY_TRACKS, playlist, NO_LIST));
	if (rc == SQLITE_OK)
		rc = run(bind(ls, COPIED, playlist, NO_LIST));
	return rc;
}

static struct value named(
    const struct table *t, const char *column, struct value v)
{
	v.column = (unsigned)table_column(t, slice_of(column));
	return v;
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
	    !copy(&ls->held_at,
		value_slice(
		    &row->values[table_column(t, SLICE("tracks_updated"))])) ||
	    !copy(&ls->held_list,
		value_slice(
		    &row->values[table_column(t, SLICE("tracks_list"))])))
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

/* --- what playlist_tracks holds ---------------------------------------- */

static void set_position(
    struct lists *ls, struct state *row, struct slice playlist, int64_t n)
{
	struct value v = {.type = VALUE_INT, .integer = n};

	row->values[ls->columns[TRACKS_PLAYLIST]] = value_text(playlist);
	row->values[ls->columns[TRACKS_POSITION]] = v;
}

/* The item of a row of results; its text lives as long as that does. */
static void read_item(struct lists *ls, sqlite3_stmt *s, struct state *row)
{
	for (int i = 0; i < ITEM_COLUMNS; i++)
		row->values[ls->columns[i]] = value_text(column_text(s, i));
	row->present = true;
}

static void tell_change(
    struct lists *ls, enum change_kind kind, struct slice src)
{
	struct change c = {.kind = kind,
	    .table = ls->tracks,
	    .before = &ls->before,
	    .after = &ls->after,
	    .rows = 1,
	    .src = src};

	if (ls->loader->on_change)
		ls->loader->on_change(ls->loader->ctx, &c);
}

/* Write the row of `after` by INSERT or UPDATE, whose parameters agree. */
static int write_item(struct lists *ls, enum statement which)
{
	sqlite3_stmt *s = ls->statements[which];
	int rc;

	for (int i = 0; i <= TRACKS_PLAYLIST; i++)
		store_bind(
		    s, i + 1, value_slice(&ls->after.values[ls->columns[i]]));
	sqlite3_bind_int64(s, TRACKS_POSITION + 1,
	    ls->after.values[ls->columns[TRACKS_POSITION]].integer);
	rc = run(s);
	/* The next call would have it forgotten. */
	if (rc != SQLITE_OK)
		buf_printf(&ls->why, "%s", sqlite3_errmsg(ls->loader->db));
	return rc;
}

struct place {
	struct slice playlist;
	int64_t position;
	int64_t held; /* how many items are held: beyond, none need be sought */
	bool told_twice; /* the greater values stand */
	struct slice src;
};

/* Put an item into its position. */
static int put_item(
    struct lists *ls, const struct place *at, const struct item *item)
{
	sqlite3_stmt *find = ls->statements[FIND];
	enum change_kind kind = CHANGE_INSERT;
	int rc = SQLITE_DONE;

	set_position(ls, &ls->before, at->playlist, at->position);
	set_position(ls, &ls->after, at->playlist, at->position);
	ls->before.present = false;
	ls->after.present = true;
	if (at->position < at->held) {
		store_bind(find, 1, at->playlist);
		sqlite3_bind_int64(find, 2, at->position);
		rc = sqlite3_step(find);
	}
	if (rc == SQLITE_ROW)
		read_item(ls, find, &ls->before);
	for (int i = 0; i < ITEM_COLUMNS; i++) {
		const struct value *was = &ls->before.values[ls->columns[i]];
		bool keep = at->told_twice && ls->before.present &&
			    value_cmp(was, &item->values[i]) > 0;

		ls->after.values[ls->columns[i]] =
		    keep ? *was : item->values[i];
	}
	if (rc == SQLITE_ROW)
		kind = merge_differs(ls->tracks, &ls->before, &ls->after)
			   ? CHANGE_UPDATE
			   : CHANGE_NONE;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		rc = kind == CHANGE_NONE
			 ? SQLITE_OK
			 : write_item(
			       ls, kind == CHANGE_INSERT ? INSERT : UPDATE);
	if (rc == SQLITE_OK)
		tell_change(ls, kind, at->src);
	sqlite3_reset(find);
	return rc;
}

/* Put the items of a page into their positions; leaves `at` behind them. */
static int put_items(struct lists *ls, struct place *at, struct slice items)
{
	int rc = SQLITE_OK, more;
	struct item item;
	struct json j;

	arena_clear(&ls->arena);
	buf_clear(&ls->why);
	if (!items_init(&j, items))
		return SQLITE_CORRUPT;
	while (rc == SQLITE_OK &&
	       (more = items_next(&j, &item, &ls->arena, &ls->why)) != 0) {
		if (more < 0)
			return SQLITE_CORRUPT;
		rc = put_item(ls, at, &item);
		at->position++;
	}
	return rc;
}

/* Take away what stands behind the end of a list. */
static int cut_items(struct lists *ls, const struct place *end)
{
	sqlite3_stmt *s = ls->statements[BEYOND];
	int rc;

	if (end->position >= end->held)
		return SQLITE_OK;
	ls->after.present = false;
	store_bind(s, 1, end->playlist);
	sqlite3_bind_int64(s, 2, end->position);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t n = sqlite3_column_int64(s, ITEM_COLUMNS);

		read_item(ls, s, &ls->before);
		set_position(ls, &ls->before, end->playlist, n);
		set_position(ls, &ls->after, end->playlist, n);
		tell_change(ls, CHANGE_DELETE, end->src);
	}
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		return rc;
	store_bind(ls->statements[CUT], 1, end->playlist);
	sqlite3_bind_int64(ls->statements[CUT], 2, end->position);
	return run(ls->statements[CUT]);
}

static int find_length(struct lists *ls, struct slice playlist, int64_t *length)
{
	sqlite3_stmt *s = bind(ls, LENGTH, playlist, NO_LIST);
	int rc = sqlite3_step(s);

	*length = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* --- a complete list --------------------------------------------------- */

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
	    (!copy(&ls->held_at, w->at) || !copy(&ls->held_list, w->list)))
		rc = SQLITE_NOMEM;
	return rc;
}

/* Put all items where those of the list held are. */
static int put_list(struct lists *ls, const struct whole *w)
{
	struct place at = {.playlist = w->playlist, .src = w->src};
	int rc = find_length(ls, w->playlist, &at.held);
	sqlite3_stmt *s;

	if (rc == SQLITE_OK && w->page) {
		rc = put_items(ls, &at, w->page->items);
	} else if (rc == SQLITE_OK) {
		s = bind(ls, PAGES, w->playlist, w->list);
		while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
			at.position = sqlite3_column_int64(s, 0);
			rc = put_items(ls, &at, column_text(s, 1));
			if (rc != SQLITE_OK)
				break;
		}
		sqlite3_reset(s);
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	return rc == SQLITE_OK ? cut_items(ls, &at) : rc;
}

static int hold(struct lists *ls, const struct whole *w)
{
	sqlite3_stmt *drop;
	int rc = put_list(ls, w);

	if (rc == SQLITE_OK)
		rc = tell_held(ls, w);
	if (rc != SQLITE_OK)
		return rc;
	drop = bind(ls, DROP_OLDER, w->playlist, w->list);
	store_bind(drop, 3, w->at);
	return run(drop);
}

/* --- lists that wait --------------------------------------------------- */

enum verdict { NOTHING, COMPLETE, PARTIAL, UNCHECKED, CHANGED };

/* What there is of a list. */
struct judged {
	enum verdict verdict;
	bool check, check_due, check_differs;
	int64_t pages, came, total;
	int64_t end;  /* of the pages that follow each other from 0 */
	bool differs; /* their totals, or they overlap */
};

/* Take a page into account; they come in the order of their offsets. */
static bool judge_page(struct lists *ls, sqlite3_stmt *s, struct judged *j)
{
	int64_t offset = sqlite3_column_int64(s, 0);
	int64_t count = sqlite3_column_int64(s, 1);
	int64_t total = sqlite3_column_int64(s, 2);
	struct slice snapshot = column_text(s, 3), at = column_text(s, 5);

	if (offset < 0) {
		j->check = true;
		return copy(&ls->snapshot, snapshot);
	}
	if (j->pages++ == 0) {
		j->total = total;
		j->check_differs =
		    j->check && !slice_eq(snapshot, buf_slice(&ls->snapshot));
		if (!copy(&ls->snapshot, snapshot) || !copy(&ls->list_at, at))
			return false;
	}
	j->came += count;
	j->differs |=
	    total != j->total || offset < j->end || offset + count > total;
	if (offset == j->end)
		j->end += count;
	j->check_due |= sqlite3_column_int(s, 4) != 0;
	return slice_cmp(at, buf_slice(&ls->list_at)) >= 0 ||
	       copy(&ls->list_at, at);
}

/* What has come of a list; its time and first snapshot are kept in `ls`. */
static int judge(struct lists *ls, struct slice playlist, struct slice list,
    struct judged *j)
{
	sqlite3_stmt *s = bind(ls, JUDGE, playlist, list);
	int rc;

	*j = (struct judged){.verdict = NOTHING};
	buf_clear(&ls->list_at);
	buf_clear(&ls->snapshot);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (!judge_page(ls, s, j)) {
			rc = SQLITE_NOMEM;
			break;
		}
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		return rc;
	if (j->pages == 0)
		return SQLITE_OK;
	if (j->differs)
		j->verdict = CHANGED;
	else if (j->end < j->total)
		j->verdict = PARTIAL;
	else if (!j->check_due)
		j->verdict = COMPLETE;
	else if (!j->check)
		j->verdict = UNCHECKED;
	else
		j->verdict = j->check_differs ? CHANGED : COMPLETE;
	return SQLITE_OK;
}

/* A page told again that changes nothing, or of a list that is older. */
static int drop(struct lists *ls, const struct part *p)
{
	ls->before.present = ls->after.present = false;
	set_position(ls, &ls->before, p->playlist, p->offset);
	set_position(ls, &ls->after, p->playlist, p->offset);
	if (p->kind == PART_PAGE)
		tell_change(ls, CHANGE_NONE, p->src);
	return SQLITE_OK;
}

/* Of an older list, nothing is wanted any more. */
static int drop_list(struct lists *ls, const struct part *p)
{
	int rc = run(bind(ls, DROP, p->playlist, p->list));

	if (rc == SQLITE_OK)
		rc = run(bind(ls, DROPPED, p->playlist, p->list));
	return rc == SQLITE_OK ? drop(ls, p) : rc;
}

/* A page of the list held that comes again. */
static int put_again(struct lists *ls, const struct part *p)
{
	struct place at = {.playlist = p->playlist,
	    .position = p->offset,
	    .told_twice = true,
	    .src = p->src};
	int rc = find_length(ls, p->playlist, &at.held);

	if (rc != SQLITE_OK)
		return rc;
	if (p->total != at.held || p->offset + p->count > at.held)
		return drop(ls, p);
	return put_items(ls, &at, p->items);
}

static int keep(struct lists *ls, const struct part *p)
{
	sqlite3_stmt *s = bind(ls, KEEP, p->playlist, p->list);
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
	rc = run(s);
	if (rc == SQLITE_OK)
		rc = run(bind(ls, NOTE, p->playlist, p->list));
	ls->noted = true;
	return rc;
}

/* Keep a part with others of its list, and see what they are together. */
static int keep_and_judge(struct lists *ls, const struct part *p)
{
	struct whole w = {
	    .playlist = p->playlist, .list = p->list, .src = p->src};
	struct judged j;
	int rc = keep(ls, p);

	if (rc == SQLITE_OK)
		rc = judge(ls, p->playlist, p->list, &j);
	/* No part of it was older than the list held, so it is newer. */
	if (rc != SQLITE_OK || j.verdict != COMPLETE)
		return rc;
	w.at = buf_slice(&ls->list_at);
	if (ls->snapshot.n)
		w.snapshot = buf_slice(&ls->snapshot);
	return hold(ls, &w);
}

static int take_page(struct lists *ls, const struct part *p, bool dropped)
{
	struct whole w = {.playlist = p->playlist,
	    .list = p->list,
	    .at = p->at,
	    .snapshot = p->snapshot,
	    .src = p->src,
	    .page = p};
	int c = cmp_held(ls, p->at, p->list);

	/* A page that is a list by itself needs no others, and waits not. */
	if (p->offset == 0 && p->count == p->total && !p->check_due)
		return c > 0 ? hold(ls, &w)
		       : c   ? drop_list(ls, p)
			     : put_again(ls, p);
	if (ls->held_at.n && slice_eq(p->list, buf_slice(&ls->held_list)))
		return put_again(ls, p);
	if (c < 0)
		return drop_list(ls, p);
	return dropped ? drop(ls, p) : keep_and_judge(ls, p);
}

static int take(struct lists *ls, const struct part *p)
{
	bool dropped;
	int rc = find_held(ls, p->playlist);

	if (rc == SQLITE_OK)
		rc = ask(bind(ls, IS_DROPPED, p->playlist, p->list), &dropped);
	if (rc != SQLITE_OK)
		return rc;
	if (p->kind == PART_PAGE)
		return take_page(ls, p, dropped);
	if (dropped || (ls->held_at.n && cmp_held(ls, p->at, p->list) <= 0) ||
	    (ls->held_at.n && slice_eq(p->list, buf_slice(&ls->held_list))))
		return drop(ls, p);
	return keep_and_judge(ls, p);
}

/* Where a constraint of a user's own forbids it, a list is refused whole. */
static int take_or_refuse(struct lists *ls, const struct part *p)
{
	struct loader *l = ls->loader;
	int rc = SQLITE_OK;

	if (!l->dry)
		rc = store_exec(l->db, "savepoint list");
	buf_clear(&ls->why);
	if (rc == SQLITE_OK)
		rc = take(ls, p);
	if ((rc & 0xff) == SQLITE_CONSTRAINT && l->on_forbidden && !l->dry) {
		struct change c = {.kind = CHANGE_INSERT,
		    .table = ls->tracks,
		    .before = &ls->before,
		    .after = &ls->after,
		    .rows = 1,
		    .src = p->src};

		l->on_forbidden(l->ctx, &c,
		    ls->why.n ? buf_cstr(&ls->why) : "a constraint failed");
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

	ls->known = false;
	for (const struct part *p = b->parts; p && rc == SQLITE_OK; p = p->next)
		rc = take_or_refuse(ls, p);
	return rc;
}

/* --- at the end -------------------------------------------------------- */

static void put_reason(const struct judged *j, struct buf *to)
{
	buf_clear(to);
	switch (j->verdict) {
	case PARTIAL:
		buf_printf(to, "%" PRId64 " of %" PRId64 " items came", j->came,
		    j->total);
		break;
	case UNCHECKED:
		buf_puts(to, "whether it changed while it was read, "
			     "no check came to say");
		break;
	default: buf_puts(to, "its list changed while it was read");
	}
}

int lists_incomplete(struct lists *ls,
    void (*tell)(void *ctx, struct slice playlist, struct slice list,
	const char *reason),
    void *ctx)
{
	sqlite3_stmt *s = ls->statements[WAITING];
	struct judged j;
	int rc;

	if (!ls->noted)
		return SQLITE_OK;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct slice playlist = column_text(s, 0);
		struct slice list = column_text(s, 1);

		rc = judge(ls, playlist, list, &j);
		if (rc != SQLITE_OK)
			break;
		put_reason(&j, &ls->why);
		tell(ctx, playlist, list, buf_cstr(&ls->why));
	}
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int lists_forget(struct lists *ls)
{
	ls->noted = false;
	return ls->statements[FORGET] ? run(ls->statements[FORGET]) : SQLITE_OK;
}

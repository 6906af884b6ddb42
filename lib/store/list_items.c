#include "store/list_items.h"

#include "store/db.h"
#include "store/list_sql.h"

enum { LENGTH, FIND, INSERT, UPDATE, BEYOND, CUT, CMP, COPY };

/* INSERT and UPDATE have the same parameters. */
static const char *const texts[LIST_ITEMS_STATEMENTS] = {
    [LENGTH] = "select coalesce(max(position) + 1, 0) from $playlist_tracks"
	       " where playlist_id = ?1",
    [FIND] = "select track_id, uri, added_at, added_by, kind"
	     " from $playlist_tracks where playlist_id = ?1 and position = ?2",
    [INSERT] = "insert into $playlist_tracks (track_id, uri, added_at,"
	       " added_by, kind, playlist_id, position)"
	       " values (?, ?, ?, ?, ?, ?, ?)",
    [UPDATE] = "update $playlist_tracks set track_id = ?, uri = ?,"
	       " added_at = ?, added_by = ?, kind = ?"
	       " where playlist_id = ? and position = ?",
    [BEYOND] = "select track_id, uri, added_at, added_by, kind, position"
	       " from $playlist_tracks"
	       " where playlist_id = ?1 and position >= ?2 order by position",
    [CUT] = "delete from $playlist_tracks"
	    " where playlist_id = ?1 and position >= ?2",
    [CMP] = "select items_cmp(?2, " LIST_STORED("?1", "?3", "?4") ")",
    [COPY] = "insert into temp.dry_playlist_tracks select playlist_id,"
	     " position, track_id, uri, added_at, added_by, kind"
	     " from playlist_tracks where playlist_id = ?1"};

static const char dry_table[] =
    "create temp table dry_playlist_tracks (playlist_id, position, track_id,"
    " uri, added_at, added_by, kind,"
    " primary key (playlist_id, position)) without rowid";

int list_items_init(
    struct list_items *li, struct loader *loader, struct table *t)
{
	int rc = SQLITE_OK;

	*li = (struct list_items){
	    .loader = loader, .table = t, .why = BUF_INIT(1 << 16)};
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->columns[i] =
		    (unsigned)table_column(t, slice_of(item_names[i]));
	li->playlist = (unsigned)table_column(t, SLICE("playlist_id"));
	li->position = (unsigned)table_column(t, SLICE("position"));
	merge_nothing(t, &li->before);
	merge_nothing(t, &li->after);
	if (loader->dry)
		rc = store_exec(loader->db, dry_table);
	for (int i = 0; i < LIST_ITEMS_STATEMENTS && rc == SQLITE_OK; i++)
		if (i != COPY || loader->dry)
			rc = list_prepare(loader->db, loader->dry, texts[i],
			    &li->statements[i]);
	return rc;
}

void list_items_release(struct list_items *li)
{
	for (int i = 0; i < LIST_ITEMS_STATEMENTS; i++)
		sqlite3_finalize(li->statements[i]);
	arena_release(&li->arena);
	buf_release(&li->why);
}

int list_items_copy(struct list_items *li, struct slice playlist)
{
	return list_run(list_bind(li->statements[COPY], playlist, LIST_NONE));
}

int list_items_count(struct list_items *li, struct list_place *at)
{
	sqlite3_stmt *s =
	    list_bind(li->statements[LENGTH], at->playlist, LIST_NONE);
	int rc = sqlite3_step(s);

	at->held = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int list_items_cmp(struct list_items *li, const struct list_place *at,
    struct slice items, int64_t count, int *cmp)
{
	sqlite3_stmt *s = list_bind(li->statements[CMP], at->playlist, items);
	int rc;

	sqlite3_bind_int64(s, 3, at->position);
	sqlite3_bind_int64(s, 4, at->position + count);
	rc = sqlite3_step(s);
	*cmp = sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static void set_position(
    struct list_items *li, struct slice playlist, int64_t n)
{
	struct value v = {.type = VALUE_INT, .integer = n};
	struct state *rows[] = {&li->before, &li->after};

	for (int i = 0; i < 2; i++) {
		rows[i]->values[li->playlist] = value_text(playlist);
		rows[i]->values[li->position] = v;
	}
}

/* Read what stands; its text lives as long as the row of results does. */
static void read_before(struct list_items *li, sqlite3_stmt *s)
{
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->before.values[li->columns[i]] = value_text(list_text(s, i));
	li->before.present = true;
}

static void tell_change(
    struct list_items *li, enum change_kind kind, struct slice src)
{
	struct change c = {.kind = kind,
	    .table = li->table,
	    .before = &li->before,
	    .after = &li->after,
	    .rows = 1,
	    .src = src};

	if (li->loader->on_change)
		li->loader->on_change(li->loader->ctx, &c);
}

static int write_after(struct list_items *li, int which)
{
	sqlite3_stmt *s = li->statements[which];
	const struct value *v = li->after.values;
	int index = 1, rc;

	for (int i = 0; i < ITEM_COLUMNS; i++)
		store_bind(s, index++, value_slice(&v[li->columns[i]]));
	store_bind(s, index++, v[li->playlist].text);
	sqlite3_bind_int64(s, index, v[li->position].integer);
	rc = list_run(s);
	/* The next call would have it forgotten. */
	buf_clear(&li->why);
	if (rc != SQLITE_OK) {
		buf_puts(&li->why, sqlite3_errmsg(li->loader->db));
	} else if (sqlite3_changes(li->loader->db) == 0) {
		buf_puts(&li->why, "a trigger of the database ignores the row");
		rc = SQLITE_CONSTRAINT;
	}
	return rc;
}

/*
 * What could not be written is reported once the list is given up: its text
 * must not go with the row of results, or the page, that it came from.
 */
static void keep_after(struct list_items *li)
{
	li->before.present = false;
	for (unsigned i = 0; i < li->table->count; i++)
		if (li->after.values[i].type == VALUE_TEXT)
			li->after.values[i].text =
			    arena_copy(&li->arena, li->after.values[i].text);
}

static int put_item(
    struct list_items *li, const struct list_place *at, const struct item *item)
{
	sqlite3_stmt *find = li->statements[FIND];
	enum change_kind kind = CHANGE_INSERT;
	int rc = SQLITE_DONE;

	set_position(li, at->playlist, at->position);
	li->before.present = false;
	li->after.present = true;
	if (at->position < at->held) {
		list_bind(find, at->playlist, LIST_NONE);
		sqlite3_bind_int64(find, 2, at->position);
		rc = sqlite3_step(find);
	}
	if (rc == SQLITE_ROW)
		read_before(li, find);
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->after.values[li->columns[i]] = item->values[i];
	if (rc == SQLITE_ROW)
		kind = merge_differs(li->table, &li->before, &li->after)
			   ? CHANGE_UPDATE
			   : CHANGE_NONE;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		rc = kind == CHANGE_INSERT   ? write_after(li, INSERT)
		     : kind == CHANGE_UPDATE ? write_after(li, UPDATE)
					     : SQLITE_OK;
	if (rc == SQLITE_OK)
		tell_change(li, kind, at->src);
	else
		keep_after(li);
	sqlite3_reset(find);
	return rc;
}

int list_items_put(
    struct list_items *li, struct list_place *at, struct slice items)
{
	int rc = SQLITE_OK, more;
	struct item item;
	struct json j;

	arena_clear(&li->arena);
	buf_clear(&li->why);
	if (!items_init(&j, items))
		return SQLITE_CORRUPT;
	while (rc == SQLITE_OK &&
	       (more = items_next(&j, &item, &li->arena, &li->why)) != 0) {
		if (more < 0)
			return SQLITE_CORRUPT;
		rc = put_item(li, at, &item);
		at->position++;
	}
	return rc;
}

int list_items_cut(struct list_items *li, const struct list_place *from)
{
	sqlite3_stmt *s = li->statements[BEYOND];
	int rc;

	if (from->position >= from->held)
		return SQLITE_OK;
	li->after.present = false;
	list_bind(s, from->playlist, LIST_NONE);
	sqlite3_bind_int64(s, 2, from->position);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		set_position(
		    li, from->playlist, sqlite3_column_int64(s, ITEM_COLUMNS));
		read_before(li, s);
		tell_change(li, CHANGE_DELETE, from->src);
	}
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		return rc;
	list_bind(li->statements[CUT], from->playlist, LIST_NONE);
	sqlite3_bind_int64(li->statements[CUT], 2, from->position);
	return list_run(li->statements[CUT]);
}

void list_items_same(struct list_items *li, const struct part *p)
{
	li->before.present = li->after.present = false;
	set_position(li, p->playlist, p->offset);
	tell_change(li, CHANGE_NONE, p->src);
}

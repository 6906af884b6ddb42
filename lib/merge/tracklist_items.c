#include "merge/tracklist_items.h"

#include "db/db.h"
#include "db/statements.h"
#include "merge/tracklist_sql.h"

enum {
	ITEMS_LENGTH,
	ITEMS_FIND,
	ITEMS_INSERT,
	ITEMS_UPDATE,
	ITEMS_BEYOND,
	ITEMS_TRUNCATE,
	ITEMS_CMP,
	ITEMS_COPY
};

static const struct sql *const statements[TRACKLIST_ITEMS_STATEMENTS] = {
    [ITEMS_LENGTH] = &sql_items_length,
    [ITEMS_FIND] = &sql_items_find,
    [ITEMS_INSERT] = &sql_items_insert,
    [ITEMS_UPDATE] = &sql_items_update,
    [ITEMS_BEYOND] = &sql_items_beyond,
    [ITEMS_TRUNCATE] = &sql_items_truncate,
    [ITEMS_CMP] = &sql_items_compare,
    [ITEMS_COPY] = &sql_items_copy,
};

int tracklist_items_init(
    struct tracklist_items *li, struct applier *applier, struct table *t)
{
	int rc = SQLITE_OK;

	*li = (struct tracklist_items){
	    .applier = applier, .table = t, .why = BUF_INIT(1 << 16)};
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->columns[i] =
		    (unsigned)table_column(t, slice_of(item_names[i]));
	li->playlist = (unsigned)table_column(t, SLICE("playlist_id"));
	li->position = (unsigned)table_column(t, SLICE("position"));
	merge_row_clear(t, &li->before);
	merge_row_clear(t, &li->after);
	if (applier->dry)
		rc = query_exec(applier->db, &sql_items_create_copy);
	for (int i = 0; i < TRACKLIST_ITEMS_STATEMENTS && rc == SQLITE_OK; i++)
		if (i != ITEMS_COPY || applier->dry)
			rc = tracklist_sql_prepare(
			    applier->db, statements[i], &li->statements[i]);
	return rc;
}

void tracklist_items_release(struct tracklist_items *li)
{
	for (int i = 0; i < TRACKLIST_ITEMS_STATEMENTS; i++)
		sqlite3_finalize(li->statements[i]);
	arena_release(&li->arena);
	buf_release(&li->why);
}

int tracklist_items_copy(struct tracklist_items *li, struct slice playlist)
{
	return db_run(tracklist_sql_bind(
	    li->statements[ITEMS_COPY], playlist, LIST_NONE));
}

int tracklist_items_count(
    struct tracklist_items *li, struct tracklist_position *at)
{
	sqlite3_stmt *s = tracklist_sql_bind(
	    li->statements[ITEMS_LENGTH], at->playlist, LIST_NONE);
	int rc = sqlite3_step(s);

	at->length = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int tracklist_items_cmp(struct tracklist_items *li,
    const struct tracklist_position *at, struct slice items, int64_t count,
    int *cmp)
{
	sqlite3_stmt *s = tracklist_sql_bind(
	    li->statements[ITEMS_CMP], at->playlist, LIST_NONE);
	int rc;

	tracklist_sql_bind_text(s, ":items", items);
	tracklist_sql_bind_int(s, ":position", at->position);
	tracklist_sql_bind_int(s, ":end", at->position + count);
	rc = sqlite3_step(s);
	*cmp = sqlite3_column_int(s, 0);
	sqlite3_reset(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static void set_position(
    struct tracklist_items *li, struct slice playlist, int64_t n)
{
	struct value v = {.type = VALUE_INT, .integer = n};
	struct stored_row *rows[] = {&li->before, &li->after};

	for (int i = 0; i < 2; i++) {
		rows[i]->values[li->playlist] = value_text(playlist);
		rows[i]->values[li->position] = v;
	}
}

/* Read the stored row; its text is valid until the statement is stepped. */
static void read_before(struct tracklist_items *li, sqlite3_stmt *s)
{
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->before.values[li->columns[i]] =
		    value_text(tracklist_sql_text(s, i));
	li->before.present = true;
}

static void report_change(struct tracklist_items *li, enum change_kind kind,
    const struct source_name *src)
{
	struct change c = {.kind = kind,
	    .table = li->table,
	    .before = &li->before,
	    .after = &li->after,
	    .rows = 1,
	    .src = src ? src->text : LIST_NONE};

	if (li->applier->on_change)
		li->applier->on_change(li->applier->ctx, &c);
}

static int write_after(struct tracklist_items *li, int which)
{
	sqlite3_stmt *s = li->statements[which];
	const struct value *v = li->after.values;
	int index = 1, rc;

	/* By position, in the order of the statements: there are many items. */
	for (int i = 0; i < ITEM_COLUMNS; i++)
		db_bind_text(s, index++, value_slice(&v[li->columns[i]]));
	db_bind_text(s, index++, v[li->playlist].text);
	sqlite3_bind_int64(s, index, v[li->position].integer);
	rc = db_run(s);
	/* The next call would reset it. */
	buf_clear(&li->why);
	if (rc != SQLITE_OK) {
		buf_puts(&li->why, sqlite3_errmsg(li->applier->db));
	} else if (sqlite3_changes(li->applier->db) == 0) {
		buf_puts(&li->why, "a trigger of the database ignores the row");
		rc = SQLITE_CONSTRAINT;
	}
	return rc;
}

/*
 * A row that could not be written is reported after the list is given up, so
 * its text is copied: the statement and the page are gone by then.
 */
static void copy_after(struct tracklist_items *li)
{
	li->before.present = false;
	for (unsigned i = 0; i < li->table->count; i++)
		if (li->after.values[i].type == VALUE_TEXT)
			li->after.values[i].text =
			    arena_copy(&li->arena, li->after.values[i].text);
}

static int put_item(struct tracklist_items *li,
    const struct tracklist_position *at, const struct list_item *item)
{
	sqlite3_stmt *find = li->statements[ITEMS_FIND];
	enum change_kind kind = CHANGE_INSERT;
	int rc = SQLITE_DONE;

	set_position(li, at->playlist, at->position);
	li->before.present = false;
	li->after.present = true;
	if (at->position < at->length) {
		db_bind_text(find, 1, at->playlist);
		sqlite3_bind_int64(find, 2, at->position);
		rc = sqlite3_step(find);
	}
	if (rc == SQLITE_ROW)
		read_before(li, find);
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->after.values[li->columns[i]] = item->values[i];
	if (rc == SQLITE_ROW)
		kind = merge_row_differs(li->table, &li->before, &li->after)
			   ? CHANGE_UPDATE
			   : CHANGE_NONE;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		rc = kind == CHANGE_INSERT   ? write_after(li, ITEMS_INSERT)
		     : kind == CHANGE_UPDATE ? write_after(li, ITEMS_UPDATE)
					     : SQLITE_OK;
	if (rc == SQLITE_OK)
		report_change(li, kind, at->src);
	else
		copy_after(li);
	sqlite3_reset(find);
	return rc;
}

int tracklist_items_put(struct tracklist_items *li,
    struct tracklist_position *at, struct slice items)
{
	int rc = SQLITE_OK, more;
	struct list_item item;
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

int tracklist_items_truncate(
    struct tracklist_items *li, const struct tracklist_position *from)
{
	sqlite3_stmt *s = li->statements[ITEMS_BEYOND];
	int rc;

	if (from->position >= from->length)
		return SQLITE_OK;
	li->after.present = false;
	tracklist_sql_bind(s, from->playlist, LIST_NONE);
	tracklist_sql_bind_int(s, ":position", from->position);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		set_position(
		    li, from->playlist, sqlite3_column_int64(s, ITEM_COLUMNS));
		read_before(li, s);
		report_change(li, CHANGE_DELETE, from->src);
	}
	sqlite3_reset(s);
	if (rc != SQLITE_DONE)
		return rc;
	s = tracklist_sql_bind(
	    li->statements[ITEMS_TRUNCATE], from->playlist, LIST_NONE);
	tracklist_sql_bind_int(s, ":position", from->position);
	return db_run(s);
}

void tracklist_items_unchanged(
    struct tracklist_items *li, const struct list_record *p)
{
	li->before.present = li->after.present = false;
	set_position(li, p->playlist, p->offset);
	report_change(li, CHANGE_NONE, p->src);
}

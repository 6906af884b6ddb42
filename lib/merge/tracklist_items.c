#include "merge/tracklist_items.h"

#include "db/db.h"
#include "db/statements.h"

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

static struct slice argument(sqlite3_value *v)
{
	const void *p = sqlite3_value_blob(v);

	return (struct slice){p ? p : "", (size_t)sqlite3_value_bytes(v)};
}

static void sql_items_cmp(sqlite3_context *c, int n, sqlite3_value **v)
{
	int cmp;

	(void)n;
	if (items_cmp(argument(v[0]), argument(v[1]), &cmp))
		sqlite3_result_int(c, cmp);
}

int tracklist_items_add_function(sqlite3 *db)
{
	return sqlite3_create_function(db, "items_cmp", 2,
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_items_cmp, NULL,
	    NULL);
}

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
		if (i != ITEMS_COPY || applier->dry) {
			query_prepare_persistent(
			    &li->queries[i], applier->db, statements[i]);
			rc = li->queries[i].rc;
		}
	return rc;
}

void tracklist_items_release(struct tracklist_items *li)
{
	for (int i = 0; i < TRACKLIST_ITEMS_STATEMENTS; i++)
		query_finish(&li->queries[i]);
	arena_release(&li->arena);
	buf_release(&li->why);
}

/* A query about a playlist. */
static struct query *bind_playlist(
    struct tracklist_items *li, int which, struct slice playlist)
{
	query_bind_text(&li->queries[which], ":playlist", playlist);
	return &li->queries[which];
}

static int run(struct query *q)
{
	query_run(q);
	return query_end_run(q);
}

int tracklist_items_copy(struct tracklist_items *li, struct slice playlist)
{
	return run(bind_playlist(li, ITEMS_COPY, playlist));
}

int tracklist_items_count(
    struct tracklist_items *li, struct tracklist_position *at)
{
	struct query *q = bind_playlist(li, ITEMS_LENGTH, at->playlist);

	query_step(q);
	at->length = query_int(q, 0);
	return query_end_run(q);
}

int tracklist_items_cmp(struct tracklist_items *li,
    const struct tracklist_position *at, struct slice items, int64_t count,
    int *cmp)
{
	struct query *q = bind_playlist(li, ITEMS_CMP, at->playlist);

	query_bind_text(q, ":items", items);
	query_bind_int(q, ":position", at->position);
	query_bind_int(q, ":end", at->position + count);
	query_step(q);
	*cmp = (int)query_int(q, 0);
	return query_end_run(q);
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
static void read_before(struct tracklist_items *li, struct query *q)
{
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->before.values[li->columns[i]] =
		    value_text(query_text(q, i));
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
	sqlite3_stmt *s = li->queries[which].stmt;
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
	struct query *find = &li->queries[ITEMS_FIND];
	enum change_kind kind = CHANGE_INSERT;
	bool found = false;
	int rc = SQLITE_OK;

	set_position(li, at->playlist, at->position);
	li->before.present = false;
	li->after.present = true;
	if (at->position < at->length) {
		db_bind_text(find->stmt, 1, at->playlist);
		sqlite3_bind_int64(find->stmt, 2, at->position);
		found = query_step(find);
		rc = find->rc;
	}
	if (found)
		read_before(li, find);
	for (int i = 0; i < ITEM_COLUMNS; i++)
		li->after.values[li->columns[i]] = item->values[i];
	if (found)
		kind = merge_row_differs(li->table, &li->before, &li->after)
			   ? CHANGE_UPDATE
			   : CHANGE_NONE;
	if (rc == SQLITE_OK)
		rc = kind == CHANGE_INSERT   ? write_after(li, ITEMS_INSERT)
		     : kind == CHANGE_UPDATE ? write_after(li, ITEMS_UPDATE)
					     : SQLITE_OK;
	if (rc == SQLITE_OK)
		report_change(li, kind, at->src);
	else
		copy_after(li);
	query_end_run(find);
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
	struct query *q = &li->queries[ITEMS_BEYOND];
	int rc;

	if (from->position >= from->length)
		return SQLITE_OK;
	li->after.present = false;
	bind_playlist(li, ITEMS_BEYOND, from->playlist);
	query_bind_int(q, ":position", from->position);
	while (query_step(q)) {
		set_position(li, from->playlist, query_int(q, ITEM_COLUMNS));
		read_before(li, q);
		report_change(li, CHANGE_DELETE, from->src);
	}
	rc = query_end_run(q);
	if (rc != SQLITE_OK)
		return rc;
	q = bind_playlist(li, ITEMS_TRUNCATE, from->playlist);
	query_bind_int(q, ":position", from->position);
	return run(q);
}

void tracklist_items_unchanged(
    struct tracklist_items *li, const struct list_record *p)
{
	li->before.present = li->after.present = false;
	set_position(li, p->playlist, p->offset);
	report_change(li, CHANGE_NONE, p->src);
}

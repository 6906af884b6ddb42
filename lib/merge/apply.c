#include "merge/apply.h"

#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"
#include "merge/row.h"
#include "merge/statements.h"
#include "merge/write.h"

#define ROW_TEXT_MAX ((size_t)1 << 30) /* of a value in SQLite */

/* What is known of the rows after the one looked up last. */
enum { AHEAD_UNKNOWN, AHEAD_ROW, AHEAD_END };

void applier_init(struct applier *l, sqlite3 *db, bool dry)
{
	*l = (struct applier){.db = db,
	    .dry = dry,
	    .ahead_scratch = BUF_INIT(ROW_TEXT_MAX),
	    .ahead_text = BUF_INIT(ROW_TEXT_MAX),
	    .tombstone_text = BUF_INIT(ROW_TEXT_MAX),
	    .text = BUF_INIT(ROW_TEXT_MAX),
	    .key = BUF_INIT(ROW_TEXT_MAX)};
	sources_init(&l->sources, db, dry);
}

void applier_release(struct applier *l)
{
	sqlite3_finalize(l->tombstone_find);
	sqlite3_finalize(l->tombstone_find_overlay);
	sqlite3_finalize(l->tombstone_write);
	sources_release(&l->sources);
	buf_release(&l->ahead_scratch);
	buf_release(&l->ahead_text);
	buf_release(&l->tombstone_text);
	buf_release(&l->text);
	buf_release(&l->key);
	arena_release(&l->waiting_text);
	free(l->waiting);
}

/* Copy a result into a stored row, its text into a buffer. */
static void read_row(sqlite3_stmt *s, const struct table *t,
    struct stored_row *row, struct buf *text)
{
	size_t n = 1;

	merge_row_clear(t, row);
	row->present = true;
	for (unsigned i = 0; i < t->count; i++) {
		row->values[i] = value_read(s, (int)i);
		n += value_slice(&row->values[i]).n;
	}
	/* Reserve it all first: slices point into the buffer. */
	buf_clear(text);
	buf_reserve(text, n);
	for (unsigned i = 0; i < t->count; i++) {
		struct value *v = &row->values[i];

		if (v->type != VALUE_TEXT)
			continue;
		buf_put_slice(text, v->text);
		v->text.p = text->p + text->n - v->text.n;
	}
}

/* Run `find` for the row of these keys, or the first from there on. */
static int find(sqlite3_stmt *s, const struct table *t,
    const struct stored_row *keys, struct stored_row *row, struct buf *text)
{
	int rc = write_bind_keys(s, 1, t, keys);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		read_row(s, t, row, text);
	else
		merge_row_clear(t, row);
	sqlite3_reset(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The key of the row that was found ahead. */
static bool key_ahead(struct applier *l, const struct table *t)
{
	struct value keys[TABLE_COLUMNS_MAX];
	struct observation obs = {keys, t->key_count, false};

	for (unsigned i = 0; i < t->key_count; i++) {
		keys[i] = l->ahead.values[t->keys[i]];
		keys[i].column = t->keys[i];
	}
	return row_key(t, &obs, &l->ahead_scratch, &l->ahead_key);
}

/*
 * Look up a row. A batch is in the order of the index, so the first row from
 * its key on is read ahead: if that is another row, all keys before it are new;
 * if there is none, all further keys are.
 */
static int look_ahead(struct applier *l, const struct table *t,
    struct slice key, struct stored_row *keys)
{
	int c = -1, rc;

	if (l->ahead_known == AHEAD_ROW)
		c = slice_cmp(key, l->ahead_key);
	if (l->ahead_known == AHEAD_UNKNOWN || c > 0) {
		rc = find(t->find, t, keys, &l->ahead, &l->ahead_text);
		if (rc != SQLITE_OK)
			return rc;
		l->ahead_known = l->ahead.present ? AHEAD_ROW : AHEAD_END;
		c = -1;
		if (l->ahead.present && key_ahead(l, t))
			c = slice_cmp(key, l->ahead_key);
		else if (l->ahead.present)
			l->ahead_known = AHEAD_UNKNOWN;
	}
	if (l->ahead_known == AHEAD_ROW && c == 0)
		merge_row_copy(t, keys, &l->ahead);
	return SQLITE_OK;
}

/* Read a playlist's tombstone. */
static int find_tombstone(
    struct applier *l, const struct table *t, struct stored_row *row)
{
	sqlite3_stmt *from[] = {l->tombstone_find_overlay, l->tombstone_find};
	int rc = SQLITE_DONE;

	for (int i = 0; i < 2 && rc == SQLITE_DONE; i++) {
		if (!from[i])
			continue;
		rc = write_bind_keys(from[i], 1, t, row);
		if (rc == SQLITE_OK)
			rc = sqlite3_step(from[i]);
		if (rc == SQLITE_ROW) {
			const void *p = sqlite3_column_text(from[i], 0);

			buf_set(&l->tombstone_text, slice_of(p));
			row->deleted_at = buf_slice(&l->tombstone_text);
			row->done_source =
			    sqlite3_column_type(from[i], 1) == SQLITE_NULL
				? SOURCE_UNKNOWN
				: sqlite3_column_int64(from[i], 1);
		}
		sqlite3_reset(from[i]);
	}
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * Read the stored row whose keys `before` has. It stays valid until the next
 * look-up.
 */
static int look_up(struct applier *l, struct table *t, struct slice key)
{
	struct stored_row *row = &l->before, *found = &l->ahead;
	int rc;

	if (t->kind == TABLE_QUEUE && (rc = find_tombstone(l, t, row)))
		return rc;
	if (!t->user_made && !l->dry) {
		struct slice deleted_at = row->deleted_at;
		int64_t done_source = row->done_source;

		rc = look_ahead(l, t, key, row);
		row->deleted_at = deleted_at;
		row->done_source = done_source;
		return rc;
	}
	merge_row_clear(t, found);
	rc = SQLITE_OK;
	if (t->find_overlay)
		rc = find(t->find_overlay, t, row, found, &l->ahead_text);
	if (rc == SQLITE_OK && !found->present)
		rc = find(t->find, t, row, found, &l->ahead_text);
	if (rc == SQLITE_OK && found->present) {
		found->deleted_at = row->deleted_at;
		found->done_source = row->done_source;
		merge_row_copy(t, row, found);
		if (l->dry && merge_is_deleted(t, row))
			row->present = false;
	}
	return rc;
}

static int write_tombstone(struct applier *l, const struct table *t)
{
	int rc;

	if (slice_eq(l->before.deleted_at, l->after.deleted_at) &&
	    l->before.done_source == l->after.done_source)
		return SQLITE_OK;
	rc = write_bind_keys(l->tombstone_write, 1, t, &l->after);
	if (rc == SQLITE_OK)
		rc = db_bind_text(l->tombstone_write, 2, l->after.deleted_at);
	if (rc == SQLITE_OK && l->after.done_source != SOURCE_UNKNOWN)
		rc = sqlite3_bind_int64(
		    l->tombstone_write, 3, l->after.done_source);
	else if (rc == SQLITE_OK)
		rc = sqlite3_bind_null(l->tombstone_write, 3);
	return rc == SQLITE_OK ? db_run(l->tombstone_write) : rc;
}

static enum change_kind classify(const struct applier *l, const struct table *t)
{
	if (!l->before.present && l->after.present)
		return CHANGE_INSERT;
	if (l->before.present && !l->after.present)
		return CHANGE_DELETE;
	return merge_row_differs(t, &l->before, &l->after) ||
		       !slice_eq(l->before.deleted_at, l->after.deleted_at)
		   ? CHANGE_UPDATE
		   : CHANGE_NONE;
}

static int write_row(struct applier *l, const struct change *c)
{
	const struct table *t = c->table;
	int rc;

	if (c->kind == CHANGE_INSERT || (c->kind == CHANGE_UPDATE && l->dry))
		rc = write_insert(t, c->after);
	else if (c->kind == CHANGE_UPDATE)
		rc = write_update(t, c->after);
	else
		rc = write_remove(t, c->after);
	/* Triggers do not fire in a dry run. */
	if (rc == SQLITE_OK && !l->dry)
		l->ignored = sqlite3_changes(l->db) == 0;
	return rc;
}

/* Whether anything is written: the sources of a row may change alone. */
static bool is_written(const struct applier *l, const struct change *c)
{
	return c->kind != CHANGE_NONE ||
	       (!l->dry && l->before.present &&
		   merge_sources_differ(c->table, &l->before, &l->after));
}

static int write_change(struct applier *l, const struct change *c)
{
	int rc = write_tombstone(l, c->table);

	l->ignored = false;
	if (rc == SQLITE_OK && c->kind == CHANGE_NONE)
		return is_written(l, c) ? write_update(c->table, c->after)
					: SQLITE_OK;
	/* In a dry run the tombstone hides a row that would be deleted. */
	if (rc != SQLITE_OK ||
	    (c->kind == CHANGE_UPDATE && !l->after.present) ||
	    (c->kind == CHANGE_DELETE && l->dry))
		return rc;
	return write_row(l, c);
}

/* Start a row with the keys of a batch row. */
static void set_keys(const struct batch_row *e, struct stored_row *row)
{
	const struct table *t = e->table;

	merge_row_clear(t, row);
	for (unsigned i = 0; i < t->key_count; i++) {
		const struct value *v = observation_column(&e->obs, t->keys[i]);

		if (v)
			row->values[t->keys[i]] = *v;
	}
}

/*
 * Whether a row could not be written: a constraint of the table forbids it, or
 * a trigger of the user's raised an error or ignored it.
 */
static bool is_forbidden(const struct applier *l, int rc)
{
	if ((rc & 0xff) == SQLITE_CONSTRAINT)
		return l->dry || !sqlite3_get_autocommit(l->db);
	return rc == SQLITE_OK && l->ignored;
}

static const char *forbidden_by(const struct applier *l, int rc)
{
	return rc == SQLITE_OK ? "a trigger of the database ignores the row"
			       : sqlite3_errmsg(l->db);
}

/* Merge a batch row, as observed at the first and the last of its times. */
static void merge_entry(struct applier *l, const struct batch_row *e)
{
	struct observed_at o = {e->last->at, e->last->src.number, &l->sources};

	merge_observe(e->table, &l->after, &e->obs, &o);
	if (e->first->at.p == e->last->at.p)
		return;
	o.at = e->first->at;
	o.source = e->first->src.number;
	merge_observe(e->table, &l->after, &e->obs, &o);
}

/* Report a change that was written, or could not be. */
static int report(struct applier *l, const struct change *c, int rc)
{
	if (is_forbidden(l, rc) && c->kind == CHANGE_NONE)
		rc = SQLITE_OK;
	if (is_forbidden(l, rc) && l->on_forbidden) {
		l->on_forbidden(l->ctx, c, forbidden_by(l, rc));
		return SQLITE_OK;
	}
	if (rc == SQLITE_OK && l->on_change)
		l->on_change(l->ctx, c);
	return rc;
}

/*
 * Insert the new rows that wait. If one of them cannot be written, it and those
 * after it are written one by one, each with its report.
 */
static int insert_waiting(struct applier *l, struct table *t)
{
	const struct stored_row *rows[WRITE_MANY];
	unsigned count = l->waiting_count, done = 0;
	int rc = SQLITE_OK;

	l->waiting_count = 0;
	for (unsigned i = 0; i < count; i++)
		rows[i] = &l->waiting[i].row;
	if (count == WRITE_MANY) {
		rc = write_insert_many(t, rows, &done);
		l->ignored = false;
		if (is_forbidden(l, rc))
			rc = SQLITE_OK;
	}
	for (unsigned i = 0; i < count && rc == SQLITE_OK; i++) {
		const struct change *c = &l->waiting[i].change;

		rc = report(l, c, i < done ? SQLITE_OK : write_change(l, c));
	}
	arena_clear(&l->waiting_text);
	return rc;
}

/* Have a new row wait until there are several to insert. */
static int wait_to_insert(
    struct applier *l, struct table *t, const struct change *c)
{
	static const struct stored_row none;
	struct waiting_row *w;

	if (!l->waiting)
		l->waiting = mem_zero(WRITE_MANY, sizeof(*l->waiting));
	w = &l->waiting[l->waiting_count++];
	merge_row_copy(t, &w->row, c->after);
	w->change = *c;
	w->change.before = &none;
	w->change.after = &w->row;
	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i].rule == RULE_TIMES ||
		    t->columns[i].rule == RULE_COLUMN_SOURCES)
			w->row.values[i] = value_text(arena_copy(
			    &l->waiting_text, value_slice(&w->row.values[i])));
	return l->waiting_count == WRITE_MANY ? insert_waiting(l, t)
					      : SQLITE_OK;
}

/* Merge the batch rows of one key, and write the result. */
static int apply_key(struct applier *l, const struct sort_key *o, size_t n)
{
	const struct batch_row *first = o[0].row;
	struct table *t = first->table;
	struct change c = {.table = t,
	    .before = &l->before,
	    .after = &l->after,
	    .src = first->last->src.text};
	struct slice newest = first->last->at;
	int rc;

	if (t->triggers == TRIGGERS_HERE)
		l->ahead_known = AHEAD_UNKNOWN;
	buf_clear(&l->text);
	set_keys(first, &l->before);
	rc = look_up(l, t, first->key);
	if (rc != SQLITE_OK)
		return rc;
	merge_row_copy(t, &l->after, &l->before);
	if (l->after.present)
		merge_read_times(t, &l->after);
	for (size_t i = 0; i < n; i++) {
		const struct batch_row *e = o[i].row;

		merge_entry(l, e);
		c.rows += e->rows;
		if (slice_cmp(e->last->at, newest) > 0) {
			newest = e->last->at;
			c.src = e->last->src.text;
		}
	}
	if (!merge_finalize(t, &l->after, &l->sources, &l->text))
		return SQLITE_TOOBIG;
	if (l->sources.rc != SQLITE_OK)
		return l->sources.rc;
	c.kind = classify(l, t);
	if (l->may_wait && c.kind == CHANGE_INSERT)
		return wait_to_insert(l, t, &c);
	/* Triggers see changes one after another. */
	if (t->triggers != TRIGGERS_NONE && is_written(l, &c))
		rc = insert_waiting(l, t);
	if (rc != SQLITE_OK)
		return rc;
	return report(l, &c, write_change(l, &c));
}

/* Prepare a table's statements, once. */
static int prepare(struct applier *l, struct table *t)
{
	int rc = SQLITE_OK;

	if (!t->find)
		rc = statements_prepare(l->db, t, l->dry);
	if (rc == SQLITE_OK && t->kind == TABLE_QUEUE && !l->tombstone_find)
		rc = statements_prepare_tombstones(l->db, l->dry,
		    &l->tombstone_find, &l->tombstone_find_overlay,
		    &l->tombstone_write);
	return rc;
}

/* Number the captures that a batch names, within the transaction. */
static int number_sources(struct applier *l, struct batch *b)
{
	int rc = SQLITE_OK;

	for (; b->origins && rc == SQLITE_OK; b->origins = b->origins->next)
		rc = sources_number(&l->sources, &b->origins->src);
	return rc;
}

#define FETCH_AHEAD                                              \
	6 /* rows, which are in the order of keys, not of memory \
	   */

static bool same_key(const struct sort_key *a, const struct sort_key *b)
{
	/* Mostly the prefixes differ. */
	return a->prefix[0] == b->prefix[0] && a->prefix[1] == b->prefix[1] &&
	       slice_eq(a->row->key, b->row->key);
}

/*
 * Find what a table's triggers do, and whether its new rows may wait: triggers
 * fire for each row of a statement, and see those before it. One that writes
 * the table itself might change a row that waits.
 */
static int find_triggers(struct applier *l, struct table *t)
{
	int rc = SQLITE_OK;

	if (!l->dry)
		rc = trigger_find_effects(l->db, t->name, &t->triggers);
	l->may_wait = rc == SQLITE_OK && t->kind == TABLE_BY_COLUMN &&
		      !t->user_made && !l->dry && t->triggers != TRIGGERS_HERE;
	return rc;
}

static int apply_table(struct applier *l, struct batch_table *t)
{
	int rc = prepare(l, t->table);
	size_t n;

	l->ahead_known = AHEAD_UNKNOWN;
	batch_sort(t);
	if (rc == SQLITE_OK)
		rc = find_triggers(l, t->table);
	for (size_t i = 0; i < t->count && rc == SQLITE_OK; i += n) {
		const struct sort_key *o = t->rows + i;

		if (t->count - i > FETCH_AHEAD)
			batch_fetch(o[FETCH_AHEAD].row);
		for (n = 1; i + n < t->count && same_key(o, o + n);)
			n++;
		rc = apply_key(l, o, n);
	}
	l->may_wait = false;
	return rc == SQLITE_OK ? insert_waiting(l, t->table) : rc;
}

int apply_batch(struct applier *l, struct batch *b)
{
	int rc = number_sources(l, b);

	for (size_t i = 0; i < b->table_count && rc == SQLITE_OK; i++)
		if (b->tables[i].count > 0)
			rc = apply_table(l, &b->tables[i]);
	return rc;
}

/* Make a batch row of one observation. */
static int make_batch_row(struct applier *l, struct table *t,
    const struct observation *obs, struct batch_row *e)
{
	int rc = prepare(l, t);

	if (rc != SQLITE_OK)
		return rc;
	l->ahead_known = AHEAD_UNKNOWN;
	*e = (struct batch_row){.table = t, .obs = *obs, .rows = 1};
	return row_key(t, obs, &l->key, &e->key) ? SQLITE_OK : SQLITE_TOOBIG;
}

int apply_find(struct applier *l, struct table *t,
    const struct observation *key, const struct stored_row **row)
{
	struct batch_row e;
	int rc = make_batch_row(l, t, key, &e);

	if (rc != SQLITE_OK)
		return rc;
	set_keys(&e, &l->before);
	*row = &l->before;
	return look_up(l, t, e.key);
}

int apply_observation(struct applier *l, struct table *t,
    const struct observation *obs, struct slice at,
    const struct source_name *src)
{
	struct batch_origin origin = {.at = at};
	struct batch_row e;
	struct sort_key o = {{0, 0}, &e};
	int rc = make_batch_row(l, t, obs, &e);

	if (rc != SQLITE_OK)
		return rc;
	if (src)
		origin.src = *src;
	e.first = e.last = &origin;
	return apply_key(l, &o, 1);
}

int apply_retraction(struct applier *l, struct table *t,
    const struct observation *key, const struct retraction *r,
    struct retracted *back)
{
	struct change c = {
	    .table = t, .before = &l->before, .after = &l->after};
	const struct stored_row *row;
	int rc = apply_find(l, t, key, &row);

	*back = (struct retracted){0, 0};
	if (rc != SQLITE_OK || !row->present)
		return rc;
	merge_row_copy(t, &l->after, &l->before);
	merge_read_times(t, &l->after);
	*back = merge_retract(t, &l->after, r);
	if (back->values == 0)
		return SQLITE_OK;
	buf_clear(&l->text);
	if (!merge_finalize(t, &l->after, &l->sources, &l->text))
		return SQLITE_TOOBIG;
	if (l->sources.rc != SQLITE_OK)
		return l->sources.rc;
	c.kind = classify(l, t);
	rc = write_change(l, &c);
	if (rc == SQLITE_OK && l->on_change)
		l->on_change(l->ctx, &c);
	return rc;
}

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
#include "cli.h"
#include "database.h"
#include "inspect/provenance.h"
#include "listing.h"
#include "stage.h"
#include "stream/record.h"

/* Whether rows of a table can be asked about by so many keys; says why not. */
static bool why_can(const struct table *t, const char *name, int keys)
{
	struct buf names = BUF_INIT(1 << 16);

	if (provenance_covers(t) && keys == (int)t->key_count)
		return true;
	for (unsigned i = 0; i < t->key_count; i++)
		buf_printf(&names, " %s", t->columns[t->keys[i]].name.p);
	if (t->kind == TABLE_UNKNOWN)
		cli_warn("why: no such table '%s'", name);
	else if (!provenance_covers(t))
		cli_warn("why: table '%s': not loaded from captures", name);
	else
		cli_warn(
		    "why: table '%s': its key is%s", name, buf_message(&names));
	buf_release(&names);
	return false;
}

/* Send the captures whose numbers the statement gives, but for damaged ones. */
static int send_captures(struct out *out, sqlite3 *db, sqlite3_stmt *ids,
    struct buf *line, bool *damaged)
{
	struct capture_reader reader;
	int rc = SQLITE_OK;

	capture_reader_init(&reader);
	while (rc == SQLITE_OK && (rc = sqlite3_step(ids)) == SQLITE_ROW) {
		rc = capture_reader_read(
		    &reader, db, sqlite3_column_int64(ids, 0), line);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		if (reader.bad) {
			cli_warn("why: %s: %s", buf_message(line), reader.bad);
			*damaged = true;
		} else if (!record_send(out, buf_slice(line))) {
			rc = SQLITE_DONE;
		}
	}
	capture_reader_release(&reader);
	return rc;
}

/* The same, to stdout; dies where that cannot be written. */
static int print_captures(
    sqlite3 *db, sqlite3_stmt *ids, struct buf *line, bool *damaged)
{
	struct out out;
	int rc;

	out_init(&out, STDOUT_FILENO, (size_t)1 << 16);
	rc = send_captures(&out, db, ids, line, damaged);
	if (!out_flush(&out))
		cli_die(
		    EX_IOERR, "stdout: cannot write: %s", strerror(out.err));
	out_release(&out);
	return rc;
}

static void why_explain(const struct provenance *w)
{
	if (w->alike > 1)
		cli_warn("why: %" PRId64 " rows match: give the whole key",
		    w->alike);
	else if (!w->found && w->present)
		cli_warn(
		    "why: the row has no update times, and no staged capture contains its key");
	else if (!w->found)
		cli_warn(
		    "why: no such row, and no staged capture contains its key");
	else if (!w->by_column && w->present)
		cli_warn(
		    "why: the row has no update times: these captures contain its key");
	else if (!w->by_column)
		cli_warn("why: no such row: these captures contain its key");
}

/* List captures; SQLite's result code, SQLITE_DONE for success. */
static int list_captures(sqlite3 *db, sqlite3_stmt *captures, bool table)
{
	struct query q = {.db = db, .stmt = captures};

	database_list(&q, "why", table);
	return q.rc == SQLITE_OK ? SQLITE_DONE : q.rc;
}

/* Ask, print, and explain; a status of sp(7). */
static int why_answer(struct provenance *w, const struct stage_options *o,
    sqlite3 *db, struct buf *line)
{
	sqlite3_stmt *answer;
	bool damaged = false;
	int rc;

	if (provenance_query(w, db, o->capture, &answer) != SQLITE_OK)
		database_die(db, "look up the row");
	if (!w->found)
		rc = SQLITE_DONE;
	else if (o->capture)
		rc = print_captures(db, answer, line, &damaged);
	else
		rc =
		    list_captures(db, answer, o->table || stdout_is_terminal());
	sqlite3_finalize(answer);
	if (rc == SQLITE_TOOBIG) {
		cli_warn("why: a capture is longer than --max-line");
		return EX_DATAERR;
	}
	if (rc != SQLITE_DONE)
		database_die(db, "read staging_raw");
	why_explain(w);
	if (!w->found)
		return EX_DATAERR;
	return damaged ? EX_CONFIG : 0;
}

int stage_why(const struct stage_options *o)
{
	const char *name = o->operands[0];
	int keys = 0;
	struct buf line = BUF_INIT(o->max_line);
	struct tables tables = {.db = NULL};
	const struct table *t;
	int status = EX_USAGE;
	sqlite3 *db;
	struct provenance w;

	if (!name)
		cli_die(EX_USAGE, "why: name a table and the key of a row");
	while (o->operands[1 + keys])
		keys++;
	tables.db = db = database_open(o->db, DB_READ);
	if (bodies_add_function(db) != SQLITE_OK)
		database_die(db, "read staging_bodies");
	t = tables_find(&tables, slice_of(name));
	if (!t)
		database_die(db, "read the schema");
	provenance_init(&w, t, o->operands + 1);
	if (why_can(t, name, keys))
		status = why_answer(&w, o, db, &line);
	provenance_release(&w);
	tables_release(&tables);
	db_close(db);
	buf_release(&line);
	return status;
}

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/out.h"
#include "base/nearest.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "inspect/digest.h"
#include "inspect/listening_parts.h"
#include "inspect/provenance.h"
#include "listing.h"
#include "stage.h"
#include "stream/record.h"

/* Die of a table that does not exist, with the nearest that does. */
static _Noreturn void die_of_table(sqlite3 *db, const char *name)
{
	struct nearest near = {.word = slice_of(name)};
	char known[64];
	struct query q;

	nearest_look(&near, "listens");
	query_prepare(&q, db, &sql_table_names);
	while (query_step(&q)) {
		nearest_look(&near, query_string(&q, 0));
		if (near.name == query_string(&q, 0)) {
			snprintf(known, sizeof(known), "%s", near.name);
			near.name = known;
		}
	}
	cli_die(EX_USAGE, "why: unknown table '%s'%s%s%s", name,
	    near.name ? ": did you mean '" : "", near.name ? near.name : "",
	    near.name ? "'?" : "");
}

/* Die unless a table has rows from captures, and so many keys. */
static void check_key(
    sqlite3 *db, const struct table *t, const char *name, int keys)
{
	struct buf names = BUF_INIT(1 << 16);

	if (digest_covers(t) && keys == (int)t->key_count)
		return;
	for (unsigned i = 0; i < t->key_count; i++)
		buf_printf(&names, " %s", t->columns[table_key(t, i)].name.p);
	if (t->kind == TABLE_UNKNOWN)
		die_of_table(db, name);
	if (!digest_covers(t))
		cli_die(EX_USAGE, "why: table '%s': not loaded from captures",
		    name);
	cli_die(EX_USAGE, "why: table '%s': its key is%s%s", name,
	    buf_message(&names),
	    strcmp(name, "play_history") == 0 ||
		    strcmp(name, "streaming_history") == 0
		? "; `why listens` needs user_id and a time only"
		: "");
}

/* Send captures; false if the body of one is damaged, after a message. */
static bool send_captures(struct out *out, struct query *ids, struct buf *line)
{
	struct capture_reader reader;
	bool good = true;

	capture_reader_init(&reader);
	while (query_step(ids)) {
		int rc = capture_reader_read(
		    &reader, ids->db, query_int(ids, 0), line);

		if (rc != SQLITE_ROW) {
			query_fail(ids, rc == SQLITE_DONE ? SQLITE_OK : rc);
		} else if (reader.bad) {
			cli_warn("why: %s: %s", buf_message(line), reader.bad);
			good = false;
		} else if (!record_send(out, buf_slice(line))) {
			break;
		}
	}
	capture_reader_release(&reader);
	return good;
}

/* The same, to stdout; dies if that cannot be written. */
static bool print_captures(struct query *ids, struct buf *line)
{
	struct out out;
	bool good;

	out_init(&out, STDOUT_FILENO, (size_t)1 << 16);
	good = send_captures(&out, ids, line);
	if (!out_flush(&out))
		cli_die(
		    EX_IOERR, "stdout: cannot write: %s", strerror(out.err));
	out_release(&out);
	return good;
}

/* List captures, and what of the row they reported or what became of them. */
static void list(struct query *q, const struct stage_options *o)
{
	static const struct listing_layout layout = {
	    .columns = {{"part", NULL, LISTING_PLAIN, 0, 0},
		{"column", NULL, LISTING_PLAIN, 0, 12},
		{"value", NULL, LISTING_PLAIN, 0, 20},
		{"reported_at", "reported", LISTING_TIME, 1, 0},
		{"run_id", "capture", LISTING_CAPTURE, 2, 0},
		{"item", NULL, LISTING_PLAIN, 3, 12},
		{"ms_played", NULL, LISTING_PLAIN, 4, 0},
		{"became", NULL, LISTING_PLAIN, 0, 0},
		{"endpoint", NULL, LISTING_PLAIN, 3, 0},
		{"file", NULL, LISTING_PLAIN, 5, 12},
		{"row", NULL, LISTING_PLAIN, 5, 0},
		{"url", NULL, LISTING_PLAIN, 6, 24},
		{"why", NULL, LISTING_NOTE, 0, 0},
		{"reason", NULL, LISTING_NOTE, 0, 0}}};

	database_list(q, "why", listing_is_table(o->form), &layout);
}

static void why_explain(struct provenance *w)
{
	if (w->alike > 1)
		cli_warn("why: %" PRId64 " rows match: give the whole key: %s",
		    w->alike, buf_message(&w->candidates));
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

/* Print the captures of a row, and explain; a status of sp(7). */
static int why_answer(struct provenance *w, const struct stage_options *o,
    sqlite3 *db, struct buf *line)
{
	struct query q;
	bool good = true;
	int rc;

	if (provenance_find(w, db) != SQLITE_OK)
		database_die(db, "cannot look up the row");
	if (!w->found) {
		why_explain(w);
		return EX_DATAERR;
	}
	if (o->capture) {
		provenance_captures(db, &q);
		good = print_captures(&q, line);
	} else {
		provenance_list(w, db, &q);
		list(&q, o);
	}
	rc = query_finish(&q);
	if (rc == SQLITE_TOOBIG) {
		cli_warn("why: a capture is longer than --max-line");
		return EX_DATAERR;
	}
	if (rc != SQLITE_OK)
		database_die(db, "cannot read staging_raw");
	why_explain(w);
	return good ? 0 : EX_CONFIG;
}

/* --- listenings ---------------------------------------------------------- */

/* Find a listening; false after a message if there is not just one. */
static bool find_listening(sqlite3 *db, char *const *keys)
{
	struct listening_key key = {.user = slice_of(keys[0]),
	    .time = slice_of(keys[1]),
	    .item = slice_of(keys[2] ? keys[2] : "")};
	struct buf names = BUF_INIT(1 << 20);
	int64_t count;

	if (listening_find(db, &key, &count) != SQLITE_OK ||
	    listening_put_found(db, &names) != SQLITE_OK)
		database_die(db, "cannot look up the listen");
	if (count == 0)
		cli_warn("why: no play and no stream at '%s': a time "
			 "without a zone is local; add Z to one in UTC",
		    keys[1]);
	else if (count > 1)
		cli_warn("why: %" PRId64
			 " listens match: give the whole key%s: %s",
		    count, keys[2] ? ", of streaming_history" : "",
		    buf_message(&names));
	buf_release(&names);
	return count == 1;
}

/* The parts of a listening, or their captures; a status of sp(7). */
static int why_listening(
    const struct stage_options *o, sqlite3 *db, struct buf *line)
{
	char **keys = o->operands + 1;
	bool good = true;
	struct query q;

	if (!keys[0] || !keys[1] || (keys[2] && keys[3]))
		cli_die(EX_USAGE,
		    "why listens: the key is user_id and played_at, and a track_id or another item");
	if (!find_listening(db, keys))
		return EX_DATAERR;
	if (o->capture) {
		listening_captures(db, &q);
		good = print_captures(&q, line);
	} else {
		listening_list(db, &q);
		list(&q, o);
	}
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot list the listen");
	return good ? 0 : EX_CONFIG;
}

/* Say what else a play or a stream is, or why it has no partner. */
static void explain_listening(
    const struct table *t, const struct slice *keys, sqlite3 *db)
{
	struct listening_key key = {
	    .user = keys[0], .time = keys[1], .item = keys[2]};
	struct query q;
	int64_t count;
	bool may;

	if (listening_may_match(db, &may) != SQLITE_OK)
		database_die(db, "cannot read streaming_history");
	if (!may)
		return;
	if (slice_is(t->name, "streaming_history")) {
		key.offline_timestamp = keys[3];
		key.ms_played = keys[4];
		key.nth = keys[5];
	}
	if (listening_find(db, &key, &count) != SQLITE_OK)
		database_die(db, "cannot look up the listen");
	listening_list(db, &q);
	while (query_step(&q))
		cli_warn("why: the %s at %s: %s", query_string(&q, 0),
		    query_string(&q, 1), query_string(&q, 6));
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot list the listen");
}

/* ------------------------------------------------------------------------- */

/* The captures of a row; a status of sp(7). */
static int why_row(const struct stage_options *o, const struct table *t,
    sqlite3 *db, struct buf *line)
{
	int status, keys = 0;
	struct provenance w;

	while (o->operands[1 + keys])
		keys++;
	check_key(db, t, o->operands[0], keys);
	provenance_init(&w, t, o->operands + 1);
	status = why_answer(&w, o, db, line);
	if (status == 0 && w.present && !o->capture &&
	    (slice_is(t->name, "play_history") ||
		slice_is(t->name, "streaming_history")))
		explain_listening(t, w.keys, db);
	provenance_release(&w);
	return status;
}

int stage_why(const struct stage_options *o)
{
	const char *name = o->operands[0];
	struct buf line = BUF_INIT(o->max_line);
	struct tables tables = {.db = NULL};
	const struct table *t;
	int status;
	sqlite3 *db;

	tables.db = db = database_open(o->db, DB_READ);
	if (bodies_add_function(db) != SQLITE_OK)
		database_die(db, "cannot read staging_bodies");
	t = tables_find(&tables, slice_of(name));
	if (!t)
		database_die(db, "cannot read the schema");
	if (strcmp(name, "listens") == 0)
		status = why_listening(o, db, &line);
	else
		status = why_row(o, t, db, &line);
	tables_release(&tables);
	db_close(db);
	buf_release(&line);
	return status;
}

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "plan/ingest_queue.h"
#include "queue.h"
#include "spotify/endpoint.h"
#include "stream/lines.h"

/* Add or drop one id; 1 if it was refused. */
static int change_one(
    sqlite3 *db, bool add, const char *where, struct slice text, const char *at)
{
	struct slice id = queue_playlist_id(text);
	bool was_there = true;
	int rc;

	if (!id.p) {
		cli_warn("%s: not a playlist '%.*s': give an id, a spotify: "
			 "URI or an open.spotify.com link",
		    where, (int)text.n, text.p);
		return EX_REFUSED;
	}
	rc = add ? queue_add(db, id, at) : queue_drop(db, id, at, &was_there);
	if (rc != SQLITE_OK)
		database_die(
		    db, add ? "add to the queue" : "drop from the queue");
	if (was_there)
		return 0;
	cli_warn("%s: not in the queue '%.*s'", where, (int)id.n, id.p);
	return EX_REFUSED;
}

/* The ids of stdin, a line each, read whole before the database is locked. */
static int change_stdin(sqlite3 *db, bool add, const char *at)
{
	struct buf all = BUF_INIT((size_t)64 << 20);
	struct lines in;
	struct slice line, rest;
	enum lines_result r;
	int status = 0;

	lines_init(&in, 0, 4096);
	while ((r = lines_next(&in, &line, -1)) == LINES_LINE ||
	       r == LINES_TOO_LONG) {
		buf_put_slice(&all, line);
		buf_putc(&all, '\n');
	}
	if (r == LINES_ERROR || all.failed)
		cli_die(all.failed ? EX_DATAERR : pipe_io_status(in.err),
		    "stdin: cannot read: %s",
		    all.failed ? "more than 64 MiB" : strerror(in.err));
	if (db_begin(db) != SQLITE_OK)
		database_die(db, "lock the database");
	rest = buf_slice(&all);
	for (uint64_t number = 1; rest.n > 0; number++) {
		struct slice text = slice_cut(&rest, '\n');
		char where[32];

		if (text.n > 0 && text.p[text.n - 1] == '\r')
			text.n--;
		snprintf(where, sizeof(where), "stdin:%" PRIu64, number);
		if (text.n > 0)
			status |= change_one(db, add, where, text, at);
	}
	lines_release(&in);
	buf_release(&all);
	return status;
}

static int change(const struct queue_options *o, bool add)
{
	sqlite3 *db = database_open(o->db, DB_WRITE);
	char now[CLOCK_TEXT];
	int status = 0;

	if (!clock_format(clock_now(), now))
		cli_die(EX_OSERR, "no clock available");
	if (!*o->operands) {
		status = change_stdin(db, add, now);
	} else if (db_begin(db) != SQLITE_OK) {
		database_die(db, "lock the database");
	}
	for (char **text = o->operands; *text; text++)
		status |= change_one(
		    db, add, add ? "add" : "drop", slice_of(*text), now);
	if (db_commit(db) != SQLITE_OK)
		database_die(db, "write the queue");
	db_close(db);
	return status;
}

int queue_add_all(const struct queue_options *o)
{
	return change(o, true);
}

int queue_drop_all(const struct queue_options *o)
{
	return change(o, false);
}

/* Append an operand's endpoints, each between spaces; dies if it has none. */
static void add_endpoints(const char *name, struct buf *names)
{
	for (enum bucket b = 0; b < BUCKET_OTHER; b++)
		if (strcmp(bucket_name(b), name) == 0) {
			endpoints_put_of_bucket(b, names);
			return;
		}
	if (!endpoint_named(slice_of(name)))
		cli_die(EX_USAGE, "unblock: no endpoint or bucket '%s'", name);
	buf_printf(names, " %s ", name);
}

static void print_lifted(void *lifted, const char *endpoint, const char *until)
{
	*(bool *)lifted = true;
	cli_warn("lifted: %s: until %s", endpoint, until);
}

int queue_unblock(const struct queue_options *o)
{
	struct buf names = BUF_INIT(65536);
	bool lifted = false;
	sqlite3 *db;

	for (char **name = o->operands; *name; name++)
		add_endpoints(*name, &names);
	db = database_open(o->db, DB_WRITE);
	if (db_begin(db) != SQLITE_OK ||
	    jobs_unblock(db, &o->plan, *o->operands ? buf_cstr(&names) : NULL,
		print_lifted, &lifted) != SQLITE_OK ||
	    db_commit(db) != SQLITE_OK)
		database_die(db, "lift deadlines");
	if (!lifted)
		cli_warn("no deadline to lift");
	db_close(db);
	buf_release(&names);
	return 0;
}

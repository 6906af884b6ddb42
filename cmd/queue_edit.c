#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "local_time.h"
#include "plan/deadlines.h"
#include "plan/ingest_queue.h"
#include "options.h"
#include "queue.h"
#include "short_id.h"
#include "spotify/endpoint.h"
#include "stream/lines.h"

#define ID_LENGTH 22 /* of an id of Spotify */

/* Add or drop a playlist; EX_REFUSED with a message if it is not there. */
static int edit_id(
    sqlite3 *db, bool add, const char *where, struct slice id, const char *at)
{
	bool was_queued = true;
	int rc;

	rc = add ? queue_add(db, id, at) : queue_drop(db, id, at, &was_queued);
	if (rc != SQLITE_OK)
		database_die(db, add ? "cannot add to the queue"
				     : "cannot drop from the queue");
	if (was_queued)
		return 0;
	cli_warn("%s: not in the queue '%.*s'", where, (int)id.n, id.p);
	return EX_REFUSED;
}

/*
 * The same for what people write: of a playlist in the queue, or of a known one
 * to add, the id may be shortened.
 */
static int edit_one(
    sqlite3 *db, bool add, const char *where, struct slice text, const char *at)
{
	struct slice id = queue_playlist_id(text);
	struct buf ids = BUF_INIT(4096);
	int count = 0, status = EX_REFUSED;

	if (id.p && !(add && id.n == ID_LENGTH))
		count = short_id_find(db,
		    add ? &sql_playlist_id_find : &sql_queued_id_find, id,
		    &ids);
	if (count == 1)
		id = buf_slice(&ids);
	if (count > 1)
		cli_warn("%s: several playlists match '%.*s': %s", where,
		    (int)id.n, id.p, buf_message(&ids));
	else if (!id.p || (add && id.n != ID_LENGTH))
		cli_warn(
		    "%s: not a playlist '%.*s': give an id of %d letters "
		    "and digits, a spotify: URI or an open.spotify.com link",
		    where, (int)text.n, text.p, ID_LENGTH);
	else
		status = edit_id(db, add, where, id, at);
	buf_release(&ids);
	return status;
}

/* Append the lines of stdin to `all`, each ended by a newline. */
static void read_stdin(struct buf *all)
{
	enum lines_result r;
	struct slice line;
	struct lines in;

	cli_announce_stdin("playlists");
	lines_init(&in, 0, 4096);
	while ((r = lines_next(&in, &line, -1)) == LINES_LINE ||
	       r == LINES_TOO_LONG) {
		buf_put_slice(all, line);
		buf_putc(all, '\n');
	}
	if (all->failed)
		cli_die(EX_DATAERR, "stdin: cannot read: more than 64 MiB");
	if (r == LINES_ERROR)
		cli_die(pipe_io_status(in.err), "stdin: cannot read: %s",
		    strerror(in.err));
	lines_release(&in);
}

static int edit_lines(sqlite3 *db, bool add, struct slice lines, const char *at)
{
	int status = 0;

	for (uint64_t number = 1; lines.n > 0; number++) {
		struct slice text = slice_cut(&lines, '\n');
		char where[32];

		if (text.n > 0 && text.p[text.n - 1] == '\r')
			text.n--;
		snprintf(where, sizeof(where), "stdin:%" PRIu64, number);
		if (text.n > 0)
			status |= edit_one(db, add, where, text, at);
	}
	return status;
}

static int edit(const struct queue_options *o, bool add)
{
	struct buf lines = BUF_INIT((size_t)64 << 20);
	sqlite3 *db = database_open(o->db, add ? DB_WRITE : DB_UPDATE);
	char now[CLOCK_TEXT];
	int status;

	if (!clock_format(clock_now(), now))
		cli_die(EX_OSERR, "no clock available");
	/* Read whole before the database is locked. */
	if (!*o->operands)
		read_stdin(&lines);
	if (db_begin(db) != SQLITE_OK)
		database_die(db, "cannot lock the database");
	status = edit_lines(db, add, buf_slice(&lines), now);
	for (char **text = o->operands; *text; text++)
		status |= edit_one(
		    db, add, add ? "add" : "drop", slice_of(*text), now);
	if (db_commit(db) != SQLITE_OK)
		database_die(db, "cannot write the queue");
	db_close(db);
	buf_release(&lines);
	return status;
}

int queue_add_all(const struct queue_options *o)
{
	return edit(o, true);
}

int queue_drop_all(const struct queue_options *o)
{
	return edit(o, false);
}

/* The endpoints, and the buckets with a name of their own. */
static bool endpoint_at(size_t i, struct cli_name *name)
{
	enum bucket b = 0;

	name->purpose = NULL;
	for (const struct endpoint *e = endpoints; e->name; e++) {
		name->name = e->name;
		if (i-- == 0)
			return true;
	}
	for (; b < BUCKET_OTHER; b++) {
		name->name = bucket_name(b);
		if (!endpoint_named(slice_of(name->name)) && i-- == 0)
			return true;
	}
	return false;
}

/*
 * Append the endpoints that an operand names, each between spaces; dies if it
 * names none.
 */
static void put_endpoints(const char *name, struct buf *names)
{
	for (enum bucket b = 0; b < BUCKET_OTHER; b++)
		if (strcmp(bucket_name(b), name) == 0) {
			endpoints_put_of_bucket(b, names);
			return;
		}
	if (!endpoint_named(slice_of(name)))
		cli_unknown("unblock", "endpoint or bucket", name,
		    &(struct cli_list){.at = endpoint_at});
	buf_printf(names, " %s ", name);
}

static void print_lifted(void *lifted, const char *endpoint, const char *until)
{
	struct buf text = BUF_INIT(4096);

	*(bool *)lifted = true;
	cli_warn("lifted: %s: until %s", endpoint,
	    local_time_message(slice_of(until), clock_now(), &text));
	buf_release(&text);
}

int queue_unblock(const struct queue_options *o)
{
	struct buf names = BUF_INIT(65536);
	bool lifted = false;
	struct plan p;
	sqlite3 *db;

	for (char **name = o->operands; *name; name++)
		put_endpoints(*name, &names);
	db = database_open(o->db, DB_UPDATE);
	/* For the user, and the time. */
	plan_init(&p, db, NULL, &o->plan);
	if (p.rc != SQLITE_OK || db_begin(db) != SQLITE_OK ||
	    deadlines_lift(db, buf_slice(&p.user),
		*o->operands ? buf_cstr(&names) : NULL, p.now, print_lifted,
		&lifted) != SQLITE_OK ||
	    db_commit(db) != SQLITE_OK)
		database_die(db, "cannot lift deadlines");
	if (!lifted)
		cli_warn("no deadline to lift");
	plan_finish(&p);
	db_close(db);
	buf_release(&names);
	return 0;
}

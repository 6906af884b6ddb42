/* sp-stage redate: moves the captures of runs in time. */
#include "cli.h"
#include "database.h"
#include "json/json.h"
#include "listing.h"
#include "short_id.h"
#include "stage.h"
#include "staging/redate.h"

/* The operands as a JSON array, ended by a NUL. */
static void put_runs(char *const *run, struct buf *b)
{
	buf_putc(b, '[');
	for (char *const *r = run; *r; r++) {
		if (r > run)
			buf_putc(b, ',');
		json_put_string(b, slice_of(*r));
	}
	buf_putc(b, ']');
	if (!buf_putc(b, '\0'))
		cli_die(EX_USAGE, "too many runs");
}

static void check_known(sqlite3 *db, const char *runs)
{
	struct buf run = BUF_INIT((size_t)1 << 20);

	if (redate_unknown(db, runs, &run) != SQLITE_OK)
		database_die(db, "cannot find the runs");
	if (run.n)
		cli_die(
		    EX_DATAERR, "redate: no such run: '%s'", buf_message(&run));
	buf_release(&run);
}

static void move(sqlite3 *db, const char *runs, int64_t by)
{
	int rc;

	if (db_begin(db) != SQLITE_OK)
		database_die(db, "cannot lock the database");
	rc = redate_move(db, runs, by);
	if (rc == SQLITE_RANGE) {
		db_rollback(db);
		cli_die(EX_USAGE,
		    "--by: a time would leave the years 0000 to 9999");
	}
	if (rc != SQLITE_OK || db_commit(db) != SQLITE_OK)
		database_die(db, "cannot move the captures");
}

int stage_redate(const struct stage_options *o)
{
	static const struct listing_layout layout = {
	    .columns = {{"run_id", "run", LISTING_RUN, 0, 0},
		{"captures", NULL, LISTING_PLAIN, 3, 0},
		{"first", NULL, LISTING_TIME, 0, 0},
		{"first_moved", "moved to", LISTING_TIME, 0, 0},
		{"last", NULL, LISTING_TIME, 1, 0},
		{"last_moved", "moved to", LISTING_TIME, 2, 0}}};
	struct buf runs = BUF_INIT((size_t)1 << 20);
	sqlite3 *db = database_open(o->db, DB_READ);
	struct query list;

	if (o->by == 0)
		cli_die(EX_USAGE, "--by: moves nothing: '0'");
	run_ids_resolve(db, "redate", o->operands);
	put_runs(o->operands, &runs);
	check_known(db, runs.p);
	if (!o->dry) {
		db_close(db);
		db = database_open(o->db, DB_WRITE);
		move(db, runs.p, o->by);
	}
	redate_list(&list, db, runs.p, o->dry ? 0 : -o->by, o->dry ? o->by : 0);
	database_list(&list, "redate", listing_is_table(o->form), &layout);
	if (query_finish(&list) != SQLITE_OK)
		database_die(db, "cannot list what is moved");
	db_close(db);
	buf_release(&runs);
	return 0;
}

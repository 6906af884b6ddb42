#include "stage.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/number.h"
#include "cli.h"
#include "database.h"
#include "inspect/prune.h"
#include "listing.h"
#include "progress.h"

/* Bytes in a unit that people read. */
static const char *size_text(int64_t bytes, char text[32])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double n = (double)bytes;
	size_t unit = 0;

	for (; n >= 999.5 && unit < COUNT_OF(units) - 1; unit++)
		n /= 1000;
	snprintf(
	    text, 32, unit && n < 9.95 ? "%.1f %s" : "%.0f %s", n, units[unit]);
	return text;
}

static void warn_of_loss(void *ctx, const char *table, int64_t rows, int64_t of)
{
	const bool *dry = ctx;

	cli_warn("prune: table '%s': %" PRId64 " of %" PRId64
		 " rows %s no longer be rebuilt",
	    table, rows, of, *dry ? "could" : "can");
}

/* For progress_begin. */
static void describe(void *ctx, struct progress *p)
{
	const int64_t *captures = ctx;

	buf_printf(&p->text, "%" PRId64 " capture%s removed", *captures,
	    PLURAL(*captures));
	p->done = (uint64_t)*captures;
}

/* Carry out the plan, in small transactions, so that others can write. */
static void remove_all(struct prune *p, const struct stage_options *o)
{
	int64_t captures = 0, bytes = 0;
	struct prune_sum left;
	sqlite3_int64 page, unused;
	char size[32], space[32];
	int rc;

	progress_begin(o->progress, 0, describe, &captures);
	while ((rc = prune_next(p, &captures, &bytes)) == SQLITE_ROW)
		progress_step();
	progress_end();
	if (rc != SQLITE_DONE || prune_sum(p, &left))
		database_die(p->db, "cannot remove captures");
	if (o->vacuum && (db_exec(p->db, "vacuum") ||
			     db_exec(p->db, "pragma wal_checkpoint(truncate)")))
		database_die(p->db, "cannot vacuum");
	page = db_int(p->db, "pragma page_size", -1);
	unused = db_int(p->db, "pragma freelist_count", -1);
	if (page < 0 || unused < 0)
		database_die(p->db, "cannot read the free page count");
	cli_warn("prune: %" PRId64 " capture%s removed, %s; %" PRId64
		 " older kept; the file has %s free",
	    captures, PLURAL(captures), size_text(bytes, size), left.old,
	    size_text(page * unused, space));
}

static void list_plan(struct prune *p, const struct stage_options *o)
{
	static const struct listing_layout layout = {
	    .empty = "no captures are that old",
	    .columns = {{"endpoint", NULL, LISTING_PLAIN, 0, 0},
		{"old", NULL, LISTING_PLAIN, 1, 0},
		{"captures", "removed", LISTING_PLAIN, 0, 0},
		{"bytes", NULL, LISTING_PLAIN, 2, 0},
		{"needed", NULL, LISTING_PLAIN, 3, 0},
		{"refused", NULL, LISTING_PLAIN, 4, 0},
		{"unloaded", NULL, LISTING_PLAIN, 5, 0}}};
	struct query list;
	struct prune_sum sum;
	char size[32];

	if (prune_sum(p, &sum))
		database_die(p->db, "cannot list old captures");
	prune_list(p, &list);
	database_list(&list, "prune", listing_is_table(o->form), &layout);
	if (query_finish(&list) != SQLITE_OK)
		database_die(p->db, "cannot list old captures");
	cli_warn("prune: %" PRId64 " capture%s would be removed, %s; %" PRId64
		 " older kept",
	    sum.captures, PLURAL(sum.captures), size_text(sum.bytes, size),
	    sum.old - sum.captures);
}

int stage_prune(const struct stage_options *o)
{
	struct prune p;
	bool dry = o->dry, unknown;
	sqlite3 *db;

	if (dry && o->vacuum)
		cli_die(EX_USAGE,
		    "prune: --vacuum cannot be combined with --dry-run");
	/* Read first: a missing database must not be created. */
	db = database_open(o->db, DB_READ);
	if (!dry) {
		db_close(db);
		db = database_open(o->db, DB_WRITE);
	}
	if (prune_init(&p, db) != SQLITE_OK)
		database_die(db, "cannot read staging_bodies");
	p.before = clock_now() - o->keep;
	p.even_needed = o->even_needed;
	if (prune_plan(&p) != SQLITE_OK)
		database_die(db, "cannot determine which captures are needed");
	if (p.even_needed && prune_losses(&p, warn_of_loss, &dry))
		database_die(db, "cannot determine what would be lost");
	if (dry)
		list_plan(&p, o);
	else
		remove_all(&p, o);
	unknown = p.unknown > 0 && !p.even_needed;
	if (unknown)
		cli_warn(
		    "prune: table '%s': %" PRId64
		    " row%s without update times: "
		    "nothing can be pruned until all captures are loaded again: "
		    "sp-stage replay | sp-transform | sp-load",
		    p.in_table, p.unknown, PLURAL(p.unknown));
	prune_release(&p);
	db_close(db);
	return unknown ? EX_DATAERR : 0;
}

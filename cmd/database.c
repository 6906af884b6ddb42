#include "database.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli.h"
#include "db/failure.h"
#include "db/statements.h"
#include "listing.h"

/* Of the command line, as the program's name in cli.c. */
static struct db_wait lock_wait = {.max_ms = DB_BUSY_MS, .stop = &cli_stop};

void database_lock_wait(const char *arg)
{
	lock_wait.max_ms = cli_duration("--lock-wait", arg);
}

sqlite3 *database_open(const char *option, enum db_mode mode)
{
	struct buf path = BUF_INIT(4096), why = BUF_INIT(8192);
	sqlite3 *db;
	int status =
	    db_open(&db, cli_database(option, &path), mode, &lock_wait, &why);

	if (status)
		cli_die(status, "%s", buf_message(&why));
	buf_release(&path);
	buf_release(&why);
	return db;
}

void database_die(sqlite3 *db, const char *what)
{
	struct buf why = BUF_INIT(8192);
	int status;

	status = db_failure(db, what, &why);
	db_rollback(db);
	cli_die(status, "%s", buf_message(&why));
}

static void list_column(struct listing *l, struct query *q, int column)
{
	if (sqlite3_column_type(q->stmt, column) == SQLITE_INTEGER)
		listing_int(l, query_int(q, column));
	else
		listing_text(l, query_text(q, column));
}

/* How many characters of the end of an id name any run. */
static int run_length(struct query *of)
{
	struct query q;
	int n = 0;

	query_prepare(&q, of->db, &sql_run_id_length);
	if (query_step(&q))
		n = (int)query_int(&q, 0);
	query_fail(of, query_finish(&q));
	return n;
}

void database_list(struct query *q, const char *type, bool table,
    const struct listing_layout *layout)
{
	int columns = sqlite3_column_count(q->stmt);
	const char **names;
	struct listing l;

	if (q->rc != SQLITE_OK)
		return;
	names = mem_zero((size_t)columns, sizeof(*names));
	for (int i = 0; i < columns; i++)
		names[i] = mem_need(
		    (char *)(uintptr_t)sqlite3_column_name(q->stmt, i));
	listing_begin(&l, type, table, layout, names, columns);
	if (table && layout)
		l.run_length = run_length(q);
	while (!ferror(stdout) && query_step(q))
		for (int i = 0; i < columns; i++)
			list_column(&l, q, i);
	if (!listing_end(&l))
		query_fail(q, SQLITE_TOOBIG);
	free(names);
}

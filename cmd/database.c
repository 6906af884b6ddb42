#include "database.h"

#include "cli.h"
#include "db/failure.h"

/* Of the one command line there is, like its name in cli.c. */
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

void database_die(sqlite3 *db, const char *doing)
{
	struct buf why = BUF_INIT(8192);
	int status;

	buf_puts(&why, "cannot ");
	status = db_failure(db, doing, &why);
	db_rollback(db);
	cli_die(status, "%s", buf_message(&why));
}

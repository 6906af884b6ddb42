#include "database.h"

#include "cli.h"

sqlite3 *database_open(const char *option, enum store_mode mode)
{
	struct buf path = BUF_INIT(4096), why = BUF_INIT(8192);
	sqlite3 *db;
	int status = store_open(&db, cli_database(option, &path), mode, &why);

	if (status)
		cli_die(status, "%s", buf_words(&why));
	buf_release(&path);
	buf_release(&why);
	return db;
}

void database_die(sqlite3 *db, const char *doing)
{
	struct buf why = BUF_INIT(8192);
	int status = store_failure(db, doing, &why);

	store_rollback(db);
	cli_die(status, "%s", buf_words(&why));
}

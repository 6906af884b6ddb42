#include "short_id.h"

#include "base/mem.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "inspect/loose_keys.h"

int short_id_find(
    sqlite3 *db, const struct sql *sql, struct slice given, struct buf *ids)
{
	struct query q;
	int count;

	query_prepare(&q, db, sql);
	query_bind_text(&q, ":id", given);
	count = put_candidates(&q, ids);
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot look up the id");
	return count;
}

char *run_id_resolve(sqlite3 *db, const char *command, const char *given)
{
	struct buf ids = BUF_INIT(1 << 20);
	char *id;
	int count = short_id_find(db, &sql_run_id_find, slice_of(given), &ids);

	if (count > 1)
		cli_die(EX_DATAERR, "%s: several runs match '%s': %s", command,
		    given, buf_message(&ids));
	id = mem_string(count == 1 ? buf_message(&ids) : given);
	buf_release(&ids);
	return id;
}

void run_ids_resolve(sqlite3 *db, const char *command, char **list)
{
	for (; *list; list++)
		*list = run_id_resolve(db, command, *list);
}

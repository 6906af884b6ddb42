#include "run_id.h"

#include "base/mem.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"

static bool exists(sqlite3 *db, const char *id)
{
	struct query q;
	bool found;

	query_prepare(&q, db, &sql_run_id_exists);
	query_bind_text(&q, ":id", slice_of(id));
	found = query_step(&q);
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot find the run");
	return found;
}

char *run_id_resolve(sqlite3 *db, const char *command, const char *given)
{
	struct buf names = BUF_INIT(1024);
	char *found = NULL;
	struct query q;
	int count = 0;

	if (exists(db, given))
		return mem_string(given);
	query_prepare(&q, db, &sql_run_id_find);
	query_bind_text(&q, ":id", slice_of(given));
	for (; query_step(&q); count++) {
		if (count == 0)
			found = mem_string_slice(query_text(&q, 0));
		buf_printf(&names, "%s%s", count ? ", " : "",
		    count < 8 ? query_string(&q, 0) : "...");
	}
	if (query_finish(&q) != SQLITE_OK)
		database_die(db, "cannot find the run");
	if (count > 1)
		cli_die(EX_DATAERR, "%s: several runs match '%s': %s", command,
		    given, buf_message(&names));
	buf_release(&names);
	return found ? found : mem_string(given);
}

void run_ids_resolve(sqlite3 *db, const char *command, char **list)
{
	for (; *list; list++)
		*list = run_id_resolve(db, command, *list);
}

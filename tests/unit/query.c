/* One statement from preparation to its end, and every one that is embedded. */
#include <stdlib.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/schema.h"
#include "db/statements.h"
#include "merge/tracklist_items.h"
#include "staging/bodies.h"
#include "tap.h"

static sqlite3 *open_memory(void)
{
	sqlite3 *db;

	if (sqlite3_open(":memory:", &db) || schema_create(db) ||
	    schema_add_functions(db) || tracklist_items_add_function(db) ||
	    bodies_add_function(db)) {
		puts("Bail out! no database");
		exit(1);
	}
	return db;
}

static const struct sql echo = {
    "echo", "select :text, :number, :bytes, :time, :none, ''"};
static const struct sql put = {
    "put", "insert into tracks (track_id, name) values (:id, :name)"};
static const struct sql broken = {"broken", "select a from nowhere"};

static void test_values(sqlite3 *db)
{
	struct query q;

	query_prepare(&q, db, &echo);
	query_bind_text(&q, ":text", SLICE("a"));
	query_bind_int(&q, ":number", -7);
	query_bind_blob(&q, ":bytes", (struct slice){"\0\1", 2});
	query_bind_time(&q, ":time", -1);
	query_bind_text(&q, ":none", (struct slice){NULL, 0});
	ok(query_step(&q), "a row");
	is_text(query_text(&q, 0), "a", "text");
	is_int(query_int(&q, 1), -7, "an integer");
	is_int((int64_t)query_blob(&q, 2).n, 2, "bytes");
	is_text(query_text(&q, 3), "1970-01-01T00:00:00.000Z",
	    "a time is not before 1970");
	ok(query_is_null(&q, 4) && !query_text(&q, 4).p, "NULL");
	is_text(query_text(&q, 5), "", "empty text is not NULL");
	is_text(slice_of(query_string(&q, 4)), "", "NULL as a C string");
	ok(!query_step(&q), "no second row");
	query_bind_text(&q, ":text", SLICE("b"));
	ok(query_step(&q), "the query runs again after its last row");
	is_text(query_text(&q, 0), "b", "with what was bound anew");
	is_int(query_int(&q, 1), -7, "and what was not");
	ok(query_has(&q, ":text") && !query_has(&q, ":next"),
	    "parameters are known by name");
	is_int(query_finish(&q), SQLITE_OK, "query_finish after the last row");
}

static void test_failures(sqlite3 *db)
{
	struct query q;

	query_prepare(&q, db, &broken);
	query_bind_text(&q, ":id", SLICE("a"));
	ok(!query_step(&q) && !query_text(&q, 0).p && !query_int(&q, 0),
	    "a statement that cannot be prepared does nothing");
	is_int(query_failure()->rc, SQLITE_ERROR, "the failure is known");
	is_text(slice_of(query_failure()->statement), "broken",
	    "the failure names the statement");
	ok(strstr(query_failure()->reason, "nowhere") != NULL,
	    "the failure has the reason");
	is_int(
	    query_finish(&q), SQLITE_ERROR, "query_finish returns the failure");

	query_prepare(&q, db, &put);
	query_bind_text(&q, ":name", SLICE("no id"));
	is_int(query_run(&q) & 0xff, SQLITE_CONSTRAINT, "a row is refused");
	query_bind_text(&q, ":id", SLICE("a"));
	is_int(query_run(&q) & 0xff, SQLITE_CONSTRAINT, "that is sticky");
	is_int(query_finish(&q) & 0xff, SQLITE_CONSTRAINT, "to the end");

	query_prepare(&q, db, &put);
	query_bind_text(&q, ":idd", SLICE("a"));
	is_int(query_finish(&q), SQLITE_RANGE, "a parameter that is not there");

	query_prepare(&q, db, &put);
	query_fail(&q, SQLITE_TOOBIG);
	query_fail(&q, SQLITE_FULL);
	is_int(query_finish(&q), SQLITE_TOOBIG, "the first failure counts");
	is_int(db_int(db, "select count(*) from tracks", -1), 0,
	    "nothing was written");
}

/* Whether all parameters of a statement have names. */
static bool is_named(sqlite3_stmt *s)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
		const char *name = sqlite3_bind_parameter_name(s, i);

		if (!name || *name != ':')
			return false;
	}
	return true;
}

/* Tables that statements use are made by others, which come before them. */
static void test_embedded(sqlite3 *db)
{
	for (size_t i = 0; sql_all[i]; i++) {
		const struct sql *sql = sql_all[i];
		const char *tail = "";
		sqlite3_stmt *s = NULL;
		int rc = sqlite3_prepare_v2(db, sql->text, -1, &s, &tail);

		if (!ok(rc == SQLITE_OK && s, "%s can be prepared", sql->name))
			fprintf(stderr, "#   %s\n", sqlite3_errmsg(db));
		ok(is_named(s) && strspn(tail, " \n") == strlen(tail),
		    "%s is one statement, of named parameters", sql->name);
		if (strncmp(sql->text, "create ", 7) == 0)
			sqlite3_step(s);
		sqlite3_finalize(s);
	}
}

int main(void)
{
	sqlite3 *db = open_memory();

	test_values(db);
	test_failures(db);
	test_embedded(db);
	db_close(db);
	return tap_done();
}

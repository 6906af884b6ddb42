#include "db/query.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/db.h"

static struct query_failure last_failure; /* of the only connection */

const struct query_failure *query_failure(void)
{
	return &last_failure;
}

void query_fail(struct query *q, int rc)
{
	if (q->rc != SQLITE_OK || rc == SQLITE_OK)
		return;
	if ((rc & 0xff) == SQLITE_NOMEM)
		mem_exhausted();
	q->rc = rc;
	last_failure.rc = rc;
	last_failure.statement = q->name;
	snprintf(last_failure.reason, sizeof(last_failure.reason), "%s",
	    sqlite3_errcode(q->db) == (rc & 0xff) ? sqlite3_errmsg(q->db)
						  : sqlite3_errstr(rc));
}

static void prepare(
    struct query *q, sqlite3 *db, const struct sql *sql, unsigned flags)
{
	*q = (struct query){.db = db, .name = sql->name};
	query_fail(
	    q, sqlite3_prepare_v3(db, sql->text, -1, flags, &q->stmt, NULL));
}

void query_prepare(struct query *q, sqlite3 *db, const struct sql *sql)
{
	prepare(q, db, sql, 0);
}

void query_prepare_persistent(
    struct query *q, sqlite3 *db, const struct sql *sql)
{
	prepare(q, db, sql, SQLITE_PREPARE_PERSISTENT);
}

void query_prepare_built(
    struct query *q, sqlite3 *db, const char *name, sqlite3_str *built)
{
	char *text = mem_need(sqlite3_str_finish(built));

	query_prepare(q, db, &(struct sql){name, text});
	sqlite3_free(text);
}

/* The index of a parameter; 0, which cannot be bound, if there is none. */
static int index_of(const struct query *q, const char *param)
{
	return sqlite3_bind_parameter_index(q->stmt, param);
}

bool query_has(const struct query *q, const char *param)
{
	return index_of(q, param) > 0;
}

static void bind_null(struct query *q, const char *param)
{
	if (q->rc == SQLITE_OK)
		query_fail(q, sqlite3_bind_null(q->stmt, index_of(q, param)));
}

static void bind_text(struct query *q, const char *param, struct slice text,
    sqlite3_destructor_type whose)
{
	if (q->rc != SQLITE_OK)
		return;
	if (!text.p)
		bind_null(q, param);
	else
		query_fail(q, sqlite3_bind_text64(q->stmt, index_of(q, param),
				  text.p, text.n, whose, SQLITE_UTF8));
}

void query_bind_text(struct query *q, const char *param, struct slice text)
{
	bind_text(q, param, text, SQLITE_STATIC);
}

void query_bind_copy(struct query *q, const char *param, struct slice text)
{
	bind_text(q, param, text, SQLITE_TRANSIENT);
}

void query_bind_blob(struct query *q, const char *param, struct slice bytes)
{
	if (q->rc != SQLITE_OK)
		return;
	if (!bytes.p)
		bind_null(q, param);
	else
		query_fail(q, sqlite3_bind_blob64(q->stmt, index_of(q, param),
				  bytes.p, bytes.n, SQLITE_STATIC));
}

void query_bind_int(struct query *q, const char *param, int64_t n)
{
	if (q->rc == SQLITE_OK)
		query_fail(
		    q, sqlite3_bind_int64(q->stmt, index_of(q, param), n));
}

void query_bind_real(struct query *q, const char *param, double n)
{
	if (q->rc == SQLITE_OK)
		query_fail(
		    q, sqlite3_bind_double(q->stmt, index_of(q, param), n));
}

void query_bind_time(struct query *q, const char *param, int64_t ms)
{
	char text[CLOCK_TEXT];

	if (clock_format(ms > 0 ? ms : 0, text))
		query_bind_copy(q, param, slice_of(text));
}

bool query_step(struct query *q)
{
	int rc;

	if (q->rc != SQLITE_OK)
		return false;
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return true;
	if (rc == SQLITE_DONE)
		rc = sqlite3_reset(q->stmt);
	query_fail(q, rc);
	return false;
}

int query_run(struct query *q)
{
	while (query_step(q))
		;
	return q->rc;
}

void query_reset(struct query *q)
{
	if (q->rc == SQLITE_OK)
		query_fail(q, sqlite3_reset(q->stmt));
}

int query_end_run(struct query *q)
{
	int rc;

	query_reset(q);
	rc = q->rc;
	if (rc != SQLITE_OK)
		sqlite3_reset(q->stmt);
	q->rc = SQLITE_OK;
	return rc;
}

/* Bytes of a column, for which SQLite returns NULL where they are empty. */
static struct slice column_bytes(struct query *q, const void *p, int column)
{
	if (p)
		return (struct slice){
		    p, (size_t)sqlite3_column_bytes(q->stmt, column)};
	if (sqlite3_column_type(q->stmt, column) != SQLITE_NULL)
		return (struct slice){"", 0};
	return (struct slice){NULL, 0};
}

struct slice query_text(struct query *q, int column)
{
	if (q->rc != SQLITE_OK)
		return (struct slice){NULL, 0};
	return column_bytes(q, sqlite3_column_text(q->stmt, column), column);
}

struct slice query_blob(struct query *q, int column)
{
	if (q->rc != SQLITE_OK)
		return (struct slice){NULL, 0};
	return column_bytes(q, sqlite3_column_blob(q->stmt, column), column);
}

const char *query_string(struct query *q, int column)
{
	struct slice text = query_text(q, column);

	return text.p ? text.p : "";
}

int64_t query_int(struct query *q, int column)
{
	return q->rc == SQLITE_OK ? sqlite3_column_int64(q->stmt, column) : 0;
}

double query_real(struct query *q, int column)
{
	return q->rc == SQLITE_OK ? sqlite3_column_double(q->stmt, column) : 0;
}

bool query_is_null(struct query *q, int column)
{
	return q->rc != SQLITE_OK ||
	       sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

int query_finish(struct query *q)
{
	sqlite3_stmt *stmt = q->stmt;

	q->stmt = NULL;
	return db_finish(stmt, q->rc);
}

int query_exec(sqlite3 *db, const struct sql *sql)
{
	struct query q;

	query_prepare(&q, db, sql);
	query_run(&q);
	return query_finish(&q);
}

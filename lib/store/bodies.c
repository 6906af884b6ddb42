#include "store/bodies.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"

/* A body is one JSON text or what stood in its place, of one capture. */
#define BODY_MAX ((size_t)1 << 30)

int bodies_init(struct bodies *b, sqlite3 *db, size_t max)
{
	int rc;

	*b = (struct bodies){.packed = BUF_INIT(max)};
	if (!pack_init(&b->pack))
		return SQLITE_NOMEM;
	rc = sqlite3_prepare_v3(db,
	    "select body_id from staging_bodies where sha256 = ?", -1,
	    SQLITE_PREPARE_PERSISTENT, &b->find, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(db,
		    "insert into staging_bodies (sha256, size, body) "
		    "values (?, ?, ?) returning body_id",
		    -1, SQLITE_PREPARE_PERSISTENT, &b->insert, NULL);
	return rc;
}

void bodies_release(struct bodies *b)
{
	sqlite3_finalize(b->find);
	sqlite3_finalize(b->insert);
	pack_release(&b->pack);
	buf_release(&b->packed);
}

/* Step a statement that gives a body_id, or none: *id is 0 then. */
static int step_id(sqlite3_stmt *stmt, sqlite3_int64 *id)
{
	int rc = sqlite3_step(stmt);

	*id = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	if (rc == SQLITE_ROW)
		rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int find(struct bodies *b, sqlite3_int64 *id)
{
	sqlite3_bind_blob(b->find, 1, b->digest, SHA256_SIZE, SQLITE_STATIC);
	return step_id(b->find, id);
}

static int pack(struct bodies *b)
{
	buf_clear(&b->packed);
	b->is_packed = pack_text(&b->pack, b->text, &b->packed);
	return b->is_packed ? SQLITE_OK : SQLITE_NOMEM;
}

int bodies_prepare(struct bodies *b, struct slice text)
{
	sqlite3_int64 id;
	int rc;

	b->text = text;
	b->is_packed = false;
	sha256(text, b->digest);
	rc = find(b, &id);
	return rc == SQLITE_OK && !id ? pack(b) : rc;
}

int bodies_keep(struct bodies *b, sqlite3_int64 *id)
{
	int rc = find(b, id);

	if (rc != SQLITE_OK || *id)
		return rc;
	/* Dropped since it was made ready. */
	if (!b->is_packed && (rc = pack(b)) != SQLITE_OK)
		return rc;
	sqlite3_bind_blob(b->insert, 1, b->digest, SHA256_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(b->insert, 2, (sqlite3_int64)b->text.n);
	if (b->packed.n)
		sqlite3_bind_blob64(
		    b->insert, 3, b->packed.p, b->packed.n, SQLITE_STATIC);
	else
		store_bind(b->insert, 3, b->text);
	return step_id(b->insert, id);
}

const char *bodies_open(
    struct pack *pack, sqlite3_stmt *row, int column, struct buf *to)
{
	static const char damaged[] = "its body is damaged";
	unsigned char digest[SHA256_SIZE];
	const void *p = sqlite3_column_blob(row, column);
	struct slice body = {
	    p ? p : "", (size_t)sqlite3_column_bytes(row, column)};
	sqlite3_int64 size = sqlite3_column_int64(row, column + 1);

	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		return "its body is missing";
	if (sqlite3_column_type(row, column) == SQLITE_BLOB)
		return pack_open(pack, body, size, to);
	sha256(body, digest);
	if (size < 0 || (size_t)size != body.n ||
	    sqlite3_column_bytes(row, column + 2) != SHA256_SIZE ||
	    memcmp(sqlite3_column_blob(row, column + 2), digest, SHA256_SIZE) !=
		0)
		return damaged;
	return buf_put_slice(to, body) ? NULL : damaged;
}

int bodies_drop_unused(sqlite3 *db, const char *among, int64_t *dropped)
{
	char *sql = sqlite3_mprintf(
	    "delete from staging_bodies where body_id in (%s) and body_id not "
	    "in (select body_id from staging_raw where body_id is not null)",
	    among);
	int rc = sql ? store_exec(db, sql) : SQLITE_NOMEM;

	sqlite3_free(sql);
	if (rc == SQLITE_OK)
		*dropped += sqlite3_changes(db);
	return rc;
}

struct reader {
	struct pack pack;
	struct buf text;
};

static void reader_free(void *p)
{
	struct reader *r = p;

	pack_release(&r->pack);
	buf_release(&r->text);
	free(r);
}

static void body_text(sqlite3_context *context, int n, sqlite3_value **args)
{
	struct reader *r = sqlite3_user_data(context);
	const void *p = sqlite3_value_blob(args[0]);
	struct slice body = {p ? p : "", (size_t)sqlite3_value_bytes(args[0])};

	(void)n;
	if (sqlite3_value_type(args[0]) != SQLITE_BLOB) {
		sqlite3_result_value(context, args[0]);
		return;
	}
	buf_clear(&r->text);
	if (!pack_open(&r->pack, body, sqlite3_value_int64(args[1]), &r->text))
		sqlite3_result_text64(context, r->text.p, r->text.n,
		    SQLITE_TRANSIENT, SQLITE_UTF8);
	else if (r->text.no_memory)
		sqlite3_result_error_nomem(context);
}

int bodies_add_function(sqlite3 *db)
{
	struct reader *r = malloc(sizeof(*r));

	if (!r)
		return SQLITE_NOMEM;
	*r = (struct reader){.text = BUF_INIT(BODY_MAX)};
	if (!pack_init(&r->pack)) {
		reader_free(r);
		return SQLITE_NOMEM;
	}
	/* It frees the reader, of a failure too. */
	return sqlite3_create_function_v2(db, "body_text", 2,
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC, r, body_text, NULL, NULL,
	    reader_free);
}

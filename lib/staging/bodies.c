#include "staging/bodies.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/db.h"
#include "json/utf8.h"

/* A body is one JSON text or what stood in its place, of one capture. */
#define BODY_MAX ((size_t)1 << 30)

int bodies_init(struct bodies *b, sqlite3 *db, size_t max)
{
	int rc;

	*b = (struct bodies){
	    .deflated = BUF_INIT(max), .stored = BUF_INIT(BODY_MAX)};
	deflate_init(&b->deflate);
	rc = sqlite3_prepare_v3(db,
	    "select body_id, body, size, sha256 from staging_bodies "
	    "where sha256 = ?",
	    -1, SQLITE_PREPARE_PERSISTENT, &b->find, NULL);
	/* The body of a digest is known, so that a damaged one is mended. */
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(db,
		    "insert into staging_bodies (sha256, size, body) "
		    "values (?, ?, ?) on conflict (sha256) do update "
		    "set size = excluded.size, body = excluded.body "
		    "returning body_id",
		    -1, SQLITE_PREPARE_PERSISTENT, &b->insert, NULL);
	return rc;
}

void bodies_release(struct bodies *b)
{
	sqlite3_finalize(b->find);
	sqlite3_finalize(b->insert);
	deflate_release(&b->deflate);
	buf_release(&b->deflated);
	buf_release(&b->stored);
}

/* Find the body of the digest: *id is 0 for none; `bad` may be NULL. */
static int find(struct bodies *b, sqlite3_int64 *id, const char **bad)
{
	int rc;

	*id = 0;
	sqlite3_bind_blob(b->find, 1, b->digest, SHA256_SIZE, SQLITE_STATIC);
	rc = sqlite3_step(b->find);
	if (rc == SQLITE_ROW) {
		*id = sqlite3_column_int64(b->find, 0);
		if (bad)
			*bad = bodies_check(b, b->find, 1);
		rc = SQLITE_OK;
	}
	sqlite3_reset(b->find);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int deflate_body(struct bodies *b)
{
	/* What is text in a database is taken for UTF-8. */
	bool always = utf8_find_invalid(b->text) < b->text.n;

	buf_clear(&b->deflated);
	b->is_deflated =
	    deflate_text(&b->deflate, b->text, always, &b->deflated);
	return b->is_deflated ? SQLITE_OK : SQLITE_TOOBIG;
}

int bodies_prepare(struct bodies *b, struct slice text)
{
	const char *bad = NULL;
	sqlite3_int64 id;
	int rc;

	b->text = text;
	b->is_deflated = false;
	sha256(text, b->digest);
	rc = find(b, &id, &bad);
	return rc == SQLITE_OK && (!id || bad) ? deflate_body(b) : rc;
}

static int write_body(struct bodies *b, sqlite3_int64 *id)
{
	int rc;

	sqlite3_bind_blob(b->insert, 1, b->digest, SHA256_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(b->insert, 2, (sqlite3_int64)b->text.n);
	if (b->deflated.n)
		sqlite3_bind_blob64(
		    b->insert, 3, b->deflated.p, b->deflated.n, SQLITE_STATIC);
	else
		db_bind_text(b->insert, 3, b->text);
	rc = sqlite3_step(b->insert);
	*id = rc == SQLITE_ROW ? sqlite3_column_int64(b->insert, 0) : 0;
	if (rc == SQLITE_ROW)
		rc = sqlite3_step(b->insert);
	sqlite3_reset(b->insert);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int bodies_store(struct bodies *b, sqlite3_int64 *id)
{
	int rc = SQLITE_OK;

	if (!b->is_deflated) {
		rc = find(b, id, NULL);
		if (rc != SQLITE_OK || *id)
			return rc;
		/* Dropped since it was made ready. */
		rc = deflate_body(b);
	}
	return rc == SQLITE_OK ? write_body(b, id) : rc;
}

/* A row of staging_bodies. */
struct stored {
	struct slice body; /* p == NULL if there is none */
	bool is_deflated;
	sqlite3_int64 size;
	struct slice digest;
};

static const char *open_stored(
    struct deflate *deflate, const struct stored *s, struct buf *to)
{
	static const char damaged[] = "its body is damaged";
	unsigned char digest[SHA256_SIZE];
	const size_t at = to->n;
	const char *why = NULL;

	if (!s->body.p)
		return "its body is missing";
	if (s->is_deflated)
		why = inflate_text(deflate, s->body, s->size, to);
	else if (s->size < 0 || (size_t)s->size != s->body.n ||
		 !buf_put_slice(to, s->body))
		why = damaged;
	if (why)
		return why;
	sha256(slice_from(buf_slice(to), at), digest);
	return slice_eq(
		   s->digest, (struct slice){(const char *)digest, SHA256_SIZE})
		   ? NULL
		   : damaged;
}

static struct slice column_bytes(sqlite3_stmt *row, int i)
{
	const void *p = sqlite3_column_blob(row, i);

	if (sqlite3_column_type(row, i) == SQLITE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){p ? p : "", (size_t)sqlite3_column_bytes(row, i)};
}

const char *bodies_inflate(
    struct deflate *deflate, sqlite3_stmt *row, int column, struct buf *to)
{
	const struct stored s = {.body = column_bytes(row, column),
	    .is_deflated = sqlite3_column_type(row, column) == SQLITE_BLOB,
	    .size = sqlite3_column_int64(row, column + 1),
	    .digest = column_bytes(row, column + 2)};

	return open_stored(deflate, &s, to);
}

const char *bodies_check(struct bodies *b, sqlite3_stmt *row, int column)
{
	buf_clear(&b->stored);
	return bodies_inflate(&b->deflate, row, column, &b->stored);
}

int bodies_drop_unused(sqlite3 *db, const char *among, int64_t *dropped)
{
	char *sql = sqlite3_mprintf(
	    "delete from staging_bodies where body_id in (%s) and body_id not "
	    "in (select body_id from staging_raw where body_id is not null)",
	    among);
	int rc = db_exec(db, sql);

	sqlite3_free(sql);
	if (rc == SQLITE_OK)
		*dropped += sqlite3_changes(db);
	return rc;
}

struct reader {
	struct deflate deflate;
	struct buf text;
};

static void reader_free(void *p)
{
	struct reader *r = p;

	deflate_release(&r->deflate);
	buf_release(&r->text);
	free(r);
}

static struct slice value_bytes(sqlite3_value *v)
{
	const void *p = sqlite3_value_blob(v);

	if (sqlite3_value_type(v) == SQLITE_NULL)
		return (struct slice){NULL, 0};
	return (struct slice){p ? p : "", (size_t)sqlite3_value_bytes(v)};
}

/* An error that db_failure tells with status 78, by the capture's name. */
static void fail(
    sqlite3_context *context, sqlite3_value *name, const char *reason)
{
	char *why = sqlite3_mprintf("%s: %s", sqlite3_value_text(name), reason);

	if (why) {
		sqlite3_result_error(context, why, -1);
		sqlite3_result_error_code(context, SQLITE_CONSTRAINT_FUNCTION);
	} else {
		sqlite3_result_error_nomem(context);
	}
	sqlite3_free(why);
}

static void body_text(sqlite3_context *context, int n, sqlite3_value **args)
{
	struct reader *r = sqlite3_user_data(context);
	const struct stored s = {.body = value_bytes(args[0]),
	    .is_deflated = sqlite3_value_type(args[0]) == SQLITE_BLOB,
	    .size = sqlite3_value_int64(args[1]),
	    .digest = value_bytes(args[2])};
	const char *why;

	(void)n;
	buf_clear(&r->text);
	why = open_stored(&r->deflate, &s, &r->text);
	if (why)
		fail(context, args[3], why);
	else
		sqlite3_result_text64(context, r->text.p ? r->text.p : "",
		    r->text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

int bodies_add_function(sqlite3 *db)
{
	struct reader *r = mem_alloc(sizeof(*r));

	*r = (struct reader){.text = BUF_INIT(BODY_MAX)};
	deflate_init(&r->deflate);
	/* It frees the reader, of a failure too. */
	return sqlite3_create_function_v2(db, "body_text", 4,
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC, r, body_text, NULL, NULL,
	    reader_free);
}

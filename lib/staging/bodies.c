#include "staging/bodies.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/db.h"
#include "db/statements.h"
#include "json/utf8.h"

#define BODY_MAX ((size_t)1 << 30) /* of a stored body, when it is read */

int bodies_init(struct bodies *b, sqlite3 *db, size_t max)
{
	*b = (struct bodies){
	    .deflated = BUF_INIT(max), .stored = BUF_INIT(BODY_MAX)};
	deflate_init(&b->deflate);
	query_prepare_persistent(&b->find, db, &sql_find_body);
	query_prepare_persistent(&b->store, db, &sql_store_body);
	return b->find.rc ? b->find.rc : b->store.rc;
}

void bodies_release(struct bodies *b)
{
	query_finish(&b->find);
	query_finish(&b->store);
	deflate_release(&b->deflate);
	buf_release(&b->deflated);
	buf_release(&b->stored);
}

static struct slice digest_of(const struct bodies *b)
{
	return (struct slice){(const char *)b->digest, SHA256_SIZE};
}

/* Find the body of the digest: *id is 0 for none; `bad` may be NULL. */
static int find(struct bodies *b, sqlite3_int64 *id, const char **bad)
{
	*id = 0;
	query_bind_blob(&b->find, ":sha256", digest_of(b));
	if (query_step(&b->find)) {
		*id = query_int(&b->find, 0);
		if (bad)
			*bad = bodies_check(b, &b->find, 1);
	}
	query_reset(&b->find);
	return b->find.rc;
}

static int deflate_body(struct bodies *b)
{
	/* Text in a database has to be valid UTF-8. */
	bool always = utf8_find_invalid(b->text) < b->text.n;

	buf_clear(&b->deflated);
	b->is_new = deflate_text(&b->deflate, b->text, always, &b->deflated);
	return b->is_new ? SQLITE_OK : SQLITE_TOOBIG;
}

int bodies_prepare(struct bodies *b, struct slice text)
{
	const char *bad = NULL;
	sqlite3_int64 id;
	int rc;

	b->text = text;
	b->is_new = false;
	sha256(text, b->digest);
	rc = find(b, &id, &bad);
	return rc == SQLITE_OK && (!id || bad) ? deflate_body(b) : rc;
}

static int write_body(struct bodies *b, sqlite3_int64 *id)
{
	*id = 0;
	query_bind_blob(&b->store, ":sha256", digest_of(b));
	query_bind_int(&b->store, ":size", (int64_t)b->text.n);
	if (b->deflated.n)
		query_bind_blob(&b->store, ":body", buf_slice(&b->deflated));
	else
		query_bind_text(&b->store, ":body", b->text);
	if (query_step(&b->store)) {
		*id = query_int(&b->store, 0);
		query_run(&b->store);
	}
	return b->store.rc;
}

int bodies_store(struct bodies *b, sqlite3_int64 *id)
{
	int rc = SQLITE_OK;

	if (!b->is_new) {
		rc = find(b, id, NULL);
		if (rc != SQLITE_OK || *id)
			return rc;
		/* Deleted since it was prepared. */
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

/* Append the plain text; NULL, or what is wrong with it. */
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

const char *bodies_inflate(
    struct deflate *deflate, struct query *row, int column, struct buf *to)
{
	const struct stored s = {.body = query_blob(row, column),
	    .is_deflated = query_int(row, column + 1) != 0,
	    .size = query_int(row, column + 2),
	    .digest = query_blob(row, column + 3)};

	return open_stored(deflate, &s, to);
}

const char *bodies_check(struct bodies *b, struct query *row, int column)
{
	buf_clear(&b->stored);
	return bodies_inflate(&b->deflate, row, column, &b->stored);
}

/* The state of body_text. */
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

/* Fail with an error for which db_failure returns 78. */
static void fail(
    sqlite3_context *context, sqlite3_value *name, const char *reason)
{
	char *why = sqlite3_mprintf("%s: %s", sqlite3_value_text(name), reason);

	sqlite3_result_error(context, why, -1);
	sqlite3_result_error_code(context, SQLITE_CONSTRAINT_FUNCTION);
	sqlite3_free(why);
}

/* body_text(body, size, sha256, name) in SQL. */
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
	/* SQLite frees the reader, even if this fails. */
	return sqlite3_create_function_v2(db, "body_text", 4,
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC, r, body_text, NULL, NULL,
	    reader_free);
}

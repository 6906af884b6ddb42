/*
 * staging_bodies: the body of each response, stored once, and deflated if that
 * makes it smaller. A body is prepared first, which takes time and no lock, and
 * then stored in the transaction that is open.
 *
 * Functions return SQLite's result codes, unless they say otherwise.
 */
#ifndef SP_STAGING_BODIES_H
#define SP_STAGING_BODIES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "db/query.h"
#include "staging/deflate.h"

struct bodies {
	struct query find;
	struct query store;
	struct deflate deflate;

	/* The prepared body. */
	struct slice text; /* borrowed */
	unsigned char digest[SHA256_SIZE];
	struct buf deflated; /* empty if the text is stored as it is */
	bool is_new;	     /* not stored yet, or damaged there */

	struct buf stored; /* scratch: a stored body, to be checked */
};

/* `max` is the length of the longest body. */
int bodies_init(struct bodies *, sqlite3 *db, size_t max);
void bodies_release(struct bodies *);

/*
 * Prepare a body: computes its digest, and deflates it if it is new. The text
 * is borrowed until bodies_store.
 */
int bodies_prepare(struct bodies *, struct slice text);

/* Store the prepared body if it is new; *id is its body_id. */
int bodies_store(struct bodies *, sqlite3_int64 *id);

/*
 * Append the plain text of a stored body, whose columns body, typeof(body) =
 * 'blob', size and sha256 begin with `column`. Returns NULL, or what is wrong
 * with it, a constant string: missing, or damaged as of inflate_text.
 */
const char *bodies_inflate(
    struct deflate *, struct query *row, int column, struct buf *to);

/* The same without the text, to see whether the body is readable. */
const char *bodies_check(struct bodies *, struct query *row, int column);

/*
 * Add the SQL function body_text(body, size, sha256, name): the text of a body,
 * from its columns in staging_bodies. An unreadable body fails the statement
 * with that name; db_failure returns 78 for that.
 */
int bodies_add_function(sqlite3 *db);

#endif

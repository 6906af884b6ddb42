/*
 * staging_bodies: what servers answered, each body once, packed where that
 * makes it smaller. A body is made ready first, which takes time and no lock,
 * and then kept, as part of the transaction that is open.
 *
 * SQLite's result codes, where nothing else is said.
 */
#ifndef SP_STAGING_BODIES_H
#define SP_STAGING_BODIES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/sha256.h"
#include "staging/deflate.h"

struct bodies {
	sqlite3_stmt *find;
	sqlite3_stmt *insert;
	struct deflate deflate;

	/* The body that is ready. */
	struct slice text; /* borrowed */
	unsigned char digest[SHA256_SIZE];
	struct buf deflated; /* empty where it is kept as it is */
	bool is_deflated;    /* tried to be: none is stored, or a damaged one */

	struct buf stored; /* scratch: what is stored, to be checked */
};

/* The longest body that will come is of `max` bytes. */
int bodies_init(struct bodies *, sqlite3 *db, size_t max);
void bodies_release(struct bodies *);

/*
 * Make a body ready: its digest, and, where it is not known yet or is stored
 * damaged, what is to be kept of it. The text is borrowed until bodies_store.
 */
int bodies_prepare(struct bodies *, struct slice text);

/*
 * Keep the body that is ready, if it is not known, also in the place of the
 * same one that is damaged: *id is its body_id.
 */
int bodies_store(struct bodies *, sqlite3_int64 *id);

/*
 * Append a body as it was, from a row's columns body, size and sha256, the
 * first of which is `column`: NULL, or what is wrong with it, a constant
 * string, as of inflate_text. A body that is not there is wrong, too.
 */
const char *bodies_inflate(
    struct deflate *, sqlite3_stmt *row, int column, struct buf *to);

/* The same, only to know whether it can be read. */
const char *bodies_check(struct bodies *, sqlite3_stmt *row, int column);

/*
 * Drop the bodies that no capture has any more, of those whose body_id the
 * query `among` gives; adds to *dropped how many.
 */
int bodies_drop_unused(sqlite3 *db, const char *among, int64_t *dropped);

/*
 * SQL: the text of the body of a capture, of a row `s` of staging_raw with
 * its row `b` of staging_bodies, if any. One that cannot be read fails the
 * statement, with the capture's name; db_failure makes 78 of that.
 */
#define BODIES_TEXT                            \
	"body_text(b.body, b.size, b.sha256, " \
	"coalesce(s.run_id || '/' || s.seq, "  \
	"'capture ' || s.capture_id))"

/* Give the connection the function that BODIES_TEXT calls. */
int bodies_add_function(sqlite3 *db);

#endif

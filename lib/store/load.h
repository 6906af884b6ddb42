/*
 * Writing rows into their tables: what stands is read, what was told is
 * merged in, and what comes out is written if it differs. A dry run does the
 * same and writes to temporary tables that lie over the true ones.
 */
#ifndef SP_STORE_LOAD_H
#define SP_STORE_LOAD_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/batch.h"
#include "store/merge.h"

enum change_kind { CHANGE_NONE, CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE };

/* What becomes of one row of a table. */
struct change {
	enum change_kind kind;
	const struct table *table;
	const struct state *before, *after;
	uint64_t rows;	  /* how many that came say it */
	struct slice src; /* of the newest of them */
};

struct loader {
	sqlite3 *db; /* borrowed */
	bool dry;

	/* Told of each change after it was written. */
	void (*on_change)(void *ctx, const struct change *);
	/* Told instead where a constraint or trigger of the user's forbids it.
	 */
	void (*on_forbidden)(
	    void *ctx, const struct change *, const char *reason);
	void *ctx;

	struct state before, after; /* private from here */
	bool ignored;	    /* what was written last has changed nothing */
	struct state ahead; /* the first row of the table from `ahead_key` on */
	int ahead_known;
	struct buf ahead_key;
	struct buf ahead_text; /* what `ahead` points into */
	struct buf done_text, text;
	struct buf key;
	sqlite3_stmt *done_find, *done_find_overlay, *done_write;
};

void loader_init(struct loader *, sqlite3 *, bool dry);
void loader_release(struct loader *);

/*
 * Write a batch as part of the transaction that is open. A SQLite result
 * code; after a failure the transaction must be rolled back.
 */
int loader_apply(struct loader *, struct batch *);

/*
 * What stands of the row of a told key; valid until the loader's next call.
 * The same result codes.
 */
int loader_find(struct loader *, struct table *, const struct told *key,
    const struct state **);

/* Tell of one row at a time, as if it had come in a batch. */
int loader_tell(struct loader *, struct table *, const struct told *,
    struct slice at, struct slice src);

/* Append a change as a JSON object, a record of sp-stream(5). */
bool change_put(const struct change *, struct buf *);

#endif

/*
 * Applies rows to their tables: the stored row is read, the observations are
 * merged into it, and the result is written if it differs. A dry run does the
 * same and writes to temporary tables that overlay the real ones.
 */
#ifndef SP_MERGE_APPLY_H
#define SP_MERGE_APPLY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "merge/batch.h"
#include "merge/merge.h"
#include "merge/retract.h"
#include "merge/sources.h"

enum change_kind { CHANGE_NONE, CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE };

/* A change of one row of a table. */
struct change {
	enum change_kind kind;
	const struct table *table;
	const struct stored_row *before, *after;
	uint64_t rows;	  /* how many row records assert it */
	struct slice src; /* the capture of the newest of them */
};

/* A new row that is to be inserted together with others. */
struct waiting_row {
	struct change change;
	struct stored_row row;
};

struct applier {
	sqlite3 *db; /* borrowed */
	bool dry;

	/* Called with each change after it was written. */
	void (*on_change)(void *ctx, const struct change *);
	/* Called instead if a constraint or trigger of the user's forbids. */
	void (*on_forbidden)(
	    void *ctx, const struct change *, const char *reason);
	void *ctx;
	struct sources sources;

	struct stored_row before, after; /* private from here */
	bool ignored; /* a trigger ignored what was written last */
	struct stored_row
	    ahead; /* the first row of the table from `ahead_key` on */
	int ahead_known;
	struct slice ahead_key;
	struct buf ahead_scratch; /* for it */
	struct buf ahead_text;	  /* what `ahead` points into */
	bool may_wait; /* new rows of the table may wait to be inserted */
	struct waiting_row *waiting;
	unsigned waiting_count;
	struct arena waiting_text;
	struct buf tombstone_text, text;
	struct buf key;
	sqlite3_stmt *tombstone_find, *tombstone_find_overlay, *tombstone_write;
};

void applier_init(struct applier *, sqlite3 *, bool dry);
void applier_release(struct applier *);

/*
 * Write a batch as part of the transaction that is open. A SQLite result
 * code; after a failure the transaction must be rolled back.
 */
int apply_batch(struct applier *, struct batch *);

/*
 * The stored row of a key; valid until the applier's next call. The same result
 * codes.
 */
int apply_find(struct applier *, struct table *, const struct observation *key,
    const struct stored_row **);

/* Apply one observation, as if it had come in a batch. */
int apply_observation(struct applier *, struct table *,
    const struct observation *, struct slice at, const struct source_name *src);

/*
 * Take values back from the stored row of a key, in a table of
 * TABLE_BY_COLUMN; a row that nothing asserts then is deleted.
 */
int apply_retraction(struct applier *, struct table *,
    const struct observation *key, const struct retraction *,
    struct retracted *);

/* Append a change as a JSON object, a record of sp-stream(5). */
bool change_put(const struct change *, struct buf *);

#endif

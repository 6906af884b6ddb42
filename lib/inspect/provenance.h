/*
 * Why a row is as it is: the capture that each of its values comes from, as
 * merge/merge.h stores it. For a value that an older sp has loaded, all
 * captures of its time are listed: any of them may be its source.
 *
 * An item of a playlist comes from the page of the current list that has it.
 *
 * For a row that does not exist, or whose sources are not stored, all captures
 * that name its key are listed, with what became of them.
 *
 * Keys may be as people have them: a time without its fraction, or less of
 * it; an id as a URI or a link.
 *
 * The connection needs the function of bodies_add_function. SQLite's result
 * codes throughout.
 */
#ifndef SP_INSPECT_PROVENANCE_H
#define SP_INSPECT_PROVENANCE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "merge/table.h"

struct provenance {
	const struct table *table;
	struct slice keys[TABLE_COLUMNS_MAX]; /* in the order of its key */
	int64_t found;			      /* 0 where there is no answer */
	int64_t alike;	/* rows that a key like that may mean, if it is none */
	bool present;	/* the row is there */
	bool by_column; /* the answer has rows for each column */
	struct buf query, text; /* private from here */
};

/* The keys, as many as the table's key has, are borrowed. */
void provenance_init(
    struct provenance *, const struct table *, char *const *keys);
void provenance_release(struct provenance *);

/* Whether a table's rows can be asked about. */
bool provenance_covers(const struct table *);

/*
 * Find the answer, and prepare the statement that returns it. `by_column`, it
 * has a row for each column and capture that may be its source: "column",
 * value, told_at, run, seq, endpoint, url, capture_id; else a row for each
 * capture: the same without the first two, and what "became" of it, with the
 * stage and reason of a refusal. With `captures` it returns the numbers of the
 * captures alone, each once. Where several rows are `alike`, there is no
 * statement, and nothing is `found`.
 */
int provenance_query(
    struct provenance *, sqlite3 *, bool captures, sqlite3_stmt **);

#endif

/*
 * Which captures a row comes from: a look-up of the source of each value, as
 * merge/merge.h stores it. For a value of unknown source, all captures of its
 * time are given, because any of them may be its source. The source of an item
 * of a playlist is the page of the current list that has it.
 *
 * If the row is absent, or has no sources, the answer is all captures that
 * contain its key, with what became of them.
 *
 * Keys may be as people write them, see inspect/loose_keys.h.
 *
 * The answer is in temporary tables of the connection, which needs the function
 * of bodies_add_function. SQLite's result codes throughout.
 */
#ifndef SP_INSPECT_PROVENANCE_H
#define SP_INSPECT_PROVENANCE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/query.h"
#include "merge/table.h"

struct provenance {
	const struct table *table;
	/* In the order of table_key; once a row is found, those that it has. */
	struct slice keys[TABLE_COLUMNS_MAX];
	struct slice ends[TABLE_COLUMNS_MAX]; /* private: see loose_time */
	int64_t found;	  /* values or captures; 0 if there is no answer */
	int64_t alike;	  /* rows that the keys may mean, if none has them */
	bool present;	  /* the row is there */
	bool by_column;	  /* the answer has a row for each value */
	struct buf text;  /* private: of the keys */
	struct buf whole; /* private: of the keys of the row */
	struct buf candidates; /* the keys of the rows alike, up to 8 */
};

/* The keys, as many as the table's key has, are borrowed. */
void provenance_init(
    struct provenance *, const struct table *, char *const *keys);
void provenance_release(struct provenance *);

/*
 * Find the answer, once for a connection. If several rows are `alike`, nothing
 * is found.
 */
int provenance_find(struct provenance *, sqlite3 *);

/*
 * Prepare a listing of the answer: `by_column` a row for each value and capture
 * that it may come from: "column", value, reported_at, run_id, seq, endpoint,
 * url, capture_id; else for each capture: the same without the first two, and
 * what "became" of it, with the stage and reason of a refusal.
 */
void provenance_list(const struct provenance *, sqlite3 *, struct query *);

/* Prepare a listing of the numbers of the captures found, each once. */
void provenance_captures(sqlite3 *, struct query *);

#endif

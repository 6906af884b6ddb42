/*
 * The tables that can be loaded, as the database describes them: columns and
 * types are read from the database, so that a column that a user added, or a
 * table of a user's own, is loaded like any other. table.c lists the few
 * tables and columns that have rules of their own.
 *
 * A struct tables owns its tables and their statements.
 */
#ifndef SP_MERGE_TABLE_H
#define SP_MERGE_TABLE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "db/trigger.h"

#define TABLE_COLUMNS_MAX 64

enum column_type {
	COLUMN_TEXT,
	COLUMN_JSON, /* by its name, *_json: text that is JSON */
	COLUMN_TIME, /* by its name, *_at and some: text, see base/clock.h */
	COLUMN_INTEGER,
	COLUMN_BOOLEAN,
	COLUMN_REAL
};

enum column_rule {
	RULE_NONE,  /* never observed, never written */
	RULE_KEY,   /* part of what names a row */
	RULE_LWW,   /* the newest value wins */
	RULE_FIRST, /* the earliest `at` of any observation */
	RULE_LAST,  /* the newest `at` of any column */
	RULE_TIMES, /* when columns were written, where not at RULE_LAST */
	RULE_MIN,   /* the earliest time observed, `at` by default */
	RULE_MAX,   /* the latest time observed, `at` by default */
	RULE_TABLE, /* merged by the rule of its table */
	RULE_LIST,  /* of the current list, see merge/tracklist.h */

	/* Bookkeeping of provenance, which neither counts as a change nor in
	   a digest: see merge/merge.h. */
	RULE_ROW_SOURCE,     /* of the columns without one of their own */
	RULE_FIRST_SOURCE,   /* of RULE_FIRST, or else RULE_MIN */
	RULE_COLUMN_SOURCES, /* of those whose source is another */
	RULE_LIST_SOURCES    /* of the pages of the current list */
};

/* Whether a column holds the sources of others. */
static inline bool rule_is_provenance(enum column_rule rule)
{
	return rule >= RULE_ROW_SOURCE;
}

enum table_kind {
	TABLE_UNKNOWN,
	TABLE_NOT_LOADED, /* it exists, but has no rule */
	TABLE_BY_COLUMN,  /* merged by the rules of its columns */
	TABLE_CURSOR,	  /* the greatest value wins */
	TABLE_QUEUE,	  /* playlist_ingest_queue, with its _done */
	TABLE_LIST /* playlist_tracks, by whole lists: merge/tracklist.h */
};

struct column {
	struct slice name; /* with a NUL behind it */
	char *name_copy;   /* where it is */
	enum column_type type;
	enum column_rule rule;
	bool not_null;
	bool makes_numbers; /* by its declared type, of text that is one */
	bool empty_is_null; /* an id or a uri, or another key of ours */
	char *fallback; /* SQL for a NOT NULL column that was never observed */
};

struct table {
	struct slice name; /* with a NUL behind it */
	char *name_copy;   /* where it is */
	enum table_kind kind;
	unsigned index; /* among the tables, from 0 */
	struct column columns[TABLE_COLUMNS_MAX];
	unsigned count;
	unsigned by_name[TABLE_COLUMNS_MAX]; /* the columns by alphabet */
	unsigned keys[TABLE_COLUMNS_MAX];    /* in the order of the index */
	unsigned key_count;
	/* The columns of these rules, or -1. */
	int first, last, times;
	int row_source, first_source, column_sources, list_sources;
	int earliest; /* the column whose source first_source is */

	bool deferred;	  /* its rows wait until their run commits */
	bool covers;	  /* where its rows end, plays may be missing */
	bool sparse_last; /* RULE_LAST is NULL where it equals RULE_FIRST */
	bool of_user;	  /* its user_id may come from --user */
	bool user_made;	  /* made by a user: its keys may have any collation */

	/* Columns of the last row's members: rows resemble each other. */
	unsigned char hint[TABLE_COLUMNS_MAX];

	/* Of a batch, by merge/apply.h. insert_many is as `triggers` was. */
	enum trigger_effects triggers, many_triggers;

	/* Prepared when first used, by merge/apply.h. */
	sqlite3_stmt *find, *find_overlay;
	sqlite3_stmt *insert, *insert_many, *update, *remove;
};

struct tables {
	sqlite3 *db; /* borrowed */
	struct table **list;
	size_t count;
	struct table *last;    /* found last */
	struct table *unknown; /* asked for last */
};

/* The column of that name, or -1. */
int table_column(const struct table *, struct slice name);

/*
 * The column of the key at `place`, from 0, in the order in which people give
 * and see a key: its user first. That of the index may begin with a time.
 */
unsigned table_key(const struct table *, unsigned place);

/*
 * The table of that name; its kind says whether it can be loaded. Belongs to
 * `tables`; an unknown one is valid until the next call. NULL on failure: the
 * error is the connection's.
 */
struct table *tables_find(struct tables *, struct slice name);

void tables_release(struct tables *);

#endif

/* Statements of lists of tracks, and the ways in which they are stepped. */
#ifndef SP_MERGE_TRACKLIST_SQL_H
#define SP_MERGE_TRACKLIST_SQL_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/slice.h"

#define LIST_NONE ((struct slice){NULL, 0})

/* SQL: the stored items of a playlist in a range of positions, as an array. */
#define LIST_STORED(playlist, from, to)                                       \
	"(select json_group_array(json_object('track_id', track_id, 'uri',"   \
	" uri, 'added_at', added_at, 'added_by', added_by, 'kind', kind))"    \
	" from (select * from $playlist_tracks where playlist_id = " playlist \
	" and position >= " from " and position < " to " order by position))"

/*
 * Give a connection the function items_cmp(a, b), which compares arrays of
 * items: below, above or 0; NULL where one of them is none.
 */
int tracklist_sql_add_function(sqlite3 *);

/*
 * Prepare a text in which $ stands before the tables that are written: the
 * true ones or, in a dry run, temporary ones called dry_… . A result code.
 */
int tracklist_sql_prepare(
    sqlite3 *, bool dry, const char *sql, sqlite3_stmt **);

/* Bind a playlist and, where there is one, a list; gives the statement. */
sqlite3_stmt *tracklist_sql_bind(
    sqlite3_stmt *, struct slice playlist, struct slice list);

/* Step a statement that writes, and have it ready for the next time. */
int tracklist_sql_run(sqlite3_stmt *);

/* Whether a statement gives a row. */
int tracklist_sql_exists(sqlite3_stmt *, bool *yes);

/* Text of a row of results, until its statement is stepped. */
struct slice tracklist_sql_text(sqlite3_stmt *, int column);

#endif

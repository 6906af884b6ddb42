/* Prepares and steps the statements of lists of tracks. */
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
 * items: <0, 0, >0; NULL if one of them is no array of items.
 */
int tracklist_sql_add_function(sqlite3 *);

/*
 * Prepare a statement. A $ before a table's name is removed or, in a dry run,
 * replaced by "dry_", the temporary tables of that. A result code.
 */
int tracklist_sql_prepare(
    sqlite3 *, bool dry, const char *sql, sqlite3_stmt **);

/* Bind a playlist and, if it is not LIST_NONE, a list; returns the statement.
 */
sqlite3_stmt *tracklist_sql_bind(
    sqlite3_stmt *, struct slice playlist, struct slice list);

/* Whether a statement gives a row. */
int tracklist_sql_exists(sqlite3_stmt *, bool *yes);

/* Text of a row of results, until its statement is stepped. */
struct slice tracklist_sql_text(sqlite3_stmt *, int column);

#endif

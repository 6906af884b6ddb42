/*
 * The columns that objects of the API have as members, as comments of the
 * prelude declare them, and what else an object has, its vendor_json:
 *
 *	# columns TABLE: MEMBER[[]][.MEMBER][:COLUMN] ...
 *		Columns, and the members that they are, where the names differ.
 *		With [], an empty array counts as null.
 *	# elsewhere TABLE: MEMBER ...
 *		What a mapping makes columns of itself, or rows.
 *	# full TABLE: MEMBER ...
 *		An object that has all of these is full. Only such a one asserts
 *		vendor_json: its members that are neither of the above.
 *	# without: MEMBER ...
 *		Members of any object that are not stored.
 *
 * A result of a mapping names such an object by its member `of`.
 */
#ifndef SP_MAP_OBJECT_COLUMNS_H
#define SP_MAP_OBJECT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "value/heap.h"
#include "value/jq_value.h"
#include "value/names.h"

#define OBJECT_TABLES_MAX 16
#define OBJECT_COLUMNS_MAX 24
#define OBJECT_WITHOUT_MAX 16

struct object_column {
	struct name *column;
	struct name *member, *inner; /* inner is NULL if it has none */
	bool empty_is_null;
};

/* What a member of an object is; its column is counted from 1. */
struct object_member {
	uint8_t column;
	bool is_elsewhere; /* or a column as a whole: not in vendor_json */
	bool is_full;	   /* one that full objects have */
};

struct object_table {
	struct slice name;
	struct object_column columns[OBJECT_COLUMNS_MAX];
	size_t count;
	size_t full; /* members that full objects have */
	struct object_member members[NAME_IDS + 1]; /* by the id of a name */
};

/* What the API's objects have that a mapping stores by `of`. */
struct object_columns {
	struct object_table *tables[OBJECT_TABLES_MAX];
	size_t count;
	struct name *without[OBJECT_WITHOUT_MAX];
	size_t without_count;
	struct name *vendor_json;
};

/*
 * Read the declarations of a text; what they name becomes lasting names. False
 * if one is wrong, or if there are too many.
 */
bool object_columns_parse(
    struct object_columns *, struct names *, struct slice text);
void object_columns_release(struct object_columns *);

/* Store these members, too. False if a name is not one of `# without:`. */
bool object_columns_include(struct object_columns *, struct slice name);

/* The declarations of a table; NULL if it has none. */
const struct object_table *object_columns_find(
    const struct object_columns *, struct slice table);

/*
 * Append `"COLUMN":VALUE` for each column that an object has a value of, to the
 * members of another object that has begun, `row`. A column that is a member of
 * `row`, null or not, is left out. NULL, or what is wrong, a constant string.
 */
const char *object_columns_write(const struct object_columns *,
    const struct object_table *, struct heap *, struct jq_value object,
    struct jq_value row, struct buf *);

#endif

/*
 * Rows of an exported streaming history, in the forms of all years, known by
 * their members.
 */
#ifndef SP_IMPORT_EXPORT_ROW_H
#define SP_IMPORT_EXPORT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "json/json.h"

enum export_form {
	EXPORT_NONE,	 /* no row of an export */
	EXPORT_EXTENDED, /* of the extended streaming history */
	EXPORT_BASIC	 /* of the account data */
};

#define EXPORT_PRIVATE_MAX 8

/* The name of the endpoint of a form; NULL for EXPORT_NONE. */
const char *export_endpoint(enum export_form);

struct export_row {
	enum export_form form;
	struct buf username; /* whose row it says it is; empty if it does not */

	/*
	 * The hash of what makes a stream that stream: when it ended, what was
	 * played, offline_timestamp in ms, ms_played. 0 if it is not wanted.
	 */
	uint64_t key;
	bool wants_key; /* true at first */

	/*
	 * Whether the row has no white space between its tokens, and neither
	 * lists nor objects in it: then its private members are these parts.
	 */
	bool is_plain;
	struct row_part {
		size_t from, to;
	} private_parts[EXPORT_PRIVATE_MAX];
	size_t private_count;

	struct row_values *values; /* private */
	struct buf text;	   /* scratch */
};

void export_row_init(struct export_row *);
void export_row_release(struct export_row *);

/*
 * Read a row that is JSON by a lenient reader at its beginning: as `scan` of
 * import/values.h, where the context is the export_row.
 */
void export_row_scan(void *row, struct json *);

/* Know the row that was read last, whose text still is where it was. */
void export_row_know(struct export_row *);

/*
 * Append the row that was read last, without white space between its tokens,
 * and without private members wherever they are: addresses, the user agent and
 * the user's name. False if the buf is full.
 */
bool export_row_put_public(
    const struct export_row *, struct slice row, struct buf *);

#endif

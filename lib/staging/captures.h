/*
 * staging_raw: every capture as it came, so that all tables can be rebuilt.
 * Bodies are in staging_bodies, each once, and are restored byte for byte.
 * Members without a column of their own are JSON in extra_json. Times have
 * the form of base/clock.h, so that they compare as text.
 */
#ifndef SP_STAGING_CAPTURES_H
#define SP_STAGING_CAPTURES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/slice.h"
#include "db/query.h"
#include "staging/bodies.h"
#include "stream/body.h"
#include "stream/record.h"

enum capture_result {
	CAPTURE_READY, /* not stored yet */
	CAPTURE_ADDED,
	CAPTURE_DUPLICATE,  /* the same capture is already stored */
	CAPTURE_KNOWN,	    /* the same rows of a file are, see `known` */
	CAPTURE_INVALID,    /* see why; also a reused run and seq */
	CAPTURE_UNREADABLE, /* the body stored of it is unreadable, see why */
	CAPTURE_FAILED	    /* the database failed: see db_failure */
};

/* Stores captures, one at a time: prepared, then appended. */
struct capture_store {
	struct query insert;
	struct query compare;
	struct query find_known;
	struct bodies bodies;
	struct buf scratch; /* decoded members */
	struct buf extra;   /* members for extra_json */
	char reason[256];   /* private */

	/* The prepared capture; p == NULL or -1 for an absent member. */
	struct slice run, endpoint, user, url, file_sha256;
	int64_t seq, status, first_row;
	enum body_form form; /* of its body */
	bool has_time;	     /* it has a member fetched_at */
	/*
	 * When it was fetched, else prepared. Of a duplicate without
	 * fetched_at, the stored time, once it is appended.
	 */
	int64_t time;
	char time_text[CLOCK_TEXT];

	/* For CAPTURE_KNOWN, the capture_id of the first of these rows. */
	sqlite3_int64 known;
};

/* The connection is borrowed. Returns SQLite's result code. */
int capture_store_init(struct capture_store *, sqlite3 *db, size_t max_line);
void capture_store_release(struct capture_store *);

/*
 * Prepare a capture and its body, which takes time and no lock. CAPTURE_READY,
 * CAPTURE_INVALID with the reason, or CAPTURE_FAILED. The record is borrowed
 * until capture_store_append.
 */
enum capture_result capture_store_prepare(
    struct capture_store *, const struct record *capture, const char **why);

/*
 * Append the prepared capture, in the caller's transaction. Rows of an exported
 * file, which the members `sha256` and `first_row` name, are stored once, under
 * the first run and seq that they came with. Any result but CAPTURE_READY; the
 * reason of CAPTURE_INVALID and CAPTURE_UNREADABLE is valid until the next
 * capture is prepared.
 */
enum capture_result capture_store_append(
    struct capture_store *, const char **why);

#endif

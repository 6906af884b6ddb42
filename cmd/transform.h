/*
 * The parts of sp-transform: sp-transform.c has the options and the loop,
 * transform_capture.c maps captures, transform_bodies.c makes
 * captures of saved bodies, and transform_filters.c finds the mappings.
 */
#ifndef SP_CMD_TRANSFORM_H
#define SP_CMD_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/out.h"
#include "map/mapper.h"
#include "map/raw_body.h"
#include "stream/body.h"
#include "stream/pipe.h"
#include "stream/record.h"
#include "transform_filters.h"

struct transform_options {
	const char *print; /* only print this mapping */
	bool list;	   /* only list the mappings */
	struct filter_set filters;
	const char *endpoint; /* of raw bodies, or NULL for a stream */
	const char *user;
	char fetched_at[CLOCK_TEXT]; /* empty if not known */
	size_t max_line;
	struct mapper_config mapper;
	bool progress;
};

struct transform {
	const struct transform_options *options;
	struct pipe pipe;
	struct out out;
	struct mapper *mapper;
	struct buf known; /* refusals of the open run: JSON, or empty */
	uint64_t rows;
	uint64_t mapped, failed; /* captures that a mapping took, or not */

	struct raw_bodies raw;
	struct buf capture; /* made of a raw body */

	struct buf suffix;   /* of the rows of a capture */
	struct buf strings;  /* that had escapes */
	struct buf bytes;    /* of a body in base 64 */
	struct buf json;     /* such a body, as a member `body` */
	struct buf complete; /* a capture with the members it lacked */
};

/*
 * Read an unchecked record again, and check all of it: map it if it is a
 * capture, pass it on if it turns out to be another record.
 */
void transform_read_again(struct transform *, struct record *);

/* Refuse a record; if it is unchecked, read it again instead. */
void transform_refuse(
    struct transform *, struct record *, const char *code, const char *detail);

/* Refuse a capture whose body is not JSON, as a check found. */
void transform_refuse_body(
    struct transform *, struct record *, const struct body_check *);

/* Map a capture and send its rows, or refuse it; changes the record. */
void transform_capture(struct transform *, struct record *);

/*
 * Read the next line of raw bodies, and map those that end on it. False at
 * the end of the input.
 */
bool transform_next_line(struct transform *);

#endif

/* The captures that sp-fetch writes: responses as records, sp-stream(5). */
#ifndef SP_API_CAPTURE_H
#define SP_API_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/pages.h"
#include "base/buf.h"
#include "base/slice.h"
#include "spotify/denial.h"
#include "stream/body.h"

struct request_record;

/* A capture without its body; all is borrowed. */
struct capture {
	const struct request_record *request;
	int64_t seq;   /* its number among the captures of its run, from 1 */
	uint64_t page; /* its number among the pages of its request, from 1 */
	enum page_kind kind;
	const struct buf *next; /* path and query, "" for none; NULL: unknown */
	const char *user;	/* NULL: unknown */
	struct slice url;	/* absolute */
	int status;
	int64_t fetched_at; /* ms since 1970, corrected */
	int64_t clock_off;  /* ms, the correction; 0 for none */
	int64_t retry_at;   /* when a rate limit ends, ms since 1970, or 0 */
	bool quota;	    /* that limit is of the whole developer account */
	enum denial denied;
};

/*
 * Append a capture with its body, as the check classifies it: JSON is compact,
 * with every number as the server wrote it; anything else is complete, encoded
 * as in body.h.
 */
bool capture_put(const struct capture *, struct slice body, struct body_check *,
    struct buf *);

#endif

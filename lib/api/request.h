/* The records that sp-fetch reads and writes, sp-stream(5). */
#ifndef SP_API_REQUEST_H
#define SP_API_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "api/pages.h"
#include "base/buf.h"
#include "base/slice.h"
#include "spotify/denial.h"
#include "stream/body.h"

struct record;

/* A `request` record; slices live as long as the record. */
struct request_record {
	struct slice run; /* p == NULL for none */
	struct slice endpoint;
	struct slice url;     /* a path, or a URL of the API */
	struct slice dequeue; /* JSON as written; p == NULL for none */
	int64_t seq;	      /* -1 for none */
	int64_t cursor;	      /* where paging may stop, Unix ms; -1 for none */
	enum paging paging;
	struct resume_point resume; /* the page at which to resume */
	struct slice list; /* JSON: the list that its pages are part of */
	bool optional;	   /* 403 and 404 are results, not errors */
};

/*
 * Read a request; decoded strings are appended to `scratch`, which must not
 * move. One that is not part of an open run has no `run` and no `seq`: they
 * mark the captures of a plan. NULL, or what is wrong with it, a constant
 * string.
 */
const char *request_record_parse(const struct record *, bool in_run,
    struct buf *scratch, struct request_record *);

/* The members of a capture besides its body. */
struct capture {
	const struct request_record *request;
	int64_t seq;
	uint64_t page;
	enum page_kind kind;
	const struct buf *next; /* path and query, "" for none; or NULL */
	const char *user;	/* or NULL */
	struct slice url;	/* absolute */
	int status;
	int64_t fetched_at;
	int64_t clock_off; /* ms that fetched_at is corrected by; 0 for none */
	int64_t retry_at;  /* ms since 1970; 0 for none */
	bool quota;	   /* that is for all who use the app */
	enum denial denied;
};

/*
 * Append a capture with its body: compact and with every number as the server
 * wrote it if it is JSON, else whole, as body.h says; the check tells which.
 */
bool capture_put(const struct capture *, struct slice body, struct body_check *,
    struct buf *);

#endif

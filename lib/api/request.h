/* The requests that sp-fetch reads, sp-stream(5). */
#ifndef SP_API_REQUEST_H
#define SP_API_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "api/pages.h"
#include "base/buf.h"
#include "base/slice.h"

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
	struct resume_point resume;
	struct slice list; /* JSON: the list that its pages are part of */
	bool optional;	   /* 403 and 404 are results, not errors */
	bool background;   /* it can wait: nothing waits for it */
};

/*
 * Parse a request; decoded strings are appended to `scratch`, which must be
 * empty. Outside a run, `run` and `seq` are ignored: they mark the captures of
 * a plan. NULL, or what is wrong with it, a constant string.
 */
const char *request_record_parse(const struct record *, bool in_run,
    struct buf *scratch, struct request_record *);

#endif

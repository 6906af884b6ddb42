/*
 * sp-fetch without a command: the parts of its one filter, struct fetch, which
 * owns all that it needs for that.
 */
#ifndef SP_CMD_FETCH_H
#define SP_CMD_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/policy.h"
#include "api/scheduler.h"
#include "api/session.h"
#include "base/buf.h"
#include "base/out.h"
#include "fetch_account.h"
#include "http/retry.h"
#include "http/transfer.h"
#include "listing.h"
#include "stream/pipe.h"
#include "stream/record.h"

struct fetch_options {
	struct account account;
	struct login_options login;
	enum listing_form form;
	struct transfer_limits limits;
	struct retry_policy policy;
	size_t parallel, max_body, max_line;
	uint64_t max_pages;
	bool progress;
	char **paths; /* the operands, ended by NULL */
};

/* The run whose records are being filtered. */
struct fetch_run {
	struct record record; /* deferred: not yet passed on; of `line` */
	struct buf line;      /* empty for none */
	int64_t seq;	      /* of its last capture */
	bool own;	      /* it is of the user of the login */
};

struct fetch {
	const struct fetch_options *options;
	struct pipe pipe;
	struct out out;
	struct transfer *transfer;
	struct session session;
	struct scheduler scheduler;
	struct run_policy policy;
	struct result profile; /* of the request for the login's user */
	struct buf scratch, line;
	struct fetch_run run;

	uint64_t unsent;   /* requests that were refused without sending */
	bool quiet;	   /* refusals are not reported */
	bool warned;	   /* that the login is about to end */
	bool limit_sent;   /* the capture of fetch_send_limit */
	struct buf login;  /* the command that logs in again */
	struct buf scopes; /* of the login, as last reported */
	bool has_scopes;   /* whether they are known */

	uint64_t requests, captures, bytes; /* for progress */
};

/*
 * The filter, fetch_stream.c. The options, and the path of the token file, are
 * borrowed; options that the system cannot satisfy end the program.
 */
void fetch_init(struct fetch *, const struct fetch_options *, const char *path);
void fetch_release(struct fetch *);

/* Fetch the requests of stdin. */
void fetch_stream(struct fetch *);

/* Flush, report what failed or was not sent, and return the exit status. */
int fetch_finish(struct fetch *);

/*
 * Report a problem: of a request, or with url == NULL of none. The ctx is a
 * struct fetch, whose clock is that of deadlines, or NULL.
 */
void fetch_report(void *ctx, const char *url, const char *what);

/* Add a request, and wait while the scheduler is full. */
void fetch_add_request(struct fetch *, const struct record *);

/* Wait for all requests in flight. */
void fetch_drain(struct fetch *);

/* Fetch the user of the login, fetch_run.c; false if nothing may be sent. */
bool fetch_user(struct fetch *);

/*
 * The run records, fetch_run.c. A run is deferred until its first request, or
 * any other record: by then its user must be known.
 */
void fetch_begin_run(struct fetch *, const struct record *);

/*
 * Pass the deferred run on, if there is one, with its user and client filled
 * in. If it is `empty`, no request is sent to learn its user.
 */
void fetch_pass_run(struct fetch *, bool empty);

/* Pass an end on, with the scopes of the login if they are known. */
void fetch_end_run(struct fetch *, const struct record *);

/* Set the scopes that the login had before; p == NULL if they are unknown. */
void fetch_set_scopes(struct fetch *, struct slice scopes);

/* Report the scopes of the login unless they are those that it had before. */
void fetch_report_scopes(struct fetch *);

/*
 * Send the capture of a limit that belongs to no request: one of the token
 * endpoint, or one met before the user was known. With it, the next plan knows
 * of the limit.
 */
void fetch_send_limit(struct fetch *);

/* Requests named by their paths, fetch_paths.c, instead of a stream. */
void fetch_paths(struct fetch *, char **paths);

#endif

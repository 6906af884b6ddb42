/*
 * What answers mean for their run, and for the requests that follow.
 *
 * An error may concern one request only. A rate limit stops the requests of
 * its bucket, and a halt (the login has ended, the service is down) stops all
 * of them. Requests that may not be sent any more are refused one by one, and
 * the run's end record has the status.
 */
#ifndef SP_HTTP_VERDICT_H
#define SP_HTTP_VERDICT_H

#include <stdbool.h>

#include "http/limits.h"
#include "http/error.h"
#include "stream/outcome.h"

struct ask;
struct skew;

struct verdict {
	/*
	 * Called once for each error; of a refused request, only with what
	 * its refusal does not say. The url is NULL if there is none.
	 */
	void (*tell)(void *ctx, const char *url, const char *what);
	void *ctx;

	/* Of the login; the scopes are NULL while they are not known. */
	char *const *scopes;
	const char *login;	 /* the command that logs in again */
	const struct skew *skew; /* borrowed: deadlines are of its clock */

	int status; /* exit status over all runs so far; 0 for success */

	struct error halt; /* private from here; exit 0 for none */
	bool run_only;	   /* the halt ends with the run */
	struct limits limits;
	unsigned limited;     /* buckets of the run that were limited */
	char note[512];	      /* the reason of a successful run */
	struct error failure; /* of the run; exit 0 for none */
	int faults;	      /* requests in a row without a usable answer */
};

void verdict_begin_run(struct verdict *);

/* The outcome of the run that ends now. */
void verdict_end_run(struct verdict *, struct outcome *);

/* Report an error and send nothing more, or with `run_only`, of this run. */
void verdict_halt(struct verdict *, const struct error *, bool run_only);
bool verdict_is_halted(const struct verdict *);

/* Whether a request may be sent; if not, it is refused as not sent. */
bool verdict_may_ask(struct verdict *, struct ask *);

/* Judge the answer to a request, which may be refused for it. */
void verdict_take(struct verdict *, struct ask *);

#endif

/*
 * The policy of a run: what the result of a request means for the run, and for
 * the requests that follow.
 *
 * An error may concern one request only. A rate limit stops the requests of its
 * bucket. A halt stops all requests: the login has ended, or the circuit
 * breaker is open because the service is down. Requests that may no longer be
 * sent are refused one by one, and the run's end record has the status.
 */
#ifndef SP_API_POLICY_H
#define SP_API_POLICY_H

#include <stdbool.h>

#include "api/limits.h"
#include "http/error.h"
#include "stream/outcome.h"

struct task;
struct skew;

struct run_policy {
	/*
	 * Called once for each error that no refusal of a request reports. The
	 * url is NULL if the error is about no request.
	 */
	void (*report)(void *ctx, const char *url, const char *what);
	void *ctx;

	char *const *scopes;	 /* of the login; points to NULL: unknown */
	const char *login;	 /* the command that logs in again */
	const struct skew *skew; /* borrowed: deadlines are of its clock */

	int status; /* exit status over all runs so far; 0 for success */

	struct error halt; /* to be read only; exit 0 for none */
	bool run_only;	   /* private from here: the halt ends with the run */
	struct limits limits;
	unsigned limited;     /* buckets of the run that were limited */
	unsigned denied;      /* endpoints that the app may not use, by index */
	char warnings[512];   /* of the run: its reason if it succeeds */
	struct error failure; /* of the run; exit 0 for none */
	int failures_in_row;  /* requests without a usable response, in a row */
};

void run_policy_begin(struct run_policy *);

/* The outcome of the run that ends now. */
void run_policy_end(struct run_policy *, struct outcome *);

/* Report an error, and send nothing more; with `run_only`, until the end. */
void run_policy_halt(struct run_policy *, const struct error *, bool run_only);
bool run_policy_is_halted(const struct run_policy *);

/* Whether a request may be sent; if not, it is refused as not sent. */
bool run_policy_may_send(struct run_policy *, struct task *);

/* Apply the result of a request, which may be refused for it. */
void run_policy_apply(struct run_policy *, struct task *);

#endif

/*
 * What answers mean for their run, and for what is still to be asked.
 *
 * What keeps one request from being answered is that request's failure. A
 * rate limit keeps those of its bucket from it, and what keeps all of them (a
 * login that has ended, a service that is out) is a halt: what may not be
 * asked any more is refused by name, and the run's end says how it went.
 */
#ifndef SP_HTTP_VERDICT_H
#define SP_HTTP_VERDICT_H

#include <stdbool.h>

#include "http/limits.h"
#include "http/error.h"
#include "stream/outcome.h"

struct ask;

struct verdict {
	/*
	 * Told of what goes wrong, each once; of refused requests only what
	 * their refusal does not say. The url is NULL where it is of none.
	 */
	void (*tell)(void *ctx, const char *url, const char *what);
	void *ctx;

	int status; /* of sp(7), over all runs so far; 0 while all is well */

	struct error halt; /* private from here; exit 0 for none */
	bool run_only;	   /* the halt is over when the run is */
	struct limits limits;
	unsigned limited;     /* buckets of which the run was kept back */
	char note[256];	      /* what a run that goes well has to say */
	struct error failure; /* of the run, for its end; exit 0 for none */
	int faults;	      /* requests in a row without a usable answer */
};

void verdict_begin_run(struct verdict *);

/* How the run went that ends now. */
void verdict_end_run(struct verdict *, struct outcome *);

/* Ask nothing any more, or with `run_only` nothing of this run, and say why. */
void verdict_halt(struct verdict *, const struct error *, bool run_only);
bool verdict_is_halted(const struct verdict *);

/* Whether a request may be asked; else it is refused, as not asked. */
bool verdict_may_ask(struct verdict *, struct ask *);

/* Judge what a request has brought; it may be refused for it. */
void verdict_take(struct verdict *, struct ask *);

#endif

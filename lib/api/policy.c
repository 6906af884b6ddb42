#include "api/policy.h"

#include <stdio.h>
#include <sysexits.h>

#include "api/scheduler.h"
#include "base/clock.h"
#include "http/origin.h"
#include "http/skew.h"
#include "spotify/denial.h"
#include "spotify/endpoint.h"
#include "spotify/scopes.h"

/*
 * The circuit breaker opens after so many requests in a row without a usable
 * response: the service is down.
 */
#define BREAKER_THRESHOLD 3

/*
 * Set the error of the run: the first one, or a later one that overrides it,
 * like a halt.
 */
static void fail_run(
    struct run_policy *p, const struct error *e, bool overrides)
{
	if (!p->failure.exit || overrides)
		p->failure = *e;
	if (!p->status || overrides)
		p->status = e->exit;
}

/* The refusal code of requests that are not sent. */
static const char *halt_code(int status)
{
	switch (status) {
	case EX_TEMPFAIL: return "come back later";
	case EX_NOPERM: return ERROR_NOT_LOGGED_IN;
	case EX_UNAVAILABLE: return "service unavailable";
	case EX_CONFIG: return "configuration";
	default: return "cannot go on";
	}
}

/* Refuse a request because of a halt or a limit that was reported before. */
static void refuse_unsent(struct task *t, const struct error *e)
{
	task_refuse(t, halt_code(e->exit), "not sent: %s", e->why);
	t->unsent = true;
}

/* Refuse a request that got no response, or an incomplete one. */
static void refuse_task(struct task *t, const char *code, const char *why)
{
	struct slice path = url_brief(slice_of(t->api_request.url));

	task_refuse(t, code, "%.*s: %s", (int)path.n, path.p, why);
}

/* Append what helps to the error of a missing login, or of a 403. */
static void add_cure(const struct run_policy *p, struct error *e)
{
	size_t n = strlen(e->why), left = sizeof(e->why) - n;

	if (e->exit != EX_NOPERM || strstr(e->why, DENIAL_LOG_IN_AGAIN))
		return;
	if (strncmp(e->why, ERROR_NOT_LOGGED_IN, strlen(ERROR_NOT_LOGGED_IN)) ==
	    0)
		snprintf(e->why + n, left, ": run `%s`", p->login);
	else
		snprintf(
		    e->why + n, left, ": %s", denial_hint(slice_of(e->why)));
}

static void halt(struct run_policy *p, const struct error *e, const char *url)
{
	p->halt = *e;
	add_cure(p, &p->halt);
	p->run_only = false;
	p->report(p->ctx, url, p->halt.why);
	fail_run(p, &p->halt, true);
}

void run_policy_halt(struct run_policy *p, const struct error *e, bool run_only)
{
	halt(p, e, NULL);
	p->run_only = run_only;
}

bool run_policy_is_halted(const struct run_policy *p)
{
	return p->halt.exit != 0;
}

/* The run is deferred by a rate limit, unless a halt fails it. */
static void defer_bucket(
    struct run_policy *p, size_t bucket, const struct error *e)
{
	p->limited |= LIMITS_BIT(bucket);
	fail_run(p, e, !run_policy_is_halted(p));
}

/* Add to the warnings of the run, once. */
static void add_warning(struct run_policy *p, const char *text)
{
	size_t n = strlen(p->warnings);

	if (!strstr(p->warnings, text))
		snprintf(p->warnings + n, sizeof(p->warnings) - n, "%s%s",
		    n ? "; " : "", text);
}

static void warn_of_scope(struct run_policy *p, const struct scope_need *need)
{
	char text[160];

	snprintf(text, sizeof(text), "the login lacks the scope '%s': %s",
	    need->scope, need->without);
	add_warning(p, text);
}

/*
 * Set the error of a request that needs a scope. A login requests the scopes of
 * all jobs by default; another scope is requested in addition to those that the
 * login has.
 */
static void set_missing_scope(struct run_policy *p, struct error *e,
    const struct task *t, const struct scope_need *need)
{
	const char *scopes = p->scopes && *p->scopes ? *p->scopes : "";
	const struct endpoint *endpoint = endpoint_named(t->request.endpoint);

	if (endpoint->job)
		error_set(e, EX_NOPERM,
		    "the login lacks the scope '%s': " DENIAL_LOG_IN_AGAIN
		    ": %s",
		    need->scope, p->login);
	else
		error_set(e, EX_NOPERM,
		    "the login lacks the scope '%s': " DENIAL_LOG_IN_AGAIN ": "
		    "%s --scope '%s%s%s'",
		    need->scope, p->login, scopes, *scopes ? " " : "",
		    need->scope);
}

/* Refuse a request whose required scope is missing. */
static void refuse_scope(
    struct run_policy *p, struct task *t, const struct scope_need *need)
{
	struct error e = ERROR_UNSET, missing = ERROR_UNSET;

	set_missing_scope(p, &missing, t, need);
	error_set(&e, EX_NOPERM, "%s: %.450s",
	    endpoint_named(t->request.endpoint)->name, missing.why);
	if (strcmp(p->failure.why, e.why) != 0)
		p->report(p->ctx, NULL, e.why);
	fail_run(p, &e, true);
	refuse_unsent(t, &e);
}

/*
 * Whether the login's scopes allow a request. If the rest of its job can do
 * without it, it is skipped with a warning.
 */
static bool is_in_scope(struct run_policy *p, struct task *t)
{
	const char *scopes = p->scopes ? *p->scopes : NULL;
	const struct endpoint *e = endpoint_named(t->request.endpoint);

	for (int i = 0; e && scopes && i < ENDPOINT_SCOPES; i++) {
		const struct scope_need *n = &e->scopes[i];

		if (!n->scope || scopes_have(scopes, slice_of(n->scope)))
			continue;
		if (n->effect == SCOPE_ALL ||
		    (n->effect == SCOPE_PART && !t->request.run.p)) {
			refuse_scope(p, t, n);
			return false;
		}
		warn_of_scope(p, n);
		t->ended = n->effect == SCOPE_PART;
	}
	return !t->ended;
}

/*
 * The limit that a request must wait for. One in the background is not sent in
 * a run that met a limit, even if that has passed.
 */
static const struct error *find_limit(
    const struct run_policy *p, const struct task *t)
{
	bool met =
	    t->request.background && (p->limited & LIMITS_BIT(t->bucket)) != 0;

	return limits_at(&p->limits, t->bucket, met ? 0 : skew_now(p->skew));
}

/* The bit of a request's endpoint in a set of endpoints. */
static unsigned endpoint_bit(const struct task *t)
{
	const struct endpoint *e = endpoint_named(t->request.endpoint);

	return e ? 1U << (e - endpoints) : 0;
}

/* A request in the background is skipped if its endpoint was denied. */
static bool is_skipped(const struct run_policy *p, struct task *t)
{
	if (t->request.background && (p->denied & endpoint_bit(t)))
		t->ended = true;
	return t->ended;
}

bool run_policy_may_send(struct run_policy *p, struct task *t)
{
	const struct error *limit = find_limit(p, t);

	if (run_policy_is_halted(p)) {
		/* The halt of an earlier run fails this one, too. */
		fail_run(p, &p->halt, false);
		refuse_unsent(t, &p->halt);
		return false;
	}
	if (!limit)
		return !is_skipped(p, t) && is_in_scope(p, t);
	defer_bucket(p, t->bucket, limit);
	refuse_unsent(t, limit);
	return false;
}

/*
 * Report a limit, and send nothing more of its bucket. Requests that were under
 * way meet it as well: that is no news, unless the deadline is another one.
 */
static void apply_limit(struct run_policy *p, const struct task *t)
{
	const struct error *e = &t->result.error;
	const struct error *known = find_limit(p, t);

	if (!known || e->until > known->until + CLOCK_MINUTE)
		p->report(p->ctx, t->api_request.url, e->why);
	limits_set(&p->limits, t->bucket, t->result.account, e);
	defer_bucket(p, t->bucket, e);
}

/*
 * Count a request without a usable response; several in a row open the circuit
 * breaker.
 */
static void count_failure(struct run_policy *p, const struct error *e)
{
	struct error out;

	fail_run(p, e, false);
	if (++p->failures_in_row < BREAKER_THRESHOLD)
		return;
	error_set(&out, EX_UNAVAILABLE,
	    "giving up: %d requests in a row got no usable response",
	    BREAKER_THRESHOLD);
	halt(p, &out, NULL);
}

/*
 * A 403 or 404 that is a result. If the app may not use audio features at all,
 * or an endpoint of the catalogue, that is a warning of the run.
 */
static void warn_of_denial(struct run_policy *p, const struct task *t)
{
	const struct slice endpoint = t->request.endpoint;
	const char *why = t->result.error.why;
	char text[240];

	if (t->result.response.status == 404 || *p->warnings ||
	    !(t->request.background || slice_is(endpoint, "audio-features")))
		return;
	snprintf(text, sizeof(text), "%.*s: %.200s", (int)endpoint.n,
	    endpoint.p, why);
	add_warning(p, text);
	p->report(p->ctx, t->api_request.url, why);
}

/*
 * The API refuses a request for a missing scope. This is a result for a private
 * playlist, if the login is known to lack the scope for those, and for a part
 * of a job. Else it halts the run.
 */
static void apply_missing_scope(struct run_policy *p, const struct task *t)
{
	const struct scope_need *need = scope_needed_by(t->request.endpoint);
	const char *scopes = p->scopes ? *p->scopes : NULL;
	struct error e = ERROR_UNSET, missing = ERROR_UNSET;

	if (t->request.optional && scopes &&
	    !scopes_have(scopes, SLICE("playlist-read-private"))) {
		warn_of_denial(p, t);
	} else if (need && need->effect == SCOPE_PART && t->request.run.p) {
		set_missing_scope(p, &missing, t, need);
		p->report(p->ctx, t->api_request.url, missing.why);
		warn_of_scope(p, need);
	} else {
		error_set(
		    &missing, EX_NOPERM, DENIAL_LOG_IN_AGAIN ": %s", p->login);
		if (need)
			set_missing_scope(p, &missing, t, need);
		error_set(&e, EX_NOPERM, "%.200s: %.300s", t->result.error.why,
		    missing.why);
		halt(p, &e, t->api_request.url);
		p->run_only = true;
	}
}

/*
 * Whether a refusal is a result. In the background so are an id that is none,
 * and an endpoint that was removed.
 */
static bool is_denial_result(const struct task *t)
{
	int status = t->result.response.status;

	if (t->request.background &&
	    (status == 400 || status == 405 || status == 410))
		return true;
	return t->request.optional &&
	       (status == 404 || t->denied == DENIAL_ENDPOINT ||
		   t->denied == DENIAL_SUBJECT);
}

/*
 * Whether a refusal is about the endpoint, and not about one object. After a
 * 400 to a batch, too, the job plans anew.
 */
static bool is_endpoint_denied(const struct task *t)
{
	const struct endpoint *e = endpoint_named(t->request.endpoint);

	return t->denied == DENIAL_ENDPOINT || (e && !e->subject);
}

/* The API refuses this request, or all. */
static void apply_denial(struct run_policy *p, const struct task *t)
{
	const struct error *e = &t->result.error;
	int status = t->result.response.status;

	if (t->denied == DENIAL_LOGIN) {
		apply_missing_scope(p, t);
		return;
	}
	if (is_denial_result(t)) {
		if (is_endpoint_denied(t))
			p->denied |= endpoint_bit(t);
		warn_of_denial(p, t);
		return;
	}
	if (status == 403)
		halt(p, e, t->api_request.url);
	else
		p->report(p->ctx, t->api_request.url, e->why);
	fail_run(p, e, false);
}

/*
 * A usable response, but its next page may have been refused. A list that ends
 * before its total is a warning and no failure, as a total may count entries
 * that are not shown. An empty body is valid only if nothing is mapped from it.
 */
static void apply_success(struct run_policy *p, const struct task *t)
{
	struct error chain;
	int status = t->result.response.status;

	if ((status == 204 || status == 205) &&
	    !slice_is(t->request.endpoint, ENDPOINT_UNKNOWN)) {
		error_set(&chain, EX_UNAVAILABLE,
		    "HTTP %d, but the body is empty", status);
		p->report(p->ctx, t->api_request.url, chain.why);
		count_failure(p, &chain);
		return;
	}
	p->failures_in_row = 0;
	if (!t->code)
		return;
	if (t->code == task_short_list) {
		add_warning(p, t->why);
		return;
	}
	error_set(&chain, EX_UNAVAILABLE, "%.480s", t->why);
	fail_run(p, &chain, false);
}

void run_policy_apply(struct run_policy *p, struct task *t)
{
	const struct error *e = &t->result.error;

	switch (t->result.kind) {
	case RESULT_OK: apply_success(p, t); break;
	case RESULT_DENIED: apply_denial(p, t); break;
	case RESULT_LIMITED: apply_limit(p, t); break;
	case RESULT_NO_LOGIN:
		halt(p, e, t->api_request.url);
		refuse_unsent(t, e);
		break;
	case RESULT_REDIRECT:
		refuse_task(t, "redirect", e->why);
		fail_run(p, e, false);
		break;
	case RESULT_NONE:
		refuse_task(t, "no answer", e->why);
		count_failure(p, e);
		break;
	default:
		p->report(p->ctx, t->api_request.url, e->why);
		count_failure(p, e);
	}
}

void run_policy_begin(struct run_policy *p)
{
	p->failure = (struct error){.exit = 0};
	p->limited = p->denied = 0;
	limits_expire(&p->limits, skew_now(p->skew));
}

void run_policy_end(struct run_policy *p, struct outcome *how)
{
	struct error *e = &p->failure;

	if (p->limited && !run_policy_is_halted(p))
		limits_summarize(&p->limits, p->limited, e);
	*how = (struct outcome){.exit = e->exit};
	snprintf(how->reason, sizeof(how->reason), "%s",
	    e->exit ? e->why : p->warnings);
	if (e->until && !clock_format(e->until, how->until))
		*how->until = '\0';
	run_policy_begin(p);
	*p->warnings = '\0';
	if (p->run_only)
		p->halt = (struct error){.exit = 0};
	p->run_only = false;
}

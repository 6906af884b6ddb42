#include "http/verdict.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "http/skew.h"
#include "http/url.h"
#include "http/window.h"
#include "spotify/endpoint.h"
#include "stream/scopes.h"

/* So many requests in a row without a usable answer: the service is down. */
#define FAULTS_MAX 3

/* Note an error of the run: the first, unless a halt or a limit counts more. */
static void fail_run(struct verdict *v, const struct error *e, bool counts)
{
	if (!v->failure.exit || counts)
		v->failure = *e;
	if (!v->status || counts)
		v->status = e->exit;
}

/* The refusal code of requests that are not sent. */
static const char *halt_code(int status)
{
	switch (status) {
	case EX_TEMPFAIL: return "come back later";
	case EX_NOPERM: return "log in first";
	case EX_UNAVAILABLE: return "service unavailable";
	case EX_CONFIG: return "configuration";
	default: return "cannot go on";
	}
}

/* Refuse a request because of a halt or a limit, reported before. */
static void refuse_unsent(struct ask *a, const struct error *e)
{
	ask_refuse(a, halt_code(e->exit), "not sent: %s", e->why);
	a->unsent = true;
}

/* Refuse a request that got no answer, or an incomplete one. */
static void refuse(struct ask *a, const char *code, const char *why)
{
	struct slice path = url_brief(slice_of(a->get.url));

	ask_refuse(a, code, "%.*s: %s", (int)path.n, path.p, why);
}

static void halt(struct verdict *v, const struct error *e, const char *url)
{
	v->halt = *e;
	v->run_only = false;
	v->tell(v->ctx, url, e->why);
	fail_run(v, e, true);
}

void verdict_halt(struct verdict *v, const struct error *e, bool run_only)
{
	halt(v, e, NULL);
	v->run_only = run_only;
}

bool verdict_is_halted(const struct verdict *v)
{
	return v->halt.exit != 0;
}

/* A limit stops requests of the run, or their answers. */
static void defer_bucket(
    struct verdict *v, size_t bucket, const struct error *e)
{
	v->limited |= LIMITS_BIT(bucket);
	fail_run(v, e, !verdict_is_halted(v));
}

/* Add to the reason of a successful run, once. */
static void add_note(struct verdict *v, const char *text)
{
	size_t n = strlen(v->note);

	if (!strstr(v->note, text))
		snprintf(v->note + n, sizeof(v->note) - n, "%s%s",
		    n ? "; " : "", text);
}

static void note_without(struct verdict *v, const struct scope_need *need)
{
	char text[160];

	snprintf(text, sizeof(text), "without the scope '%s', %s", need->scope,
	    need->without);
	add_note(v, text);
}

/*
 * Set the error of a request that needs a scope. What a job needs is what a
 * login asks for by default; another scope comes on top of what there is.
 */
static void set_lacking(struct verdict *v, struct error *e, const struct ask *a,
    const struct scope_need *need)
{
	const char *scopes = v->scopes && *v->scopes ? *v->scopes : "";
	const struct endpoint *endpoint = endpoint_named(a->request.endpoint);

	if (endpoint->job)
		error_set(e, EX_NOPERM,
		    "the login lacks the scope '%s': log in again: %s",
		    need->scope, v->login);
	else
		error_set(e, EX_NOPERM,
		    "the login lacks the scope '%s': log in again: "
		    "%s --scope '%s%s%s'",
		    need->scope, v->login, scopes, *scopes ? " " : "",
		    need->scope);
}

/* The scope is missing that a request cannot be answered without. */
static void refuse_scope(
    struct verdict *v, struct ask *a, const struct scope_need *need)
{
	struct error e = ERROR_UNSET, lacking = ERROR_UNSET;

	set_lacking(v, &lacking, a, need);
	error_set(&e, EX_NOPERM, "%s: %.450s",
	    endpoint_named(a->request.endpoint)->name, lacking.why);
	if (strcmp(v->failure.why, e.why) != 0)
		v->tell(v->ctx, NULL, e.why);
	fail_run(v, &e, true);
	refuse_unsent(a, &e);
}

/*
 * Whether the login's scopes allow a request. In a run whose job has more to
 * do, one that they do not allow is left out, and noted.
 */
static bool is_in_scope(struct verdict *v, struct ask *a)
{
	const char *scopes = v->scopes ? *v->scopes : NULL;
	const struct endpoint *e = endpoint_named(a->request.endpoint);

	for (int i = 0; e && scopes && i < ENDPOINT_SCOPES; i++) {
		const struct scope_need *n = &e->scopes[i];

		if (!n->scope || scopes_have(scopes, slice_of(n->scope)))
			continue;
		if (n->effect == SCOPE_ALL ||
		    (n->effect == SCOPE_PART && !a->request.run.p)) {
			refuse_scope(v, a, n);
			return false;
		}
		note_without(v, n);
		a->ended = n->effect == SCOPE_PART;
	}
	return !a->ended;
}

bool verdict_may_ask(struct verdict *v, struct ask *a)
{
	size_t bucket = bucket_of(a->request.endpoint);
	const struct error *limit =
	    limits_at(&v->limits, bucket, skew_now(v->skew));

	if (verdict_is_halted(v)) {
		/* The halt of an earlier run fails this one, too. */
		fail_run(v, &v->halt, false);
		refuse_unsent(a, &v->halt);
		return false;
	}
	if (!limit)
		return is_in_scope(v, a);
	defer_bucket(v, bucket, limit);
	refuse_unsent(a, limit);
	return false;
}

/* Report a limit, and send nothing more of its bucket. */
static void take_limit(struct verdict *v, const struct ask *a)
{
	const struct error *e = &a->answer.error;
	size_t bucket = bucket_of(a->request.endpoint);

	limits_set(&v->limits, bucket, a->answer.account, e);
	v->tell(v->ctx, a->get.url, e->why);
	defer_bucket(v, bucket, e);
}

/* Count a request without a usable answer; several in a row halt all. */
static void count_fault(struct verdict *v, const struct error *e)
{
	struct error out;

	fail_run(v, e, false);
	if (++v->faults < FAULTS_MAX)
		return;
	error_set(&out, EX_UNAVAILABLE,
	    "giving up: %d requests in a row got no usable response",
	    FAULTS_MAX);
	halt(v, &out, NULL);
}

/*
 * A 403 or 404 that counts as an answer. That the app may not use audio
 * features at all is reported once, and in the run's end record.
 */
static void note_refusal(struct verdict *v, const struct ask *a)
{
	const char *why = a->answer.error.why;
	char text[240];

	if (a->answer.reply.status != 403 || *v->note ||
	    !slice_is(a->request.endpoint, "audio-features"))
		return;
	snprintf(text, sizeof(text), "audio-features: %.200s", why);
	add_note(v, text);
	v->tell(v->ctx, a->get.url, why);
}

/*
 * A scope is missing, and the login may not know which it has. Of a playlist
 * that is private this is an answer, if it is known that it may not be read;
 * of a part of a job it is one, too.
 */
static void take_out_of_scope(struct verdict *v, const struct ask *a)
{
	const struct scope_need *need = scope_of(a->request.endpoint);
	const char *scopes = v->scopes ? *v->scopes : NULL;
	struct error e = ERROR_UNSET, lacking = ERROR_UNSET;

	if (a->request.optional && scopes &&
	    !scopes_have(scopes, SLICE("playlist-read-private"))) {
		note_refusal(v, a);
	} else if (need && need->effect == SCOPE_PART && a->request.run.p) {
		v->tell(v->ctx, a->get.url, a->answer.error.why);
		note_without(v, need);
	} else {
		error_set(&lacking, EX_NOPERM, "log in again: %s", v->login);
		if (need)
			set_lacking(v, &lacking, a, need);
		error_set(&e, EX_NOPERM, "%.200s: %.300s", a->answer.error.why,
		    lacking.why);
		halt(v, &e, a->get.url);
		v->run_only = true;
	}
}

/* The API refuses this request, or all. */
static void take_denial(struct verdict *v, const struct ask *a)
{
	const struct error *e = &a->answer.error;
	int status = a->answer.reply.status;

	if (a->denied == DENIAL_LOGIN) {
		take_out_of_scope(v, a);
		return;
	}
	if (a->request.optional &&
	    (status == 404 || a->denied == DENIAL_ENDPOINT ||
		a->denied == DENIAL_SUBJECT)) {
		note_refusal(v, a);
		return;
	}
	if (status == 403)
		halt(v, e, a->get.url);
	else
		v->tell(v->ctx, a->get.url, e->why);
	fail_run(v, e, false);
}

/*
 * A good answer, but its next page may have been refused. A list that is
 * shorter than its total is no failure: some services count what they do not
 * show. No content is an answer only of an endpoint that is not mapped.
 */
static void take_good(struct verdict *v, const struct ask *a)
{
	struct error chain;
	int status = a->answer.reply.status;

	if ((status == 204 || status == 205) &&
	    !slice_is(a->request.endpoint, ENDPOINT_UNKNOWN)) {
		error_set(&chain, EX_UNAVAILABLE,
		    "HTTP %d, but the body is empty", status);
		v->tell(v->ctx, a->get.url, chain.why);
		count_fault(v, &chain);
		return;
	}
	v->faults = 0;
	if (!a->code)
		return;
	if (a->code == ask_short_list) {
		add_note(v, a->why);
		return;
	}
	error_set(&chain, EX_UNAVAILABLE, "%.480s", a->why);
	fail_run(v, &chain, false);
}

void verdict_take(struct verdict *v, struct ask *a)
{
	const struct error *e = &a->answer.error;

	switch (a->answer.kind) {
	case ANSWER_GOOD: take_good(v, a); break;
	case ANSWER_DENIED: take_denial(v, a); break;
	case ANSWER_LIMITED: take_limit(v, a); break;
	case ANSWER_NO_LOGIN:
		halt(v, e, a->get.url);
		refuse_unsent(a, e);
		break;
	case ANSWER_REDIRECT:
		refuse(a, "redirect", e->why);
		fail_run(v, e, false);
		break;
	case ANSWER_NONE:
		refuse(a, "no answer", e->why);
		count_fault(v, e);
		break;
	default: v->tell(v->ctx, a->get.url, e->why); count_fault(v, e);
	}
}

void verdict_begin_run(struct verdict *v)
{
	v->failure = (struct error){.exit = 0};
	v->limited = 0;
	limits_forget(&v->limits, skew_now(v->skew));
}

void verdict_end_run(struct verdict *v, struct outcome *how)
{
	struct error *e = &v->failure;

	if (v->limited && !verdict_is_halted(v))
		limits_sum(&v->limits, v->limited, e);
	*how = (struct outcome){.exit = e->exit};
	snprintf(
	    how->reason, sizeof(how->reason), "%s", e->exit ? e->why : v->note);
	if (e->until && !clock_format(e->until, how->until))
		*how->until = '\0';
	verdict_begin_run(v);
	*v->note = '\0';
	if (v->run_only)
		v->halt = (struct error){.exit = 0};
	v->run_only = false;
}

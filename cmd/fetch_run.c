/*
 * The runs in sp-fetch's stream: whose they are, what their login may do, and
 * how they end.
 */
#include <string.h>

#include "base/clock.h"
#include "cli.h"
#include "fetch.h"
#include "http/skew.h"
#include "json/json.h"
#include "spotify/denial.h"
#include "spotify/endpoint.h"
#include "spotify/scopes.h"

/*
 * Complete the error of a missing login. Without a token file, a login needs
 * the app's client id; the name of the default file says nothing new.
 */
static void complete_login(struct fetch *f, struct error *error)
{
	if (f->session.token.client_id ||
	    strncmp(error->why, ERROR_NOT_LOGGED_IN,
		strlen(ERROR_NOT_LOGGED_IN)) != 0)
		return;
	buf_puts(&f->login, " --client-id ID");
	f->policy.login = buf_message(&f->login);
	if (account_is_default_file(&f->options->account))
		error_set(error, EX_NOPERM, ERROR_NOT_LOGGED_IN);
}

bool fetch_user(struct fetch *f)
{
	struct error error = ERROR_UNSET;

	if (run_policy_is_halted(&f->policy))
		return false;
	if (session_fetch_user(&f->session, &f->profile, &error))
		return true;
	complete_login(f, &error);
	run_policy_halt(&f->policy, &error, false);
	return false;
}

void fetch_set_scopes(struct fetch *f, struct slice scopes)
{
	buf_clear(&f->scopes);
	f->has_scopes = scopes.p && buf_put_slice(&f->scopes, scopes);
}

/*
 * Report a scope that the login lacks now, unless it lacked it before. A job
 * that is refused without it reports that itself.
 */
static void report_scope(struct fetch *f, const struct endpoint *e,
    const struct scope_need *need, const char *now, const char *before)
{
	if (need->scope && need->effect != SCOPE_ALL &&
	    !scopes_have(now, slice_of(need->scope)) &&
	    (!before || scopes_have(before, slice_of(need->scope))))
		cli_warn(
		    "%s: the login lacks the scope '%s': %s: " DENIAL_LOG_IN_AGAIN
		    ": %s",
		    e->job, need->scope, need->without, buf_cstr(&f->login));
}

void fetch_report_scopes(struct fetch *f)
{
	const char *now = f->session.token.scope;
	const char *before = f->has_scopes ? buf_cstr(&f->scopes) : NULL;

	if (!now || !scopes_differ(now, before))
		return;
	if (before)
		cli_warn("the scopes of the login have changed: '%s'", now);
	for (const struct endpoint *e = endpoints; e->name; e++)
		for (int i = 0; e->job && i < ENDPOINT_SCOPES; i++)
			report_scope(f, e, &e->scopes[i], now, before);
	fetch_set_scopes(f, slice_of(now));
}

void fetch_begin_run(struct fetch *f, const struct record *rec)
{
	int64_t off = 0;

	run_policy_begin(&f->policy);
	f->run.seq = 0;
	f->run.own = false;
	if (!record_int(rec, "clock_off", &off))
		off = 0;
	skew_begin(transfer_skew(f->transfer), off);
	record_copy(&f->run.record, rec, &f->run.line);
}

/*
 * Check the user of a run before its first request. An empty run sends no
 * request for that, as a rate limit may forbid it. Whether the user can be
 * filled in.
 */
static bool check_user(struct fetch *f, bool empty)
{
	const struct record *run = &f->run.record;
	struct error error = ERROR_UNSET;
	const char *ours;
	struct slice user;

	if ((empty && session_open(&f->session, &error) &&
		!f->session.token.user_id) ||
	    !fetch_user(f))
		return false;
	ours = f->session.token.user_id;
	buf_clear(&f->scratch);
	if (!record_string(run, "user", &f->scratch, &user) || !user.p ||
	    slice_is(user, ours))
		return true;
	error_set(&error, EX_CONFIG,
	    "run %s: for user '%.*s', but the login is of user '%s'",
	    f->pipe.run, (int)user.n, user.p, ours);
	run_policy_halt(&f->policy, &error, true);
	return false;
}

/* Append the start of the run, corrected as captures before it were. */
static void put_start(struct fetch *f, struct buf *line)
{
	int64_t at, off = transfer_skew(f->transfer)->off;
	char text[CLOCK_TEXT];
	struct slice start;

	buf_clear(&f->scratch);
	if (record_string(&f->run.record, "started_at", &f->scratch, &start) &&
	    start.p && clock_parse(start, &at) && clock_format(at + off, text))
		json_put_member(line, "started_at", slice_of(text));
}

/* Pass the run on as one of the login's user. */
static void pass_own_run(struct fetch *f)
{
	static const char *const but[] = {"user", "client", "started_at", NULL};
	const struct token *t = &f->session.token;
	struct buf *b = &f->line;

	f->run.own = true;
	buf_clear(b);
	record_put_members(&f->run.record, but, b);
	put_start(f, b);
	json_put_member(b, "user", slice_of(t->user_id));
	if (t->client_id)
		json_put_member(b, "client", slice_of(t->client_id));
	buf_putc(b, '}');
	f->run.record.line = buf_slice(b);
	pipe_pass(&f->pipe, &f->run.record);
}

void fetch_pass_run(struct fetch *f, bool empty)
{
	struct slice scopes;

	if (!f->run.line.n)
		return;
	buf_clear(&f->scratch);
	if (!f->has_scopes &&
	    record_string(&f->run.record, "scopes", &f->scratch, &scopes))
		fetch_set_scopes(f, scopes);
	if (check_user(f, empty))
		pass_own_run(f);
	else
		pipe_pass(&f->pipe, &f->run.record);
	buf_clear(&f->run.line);
}

/* Append the URL, without a query, of the response that limits the login. */
static void put_limit_url(const struct fetch *f, struct buf *url)
{
	const char *token_url = f->session.client.token_url;

	if (strcmp(f->policy.halt.limit.endpoint, "token") == 0)
		buf_put(url, token_url, strcspn(token_url, "?#"));
	else
		session_put_profile_url(&f->session.api, url);
}

void fetch_send_limit(struct fetch *f)
{
	const struct error *e = &f->policy.halt;
	struct buf url = BUF_INIT(URL_MAX);
	struct request_record r = {.run = slice_of(f->pipe.run), .seq = -1};
	struct capture c = {.request = &r,
	    .page = 1,
	    .user = f->session.token.user_id,
	    .status = e->limit.status,
	    .fetched_at = e->limit.at,
	    .clock_off = transfer_skew(f->transfer)->off,
	    .retry_at = e->until};
	struct body_check check;

	if (!e->exit || !e->limit.endpoint || f->limit_sent)
		return;
	r.endpoint = slice_of(e->limit.endpoint);
	put_limit_url(f, &url);
	c.url = buf_slice(&url);
	c.seq = ++f->run.seq;
	buf_clear(&f->line);
	capture_put(&c, SLICE(""), &check, &f->line);
	pipe_produce(&f->pipe, RECORD_CAPTURE, buf_slice(&f->line));
	f->limit_sent = true;
	buf_release(&url);
}

/* Append an end record with what is known of the login. */
static void put_end(
    const struct fetch *f, const struct record *end, struct buf *b)
{
	static const char *const but[] = {"scopes", "login_ends", NULL};
	const struct token *t = &f->session.token;
	int64_t ends = token_login_expires_at(t);
	char text[CLOCK_TEXT];

	record_put_members(end, but, b);
	if (t->scope)
		json_put_member(b, "scopes", slice_of(t->scope));
	if (ends && clock_format(ends, text))
		json_put_member(b, "login_ends", slice_of(text));
	buf_putc(b, '}');
}

void fetch_end_run(struct fetch *f, const struct record *rec)
{
	struct record filled = *rec;
	const char *reason;
	struct outcome how;
	size_t at;

	fetch_send_limit(f);
	if (f->run.own)
		fetch_report_scopes(f);
	run_policy_end(&f->policy, &how);
	if (f->run.own) {
		buf_clear(&f->line);
		put_end(f, rec, &f->line);
		if (!record_parse(&filled, buf_slice(&f->line), &reason, &at))
			filled = *rec;
	}
	pipe_pass_end(&f->pipe, &filled, &how);
}

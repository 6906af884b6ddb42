/*
 * sp-fetch as a filter: from the requests of a stream to its captures. What a
 * response means for the run, and for the requests that follow, is decided in
 * api/policy.h.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "cli.h"
#include "fetch.h"
#include "http/skew.h"
#include "local_time.h"
#include "progress.h"

void fetch_report(void *ctx, const char *url, const char *what)
{
	const struct fetch *f = ctx;
	struct slice path = url ? url_brief(slice_of(url)) : SLICE("");
	struct buf text = BUF_INIT(4096);
	int64_t now = f ? skew_now(transfer_skew(f->transfer)) : clock_now();

	cli_warn("%.*s%s%s", (int)path.n, path.p, url ? ": " : "",
	    local_time_message(slice_of(what), now, &text));
	buf_release(&text);
}

/* For pipe.on_refusal. */
static void on_refusal(void *ctx, const struct refusal *r)
{
	const struct fetch *f = ctx;
	struct refusal shown = *r;

	/* The line is enough of a place: most reasons name the URL. */
	shown.src = (struct slice){NULL, 0};
	if (!f->quiet)
		cli_refusal(NULL, &shown);
}

/* For scheduler.may_send. */
static bool may_send(void *ctx, struct task *t)
{
	struct fetch *f = ctx;

	fetch_user(f); /* if that fails, nothing may be sent */
	return run_policy_may_send(&f->policy, t);
}

/* For scheduler.on_result. */
static void on_result(void *ctx, struct task *t)
{
	struct fetch *f = ctx;

	run_policy_apply(&f->policy, t);
	/* By now the clock skew is known. */
	if (!f->warned)
		f->warned = account_warn_of_expiry(&f->options->account,
		    &f->session.token, skew_now(transfer_skew(f->transfer)));
}

static void send_capture(struct fetch *f, const struct fetched_page *page)
{
	struct capture c = page->capture;
	struct slice path = url_brief(c.url);
	struct body_check check;

	c.seq = ++f->run.seq;
	c.user = f->session.token.user_id;
	buf_clear(&f->line);
	if (!capture_put(&c, buf_slice(&page->body), &check, &f->line))
		cli_die(EX_DATAERR, "%.*s: the response is too long for a line",
		    (int)path.n, path.p);
	if (check.flaw)
		cli_warn("%.*s: %s at byte %zu of the body", (int)path.n,
		    path.p, check.flaw, check.at + 1);
	pipe_produce(&f->pipe, RECORD_CAPTURE, buf_slice(&f->line));
	f->captures++;
	f->bytes += page->body.n;
}

/* A task has ended: its request was used, or is refused. */
static void finish_task(struct fetch *f, const struct task *t)
{
	if (!t->code) {
		pipe_use(&f->pipe, &t->record);
		return;
	}
	f->quiet = t->unsent;
	pipe_refuse(&f->pipe, &t->record, t->code, "%s", t->why);
	f->quiet = false;
	f->unsent += t->unsent;
}

/* Write all pages in order, up to the first that has not come yet. */
static void send_captures(struct fetch *f)
{
	struct task *t;
	struct fetched_page *page;

	while ((t = scheduler_first(&f->scheduler))) {
		while ((page = task_take_page(t))) {
			send_capture(f, page);
			fetched_page_free(page);
		}
		if (!t->ended)
			return;
		finish_task(f, t);
		scheduler_pop(&f->scheduler);
	}
}

/* Run the scheduler until something happens or `fd` is readable. */
static void step(struct fetch *f, int fd)
{
	progress_step();
	/* Flush before waiting; stop if that fails. */
	if (!out_flush(&f->out))
		return;
	scheduler_step(&f->scheduler, fd);
	send_captures(f);
}

void fetch_drain(struct fetch *f)
{
	while (!scheduler_is_empty(&f->scheduler) && !f->out.err)
		step(f, -1);
}

/* For pipe.on_drain. */
static void on_drain(void *ctx)
{
	fetch_drain(ctx);
	fetch_pass_run(ctx, true);
}

void fetch_add_request(struct fetch *f, const struct record *rec)
{
	f->requests++;
	fetch_pass_run(f, false);
	scheduler_add(&f->scheduler, rec, f->pipe.in_run);
	while (scheduler_is_full(&f->scheduler) && !f->out.err)
		step(f, -1);
}

static void handle_record(struct fetch *f, const struct record *rec)
{
	switch (rec->type) {
	case RECORD_RUN: fetch_begin_run(f, rec); break;
	case RECORD_REQUEST: fetch_add_request(f, rec); break;
	case RECORD_END: fetch_end_run(f, rec); break;
	default: pipe_pass(&f->pipe, rec);
	}
}

/* While requests are in flight, input is read as it comes. */
void fetch_stream(struct fetch *f)
{
	enum pipe_result r;
	struct record rec;

	cli_announce_stdin("requests");
	do {
		bool idle = scheduler_is_empty(&f->scheduler);

		r = pipe_next(&f->pipe, &rec, idle ? -1 : 0);
		if (r == PIPE_RECORD)
			handle_record(f, &rec);
		else if (r == PIPE_TIMEOUT)
			step(f, STDIN_FILENO);
	} while (r != PIPE_DONE);
	on_drain(f);
}

static void set_up_pipe(struct fetch *f)
{
	out_init(&f->out, STDOUT_FILENO, (size_t)1 << 16);
	pipe_init(&f->pipe, "sp-fetch", RECORD_REQUEST, STDIN_FILENO, &f->out,
	    f->options->max_line);
	f->pipe.on_refusal = on_refusal;
	f->pipe.on_drain = on_drain;
	f->pipe.on_truncated = cli_pass_truncated;
	f->pipe.on_repaired = cli_refusal;
	f->pipe.ctx = f;
}

static void set_up_session(struct fetch *f, const char *path)
{
	const struct fetch_options *o = f->options;
	const struct account *a = &o->account;

	f->transfer = transfer_new(&o->limits);
	if (!f->transfer)
		cli_die(EX_OSERR, "cannot start libcurl");
	transfer_skew(f->transfer)->report = fetch_report;
	session_init(&f->session, path, f->transfer, &o->policy);
	f->session.api_url = a->api ? a->api : account_env("SP_API");
	f->session.token_url =
	    a->token_url ? a->token_url : account_env("SP_TOKEN_URL");
	result_init(&f->profile, o->max_body);
	f->scheduler = (struct scheduler){.client = &f->session.client,
	    .api = &f->session.api,
	    .parallel = o->parallel,
	    .max_pages = o->max_pages,
	    .max_body = o->max_body,
	    .may_send = may_send,
	    .on_result = on_result,
	    .ctx = f};
	scheduler_init(&f->scheduler);
}

/* For progress_begin. */
static void describe(void *ctx, struct progress *p)
{
	const struct fetch *f = ctx;

	if (f->requests == 0)
		return;
	buf_printf(&p->text,
	    "%" PRIu64 " request%s, %" PRIu64 " capture%s, %.1f MB",
	    f->requests, PLURAL(f->requests), f->captures, PLURAL(f->captures),
	    (double)f->bytes / 1e6);
	p->done = f->captures;
}

void fetch_init(
    struct fetch *f, const struct fetch_options *o, const char *path)
{
	*f = (struct fetch){
	    .options = o,
	    .scratch.max = o->max_line,
	    .run.line.max = o->max_line,
	    .scopes.max = TOKEN_FILE_MAX,
	    .login.max = 8192,
	    /* In base 64, a body grows by a third. */
	    .line.max = o->max_body / 3 * 4 + ((size_t)1 << 20) + o->max_line,
	};
	set_up_pipe(f);
	set_up_session(f, path);
	buf_puts(&f->login, "sp-fetch login");
	account_put_option(&o->account, &f->login);
	f->policy.report = fetch_report;
	f->policy.ctx = f;
	f->policy.skew = transfer_skew(f->transfer);
	f->policy.scopes = &f->session.token.scope;
	f->policy.login = buf_message(&f->login);
	progress_begin(o->progress, PROGRESS_PRINTS, describe, f);
}

void fetch_release(struct fetch *f)
{
	transfer_free(f->transfer);
	scheduler_release(&f->scheduler);
	session_release(&f->session);
	result_release(&f->profile);
	pipe_release(&f->pipe);
	out_release(&f->out);
	buf_release(&f->scratch);
	buf_release(&f->run.line);
	buf_release(&f->scopes);
	buf_release(&f->login);
	buf_release(&f->line);
}

int fetch_finish(struct fetch *f)
{
	int status = pipe_finish(&f->pipe);

	progress_end();
	/* That nothing may be sent was reported with its reason. */
	if (f->unsent && f->unsent < f->requests &&
	    f->policy.halt.exit != EX_NOPERM)
		cli_warn("requests not sent: %" PRIu64 " of %" PRIu64,
		    f->unsent, f->requests);
	if (f->pipe.in.err)
		cli_warn("stdin: cannot read: %s", strerror(f->pipe.in.err));
	if (!out_close(&f->out)) {
		cli_warn("stdout: cannot write: %s", strerror(f->out.err));
		return pipe_io_status(f->out.err);
	}
	if (status == EX_IOERR || status == EX_OSERR || !f->policy.status)
		return status;
	return f->policy.status;
}

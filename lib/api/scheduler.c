#include "api/scheduler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/pages.h"
#include "base/clock.h"
#include "base/mem.h"
#include "spotify/problem.h"

/* Bytes of a refusal from which its cause is read. */
#define TASK_WORDS_MAX 4096

/* Tasks in the scheduler, for each request that may be in flight. */
#define TASKS_PER_REQUEST 4

static struct task *task_at(const struct scheduler *s, size_t i)
{
	return &s->tasks[(s->head + i) % s->size];
}

void scheduler_init(struct scheduler *s)
{
	s->size = s->parallel == 1 ? 1 : TASKS_PER_REQUEST * s->parallel;
	s->tasks = mem_zero(s->size, sizeof(*s->tasks));
	for (size_t i = 0; i < s->size; i++) {
		struct task *t = &s->tasks[i];

		t->line.max = t->scratch.max = SIZE_MAX / 2;
		t->last = &t->first;
		result_init(&t->result, s->max_body);
		pages_init(&t->pages, s->api, s->max_pages);
	}
}

void scheduler_release(struct scheduler *s)
{
	for (size_t i = 0; s->tasks && i < s->size; i++) {
		struct task *t = &s->tasks[i];
		struct fetched_page *page;

		while ((page = task_take_page(t)))
			fetched_page_free(page);
		result_release(&t->result);
		pages_release(&t->pages);
		buf_release(&t->line);
		buf_release(&t->scratch);
	}
	free(s->tasks);
	s->tasks = NULL;
	s->count = 0;
}

bool scheduler_is_full(const struct scheduler *s)
{
	return s->count == s->size;
}

bool scheduler_is_empty(const struct scheduler *s)
{
	return s->count == 0;
}

struct task *scheduler_first(struct scheduler *s)
{
	return s->count ? task_at(s, 0) : NULL;
}

void scheduler_pop(struct scheduler *s)
{
	s->head = (s->head + 1) % s->size;
	s->count--;
}

const char task_short_list[] = "incomplete list";

void task_refuse(struct task *t, const char *code, const char *fmt, ...)
{
	va_list ap;

	t->ended = true;
	t->code = code;
	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
}

void scheduler_add(struct scheduler *s, const struct record *rec, bool in_run)
{
	struct task *t = task_at(s, s->count);
	const char *why;

	buf_clear(&t->scratch);
	record_copy(&t->record, rec, &t->line);
	t->ended = t->unsent = t->begun = false;
	t->code = NULL;
	t->api_request = (struct api_request){.state = API_REQUEST_READY};
	s->count++;
	why =
	    request_record_parse(&t->record, in_run, &t->scratch, &t->request);
	if (why)
		task_refuse(t, "bad request", "%s", why);
	t->bucket = bucket_of(t->request.endpoint);
}

void fetched_page_free(struct fetched_page *page)
{
	buf_release(&page->url);
	buf_release(&page->body);
	buf_release(&page->follows);
	free(page);
}

struct fetched_page *task_take_page(struct task *t)
{
	struct fetched_page *page = t->first;

	if (!page)
		return NULL;
	t->first = page->next;
	if (!t->first)
		t->last = &t->first;
	t->buffered -= page->body.n;
	return page;
}

/* Move a response to the reorder buffer, as the last page of its task. */
static struct fetched_page *store_page(struct scheduler *s, struct task *t)
{
	struct response *r = &t->result.response;
	struct fetched_page *page = mem_zero(1, sizeof(*page));
	bool limited = t->result.kind == RESULT_LIMITED;

	page->url.max = page->follows.max = URL_MAX;
	buf_put_slice(&page->url, buf_slice(&t->pages.url));
	page->body = r->body;
	r->body = (struct buf)BUF_INIT(s->max_body);
	page->capture = (struct capture){.request = &t->request,
	    .page = t->pages.number,
	    .kind = t->pages.kind,
	    .url = buf_slice(&page->url),
	    .status = r->status,
	    .fetched_at = r->done_at,
	    .clock_off = r->clock_off,
	    .retry_at = limited ? t->result.error.until : 0,
	    .quota = limited && t->result.account,
	    .denied = t->denied};
	*t->last = page;
	t->last = &page->next;
	t->buffered += page->body.n;
	return page;
}

static void begin_request(struct scheduler *s, struct task *t)
{
	api_request_begin(&t->api_request, s->client, buf_cstr(&t->pages.url),
	    t->bucket, &t->result, t);
	t->api_request.background = t->request.background;
}

/* Plays come newest first: those before the cursor are stored already. */
static bool is_at_cursor(const struct task *t, const struct fetched_page *page)
{
	return t->request.cursor >= 0 &&
	       page_reaches_time(buf_slice(&page->body), t->request.cursor);
}

static enum pages_result next_page(
    struct task *t, const struct fetched_page *page)
{
	return is_at_cursor(t, page)
		   ? PAGES_END
		   : pages_next(&t->pages, buf_slice(&page->body));
}

/* Request the page after a good one, or end the task. */
static void request_next_page(
    struct scheduler *s, struct task *t, struct fetched_page *page)
{
	struct slice path = url_brief(buf_slice(&page->url));

	if (t->request.paging != PAGING_NONE)
		page->capture.next = &page->follows;
	switch (next_page(t, page)) {
	case PAGES_MORE:
		buf_put_slice(
		    &page->follows, url_path(buf_slice(&t->pages.url)));
		begin_request(s, t);
		break;
	case PAGES_END: t->ended = true; break;
	case PAGES_SHORT:
		task_refuse(t, task_short_list,
		    "%.*s: the list is incomplete: %s", (int)path.n, path.p,
		    t->pages.why);
		break;
	default:
		page->capture.next = NULL;
		task_refuse(t, "bad next page",
		    "%.*s: its next page is refused: %s", (int)path.n, path.p,
		    t->pages.why);
	}
}

/* What the response to a task refuses. */
static enum denial read_denial(const struct task *t)
{
	struct buf words = BUF_INIT(TASK_WORDS_MAX);
	enum denial denied;

	if (t->result.kind != RESULT_DENIED)
		return DENIAL_NONE;
	problem_words(buf_slice(&t->result.response.body), &words);
	denied = denial_of(
	    t->result.response.status, t->request.endpoint, buf_slice(&words));
	buf_release(&words);
	return denied;
}

/* Handle the result of a task's request. */
static void handle_result(struct scheduler *s, struct task *t)
{
	const enum result_kind kind = t->result.kind;
	struct fetched_page *page = NULL;

	s->healthy = kind == RESULT_OK || kind == RESULT_DENIED ||
		     (s->healthy && kind == RESULT_LIMITED);
	t->denied = read_denial(t);
	if (kind != RESULT_NONE && kind != RESULT_NO_LOGIN)
		page = store_page(s, t);
	if (page && kind == RESULT_OK)
		request_next_page(s, t, page);
	else
		t->ended = true;
	s->on_result(s->ctx, t);
}

/* Whether the first page can be requested; if not, the task is refused. */
static bool begin_pages(struct scheduler *s, struct task *t)
{
	const struct request_record *r = &t->request;

	if (t->begun)
		return true;
	t->begun = true;
	if (pages_begin(&t->pages, r->url, r->paging, &r->resume) ==
	    PAGES_MORE) {
		begin_request(s, t);
		return true;
	}
	task_refuse(
	    t, "bad url", "'%.*s': %s", (int)r->url.n, r->url.p, t->pages.why);
	return false;
}

/* A summary of all tasks: it decides what may be sent now. */
struct scheduler_state {
	bool retrying;	  /* a request waits to be retried */
	bool needs_token; /* a request waits for a refresh */
	unsigned limited; /* buckets with one that waits for a limit */
	unsigned sent;	  /* buckets with one under way */
	size_t buffered;  /* bytes of all waiting pages */
	int64_t now;
};

static unsigned bucket_bit(const struct task *t)
{
	return 1U << t->bucket;
}

static struct scheduler_state scan_tasks(const struct scheduler *s)
{
	struct scheduler_state state = {.now = clock_monotonic()};

	for (size_t i = 0; i < s->count; i++) {
		const struct task *t = task_at(s, i);

		state.buffered += t->buffered;
		if (t->ended)
			continue;
		if (t->api_request.state == API_REQUEST_SENT)
			state.sent |= bucket_bit(t);
		if (t->api_request.limited)
			state.limited |= bucket_bit(t);
		else
			state.retrying |= t->api_request.retry.count > 0;
		state.needs_token |=
		    t->api_request.state == API_REQUEST_NEEDS_TOKEN;
	}
	return state;
}

/* Whether the bucket is blocked by a rate limit. */
static bool is_blocked(const struct scheduler *s, const struct task *t,
    const struct scheduler_state *state)
{
	return s->client->blocked_until[t->bucket] > state->now;
}

/* Whether its pages, or all pages, fill the reorder buffer. */
static bool is_buffer_full(const struct scheduler *s, const struct task *t,
    const struct scheduler_state *state)
{
	return t != task_at(s, 0) &&
	       (t->buffered >= REORDER_BUFFER_MAX ||
		   state->buffered >= s->parallel * REORDER_BUFFER_MAX);
}

/*
 * Advance a task, with at most so many transfers in flight. Returns the ms
 * until it can be advanced again: 0 for now, -1 if that depends on others.
 */
static int64_t advance(struct scheduler *s, struct task *t,
    const struct scheduler_state *state, size_t most)
{
	struct api_request *g = &t->api_request;

	if (g->state == API_REQUEST_SENT || is_buffer_full(s, t, state))
		return -1;
	if (!s->may_send(s->ctx, t) || !begin_pages(s, t))
		return 0;
	if (g->state == API_REQUEST_WAITING && g->wake_at > state->now)
		return g->wake_at - state->now;
	if (is_blocked(s, t, state))
		return s->client->blocked_until[t->bucket] - state->now;
	if (transfer_count(s->client->transfer) >= most)
		return -1;
	api_request_send(g);
	if (g->state == API_REQUEST_DONE)
		handle_result(s, t);
	return g->state == API_REQUEST_SENT ? -1 : 0;
}

/* Refresh the token for all that wait for it. */
static void refresh_token(struct scheduler *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct task *t = task_at(s, i);

		if (t->ended ||
		    t->api_request.state != API_REQUEST_NEEDS_TOKEN ||
		    !s->may_send(s->ctx, t))
			continue;
		api_request_refresh(&t->api_request);
		if (t->api_request.state == API_REQUEST_DONE)
			handle_result(s, t);
	}
}

/*
 * Requests of a limited bucket are sent one at a time, as are those in the
 * background, so that no other is under way when one meets a limit.
 */
static bool is_eligible(
    const struct task *t, const struct scheduler_state *state)
{
	unsigned busy =
	    t->request.background ? state->sent : state->limited & state->sent;

	return !t->ended && !(busy & bucket_bit(t));
}

/* Send the retries that are due first: the other tasks wait for them. */
static void send_due(
    struct scheduler *s, struct scheduler_state *state, size_t most)
{
	for (size_t i = 0; i < s->count; i++) {
		struct task *t = task_at(s, i);

		if (t->api_request.state != API_REQUEST_WAITING ||
		    t->api_request.wake_at > state->now ||
		    !is_eligible(t, state))
			continue;
		advance(s, t, state, most);
		if (t->api_request.state == API_REQUEST_SENT)
			state->sent |= bucket_bit(t);
	}
}

/* Send what may be sent; the ms until more may be sent, or -1. */
static int64_t send_eligible(struct scheduler *s)
{
	struct scheduler_state state = scan_tasks(s);
	const size_t most = state.retrying || !s->healthy ? 1 : s->parallel;
	size_t left = most;
	int64_t soonest = -1;

	if (state.needs_token) {
		if (transfer_count(s->client->transfer) > 0)
			return -1;
		refresh_token(s);
		return 0;
	}
	send_due(s, &state, most);
	for (size_t i = 0; i < s->count && left > 0; i++) {
		struct task *t = task_at(s, i);
		int64_t ms;

		if (!is_eligible(t, &state))
			continue;
		ms = advance(s, t, &state, most);
		if (ms >= 0 && (soonest < 0 || ms < soonest))
			soonest = ms;
		if (t->ended)
			continue;
		state.sent |= bucket_bit(t);
		left -= !is_blocked(s, t, &state);
	}
	return soonest;
}

void scheduler_step(struct scheduler *s, int fd)
{
	int64_t ms = send_eligible(s);
	struct api_request *g;

	if (s->count > 0 && scheduler_first(s)->ended)
		ms = 0; /* the first task can be popped */
	transfer_wait(s->client->transfer, fd, ms);
	while ((g = client_next(s->client)))
		if (g->state == API_REQUEST_DONE)
			handle_result(s, g->owner);
}

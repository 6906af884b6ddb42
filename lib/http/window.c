#include "http/window.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/problem.h"
#include "http/reach.h"

/* Bytes of a refusal that are looked at. */
#define WORDS_MAX 4096

/* Size of the window, for each request that may be under way. */
#define ROOM 4

static struct ask *ask_at(const struct window *w, size_t i)
{
	return &w->asks[(w->head + i) % w->size];
}

void window_init(struct window *w)
{
	w->size = w->parallel == 1 ? 1 : ROOM * w->parallel;
	w->asks = mem_zero(w->size, sizeof(*w->asks));
	for (size_t i = 0; i < w->size; i++) {
		struct ask *a = &w->asks[i];

		a->line.max = a->scratch.max = SIZE_MAX / 2;
		a->last = &a->first;
		answer_init(&a->answer, w->max_body);
		pages_init(&a->pages, w->api, w->max_pages);
	}
}

void window_release(struct window *w)
{
	for (size_t i = 0; w->asks && i < w->size; i++) {
		struct ask *a = &w->asks[i];
		struct page *page;

		while ((page = ask_take_page(a)))
			page_free(page);
		answer_release(&a->answer);
		pages_release(&a->pages);
		buf_release(&a->line);
		buf_release(&a->scratch);
	}
	free(w->asks);
	w->asks = NULL;
	w->count = 0;
}

bool window_is_full(const struct window *w)
{
	return w->count == w->size;
}

bool window_is_empty(const struct window *w)
{
	return w->count == 0;
}

struct ask *window_first(struct window *w)
{
	return w->count ? ask_at(w, 0) : NULL;
}

void window_pop(struct window *w)
{
	w->head = (w->head + 1) % w->size;
	w->count--;
}

const char ask_short_list[] = "incomplete list";

void ask_refuse(struct ask *a, const char *code, const char *fmt, ...)
{
	va_list ap;

	a->ended = true;
	a->code = code;
	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
}

void window_add(
    struct window *w, const struct record *rec, bool in_run, uint64_t number)
{
	struct ask *a = ask_at(w, w->count);
	const char *why;
	size_t at;

	buf_clear(&a->line);
	buf_clear(&a->scratch);
	buf_put_slice(&a->line, rec->line);
	record_parse(&a->record, buf_slice(&a->line), &why, &at);
	a->number = number;
	a->ended = a->unsent = a->begun = false;
	a->code = NULL;
	a->get.state = GET_READY;
	a->get.retry.count = 0;
	a->get.limited = false;
	w->count++;
	why = request_read(&a->record, in_run, &a->scratch, &a->request);
	if (why)
		ask_refuse(a, "bad request", "%s", why);
	a->bucket = bucket_of(a->request.endpoint);
}

void page_free(struct page *page)
{
	buf_release(&page->url);
	buf_release(&page->body);
	buf_release(&page->follows);
	free(page);
}

struct page *ask_take_page(struct ask *a)
{
	struct page *page = a->first;

	if (!page)
		return NULL;
	a->first = page->next;
	if (!a->first)
		a->last = &a->first;
	a->waiting -= page->body.n;
	return page;
}

/* Keep the answer until its turn. */
static struct page *keep(struct window *w, struct ask *a)
{
	struct reply *r = &a->answer.reply;
	struct page *page = mem_zero(1, sizeof(*page));

	*page = (struct page){.number = a->pages.number,
	    .kind = a->pages.kind,
	    .status = r->status,
	    .fetched_at = r->done_at,
	    .clock_off = r->clock_off,
	    .url = BUF_INIT(URL_MAX),
	    .follows = BUF_INIT(URL_MAX),
	    .body = r->body};
	r->body = (struct buf)BUF_INIT(w->max_body);
	if (a->answer.kind == ANSWER_LIMITED)
		page->retry_at = a->answer.error.until;
	page->quota = page->retry_at && a->answer.account;
	page->denied = a->denied;
	buf_put_slice(&page->url, buf_slice(&a->pages.url));
	*a->last = page;
	a->last = &page->next;
	a->waiting += page->body.n;
	return page;
}

static void begin_page(struct window *w, struct ask *a)
{
	get_begin(&a->get, w->client, buf_cstr(&a->pages.url), a->bucket,
	    &a->answer, a);
}

/* Plays come newest first: those behind the cursor are stored already. */
static bool is_at_cursor(const struct ask *a, const struct page *page)
{
	return a->request.cursor >= 0 &&
	       page_reaches(buf_slice(&page->body), a->request.cursor);
}

static enum pages_result next_page(struct ask *a, const struct page *page)
{
	return is_at_cursor(a, page)
		   ? PAGES_END
		   : pages_next(&a->pages, buf_slice(&page->body));
}

/* After a good page: go on to the next one, if there is one. */
static void follow(struct window *w, struct ask *a, struct page *page)
{
	struct slice path = url_brief(buf_slice(&page->url));

	page->linked = a->request.paging != PAGING_NONE;
	switch (next_page(a, page)) {
	case PAGES_MORE:
		page->linked &= buf_put_slice(
		    &page->follows, url_path(buf_slice(&a->pages.url)));
		begin_page(w, a);
		break;
	case PAGES_END: a->ended = true; break;
	case PAGES_SHORT:
		ask_refuse(a, ask_short_list,
		    "%.*s: the list is incomplete: %s", (int)path.n, path.p,
		    a->pages.why);
		break;
	default:
		page->linked = false;
		ask_refuse(a, "bad next page",
		    "%.*s: its next page is refused: %s", (int)path.n, path.p,
		    a->pages.why);
	}
}

/* What an answer refuses: decided here, once. */
static enum denial read_denial(const struct ask *a)
{
	struct buf words = BUF_INIT(WORDS_MAX);
	enum denial denied;

	if (a->answer.kind != ANSWER_DENIED)
		return DENIAL_NONE;
	problem_words(buf_slice(&a->answer.reply.body), &words);
	denied = denial_of(
	    a->answer.reply.status, a->request.endpoint, buf_slice(&words));
	buf_release(&words);
	return denied;
}

/* Handle the answer to an ask. */
static void take_answer(struct window *w, struct ask *a)
{
	const enum answer_kind kind = a->answer.kind;
	struct page *page = NULL;

	w->proven = kind == ANSWER_GOOD || kind == ANSWER_DENIED ||
		    (w->proven && kind == ANSWER_LIMITED);
	a->denied = read_denial(a);
	if (kind != ANSWER_NONE && kind != ANSWER_NO_LOGIN)
		page = keep(w, a);
	if (page && kind == ANSWER_GOOD)
		follow(w, a, page);
	else
		a->ended = true;
	w->on_answer(w->ctx, a);
}

/* Whether the first page can be requested; if not, the ask is refused. */
static bool begin(struct window *w, struct ask *a)
{
	const struct request *r = &a->request;

	if (a->begun)
		return true;
	a->begun = true;
	if (pages_begin(&a->pages, r->url, r->paging, &r->stop) == PAGES_MORE) {
		begin_page(w, a);
		return true;
	}
	ask_refuse(
	    a, "bad url", "'%.*s': %s", (int)r->url.n, r->url.p, a->pages.why);
	return false;
}

/* The state of the whole window, for what may be sent now. */
struct state {
	bool retrying;	  /* a request waits to be retried */
	bool login;	  /* a request waits for a refresh */
	unsigned limited; /* buckets with one that waits for a limit */
	unsigned asked;	  /* buckets with one under way */
	size_t waiting;	  /* bytes of all waiting pages */
	int64_t now;
};

static unsigned bucket_bit(const struct ask *a)
{
	return 1U << a->bucket;
}

static struct state look(const struct window *w)
{
	struct state s = {.now = clock_monotonic()};

	for (size_t i = 0; i < w->count; i++) {
		const struct ask *a = ask_at(w, i);

		s.waiting += a->waiting;
		if (a->ended)
			continue;
		if (a->get.state == GET_ASKED)
			s.asked |= bucket_bit(a);
		if (a->get.limited)
			s.limited |= bucket_bit(a);
		else
			s.retrying |= a->get.retry.count > 0;
		s.login |= a->get.state == GET_LOGIN;
	}
	return s;
}

/* Whether the bucket is blocked by a rate limit. */
static bool is_blocked(
    const struct window *w, const struct ask *a, const struct state *s)
{
	return w->client->blocked_until[a->bucket] > s->now;
}

/* Whether it has reached its limit of bytes that wait for the first one. */
static bool is_ahead(
    const struct window *w, const struct ask *a, const struct state *s)
{
	return a != ask_at(w, 0) &&
	       (a->waiting >= WINDOW_AHEAD ||
		   s->waiting >= w->parallel * WINDOW_AHEAD);
}

/*
 * Move an ask on, with at most so many transfers under way. Returns after how
 * many ms to try again: 0 if its state has changed, -1 if it can only wait.
 */
static int64_t go_on(
    struct window *w, struct ask *a, const struct state *s, size_t most)
{
	struct get *g = &a->get;

	if (g->state == GET_ASKED || is_ahead(w, a, s))
		return -1;
	if (!w->may_ask(w->ctx, a) || !begin(w, a))
		return 0;
	if (g->state == GET_WAITING && g->wake_at > s->now)
		return g->wake_at - s->now;
	if (is_blocked(w, a, s))
		return w->client->blocked_until[a->bucket] - s->now;
	if (transfer_count(w->client->transfer) >= most)
		return -1;
	get_ask(g);
	if (g->state == GET_DONE)
		take_answer(w, a);
	return g->state == GET_ASKED ? -1 : 0;
}

/* Refresh the token for all that wait for it. */
static void log_in(struct window *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct ask *a = ask_at(w, i);

		if (a->ended || a->get.state != GET_LOGIN ||
		    !w->may_ask(w->ctx, a))
			continue;
		get_log_in(&a->get);
		if (a->get.state == GET_DONE)
			take_answer(w, a);
	}
}

/* Requests of a limited bucket are sent one at a time. */
static bool has_its_turn(const struct ask *a, const struct state *s)
{
	return !a->ended && !(s->limited & s->asked & bucket_bit(a));
}

/* First those that have waited long enough: the others wait for them. */
static void try_again(struct window *w, struct state *s, size_t most)
{
	for (size_t i = 0; i < w->count; i++) {
		struct ask *a = ask_at(w, i);

		if (a->get.state != GET_WAITING || a->get.wake_at > s->now ||
		    !has_its_turn(a, s))
			continue;
		go_on(w, a, s, most);
		if (a->get.state == GET_ASKED)
			s->asked |= bucket_bit(a);
	}
}

/* Send what may be sent; after how many ms there will be more, or -1. */
static int64_t ask_all(struct window *w)
{
	struct state s = look(w);
	const size_t most = s.retrying || !w->proven ? 1 : w->parallel;
	size_t left = most;
	int64_t soonest = -1;

	if (s.login) {
		if (transfer_count(w->client->transfer) > 0)
			return -1;
		log_in(w);
		return 0;
	}
	try_again(w, &s, most);
	for (size_t i = 0; i < w->count && left > 0; i++) {
		struct ask *a = ask_at(w, i);
		int64_t ms;

		if (!has_its_turn(a, &s))
			continue;
		ms = go_on(w, a, &s, most);
		if (ms >= 0 && (soonest < 0 || ms < soonest))
			soonest = ms;
		if (a->ended)
			continue;
		s.asked |= bucket_bit(a);
		left -= !is_blocked(w, a, &s);
	}
	return soonest;
}

void window_turn(struct window *w, int fd)
{
	int64_t ms = ask_all(w);
	struct get *g;

	if (w->count > 0 && window_first(w)->ended)
		ms = 0; /* there is something to take out */
	transfer_wait(w->client->transfer, fd, ms);
	while ((g = client_next(w->client)))
		if (g->state == GET_DONE)
			take_answer(w, g->owner);
}

#include "plan/plan.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/url.h"
#include "db/db.h"
#include "db/dead_letters.h"
#include "db/statements.h"
#include "json/json.h"
#include "merge/merge.h"
#include "plan/deadlines.h"
#include "spotify/endpoint.h"

#define MINUTE ((int64_t)60 * 1000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/*
 * Plays cost one request, and what falls out of the last 50 is lost: a timer
 * that runs `all` every hour asks for them every time. Timers are not exact,
 * so the interval is shorter than an hour by what one may be early.
 */
const struct job jobs[] = {
    {"play-history", 45 * MINUTE, plan_play_history, NULL},
    {"playlists", 7 * DAY, plan_playlists, plan_playlists_waiting},
    {"audio-features", 7 * DAY, plan_audio_features,
	plan_audio_features_waiting},
    {"profile", 30 * DAY, plan_profile, NULL},
    {NULL, 0, NULL, NULL},
};

const struct job *job_named(const char *name)
{
	for (const struct job *j = jobs; j->name; j++)
		if (!strcmp(j->name, name))
			return j;
	return NULL;
}

void plan_query(
    struct plan *p, struct query *q, const struct sql *sql, int64_t age)
{
	query_prepare(q, p->db, sql);
	if (query_has(q, ":user"))
		query_bind_text(q, ":user", buf_slice(&p->user));
	if (query_has(q, ":account"))
		query_bind_text(q, ":account", slice_of(p->options->account));
	if (query_has(q, ":now"))
		query_bind_time(q, ":now", p->now);
	if (query_has(q, ":refused_since"))
		query_bind_time(
		    q, ":refused_since", p->now - p->options->refusal_age);
	if (query_has(q, ":stale_since"))
		query_bind_time(q, ":stale_since", p->now - age);
}

static int find_user(struct plan *p)
{
	struct query q;

	if (p->options->user) {
		buf_puts(&p->user, p->options->user);
		return SQLITE_OK;
	}
	plan_query(p, &q, &sql_user_of_account, 0);
	if (query_step(&q))
		buf_put_slice(&p->user, query_text(&q, 0));
	return query_finish(&q);
}

/* A cursor that is later than it can be counts as absent. */
static void read_cursor(struct plan *p, struct query *q)
{
	int64_t value = query_int(q, 0);

	if (sqlite3_column_type(q->stmt, 0) == SQLITE_INTEGER &&
	    value <= p->now && !merge_cursor_is_void(value, query_text(q, 1)))
		p->cursor = value;
}

/* The user and the cursor that the plan starts from. */
static int start(struct plan *p, const struct job *job)
{
	struct query q;
	int rc = find_user(p);

	if (rc != SQLITE_OK)
		return rc;
	plan_query(p, &q, &sql_read_cursor, 0);
	query_bind_text(&q, ":job", slice_of(job->name));
	if (query_step(&q))
		read_cursor(p, &q);
	return query_finish(&q);
}

bool plan_is_limited(struct plan *p, const char *endpoint)
{
	enum bucket bucket = bucket_of(slice_of(endpoint));
	struct buf names = BUF_INIT(4096), until = BUF_INIT(4096);
	struct outcome *o = &p->outcome;
	bool limited;
	size_t n;
	int rc;

	endpoints_put_of_bucket(bucket, &names);
	rc = deadlines_find(
	    p->db, buf_slice(&p->user), buf_cstr(&names), &until);
	if (rc != SQLITE_OK)
		p->rc = rc;
	limited = until.n > 0 && until.n < CLOCK_TEXT;
	if (limited) {
		o->exit = EX_TEMPFAIL;
		n = strlen(o->reason);
		snprintf(o->reason + n, sizeof(o->reason) - n,
		    "%s%s: rate limited until %s", n ? ", " : "",
		    bucket_name(bucket), buf_cstr(&until));
		if (!*o->until || strcmp(buf_cstr(&until), o->until) < 0)
			memcpy(o->until, until.p, until.n + 1);
	}
	buf_release(&until);
	buf_release(&names);
	return limited;
}

void plan_send(struct plan *p, const struct plan_request *r)
{
	const struct endpoint *e = endpoint_named(slice_of(r->endpoint));
	struct buf *b;

	p->requests++;
	p->pages += r->pages > 0 ? r->pages : 1;
	p->unknown += r->pages < 0;
	if (!p->source)
		return;
	b = source_begin(p->source, RECORD_REQUEST);
	json_put_member_int(b, "seq", p->requests);
	json_put_member(b, "endpoint", slice_of(r->endpoint));
	if (r->url)
		json_put_member(b, "url", slice_of(r->url));
	else
		b->failed = true;
	if (e->paging)
		json_put_member(b, "paging", slice_of(paging_name(e->paging)));
	if (r->checkpoint) {
		json_put_member(b, "next", slice_of(r->checkpoint->next));
		json_put_member_int(b, "page", r->checkpoint->page + 1);
		json_put_member(b, "list", slice_of(r->checkpoint->list));
	}
	if (e->subject)
		json_put_member_raw(b, "optional", SLICE("true"));
	if (r->cursor > 0)
		json_put_member_int(b, "cursor", r->cursor);
	if (r->dequeue.n)
		json_put_member_raw(b, "dequeue", r->dequeue);
	source_send(p->source, RECORD_REQUEST);
}

void plan_send_rest(struct plan *p, struct plan_request *r)
{
	const struct checkpoint *checkpoint =
	    r->url ? checkpoints_find(&p->checkpoints, r->url) : NULL;

	if (checkpoint && !checkpoint->next &&
	    (checkpoint->next_known ||
		!endpoint_named(slice_of(r->endpoint))->paging))
		return;
	r->checkpoint = checkpoint && checkpoint->next ? checkpoint : NULL;
	if (r->checkpoint && r->pages >= 0)
		r->pages = r->pages > checkpoint->page
			       ? r->pages - checkpoint->page
			       : -1;
	plan_send(p, r);
}

int plan_count(struct plan *p, const struct sql *sql, int64_t *n)
{
	struct query q;

	plan_query(p, &q, sql, 0);
	*n = query_step(&q) ? query_int(&q, 0) : 0;
	return query_finish(&q);
}

int64_t plan_pages(int64_t items, int64_t page)
{
	return items > 0 ? (items + page - 1) / page : -1;
}

bool plan_put_path(struct buf *b, const char *endpoint, struct slice id)
{
	const struct endpoint *e = endpoint_named(slice_of(endpoint));
	struct buf encoded = BUF_INIT(4096);

	if (!id.p)
		return endpoint_put_path(e, id, b);
	if (url_encode(&encoded, id, ""))
		endpoint_put_path(e, buf_slice(&encoded), b);
	else
		b->failed = true;
	buf_release(&encoded);
	return !b->failed;
}

static int put_scopes(struct plan *p, struct buf *run)
{
	struct query q;
	struct slice scopes;

	plan_query(p, &q, &sql_scopes_of_account, 0);
	scopes = query_step(&q) ? query_text(&q, 0) : (struct slice){NULL, 0};
	if (scopes.p)
		json_put_member(run, "scopes", scopes);
	return query_finish(&q);
}

static int send_run(struct plan *p, const struct job *job)
{
	struct buf *b = source_begin(p->source, RECORD_RUN);
	int rc;

	json_put_member(b, "job", slice_of(job->name));
	json_put_member(b, "account", slice_of(p->options->account));
	if (p->user.n)
		json_put_member(b, "user", buf_slice(&p->user));
	json_put_member(b, "started_at", slice_of(p->source->started_at));
	if (p->clock_off)
		json_put_member_int(b, "clock_off", p->clock_off);
	if (p->cursor >= 0)
		json_put_member_int(b, "cursor", p->cursor);
	rc = put_scopes(p, b);
	if (rc == SQLITE_OK)
		rc = dead_letters_put_known(p->db, buf_slice(&p->user), b);
	source_send(p->source, RECORD_RUN);
	return rc;
}

static struct plan plan_init(
    sqlite3 *db, const struct plan_options *options, struct source *source)
{
	int64_t now = clock_now(), off = clock_correction(db, now);

	return (struct plan){.db = db,
	    .options = options,
	    .source = source,
	    .user = BUF_INIT(4096),
	    .now = now + off,
	    .clock_off = off,
	    .cursor = -1};
}

int plan_job(struct plan *p, sqlite3 *db, const struct job *job,
    const struct plan_options *options, struct source *source)
{
	int rc;

	*p = plan_init(db, options, source);
	rc = start(p, job);
	if (rc != SQLITE_OK)
		return rc;
	if (!options->force)
		rc = checkpoints_read(&p->checkpoints, p, job->name);
	if (rc != SQLITE_OK)
		return rc;
	if (source)
		rc = send_run(p, job);
	if (rc == SQLITE_OK)
		rc = job->plan(p);
	if (rc == SQLITE_OK)
		rc = p->rc;
	if (source && rc == SQLITE_OK)
		source_end(source, &p->outcome);
	return rc;
}

void plan_release(struct plan *p)
{
	buf_release(&p->user);
	checkpoints_release(&p->checkpoints);
}

/* Whether a job would ask for nothing now, and no deadline is why. */
static int has_no_requests(sqlite3 *db, const struct job *job,
    const struct plan_options *options, bool *nothing)
{
	struct plan p;
	int rc = plan_job(&p, db, job, options, NULL);

	*nothing = p.requests == 0 && p.outcome.exit == 0;
	plan_release(&p);
	return rc;
}

/* How many of the last runs, on end, had captures refused. */
static int count_refused(struct plan *p, const struct job *job, int *n)
{
	struct query q;

	plan_query(p, &q, &sql_were_runs_refused, 0);
	query_bind_text(&q, ":job", slice_of(job->name));
	*n = 0;
	while (query_step(&q) && query_int(&q, 0))
		++*n;
	return query_finish(&q);
}

/* The time to wait after a run; exponential backoff where it was refused. */
static int find_interval(struct plan *p, const struct job *job, int64_t *ms)
{
	int n, rc = count_refused(p, job, &n);

	*ms = job->interval;
	if (n > 0 && (HOUR << (n - 1)) < *ms)
		*ms = HOUR << (n - 1);
	return rc;
}

static int query_is_due(struct plan *p, const struct job *job, bool *due)
{
	struct query q;
	int64_t interval;
	int rc = find_user(p);

	if (rc == SQLITE_OK)
		rc = find_interval(p, job, &interval);
	if (rc != SQLITE_OK)
		return rc;
	plan_query(p, &q, &sql_is_job_due, interval);
	query_bind_text(&q, ":job", slice_of(job->name));
	*due = query_step(&q) && query_int(&q, 0);
	return query_finish(&q);
}

int job_is_due(sqlite3 *db, const struct job *job,
    const struct plan_options *options, bool *due)
{
	struct plan p = plan_init(db, options, NULL);
	bool nothing = false;
	int rc = query_is_due(&p, job, due);

	plan_release(&p);
	if (rc == SQLITE_OK && *due)
		rc = has_no_requests(db, job, options, &nothing);
	*due = *due && !nothing;
	return rc;
}

int job_was_refused(sqlite3 *db, const struct job *job,
    const struct plan_options *options, bool *refused)
{
	struct plan p = plan_init(db, options, NULL);
	int n, rc = count_refused(&p, job, &n);

	*refused = n > 0;
	plan_release(&p);
	return rc;
}

int job_blocked_until(sqlite3 *db, const struct job *job,
    const struct plan_options *options, struct buf *until)
{
	struct plan p = plan_init(db, options, NULL);
	struct buf names = BUF_INIT(4096);
	int rc = find_user(&p);

	endpoints_put_of_job(job->name, &names);
	if (rc == SQLITE_OK)
		rc = deadlines_find(
		    db, buf_slice(&p.user), buf_cstr(&names), until);
	buf_release(&names);
	plan_release(&p);
	return rc;
}

int jobs_unblock(sqlite3 *db, const struct plan_options *options,
    const char *names,
    void (*on_lift)(void *ctx, const char *endpoint, const char *until),
    void *ctx)
{
	struct plan p = plan_init(db, options, NULL);
	int rc = find_user(&p);

	if (rc == SQLITE_OK)
		rc =
		    deadlines_lift(db, buf_slice(&p.user), names, on_lift, ctx);
	plan_release(&p);
	return rc;
}

int job_waiting(sqlite3 *db, const struct job *job,
    const struct plan_options *options, int64_t *n)
{
	struct plan p = plan_init(db, options, NULL);
	int rc = find_user(&p);

	*n = -1;
	if (rc == SQLITE_OK && job->waiting)
		rc = job->waiting(&p, n);
	plan_release(&p);
	return rc;
}

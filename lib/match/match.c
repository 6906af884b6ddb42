#include "match/match.h"

#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"
#include "db/query.h"
#include "db/statements.h"
#include "match/clusters.h"
#include "match/excerpt.h"
#include "match/rules.h"
#include "match/spans.h"
#include "match/unmatched.h"

#define PART_STREAMS 50000
/* Spans that are farther apart than this are of different parts. */
#define PART_GAP (30 * CLOCK_DAY)
/* How much is read around a part at first: most clusters are shorter. */
#define MARGIN (MATCH_AFTER_CRASH + 2 * CLOCK_HOUR)

/* Some spans of a user that are matched in one transaction. */
struct part {
	sqlite3 *db;	    /* borrowed */
	struct spans spans; /* all of the user */
	struct slice user;  /* borrowed from these */
	int64_t from, to;
	struct span *clipped; /* those up to `to` */
	size_t clipped_count, room;
	struct excerpt excerpt;
};

static void part_release(struct part *p)
{
	spans_release(&p->spans);
	excerpt_release(&p->excerpt);
	free(p->clipped);
}

/* Read the spans of the first user that has any; none is no failure. */
static int read_spans(struct part *p)
{
	struct query q;

	spans_clear(&p->spans);
	query_prepare(&q, p->db, &sql_unmatched_spans);
	while (query_step(&q))
		spans_add(&p->spans, query_text(&q, 0), query_int(&q, 1),
		    query_int(&q, 2));
	spans_tidy(&p->spans);
	return query_finish(&q);
}

/* End a part early that would have too many streams. */
static int limit_streams(struct part *p)
{
	struct query q;
	int64_t end;

	query_prepare(&q, p->db, &sql_part_end);
	excerpt_bind_time(&q, ":from", p->from);
	excerpt_bind_time(&q, ":to", p->to);
	query_bind_int(&q, ":streams", PART_STREAMS);
	if (query_step(&q) && clock_parse(query_text(&q, 0), &end))
		p->to = end;
	return query_finish(&q);
}

/* Choose a part: the first spans, as far as they are near each other. */
static int choose(struct part *p)
{
	const struct span *list = p->spans.list;
	size_t n = 1;

	while (n < p->spans.count && list[n].from <= list[n - 1].to + PART_GAP)
		n++;
	p->user = p->spans.users.texts[list[0].user];
	p->from = list[0].from;
	p->to = list[n - 1].to;
	return limit_streams(p);
}

/* Find the spans of the part, none beyond its end. */
static void clip(struct part *p)
{
	p->clipped_count = 0;
	p->clipped =
	    mem_grow(p->clipped, &p->room, p->spans.count, sizeof(*p->clipped));
	for (size_t i = 0; i < p->spans.count; i++) {
		struct span s = p->spans.list[i];

		if (s.from > p->to)
			break;
		s.to = s.to > p->to ? p->to : s.to;
		p->clipped[p->clipped_count++] = s;
	}
}

/*
 * Read the part with as much around it that all clusters are whole. What
 * reaches far beyond its end extends it, so that a long cluster is not
 * matched again and again.
 */
static int read_clusters(struct part *p)
{
	struct excerpt *e = &p->excerpt;
	struct match_window reach;
	int64_t margin = MARGIN;
	int rc;

	for (;;) {
		clip(p);
		rc = excerpt_read(
		    e, p->db, p->user, p->from - margin, p->to + margin);
		if (rc != SQLITE_OK)
			return rc;
		if (!clusters_touch(e, p->clipped, p->clipped_count, &reach) ||
		    (reach.from >= e->from && reach.to <= e->to))
			return SQLITE_OK;
		margin *= 2;
		if (reach.from < p->from - margin)
			margin = p->from - reach.from;
		if (reach.to > e->to)
			p->to = reach.to;
	}
}

static bool differs(const struct excerpt *e, const struct match_stream *s)
{
	return s->rule != s->stored_rule || s->distance != s->stored_distance ||
	       e->streams[s->leader].id != s->stored_leader ||
	       (s->play == MATCH_NONE ? 0 : e->plays[s->play].id) !=
		   s->stored_play;
}

static void store(
    struct query *q, const struct excerpt *e, const struct match_stream *s)
{
	query_bind_int(q, ":stream", s->id);
	query_bind_int(
	    q, ":play", s->play == MATCH_NONE ? 0 : e->plays[s->play].id);
	query_bind_int(q, ":leader", e->streams[s->leader].id);
	query_bind_text(q, ":rule", slice_of(match_rule_name(s->rule)));
	query_bind_int(q, ":distance", s->distance);
	query_run(q);
}

/* Write the matches that differ from those that are stored. */
static int store_matches(struct part *p)
{
	const struct excerpt *e = &p->excerpt;
	struct query write, drop;

	query_prepare(&write, p->db, &sql_store_match);
	query_prepare(&drop, p->db, &sql_drop_match);
	for (size_t i = 0; i < e->stream_count; i++) {
		const struct match_stream *s = &e->streams[i];

		if (!s->touched)
			continue;
		if (s->rule != MATCH_NOT && differs(e, s))
			store(&write, e, s);
		if (s->rule != MATCH_NOT || s->stored_leader == 0)
			continue;
		query_bind_int(&drop, ":stream", s->id);
		query_run(&drop);
	}
	query_fail(&write, query_finish(&drop));
	return query_finish(&write);
}

static int run_on_spans(struct part *p, const struct sql *sql)
{
	struct query q;

	query_prepare(&q, p->db, sql);
	query_bind_text(&q, ":user", p->user);
	query_bind_int(&q, ":to", p->to);
	query_run(&q);
	return query_finish(&q);
}

/* Match a part, inside a transaction: SQLITE_ROW, or SQLITE_DONE for none. */
static int match_part(struct part *p)
{
	int rc = read_spans(p);

	if (rc != SQLITE_OK)
		return rc;
	if (p->spans.count == 0)
		return SQLITE_DONE;
	rc = choose(p);
	if (rc == SQLITE_OK)
		rc = read_clusters(p);
	if (rc == SQLITE_OK) {
		rules_apply(&p->excerpt);
		rc = store_matches(p);
	}
	if (rc == SQLITE_OK)
		rc = run_on_spans(p, &sql_drop_matched_spans);
	if (rc == SQLITE_OK)
		rc = run_on_spans(p, &sql_cut_matched_spans);
	return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Look without a lock first: mostly there is nothing to match. */
static int is_unmatched(sqlite3 *db, bool *is)
{
	struct query q;

	query_prepare(&q, db, &sql_is_unmatched);
	*is = query_step(&q) && query_int(&q, 0) != 0;
	return query_finish(&q);
}

int match_pending(sqlite3 *db, const volatile sig_atomic_t *stop)
{
	struct part p = {.db = db};
	bool more;
	int rc = is_unmatched(db, &more);

	while (rc == SQLITE_OK && more) {
		rc = db_begin(db);
		if (rc == SQLITE_OK)
			rc = match_part(&p);
		more = rc == SQLITE_ROW && !(stop && *stop);
		if (rc == SQLITE_ROW || rc == SQLITE_DONE)
			rc = db_commit(db);
	}
	part_release(&p);
	return rc;
}

int match_anew(sqlite3 *db)
{
	int rc = db_begin(db);

	if (rc == SQLITE_OK)
		rc = unmatched_drop_deleted(db);
	if (rc == SQLITE_OK)
		rc = unmatched_all(db);
	return rc == SQLITE_OK ? db_commit(db) : rc;
}

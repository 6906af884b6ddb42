#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/number.h"
#include "database.h"
#include "db/statements.h"
#include "json/json.h"
#include "local_time.h"
#include "plan/jobs.h"
#include "queue.h"

/* The cost of a job: its plan, and how long that would take. */
struct budget {
	const char *job;
	struct plan plan;
	double pace; /* requests a second in the last runs; 0 if unknown */
	int64_t seconds;
	int64_t open, days; /* of a job in the background, else -1 */
};

static void find_pace(struct budget *b)
{
	struct query q;

	plan_query(&b->plan, &q, &sql_pace_of_runs, 0);
	while (plan_step(&b->plan, &q))
		b->pace = query_real(&q, 0);
	if (b->pace > 0)
		b->seconds = (int64_t)((double)b->plan.pages / b->pace + 0.99);
}

static void put_note(const struct budget *b, struct buf *note)
{
	const struct plan *p = &b->plan;

	if (p->unknown)
		buf_printf(note, "%" PRId64 " list%s of unknown length",
		    p->unknown, PLURAL(p->unknown));
	if (*p->outcome.reason)
		buf_printf(
		    note, "%s%s", note->n ? "; " : "", p->outcome.reason);
}

static void list_budget(const struct budget *b, struct listing *l)
{
	const struct plan *p = &b->plan;
	struct buf note = BUF_INIT(4096);
	char text[LOCAL_TIME_TEXT] = "";

	listing_text(l, slice_of(b->job));
	if (p->unknown) {
		snprintf(text, sizeof(text), "%" PRId64 " or more", p->pages);
		listing_text(l, slice_of(text));
	} else {
		listing_int(l, p->pages);
	}
	*text = '\0';
	if (p->pages && b->pace > 0)
		local_time_span(b->seconds * CLOCK_SECOND, text);
	listing_text(l, slice_of(text));
	listing_count(l, b->open);
	listing_count(l, b->days);
	put_note(b, &note);
	listing_text(l, buf_slice(&note));
	buf_release(&note);
}

static void print_record(const struct budget *b)
{
	const struct outcome *o = &b->plan.outcome;
	struct buf line = BUF_INIT(4096);
	char number[32];

	buf_putc(&line, '{');
	json_put_member(&line, "type", SLICE("budget"));
	json_put_member(&line, "job", slice_of(b->job));
	json_put_member_int(&line, "planned", b->plan.requests);
	json_put_member_int(&line, "requests", b->plan.pages);
	json_put_member_int(&line, "unknown", b->plan.unknown);
	if (b->pace > 0) {
		snprintf(number, sizeof(number), "%.3f", b->pace);
		json_put_member_raw(&line, "pace", slice_of(number));
		json_put_member_int(&line, "seconds", b->seconds);
	}
	if (b->open >= 0)
		json_put_member_int(&line, "open", b->open);
	if (b->days >= 0)
		json_put_member_int(&line, "days", b->days);
	if (*o->reason)
		json_put_member(&line, "reason", slice_of(o->reason));
	if (*o->until)
		json_put_member(&line, "until", slice_of(o->until));
	buf_puts(&line, "}\n");
	fwrite(line.p, 1, line.n, stdout);
	buf_release(&line);
}

static void budget_job(sqlite3 *db, const struct job *job,
    const struct queue_options *o, struct listing *table)
{
	struct budget b = {.job = job->name, .open = -1, .days = -1};

	plan_init(&b.plan, db, job, &o->plan);
	plan_run(&b.plan, NULL);
	find_pace(&b);
	if (job->background && job->waiting)
		b.open = job->waiting(&b.plan, &b.days);
	if (plan_finish(&b.plan) != SQLITE_OK)
		database_die(db, "cannot plan the job");
	if (table)
		list_budget(&b, table);
	else
		print_record(&b);
}

int queue_budget(const struct queue_options *o)
{
	static const char *const names[] = {
	    "job", "requests", "time", "open", "days", "note"};
	static const struct listing_layout layout = {.empty = "No job is due.",
	    .columns = {{"job", NULL, LISTING_PLAIN, 0, 0},
		{"requests", NULL, LISTING_PLAIN, 0, 0},
		{"time", NULL, LISTING_PLAIN, 1, 0},
		{"open", NULL, LISTING_PLAIN, 2, 0},
		{"days", NULL, LISTING_PLAIN, 3, 0},
		{"note", NULL, LISTING_NOTE, 0, 0}}};
	bool is_table = listing_is_table(o->form);
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);
	struct listing l;

	if (is_table)
		listing_begin(
		    &l, "budget", true, &layout, names, COUNT_OF(names));

	for (const struct job *const *j = jobs; *j; j++) {
		bool wanted = o->job ? *j == o->job : o->plan.force;

		if (!o->job && !wanted &&
		    job_is_due(db, *j, &o->plan, &wanted) != SQLITE_OK)
			database_die(db, "cannot plan the job");
		if (wanted)
			budget_job(db, *j, o, is_table ? &l : NULL);
	}
	if (is_table)
		listing_end(&l);
	db_close(db);
	return 0;
}

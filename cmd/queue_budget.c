#include <inttypes.h>
#include <stdio.h>

#include "database.h"
#include "db/statements.h"
#include "json/json.h"
#include "plan/jobs.h"
#include "queue.h"

/* "3 hours", in the largest unit that fits twice. */
static const char *span(int64_t seconds, char text[32])
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"days", 86400}, {"hours", 3600}, {"minutes", 60}};
	size_t i = 0;

	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	if (i < 3)
		snprintf(text, 32, "%" PRId64 " %s",
		    (seconds + units[i].seconds / 2) / units[i].seconds,
		    units[i].name);
	else
		snprintf(text, 32, "%" PRId64 " s", seconds);
	return text;
}

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

static void print_budget(const struct budget *b)
{
	const struct plan *p = &b->plan;
	char text[32];

	printf("%s: ", b->job);
	if (p->pages == 0)
		printf("no requests");
	else
		printf("%sabout %" PRId64 " request%s",
		    p->unknown ? "at least " : "", p->pages,
		    p->pages == 1 ? "" : "s");
	if (p->unknown == 1)
		printf(": the length of 1 list is unknown");
	else if (p->unknown)
		printf(": the lengths of %" PRId64 " lists are unknown",
		    p->unknown);
	if (p->pages && b->pace > 0)
		printf("; %s at %.1f a second, as in the last runs",
		    span(b->seconds, text), b->pace);
	else if (p->pages)
		printf("; no pace known yet");
	if (b->open > 0)
		printf("; %" PRId64 " open", b->open);
	if (b->days > 0)
		printf(": %" PRId64 " day%s", b->days, b->days == 1 ? "" : "s");
	printf("%s%s\n", *p->outcome.reason ? "; " : "", p->outcome.reason);
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

static void budget_job(
    sqlite3 *db, const struct job *job, const struct queue_options *o)
{
	struct budget b = {.job = job->name, .open = -1, .days = -1};

	plan_init(&b.plan, db, job, &o->plan);
	plan_run(&b.plan, NULL);
	find_pace(&b);
	if (job->background && job->waiting)
		b.open = job->waiting(&b.plan, &b.days);
	if (plan_finish(&b.plan) != SQLITE_OK)
		database_die(db, "cannot plan the job");
	if (o->table)
		print_budget(&b);
	else
		print_record(&b);
}

int queue_budget(const struct queue_options *o)
{
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);

	for (const struct job *const *j = jobs; *j; j++) {
		bool wanted = o->job ? *j == o->job : o->plan.force;

		if (!o->job && !wanted &&
		    job_is_due(db, *j, &o->plan, &wanted) != SQLITE_OK)
			database_die(db, "cannot plan the job");
		if (wanted)
			budget_job(db, *j, o);
	}
	db_close(db);
	return 0;
}

#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "database.h"
#include "json/json.h"
#include "plan/budget.h"
#include "queue.h"
#include "text_table.h"

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

static void print_budget(const struct job *job, const struct budget *b)
{
	char text[32];

	printf("%s: ", job->name);
	if (b->requests == 0)
		printf("no requests");
	else
		printf("%sabout %" PRId64 " request%s",
		    b->unknown ? "at least " : "", b->requests,
		    b->requests == 1 ? "" : "s");
	if (b->unknown == 1)
		printf(": the length of 1 list is unknown");
	else if (b->unknown)
		printf(": the lengths of %" PRId64 " lists are unknown",
		    b->unknown);
	if (b->requests && b->pace > 0)
		printf("; %s at %.1f a second, as in the last runs",
		    span(b->seconds, text), b->pace);
	else if (b->requests)
		printf("; no pace known yet");
	printf("%s%s\n", *b->outcome.reason ? "; " : "", b->outcome.reason);
}

static void put_budget(const struct job *job, const struct budget *b)
{
	struct buf line = BUF_INIT(4096);
	char number[32];

	buf_putc(&line, '{');
	json_put_member(&line, "type", SLICE("budget"));
	json_put_member(&line, "job", slice_of(job->name));
	json_put_member_int(&line, "planned", b->planned);
	json_put_member_int(&line, "requests", b->requests);
	json_put_member_int(&line, "unknown", b->unknown);
	if (b->pace > 0) {
		snprintf(number, sizeof(number), "%.3f", b->pace);
		json_put_member_raw(&line, "pace", slice_of(number));
		json_put_member_int(&line, "seconds", b->seconds);
	}
	if (*b->outcome.reason)
		json_put_member(&line, "reason", slice_of(b->outcome.reason));
	if (*b->outcome.until)
		json_put_member(&line, "until", slice_of(b->outcome.until));
	buf_puts(&line, "}\n");
	fwrite(line.p, 1, line.n, stdout);
	buf_release(&line);
}

int queue_budget(const struct queue_options *o)
{
	bool people = o->table || stdout_is_terminal();
	const struct job *only = queue_operand_job("budget", o->operands);
	sqlite3 *db = database_open(o->db, DB_READ_OR_EMPTY);
	struct budget b;
	bool due;

	for (const struct job *j = jobs; j->name; j++) {
		if (only && j != only)
			continue;
		if (job_is_due(db, j, &o->plan, &due) != SQLITE_OK ||
		    budget_job(&b, db, j, &o->plan) != SQLITE_OK)
			database_die(db, "plan the job");
		if (!only && !due && !o->plan.force)
			continue;
		if (people)
			print_budget(j, &b);
		else
			put_budget(j, &b);
	}
	db_close(db);
	return 0;
}

/* What sp-load reports: failures, changes of a dry run, progress, counts. */
#include "load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "cli.h"
#include "database.h"
#include "db/db.h"
#include "db/failure.h"
#include "inspect/digest.h"
#include "listing.h"
#include "match/match.h"
#include "progress.h"

void load_close(struct load *l)
{
	unmatched_release(&l->unmatched);
	tracklists_release(&l->lists);
	applier_release(&l->applier);
	tables_release(&l->tables);
	db_close(l->db);
}

_Noreturn void load_die(struct load *l)
{
	int status;

	buf_clear(&l->why);
	status = db_failure(l->db, l->path, &l->why);
	db_rollback(l->db);
	load_close(l);
	cli_die(status, "%s", buf_message(&l->why));
}

/* How severe a status is; one of no program of ours is the most. */
static size_t severity(int status)
{
	static const int order[] = {0, EX_REFUSED, EX_TEMPFAIL, EX_UNAVAILABLE,
	    EX_NOPERM, EX_CONFIG, EX_DATAERR, EX_OSERR, EX_CANTCREAT, EX_IOERR,
	    EX_SOFTWARE};
	size_t i = 0;

	while (i < COUNT_OF(order) && order[i] != status)
		i++;
	return i;
}

int load_worse_status(int a, int b)
{
	return severity(a) >= severity(b) ? a : b;
}

struct slice load_now(char text[CLOCK_TEXT])
{
	if (!clock_format(clock_now(), text))
		return (struct slice){NULL, 0};
	return (struct slice){text, CLOCK_TEXT - 1};
}

void load_count(struct load_counts *n, const struct change *c)
{
	n->inserted += c->kind == CHANGE_INSERT;
	n->updated += c->kind == CHANGE_UPDATE;
	n->removed += c->kind == CHANGE_DELETE;
	/* Rows that come together and change one row change it once. */
	n->unchanged += c->rows - (c->kind != CHANGE_NONE);
}

void load_print_change(struct load *l, const struct change *c)
{
	size_t room = c->table->index + 1;

	if (room > l->by_table_count) {
		l->by_table =
		    mem_resize(l->by_table, room, sizeof(*l->by_table));
		memset(l->by_table + l->by_table_count, 0,
		    (room - l->by_table_count) * sizeof(*l->by_table));
		l->by_table_count = room;
	}
	l->by_table[c->table->index].rows += c->rows;
	load_count(&l->by_table[c->table->index], c);
	buf_clear(&l->line);
	change_put(c, &l->line);
	if (l->line.failed)
		cli_die(EX_DATAERR, "a change is too long to print");
	/* An error is sticky, and checked at commit. */
	record_send(&l->out, buf_slice(&l->line));
}

/* For progress_begin. */
static void describe(void *ctx, struct progress *to)
{
	const struct load_progress *p = ctx;
	uint64_t rows = p->load->total.rows + p->load->run.counts.rows;

	buf_printf(&to->text, "%" PRIu64 " row%s, ", rows, PLURAL(rows));
	to->done = p->total ? p->captures : rows;
	to->total = p->total;
	if (p->total)
		buf_printf(&to->text, "%" PRIu64 " of %" PRIu64 " capture%s",
		    p->captures, p->total, PLURAL(p->total));
	else
		buf_printf(&to->text, "%" PRIu64 " capture%s", p->captures,
		    PLURAL(p->captures));
}

void load_begin_progress(struct load_progress *p)
{
	const struct load_options *o = &p->load->options;

	progress_begin(o->progress,
	    PROGRESS_READS | (o->dry ? PROGRESS_PRINTS : 0), describe, p);
}

void load_show_progress(struct load_progress *p, const struct record *rec)
{
	const struct load *l = p->load;
	struct slice src = {NULL, 0};
	int64_t announced = 0;

	if (l->batch.origin)
		src = l->batch.origin->src.text;
	if (rec && rec->type == RECORD_RUN &&
	    record_int(rec, "captures", &announced) && announced > 0)
		p->total += (uint64_t)announced;
	if (src.p && src.n < sizeof(p->src) && !slice_is(src, p->src)) {
		snprintf(p->src, sizeof(p->src), "%.*s", (int)src.n, src.p);
		p->captures++;
	}
	progress_step();
}

static void put_counts(const char *what, const struct load_counts *n)
{
	cli_warn("%s%" PRIu64 " row%s: %" PRIu64 " inserted, %" PRIu64
		 " updated, %" PRIu64 " unchanged, %" PRIu64 " removed",
	    what, n->rows, PLURAL(n->rows), n->inserted, n->updated,
	    n->unchanged, n->removed);
}

bool load_has_reader(const struct load *l)
{
	return !l->options.quiet &&
	       (l->options.progress || isatty(STDERR_FILENO));
}

void load_summarize(const struct load *l)
{
	char name[128];

	for (size_t i = 0; i < l->by_table_count; i++) {
		if (l->by_table[i].rows == 0)
			continue;
		snprintf(
		    name, sizeof(name), "%.120s: ", l->tables.list[i]->name.p);
		put_counts(name, &l->by_table[i]);
	}
	if (load_has_reader(l))
		put_counts("", &l->total);
}

void load_print_receipts(struct load *l)
{
	bool dry = l->options.dry;

	if (!l->receipt.runs)
		return;
	if ((dry ? db_exec(l->db, "begin") : db_begin(l->db)) ||
	    receipt_print(&l->receipt, l->db, !dry) || db_commit(l->db))
		load_die(l);
}

static void list_digest(
    void *listing, const struct table *t, const struct digest *d)
{
	char text[DIGEST_TEXT];

	digest_format(d, text);
	listing_text(listing, t->name);
	listing_int(listing, (int64_t)d->rows);
	listing_text(listing, slice_of(text));
}

int load_print_digest(const struct load_options *o)
{
	static const char *const names[] = {"table", "rows", "digest"};
	sqlite3 *db = database_open(o->db, DB_READ);
	struct tables tables = {.db = db};
	struct listing l;

	listing_begin(&l, "digest", listing_is_table(o->form), NULL, names, 3);
	if (db_exec(db, "begin") ||
	    digest_all(db, &tables, list_digest, &l) != SQLITE_OK)
		database_die(db, "cannot read the tables");
	listing_end(&l);
	tables_release(&tables);
	db_close(db);
	return cli_close_stdout(0);
}

int load_rematch(const struct load_options *o)
{
	sqlite3 *db = database_open(o->db, DB_UPDATE);

	cli_catch_signals();
	if (match_anew(db) || match_pending(db, &cli_stop))
		database_die(db, "cannot match streams with plays");
	db_close(db);
	return 0;
}

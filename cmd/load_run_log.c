/*
 * The run log of the open run: its changes, its cursor, the gaps that it
 * reported, and its errors.
 */
#include "load.h"

#include "cli.h"
#include "db/dead_letters.h"
#include "db/statements.h"
#include "json/json.h"
#include "local_time.h"
#include "merge/merge.h"
#include "merge/row.h"

struct dead_letter load_error(const struct load *l, char now[CLOCK_TEXT])
{
	return (struct dead_letter){
	    .run = slice_of(l->run.open ? l->run.id : NULL),
	    .stage = SLICE("sp-load"),
	    .seen_at = load_now(now)};
}

static void report_gap(struct load_run *run, struct query *gap)
{
	struct buf text = BUF_INIT(4096);

	cli_warn("%s%s%splays between %s may be missing: your export has them",
	    run->open ? "run " : "", run->open ? run->id : "",
	    run->open ? ": " : "",
	    local_time_message(query_text(gap, 0), LOCAL_TIME_NOT_NOW, &text));
	buf_release(&text);
	buf_putc(&run->gaps, run->gaps.n ? ',' : '[');
	buf_put_slice(&run->gaps, query_text(gap, 1));
}

void load_report_gaps(struct load *l)
{
	struct query q;

	if (!l->run.covers || l->run.replay_of.n || l->options.dry)
		return;
	query_prepare(&q, l->db, &sql_unreported_gaps);
	query_bind_text(&q, ":run", slice_of(l->run.open ? l->run.id : NULL));
	while (query_step(&q))
		report_gap(&l->run, &q);
	if (query_finish(&q) != SQLITE_OK)
		load_die(l);
	if (l->run.gaps.n)
		buf_putc(&l->run.gaps, ']');
}

/* The cursor of the run's job; if there is none, that of another job. */
static void update_cursor(struct load_run *run, const struct change *c)
{
	int job = table_column(c->table, SLICE("job"));
	int value = table_column(c->table, SLICE("value"));
	int last = c->table->last;
	bool its_own;

	if (job < 0 || value < 0 || last < 0 || !c->after->present ||
	    merge_cursor_is_void(c->after->values[value].integer,
		value_slice(&c->after->values[last])))
		return;
	its_own =
	    slice_eq(value_slice(&c->after->values[job]), buf_slice(&run->job));
	if (run->has_cursor && !its_own)
		return;
	run->has_cursor = true;
	run->cursor = c->after->values[value].integer;
}

bool load_is_uncommitted(const struct load_run *run, struct slice src)
{
	struct json j;

	json_init(&j, buf_slice(&run->uncommitted));
	if (json_next(&j) != JSON_ARRAY)
		return false;
	while (json_next(&j) == JSON_STRING)
		if (src.n > j.text.n && src.p[j.text.n] == '/' &&
		    slice_starts(src, j.text))
			return true;
	return false;
}

bool load_is_known(
    struct load *l, struct slice src, struct slice place, struct slice reason)
{
	bool known;

	if (!l->run.planned || !src.p)
		return false;
	if (dead_letters_is_known(l->db, src, place, reason, &known) !=
	    SQLITE_OK)
		load_die(l);
	return known;
}

void load_on_change(void *ctx, const struct change *c)
{
	struct load *l = ctx;

	load_count(&l->run.counts, c);
	receipt_change(&l->receipt, c);
	l->run.covers |= c->table->covers;
	if (c->table->kind == TABLE_CURSOR)
		update_cursor(&l->run, c);
	if (l->options.dry)
		load_print_change(l, c);
	else
		unmatched_change(&l->unmatched, c);
}

void load_write_error(struct load *l, const struct dead_letter *r)
{
	struct dead_letter error = *r;

	error.after = l->resolutions.latest;
	if (!l->options.dry && dead_letters_add(l->db, &error) != SQLITE_OK)
		load_die(l);
}

/* Append which row a change is of. */
static void put_place(const struct change *c, struct buf *place)
{
	const struct table *t = c->table;
	struct value keys[TABLE_COLUMNS_MAX];
	struct observation obs = {keys, t->key_count, false};

	for (unsigned i = 0; i < t->key_count; i++) {
		keys[i] = c->after->values[t->keys[i]];
		keys[i].column = t->keys[i];
	}
	row_put_place(t, &obs, place);
}

/* Count rows that were used as refused instead. */
static void count_forbidden(struct load *l, uint64_t rows, bool known)
{
	if (l->run.open)
		l->pipe.ledger.used[RECORD_ROW] -= rows;
	ledger_refuse(&l->pipe.ledger, RECORD_ROW, "forbidden", rows);
	l->pipe.refused += known ? 0 : rows;
	l->run.counts.refused += rows;
	l->run.counts.known += known ? rows : 0;
}

/* Only a constraint or trigger of the user's own forbids a row. */
void load_on_forbidden(void *ctx, const struct change *c, const char *reason)
{
	struct load *l = ctx;
	char now[CLOCK_TEXT];
	struct buf text = BUF_INIT((size_t)64 << 10);
	struct buf place = BUF_INIT((size_t)64 << 10);
	struct dead_letter error = load_error(l, now);
	bool known;

	buf_printf(&text, "table '%s': row cannot be written: %s",
	    c->table->name.p, reason);
	buf_clear(&l->line);
	change_put(c, &l->line);
	put_place(c, &place);
	error.src = c->src;
	error.place = buf_slice(&place);
	error.reason = buf_slice(&text);
	error.record = buf_slice(&l->line);
	known = load_is_known(l, error.src, error.place, error.reason);
	if (!known)
		cli_warn("%.*s: %s", c->src.p ? (int)c->src.n : 5,
		    c->src.p ? c->src.p : "stdin", buf_message(&text));
	load_write_error(l, &error);
	count_forbidden(l, c->rows, known);
	receipt_forbid(&l->receipt, c);
	buf_release(&text);
	buf_release(&place);
}

void load_on_incomplete(
    void *ctx, struct slice playlist, struct slice list, const char *reason)
{
	struct load *l = ctx;
	struct buf text = BUF_INIT((size_t)64 << 10);
	char now[CLOCK_TEXT];
	struct dead_letter error = load_error(l, now);

	buf_printf(&text, "playlist '%.*s': %s: keeping the stored track list",
	    (int)playlist.n, playlist.p, reason);
	error.list = list;
	error.reason = buf_slice(&text);
	cli_warn("%s", buf_message(&text));
	load_write_error(l, &error);
	l->status = load_worse_status(l->status, EX_REFUSED);
	l->run.incomplete = true;
	buf_release(&text);
}

void load_write_end(struct load *l, const struct run_end *decided)
{
	const struct load_counts *n = &l->run.counts;
	struct slice id = slice_of(l->run.id);
	struct run_end end = *decided;
	char now[CLOCK_TEXT];
	int rc;

	if (l->options.dry)
		return;
	end.ended_at = load_now(now);
	end.rows = n->rows;
	end.inserted = n->inserted;
	end.updated = n->updated + n->removed;
	end.unchanged = n->unchanged;
	end.has_cursor = l->run.has_cursor;
	end.cursor = l->run.cursor;
	if (l->run.gaps.n > 0)
		end.gaps = buf_slice(&l->run.gaps);
	rc = runs_close(l->db, id, &end);
	if (rc == SQLITE_OK && l->run.replay_of.n &&
	    slice_is(slice_of(end.status), "complete"))
		rc =
		    runs_mark_replayed(l->db, buf_slice(&l->run.replay_of), id);
	if (rc != SQLITE_OK)
		load_die(l);
}

void load_reset_run(struct load *l)
{
	struct load_counts *n = &l->run.counts, *t = &l->total;

	if (tracklists_clear_seen(&l->lists) != SQLITE_OK)
		load_die(l);
	t->rows += n->rows;
	t->inserted += n->inserted;
	t->updated += n->updated;
	t->unchanged += n->unchanged;
	t->removed += n->removed;
	t->refused += n->refused;
	t->known += n->known;
	resolutions_clear(&l->resolutions);
	receipt_clear(&l->receipt);
	*n = (struct load_counts){.rows = 0};
	l->run.open = l->run.has_cursor = l->run.incomplete = false;
	l->run.planned = l->run.covers = false;
	buf_clear(&l->run.gaps);
	buf_clear(&l->run.job);
	buf_clear(&l->run.replay_of);
	buf_clear(&l->run.uncommitted);
}

#include "merge/retract.h"

#include "base/clock.h"

static bool set_has(const struct retract_set *set, int64_t number)
{
	size_t from = 0, to = set->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (set->numbers[middle] == number)
			return true;
		if (set->numbers[middle] < number)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

/* Whether a value of that source goes, written at that time. */
static bool goes(const struct retraction *r, int64_t source, struct slice at)
{
	int64_t ms;

	if (r->row || (source > 0 && set_has(&r->sources, source)))
		return true;
	return source < 0 && r->times.count > 0 && clock_parse(at, &ms) &&
	       set_has(&r->times, ms);
}

/* Whether observations are recorded in the column, with a source. */
static bool is_observed(enum column_rule rule)
{
	return rule == RULE_LWW || rule == RULE_LIST || rule == RULE_MIN ||
	       rule == RULE_MAX || rule == RULE_FIRST;
}

static bool rule_is_time(enum column_rule rule)
{
	return rule == RULE_FIRST || rule == RULE_LAST;
}

/* When a column was observed; p == NULL if it was not. */
static struct slice time_of(
    const struct table *t, const struct stored_row *s, unsigned column)
{
	return rule_is_time(t->columns[column].rule)
		   ? value_slice(&s->values[column])
		   : s->written_at[column];
}

/*
 * Whether a pruned capture may have asserted the value that such a value has
 * replaced: an earlier one, if the row was there before; or a later one, of
 * columns that keep the first.
 */
static bool may_be_pruned(const struct table *t, const struct stored_row *s,
    unsigned column, struct slice first, const struct retraction *r)
{
	enum column_rule rule = t->columns[column].rule;
	struct slice at = time_of(t, s, column);

	if (!r->pruned_from.p)
		return false;
	if (rule == RULE_FIRST || rule == RULE_MIN)
		return slice_cmp(r->pruned_to, at) >= 0;
	return slice_cmp(r->pruned_from, at) <= 0 &&
	       (!first.p || slice_cmp(first, at) < 0);
}

static void clear(struct stored_row *s, unsigned column)
{
	s->values[column] = VALUE_NONE;
	s->written_at[column] = (struct slice){NULL, 0};
}

/*
 * Whether a column belongs to the list of tracks that goes: its name and time,
 * and the refresh that it was.
 */
static bool is_of_list(
    const struct table *t, const struct stored_row *s, unsigned column)
{
	int updated = table_column(t, SLICE("tracks_updated"));

	return t->columns[column].rule == RULE_LIST ||
	       (slice_is(t->columns[column].name, "last_refreshed") &&
		   updated >= 0 &&
		   slice_eq(value_slice(&s->values[column]),
		       value_slice(&s->values[updated])));
}

/* Which columns go: all are decided by the row as it was. */
static unsigned choose(const struct table *t, const struct stored_row *s,
    const struct retraction *r, bool gone[TABLE_COLUMNS_MAX], unsigned *pruned)
{
	struct slice first = {NULL, 0};
	unsigned n = 0;

	if (t->earliest >= 0)
		first = value_slice(&s->values[t->earliest]);
	for (unsigned i = 0; i < t->count; i++) {
		struct slice at = time_of(t, s, i);

		gone[i] = false;
		if (!is_observed(t->columns[i].rule) || !at.p)
			continue;
		if (t->columns[i].rule == RULE_LIST)
			gone[i] = r->list || r->row;
		else
			gone[i] = goes(r, s->source[i], at) ||
				  (r->list && is_of_list(t, s, i));
		n += gone[i];
		*pruned += gone[i] && may_be_pruned(t, s, i, first, r);
	}
	return n;
}

/*
 * The earliest or the latest observation that is left; -1 if none is. Of the
 * others nothing is stored.
 */
static int find_left(
    const struct table *t, const struct stored_row *s, bool latest)
{
	int found = -1;

	for (unsigned i = 0; i < t->count; i++) {
		struct slice at = time_of(t, s, i);
		int c = 1;

		if (!is_observed(t->columns[i].rule) || !at.p)
			continue;
		if (found >= 0)
			c = slice_cmp(at, time_of(t, s, (unsigned)found));
		if (found < 0 || (latest ? c > 0 : c < 0))
			found = (int)i;
	}
	return found;
}

/* Whether a column is left whose time RULE_LAST is the newest of. */
static bool has_written(const struct table *t, const struct stored_row *s)
{
	for (unsigned i = 0; i < t->count; i++)
		if ((t->columns[i].rule == RULE_LWW ||
			t->columns[i].rule == RULE_LIST) &&
		    s->written_at[i].p)
			return true;
	return false;
}

/* The row was observed at the time of another column, by its capture. */
static void copy_time(
    const struct table *t, struct stored_row *s, int column, int from)
{
	if (column < 0 || from < 0)
		return;
	s->values[column] = value_text(time_of(t, s, (unsigned)from));
	s->source[column] = s->source[from];
}

/*
 * Restore what follows from the observations that are left: when the row was
 * first observed, and when last. `keys` is whether there are none but those of
 * the key, at RULE_LAST.
 */
static void restore(const struct table *t, struct stored_row *s, bool keys)
{
	int left = find_left(t, s, false);

	s->present = left >= 0 || keys;
	if (left < 0)
		left = t->last;
	if (s->present && t->first >= 0 &&
	    s->values[t->first].type != VALUE_TEXT)
		copy_time(t, s, t->first, left);
	if (s->present && !keys && !has_written(t, s))
		copy_time(t, s, t->last, find_left(t, s, true));
}

struct retracted merge_retract(
    const struct table *t, struct stored_row *s, const struct retraction *r)
{
	bool gone[TABLE_COLUMNS_MAX];
	struct retracted back = {0, 0};
	struct slice last = {NULL, 0};
	bool keys = !has_written(t, s), keys_go;

	if (t->last >= 0)
		last = value_slice(&s->values[t->last]);
	keys_go = keys && goes(r, s->row_source, last);
	back.values = choose(t, s, r, gone, &back.pruned);
	if (back.values == 0)
		back.values = keys_go;
	if (back.values == 0)
		return back;
	for (unsigned i = 0; i < t->count; i++)
		if (gone[i])
			clear(s, i);
	if (r->list && t->list_sources >= 0)
		s->values[t->list_sources] = VALUE_NONE;
	restore(t, s, keys && !keys_go && last.p);
	return back;
}

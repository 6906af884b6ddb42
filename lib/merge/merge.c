#include "merge/merge.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/clock.h"
#include "json/json.h"

void merge_row_clear(const struct table *t, struct stored_row *s)
{
	s->present = false;
	s->row_source = s->done_source = SOURCE_NONE;
	s->deleted_at = (struct slice){NULL, 0};
	for (unsigned i = 0; i < t->count; i++) {
		s->values[i] = VALUE_NONE;
		s->written_at[i] = (struct slice){NULL, 0};
	}
}

void merge_row_copy(
    const struct table *t, struct stored_row *to, const struct stored_row *from)
{
	to->present = from->present;
	to->row_source = from->row_source;
	to->deleted_at = from->deleted_at;
	to->done_source = from->done_source;
	memcpy(to->values, from->values, t->count * sizeof(*to->values));
	memcpy(to->written_at, from->written_at,
	    t->count * sizeof(*to->written_at));
}

static bool later(struct slice a, struct slice b)
{
	if (!a.p || !b.p)
		return a.p && !b.p;
	return a.p != b.p && slice_cmp(a, b) > 0;
}

/* Whether a column's written_at is stored. */
static bool is_timed(enum column_rule rule)
{
	return rule == RULE_LWW || rule == RULE_LIST;
}

/*
 * Whether the column is a time, which is its own `written_at` if no other is
 * stored.
 */
static bool is_seen(enum column_rule rule)
{
	return rule == RULE_MIN || rule == RULE_MAX;
}

/* The column that a member of a JSON object names, or -1. */
static int column_of_key(const struct table *t, const struct json *j)
{
	struct buf name = BUF_INIT((size_t)1 << 20);
	int c = -1;

	if (!j->key_escaped)
		return table_column(t, j->key);
	if (json_unescape(j->key, &name))
		c = table_column(t, buf_slice(&name));
	buf_release(&name);
	return c;
}

/* Whether a column's source is stored. */
static bool is_sourced(enum column_rule rule)
{
	return is_timed(rule) || is_seen(rule) || rule == RULE_FIRST;
}

static int64_t first_of(const struct observed_at *o, int64_t source)
{
	if (source == o->source)
		return source;
	return sources_first(o->sources, o->source, source);
}

/* Read RULE_TIMES; names that are no columns are ignored. */
static void read_times(const struct table *t, struct stored_row *s)
{
	struct slice text = value_slice(&s->values[t->times]);
	struct json j;

	if (!text.p)
		return;
	json_init(&j, text);
	if (json_next(&j) != JSON_OBJECT)
		return;
	while (json_next(&j) == JSON_STRING) {
		int c = column_of_key(t, &j);

		if (c >= 0 && (is_timed(t->columns[c].rule) ||
				  is_seen(t->columns[c].rule)))
			s->written_at[c] = j.text;
	}
}

/* Read RULE_COLUMN_SOURCES. */
static void read_listed(const struct table *t, struct stored_row *s)
{
	struct slice text = value_slice(&s->values[t->column_sources]);
	struct json j;
	int64_t source;

	json_init(&j, text);
	if (json_next(&j) != JSON_OBJECT)
		return;
	while (json_next(&j) == JSON_NUMBER) {
		int c = column_of_key(t, &j);

		if (c >= 0 && json_whole(j.text, &source))
			s->source[c] = source;
	}
}

static int64_t source_in(
    const struct stored_row *s, int column, int64_t fallback)
{
	if (column < 0 || s->values[column].type != VALUE_INT)
		return fallback;
	return s->values[column].integer;
}

static void read_sources(const struct table *t, struct stored_row *s)
{
	s->row_source = source_in(s, t->row_source, SOURCE_UNKNOWN);
	for (unsigned i = 0; i < t->count; i++)
		s->source[i] = s->row_source;
	if (t->earliest >= 0)
		s->source[t->earliest] =
		    source_in(s, t->first_source, s->row_source);
	if (t->column_sources >= 0 &&
	    s->values[t->column_sources].type == VALUE_TEXT)
		read_listed(t, s);
}

void merge_read_times(const struct table *t, struct stored_row *s)
{
	struct slice last = {NULL, 0};

	for (unsigned i = 0; i < t->count; i++)
		s->written_at[i] = (struct slice){NULL, 0};
	if (t->last >= 0)
		last = value_slice(&s->values[t->last]);
	if (!last.p && t->sparse_last && t->first >= 0) {
		last = value_slice(&s->values[t->first]);
		s->values[t->last] = value_text(last);
	}
	/*
	 * A row that was inserted by hand counts as older than any observation.
	 */
	if (!last.p)
		last = SLICE("");
	for (unsigned i = 0; i < t->count; i++)
		if (is_timed(t->columns[i].rule) && !t->columns[i].not_null &&
		    s->values[i].type != VALUE_NULL)
			s->written_at[i] = last;
		else if (is_seen(t->columns[i].rule))
			s->written_at[i] = value_slice(&s->values[i]);
	if (t->times >= 0)
		read_times(t, s);
	read_sources(t, s);
}

/* Of observations at the same time, the smallest source is stored. */
static void set_if_earlier(
    struct value *v, int64_t *source, const struct observed_at *o)
{
	if (v->type != VALUE_TEXT || later(v->text, o->at)) {
		*v = value_text(o->at);
		*source = o->source;
	} else if (slice_eq(v->text, o->at)) {
		*source = first_of(o, *source);
	}
}

static void set_if_later(
    struct value *v, int64_t *source, const struct observed_at *o)
{
	if (v->type != VALUE_TEXT || later(o->at, v->text)) {
		*v = value_text(o->at);
		*source = o->source;
	} else if (slice_eq(v->text, o->at)) {
		*source = first_of(o, *source);
	}
}

/* An optional time of a row, by default its `at`. */
static struct slice observed_time(
    const struct observation *obs, unsigned column, struct slice at)
{
	const struct value *v = observation_column(obs, column);

	return v && v->type == VALUE_TEXT ? v->text : at;
}

/* RULE_MIN and RULE_MAX; written_at is that of the first observation of it. */
static void observe_seen(struct stored_row *s, unsigned column, bool latest,
    struct slice time, const struct observed_at *o)
{
	struct value *was = &s->values[column];
	int c = 1;

	if (was->type == VALUE_TEXT)
		c = latest ? slice_cmp(time, was->text)
			   : slice_cmp(was->text, time);
	if (c > 0)
		*was = value_text(time);
	if (c > 0 || (c == 0 && later(s->written_at[column], o->at))) {
		s->written_at[column] = o->at;
		s->source[column] = o->source;
	} else if (c == 0 && slice_eq(s->written_at[column], o->at)) {
		s->source[column] = first_of(o, s->source[column]);
	}
}

static void observe_column(
    struct stored_row *s, const struct value *v, const struct observed_at *o)
{
	struct slice *was = &s->written_at[v->column];
	int64_t *source = &s->source[v->column];

	if (was->p) {
		int c = -1;

		if (later(*was, o->at))
			return;
		if (slice_eq(*was, o->at))
			c = value_cmp(&s->values[v->column], v);
		if (c == 0)
			*source = first_of(o, *source);
		if (c >= 0)
			return;
	}
	s->values[v->column] = *v;
	*was = o->at;
	*source = o->source;
}

static void observe_columns(const struct table *t, struct stored_row *s,
    const struct observation *obs, const struct observed_at *o)
{
	for (unsigned i = 0; i < obs->count; i++) {
		const struct value *v = &obs->values[i];
		enum column_rule rule = t->columns[v->column].rule;

		if (rule == RULE_KEY) {
			s->values[v->column] = *v;
		} else if (rule == RULE_LWW) {
			observe_column(s, v, o);
		} else if (rule == RULE_LIST) {
			s->values[v->column] = *v;
			s->written_at[v->column] = o->at;
			s->source[v->column] = o->source;
		} else if (rule == RULE_LIST_SOURCES) {
			s->values[v->column] = *v;
		}
	}
	for (unsigned i = 0; i < t->count; i++) {
		enum column_rule rule = t->columns[i].rule;

		if (is_seen(rule))
			observe_seen(s, i, rule == RULE_MAX,
			    observed_time(obs, i, o->at), o);
	}
	if (t->first >= 0)
		set_if_earlier(&s->values[t->first], &s->source[t->first], o);
	/* Provisional: merge_finalize computes it from the columns. */
	if (t->last >= 0)
		set_if_later(&s->values[t->last], &s->source[t->last], o);
	s->present = true;
}

bool merge_cursor_is_void(int64_t cursor, struct slice at)
{
	int64_t ms;

	return cursor < 0 || (clock_parse(at, &ms) && cursor > ms);
}

/* Whether there is a stored cursor, and it is not void. */
static bool has_cursor(const struct table *t, const struct stored_row *s,
    const struct value *v, struct slice at)
{
	struct slice last = {NULL, 0};

	if (t->last >= 0)
		last = value_slice(&s->values[t->last]);
	return s->present && v->type == VALUE_INT &&
	       !merge_cursor_is_void(v->integer, last.p ? last : at);
}

/*
 * The greatest value wins, with the newest time of its observations. Void
 * values count as absent.
 */
static void observe_cursor(const struct table *t, struct stored_row *s,
    const struct observation *obs, const struct observed_at *o)
{
	bool present = s->present;

	for (unsigned i = 0; i < obs->count; i++) {
		const struct value *v = &obs->values[i];
		struct value *was = &s->values[v->column];
		int c;

		if (t->columns[v->column].rule == RULE_KEY) {
			*was = *v;
			continue;
		}
		if (v->type != VALUE_INT ||
		    merge_cursor_is_void(v->integer, o->at))
			continue;
		present = true;
		c = has_cursor(t, s, was, o->at) ? value_cmp(v, was) : 1;
		if (c > 0) {
			*was = *v;
			s->row_source = o->source;
		}
		if (t->last >= 0 && c > 0)
			s->values[t->last] = value_text(o->at);
		else if (t->last >= 0 && c == 0)
			set_if_later(&s->values[t->last], &s->row_source, o);
	}
	s->present = present;
}

/* The columns of playlist_ingest_queue. */
struct queued {
	unsigned detected_at, played_at;
};

static struct queued queue_columns(const struct table *t)
{
	return (struct queued){(unsigned)table_column(t, SLICE("detected_at")),
	    (unsigned)table_column(t, SLICE("played_at"))};
}

/*
 * The newest evidence that a playlist must be fetched: a play from it, or its
 * detection. A play later than its detection has a wrong date.
 */
static struct slice evidence(const struct stored_row *s, struct queued q)
{
	struct slice detected = value_slice(&s->values[q.detected_at]);
	struct slice played = value_slice(&s->values[q.played_at]);

	return played.p && !(detected.p && later(played, detected)) ? played
								    : detected;
}

/*
 * Which of two rows of the queue wins: the one with the newer evidence, then
 * the earlier detection, then any order that does not depend on arrival.
 */
static int cmp_queued(const struct table *t, const struct stored_row *a,
    const struct stored_row *b, struct queued q)
{
	struct slice x = evidence(a, q), y = evidence(b, q);
	int c = later(x, y) - later(y, x);

	if (c == 0)
		c = value_cmp(
		    &b->values[q.detected_at], &a->values[q.detected_at]);
	for (unsigned i = 0; c == 0 && i < t->count; i++)
		if (t->columns[i].rule == RULE_TABLE)
			c = value_cmp(&a->values[i], &b->values[i]);
	return c;
}

bool merge_is_deleted(const struct table *t, const struct stored_row *s)
{
	return t->kind == TABLE_QUEUE && s->present && s->deleted_at.p &&
	       !later(evidence(s, queue_columns(t)), s->deleted_at);
}

/* Merge a delete: the newest time, and the smallest source of that. */
static void tell_done(struct stored_row *s, const struct observed_at *o)
{
	if (later(o->at, s->deleted_at)) {
		s->deleted_at = o->at;
		s->done_source = o->source;
	} else if (slice_eq(o->at, s->deleted_at)) {
		s->done_source = first_of(o, s->done_source);
	}
}

static void observe_queue(const struct table *t, struct stored_row *s,
    const struct observation *obs, const struct observed_at *o)
{
	struct queued q = queue_columns(t);
	struct stored_row now;
	int c;

	merge_row_clear(t, &now);
	for (unsigned i = 0; i < obs->count; i++)
		now.values[obs->values[i].column] = obs->values[i];
	if (obs->removes) {
		tell_done(s, o);
	} else {
		now.values[q.detected_at] =
		    value_text(observed_time(obs, q.detected_at, o->at));
		c = s->present ? cmp_queued(t, &now, s, q) : 1;
		if (c > 0) {
			memcpy(s->values, now.values,
			    t->count * sizeof(*now.values));
			s->row_source = o->source;
			s->present = true;
		} else if (c == 0) {
			s->row_source = first_of(o, s->row_source);
		}
	}
	/* The tombstone is newer than the evidence. */
	if (merge_is_deleted(t, s))
		s->present = false;
	for (unsigned i = 0; i < t->key_count; i++)
		s->values[t->keys[i]] = now.values[t->keys[i]];
}

void merge_observe(const struct table *t, struct stored_row *s,
    const struct observation *obs, const struct observed_at *o)
{
	switch (t->kind) {
	case TABLE_BY_COLUMN: observe_columns(t, s, obs, o); break;
	case TABLE_CURSOR: observe_cursor(t, s, obs, o); break;
	case TABLE_QUEUE: observe_queue(t, s, obs, o); break;
	case TABLE_LIST:
	case TABLE_UNKNOWN:
	case TABLE_NOT_LOADED: break;
	}
}

/* Whether a column was written at the time in RULE_LAST, or in itself. */
static bool is_implied(
    const struct table *t, const struct stored_row *s, unsigned i)
{
	const struct value *v = &s->values[i];

	if (is_seen(t->columns[i].rule))
		return slice_eq(s->written_at[i], value_slice(v));
	return v->type != VALUE_NULL && !t->columns[i].not_null &&
	       t->last >= 0 &&
	       slice_eq(s->written_at[i], value_slice(&s->values[t->last]));
}

/* The object from there on, as a value; NULL if nothing was written. */
static struct value listed(const struct buf *text, size_t from, size_t to)
{
	if (to == from)
		return VALUE_NONE;
	return value_text((struct slice){text->p + from, to - from});
}

/*
 * Write RULE_TIMES: the columns whose time is not that of RULE_LAST. Sorted by
 * name, as a column that is added later changes the order of columns.
 */
static void write_times(
    const struct table *t, const struct stored_row *s, struct buf *text)
{
	size_t from = text->n;

	for (unsigned n = 0; n < t->count; n++) {
		unsigned i = t->by_name[n];

		if (!s->written_at[i].p || is_implied(t, s, i))
			continue;
		buf_putc(text, text->n == from ? '{' : ',');
		json_put_string(text, t->columns[i].name);
		buf_putc(text, ':');
		json_put_string(text, s->written_at[i]);
	}
}

/*
 * The newest written_at of all columns; p == NULL if none was written. *source
 * gets the smallest source of those written then.
 */
static struct slice last_write(const struct table *t,
    const struct stored_row *s, struct sources *sources, int64_t *source)
{
	struct slice last = {NULL, 0};

	for (unsigned i = 0; i < t->count; i++) {
		struct slice at = s->written_at[i];
		int c = 1;

		if (!at.p || !is_timed(t->columns[i].rule))
			continue;
		if (last.p)
			c = at.p == last.p ? 0 : slice_cmp(at, last);
		if (c > 0) {
			last = at;
			*source = s->source[i];
		} else if (c == 0 && *source != s->source[i]) {
			*source = sources_first(sources, *source, s->source[i]);
		}
	}
	return last;
}

/* The source of a row whose columns have no times of their own. */
static int64_t seen_source(const struct table *t, const struct stored_row *s)
{
	if (t->last >= 0)
		return s->source[t->last];
	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i].rule == RULE_MAX)
			return s->source[i];
	return t->earliest < 0 ? SOURCE_UNKNOWN : s->source[t->earliest];
}

/* Write RULE_COLUMN_SOURCES, sorted likewise. */
static void write_sources(const struct table *t, const struct stored_row *s,
    int64_t base, struct buf *text)
{
	size_t from = text->n;

	for (unsigned n = 0; n < t->count; n++) {
		unsigned i = t->by_name[n];

		if (s->source[i] == base || !is_sourced(t->columns[i].rule) ||
		    (t->first_source >= 0 && (int)i == t->earliest) ||
		    (t->columns[i].rule != RULE_FIRST && !s->written_at[i].p))
			continue;
		buf_putc(text, text->n == from ? '{' : ',');
		json_put_string(text, t->columns[i].name);
		buf_printf(text, ":%" PRId64, s->source[i]);
	}
}

static struct value source_value(int64_t source)
{
	struct value v = {.type = VALUE_INT};

	v.integer = source;
	return v;
}

static void put_sources(
    const struct table *t, struct stored_row *s, int64_t base)
{
	if (t->row_source >= 0)
		s->values[t->row_source] =
		    base == SOURCE_UNKNOWN ? VALUE_NONE : source_value(base);
	if (t->first_source >= 0)
		s->values[t->first_source] =
		    t->earliest < 0 || s->source[t->earliest] == base
			? VALUE_NONE
			: source_value(s->source[t->earliest]);
}

/* Write RULE_TIMES and RULE_COLUMN_SOURCES, both into one text. */
static void put_listed(
    const struct table *t, struct stored_row *s, int64_t base, struct buf *text)
{
	size_t times = text->n, sources;

	if (t->times >= 0)
		write_times(t, s, text);
	if (text->n > times)
		buf_putc(text, '}');
	sources = text->n;
	if (t->column_sources >= 0)
		write_sources(t, s, base, text);
	if (text->n > sources)
		buf_putc(text, '}');
	if (text->failed)
		return;
	if (t->times >= 0)
		s->values[t->times] = listed(text, times, sources);
	if (t->column_sources >= 0)
		s->values[t->column_sources] = listed(text, sources, text->n);
}

bool merge_finalize(const struct table *t, struct stored_row *s,
    struct sources *sources, struct buf *text)
{
	struct slice last;
	int64_t source = SOURCE_NONE;

	if (t->kind != TABLE_BY_COLUMN) {
		put_sources(t, s, s->row_source);
		return true;
	}
	last = last_write(t, s, sources, &source);
	if (last.n && t->last >= 0)
		s->values[t->last] = value_text(last);
	if (!last.p || t->last < 0)
		source = seen_source(t, s);
	put_sources(t, s, source);
	put_listed(t, s, source, text);
	if (t->sparse_last && t->first >= 0 &&
	    value_cmp(&s->values[t->first], &s->values[t->last]) == 0)
		s->values[t->last] = VALUE_NONE;
	return !text->failed;
}

bool merge_row_differs(const struct table *t, const struct stored_row *a,
    const struct stored_row *b)
{
	if (a->present != b->present)
		return true;
	for (unsigned i = 0; a->present && i < t->count; i++)
		if (t->columns[i].rule != RULE_NONE &&
		    !rule_is_provenance(t->columns[i].rule) &&
		    value_cmp(&a->values[i], &b->values[i]) != 0)
			return true;
	return false;
}

bool merge_sources_differ(const struct table *t, const struct stored_row *a,
    const struct stored_row *b)
{
	const int columns[] = {
	    t->row_source, t->first_source, t->column_sources, t->list_sources};

	for (size_t i = 0; i < COUNT_OF(columns); i++)
		if (columns[i] >= 0 && value_cmp(&a->values[columns[i]],
					   &b->values[columns[i]]) != 0)
			return true;
	return false;
}

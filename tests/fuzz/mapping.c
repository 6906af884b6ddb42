/*
 * Fuzzes the mappings: what a capture says, its URL, contexts and times
 * among it, becomes rows or a refusal, and never anything else. The same
 * bytes are given to the functions that read ids and times one by one, which
 * must agree with those in C.
 */
#include <stdlib.h>

#include "base/builtin.h"
#include "base/clock.h"
#include "json/json.h"
#include "map/filter.h"
#include "map/jqvalue.h"
#include "map/rows.h"
#include "plan/ingest_queue.h"
#include "stream/record.h"

#define RUNS_MAX 20000 /* until a program is compiled anew, as libjq leaks */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __lsan_is_turned_off(void);

/* libjq leaks a little, as its hazards say. */
int __lsan_is_turned_off(void)
{
	return 1;
}

static struct buf prelude = BUF_INIT((size_t)1 << 20);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* A program, compiled when it is first used. */
struct program {
	const char *text;
	struct filter filter;
	unsigned runs;
};

static void no_debug(void *ctx, struct slice json)
{
	(void)ctx;
	(void)json;
}

static struct filter *ready(struct program *p)
{
	struct buf why = BUF_INIT(1 << 16);

	if (p->filter.jq && ++p->runs % RUNS_MAX != 0)
		return &p->filter;
	if (p->filter.jq)
		jq_teardown(&p->filter.jq);
	p->filter = (struct filter){.debug = no_debug};
	if (prelude.n == 0)
		filter_put_prelude(&prelude);
	must(filter_compile(
	    &p->filter, buf_slice(&prelude), slice_of(p->text), &why));
	buf_release(&why);
	return &p->filter;
}

/* The value of a text, with the room behind it that reading wants. */
static jv read_value(struct slice text)
{
	static struct jqvalue_reader reader;
	static struct buf padded = BUF_INIT((size_t)1 << 20);

	if (padded.n == 0)
		jqvalue_reader_init(&reader, NULL);
	buf_clear(&padded);
	must(buf_reserve(&padded, text.n + JQVALUE_PAD) != NULL);
	buf_put_slice(&padded, text);
	memset(padded.p + padded.n, 0, JQVALUE_PAD);
	return jqvalue_read(&reader, buf_slice(&padded));
}

static const char *take_row(void *ctx, jv result)
{
	return rows_add(ctx, result);
}

/* Every line a row whose table has a name. */
static void check_rows(struct slice lines)
{
	while (lines.n > 0) {
		const char *newline = memchr(lines.p, '\n', lines.n);
		struct record rec;
		const char *reason;
		size_t at;

		must(newline != NULL);
		must(record_parse(&rec,
		    (struct slice){lines.p, (size_t)(newline - lines.p)},
		    &reason, &at));
		must(rec.type == RECORD_ROW);
		must(record_get(&rec, "table") && record_get(&rec, "row"));
		lines = slice_from(lines, (size_t)(newline - lines.p) + 1);
	}
}

static void try_capture(struct slice text)
{
	static struct program programs[32];
	static struct object_columns objects;
	static struct rows rows;
	struct buf why = BUF_INIT(1 << 16);
	struct slice endpoint;
	const char *reason;
	struct record rec;
	size_t at;

	if (!record_parse(&rec, text, &reason, &at))
		return;
	endpoint = record_raw(&rec, "endpoint");
	if (!rows.lines.max) {
		must(object_columns_parse(&objects, filter_prelude()));
		rows_init(&rows, (size_t)64 << 20, &objects);
	}
	for (int i = 0; builtin_filters[i].name; i++) {
		const struct builtin_file *f = &builtin_filters[i];

		must(i < 32);
		if (!slice_is(endpoint, f->name) ||
		    slice_is(endpoint, "prelude"))
			continue;
		programs[i].text = f->text;
		rows_begin(&rows, SLICE(",\"at\":\"\"}"));
		if (filter_run(ready(&programs[i]), read_value(text), take_row,
			&rows, &why))
			check_rows(buf_slice(&rows.lines));
		else
			must(why.n > 0);
	}
	buf_release(&why);
}

/* What one string means, as the prelude has it. */
struct meant {
	bool none;
	struct buf time, id;
	double ms;
};

static const char *take_meaning(void *ctx, jv result)
{
	struct meant *m = ctx;
	jv time = jv_array_get(jv_copy(result), 0);
	jv ms = jv_array_get(jv_copy(result), 1);
	jv id = jv_array_get(jv_copy(result), 2);

	m->none = jv_get_kind(time) != JV_KIND_STRING;
	m->ms = jv_get_kind(ms) == JV_KIND_NUMBER ? jv_number_value(ms) : 0;
	if (!m->none)
		buf_put(&m->time, jv_string_value(time),
		    (size_t)jv_string_length_bytes(jv_copy(time)));
	if (jv_get_kind(id) == JV_KIND_STRING)
		buf_put(&m->id, jv_string_value(id),
		    (size_t)jv_string_length_bytes(jv_copy(id)));
	jv_free(time);
	jv_free(ms);
	jv_free(id);
	return NULL;
}

static bool is_id(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
			s.p[i]) ||
		    s.p[i] == '\0')
			return false;
	return s.n > 0 && s.n <= 64;
}

static void check_meaning(struct slice text, const struct meant *m)
{
	char again[CLOCK_TEXT];
	int64_t ms;

	if (!m->none) {
		must(clock_parse(text, &ms) && (double)ms == m->ms);
		must(clock_format(ms, again));
		must(slice_is(buf_slice(&m->time), again));
	}
	if (is_id(buf_slice(&m->id)))
		must(slice_eq(queue_playlist_id(text), buf_slice(&m->id)));
}

static void try_string(struct slice text)
{
	static struct program program = {
	    "[time, ms, playlist_id, url_decode, path_id(\"playlists\"),"
	    " query(\"ids\"), track_id?, ({uri: .} | track_id, is_episode)]",
	    {.jq = NULL}, 0};
	struct meant m = {.time = BUF_INIT(1 << 20), .id = BUF_INIT(1 << 20)};
	struct buf quoted = BUF_INIT(1 << 20), why = BUF_INIT(1 << 16);

	must(json_put_string(&quoted, text));
	must(filter_run(ready(&program), read_value(buf_slice(&quoted)),
	    take_meaning, &m, &why));
	check_meaning(text, &m);
	buf_release(&m.time);
	buf_release(&m.id);
	buf_release(&quoted);
	buf_release(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};

	if (size > 0 && data[0] == '{')
		try_capture(text);
	else if (size < 200)
		try_string(text);
	return 0;
}

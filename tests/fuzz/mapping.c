/*
 * Fuzzes the mappings: what a capture says, its URL, contexts and times
 * among it, becomes rows or a refusal, and never anything else. The same
 * bytes are given to the functions that read ids and times one by one, which
 * must agree with those in C.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "jq/compile.h"
#include "jq/machine.h"
#include "json/json.h"
#include "map/mapper.h"
#include "map/prelude.h"
#include "plan/ingest_queue.h"
#include "stream/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void no_debug(struct slice json)
{
	(void)json;
}

/* A text with the room behind it that reading wants. */
static struct slice padded(struct slice text)
{
	static struct buf copy = BUF_INIT((size_t)1 << 24);

	buf_clear(&copy);
	must(buf_reserve(&copy, text.n + MAPPER_PAD) != NULL);
	buf_put_slice(&copy, text);
	memset(copy.p + copy.n, 0, MAPPER_PAD);
	return buf_slice(&copy);
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
	static const struct mapper_config config = {.engine = ENGINE_OWN,
	    .memory = (size_t)256 << 20,
	    .timeout_ms = 5000,
	    .debug = no_debug};
	static struct mapper *mapper;
	struct mapper_capture capture = {.suffix = SLICE(",\"at\":\"\"}")};
	struct mapper_result result;
	const char *reason;
	struct record rec;
	size_t at;

	if (!record_parse(&rec, text, &reason, &at))
		return;
	if (!mapper)
		mapper = mapper_new(&config);
	capture.endpoint = record_raw(&rec, "endpoint");
	if (capture.endpoint.n > 1 && *capture.endpoint.p == '"')
		capture.endpoint = (struct slice){
		    capture.endpoint.p + 1, capture.endpoint.n - 2};
	capture.line = padded(text);
	capture.members = rec.count;
	must(mapper_map(mapper, &capture, &result) == MAPPER_DONE);
	if (result.failure)
		must(result.detail.n > 0);
	else
		check_rows(result.rows);
}

/* What one string means, as the prelude has it. */
struct meant {
	bool none;
	struct buf time, id;
	double ms;
};

/* The program of all meanings, and what it needs to run. */
struct meanings {
	struct names *names;
	struct program *program;
	struct heap heap;
	struct json_reader reader;
	struct machine machine;
	struct slice text; /* the string, as JSON */
	struct meant *meant;
};

struct meaning_sink {
	struct sink sink;
	struct meant *meant;
};

static bool take_meaning(struct sink *s, struct jq_value result)
{
	struct meant *m = ((struct meaning_sink *)s)->meant;
	struct jq_value time = jq_array_get(result, 0);
	struct jq_value ms = jq_array_get(result, 1);
	struct jq_value id = jq_array_get(result, 2);

	m->none = time.kind != JQ_STRING;
	m->ms = ms.kind == JQ_NUMBER ? ms.number : 0;
	if (!m->none)
		buf_put_slice(&m->time, jq_slice(time));
	if (id.kind == JQ_STRING)
		buf_put_slice(&m->id, jq_slice(id));
	return true;
}

static void find_meaning(void *ctx)
{
	struct meanings *all = ctx;
	struct meaning_sink to = {{take_meaning}, all->meant};
	struct jq_value text;

	names_begin_run(all->names);
	must(json_read(&all->reader, all->text, &text));
	must(machine_run(&all->machine, all->program, text, &to.sink));
}

static void no_value(void *ctx, struct jq_value v)
{
	(void)ctx;
	(void)v;
}

static void set_up(struct meanings *all)
{
	const struct program_source sources[] = {{"prelude", prelude_text()},
	    {NULL, SLICE("[time, ms, playlist_id, url_decode,"
			 " path_id(\"playlists\"), query(\"ids\"), track_id?,"
			 " ({uri: .} | track_id, is_episode)]")}};
	struct buf why = BUF_INIT(1 << 16);

	all->names = names_new();
	all->program = program_compile(all->names, sources, 2, &why);
	must(all->program != NULL);
	all->heap = (struct heap){.max = (size_t)64 << 20,
	    .time_max_ms = 5000,
	    .stack_max = (size_t)4 << 20};
	all->reader.heap = all->machine.heap = &all->heap;
	all->reader.names = all->machine.names = all->names;
	all->machine.debug = no_value;
	buf_release(&why);
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
	static struct meanings all;
	struct meant m = {.time = BUF_INIT(1 << 20), .id = BUF_INIT(1 << 20)};
	struct buf quoted = BUF_INIT(1 << 20);

	if (!all.program)
		set_up(&all);
	must(json_put_string(&quoted, text));
	all.text = padded(buf_slice(&quoted));
	all.meant = &m;
	must(heap_guard(&all.heap, find_meaning, &all));
	check_meaning(text, &m);
	buf_release(&m.time);
	buf_release(&m.id);
	buf_release(&quoted);
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

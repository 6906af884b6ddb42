/*
 * sp-transform: maps captures to rows. It is a pure function: the same captures
 * through the same mapping give the same rows. The mappings are jq programs,
 * which are run in worker processes; a worker that fails costs one capture,
 * never the stream.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "map/engine.h"
#include "stream/known_refusals.h"
#include "transform.h"

static const char usage[] =
    "usage: sp-transform [-f [ENDPOINT=]FILE]... [-j N] [--timeout TIME]\n"
    "           [--memory SIZE] [--max-line SIZE] [--include MEMBER]...\n"
    "           [--no-memo] [--progress]\n"
    "           [[--user ID] [--fetched-at TIME] ENDPOINT]\n"
    "       sp-transform --print-filter NAME\n"
    "       sp-transform --list-filters\n";

#define OUT_SIZE ((size_t)256 << 10)
#define DEBUG_SHOWN 400 /* bytes of a value */

static void show_debug(struct slice json)
{
	bool cut = json.n > DEBUG_SHOWN;

	cli_warn("debug: %.*s%s", (int)(cut ? DEBUG_SHOWN : json.n), json.p,
	    cut ? "..." : "");
}

static void send_rows(struct transform *t, struct slice rows)
{
	while (rows.n > 0) {
		pipe_produce(&t->pipe, RECORD_ROW, slice_cut(&rows, '\n'));
		t->rows++;
	}
}

static void send_part_errors(
    struct transform *t, const struct record *rec, struct slice errors)
{
	while (errors.n > 0) {
		struct slice line = slice_cut(&errors, '\n');
		struct slice place = slice_cut(&line, '\t');

		if (place.n == 0)
			place.p = NULL;
		pipe_report_part(&t->pipe, rec, place, "bad item", "%.*s",
		    (int)line.n, line.p);
	}
}

/* Send the result of the oldest capture. */
static void send_result(struct transform *t, const struct pool_result *r)
{
	struct record rec = {.type = RECORD_CAPTURE};
	const char *why;
	size_t at;

	if (r->failure || r->mapped.part_errors.n > 0)
		record_parse(&rec, r->line, &why, &at);
	rec.number = r->number;
	if (r->failure) {
		pipe_refuse(&t->pipe, &rec, r->failure, "%s: %.*s", r->failure,
		    (int)r->detail.n, r->detail.p);
	} else {
		pipe_use(&t->pipe, &rec);
		send_rows(t, r->mapped.rows);
		send_part_errors(t, &rec, r->mapped.part_errors);
	}
	pool_pop(t->pool);
	if (t->options->progress)
		cli_progress_of(t->pipe.records, 0,
		    "%" PRIu64 " records, %" PRIu64 " rows", t->pipe.records,
		    t->rows);
}

static void send_done(struct transform *t)
{
	const struct pool_result *r;

	while ((r = pool_done(t->pool)))
		send_result(t, r);
}

static void wait_for_workers(struct transform *t, int input)
{
	struct buf why = BUF_INIT(4096);
	int status;

	if (!pool_wait(t->pool, input)) {
		status = pool_failure(t->pool, &why);
		cli_die(status, "%s", buf_message(&why));
	}
	send_done(t);
}

/* Send the results of all captures read so far, to keep the order. */
static void drain(void *ctx)
{
	struct transform *t = ctx;

	send_done(t);
	while (pool_busy(t->pool) && !t->out.err)
		wait_for_workers(t, -1);
}

void transform_refuse(struct transform *t, const struct record *rec,
    const char *code, const char *detail)
{
	drain(t);
	pipe_refuse(&t->pipe, rec, code, "%s: %s", code, detail);
}

/* For pipe.is_known. */
static bool is_known(
    void *ctx, const struct record *rec, const struct refusal *r)
{
	const struct transform *t = ctx;

	return rec->type == RECORD_CAPTURE &&
	       known_refusals_has(
		   buf_slice(&t->known), rec, r->place, slice_of(r->reason));
}

/* Read the next record; false at the end. */
static bool next_record(struct transform *t)
{
	struct record rec;

	switch (pipe_next(&t->pipe, &rec, pool_busy(t->pool) ? 0 : -1)) {
	case PIPE_RECORD: break;
	case PIPE_TIMEOUT: return true;
	default: return false;
	}
	if (rec.type == RECORD_CAPTURE)
		transform_capture(t, &rec);
	else
		pipe_pass(&t->pipe, &rec);
	if (rec.type == RECORD_RUN)
		buf_set(&t->known, record_raw(&rec, "known"));
	return true;
}

/* Read or wait, whichever can go on; false at the end of the input. */
static bool step(struct transform *t)
{
	send_done(t);
	if (pool_full(t->pool)) {
		wait_for_workers(t, -1);
		return true;
	}
	if (pool_busy(t->pool) && lines_would_block(&t->pipe.in)) {
		/* The input pauses: flush. */
		if (out_flush(&t->out))
			wait_for_workers(t, t->pipe.in.fd);
		return true;
	}
	return t->options->endpoint ? transform_next_line(t) : next_record(t);
}

static int transform_stream(struct transform *t)
{
	int status;

	while (!t->out.err && step(t))
		;
	drain(t);
	status = pipe_finish(&t->pipe);
	if (t->options->progress)
		cli_progress_end();
	if (t->out.err || t->pipe.in.err)
		cli_warn("%s: %s",
		    t->out.err ? "stdout: cannot write" : "stdin: cannot read",
		    strerror(t->out.err ? t->out.err : t->pipe.in.err));
	return status;
}

/* Have a worker compile the filters of -f before anything is read. */
static void start_pool(struct transform *t)
{
	const struct transform_options *o = t->options;
	struct buf why = BUF_INIT(4096);
	int status;

	t->pool = pool_new(&o->pool);
	if (o->filters.count == 0)
		return;
	status = pool_start(t->pool, &why);
	if (status)
		cli_die(status, "%s", buf_message(&why));
	buf_release(&why);
}

static int transform(const struct transform_options *o)
{
	struct transform t = {.options = o,
	    .suffix = BUF_INIT(o->max_line + 1024),
	    .known = BUF_INIT(o->max_line),
	    .strings = BUF_INIT(o->max_line + 1024),
	    .capture = BUF_INIT(2 * o->max_line + 1024),
	    .bytes = BUF_INIT(o->max_line + 1024),
	    .json = BUF_INIT(4 * o->max_line + 1024),
	    .complete = BUF_INIT(4 * o->max_line + 2048)};
	int status;

	start_pool(&t);
	out_init(&t.out, STDOUT_FILENO, OUT_SIZE);
	pipe_init(&t.pipe, "sp-transform", RECORD_CAPTURE, STDIN_FILENO, &t.out,
	    o->max_line);
	raw_bodies_init(&t.raw, o->max_line);
	t.pipe.on_refusal = cli_refusal;
	t.pipe.on_truncated = cli_truncated;
	t.pipe.on_repaired = cli_refusal;
	t.pipe.on_drain = drain;
	t.pipe.is_known = is_known;
	t.pipe.ctx = &t;
	status = transform_stream(&t);
	pool_free(t.pool);
	pipe_release(&t.pipe);
	raw_bodies_release(&t.raw);
	buf_release(&t.known);
	out_release(&t.out);
	buf_release(&t.suffix);
	buf_release(&t.strings);
	buf_release(&t.capture);
	buf_release(&t.bytes);
	buf_release(&t.json);
	buf_release(&t.complete);
	return status;
}

static unsigned default_workers(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores > 4 ? 4 : (unsigned)cores;
}

enum {
	OPT_TIMEOUT = 256,
	OPT_MEMORY,
	OPT_MAX_LINE,
	OPT_INCLUDE,
	OPT_NO_MEMO,
	OPT_PROGRESS,
	OPT_USER,
	OPT_FETCHED_AT,
	OPT_PRINT,
	OPT_LIST
};

static const struct option long_options[] = {
    {"filter", required_argument, NULL, 'f'},
    {"jobs", required_argument, NULL, 'j'},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"max-line", required_argument, NULL, OPT_MAX_LINE},
    {"include", required_argument, NULL, OPT_INCLUDE},
    {"no-memo", no_argument, NULL, OPT_NO_MEMO},
    {"progress", no_argument, NULL, OPT_PROGRESS},
    {"user", required_argument, NULL, OPT_USER},
    {"fetched-at", required_argument, NULL, OPT_FETCHED_AT},
    {"print-filter", required_argument, NULL, OPT_PRINT},
    {"list-filters", no_argument, NULL, OPT_LIST},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int64_t timeout_option(const char *arg)
{
	int64_t ms = cli_duration("--timeout", arg);

	if (ms < 1 || ms > CLOCK_DAY)
		cli_die(EX_USAGE, "--timeout: not from 1ms to 1d: '%s'", arg);
	return ms;
}

static size_t size_option(
    const char *name, const char *arg, size_t min, size_t max)
{
	size_t size = cli_size(name, arg);

	if (size < min || size > max)
		cli_die(EX_USAGE, "%s: not from %zu to %zu bytes: '%s'", name,
		    min, max, arg);
	return size;
}

/* Have a member stored that is left out by default. */
static void include(struct name_list *names, struct slice name)
{
	if (!engine_leaves_out(name))
		cli_die(EX_USAGE,
		    "--include: not one of the members that are left out: '%s'",
		    name.p);
	if (!name_list_has(names, name))
		names->name[names->count++] = name;
}

/* Set an option; one that only prints something does so and exits. */
static void set_option(void *ctx, int which, const char *arg)
{
	struct transform_options *o = ctx;
	struct worker_config *w = &o->pool.worker;

	switch (which) {
	case 'f': filter_set_add(&o->filters, arg); break;
	case 'j':
		o->pool.workers =
		    (unsigned)cli_number("-j", arg, 1, POOL_WORKERS_MAX);
		break;
	case OPT_TIMEOUT: w->timeout_ms = timeout_option(arg); break;
	case OPT_MEMORY:
		w->memory = size_option(
		    "--memory", arg, (size_t)32 << 20, SIZE_MAX / 4);
		break;
	case OPT_MAX_LINE:
		o->max_line =
		    size_option("--max-line", arg, 1, (size_t)1 << 30);
		break;
	case OPT_INCLUDE: include(&w->include, slice_of(arg)); break;
	case OPT_NO_MEMO: w->optimize = false; break;
	case OPT_PROGRESS: o->progress = true; break;
	case OPT_USER: o->user = arg; break;
	case OPT_FETCHED_AT:
		if (!clock_format(cli_time("--fetched-at", arg), o->fetched_at))
			cli_die(
			    EX_USAGE, "--fetched-at: out of range: '%s'", arg);
		break;
	case OPT_PRINT: exit(mapping_print(arg));
	case OPT_LIST: exit(mapping_list());
	default: cli_other_option(which, usage);
	}
}

/* Set the endpoint of raw bodies, by its name or by that of its job. */
static void set_endpoint(struct transform_options *o, char **operands)
{
	struct slice endpoint;

	if (operands[0] ? operands[1] != NULL : o->user || *o->fetched_at)
		cli_usage(usage, false);
	if (!operands[0])
		return;
	endpoint = mapping_endpoint(operands[0], strlen(operands[0]));
	if (!filter_set_maps(&o->filters, endpoint) &&
	    !mapping_is_builtin(endpoint))
		mapping_unknown("", endpoint);
	o->endpoint = endpoint.p;
}

int main(int argc, char **argv)
{
	struct transform_options o = {.max_line = LINES_MAX_DEFAULT,
	    .pool = {.workers = default_workers(),
		.debug = show_debug,
		.worker = {.memory = (size_t)2 << 30,
		    .timeout_ms = 30000,
		    .optimize = true}}};
	int status;

	cli_init("sp-transform");
	set_endpoint(&o, cli_options(argc, argv, "f:j:hV", long_options,
			     set_option, &o, NULL));
	filter_set_read(&o.filters);
	o.pool.worker.filters = o.filters.list;
	o.pool.worker.filter_count = o.filters.count;
	o.progress = cli_progress_wanted(o.progress);
	status = transform(&o);
	filter_set_release(&o.filters);
	return status;
}

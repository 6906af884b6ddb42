/*
 * sp-transform: maps captures to rows. It is a pure function: the same captures
 * through the same mapping give the same rows. The mappings are jq programs,
 * which are run in worker processes; a worker that fails costs one capture,
 * never the stream.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/builtin.h"
#include "base/clock.h"
#include "cli.h"
#include "spotify/problem.h"
#include "json/json.h"
#include "map/pool.h"
#include "map/raw_body.h"
#include "spotify/denial.h"
#include "spotify/endpoint.h"
#include "stream/known_refusals.h"

static const char usage[] =
    "usage: sp-transform [-f [ENDPOINT=]FILE]... [-j N] [--timeout TIME]\n"
    "           [--memory SIZE] [--max-line SIZE] [--no-memo] [--progress]\n"
    "           [[--user ID] [--fetched-at TIME] ENDPOINT]\n"
    "       sp-transform --print-filter NAME\n"
    "       sp-transform --list-filters\n";

#define FILTER_MAX ((size_t)1 << 20)
#define FILTERS_MAX 64
#define OUT_SIZE ((size_t)256 << 10)
#define DETAIL_MAX 4096 /* bytes of a denial that are looked at */
#define DEBUG_SHOWN 400 /* bytes of a value */

struct transform_options {
	struct worker_filter filters[FILTERS_MAX]; /* of -f */
	struct buf texts[FILTERS_MAX];
	const char *endpoint; /* of raw bodies, or NULL for a stream */
	const char *user;
	char fetched_at[CLOCK_TEXT]; /* empty if not known */
	size_t max_line;
	struct pool_config pool;
	bool progress;
};

struct transform {
	const struct transform_options *o;
	struct pipe st;
	struct out out;
	struct pool *pool;
	struct record rec; /* of the capture whose result is sent */
	struct buf suffix;
	struct buf scratch;
	struct buf capture;  /* made of a raw body */
	struct buf bytes;    /* of a body in base 64 */
	struct buf plain;    /* a capture with that body as JSON */
	struct buf complete; /* one with the member `denied` */
	struct raw_bodies raw;
	struct known_refusals known; /* refusals, of the run that is open */
	uint64_t rows;
};

static const struct builtin_file *find_filter(struct slice name)
{
	for (const struct builtin_file *f = builtin_filters; f->name; f++)
		if (slice_is(name, f->name))
			return f;
	return NULL;
}

static bool is_mapping(struct slice name)
{
	return !slice_is(name, "prelude") && find_filter(name);
}

/* The filter given for an endpoint, NULL where there is none. */
static const struct worker_filter *filter_for(
    const struct transform_options *o, struct slice endpoint)
{
	const struct worker_config *w = &o->pool.worker;

	for (size_t i = 0; i < w->filter_count; i++)
		if (!w->filters[i].endpoint.p == !endpoint.p &&
		    slice_eq(w->filters[i].endpoint, endpoint))
			return &w->filters[i];
	return NULL;
}

/* Whether a filter that was given maps the captures of an endpoint. */
static bool is_own(const struct transform_options *o, struct slice endpoint)
{
	const struct slice others = {NULL, 0};

	return filter_for(o, others) || (endpoint.p && filter_for(o, endpoint));
}

static void show_debug(struct slice json)
{
	cli_warn("debug: %.*s%s",
	    (int)(json.n > DEBUG_SHOWN ? DEBUG_SHOWN : json.n), json.p,
	    json.n > DEBUG_SHOWN ? "..." : "");
}

/* Hand each line of a text to a function. */
static void each_line(struct transform *t, struct slice text,
    void (*use)(struct transform *, struct slice line))
{
	while (text.n > 0)
		use(t, slice_cut(&text, '\n'));
}

static void send_row(struct transform *t, struct slice line)
{
	pipe_produce(&t->st, RECORD_ROW, line);
	t->rows++;
}

static void send_part_error(struct transform *t, struct slice line)
{
	struct slice place = slice_cut(&line, '\t');

	if (place.n == 0)
		place.p = NULL;
	pipe_report_part(
	    &t->st, &t->rec, place, "bad item", "%.*s", (int)line.n, line.p);
}

/* Send the result of the oldest capture. */
static void send_result(struct transform *t, const struct pool_result *r)
{
	const char *why;
	size_t at;

	t->rec.type = RECORD_CAPTURE;
	if (r->failure || r->mapped.part_errors.n > 0)
		record_parse(&t->rec, r->line, &why, &at);
	t->rec.number = r->number;
	if (r->failure) {
		pipe_refuse(&t->st, &t->rec, r->failure, "%s: %.*s", r->failure,
		    (int)r->detail.n, r->detail.p);
	} else {
		pipe_use(&t->st, &t->rec);
		each_line(t, r->mapped.rows, send_row);
		each_line(t, r->mapped.part_errors, send_part_error);
	}
	pool_pop(t->pool);
	if (t->o->progress)
		cli_progress_of(t->st.records, 0,
		    "%" PRIu64 " records, %" PRIu64 " rows", t->st.records,
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

/* Refuse a record in its place: after all that came before it. */
static void refuse(struct transform *t, const struct record *rec,
    const char *code, const char *detail)
{
	drain(t);
	pipe_refuse(&t->st, rec, code, "%s: %s", code, detail);
}

/* What ends each row of a capture: when it was true, and where it is from. */
static bool put_suffix(struct transform *t, const struct record *rec)
{
	struct slice at, src = pipe_src(&t->st, rec);
	int64_t ms;

	buf_clear(&t->suffix);
	buf_clear(&t->scratch);
	if (!record_string(rec, "fetched_at", &t->scratch, &at) ||
	    (at.p && !clock_parse(at, &ms)))
		return false;
	if (at.p) {
		buf_puts(&t->suffix, ",\"at\":");
		json_put_string(&t->suffix, at);
	}
	if (src.p) {
		buf_puts(&t->suffix, ",\"src\":");
		json_put_string(&t->suffix, src);
	}
	return buf_putc(&t->suffix, '}');
}

/* Whether a capture of that status has the requested data. */
static bool is_good(int64_t status)
{
	return status >= 200 && status < 300;
}

static void refuse_body(struct transform *t, const struct record *rec,
    const struct body_check *check)
{
	char detail[160];

	snprintf(detail, sizeof(detail), "%s at byte %zu of the body",
	    check->error ? check->error : "too long", check->at + 1);
	refuse(t, rec, "not json", detail);
}

/* Refuse a capture whose body is missing or no JSON. */
static void refuse_unmapped(struct transform *t, const struct record *rec)
{
	struct body_check check = {.error = NULL};
	enum body_form form;
	struct slice bytes;
	const char *why;
	struct json j;

	buf_clear(&t->bytes);
	if (!body_read(rec, &t->bytes, &bytes, &form, &why)) {
		refuse(t, rec, "bad capture", why);
	} else if (form == BODY_NONE) {
		refuse(t, rec, "bad capture", BODY_MISSING);
	} else if (form == BODY_TEXT) {
		refuse(t, rec, "not json", "the body is text, not JSON");
	} else {
		json_check_lenient(&j, bytes);
		check = (struct body_check){.error = j.error, .at = j.at};
		refuse_body(t, rec, &check);
	}
}

/* Whether a built-in mapping applies; refuses the capture if not. */
static bool has_mapping(struct transform *t, const struct record *rec,
    struct slice endpoint, int64_t status)
{
	char detail[160];

	if (endpoint.p && (!is_good(status) || (is_mapping(endpoint) &&
						   record_get(rec, "body"))))
		return true;
	if (!endpoint.p) {
		refuse(t, rec, "bad capture", "'endpoint' is missing");
	} else if (!is_mapping(endpoint)) {
		snprintf(detail, sizeof(detail),
		    "no built-in mapping for endpoint '%.*s': "
		    "give one with -f",
		    (int)(endpoint.n > 64 ? 64 : endpoint.n), endpoint.p);
		refuse(t, rec, "no mapping", detail);
	} else {
		refuse_unmapped(t, rec);
	}
	return false;
}

/* Read a capture again, as it was written anew. */
static void replace_record(struct record *rec, const struct buf *line)
{
	uint64_t number = rec->number;
	const char *why;
	size_t at;

	record_parse(rec, buf_slice(line), &why, &at);
	rec->number = number;
}

/*
 * Have a capture whose body travels in base 64 carry it as JSON, if it is
 * that but for its flaws.
 */
static void show_body(struct transform *t, struct record *rec)
{
	struct body_check check;
	enum body_form form;
	struct slice bytes;
	const char *why;

	buf_clear(&t->bytes);
	buf_clear(&t->plain);
	if (!record_get(rec, "body_base64") ||
	    !body_read(rec, &t->bytes, &bytes, &form, &why) ||
	    form != BODY_BYTES)
		return;
	record_put_members(rec, body_members, &t->plain);
	json_put_key(&t->plain, "body");
	if (body_put_json(&t->plain, bytes, &check) && buf_putc(&t->plain, '}'))
		replace_record(rec, &t->plain);
}

/*
 * Have a capture of a 403 that was made without the member `denied` say what
 * it is about, as sp-fetch does now.
 */
static void add_denied(
    struct transform *t, struct record *rec, struct slice endpoint, int status)
{
	static const char *const but[] = {NULL};
	struct buf words = BUF_INIT(DETAIL_MAX);
	enum body_form form;
	struct slice body;
	const char *why;

	if (status != 403 || record_get(rec, "denied") ||
	    rec->count == RECORD_MEMBERS_MAX)
		return;
	buf_clear(&t->bytes);
	buf_clear(&t->complete);
	if (body_read(rec, &t->bytes, &body, &form, &why) && body.p)
		problem_words(body, &words);
	record_put_members(rec, but, &t->complete);
	json_put_member(&t->complete, "denied",
	    slice_of(
		denial_name(denial_of(status, endpoint, buf_slice(&words)))));
	buf_putc(&t->complete, '}');
	replace_record(rec, &t->complete);
	buf_release(&words);
}

/* Give a capture to the workers, or refuse it. */
static void map_capture(struct transform *t, struct record *rec)
{
	struct engine_capture capture;
	struct slice endpoint;
	int64_t status = 200;

	show_body(t, rec);
	if (!put_suffix(t, rec)) {
		refuse(t, rec, "bad capture", "'fetched_at' is not a time");
		return;
	}
	if (!record_string(rec, "endpoint", &t->scratch, &endpoint) ||
	    !record_int(rec, "status", &status)) {
		refuse(t, rec, "bad capture",
		    "'endpoint' is not a string or 'status' is not a "
		    "whole number");
		return;
	}
	if (!record_has_body(rec)) {
		refuse(t, rec, "bad capture", BODY_MISSING);
		return;
	}
	if (!is_own(t->o, endpoint) && !has_mapping(t, rec, endpoint, status))
		return;
	add_denied(t, rec, endpoint, (int)status);
	capture = (struct engine_capture){.endpoint = endpoint,
	    .suffix = buf_slice(&t->suffix),
	    .line = rec->line,
	    .with_body = is_good(status)};
	pool_submit(t->pool, &capture, rec->number);
}

/* Make a capture of a raw body. */
static void map_body(struct transform *t, struct slice body)
{
	struct record rec = {.type = RECORD_CAPTURE, .number = t->raw.number};
	struct body_check check;
	const char *why;
	size_t at;
	bool ok;

	t->st.records++;
	raw_body_capture(body, t->o->endpoint, t->o->user, t->o->fetched_at,
	    &check, &t->capture);
	if (check.error) {
		refuse_body(t, &rec, &check);
		return;
	}
	if (check.flaw)
		cli_warn("stdin:%" PRIu64 ": %s at byte %zu of the body",
		    rec.number, check.flaw, check.at + 1);
	ok = record_parse(&rec, buf_slice(&t->capture), &why, &at);
	rec.number = t->raw.number;
	if (ok)
		map_capture(t, &rec);
	else
		refuse(t, &rec, "not json", why);
}

/* Refuse what is no body: text, or a body in another encoding. */
static void refuse_stray(struct transform *t, struct slice text)
{
	struct record rec = {.type = RECORD_CAPTURE, .number = t->raw.number};
	struct json j;

	json_check_lenient(&j, text);
	refuse(t, &rec, "not json",
	    j.error == json_utf16 ? j.error : "neither an object nor an array");
}

static void map_bodies(struct transform *t)
{
	struct slice body;
	enum raw_bodies_result r;

	while ((r = raw_bodies_next(&t->raw, &body)) != RAW_BODY_MORE) {
		if (r == RAW_BODY)
			map_body(t, body);
		else
			refuse_stray(t, body);
	}
}

/* Read the next line of a text of bodies; false at its end. */
static bool next_line(struct transform *t)
{
	struct record rec = {.type = RECORD_CAPTURE};
	struct slice line;
	enum lines_result r = lines_next(&t->st.in, &line, -1);

	rec.number = t->st.in.number;
	switch (r) {
	case LINES_LINE:
		if (raw_bodies_feed(&t->raw, line, t->st.in.number)) {
			map_bodies(t);
			return true;
		}
		__attribute__((fallthrough));
	case LINES_TOO_LONG:
		refuse(t, &rec, REFUSED_TOO_LONG, "see --max-line");
		return true;
	default:
		if (!raw_bodies_incomplete(&t->raw))
			return false;
		rec.number = t->raw.number;
		refuse(t, &rec, "not json",
		    "the input ends inside the body that starts here");
		return false;
	}
}

/* For stage.is_known. */
static bool is_known(
    void *ctx, const struct record *rec, const struct refusal *r)
{
	const struct transform *t = ctx;

	return rec->type == RECORD_CAPTURE &&
	       known_refusals_has(
		   &t->known, rec, r->place, slice_of(r->reason));
}

/* Read the next record; false at the end. */
static bool next_record(struct transform *t)
{
	struct record rec;

	switch (pipe_next(&t->st, &rec, pool_busy(t->pool) ? 0 : -1)) {
	case PIPE_RECORD:
		if (rec.type == RECORD_CAPTURE)
			map_capture(t, &rec);
		else
			pipe_pass(&t->st, &rec);
		if (rec.type == RECORD_RUN)
			known_refusals_set(&t->known, &rec);
		return true;
	case PIPE_TIMEOUT: return true;
	default: return false;
	}
}

static int run(struct transform *t)
{
	bool more = true;
	int status;

	while (more && !t->out.err) {
		send_done(t);
		if (pool_full(t->pool)) {
			wait_for_workers(t, -1);
		} else if (pool_busy(t->pool) && lines_would_block(&t->st.in)) {
			/* The input pauses: flush. */
			if (out_flush(&t->out))
				wait_for_workers(t, t->st.in.fd);
		} else {
			more = t->o->endpoint ? next_line(t) : next_record(t);
		}
	}
	drain(t);
	status = pipe_finish(&t->st);
	if (t->o->progress)
		cli_progress_end();
	if (t->out.err || t->st.in.err)
		cli_warn("%s: %s",
		    t->out.err ? "stdout: cannot write" : "stdin: cannot read",
		    strerror(t->out.err ? t->out.err : t->st.in.err));
	return status;
}

static int transform(struct transform_options *o)
{
	struct transform t = {.o = o,
	    .suffix = BUF_INIT(o->max_line + 1024),
	    .scratch = BUF_INIT(o->max_line + 1024),
	    .capture = BUF_INIT(2 * o->max_line + 1024),
	    .bytes = BUF_INIT(o->max_line + 1024),
	    .plain = BUF_INIT(4 * o->max_line + 1024),
	    .complete = BUF_INIT(4 * o->max_line + 2048)};
	struct buf why = BUF_INIT(4096);
	int status = 0;

	o->pool.debug = show_debug;
	t.pool = pool_new(&o->pool);
	out_init(&t.out, STDOUT_FILENO, OUT_SIZE);
	if (o->pool.worker.filter_count)
		status = pool_start(t.pool, &why);
	if (status)
		cli_die(status, "%s", buf_message(&why));
	pipe_init(&t.st, "sp-transform", RECORD_CAPTURE, STDIN_FILENO, &t.out,
	    o->max_line);
	raw_bodies_init(&t.raw, o->max_line);
	known_refusals_init(&t.known, o->max_line);
	t.st.on_refusal = cli_refusal;
	t.st.on_truncated = cli_truncated;
	t.st.on_repaired = cli_refusal;
	t.st.on_drain = drain;
	t.st.is_known = is_known;
	t.st.ctx = &t;
	status = run(&t);
	pool_free(t.pool);
	pipe_release(&t.st);
	raw_bodies_release(&t.raw);
	known_refusals_release(&t.known);
	out_release(&t.out);
	buf_release(&t.suffix);
	buf_release(&t.scratch);
	buf_release(&t.capture);
	buf_release(&t.bytes);
	buf_release(&t.plain);
	buf_release(&t.complete);
	buf_release(&why);
	return status;
}

/* The text of a filter's file; what is wrong with it is configuration. */
static struct slice read_filter(const char *name, struct buf *text)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	text->max = FILTER_MAX;
	if (fd < 0)
		cli_die(
		    EX_CONFIG, "%s: cannot open: %s", name, strerror(errno));
	do {
		char *to = buf_reserve(text, 4096);

		if (!to)
			cli_die(EX_CONFIG, "%s: longer than %zu bytes", name,
			    text->max);
		n = read(fd, to, 4096);
		if (n > 0)
			text->n += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		cli_die(
		    EX_CONFIG, "%s: cannot read: %s", name, strerror(errno));
	close(fd);
	return buf_slice(text);
}

static int print_filter(const char *name)
{
	const struct builtin_file *f = find_filter(slice_of(name));

	if (!f)
		cli_die(EX_USAGE,
		    "--print-filter: unknown mapping '%s': see --list-filters",
		    name);
	fwrite(f->text, 1, f->len, stdout);
	return cli_close_stdout(0);
}

static int list_filters(void)
{
	for (const struct builtin_file *f = builtin_filters; f->name; f++)
		if (is_mapping(slice_of(f->name)))
			puts(f->name);
	return cli_close_stdout(0);
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

/* The endpoint of a name: its own, or the one of its job. */
static struct slice endpoint_for(struct slice name)
{
	const struct endpoint *e = endpoint_of_job(name);

	return e ? slice_of(e->name) : name;
}

/* Die of a name that no endpoint with a mapping has. */
static void unknown_endpoint(const char *where, struct slice name)
{
	struct buf names = BUF_INIT(4096);

	for (const struct builtin_file *f = builtin_filters; f->name; f++)
		if (is_mapping(slice_of(f->name)))
			buf_printf(
			    &names, "%s%s", names.n ? ", " : "", f->name);
	cli_die(EX_USAGE, "%sunknown endpoint '%.*s': expected one of %s",
	    where, (int)name.n, name.p, buf_message(&names));
}

/*
 * Add a filter: a file, for all endpoints that have none of their own, or
 * ENDPOINT=FILE. What has a slash before its first `=` is a file.
 */
static void add_filter(struct transform_options *o, const char *arg)
{
	struct worker_config *w = &o->pool.worker;
	size_t n = strcspn(arg, "=/");
	struct worker_filter f = {.file = arg};

	if (arg[n] == '=') {
		f.endpoint = endpoint_for((struct slice){arg, n});
		f.file = arg + n + 1;
		if (!is_mapping(f.endpoint) &&
		    !slice_is(f.endpoint, ENDPOINT_UNKNOWN))
			unknown_endpoint("-f: ", f.endpoint);
	}
	if (filter_for(o, f.endpoint))
		cli_die(EX_USAGE, "-f: given twice for %s%.*s%s: '%s'",
		    f.endpoint.p ? "endpoint '" : "all endpoints",
		    (int)f.endpoint.n, f.endpoint.p ? f.endpoint.p : "",
		    f.endpoint.p ? "'" : "", f.file);
	if (w->filter_count == FILTERS_MAX)
		cli_die(EX_USAGE, "-f: given more than %d times", FILTERS_MAX);
	o->filters[w->filter_count++] = f;
}

/* Take an option; one that only prints something does so and exits. */
static void set_option(void *ctx, int which, const char *arg)
{
	struct transform_options *o = ctx;
	struct worker_config *w = &o->pool.worker;

	switch (which) {
	case 'f': add_filter(o, arg); break;
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
	case OPT_NO_MEMO: w->optimize = false; break;
	case OPT_PROGRESS: o->progress = true; break;
	case OPT_USER: o->user = arg; break;
	case OPT_FETCHED_AT:
		if (!clock_format(cli_time("--fetched-at", arg), o->fetched_at))
			cli_die(
			    EX_USAGE, "--fetched-at: out of range: '%s'", arg);
		break;
	case OPT_PRINT: exit(print_filter(arg));
	case OPT_LIST: exit(list_filters());
	case 'h': cli_usage(usage, true);
	case 'V': cli_version();
	default: cli_usage(usage, false);
	}
}

/* The endpoint of raw bodies, by its name or by that of its job. */
static void read_endpoint(struct transform_options *o, char **operands)
{
	o->endpoint = endpoint_for(slice_of(operands[0])).p;
	if (o->endpoint ? operands[1] != NULL : o->user || *o->fetched_at)
		cli_usage(usage, false);
	if (o->endpoint && !is_own(o, slice_of(o->endpoint)) &&
	    !is_mapping(slice_of(o->endpoint)))
		unknown_endpoint("", slice_of(o->endpoint));
}

int main(int argc, char **argv)
{
	struct transform_options o = {.max_line = LINES_MAX_DEFAULT,
	    .pool = {.workers = default_workers(),
		.worker = {.memory = (size_t)2 << 30,
		    .timeout_ms = 30000,
		    .optimize = true}}};
	struct worker_config *w = &o.pool.worker;
	int status;

	cli_init("sp-transform");
	w->filters = o.filters;
	read_endpoint(&o, cli_options(argc, argv, "f:j:hV", long_options,
			      set_option, &o, NULL));
	for (size_t i = 0; i < w->filter_count; i++)
		o.filters[i].text = read_filter(o.filters[i].file, &o.texts[i]);
	o.progress = cli_progress_wanted(o.progress);
	status = transform(&o);
	for (size_t i = 0; i < w->filter_count; i++)
		buf_release(&o.texts[i]);
	return status;
}

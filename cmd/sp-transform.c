/*
 * sp-transform: maps captures to rows. It is a pure function: the same captures
 * through the same mapping give the same rows. The mappings are jq programs;
 * one that fails costs one capture, never the stream.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "cli.h"
#include "endpoint_list.h"
#include "options.h"
#include "progress.h"
#include "stream/known_refusals.h"
#include "terminal.h"
#include "transform.h"

#define OUT_SIZE ((size_t)256 << 10)
#define DEBUG_SHOWN 400 /* bytes of a value */

static void show_debug(struct slice json)
{
	bool cut = json.n > DEBUG_SHOWN;

	cli_warn("debug: %.*s%s", (int)(cut ? DEBUG_SHOWN : json.n), json.p,
	    cut ? "..." : "");
}

void transform_refuse(struct transform *t, struct record *rec, const char *code,
    const char *detail)
{
	if (rec->unchecked)
		transform_read_again(t, rec);
	else
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

/* Map a capture, or pass another record on. */
static void use_record(struct transform *t, struct record *rec)
{
	if (rec->type == RECORD_CAPTURE)
		transform_capture(t, rec);
	else
		pipe_pass(&t->pipe, rec);
}

void transform_read_again(struct transform *t, struct record *rec)
{
	if (pipe_check(&t->pipe, rec))
		use_record(t, rec);
}

/* Read the next record; false at the end. */
static bool next_record(struct transform *t)
{
	struct record rec;

	if (pipe_next(&t->pipe, &rec, -1) != PIPE_RECORD)
		return false;
	use_record(t, &rec);
	if (rec.type == RECORD_RUN)
		buf_set(&t->known, record_raw(&rec, "known"));
	return true;
}

/* Read and map on; false at the end of the input. */
static bool step(struct transform *t)
{
	bool more =
	    t->options->endpoint ? transform_next_line(t) : next_record(t);

	progress_step();
	return more;
}

/* For progress_begin. */
static void describe(void *ctx, struct progress *p)
{
	const struct transform *t = ctx;

	buf_printf(&p->text, "%" PRIu64 " record%s, %" PRIu64 " row%s",
	    t->pipe.records, PLURAL(t->pipe.records), t->rows, PLURAL(t->rows));
	p->done = t->pipe.records;
}

/* A filter for one endpoint fails on most captures if it is given for all. */
static void explain_failures(const struct transform *t)
{
	const char *file = filter_set_general(&t->options->filters);

	if (file && !t->options->endpoint && t->mapped > 0 &&
	    t->failed > t->mapped)
		cli_warn(
		    "%s maps captures of all endpoints: -f ENDPOINT=%s maps those of one",
		    file, file);
}

static int transform_stream(struct transform *t)
{
	bool bodies = t->options->endpoint != NULL;
	int status;

	cli_announce_stdin(bodies ? "response bodies" : "captures");
	while (!t->out.err && step(t))
		;
	status = pipe_finish(&t->pipe);
	progress_end();
	explain_failures(t);
	if (bodies && t->pipe.records == 0 && !status) {
		cli_warn("stdin: no response body: the input is empty");
		status = EX_DATAERR;
	}
	if (t->out.err || t->pipe.in.err)
		cli_warn("%s: %s",
		    t->out.err ? "stdout: cannot write" : "stdin: cannot read",
		    strerror(t->out.err ? t->out.err : t->pipe.in.err));
	return status;
}

/* The filters of -f are compiled before anything is read. */
static void compile_filters(struct transform *t)
{
	struct buf why = BUF_INIT(4096);
	int status = mapper_compile(t->mapper, &why);

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

	t.mapper = mapper_new(&o->mapper);
	compile_filters(&t);
	out_init(&t.out, STDOUT_FILENO, OUT_SIZE);
	terminal_share(&t.out);
	progress_begin(
	    o->progress, PROGRESS_PRINTS | PROGRESS_READS, describe, &t);
	pipe_init(&t.pipe, "sp-transform", RECORD_CAPTURE, STDIN_FILENO, &t.out,
	    o->max_line);
	raw_bodies_init(&t.raw, o->max_line);
	t.pipe.on_refusal = cli_refusal;
	t.pipe.on_truncated = cli_pass_truncated;
	t.pipe.on_repaired = cli_refusal;
	t.pipe.leaves_bodies = true;
	t.pipe.is_known = is_known;
	t.pipe.ctx = &t;
	status = transform_stream(&t);
	mapper_free(t.mapper);
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

static const struct cli_option options[] = {
    {'f', "filter", "[ENDPOINT=]FILE",
	"use this jq filter instead of the built-in ones"},
    {'e', "engine", "NAME", "own or libjq (default: own, and libjq for -f)"},
    {'t', "timeout", "D", "limit for one capture (default: 30s)"},
    {'M', "memory", "SIZE", "limit of memory (default: 2G)"},
    CLI_OPTION_MAX_LINE,
    {'i', "include", "MEMBER", "store a member that is left out by default"},
    CLI_OPTION_PROGRESS,
    {'u', "user", "ID", "the user whose data the bodies are"},
    {'a', "fetched-at", "TIME",
	"when the bodies were fetched (default: unknown)"},
    {'F', "print-filter", "NAME", "print a built-in mapping"},
    {'l', "list-filters", NULL, "list the built-in mappings"},
    CLI_OPTIONS_END,
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
static void include(struct mapper_config *c, struct slice name)
{
	size_t i = 0;

	if (!mapper_leaves_out(name))
		cli_die(EX_USAGE,
		    "--include: not one of the members that are left out: '%s'",
		    name.p);
	while (i < c->include_count && !slice_eq(c->include[i], name))
		i++;
	if (i == c->include_count)
		c->include[c->include_count++] = name;
}

static enum mapper_engine engine_option(const char *arg)
{
	if (strcmp(arg, "own") == 0)
		return ENGINE_OWN;
	if (strcmp(arg, "libjq") == 0)
		return ENGINE_LIBJQ;
	cli_die(EX_USAGE, "--engine: not 'own' or 'libjq': '%s'", arg);
}

static void set_option(void *transform_options, int code, const char *arg)
{
	struct transform_options *o = transform_options;
	struct mapper_config *m = &o->mapper;

	switch (code) {
	case 'f': filter_set_add(&o->filters, arg); break;
	case 't': m->timeout_ms = timeout_option(arg); break;
	case 'M':
		m->memory = size_option(
		    "--memory", arg, (size_t)32 << 20, SIZE_MAX / 4);
		break;
	case 'm':
		o->max_line =
		    size_option("--max-line", arg, 1, (size_t)1 << 30);
		break;
	case 'i': include(m, slice_of(arg)); break;
	case 'e': m->engine = engine_option(arg); break;
	case 'p': o->progress = true; break;
	case 'u': o->user = arg; break;
	case 'a':
		clock_format(cli_time("--fetched-at", arg), o->fetched_at);
		break;
	case 'F': o->print = arg; break;
	case 'l': o->list = true; break;
	}
}

/* Set the endpoint of raw bodies, by its name or by that of its job. */
static void set_endpoint(struct transform_options *o, char **operands)
{
	struct slice endpoint;

	if (!operands[0] && (o->user || *o->fetched_at))
		cli_die(EX_USAGE, "--%s: only for bodies of an ENDPOINT",
		    o->user ? "user" : "fetched-at");
	if (!operands[0])
		return;
	endpoint = mapping_endpoint(operands[0], strlen(operands[0]));
	if (!filter_set_maps(&o->filters, endpoint) &&
	    !mapping_is_builtin(endpoint))
		mapping_unknown(NULL, endpoint);
	o->endpoint = endpoint.p;
}

static const struct cli_command forms[] = {
    {.options = "fetMmipua", .operands = "[ENDPOINT]"},
    {.options = "F!", .operands = ""},
    {.options = "l!", .operands = ""},
    {.options = NULL},
};

static const struct cli_program program = {
    .name = "sp-transform",
    .purpose = "map captures to rows with jq filters",
    .options = options,
    .letters = "f",
    .repeats = "fi",
    .commands = forms,
    .lists = endpoint_list,
    .examples =
	"sp-queue next all | sp-fetch | sp-stage | sp-transform | sp-load\n"
	"sp-fetch /me | sp-transform | jq .row\n"
	"sp-transform --user kim recently-played < page.json | jq -c .row\n"
	"sp-transform --print-filter recently-played > my.jq\n"
	"sp-stage replay | sp-transform -f recently-played=my.jq | sp-load -n\n",
    .set = set_option,
};

int main(int argc, char **argv)
{
	struct transform_options o = {.max_line = LINES_MAX_DEFAULT,
	    .mapper = {.memory = (size_t)2 << 30,
		.timeout_ms = 30000,
		.debug = show_debug}};
	char **operands;
	int status;

	cli_init(program.name);
	cli_parse(&program, argc, argv, &o, &operands);
	if (o.print)
		return mapping_print(o.print);
	if (o.list)
		return mapping_list();
	set_endpoint(&o, operands);
	filter_set_read(&o.filters);
	o.mapper.filters = o.filters.list;
	o.mapper.filter_count = o.filters.count;
	status = transform(&o);
	filter_set_release(&o.filters);
	return status;
}

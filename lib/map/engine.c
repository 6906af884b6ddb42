#include "map/engine.h"

#include <stdlib.h>

#include "base/builtin.h"
#include "base/mem.h"
#include "map/declarations.h"
#include "map/filter.h"
#include "map/jqvalue.h"
#include "map/object_columns.h"
#include "map/rows.h"
#include "map/type_check.h"
#include "map/unit_cache.h"

#define ROWS_MAX ((size_t)256 << 20) /* bytes, of one capture */
#define CACHE_MAX ((size_t)64 << 20)
#define DEBUG_MAX 1000 /* messages of one capture */
#define DEBUG_LEN ((size_t)4096)
#define WARM_UP 4  /* captures, before units are compiled */
#define VERIFIED 3 /* captures, on which a user's declarations are checked */

_Static_assert(ENGINE_PAD >= JQVALUE_PAD, "captures are read with padding");

/* A mapping; what it needs to run is made when it is first needed. */
struct mapping {
	struct mapping *next;
	struct slice endpoint; /* p == NULL for all that have no other */
	bool own;	       /* the user's, not built in */
	struct declarations declared;
	struct filter whole;
	struct filter parts;	      /* `unit` and `rest` */
	struct jqvalue_reader *every; /* reads all members */
	struct jqvalue_reader *plain; /* skips what is declared */
	struct jqvalue_reader *split; /* and calls on_unit for each unit */
	unsigned runs;
};

struct engine {
	struct engine_config config;
	struct mapping *mappings;
	struct mapping *current; /* whose units are being mapped */
	struct filter odd;	 /* refuses what is odd in a capture */
	struct buf prelude;
	struct object_columns objects; /* that the prelude declares */
	struct rows rows;	       /* of the capture */
	struct rows unit_rows;	       /* of one of its units */
	struct rows verify; /* of the capture without its declarations */
	struct unit_cache cache;
	struct buf *why; /* of the call that is being served */
	unsigned debugs; /* of the capture, so far */
};

bool engine_leaves_out(struct slice name)
{
	struct object_columns *o = mem_alloc(sizeof(*o));
	bool found;

	object_columns_parse(o, filter_prelude());
	found = object_columns_include(o, name);
	free(o);
	return found;
}

struct engine *engine_new(const struct engine_config *config)
{
	struct engine *e = mem_zero(1, sizeof(*e));
	size_t cache = config->memory / 16, rows = config->memory / 4;

	e->config = *config;
	e->prelude.max = (size_t)1 << 20;
	filter_put_prelude(&e->prelude);
	unit_cache_init(&e->cache, cache < CACHE_MAX ? cache : CACHE_MAX);
	if (rows > ROWS_MAX)
		rows = ROWS_MAX;
	object_columns_parse(&e->objects, filter_prelude());
	for (size_t i = 0; i < config->include.count; i++)
		object_columns_include(&e->objects, config->include.name[i]);
	rows_init(&e->rows, rows, &e->objects);
	rows_init(&e->unit_rows, rows, &e->objects);
	rows_init(&e->verify, rows, &e->objects);
	return e;
}

static void on_debug(void *ctx, struct slice json)
{
	struct engine *e = ctx;

	if (e->debugs++ >= DEBUG_MAX)
		return;
	if (json.n > DEBUG_LEN)
		json.n = DEBUG_LEN;
	e->config.debug(e->config.ctx, json);
}

static bool compile(struct engine *e, struct filter *f, struct slice text)
{
	*f = (struct filter){.debug = on_debug, .ctx = e};
	buf_clear(e->why);
	return filter_compile(f, buf_slice(&e->prelude), text, e->why);
}

static struct jqvalue_reader *new_reader(
    const struct declarations *declared, bool every)
{
	struct jqvalue_reader *r = mem_alloc(sizeof(*r));

	jqvalue_reader_init(r, declared);
	r->every = every;
	return r;
}

/* NULL leaves the reason in e->why. */
static struct mapping *new_mapping(
    struct engine *e, struct slice endpoint, struct slice text)
{
	struct mapping *m = mem_zero(1, sizeof(*m));
	const char *wrong;

	m->endpoint = endpoint;
	if (!declarations_parse(&m->declared, text, &wrong)) {
		buf_clear(e->why);
		buf_puts(e->why, wrong);
	} else if (compile(e, &m->whole, text)) {
		for (size_t i = 0; i < e->config.include.count; i++)
			declarations_read(
			    &m->declared, e->config.include.name[i]);
		m->next = e->mappings;
		e->mappings = m;
		return m;
	}
	free(m);
	return NULL;
}

/* One program for both parts; its input is [whether it is a unit, value]. */
static bool compile_parts(struct engine *e, struct mapping *m)
{
	struct buf text = BUF_INIT(SIZE_MAX / 2);
	bool ok;

	buf_put_slice(&text, m->declared.definitions);
	buf_puts(&text, "if .[0] then .[1] | unit else .[1] | rest end");
	ok = compile(e, &m->parts, buf_slice(&text));
	buf_release(&text);
	return ok;
}

static const char *add_row(void *ctx, jv result)
{
	return rows_add(ctx, result);
}

static bool run_part(struct engine *e, bool unit, jv value, struct rows *to)
{
	jv input = jv_array_append(jv_array(), unit ? jv_true() : jv_false());

	return filter_run(&e->current->parts, jv_array_append(input, value),
	    add_row, to, e->why);
}

/*
 * Remove what is odd from a capture, consumed, and refuse it. The mapping finds
 * what it was in the capture's member `odd`, if there was anything.
 */
static jv refuse_odd(
    struct engine *e, struct mapping *m, jv capture, struct rows *to)
{
	jv odd;

	capture = type_check(&m->declared, capture, &odd);
	if (jv_array_length(jv_copy(odd)) == 0) {
		jv_free(odd);
		return capture;
	}
	capture = jv_object_set(capture, jv_string("odd"), odd);
	if (!e->odd.jq)
		compile(e, &e->odd, SLICE("sp_odd"));
	filter_run(&e->odd, jv_copy(capture), add_row, to, e->why);
	return capture;
}

/* Run the mapping as a whole; with `every`, read skipped members too. */
static bool map_whole(struct engine *e, struct mapping *m, struct slice line,
    bool every, struct rows *to)
{
	struct jqvalue_reader **r = every ? &m->every : &m->plain;
	jv capture;

	if (!*r)
		*r = new_reader(&m->declared, every);
	buf_clear(e->why);
	capture = jqvalue_read(*r, line);
	if ((*r)->odd && m->declared.shape_count > 0)
		capture = refuse_odd(e, m, capture, to);
	return filter_run(&m->whole, capture, add_row, to, e->why);
}

/* Map a unit, or add the rows that it gave before. */
static bool on_unit(void *ctx, struct slice text)
{
	struct engine *e = ctx;
	struct mapping *m = e->current;
	struct rows *u = &e->unit_rows;
	struct slice rows;
	bool again;
	jv value;

	if (unit_cache_find(&e->cache, m, text, &rows, &again))
		return again || rows_add_lines(&e->rows, rows);
	rows_begin(u, SLICE(""));
	m->plain->inside = m->split->inside;
	value = jqvalue_read(m->plain, text);
	m->plain->inside = INSIDE_ANYTHING;
	if (m->plain->odd) {
		jv_free(value);
		return false;
	}
	if (!run_part(e, true, value, u) || u->part_errors.n > 0 || u->ordered)
		return false;
	rows = buf_slice(&u->lines);
	unit_cache_put(&e->cache, m, text, rows);
	return rows_add_lines(&e->rows, rows);
}

/* Map by units and rest; false if it must be run as a whole instead. */
static bool map_parts(struct engine *e, struct mapping *m, struct slice line)
{
	jv value;

	if (!m->split) {
		m->split = new_reader(&m->declared, false);
		m->split->on_unit = on_unit;
		m->split->ctx = e;
	}
	if (!m->plain)
		m->plain = new_reader(&m->declared, false);
	e->current = m;
	e->cache.capture++;
	value = jqvalue_read(m->split, line);
	if (!jv_is_valid(value) || m->split->odd) {
		jv_free(value);
		return false;
	}
	return run_part(e, false, value, &e->rows);
}

/*
 * Check what a user's filter declares on its first captures: a wrong `# skip:`
 * or `# unit:` would otherwise go unnoticed.
 */
static bool verify(struct engine *e, struct mapping *m, struct slice line)
{
	rows_begin(&e->verify, e->rows.suffix);
	e->debugs = DEBUG_MAX;
	if (!map_whole(e, m, line, true, &e->verify))
		return false;
	if (slice_eq(buf_slice(&e->rows.lines), buf_slice(&e->verify.lines)) &&
	    slice_eq(buf_slice(&e->rows.part_errors),
		buf_slice(&e->verify.part_errors)))
		return true;
	buf_clear(e->why);
	buf_puts(e->why, "wrong '# skip:', '# unit:' or '# keep:': "
			 "the rows differ without it");
	return false;
}

/* Map a capture into e->rows; false leaves the reason in e->why. */
static bool map(
    struct engine *e, struct mapping *m, const struct engine_capture *c)
{
	bool units = m->declared.path_len > 0 && c->with_body, check, done;

	rows_begin(&e->rows, c->suffix);
	e->debugs = 0;
	if (!e->config.optimize)
		return map_whole(e, m, c->line, true, &e->rows);
	check = m->own && m->runs < VERIFIED &&
		(m->declared.skip_count > 0 || m->declared.path_len > 0);
	done = units && (check || m->runs >= WARM_UP) &&
	       (m->parts.jq || compile_parts(e, m)) && map_parts(e, m, c->line);
	m->runs++;
	if (!done) {
		rows_begin(&e->rows, c->suffix);
		if (!map_whole(e, m, c->line, false, &e->rows))
			return false;
	}
	return !check || verify(e, m, c->line);
}

static struct mapping *mapping_named(struct engine *e, struct slice endpoint)
{
	struct mapping *m = e->mappings;

	while (m && (!m->endpoint.p != !endpoint.p ||
			!slice_eq(m->endpoint, endpoint)))
		m = m->next;
	return m;
}

/* The mapping of an endpoint; without one, only errors are mapped. */
static struct mapping *mapping_of(struct engine *e, struct slice endpoint)
{
	const struct slice others = {NULL, 0}, none = SLICE("");
	const struct builtin_file *f;
	struct mapping *m = mapping_named(e, endpoint);

	if (!m)
		m = mapping_named(e, others);
	if (m)
		return m;
	f = builtin_find(builtin_filters, endpoint);
	if (f)
		return new_mapping(
		    e, slice_of(f->name), (struct slice){f->text, f->len});
	m = mapping_named(e, none);
	return m ? m : new_mapping(e, none, SLICE("not_ok(subject)"));
}

bool engine_add(
    struct engine *e, struct slice endpoint, struct slice text, struct buf *why)
{
	struct mapping *m;

	e->why = why;
	m = new_mapping(e, endpoint, text);
	if (!m)
		return false;
	m->own = true;
	return m->declared.path_len == 0 || compile_parts(e, m);
}

bool engine_map(struct engine *e, const struct engine_capture *c,
    struct engine_result *result, struct buf *why)
{
	struct mapping *m;

	e->why = why;
	buf_clear(why);
	m = mapping_of(e, c->endpoint);
	if (!m || !map(e, m, c))
		return false;
	result->rows = buf_slice(&e->rows.lines);
	result->part_errors = buf_slice(&e->rows.part_errors);
	return true;
}

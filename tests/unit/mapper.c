/*
 * The mapper: what becomes of a capture, in our engine and in libjq; what is
 * odd in it, what an object has, and what is wrong with a result.
 */
#include "map/mapper.h"

#include <stdio.h>

#include "unit/tap.h"

static struct buf debugs = BUF_INIT(1 << 16);

static void on_debug(struct slice json)
{
	buf_put_slice(&debugs, json);
	buf_putc(&debugs, '\n');
}

/* A mapper with one filter, for all endpoints, or with none. */
static struct mapper *new_mapper(enum mapper_engine engine, const char *filter)
{
	static struct mapper_filter f;
	struct mapper_config config = {.filters = &f,
	    .filter_count = filter ? 1 : 0,
	    .engine = engine,
	    .memory = (size_t)256 << 20,
	    .timeout_ms = 20000,
	    .debug = on_debug};

	f = (struct mapper_filter){.file = "f.jq", .text = slice_of(filter)};
	return mapper_new(&config);
}

static struct mapper_result result;

/* Map a capture of so many members. */
static enum mapper_outcome map(
    struct mapper *m, const char *endpoint, const char *line, size_t members)
{
	static struct buf padded = BUF_INIT(1 << 16);
	struct mapper_capture c = {.endpoint = slice_of(endpoint),
	    .suffix = SLICE(",\"at\":\"now\"}"),
	    .members = members};

	buf_set(&padded, slice_of(line));
	memset(buf_reserve(&padded, MAPPER_PAD), 'x', MAPPER_PAD);
	c.line = buf_slice(&padded);
	return mapper_map(m, &c, &result);
}

static const enum mapper_engine engines[] = {ENGINE_OWN, ENGINE_LIBJQ};

static void test_rows(enum mapper_engine engine)
{
	struct mapper *m = new_mapper(engine,
	    ".body[] | {table: \"t\", known: {n: ., x: null}},"
	    " {refuse: \"odd\\n\", place: \"\\(.)\"}");

	is_int(map(m, "any", "{\"body\":[1,2,1]}", 1), MAPPER_DONE, "mapped");
	ok(!result.failure, "without a failure");
	is_text(result.rows,
	    "{\"type\":\"row\",\"table\":\"t\",\"row\":{\"n\":1},\"at\":\"now\"}\n"
	    "{\"type\":\"row\",\"table\":\"t\",\"row\":{\"n\":2},\"at\":\"now\"}\n",
	    "each row once, without nulls");
	is_int((int64_t)result.row_count, 2, "they are counted");
	is_text(result.part_errors, "1\todd \n2\todd \n1\todd \n",
	    "refused parts, each on one line");
	is_int(map(m, "any", "{\"body\":[]}", 1), MAPPER_DONE, "another one");
	is_int((int64_t)result.rows.n, 0, "has nothing of the first");
	is_int(map(m, "any", "{\"body\":[1]}", 2), MAPPER_NOT_JSON,
	    "a line with other members than were counted");
	is_int(map(m, "any", "{\"body\":[1}", 1), MAPPER_NOT_JSON, "no JSON");
	is_int(map(m, "any", "[1]", 1), MAPPER_NOT_JSON, "no object");
	mapper_free(m);
}

static void test_odd(enum mapper_engine engine)
{
	struct mapper *m = new_mapper(engine,
	    "# shape: n:count names:array names[]:text name:text\n"
	    "{table: \"t\", row: {a: .body.items, odd: (.odd | length)}}");

	map(m, "any",
	    "{\"body\":{\"items\":[{\"n\":1,\"name\":\"\"},{\"n\":-1,"
	    "\"names\":[\"a\",5,null]},{\"n\":1.5,\"names\":{\"n\":2}}]}}",
	    1);
	is_text(result.rows,
	    "{\"type\":\"row\",\"table\":\"t\",\"row\":{\"a\":[{\"n\":1,\"name\":null},"
	    "{\"names\":[\"a\",null,null]},{}],\"odd\":4},\"at\":\"now\"}\n",
	    "odd members are gone, odd elements are null");
	is_text(result.part_errors,
	    "item 2\t'n' is a number, not a whole number from 0\n"
	    "item 2\t'names[1]' is a number, not a string\n"
	    "item 3\t'n' is a number, not a whole number from 0\n"
	    "item 3\t'names' is an object, not an array\n",
	    "each is refused by its path");
	map(m, "any", "{\"body\":{\"items\":[{\"n\":1e2}]}}", 1);
	is_text(result.rows,
	    "{\"type\":\"row\",\"table\":\"t\",\"row\":{\"a\":[{\"n\":100}],"
	    "\"odd\":0},\"at\":\"now\"}\n",
	    "a count may be written in any way");
	mapper_free(m);
}

static void test_objects(enum mapper_engine engine)
{
	struct mapper *m = new_mapper(engine,
	    "{table: \"tracks\", known: {track_id: \"t\", uri: null}, of: .body}");

	map(m, "any",
	    "{\"body\":{\"z\":1,\"uri\":\"u\",\"name\":\"N\",\"album\":{},"
	    "\"available_markets\":[\"SE\"],\"external_ids\":{\"isrc\":\"X\"},"
	    "\"linked_from\":5}}",
	    1);
	is_text(result.rows,
	    "{\"type\":\"row\",\"table\":\"tracks\",\"row\":{\"track_id\":\"t\","
	    "\"name\":\"N\",\"isrc\":\"X\",\"vendor_json\":{\"external_ids\":"
	    "{\"isrc\":\"X\"},\"linked_from\":5,\"z\":1}},\"at\":\"now\"}\n",
	    "the columns of an object, and what else a full one has, by name");
	map(m, "any", "{\"body\":{\"z\":1,\"name\":\"N\",\"album\":{}}}", 1);
	is_text(result.rows,
	    "{\"type\":\"row\",\"table\":\"tracks\",\"row\":{\"track_id\":\"t\","
	    "\"name\":\"N\"},\"at\":\"now\"}\n",
	    "one that is not full has no vendor_json");
	mapper_free(m);
}

static void test_failures(enum mapper_engine engine)
{
	struct mapper *m =
	    new_mapper(engine, "{table: \"t\", row: {}}, (.body | debug |"
			       " if . == 1 then error(\"why\") else . end)");

	map(m, "any", "{\"body\":1}", 1);
	is_text(slice_of(result.failure), "mapping failed", "it fails");
	is_text(result.detail, "why", "for a reason");
	is_int((int64_t)result.rows.n, 0, "without rows");
	map(m, "any", "{\"body\":2}", 1);
	is_text(result.detail, "a result is no object", "a wrong result");
	map(m, "any", "{\"body\":{\"table\":\"t\",\"row\":{\"n\":3}}}", 1);
	ok(!result.failure, "the next one is mapped");
	is_text(buf_slice(&debugs),
	    "1\n2\n{\"table\":\"t\",\"row\":{\"n\":3}}\n", "what debug shows");
	buf_clear(&debugs);
	mapper_free(m);
}

static void test_compiling(enum mapper_engine engine)
{
	static const char *const bad[] = {"def x: ;", "# shape: n\n.", "foo"};
	struct buf why = BUF_INIT(4096);

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct mapper *m = new_mapper(engine, bad[i]);

		buf_clear(&why);
		is_int(
		    mapper_compile(m, &why), 78, "mapping %zu is refused", i);
		ok(slice_starts(buf_slice(&why), SLICE("f.jq: ")),
		    "its file is named");
		mapper_free(m);
	}
	buf_release(&why);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(engines); i++) {
		test_rows(engines[i]);
		test_odd(engines[i]);
		test_objects(engines[i]);
		test_failures(engines[i]);
		test_compiling(engines[i]);
	}
	ok(mapper_leaves_out(SLICE("email")) && !mapper_leaves_out(SLICE("id")),
	    "what the prelude leaves out");
	return tap_done();
}

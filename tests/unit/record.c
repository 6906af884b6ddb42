/* Records: members found, decoded, refused. */
#include "unit/tap.h"

#include "stream/record.h"

static struct record rec;

static bool parse(const char *line)
{
	const char *reason;
	size_t at;

	return record_parse(&rec, slice_of(line), &reason, &at);
}

static void is_refused(
    const char *line, const char *want, size_t place, const char *name)
{
	const char *reason = "none";
	size_t at = 9999;

	ok(!record_parse(&rec, slice_of(line), &reason, &at), "%s", name);
	is_text(slice_of(reason), want, "for a reason");
	is_int((int64_t)at, (int64_t)place, "at its place");
	is_int(rec.type, RECORD_OTHER, "and is of no type");
}

static void test_types(void)
{
	static const char *const names[] = {
	    "other", "run", "request", "capture", "row", "error", "end"};

	for (int t = RECORD_OTHER; t < RECORD_TYPES; t++) {
		char line[64];

		is_text(slice_of(record_type_name((enum record_type)t)),
		    names[t], "the type's name");
		is_int(record_type_of(slice_of(names[t])), t, "and back");
		snprintf(line, sizeof(line), "{\"type\":\"%s\"}", names[t]);
		ok(parse(line), "a record");
		is_int(rec.type, t, "of that type");
	}
	is_int(record_type_of(SLICE("Row")), RECORD_OTHER, "case matters");
	is_int(record_type_of((struct slice){NULL, 0}), RECORD_OTHER,
	    "no name is no type");
	ok(parse("{\"type\":\"r\\u006fw\"}"), "a type may be escaped");
	is_int(rec.type, RECORD_ROW, "and is the same");
	ok(parse("{\"t\\u0079pe\":\"row\"}"), "so may its name");
	is_int(rec.type, RECORD_ROW, "and is the same");
	ok(parse("{\"a\":1,\"type\":\"row\"}"), "it need not be the first");
	is_int(rec.type, RECORD_ROW, "to count");
	ok(parse("{\"type\":\"run\",\"type\":\"end\"}"), "of two, the last");
	is_int(rec.type, RECORD_END, "the last counts");
}

static void test_copies(void)
{
	char text[] = "{\"type\":\"run\",\"a\":\"x\\ny\",\"b\":7}";
	struct buf line = BUF_INIT(64), scratch = BUF_INIT(64);
	struct record copy;
	struct slice value;
	int64_t number = 0;

	ok(parse(text), "a record");
	ok(record_copy(&copy, &rec, &line), "is copied");
	memset(text, '#', sizeof(text) - 1);
	is_int(copy.type, RECORD_RUN, "the copy has its type");
	ok(record_string(&copy, "a", &scratch, &value), "and its members");
	is_text(value, "x\ny", "though the first line is overwritten");
	ok(record_int(&copy, "b", &number) && number == 7, "all of them");
	ok(parse(
	       "{\"type\":\"run\",\"long\":\"0123456789012345678901234567890123"
	       "45678901234567890123456789\"}") &&
		!record_copy(&copy, &rec, &line),
	    "a longer line than the buf may have is not copied");
	buf_release(&line);
	buf_release(&scratch);
}

static void test_refused(void)
{
	is_refused("", "empty", 0, "nothing is no record");
	is_refused("[]", "not a JSON object", 0, "nor an array");
	is_refused("\"row\"", "not a JSON object", 0, "nor a string");
	is_refused("{}", "no \"type\"", 0, "nor what has no type");
	is_refused("{\"type\":1}", "no \"type\"", 0, "nor a type of no name");
	is_refused("{\"type\":null}", "no \"type\"", 0, "nor of null");
	is_refused("{\"type\":\"row\",\"row\":{", "cut", 21, "nor what is cut");
	is_refused("{\"type\":\"row\"} {}", "more than one value", 15,
	    "nor two in one line");
	is_refused("{\"type\":\"row\",\"row\":{\"a\":[1,]}}", "no value", 28,
	    "nor what is broken inside");
	is_refused("{\"type\":\"row\",\"row\":\"\xff\"}", "invalid UTF-8", 21,
	    "nor what is not UTF-8");
	is_refused("garbage", "no value", 0, "nor words");
}

static void test_members(void)
{
	struct buf scratch = BUF_INIT(1000);
	struct slice s, t = {0};
	int64_t n = 42;

	ok(parse("{ \"type\" : \"row\" , \"table\" : \"tracks\", "
		 "\"row\" : { \"a\" : [ 1 ] } , \"n\":-7,\"f\":1.5,"
		 "\"z\":null,\"e\":\"a\\n\\u00e9\",\"g\":\"\\\"\","
		 "\"emp\":\"\",\"b\":true}"),
	    "a record with members");
	is_int((int64_t)rec.count, 10, "all of them");
	ok(record_string(&rec, "table", &scratch, &s), "a string");
	is_text(s, "tracks", "as it is");
	ok(s.p > rec.line.p && s.p < rec.line.p + rec.line.n,
	    "points into its line");
	ok(record_string(&rec, "e", &scratch, &s) &&
		record_string(&rec, "g", &scratch, &t),
	    "strings with escapes");
	is_text(s, "a\n\xc3\xa9", "are decoded");
	is_text(t, "\"", "each of them");
	is_text(s, "a\n\xc3\xa9", "and stay where they are");
	ok(record_string(&rec, "emp", &scratch, &s), "an empty string");
	is_text(s, "", "is not nothing");
	ok(record_string(&rec, "z", &scratch, &s) && !s.p, "null is nothing");
	ok(record_string(&rec, "no", &scratch, &s) && !s.p, "so is absence");
	ok(!record_string(&rec, "n", &scratch, &s), "a number is no string");
	ok(!record_string(&rec, "row", &scratch, &s), "nor is an object");
	ok(record_int(&rec, "n", &n) && n == -7, "a whole number");
	ok(!record_int(&rec, "f", &n), "a fraction is none");
	ok(!record_int(&rec, "table", &n), "nor is a string");
	n = 42;
	ok(record_int(&rec, "z", &n) && n == 42, "null changes nothing");
	ok(record_int(&rec, "no", &n) && n == 42, "nor does absence");
	is_text(record_raw(&rec, "row"), "{ \"a\" : [ 1 ] }", "raw object");
	is_text(record_raw(&rec, "e"), "\"a\\n\\u00e9\"", "raw string");
	is_text(record_raw(&rec, "f"), "1.5", "raw number");
	is_text(record_raw(&rec, "z"), "null", "raw null");
	is_text(record_raw(&rec, "b"), "true", "raw true");
	is_text(record_raw(&rec, "no"), NULL, "raw absence");
	ok(!record_get(&rec, "a"), "members of members are not members");
	ok(!record_get(&rec, "tabl") && !record_get(&rec, "tables"),
	    "names are compared whole");
	buf_release(&scratch);
}

static void test_names(void)
{
	int64_t n = 0;

	parse("{\"type\":\"row\",\"a\":1,\"\\u0061\":2,\"a\\u0000\":3}");
	ok(record_int(&rec, "a", &n) && n == 2,
	    "the last of two is found, however it is written");
	parse("{\"type\":\"row\",\"\\u0061\":2,\"a\":1}");
	ok(record_int(&rec, "a", &n) && n == 1, "either way around");
	parse("{\"type\":\"row\",\"\":5}");
	ok(record_int(&rec, "", &n) && n == 5, "a name may be empty");
}

static void many_members(int count, char *line, size_t size)
{
	int at = snprintf(line, size, "{\"type\":\"row\"");

	for (int i = 1; i < count; i++)
		at +=
		    snprintf(line + at, size - (size_t)at, ",\"k%d\":%d", i, i);
	snprintf(line + at, size - (size_t)at, "}");
}

static void test_many(void)
{
	char line[2000];
	const char *reason;
	int64_t n = 0;
	size_t at;

	many_members(RECORD_MEMBERS_MAX, line, sizeof(line));
	ok(parse(line), "as many members as there may be");
	ok(record_int(&rec, "k63", &n) && n == 63, "to the last");
	many_members(RECORD_MEMBERS_MAX + 1, line, sizeof(line));
	ok(!record_parse(&rec, slice_of(line), &reason, &at), "not one more");
	is_text(slice_of(reason), "too many members", "for that reason");
}

static void test_full_scratch(void)
{
	struct buf small = BUF_INIT(3);
	struct slice s;

	parse("{\"type\":\"row\",\"e\":\"\\n12345\"}");
	ok(!record_string(&rec, "e", &small, &s),
	    "what does not fit the scratch is no string");
	buf_release(&small);
}

static bool parse_head(const char *line)
{
	const char *reason;
	size_t at;

	return record_parse_head(&rec, slice_of(line), &reason, &at);
}

static void test_heads(void)
{
	ok(parse_head("{\"type\":\"capture\",\"body\":{\"a\":nonsense}}"),
	    "a body is not looked at");
	ok(rec.unchecked, "which the record says");
	is_int((int64_t)rec.count, 2, "it is a member");
	is_text(record_raw(&rec, "body"), "{\"a\":nonsense}", "as written");
	ok(parse_head("{\"type\":\"capture\",\"body\":[1],\"seq\":2}"),
	    "what follows a body is not looked at");
	is_int((int64_t)rec.count, 2, "so that its members are too few");
	ok(parse_head("{\"type\":\"capture\",\"body\":\"text\",\"seq\":2}"),
	    "a body that is no container");
	ok(!rec.unchecked && rec.count == 3, "is read like any member");
	ok(!parse_head("{\"type\":\"capture\",\"x\":{\"a\":nonsense}}"),
	    "and so is any other member");
	ok(!parse_head("{\"type\":\"capture\",\"seq\":01,\"body\":{}}"),
	    "what comes before the body is checked");
	ok(!parse_head("{\"type\":\"capture\",\"body\":{\"a\":1"),
	    "a line that ends within the body is not taken for a whole one");
	ok(!parse_head("{\"body\":{}}"), "a type is needed before it");
}

int main(void)
{
	test_types();
	test_copies();
	test_refused();
	test_members();
	test_names();
	test_many();
	test_full_scratch();
	test_heads();
	return tap_done();
}

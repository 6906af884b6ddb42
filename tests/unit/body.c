/*
 * Bodies and lines that are no UTF-8: UTF-8 itself, base 64, the members of a
 * capture that hold a body, and the lines that are written again.
 */
#include "unit/tap.h"

#include "base/base64.h"
#include "json/json.h"
#include "stream/body.h"
#include "stream/record.h"

static void test_utf8(void)
{
	/* As browsers and Python do: one for each beginning of a sequence. */
	static const struct {
		const char *bytes, *text;
		size_t at;
	} cases[] = {
	    {"", "", 0},
	    {"Tide", "Tide", 4},
	    {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80",
		10},
	    {"a\xff", "a\xef\xbf\xbd", 1},
	    {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", 0},
	    {"\xc3", "\xef\xbf\xbd", 0},
	    {"\xe2\x82", "\xef\xbf\xbd", 0},
	    {"\xf0\x9f\x98!", "\xef\xbf\xbd!", 0},
	    {"\xf0\x9f\xc3\xa9", "\xef\xbf\xbd\xc3\xa9", 0},
	    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", 0},
	    {"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 0},
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 0},
	    {"\xf4\x90\x80\x80",
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 0},
	    {"12345678\x80", "12345678\xef\xbf\xbd", 8},
	    {"1234567\xc3\xa9\xe9", "1234567\xc3\xa9\xef\xbf\xbd", 9},
	};
	struct buf b = BUF_INIT(100), small = BUF_INIT(3);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice bytes = slice_of(cases[i].bytes);

		buf_clear(&b);
		is_int((int64_t)utf8_find_invalid(bytes), (int64_t)cases[i].at,
		    "where it is no UTF-8, case %zu", i);
		ok(utf8_put(&b, bytes), "it is put");
		is_text(buf_slice(&b), cases[i].text, "as UTF-8");
	}
	ok(!utf8_put(&small, SLICE("a\xff")), "a full buf is reported");
	buf_release(&b);
	buf_release(&small);
}

static void test_base64(void)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {/* RFC 4648, section 10 */
	    {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	    {"\xff\xfe\xfb", "//77"}};
	static const char *const others[] = {
	    "Zm9vYg", "Zm9v\nYg==\n", " Zm 9vY g\r\n=\t="};
	static const char *const bad[] = {"Z", "Zm9vY", "Zg=", "Zg===", "Zg=a",
	    "=", "Zm9v====", "Zm_v", "Zm9v!", "Zg==Zg=="};
	struct buf b = BUF_INIT(100);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		buf_clear(&b);
		base64_put(&b, slice_of(cases[i].bytes));
		is_text(buf_slice(&b), cases[i].text, "base 64, case %zu", i);
		buf_clear(&b);
		ok(base64_read(&b, slice_of(cases[i].text)), "is read");
		is_text(buf_slice(&b), cases[i].bytes, "as it was");
	}
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		buf_clear(&b);
		base64_read(&b, slice_of(others[i]));
		is_text(buf_slice(&b), "foob", "in lines, or not padded");
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		buf_clear(&b);
		ok(!base64_read(&b, slice_of(bad[i])) && !b.failed && b.n == 0,
		    "no base 64: %s", bad[i]);
	}
	buf_release(&b);
}

/* A body as it is put; then it must be read as it was, too. */
static void check_body(struct slice body, const char *member, const char *error,
    const char *flaw, size_t at)
{
	struct buf b = BUF_INIT(1 << 21), scratch = BUF_INIT(1 << 20);
	struct body_check check;
	enum body_form form;
	struct record rec;
	struct slice bytes;
	const char *why;
	size_t where;

	buf_puts(&b, "{\"type\":\"capture\"");
	ok(body_put(&b, body, &check), "a body is put");
	buf_putc(&b, '}');
	ok(record_parse(&rec, buf_slice(&b), &why, &where) &&
		record_get(&rec, member),
	    "as %s", member);
	is_text(slice_of(check.error), error, "its error");
	is_text(slice_of(check.flaw), flaw, "its flaw");
	is_int((int64_t)check.at, (int64_t)at, "where");
	ok(body_read(&rec, &scratch, &bytes, &form, &why) &&
		slice_eq(bytes, body),
	    "and comes back byte for byte");
	buf_release(&b);
	buf_release(&scratch);
}

static void test_body(void)
{
	static char controls[300000];

	check_body(SLICE("{\"a\":\"\\ud800\"}"), "body", NULL, NULL, 0);
	check_body(SLICE("{\"a\":\"x\xff\"}"), "body_base64", NULL,
	    "invalid UTF-8 (taken as U+FFFD)", 7);
	check_body(SLICE("\xef\xbb\xbf{}"), "body_base64", NULL,
	    "byte order mark (skipped)", 0);
	check_body(SLICE("<html>\n"), "text", "no value", NULL, 0);
	check_body(SLICE(""), "text", "empty", NULL, 0);
	check_body(SLICE("<html>\xe9"), "body_base64", "no value", NULL, 0);
	check_body(SLICE("123\0"), "text", "more than one value", NULL, 3);
	check_body(SLICE("{\0}\0"), "text", "UTF-16, not UTF-8", NULL, 1);
	memset(controls, 1, sizeof(controls));
	check_body((struct slice){controls, sizeof(controls)}, "body_base64",
	    "no value", NULL, 0);
}

static void test_json(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct body_check check;

	ok(body_put_json(
	       &b, SLICE("\xef\xbb\xbf { \"a\" : \"x\xff\" }"), &check),
	    "a body with flaws as JSON");
	is_text(buf_slice(&b), "{\"a\":\"x\xef\xbf\xbd\"}", "without them");
	is_text(slice_of(check.flaw), "byte order mark (skipped)",
	    "the first of them is reported");
	ok(!body_put_json(&b, SLICE("{\"a\":\"x\xff\",}"), &check) && !b.failed,
	    "what is no JSON even so");
	is_text(slice_of(check.error), "no name of a member", "is the error");
	buf_release(&b);
}

static void test_repair(void)
{
	static const struct {
		const char *line, *repaired;
	} cases[] = {
	    {"{\"type\":\"row\",\"row\":{\"n\":\"\xff\"}}",
		"{\"type\":\"row\",\"row\":{\"n\":\"\xef\xbf\xbd\"}}"},
	    {"\xef\xbb\xbf{\"type\":\"end\"}", "{\"type\":\"end\"}"},
	    {"{\"type\":\"capture\",\"url\":\"\xff\",\"body\":{\"a\": "
	     "\"\xe9\"}}",
		"{\"type\":\"capture\",\"url\":\"\xef\xbf\xbd\",\"body_"
		"base64\":"
		"\"eyJhIjogIukifQ==\"}"},
	    {"{\"type\":\"capture\",\"body\":\"\xe9\"}",
		"{\"type\":\"capture\",\"body_base64\":\"Iuki\"}"},
	    {"{\"type\":\"capture\",\"text\":\"\\n\xe9\"}",
		"{\"type\":\"capture\",\"body_base64\":\"Cuk=\"}"},
	    {"{\"type\":\"capture\",\"file\":\"\xe9\",\"body\":[1, 2]}",
		"{\"type\":\"capture\",\"file\":\"\xef\xbf\xbd\",\"body\":[1, "
		"2]}"},
	    {"{\"type\":\"row\",\"\xe9\":1}",
		"{\"type\":\"row\",\"\xef\xbf\xbd\":1}"},
	};
	static const char *const others[] = {"{\"type\":\"row\"}",
	    "{\"type\":\"row\",\"a\":\"\xff\"", "{\"a\":\"\xff\"}", "\xff",
	    "[\"\xff\"]", "{\"type\":\"row\",\"a\":\"\xff\t\"}"};
	struct buf b = BUF_INIT(1 << 20);
	const char *flaw;
	size_t at;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		buf_clear(&b);
		ok(record_repair(slice_of(cases[i].line), &b, &flaw, &at),
		    "line %zu is repaired", i);
		is_text(buf_slice(&b), cases[i].repaired, "to a record");
	}
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		buf_clear(&b);
		ok(!record_repair(slice_of(others[i]), &b, &flaw, &at) && !b.n,
		    "nothing to repair, or no way to: %zu", i);
	}
	buf_release(&b);
}

int main(void)
{
	test_utf8();
	test_base64();
	test_body();
	test_json();
	test_repair();
	return tap_done();
}

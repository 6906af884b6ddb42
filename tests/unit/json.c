/*
 * The JSON reader and writer. Texts to accept and to refuse are the table
 * tests/data/json/cases; each is read from a block of exactly its size, so
 * that the sanitizers see a read past its end.
 */
#include "unit/tap.h"

#include <stdlib.h>

#include "json/json.h"
#include "unit/json_cases.h"

#define WHY(j) ((j)->error ? (j)->error : "no error")

/* A copy of exactly the text's size. */
static struct slice exact(struct slice s)
{
	char *p = malloc(s.n ? s.n : 1);

	if (!p)
		exit(71);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct slice){p, s.n};
}

static void drop(struct slice s)
{
	union {
		const char *borrowed;
		char *owned;
	} u = {s.p};

	free(u.owned);
}

static bool accepts(struct slice text, struct json *j)
{
	struct slice copy = exact(text);
	bool good = json_check(j, copy);

	drop(copy);
	return good;
}

/* Of a text that is accepted and ends where it must, no beginning is. */
static void check_prefixes(const char *name, struct slice text)
{
	struct json j;
	size_t bad = text.n;

	while (text.n > 0 && strchr(" \t\r\n", text.p[text.n - 1]))
		text.n--;
	for (size_t n = 0; n < text.n && bad >= text.n; n++)
		if (accepts((struct slice){text.p, n}, &j) || j.at > n)
			bad = n;
	if (bad < text.n)
		ok(false, "%s: cut after %zu bytes is refused", name, bad);
}

static bool all_beginnings_are_refused(struct slice text)
{
	struct slice s = text;

	while (s.n > 0 && strchr(" \t\r\n", *s.p))
		s = slice_from(s, 1);
	return s.n > 0 && s.n < 3000 && strchr("{[\"tfn", *s.p);
}

/* Check and compact a text. */
static bool compact(struct json *j, struct slice text, struct buf *to)
{
	return json_check(j, text) && json_compact(j, text, to);
}

/* A text that is compact is still valid, and has no space left. */
static void check_compact(const char *name, struct slice text)
{
	struct buf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);
	struct json j;

	if (!compact(&j, text, &once) || once.n > text.n)
		ok(false, "%s: compacts", name);
	else if (!compact(&j, buf_slice(&once), &twice) || j.spaced ||
		 !slice_eq(buf_slice(&once), buf_slice(&twice)))
		ok(false, "%s: compacting again changes nothing", name);
	buf_release(&once);
	buf_release(&twice);
}

/* What becomes of a text, as the table has it. */
static const char *result_of(struct slice text, struct json *strict)
{
	struct slice copy = exact(text);
	const char *result = "refuse";
	struct json j;

	if (json_check_lenient(&j, copy))
		result = j.flaw ? "mend" : "accept";
	if (json_check(strict, copy) != (*result == 'a'))
		result = "lenient without need";
	else if (*result == 'm' && j.flaw_at != strict->at)
		result = "flaw in another place";
	drop(copy);
	return result;
}

/* With replacement characters, it is accepted exactly if that mends it. */
static void check_mended(const char *name, struct slice text, bool mends)
{
	struct buf plain = BUF_INIT(1 << 20);
	struct json j;

	if (slice_starts(text, SLICE(UTF8_BOM)))
		text = slice_from(text, 3);
	utf8_put(&plain, text);
	ok(accepts(buf_slice(&plain), &j) == mends, "%s: mended, it is %s",
	    name, mends ? "accepted" : "refused all the same");
	buf_release(&plain);
}

static void check_case(const char *want, const char *name, struct slice text)
{
	bool accept = *want == 'a', mend = *want == 'm';
	struct json j;
	const char *result = result_of(text, &j);

	ok(strcmp(result, want) == 0, "%s: %s, as was to be: %s at %zu", name,
	    result, WHY(&j), j.at);
	if (accept)
		check_compact(name, text);
	else
		ok(j.error && j.at <= text.n && json_next(&j) == JSON_ERROR,
		    "%s: refusals have a place and a reason, and last", name);
	if (!accept)
		check_mended(name, text, mend);
	if (accept && all_beginnings_are_refused(text))
		check_prefixes(name, text);
}

static void test_cases(void)
{
	int seen = cases_each(check_case);

	ok(seen > 400, "the table has its %d cases", seen);
}

/* Each byte at each place of a string: the fast path must see it anywhere. */
static void test_every_byte(void)
{
	char text[26 * 2 + 2];
	struct json j;
	int bad = -1;

	for (int c = 0; c < 256; c++)
		for (size_t at = 1; at <= 50; at++) {
			bool plain =
			    c >= 0x20 && c < 0x80 && c != '"' && c != '\\';

			memset(text, 'a', sizeof(text));
			text[0] = text[51] = '"';
			text[at] = (char)c;
			if (accepts((struct slice){text, 52}, &j) != plain)
				bad = c;
			else if (!plain && c != '"' && c != '\\' && j.at != at)
				bad = c;
		}
	is_int(bad, -1, "every byte has the same result at every place");
}

static bool accepts_units(unsigned first, unsigned second)
{
	char text[20];
	struct json j;

	snprintf(text, sizeof(text), "\"\\u%04x\\u%04X\"", first, second);
	return accepts(slice_of(text), &j);
}

/* A text of two units must mean this one. */
static bool means(unsigned first, unsigned second, const char *meant)
{
	struct buf b = BUF_INIT(20);
	char text[20];
	bool same;

	snprintf(text, sizeof(text), "\\u%04x\\u%04X", first, second);
	json_unescape(slice_of(text), &b);
	same = slice_is(buf_slice(&b), meant) &&
	       json_text_is(slice_of(text), true, slice_of(meant));
	buf_release(&b);
	return same;
}

/* All are accepted; what is no pair of surrogates means U+FFFD. */
static void test_every_unit(void)
{
	unsigned bad = 0;

	for (unsigned u = 0; u < 0x10000; u++) {
		bool first = u >= 0xd800 && u < 0xdc00;
		bool second = u >= 0xdc00 && u < 0xe000;

		if (!accepts_units(u, 'a') || !accepts_units('a', u) ||
		    !accepts_units(0xd800, u) || !accepts_units(u, 0xdfff))
			bad = u + 1;
		if ((first || second) &&
		    (!means(u, 'a', UTF8_REPLACEMENT "a") ||
			!means('a', u, "a" UTF8_REPLACEMENT)))
			bad = u + 1;
		if ((first &&
			!means(0xd83d, u, UTF8_REPLACEMENT UTF8_REPLACEMENT)) ||
		    (second &&
			!means(u, 0xde00, UTF8_REPLACEMENT UTF8_REPLACEMENT)))
			bad = u + 1;
	}
	is_int(bad, 0, "every \\u is read alone and in a pair");
	ok(means(0xd83d, 0xde00, "\xf0\x9f\x98\x80"), "a pair is one");
}

static void test_places(void)
{
	static const struct {
		const char *text;
		size_t at;
		const char *why;
	} cases[] = {
	    {"", 0, "empty"},
	    {"   ", 3, "empty"},
	    {"[1,2", 4, "cut"},
	    {"{\"a\":", 5, "cut"},
	    {"[1 2]", 3, "no comma"},
	    {"[1,]", 3, "no value"},
	    {"{\"a\" 1}", 5, "no colon after a name"},
	    {"{1:2}", 1, "no name of a member"},
	    {"{\"a\":1,}", 7, "no name of a member"},
	    {"[1}", 2, "wrong closing bracket"},
	    {"{} x", 3, "more than one value"},
	    {"[\"abc", 1, "string without end"},
	    {"[\"ab\tc\"]", 4, "control character in a string"},
	    {"[\"ab\xff\"]", 4, "invalid UTF-8"},
	    {"[\"abcdefgh\xc3\"]", 10, "invalid UTF-8"},
	    {"[\"a\\x\"]", 3, "unknown escape"},
	    {"[\"\\u12x4\"]", 2, "\\u without four hexadecimal digits"},
	    {"[0123]", 2, "number with a leading zero"},
	    {"[1.]", 3, "number without a digit"},
	    {"[1e+]", 4, "number without a digit"},
	    {"[-]", 2, "number without a digit"},
	    {"[nul]", 1, "unknown word"},
	    {"\xef\xbb\xbf{}", 0, "byte order mark"},
	    {"[+1]", 1, "no value"},
	    {"\xff\xfe{", 0, "UTF-16, not UTF-8"},
	    {"\xfe\xff", 0, "UTF-16, not UTF-8"},
	};
	struct json j;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		accepts(slice_of(cases[i].text), &j);
		is_int((int64_t)j.at, (int64_t)cases[i].at,
		    "place of the error, case %zu", i);
		is_text(slice_of(j.error), cases[i].why, "its reason");
	}
	ok(!json_check(&j, (struct slice){NULL, 0}) && j.at == 0,
	    "a text of nothing at all is refused");
	accepts((struct slice){"[\"a\0b\"]", 7}, &j);
	ok(j.at == 3 && slice_is(slice_of(j.error), "NUL in a string"),
	    "a NUL in a string is placed");
	accepts((struct slice){"[\0]", 3}, &j);
	ok(j.at == 1, "a NUL outside a string is placed");
	ok(!accepts((struct slice){"123", 4}, &j) && j.at == 3 &&
		slice_is(slice_of(j.error), "more than one value"),
	    "and one after a value");
	ok(!accepts((struct slice){"{\0\"\0", 4}, &j) && j.error == json_utf16,
	    "UTF-16 without its mark is named");
}

static void test_tokens(void)
{
	struct json j;

	json_init(&j, SLICE("{\"a\":[1,-2.50e3,\"x\\n\"], \"k\\u0041\":null,"
			    "\"t\":true,\"f\":false,\"o\":{}}"));
	is_int(json_next(&j), JSON_OBJECT, "object");
	ok(!j.spaced, "no white space met yet");
	is_int(json_next(&j), JSON_ARRAY, "array");
	is_text(j.key, "a", "named a");
	ok(!j.key_escaped, "a name without escapes");
	is_int(json_next(&j), JSON_NUMBER, "number");
	is_text(j.text, "1", "as written");
	is_int(json_next(&j), JSON_NUMBER, "another");
	is_text(j.text, "-2.50e3", "as written");
	is_int(json_next(&j), JSON_STRING, "string");
	is_text(j.text, "x\\n", "as written");
	ok(j.escaped, "with escapes");
	is_int(json_next(&j), JSON_ARRAY_END, "end of the array");
	is_int(json_next(&j), JSON_NULL, "null");
	ok(j.spaced, "white space was met");
	is_text(j.key, "k\\u0041", "name with an escape, as written");
	ok(j.key_escaped, "and marked so");
	is_int(json_next(&j), JSON_TRUE, "true");
	is_int(json_next(&j), JSON_FALSE, "false");
	is_int(json_next(&j), JSON_OBJECT, "empty object");
	is_int(j.depth, 2, "is the second that is open");
	is_int(json_next(&j), JSON_OBJECT_END, "and ends");
	is_int(json_next(&j), JSON_OBJECT_END, "object ends");
	is_int(json_next(&j), JSON_END, "text ends");
	is_int(json_next(&j), JSON_END, "for good");
}

static void test_skip(void)
{
	static const char text[] =
	    " { \"a\" : [ 1, {\"b\":[]} ] , \"s\":\"q\\\"\","
	    "\"n\":-1.5, \"z\" : { } , \"t\":true } ";
	static const char *const want[] = {
	    "[ 1, {\"b\":[]} ]", "\"q\\\"\"", "-1.5", "{ }", "true"};
	struct slice copy = exact(slice_of(text));
	struct json j;

	json_init(&j, copy);
	json_next(&j);
	for (size_t i = 0; i < 5; i++) {
		ok(json_skip(&j, json_next(&j)), "skips value %zu", i);
		is_text(j.text, want[i], "as written");
		is_int(j.depth, 1, "back where it was");
	}
	is_int(json_next(&j), JSON_OBJECT_END, "then the object ends");
	drop(copy);

	json_init(&j, slice_of(text));
	ok(json_skip(&j, json_next(&j)), "skips the whole");
	is_int((int64_t)j.text.n, (int64_t)sizeof(text) - 3, "of its length");
	json_init(&j, SLICE("[[1,2],[3}]"));
	json_next(&j);
	ok(json_skip(&j, json_next(&j)), "skips what is good");
	ok(!json_skip(&j, json_next(&j)), "and not what is bad");
	is_int((int64_t)j.at, 9, "which has a place");
}

static void test_unescape(void)
{
	static const struct {
		const char *written;
		const char *meant;
	} cases[] = {
	    {"", ""},
	    {"plain", "plain"},
	    {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
	    {"\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac"},
	    {"\\u007f\\u0080\\u07ff\\u0800\\uffff",
		"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
	    {"\\ud834\\udd1e!", "\xf0\x9d\x84\x9e!"},
	    {"\\ud800\\udc00\\udbff\\udfff",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
	    {"a\\\\u0041", "a\\u0041"},
	    {"\xe2\x82\xac\\n\xe2\x82\xac", "\xe2\x82\xac\n\xe2\x82\xac"},
	};
	struct buf b = BUF_INIT(100), small = BUF_INIT(3);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice written = exact(slice_of(cases[i].written));
		struct slice meant = slice_of(cases[i].meant);
		bool escaped = strchr(cases[i].written, '\\') != NULL;

		buf_clear(&b);
		ok(json_unescape(written, &b), "unescapes case %zu", i);
		is_text(buf_slice(&b), cases[i].meant, "to what it means");
		ok(json_text_is(written, escaped, meant), "and is that text");
		ok(json_text_is(written, true, meant), "escapes or not");
		buf_putc(&b, 'x');
		ok(!json_text_is(written, escaped, buf_slice(&b)),
		    "but not a longer one");
		if (meant.n > 0)
			ok(!json_text_is(written, escaped,
			       (struct slice){meant.p, meant.n - 1}),
			    "nor a shorter one");
		drop(written);
	}
	buf_clear(&b);
	json_unescape(SLICE("a\\u0000b"), &b);
	ok(slice_eq(buf_slice(&b), SLICE("a\0b")), "NUL is a character");
	ok(json_text_is(SLICE("a\\u0000b"), true, SLICE("a\0b")), "here too");
	ok(!json_text_is(SLICE("a\\u0000b"), true, SLICE("a")), "not an end");
	buf_clear(&b);
	ok(json_unescape((struct slice){NULL, 0}, &b) && b.n == 0,
	    "nothing means nothing");
	ok(!json_unescape(SLICE("ab\\u20ac"), &small) && small.failed,
	    "a full buf is reported");
	buf_release(&b);
	buf_release(&small);
}

static void test_whole(void)
{
	static const struct {
		const char *text;
		bool fits;
		int64_t value;
	} cases[] = {
	    {"7", true, 7},
	    {"9223372036854775807", true, INT64_MAX},
	    {"9223372036854775808", false, 0},
	    {"20.0", true, 20},
	    {"-20.000", true, -20},
	    {"-0.0", true, 0},
	    {"2e1", true, 20},
	    {"2.5E+5", true, 250000},
	    {"9007199254740992.0", true, INT64_C(9007199254740992)},
	    {"9007199254740993.0", true, INT64_C(9007199254740993)},
	    {"1.0", true, 1},
	    {"1e3", true, 1000},
	    {"20.0", true, 20},
	    {"2e1", true, 20},
	    {"2E+1", true, 20},
	    {"200e-1", true, 20},
	    {"0.2e2", true, 20},
	    {"-20.50e1", true, -205},
	    {"0.0", true, 0},
	    {"0e-99999999999999999999", true, 0},
	    {"20.000000000000000000000000000000", true, 20},
	    {"9223372036854775807.0", true, INT64_MAX},
	    {"922337203685477580.8e1", false, 0},
	    {"-922337203685477580.8e1", true, INT64_MIN},
	    {"20.5", false, 0},
	    {"2e-1", false, 0},
	    {"1e19", false, 0},
	    {"1e99999999999999999999", false, 0},
	    {"1e", false, 0},
	    {"1ex", false, 0},
	    {".", false, 0},
	    {"1.0.0", false, 0},
	    {"5.5", false, 0},
	    {"1e-3", false, 0},
	    {"1e400", false, 0},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t v = 42;
		bool fits = json_whole(slice_of(cases[i].text), &v);

		ok(fits == cases[i].fits, "'%s' %s", cases[i].text,
		    fits ? "is whole" : "is not");
		is_int(v, fits ? cases[i].value : 42, "its value");
	}
}

static void test_put_string(void)
{
	static const struct {
		const char *meant;
		const char *written;
	} cases[] = {
	    {"", "\"\""},
	    {"plain", "\"plain\""},
	    {"\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
	    {"\x01\x1f\x7f/", "\"\\u0001\\u001f\x7f/\""},
	    {"\xc3\xa9\xf0\x9d\x84\x9e", "\"\xc3\xa9\xf0\x9d\x84\x9e\""},
	    {"a\xff"
	     "b",
		"\"a\xef\xbf\xbd"
		"b\""},
	    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"end\xe2\x82", "\"end\xef\xbf\xbd\""},
	};
	struct buf b = BUF_INIT(100), small = BUF_INIT(4);
	struct json j;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice copy = exact(slice_of(cases[i].meant));

		buf_clear(&b);
		ok(json_put_string(&b, copy), "writes string %zu", i);
		is_text(buf_slice(&b), cases[i].written, "as it should");
		ok(json_check(&j, buf_slice(&b)), "which is JSON");
		drop(copy);
	}
	buf_clear(&b);
	json_put_string(&b, SLICE("a\0b"));
	is_text(buf_slice(&b), "\"a\\u0000b\"", "NUL is written too");
	ok(!json_put_string(&small, SLICE("abc")) && small.failed,
	    "a full buf is reported");
	buf_release(&b);
	buf_release(&small);
}

/* Every character there is, written and read back. */
static void test_round_trip(void)
{
	struct buf text = BUF_INIT(64), again = BUF_INIT(64);
	struct json j;
	uint32_t bad = 0;

	for (uint32_t c = 0; c <= 0x10ffff && !bad; c++) {
		char escaped[16], meant[4];
		size_t n;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (c < 0x10000)
			snprintf(
			    escaped, sizeof(escaped), "\\u%04x", (unsigned)c);
		else
			snprintf(escaped, sizeof(escaped), "\\u%04x\\u%04x",
			    (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
			    (unsigned)(0xdc00 + (c & 0x3ff)));
		buf_clear(&again);
		json_unescape(slice_of(escaped), &again);
		n = again.n;
		memcpy(meant, again.p, n < 4 ? n : 4);
		buf_clear(&text);
		json_put_string(&text, (struct slice){meant, n});
		buf_clear(&again);
		if (utf8_length(meant, meant + n) != n ||
		    !json_check(&j, buf_slice(&text)))
			bad = c + 1;
		json_unescape((struct slice){text.p + 1, text.n - 2}, &again);
		if (!slice_eq(buf_slice(&again), (struct slice){meant, n}))
			bad = c + 1;
	}
	is_int(bad, 0, "every character survives being written and read");
	buf_release(&text);
	buf_release(&again);
}

static void test_controls(void)
{
	static const struct {
		const char *text;
		size_t n;
		unsigned code;
	} cases[] = {
	    {"\x1b[", 1, 0x1b},
	    {"\n", 1, '\n'},
	    {"\x7f", 1, 0x7f},
	    {"\xc2\x80", 2, 0x80},
	    {"\xc2\x9f", 2, 0x9f},
	    {"\xe2\x80\xa8", 3, 0x2028},
	    {"\xe2\x80\xae", 3, 0x202e},
	    {"\xe2\x81\xa6", 3, 0x2066},
	    {"\xe2\x81\xa9", 3, 0x2069},
	    {" ", 0, 0},
	    {"~", 0, 0},
	    {"\xc2\xa0", 0, 0},
	    {"\xe2\x80\x8f", 0, 0},
	    {"\xe2\x80\xaf", 0, 0},
	    {"\xe2\x81\xaa", 0, 0},
	    {"\xf0\x9f\x8e\xb5", 0, 0},
	    {"\x9b", 0, 0},
	    {"\xe2\x80", 0, 0},
	    {"", 0, 0},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *text = cases[i].text;
		unsigned code = 0;
		size_t n = utf8_control(text, text + strlen(text), &code);

		is_int((int64_t)n, (int64_t)cases[i].n, "control %zu", i);
		is_int(n ? code : 0, cases[i].code, "its code");
	}
}

static void test_compact(void)
{
	struct buf b = BUF_INIT(200), small = BUF_INIT(3);
	struct json j;

	ok(compact(&j,
	       SLICE(" { \"a b\" : [ 1 ,\t2 ] ,\r\n \"\\\" \" : "
		     "\" x \\\\\" } \n"),
	       &b),
	    "compacts");
	is_text(buf_slice(&b), "{\"a b\":[1,2],\"\\\" \":\" x \\\\\"}",
	    "only the space between tokens goes");
	ok(compact(&j, SLICE("[1.0e5]"), &b), "appends");
	is_text(buf_slice(&b), "{\"a b\":[1,2],\"\\\" \":\" x \\\\\"}[1.0e5]",
	    "what had no space, as it was");
	ok(!compact(&j, SLICE("[1,2,3]"), &small) && small.failed,
	    "a full buf is reported, without space");
	buf_clear(&small);
	ok(!compact(&j, SLICE("[1, 2]"), &small) && small.failed,
	    "and with space");
	buf_release(&b);
	buf_release(&small);
}

static void test_members(void)
{
	struct buf b = BUF_INIT(200);

	buf_putc(&b, '{');
	json_put_member(&b, "s", SLICE("a\"b"));
	json_put_member_int(&b, "i", INT64_MIN);
	json_put_member_raw(&b, "r", SLICE("{\"x\":[]}"));
	json_put_key(&b, "o");
	buf_putc(&b, '{');
	ok(json_put_member(&b, "n\n", SLICE("")), "puts members");
	buf_puts(&b, "}}");
	is_text(buf_slice(&b),
	    "{\"s\":\"a\\\"b\",\"i\":-9223372036854775808,"
	    "\"r\":{\"x\":[]},\"o\":{\"n\\n\":\"\"}}",
	    "with commas where they belong");
	buf_release(&b);
}

int main(void)
{
	test_cases();
	test_every_byte();
	test_every_unit();
	test_places();
	test_tokens();
	test_skip();
	test_unescape();
	test_whole();
	test_put_string();
	test_round_trip();
	test_controls();
	test_compact();
	test_members();
	return tap_done();
}

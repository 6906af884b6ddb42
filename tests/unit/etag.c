/*
 * Entity tags: what is one, by RFC 9110 and ours to send, and what a request
 * says that it holds.
 */
#include "unit/tap.h"

#include "base/etag.h"
#include "http/validators.h"

static void test_syntax(void)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
	    {"\"\"", true},
	    {"\"a\"", true},
	    {"W/\"\"", true},
	    {"W/\"0123abc!#~'\\\"", true},
	    {"", false},
	    {"\"", false},
	    {"W/", false},
	    {"W/\"", false},
	    {"a", false},
	    {"\"a", false},
	    {"a\"", false},
	    {"\"a\"b", false},
	    {"\"a\"\"", false},
	    {"\"a\", \"b\"", false},
	    {" \"a\"", false},
	    {"\"a\" ", false},
	    {"w/\"a\"", false},
	    {"W\"a\"", false},
	    {"*", false},
	    {"\"a b\"", false},
	    {"\"a\tb\"", false},
	    {"\"a\r\nX-Evil: 1\"", false},
	    {"\"a\"\r\nX-Evil: 1", false},
	    {"\"a\n\"", false},
	    {"\"\x01\"", false},
	    {"\"\x7f\"", false},
	    {"\"\xc3\xa9\"", false},
	    {"\"\xff\"", false},
	};
	char longest[ETAG_MAX + 2];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok(etag_is_valid(slice_of(cases[i].text)) == cases[i].valid,
		    "%zu: %s", i, cases[i].valid ? "valid" : "refused");
	ok(!etag_is_valid((struct slice){"\"a\0b\"", 5}), "a NUL is refused");
	memset(longest, 'x', sizeof(longest));
	longest[0] = longest[ETAG_MAX - 1] = '"';
	ok(etag_is_valid((struct slice){longest, ETAG_MAX}), "the longest");
	longest[ETAG_MAX - 1] = 'x';
	longest[ETAG_MAX] = '"';
	ok(!etag_is_valid((struct slice){longest, ETAG_MAX + 1}),
	    "one byte more is refused");
}

static void test_comparing(void)
{
	static const struct {
		const char *header;
		bool listed;
	} cases[] = {
	    {"\"a\"", true},
	    {"W/\"a\"", true},
	    {"*", true},
	    {" * ", true},
	    {"\"b\", \"a\"", true},
	    {"\"b\",W/\"a\"", true},
	    {", ,\"b\" ,\t\"a\",", true},
	    {"\"b\"", false},
	    {"\"A\"", false},
	    {"", false},
	    {"a", false},
	    {"\"b\" \"a\"", false},
	    {"\"b, \"a\"", false},
	    {"*, \"b\"", false},
	};

	ok(etag_eq(SLICE("\"a\""), SLICE("W/\"a\"")), "weakly the same");
	ok(!etag_eq(SLICE("W/\"a\""), SLICE("W/\"b\"")), "not the same");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok(etag_is_listed(slice_of(cases[i].header), SLICE("\"a\"")) ==
			cases[i].listed,
		    "If-None-Match: %s", cases[i].header);
}

static void test_reading(void)
{
	static const struct {
		const char *etags, *why;
	} cases[] = {
	    {"{}", NULL},
	    {"{\"u\":{\"etag\":\"\\\"a\\\"\"}}", NULL},
	    {"{\"u\":{\"etag\":\"\\\"a\\\"\",\"next\":null,\"x\":[{}]}}", NULL},
	    {"[]", "its 'etags' are no object"},
	    {"\"u\"", "its 'etags' are no object"},
	    {"{\"u\":\"\\\"a\\\"\"}", "its 'etags' map a URL to no object"},
	    {"{\"u\":{}}", "a URL in its 'etags' has no 'etag'"},
	    {"{\"u\":{\"etag\":7}}",
		"an 'etag' in its 'etags' is no entity tag"},
	    {"{\"u\":{\"etag\":\"a\"}}",
		"an 'etag' in its 'etags' is no entity tag"},
	    {"{\"u\":{\"etag\":\"\\\"a\\r\\nX: y\\\"\"}}",
		"an 'etag' in its 'etags' is no entity tag"},
	    {"{\"u\":{\"etag\":\"\\\"a\\\"\"},\"v\":{\"etag\":\"\\u0000\"}}",
		"an 'etag' in its 'etags' is no entity tag"},
	    {"{\"u\":{\"etag\":\"\\\"a\\\"\",\"next\":7}}",
		"a 'next' in its 'etags' is no string"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		is_text(slice_of(validators_check(slice_of(cases[i].etags))),
		    cases[i].why, "etags: %s", cases[i].etags);
	ok(!validators_check((struct slice){NULL, 0}), "none at all");
}

static void test_finding(void)
{
	static const char etags[] =
	    "{\"https:\\/\\/a.example\\/1\":{\"etag\":\"W/\\\"1\\\"\","
	    "\"next\":\"https:\\/\\/a.example\\/2\"},"
	    "\"https://a.example/2\":{\"next\":null,\"etag\":\"\\\"2\\\"\"}}";
	struct validator h;

	validator_init(&h);
	ok(validator_find(&h, slice_of(etags), SLICE("https://a.example/1")),
	    "a URL, written with escapes");
	is_text(slice_of(h.etag), "W/\"1\"", "its etag");
	is_text(buf_slice(&h.next), "https://a.example/2", "what followed it");
	ok(validator_find(&h, slice_of(etags), SLICE("https://a.example/2")),
	    "the last page");
	is_text(slice_of(h.etag), "\"2\"", "its etag");
	is_text(buf_slice(&h.next), "", "nothing followed it");
	ok(validator_find(&h, slice_of(etags), SLICE("https://b.example/1")) &&
		!*h.etag,
	    "of another origin nothing is held");
	ok(validator_find(
	       &h, (struct slice){NULL, 0}, SLICE("https://a.example/1")),
	    "nothing is held at all");
	is_text(slice_of(h.etag), "", "and nothing is left from before");
	validator_release(&h);
}

int main(void)
{
	test_syntax();
	test_comparing();
	test_reading();
	test_finding();
	return tap_done();
}

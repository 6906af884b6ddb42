/* Percent-encoding, query strings and forms. */
#include "base/url.h"

#include "base/number.h"
#include "unit/tap.h"

static void test_hex(void)
{
	int wrong = 0;

	for (int i = 0; i < 16; i++)
		wrong += hex_digit("0123456789abcdef"[i]) != i ||
			 hex_digit("0123456789ABCDEF"[i]) != i;
	is_int(wrong, 0, "digits of both cases");
	for (const char *p = "/:@G`g \x80\xff"; *p; p++)
		wrong += hex_digit(*p) != -1;
	is_int(wrong + (hex_digit('\0') != -1), 0, "and what is none");
}

/* Each byte, encoded, is unreserved or %XX, and comes back. */
static void test_bytes(void)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	struct buf to = BUF_INIT(8), back = BUF_INIT(8);
	int wrong = 0;

	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool same = c && strchr(plain, c);

		buf_clear(&to);
		buf_clear(&back);
		wrong += !url_encode(&to, (struct slice){&c, 1}, "");
		wrong += to.n != (same ? 1 : 3);
		wrong += !param_decode(&back, buf_slice(&to));
		wrong += !slice_eq(buf_slice(&back), (struct slice){&c, 1});
	}
	is_int(wrong, 0, "every byte, there and back");
	buf_clear(&to);
	url_encode(&to, SLICE("/\xe9 "), "/");
	is_text(buf_slice(&to), "/%E9%20", "some stay; upper-case digits");
	ok(!url_encode(&to, SLICE("   "), ""), "no room");
	buf_release(&to);
	to = (struct buf)BUF_INIT(3);
	ok(url_encode(&to, SLICE(" "), ""), "just room enough");
	buf_release(&to);
	buf_release(&back);
}

static void test_decode(void)
{
	static const struct {
		const char *text;
		bool valid;
		const char *url, *query;
	} cases[] = {
	    {"", true, "", ""},
	    {"a+b%20c", true, "a+b c", "a b c"},
	    {"%2B%2b", true, "++", "++"},
	    {"%", false, "%", "%"},
	    {"%4", false, "%4", "%4"},
	    {"%4g%41", false, "%4gA", "%4gA"},
	    {"%%41", false, "%A", "%A"},
	    {"%2541", true, "%41", "%41"},
	};
	struct buf to = BUF_INIT(16);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice text = slice_of(cases[i].text);

		buf_clear(&to);
		ok(url_decode(&to, text) == cases[i].valid, "'%s' %s",
		    cases[i].text, cases[i].valid ? "is valid" : "is not");
		is_text(buf_slice(&to), cases[i].url, "it is");
		buf_clear(&to);
		param_decode(&to, text);
		is_text(buf_slice(&to), cases[i].query, "and in a query");
	}
	buf_clear(&to);
	ok(url_decode(&to, SLICE("a%00b")) &&
		slice_eq(buf_slice(&to), SLICE("a\0b")),
	    "a NUL is a byte");
	buf_release(&to);
	to = (struct buf)BUF_INIT(2);
	ok(!url_decode(&to, SLICE("abc")), "no room");
	is_text(buf_slice(&to), "ab", "and cut there");
	buf_release(&to);
}

static void test_pairs(void)
{
	static const struct {
		const char *name, *value;
	} pairs[] = {{"a", "1"}, {"b", ""}, {"c", NULL}, {"", NULL}, {"", "x"},
	    {"a", "2=3"}};
	struct slice rest = SLICE("a=1&b=&c&&=x&a=2=3&"), name, value;
	const struct slice all = rest;
	struct buf b = BUF_INIT(64);
	int64_t n = 42;

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		ok(param_next(&rest, &name, &value), "a pair");
		is_text(name, pairs[i].name, "its name");
		ok(value.p ? pairs[i].value && slice_is(value, pairs[i].value)
			   : !pairs[i].value,
		    "its value, or none");
	}
	ok(!param_next(&rest, &name, &value), "no more");
	ok(param_find(all, "a", &value) && slice_is(value, "1"), "the first");
	ok(param_find(all, "c", &value) && !value.p, "one without =");
	ok(!param_find(all, "d", &value), "and none");
	ok(!param_find((struct slice){NULL, 0}, "a", &value), "in nothing");
	ok(param_find_int(all, "a", &n) && n == 1, "a number");
	ok(!param_find_int(all, "b", &n) && !param_find_int(all, "c", &n) &&
		!param_find_int(all, "d", &n) && n == 1,
	    "or none");
	param_put(&b, "a", "x y");
	param_put(&b, "b", "&=+");
	is_text(buf_slice(&b), "a=x%20y&b=%26%3D%2B", "written");
	buf_release(&b);
	ok(!url_query(SLICE("/v1/me")).p, "a URL without a query");
	ok(url_query(SLICE("/v1/me?")).p != NULL, "or with an empty one");
	is_text(url_query(SLICE("/a?b=?")), "b=?", "or with this");
}

static void test_set(void)
{
	static const struct {
		const char *url, *with;
		int64_t offset; /* -1: not there */
	} cases[] = {
	    {"/v1/me", "/v1/me?offset=50", -1},
	    {"/v1/me?limit=5", "/v1/me?limit=5&offset=50", -1},
	    {"/v1/me?offset=7&limit=5", "/v1/me?offset=50&limit=5", 7},
	    {"/v1/me?limit=5&offset=7", "/v1/me?limit=5&offset=50", 7},
	    {"/v1/me?xoffset=7", "/v1/me?xoffset=7&offset=50", -1},
	    {"/v1/me?offset=x", "/v1/me?offset=50", -1},
	    {"/v1/me?offset=", "/v1/me?offset=50", -1},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice url = slice_of(cases[i].url);
		struct buf to = BUF_INIT(256);
		int64_t offset = -1;

		param_find_int(url_query(url), "offset", &offset);
		is_int(offset, cases[i].offset, "offset of %s", cases[i].url);
		url_set_query(&to, url, "offset", SLICE("50"));
		is_text(buf_slice(&to), cases[i].with, "and changed");
		buf_release(&to);
	}
}

int main(void)
{
	test_hex();
	test_bytes();
	test_decode();
	test_pairs();
	test_set();
	return tap_done();
}

/* Which requests are the callback of a login, and which are not. */
#include "unit/tap.h"

#include "auth/callback.h"
#include "auth/pkce.h"

#define STATE "Zm9v-_8"

static void test_requests(void)
{
	static const struct {
		const char *head;
		int status;
		const char *query;
	} cases[] = {
	    {"GET /callback?code=a HTTP/1.1\r\n\r\n", 0, "code=a"},
	    {"GET /callback?code=a HTTP/1.0\n\n", 0, "code=a"},
	    {"GET /callback?a?b HTTP/1.1\r\n\r\n", 0, "a?b"},
	    {"GET /callback HTTP/1.1\r\n\r\n", 0, ""},
	    {"GET /callback/?code=a HTTP/1.1\r\n\r\n", 404, NULL},
	    {"GET /favicon.ico HTTP/1.1\r\n\r\n", 404, NULL},
	    {"GET http://127.0.0.1/callback?code=a HTTP/1.1\r\n\r\n", 404,
		NULL},
	    {"POST /callback?code=a HTTP/1.1\r\n\r\n", 405, NULL},
	    {"get /callback?code=a HTTP/1.1\r\n\r\n", 405, NULL},
	    {"GET /callback?code=a\r\n\r\n", 400, NULL},
	    {"GET /callback?code=a HTTP/2\r\n\r\n", 400, NULL},
	    {"GET  /callback?code=a HTTP/1.1\r\n\r\n", 400, NULL},
	    {"\r\nGET /callback?code=a HTTP/1.1\r\n\r\n", 400, NULL},
	    {"", 400, NULL},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice query = {NULL, 0};

		is_int(callback_request(slice_of(cases[i].head), &query),
		    cases[i].status, "request %zu", i);
		is_text(query, cases[i].query, "and its query");
	}
}

static const struct {
	const char *query;
	enum callback_kind kind;
	const char *value;
} queries[] = {
    {"code=AQ1-_.~&state=" STATE, CALLBACK_CODE, "AQ1-_.~"},
    {"state=" STATE "&code=a%2Fb%3d", CALLBACK_CODE, "a/b="},
    {"x=1&code=a&state=Zm9v%2D%5f8&code_=b", CALLBACK_CODE, "a"},
    {"error=access_denied&state=" STATE, CALLBACK_REFUSED, "access_denied"},
    {"error=a+b%20c&state=" STATE, CALLBACK_REFUSED, "a b c"},
    {"code=a&state=Zm9v-_9", CALLBACK_WRONG_STATE, NULL},
    {"code=a&state=Zm9v-_", CALLBACK_WRONG_STATE, NULL},
    {"code=a&state=Zm9v-_88", CALLBACK_WRONG_STATE, NULL},
    {"code=a&state=", CALLBACK_WRONG_STATE, NULL},
    {"code=a&state", CALLBACK_WRONG_STATE, NULL},
    {"code=a", CALLBACK_WRONG_STATE, NULL},
    {"error=access_denied", CALLBACK_WRONG_STATE, NULL},
    {"code=a&State=" STATE, CALLBACK_WRONG_STATE, NULL},
    {"code=a&state=" STATE "&state=" STATE, CALLBACK_NONE, NULL},
    {"code=a&code=a&state=" STATE, CALLBACK_NONE, NULL},
    {"code=a&error=b&state=" STATE, CALLBACK_NONE, NULL},
    {"code=&state=" STATE, CALLBACK_NONE, NULL},
    {"code=a%&state=" STATE, CALLBACK_NONE, NULL},
    {"code=a%4&state=" STATE, CALLBACK_NONE, NULL},
    {"code=a%0d&state=" STATE, CALLBACK_NONE, NULL},
    {"code=a%00&state=" STATE, CALLBACK_NONE, NULL},
    {"code=\xc3\xa9&state=" STATE, CALLBACK_NONE, NULL},
    {"state=" STATE, CALLBACK_NONE, NULL},
    {"&&=&", CALLBACK_NONE, NULL},
    {"", CALLBACK_NONE, NULL},
};

static void test_queries(void)
{
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		struct buf value = BUF_INIT(CALLBACK_MAX);
		enum callback_kind kind =
		    callback_parse(slice_of(queries[i].query), STATE, &value);

		is_int(kind, queries[i].kind, "'%s'", queries[i].query);
		if (queries[i].value)
			is_text(buf_slice(&value), queries[i].value,
			    "what it brings");
		buf_release(&value);
	}
}

static void test_long(void)
{
	struct buf query = BUF_INIT(4 * CALLBACK_MAX);
	struct buf value = BUF_INIT(CALLBACK_MAX);

	buf_puts(&query, "state=" STATE "&code=");
	for (size_t i = 0; i < CALLBACK_MAX; i++)
		buf_putc(&query, 'x');
	is_int(callback_parse(buf_slice(&query), STATE, &value), CALLBACK_CODE,
	    "the longest code");
	buf_putc(&query, 'x');
	is_int(callback_parse(buf_slice(&query), STATE, &value), CALLBACK_NONE,
	    "a longer one");
	buf_release(&query);
	buf_release(&value);
}

static void test_pasted(void)
{
	static const struct {
		const char *line;
		enum callback_kind kind;
		const char *value;
	} cases[] = {
	    {"http://127.0.0.1:8080/callback?code=a&state=" STATE,
		CALLBACK_CODE, "a"},
	    {"  http://127.0.0.1/callback?code=a&state=" STATE "#_=_ \r",
		CALLBACK_CODE, "a"},
	    {"?code=a&state=" STATE, CALLBACK_CODE, "a"},
	    {"code=a&state=" STATE, CALLBACK_CODE, "a"},
	    {"AQ1-_.~", CALLBACK_NONE, NULL},
	    {"yes", CALLBACK_NONE, NULL},
	    {"code=a", CALLBACK_WRONG_STATE, NULL},
	    {"error=a&state=x", CALLBACK_WRONG_STATE, NULL},
	    {"?error=access_denied&state=" STATE, CALLBACK_REFUSED,
		"access_denied"},
	    {"http://127.0.0.1/callback?code=a&state=x", CALLBACK_WRONG_STATE,
		NULL},
	    {"http://127.0.0.1/callback?code=a", CALLBACK_WRONG_STATE, NULL},
	    {"http://127.0.0.1/callback?", CALLBACK_NONE, NULL},
	    {"http://127.0.0.1/callback", CALLBACK_NONE, NULL},
	    {"what now?", CALLBACK_NONE, NULL},
	    {"what now", CALLBACK_NONE, NULL},
	    {"\xc3\xa9", CALLBACK_NONE, NULL},
	    {"\033[A", CALLBACK_NONE, NULL},
	    {"?", CALLBACK_NONE, NULL},
	    {" \t\r", CALLBACK_NONE, NULL},
	    {"", CALLBACK_NONE, NULL},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf value = BUF_INIT(CALLBACK_MAX);
		enum callback_kind kind = callback_parse_pasted(
		    slice_of(cases[i].line), STATE, &value);

		is_int(kind, cases[i].kind, "pasted: line %zu", i);
		if (cases[i].value)
			is_text(buf_slice(&value), cases[i].value,
			    "what it brings");
		buf_release(&value);
	}
}

static void test_keys(void)
{
	struct pkce a, b;
	unsigned char digest[SHA256_SIZE];
	char text[BASE64_TEXT(SHA256_SIZE)];
	size_t n;

	ok(pkce_make(&a) && pkce_make(&b), "keys are made");
	n = strlen(a.verifier);
	ok(n >= 43 && n <= 128, "a verifier is as long as it may be");
	is_int((int64_t)strspn(a.verifier,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789-_"),
	    (int64_t)n, "and of the letters that it may be of");
	sha256(slice_of(a.verifier), digest);
	base64url(digest, sizeof(digest), text);
	is_text(slice_of(a.challenge), text, "its challenge is its digest");
	ok(strcmp(a.verifier, b.verifier) != 0 && strcmp(a.state, b.state) != 0,
	    "no two are the same");
	ok(pkce_same(SLICE("abc"), SLICE("abc")) &&
		pkce_same(SLICE(""), SLICE("")),
	    "the same");
	ok(!pkce_same(SLICE("abc"), SLICE("abd")) &&
		!pkce_same(SLICE("xbc"), SLICE("abc")) &&
		!pkce_same(SLICE("abc"), SLICE("ab")) &&
		!pkce_same(SLICE(""), SLICE("a")),
	    "not the same");
}

int main(void)
{
	test_requests();
	test_queries();
	test_long();
	test_pasted();
	test_keys();
	return tap_done();
}

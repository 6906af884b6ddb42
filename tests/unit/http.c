/*
 * What sp-fetch decides by itself: where a URL leads, how long to wait, which
 * page comes next, what a capture and a token file hold.
 */
#include "unit/tap.h"

#include <sysexits.h>

#include "api/capture.h"
#include "api/limits.h"
#include "api/pages.h"
#include "api/request.h"
#include "base/clock.h"
#include "spotify/problem.h"
#include "http/retry.h"
#include "http/retry_after.h"
#include "stream/record.h"

static void test_origins(void)
{
	static const struct {
		const char *url, *origin; /* NULL: refused */
		bool safe, only_origin;
	} cases[] = {
	    {"https://api.spotify.com", "https://api.spotify.com", true, true},
	    {"https://API.Spotify.com:443/", "https://api.spotify.com", true,
		true},
	    {"https://api.spotify.com/v1/me?a=b", "https://api.spotify.com",
		true, false},
	    {"http://127.0.0.1:8080", "http://127.0.0.1:8080", true, true},
	    {"http://[::1]:8080/v1/", "http://[::1]:8080", true, false},
	    {"http://localhost", "http://localhost", true, true},
	    {"http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example",
		false, true},
	    {"http://api.spotify.com", "http://api.spotify.com", false, true},
	    {"https://api.spotify.com@evil.example/", NULL, false, false},
	    {"https://user:word@api.spotify.com/", NULL, false, false},
	    {"ftp://api.spotify.com/", NULL, false, false},
	    {"file:///etc/passwd", NULL, false, false},
	    {"api.spotify.com", NULL, false, false},
	    {"/v1/me", NULL, false, false},
	    {"https://", NULL, false, false},
	    {"https://api.spotify.com:99999/", NULL, false, false},
	    {"https://api.spotify.com/\r\nX: y", NULL, false, false},
	    {"", NULL, false, false},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf text = BUF_INIT(1024);
		struct origin o;
		const char *why = origin_parse(&o, cases[i].url);

		if (!cases[i].origin) {
			ok(why != NULL, "refused: '%s'", cases[i].url);
			continue;
		}
		origin_put(&o, &text);
		is_text(buf_slice(&text), cases[i].origin, "origin of '%s'",
		    cases[i].url);
		ok(!why && origin_is_safe(&o) == cases[i].safe &&
			o.only_origin == cases[i].only_origin,
		    "and what it is good for");
		buf_release(&text);
	}
}

static void test_resolving(void)
{
	static const struct {
		const char *ref, *url;
	} cases[] = {
	    {"/v1/me", "https://api.spotify.com/v1/me"},
	    {"https://api.spotify.com/v1/me", "https://api.spotify.com/v1/me"},
	    {"https://API.spotify.com:443/v1/me",
		"https://API.spotify.com:443/v1/me"},
	    {"//evil.example/v1/me",
		"https://api.spotify.com//evil.example/v1/me"},
	    {"https://evil.example/v1/me", NULL},
	    {"http://api.spotify.com/v1/me", NULL},
	    {"https://api.spotify.com:444/v1/me", NULL},
	    {"https://api.spotify.com.evil.example/v1/me", NULL},
	    {"https://api.spotify.com\\@evil.example/v1/me", NULL},
	    {"https:///v1/me", NULL},
	    {"v1/me", NULL},
	    {"/v1/me\n", NULL},
	    {"", NULL},
	};
	struct origin api;

	origin_parse(&api, "https://api.spotify.com");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf url = BUF_INIT(URL_MAX);
		const char *why =
		    url_resolve(&api, slice_of(cases[i].ref), &url);

		ok((why == NULL) == (cases[i].url != NULL), "resolved: '%s'",
		    cases[i].ref);
		is_text(buf_slice(&url), cases[i].url ? cases[i].url : "",
		    "to the right place");
		buf_release(&url);
	}
	is_text(url_path(SLICE("https://a.example:1/v1/me?x=/y")),
	    "/v1/me?x=/y", "path of a URL");
	is_text(url_path(SLICE("/v1/me")), "/v1/me", "path of a path");
	is_text(url_path(SLICE("https://a.example")), "", "no path");
}

static void test_waits(void)
{
	static const struct {
		const char *value;
		int64_t wait; /* ms after 2026-11-22T06:40:00Z; -1: no wait */
	} cases[] = {
	    {"0", 0},
	    {"2", 2000},
	    {"120", 120000},
	    {"86400", 86400000},
	    {"99999999999999999999999", INT64_C(366) * 86400000},
	    {"Sun, 22 Nov 2026 06:41:00 GMT", 60000},
	    {"Sunday, 22-Nov-26 06:41:00 GMT", 60000},
	    {"Sun Nov 22 06:41:00 2026", 60000},
	    {"Sun, 22 Nov 2026 06:39:00 GMT", 0},
	    {"Mon, 22 Nov 2032 06:39:00 GMT", INT64_C(366) * 86400000},
	    {"", -1},
	    {"soon", -1},
	    {"-1", -1},
	    {"1.5", -1},
	    {"2 seconds", -1},
	    {"Someday, somewhere", -1},
	};
	int64_t now;

	clock_parse(SLICE("2026-11-22T06:40:00Z"), &now);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t wait = -1;

		if (!retry_after_parse(slice_of(cases[i].value), now, &wait))
			wait = -1;
		is_int(
		    wait, cases[i].wait, "Retry-After: '%s'", cases[i].value);
	}
	is_int(retry_backoff(500, 0), 500, "the first wait");
	is_int(retry_backoff(500, 3), 4000, "the fourth");
	is_int(retry_backoff(500, 90), BACKOFF_CAP, "none is longer");
	is_int(retry_backoff(86400000, 0), BACKOFF_CAP, "not even the first");
}

static int reports;

static void report(void *ctx, const char *url, const char *what)
{
	(void)ctx;
	(void)url;
	(void)what;
	reports++;
}

static void test_retries(void)
{
	struct retry_policy policy = {
	    .retries = 3, .backoff = 1, .report = report};
	struct retry retry = {.policy = &policy, .url = "/v1/me"};
	int64_t before = clock_monotonic();
	int count = 0;

	while (retry_wait(&retry, 0, "no luck"))
		count++;
	is_int(count, 3, "as many tries as there may be");
	is_int(reports, 3, "each is reported");
	ok(clock_monotonic() - before < 1000, "and is short");
	retry.count = 2;
	before = clock_monotonic();
	retry_wait(&retry, 60, "no luck");
	ok(clock_monotonic() - before >= 59, "a wait that was asked for");
}

static void test_problems(void)
{
	static const struct {
		const char *body, *text;
	} cases[] = {
	    {"{\"error\":{\"status\":403,\"message\":\"No \\u0041\"}}",
		"HTTP 403: No A"},
	    {"{\"error\":\"invalid_grant\",\"error_description\":\"Gone\"}",
		"HTTP 403: Gone"},
	    {"{\"error\":\"invalid_grant\"}", "HTTP 403: invalid_grant"},
	    {"{\"x\":{\"message\":\"not this\"}}", "HTTP 403"},
	    {"{\"error\":{\"message\":\"cut", "HTTP 403"},
	    {"Premium needed\nand more", "HTTP 403: Premium needed"},
	    {"<html><p>Hello", "HTTP 403"},
	    {"", "HTTP 403"},
	};
	char text[256];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		problem_text(403, slice_of(cases[i].body), text, sizeof(text));
		is_text(slice_of(text), cases[i].text, "problem: %s",
		    cases[i].body);
	}
	is_text(problem_code(SLICE("{\"error\":\"invalid_grant\"}")),
	    "invalid_grant", "the token endpoint's code");
	is_text(problem_code(SLICE("{\"error\":{\"message\":\"x\"}}")), NULL,
	    "no code");
	is_text(problem_reason(SLICE("{\"error\":{\"reason\":\"R\"}}")), "R",
	    "the reason of an error");
	is_text(problem_reason(SLICE("{\"x\":{\"reason\":\"R\"}}")), NULL,
	    "no reason");
}

static void test_endpoints(void)
{
	static const struct {
		const char *path, *endpoint;
	} cases[] = {
	    {"/v1/me", "me"},
	    {"/v1/me?x=/v1/users/1", "me"},
	    {"/v1/me/player/recently-played?limit=1", "recently-played"},
	    {"/v1/me/playlists", "my-playlists"},
	    {"/v1/playlists/1a", "playlist"},
	    {"/v1/playlists/1a/items?limit=1", "playlist-items"},
	    {"/v1/playlists/1a/tracks", "playlist-items"},
	    {"/v1/playlists/", "unknown"},
	    {"/v1/users/kim", "user"},
	    {"/v1/users/kim/playlists", "unknown"},
	    {"/v1/tracks?ids=a,b", "tracks"},
	    {"/v1/tracks/a", "track"},
	    {"/v1/albums/a", "album"},
	    {"/v1/artists/a", "artist"},
	    {"/v1/audio-features/a", "audio-features"},
	    {"/v1/me/following?type=artist", "followed-artists"},
	    {"/v1/me/tracks", "saved-tracks"},
	    {"/v1/mex", "unknown"},
	    {"", "unknown"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		is_text(slice_of(endpoint_of(slice_of(cases[i].path))),
		    cases[i].endpoint, "endpoint of '%s'", cases[i].path);
}

static void test_limits(void)
{
	size_t playlists = bucket_of(SLICE("playlist-items"));
	size_t recent = bucket_of(SLICE("recently-played"));
	struct limits l = {.account = {.exit = 0}};
	struct error t = {.exit = EX_TEMPFAIL, .until = 2000}, sum;

	is_text(slice_of(bucket_name((enum bucket)playlists)), "playlists",
	    "a bucket");
	is_int((int64_t)bucket_of(SLICE("playlist")), (int64_t)playlists,
	    "of several endpoints");
	is_int((int64_t)bucket_of(SLICE("")), BUCKETS - 1, "no endpoint");
	is_int((int64_t)bucket_of(SLICE("playlist playlist-items")),
	    BUCKETS - 1, "an endpoint of no bucket");
	ok(!limits_at(&l, recent, 0), "no limit");
	limits_set(&l, playlists, false, &t);
	t.until = 1000;
	limits_set(&l, playlists, false, &t);
	is_int(limits_at(&l, playlists, 0)->until, 2000, "the later one holds");
	ok(!limits_at(&l, recent, 0), "and no other bucket");
	t.until = 0;
	limits_set(&l, recent, false, &t);
	limits_summarize(&l, LIMITS_BIT(recent) | LIMITS_BIT(playlists), &sum);
	is_text(slice_of(sum.why),
	    "rate limited: recently-played, "
	    "playlists until 1970-01-01T00:00:02.000Z",
	    "the sum of several");
	ok(sum.exit == EX_TEMPFAIL && sum.until == 2000, "and its deadline");
	t.until = 1500;
	limits_set(&l, 0, true, &t);
	is_int(limits_at(&l, playlists, 0)->until, 2000, "all, and one longer");
	is_int(limits_at(&l, BUCKETS - 1, 0)->until, 1500, "all");
	limits_summarize(&l, LIMITS_BIT(recent) | LIMITS_BIT(playlists), &sum);
	is_text(slice_of(sum.why),
	    "rate limited: "
	    "the whole developer account until 1970-01-01T00:00:01.500Z, "
	    "playlists until 1970-01-01T00:00:02.000Z",
	    "the sum names the account first");
	is_int(sum.until, 1500, "the earliest deadline");
	ok(!limits_at(&l, BUCKETS - 1, 1500), "a limit that is over");
	is_int(
	    limits_at(&l, playlists, 1999)->until, 2000, "and one that lasts");
	limits_expire(&l, 1500);
	limits_summarize(&l, LIMITS_BIT(playlists), &sum);
	is_text(slice_of(sum.why),
	    "rate limited: playlists until 1970-01-01T00:00:02.000Z",
	    "one that was removed");
}

static void test_captures(void)
{
	struct request_record r = {
	    .run = SLICE("R"), .endpoint = SLICE("me"), .cursor = 1, .seq = 3};
	struct body_check check;
	struct capture c = {.request = &r,
	    .seq = 5,
	    .page = 1,
	    .url = SLICE("https://a.example/\""),
	    .status = 200};
	struct buf b = BUF_INIT(1 << 20);

	capture_put(&c, SLICE("{ \"n\" : [ 1.0 , 1e400 ] }"), &check, &b);
	is_text(buf_slice(&b),
	    "{\"type\":\"capture\",\"run\":\"R\",\"seq\":5,"
	    "\"endpoint\":\"me\",\"url\":\"https://a.example/\\\"\","
	    "\"status\":200,\"fetched_at\":\"1970-01-01T00:00:00.000Z\","
	    "\"cursor\":1,\"request\":3,\"page\":1,"
	    "\"body\":{\"n\":[1.0,1e400]}}",
	    "a capture");
	buf_clear(&b);
	r = (struct request_record){.endpoint = SLICE("me"), .seq = -1};
	c.page = 2;
	c.user = "kim";
	c.retry_at = 1;
	capture_put(&c, SLICE("{\"cut\":\"\n"), &check, &b);
	is_text(buf_slice(&b),
	    "{\"type\":\"capture\",\"seq\":5,\"endpoint\":\"me\","
	    "\"user\":\"kim\",\"url\":\"https://a.example/\\\"\","
	    "\"status\":200,\"fetched_at\":\"1970-01-01T00:00:00.000Z\","
	    "\"page\":2,\"retry_at\":\"1970-01-01T00:00:00.001Z\","
	    "\"text\":\"{\\\"cut\\\":\\\"\\n\"}",
	    "a capture of what is no JSON");
	ok(check.error && check.at == 8, "of which is said where");
	buf_release(&b);
}

static void test_requests(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
	    {"\"endpoint\":\"me\",\"url\":\"/v1/me\"", NULL},
	    {"\"endpoint\":\"me\",\"url\":\"/v1/me\",\"paging\":null", NULL},
	    {"\"endpoint\":\"me\"", "it has no 'url'"},
	    {"\"endpoint\":\"me\",\"url\":7", "it has no 'url'"},
	    {"\"url\":\"/v1/me\"", "it names no 'endpoint'"},
	    {"\"endpoint\":\"me\",\"url\":\"/v1/me\",\"paging\":\"x\"",
		"its 'paging' is none of 'next', 'offset', 'playlist'"},
	    {"\"endpoint\":\"me\",\"url\":\"/v1/me\",\"seq\":1.5",
		"its 'seq' is no whole number"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf line = BUF_INIT(1024), scratch = BUF_INIT(1024);
		struct record rec;
		struct request_record r;
		const char *why;
		size_t at;

		buf_printf(&line, "{\"type\":\"request\",%s}", cases[i].line);
		record_parse(&rec, buf_slice(&line), &why, &at);
		is_text(
		    slice_of(request_record_parse(&rec, true, &scratch, &r)),
		    cases[i].why, "request: %s", cases[i].line);
		buf_release(&line);
		buf_release(&scratch);
	}
}

static void test_reach(void)
{
	static const struct {
		const char *body;
		bool reaches;
	} cases[] = {
	    {"{\"items\":[]}", true},
	    {"{\"next\":null,\"items\":[ ]}", true},
	    {"{\"items\":[{\"played_at\":\"2026-11-22T06:40:00.124Z\"}]}",
		false},
	    {"{\"items\":[{\"played_at\":\"2026-11-22T06:40:00.124Z\"},"
	     "{\"track\":{\"id\":\"t\",\"items\":[]},"
	     "\"played_at\":\"2026-11-22T06:40:00.123Z\"}]}",
		true},
	    {"{\"items\":[null,\"x\",[],{\"played_at\":1},"
	     "{\"played_at\":\"1999\"}]}",
		false},
	    {"{\"items\":null}", false},
	    {"{\"artists\":{\"items\":[]}}", false},
	    {"[]", false},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		ok(page_reaches_time(slice_of(cases[i].body),
		       INT64_C(1795329600123)) == cases[i].reaches,
		    "reach: %s", cases[i].body);
}

int main(void)
{
	test_reach();
	test_origins();
	test_resolving();
	test_waits();
	test_retries();
	test_problems();
	test_endpoints();
	test_limits();
	test_captures();
	test_requests();
	return tap_done();
}

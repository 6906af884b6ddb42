/*
 * What sp-fetch decides by itself: where a URL leads, how long to wait, which
 * page comes next, what a capture and a token file hold.
 */
#include "unit/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "api/capture.h"
#include "api/cursor.h"
#include "api/limits.h"
#include "api/pages.h"
#include "api/request.h"
#include "auth/token.h"
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

static int told;

static void report(void *ctx, const char *url, const char *what)
{
	(void)ctx;
	(void)url;
	(void)what;
	told++;
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
	is_int(told, 3, "each is told");
	ok(clock_monotonic() - before < 1000, "and is short");
	retry.count = 2;
	before = clock_monotonic();
	retry_wait(&retry, 60, "no luck");
	ok(clock_monotonic() - before >= 59, "a wait that was asked for");
}

/* The URLs of a chain whose pages have these bodies, from where it stopped. */
static void walk_on(const char *name, enum paging paging, const char *first,
    const struct resume_point *stop, const char *const bodies[],
    const char *want)
{
	struct buf seen = BUF_INIT(4096);
	struct origin api;
	struct pages p;
	enum pages_result result;

	origin_parse(&api, "https://a.example");
	pages_init(&p, &api, 4);
	result = pages_begin(&p, slice_of(first), paging, stop);
	while (result == PAGES_MORE) {
		buf_put_slice(&seen, url_path(buf_slice(&p.url)));
		buf_putc(&seen, ' ');
		result =
		    *bodies ? pages_next(&p, slice_of(*bodies)) : PAGES_END;
		bodies += *bodies != NULL;
	}
	buf_puts(&seen, result == PAGES_END ? "end" : p.why);
	is_text(buf_slice(&seen), want, "pages: %s", name);
	pages_release(&p);
	buf_release(&seen);
}

static void walk(const char *name, enum paging paging, const char *first,
    const char *const bodies[], const char *want)
{
	const struct resume_point none = {.number = 0};

	walk_on(name, paging, first, &none, bodies, want);
}

#define BODIES(...)               \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

/* A page: its entries, and the rest of its members. */
#define LIST(entries, rest) "{\"items\":[" entries "]," rest "}"
#define NEXT(ref) "\"next\":\"" ref "\""
#define LAST "\"next\":null"

static void test_links(void)
{
	walk("none are asked for", PAGING_NONE, "/a",
	    BODIES(LIST("1", NEXT("https://a.example/b"))), "/a end");
	walk("until null", PAGING_NEXT, "/a",
	    BODIES(LIST("1", NEXT("https:\\/\\/a.example/b")),
		LIST("2", LAST ",\"cursors\":null")),
	    "/a /b end");
	walk("until none", PAGING_NEXT, "/a",
	    BODIES("{\"items\":[{\"next\":\"/x\"}],\"x\":{\"next\":\"/y\"}}"),
	    "/a end");
	walk("until an empty page", PAGING_NEXT, "/a",
	    BODIES(LIST("1", NEXT("/b")), LIST(" ", NEXT("/c"))), "/a /b end");
	walk("until a page without a list", PAGING_NEXT, "/a",
	    BODIES("{\"next\":\"/b\"}"), "/a end");
	walk("a playlist of one page", PAGING_PLAYLIST, "/p",
	    BODIES("{\"id\":\"p\",\"tracks\":{\"items\":[],\"next\":null}}"),
	    "/p end");
	walk("a playlist, its pages, its check", PAGING_PLAYLIST, "/p",
	    BODIES("{\"tracks\":" LIST("1", NEXT("/b")) "}", LIST("2", LAST),
		"{\"id\":\"p\"}"),
	    "/p /b /p?fields=id,snapshot_id end");
	walk("a playlist in both shapes", PAGING_PLAYLIST, "/p",
	    BODIES("{\"tracks\":" LIST("1", NEXT("/t")) ",\"items\":" LIST(
		       "1", NEXT("/i")) "}",
		LIST("2", LAST)),
	    "/p /i /p?fields=id,snapshot_id end");
	walk("one of which has no entries", PAGING_PLAYLIST, "/p",
	    BODIES("{\"items\":{\"total\":2},\"tracks\":" LIST(
		       "1", NEXT("/t")) "}",
		LIST("2", LAST)),
	    "/p /t /p?fields=id,snapshot_id end");
	walk("a playlist of another, without its list", PAGING_PLAYLIST, "/p",
	    BODIES("{\"id\":\"p\",\"next\":\"/x\"}"), "/p end");
	walk("inside artists", PAGING_NEXT, "/a",
	    BODIES("{\"artists\":" LIST("1", NEXT("/b")) "}",
		"{\"artists\":" LIST("2", LAST) "}"),
	    "/a /b end");
	walk("inside artists, whatever follows", PAGING_NEXT, "/a",
	    BODIES("{\"artists\":" LIST("1", NEXT("/b")) ",\"next\":\"/x\"}",
		"{\"next\":\"/y\",\"artists\":{},\"next\":\"/x\"}"),
	    "/a /b end");
	walk("a playlist with a next of its own", PAGING_PLAYLIST, "/p",
	    BODIES("{\"tracks\":" LIST("1", LAST) ",\"next\":\"/x\"}"),
	    "/p end");
	walk("elsewhere", PAGING_NEXT, "/a",
	    BODIES(LIST("1", NEXT("https://evil.example/b"))),
	    "/a not of the API's origin");
	walk("the same", PAGING_NEXT, "/a",
	    BODIES(LIST("1", NEXT("https://a.example/a"))),
	    "/a a page that was requested before");
	walk("round in a circle", PAGING_NEXT, "/a",
	    BODIES(LIST("1", NEXT("/b")), LIST("2", NEXT("/a"))),
	    "/a /b a page that was requested before");
	walk("for ever", PAGING_NEXT, "/a",
	    BODIES(LIST("1", NEXT("/b")), LIST("2", NEXT("/c")),
		LIST("3", NEXT("/d")), LIST("4", NEXT("/e"))),
	    "/a /b /c /d more pages than --max-pages");
	walk("the same entries for ever", PAGING_NEXT, "/a",
	    BODIES(LIST("1", NEXT("/b")), LIST("1", NEXT("/c"))),
	    "/a /b this page is the same as one before");
	walk("pages of null", PAGING_NEXT, "/a",
	    BODIES(LIST("null", NEXT("/b")), LIST("null", LAST)), "/a /b end");
	walk("no string", PAGING_NEXT, "/a", BODIES(LIST("1", "\"next\":7")),
	    "/a a next that is no string");
	walk("an empty string", PAGING_NEXT, "/a", BODIES(LIST("1", NEXT(""))),
	    "/a end");
	walk("no object", PAGING_NEXT, "/a", BODIES("[]"), "/a end");
}

/* Lists whose total says that a link is missing, or that there is one more. */
static void test_totals(void)
{
	walk("followed artists without a link", PAGING_NEXT, "/f?type=artist",
	    BODIES("{\"artists\":" LIST("1,2",
		       LAST ",\"total\":3,\"cursors\":{\"after\":\"b&c\"}") "}",
		"{\"artists\":" LIST(
		    "3", LAST ",\"total\":3,\"cursors\":{\"after\":null}") "}"),
	    "/f?type=artist /f?type=artist&after=b%26c end");
	walk("followed artists without end", PAGING_NEXT, "/f",
	    BODIES("{\"artists\":" LIST(
		       "1", NEXT("/f?after=1") ",\"total\":1.0") "}",
		"{\"artists\":" LIST(
		    "", NEXT("/f?after=1") ",\"total\":1") "}"),
	    "/f /f?after=1 end");
	walk("whose link leads back", PAGING_NEXT, "/f",
	    BODIES("{\"artists\":" LIST("1", NEXT("/f") ",\"total\":1") "}"),
	    "/f end");
	walk("of which the last comes again", PAGING_NEXT, "/f",
	    BODIES("{\"artists\":" LIST(
		       "1", NEXT("/f?after=1") ",\"total\":1") "}",
		"{\"artists\":" LIST(
		    "1", NEXT("/f?after=2") ",\"total\":1") "}"),
	    "/f /f?after=1 end");
	walk("and others come", PAGING_NEXT, "/f",
	    BODIES("{\"artists\":" LIST(
		       "1", NEXT("/f?after=1") ",\"total\":1") "}",
		"{\"artists\":" LIST(
		    "2", NEXT("/f?after=2") ",\"total\":1") "}"),
	    "/f /f?after=1 it goes on after its 1 entries");
	walk("fewer than the total", PAGING_NEXT, "/f",
	    BODIES("{\"artists\":" LIST("1,null", LAST ",\"total\":3") "}"),
	    "/f it ends after 2 of 3 entries");
	walk("from the middle on", PAGING_NEXT, "/f?after=1",
	    BODIES("{\"artists\":" LIST("2", LAST ",\"total\":3") "}"),
	    "/f?after=1 end");
	walk("an offset, without a link", PAGING_NEXT, "/s",
	    BODIES(LIST("1,null", LAST ",\"total\":3,\"offset\":0"),
		LIST("3", LAST ",\"total\":3,\"offset\":2.0")),
	    "/s /s?offset=2 end");
	walk("a link passes over some", PAGING_NEXT, "/s?offset=0",
	    BODIES(LIST("1", NEXT("/s?offset=2") ",\"total\":3"),
		LIST("3", LAST ",\"total\":3")),
	    "/s?offset=0 /s?offset=2 it ends after 2 of 3 entries");
	walk("a playlist without a link", PAGING_PLAYLIST, "/p?market=NL",
	    BODIES("{\"tracks\":" LIST("1,null", LAST ",\"total\":4") "}",
		LIST("1", LAST ",\"total\":4,\"offset\":2"),
		LIST("1", LAST ",\"total\":4,\"offset\":3"), "{\"id\":\"p\"}"),
	    "/p?market=NL /p/tracks?offset=2&limit=50 "
	    "/p/tracks?offset=3&limit=50 "
	    "/p?market=NL&fields=id,snapshot_id end");
	walk("a playlist that ignores offsets", PAGING_PLAYLIST, "/p",
	    BODIES("{\"items\":" LIST("1", LAST ",\"total\":2") "}",
		LIST("1", LAST ",\"total\":2,\"offset\":0")),
	    "/p /p/items?offset=1&limit=50 "
	    "the offset of this page is 0, not 1");
}

/* Chains of which an earlier run has had the first pages. */
static void test_stops(void)
{
	static const char end[] = LIST("9", LAST);

	walk_on("a chain goes on", PAGING_NEXT, "/a",
	    &(struct resume_point){SLICE("/b"), 2},
	    BODIES(LIST("1", NEXT("/c")), end), "/b /c end");
	walk_on("its pages are counted on", PAGING_NEXT, "/a",
	    &(struct resume_point){SLICE("/b"), 4},
	    BODIES(LIST("1", NEXT("/c"))), "/b more pages than --max-pages");
	walk_on("however many there were", PAGING_NEXT, "/a",
	    &(struct resume_point){SLICE("/b"), 9}, BODIES(end),
	    "more pages than --max-pages");
	walk_on("it does not go back", PAGING_NEXT, "/a",
	    &(struct resume_point){SLICE("/b"), 2},
	    BODIES(LIST("1", NEXT("/a"))),
	    "/b a page that was requested before");
	walk_on("nor elsewhere", PAGING_NEXT, "/a",
	    &(struct resume_point){SLICE("https://b.example/b"), 2},
	    BODIES(end), "not of the API's origin");
	walk_on("a playlist's list", PAGING_PLAYLIST, "/p",
	    &(struct resume_point){SLICE("/p/items?offset=100"), 2},
	    BODIES(end), "/p/items?offset=100 /p?fields=id,snapshot_id end");
	walk_on("a playlist's check", PAGING_PLAYLIST, "/p",
	    &(struct resume_point){SLICE("/p?fields=id,snapshot_id"), 3},
	    BODIES("{\"id\":\"p\",\"items\":{\"next\":\"/x\"}}"),
	    "/p?fields=id,snapshot_id end");
	walk_on("offsets", PAGING_OFFSET, "/a?limit=2&offset=0",
	    &(struct resume_point){SLICE("/a?limit=2&offset=2"), 2},
	    BODIES(LIST("3,4", "\"total\":5"), LIST("5", "\"total\":5")),
	    "/a?limit=2&offset=2 /a?limit=2&offset=4 end");
	walk_on("the entries before it count", PAGING_OFFSET,
	    "/a?limit=2&offset=0",
	    &(struct resume_point){SLICE("/a?limit=2&offset=2"), 2},
	    BODIES(LIST("3", "\"total\":4"), LIST("", "\"total\":4")),
	    "/a?limit=2&offset=2 /a?limit=2&offset=3 "
	    "it ends after 3 of 4 entries");
	walk_on("those before a cursor are not known", PAGING_NEXT, "/f",
	    &(struct resume_point){SLICE("/f?after=1"), 2},
	    BODIES("{\"artists\":" LIST("2", LAST ",\"total\":4") "}"),
	    "/f?after=1 end");
}

static void test_offsets(void)
{
	walk("up to the total", PAGING_OFFSET, "/a?offset=0&limit=2",
	    BODIES(LIST("null,1", "\"total\":5,\"next\":\"/x\""),
		LIST("2,3", "\"total\":5"), LIST("4", "\"total\":5")),
	    "/a?offset=0&limit=2 /a?offset=2&limit=2 /a?offset=4&limit=2 end");
	walk("the total is a multiple", PAGING_OFFSET, "/a?limit=1",
	    BODIES(LIST("1", "\"total\":2"), LIST("2", "\"total\":2")),
	    "/a?limit=1 /a?limit=1&offset=1 end");
	walk("an empty page ends it", PAGING_OFFSET, "/a",
	    BODIES(LIST("1", "\"total\":200"), LIST(" ", "\"total\":200")),
	    "/a /a?offset=1 it ends after 1 of 200 entries");
	walk("no total", PAGING_OFFSET, "/a",
	    BODIES(LIST("1", "\"total\":null"), LIST("", "\"total\":null")),
	    "/a /a?offset=1 end");
	walk("no total, but a last page", PAGING_OFFSET, "/a",
	    BODIES(LIST("1", LAST)), "/a end");
	walk("no total, but a link", PAGING_OFFSET, "/a",
	    BODIES(LIST("1", NEXT("/u")), LIST("2", LAST)),
	    "/a /a?offset=1 end");
	walk("a total of nothing", PAGING_OFFSET, "/a",
	    BODIES(LIST("1", NEXT("/u") ",\"total\":0"),
		LIST("2", NEXT("/u") ",\"total\":0"),
		LIST("", LAST ",\"total\":0")),
	    "/a /a?offset=1 /a?offset=2 end");
	walk("a link after the last", PAGING_OFFSET, "/a",
	    BODIES(LIST("1,2", NEXT("/u") ",\"total\":2"),
		LIST("", NEXT("/u") ",\"total\":2")),
	    "/a /a?offset=2 end");
	walk("the server allows less", PAGING_OFFSET, "/a?limit=100",
	    BODIES(LIST("1,2", "\"limit\":2.0,\"total\":3.0"),
		LIST("3", "\"limit\":\"2\",\"total\":3e0")),
	    "/a?limit=100 /a?limit=100&offset=2 end");
	walk("a limit of nothing", PAGING_OFFSET, "/a?limit=0",
	    BODIES(LIST("1", "\"limit\":0,\"total\":2"),
		LIST("2", "\"limit\":0,\"total\":2")),
	    "/a?limit=0 /a?limit=0&offset=1 end");
	walk("the server ignores offsets", PAGING_OFFSET, "/a",
	    BODIES(LIST("1", "\"offset\":0,\"total\":2"),
		LIST("1", "\"offset\":0.0,\"total\":2")),
	    "/a /a?offset=1 the offset of this page is 0, not 1");
	walk("without saying so", PAGING_OFFSET, "/a",
	    BODIES(LIST("1", "\"total\":2"), LIST("1", "\"total\":2")),
	    "/a /a?offset=1 this page is the same as one before");
	walk("past all numbers", PAGING_OFFSET,
	    "/a?limit=9&offset=9223372036854775807", BODIES(LIST("1", LAST)),
	    "/a?limit=9&offset=9223372036854775807 an offset that is too "
	    "large");
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
	    "one that was forgotten");
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

static bool write_file(const char *path, const char *text, unsigned mode)
{
	FILE *f = fopen(path, "w");

	return f && chmod(path, (mode_t)mode) == 0 && fputs(text, f) >= 0 &&
	       fclose(f) == 0;
}

/* Load a token file of this text and mode; the exit status. */
static int load(const char *path, const char *text, unsigned mode)
{
	struct error error = {.exit = 0};
	struct token t;

	write_file(path, text, mode);
	token_init(&t, path);
	token_load(&t, &error);
	token_release(&t);
	unlink(path);
	return error.exit;
}

static void test_bad_tokens(const char *path)
{
	struct error error = ERROR_UNSET;
	struct token t;

	token_init(&t, path);
	ok(!token_load(&t, &error), "no token file");
	is_int(error.exit, EX_NOPERM, "asks to log in");
	token_release(&t);
	is_int(load(path, "{\"access_token\":\"a\"}", 0600), 0, "a token");
	is_int(load(path, "{}", 0600), 0, "an empty one");
	is_int(load(path, "{}", 0640), EX_CONFIG, "the group may read it");
	is_int(load(path, "{}", 0602), EX_CONFIG, "others may write it");
	is_int(load(path, "", 0600), EX_CONFIG, "an empty file");
	is_int(load(path, "[]", 0600), EX_CONFIG, "no object");
	is_int(load(path, "{\"access_token\":\"a", 0600), EX_CONFIG, "half");
	is_int(load(path, "{\"access_token\":\"a\\r\\nX: b\"}", 0600),
	    EX_CONFIG, "a token that would be two headers");
	is_int(load(path, "{\"access_token\":\"a\\u0000b\"}", 0600), EX_CONFIG,
	    "a token that would end early");
	is_int(load("/", "", 0600), EX_CONFIG, "a folder");
}

static void test_saving(const char *path)
{
	struct buf text = BUF_INIT(4096);
	struct error error = ERROR_UNSET;
	struct token t;
	struct stat st;
	FILE *f;

	write_file(path,
	    "{ \"x\":1.0, \"access_token\":\"old\", \"expires_at\":5,"
	    "\"y\":[ \"\\u0041\" ],\"refresh_token\":\"r\" }",
	    0600);
	token_init(&t, path);
	ok(token_lock(&t, &error), "lock");
	token_set(&t.access_token, SLICE("new"));
	token_set(&t.user_id, SLICE("k\"m"));
	t.expires_at = 86400000;
	ok(token_save(&t, &error), "save");
	token_unlock(&t);
	ok(t.expires_at == 86400000 && token_load(&t, &error) &&
		t.expires_at == 86400000,
	    "and read again");
	f = fopen(path, "r");
	text.n = f ? fread(buf_reserve(&text, 1024), 1, 1024, f) : 0;
	if (f)
		fclose(f);
	is_text(buf_slice(&text),
	    "{\"x\":1.0,\"access_token\":\"new\","
	    "\"expires_at\":\"1970-01-02T00:00:00.000Z\","
	    "\"y\":[ \"\\u0041\" ],\"refresh_token\":\"r\","
	    "\"user_id\":\"k\\\"m\"}\n",
	    "every member is in its place");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode 600");
	buf_release(&text);
	token_release(&t);
}

static void test_scrubbing(void)
{
	char text[] = "a BQ12345678 and BQ1234567 BQ12345678";
	char escaped[] = "\\n \\u0042\\u005112\\u0033\\u0034\\u0035\\u003678"
			 "BQ12345678 BQ1234567\\u00";
	char slashed[] = "BQ\\/n345678 BQ\\/\\n345678 BQ\\";
	struct token t;

	token_init(&t, "none");
	token_redact(&t, text, strlen(text));
	token_set(&t.access_token, SLICE("BQ12345678"));
	token_set(&t.refresh_token, SLICE("a"));
	token_redact(&t, text, strlen(text));
	is_text(slice_of(text), "a ********** and BQ1234567 **********",
	    "secrets are made unreadable");
	token_redact(&t, escaped, strlen(escaped));
	is_text(slice_of(escaped),
	    "\\n ************************************************** "
	    "BQ1234567\\u00",
	    "as JSON may write them, too");
	token_set(&t.access_token, SLICE("BQ/n345678"));
	token_redact(&t, slashed, strlen(slashed));
	is_text(slice_of(slashed), "*********** BQ\\/\\n345678 BQ\\",
	    "slashes with them");
	token_release(&t);
}

/* A secret in forms that a server may echo, of which nothing is to be left. */
static void test_scrubbing_forms(void)
{
	static const char *const secrets[] = {
	    "BQ+a/b?c~d>e=", "BQ%2Fx%2", "AQold_token-1"};
	static const struct {
		size_t secret;
		const char *text, *want;
	} cases[] = {
	    {0, "[BQ%2Ba%2fb%3Fc~d%3Ee%3D]", "[***********************]"},
	    {0, "[BQ%252Ba%252fb%3Fc~d>e=]", "[***********************]"},
	    {0, "[%42%51+a\\/b?c~d>e\\u003D]", "[***********************]"},
	    /* In base64, alone and as a part, the characters that are its. */
	    {0, "[QlErYS9iP2N+ZD5lPQ==]", "[*****************Q==]"},
	    {0, "[QlErYS9iP2N-ZD5lPQ]", "[*****************Q]"},
	    {0, "[QlErYS9iP2N%2bZD5lPQ%3D%3D]", "[*******************Q%3D%3D]"},
	    {0, "[QlErYS9iP2N\\u002BZD5lPQ==]", "[**********************Q==]"},
	    {0, "[OkJRK2EvYj9jfmQ-ZT06]", "[Ok****************06]"},
	    {0, "[eDpCUSthL2I/Y35kPmU9Og==]", "[eDp*****************Og==]"},
	    {0, "[eHh4QlErYS9iP2N+ZD5lPQ==]", "[eHh4*****************Q==]"},
	    {0, "[QlErYS9iP2N]", "[QlErYS9iP2N]"},
	    {1, "BQ%2Fx%2 BQ%252Fx%252 BQ/x%2", "******** ************ BQ/x%2"},
	    {2, "AQold_token-1 QVFvbGRfdG9rZW4tMQ==",
		"************* *****************Q=="},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[80];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		secret_redact(secrets[cases[i].secret], text, strlen(text));
		is_text(slice_of(text), cases[i].want, "form %zu", i);
	}
}

static void test_scrubbing_replaced(void)
{
	char text[] = "BQfirst00 AQfirst00 BQsecond0 BQthird00 AQsecond0";
	struct token t;

	token_init(&t, "none");
	token_set(&t.access_token, SLICE("BQfirst00"));
	token_set(&t.refresh_token, SLICE("AQfirst00"));
	token_update(&t, SLICE("BQsecond0"), SLICE(""));
	token_update(&t, SLICE("BQthird00"), SLICE("AQsecond0"));
	ok(strcmp(t.access_token, "BQthird00") == 0 &&
		strcmp(t.refresh_token, "AQsecond0") == 0,
	    "the new tokens");
	token_redact(&t, text, strlen(text));
	is_text(slice_of(text),
	    "********* ********* ********* ********* *********",
	    "and those before are all looked for");
	token_release(&t);
}

static void test_tokens(void)
{
	char folder[] = "/tmp/sp-http-XXXXXX";
	char path[64], lock[80];

	if (!mkdtemp(folder)) {
		ok(false, "a folder to work in");
		return;
	}
	snprintf(path, sizeof(path), "%s/token.json", folder);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	test_bad_tokens(path);
	test_saving(path);
	unlink(path);
	unlink(lock);
	is_int(rmdir(folder), 0, "nothing is left behind");
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
	test_links();
	test_stops();
	test_offsets();
	test_totals();
	test_problems();
	test_endpoints();
	test_limits();
	test_captures();
	test_requests();
	test_tokens();
	test_scrubbing();
	test_scrubbing_forms();
	test_scrubbing_replaced();
	return tap_done();
}

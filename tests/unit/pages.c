/* The chain of pages of a request: which page follows, and where it ends. */
#include "unit/tap.h"

#include "api/pages.h"
#include "http/origin.h"

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
	    "/a not a URL of the API");
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
	    BODIES(end), "not a URL of the API");
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

int main(void)
{
	test_links();
	test_stops();
	test_offsets();
	test_totals();
	return tap_done();
}

/*
 * Fuzzes what lib/http reads of a server's answer: whatever it says, the next
 * page is at the API, a wait has its bounds, and a capture is one JSON text.
 */
#include <stdlib.h>

#include "api/capture.h"
#include "api/pages.h"
#include "api/request.h"
#include "http/retry_after.h"
#include "json/json.h"
#include "spotify/problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void try_pages(struct slice body, enum paging paging)
{
	const struct resume_point none = {.number = 0};
	struct origin api, to;
	struct pages p;

	must(!origin_parse(&api, "https://api.example"));
	pages_init(&p, &api, 3);
	must(pages_begin(&p, SLICE("/v1/me?offset=3"), paging, &none) ==
	     PAGES_MORE);
	while (pages_next(&p, body) == PAGES_MORE) {
		must(!origin_parse(&to, p.url.p));
		must(origin_eq(&api, &to));
	}
	must(p.number <= 3);
	pages_release(&p);
}

static void try_url(struct slice ref)
{
	struct origin api, to;
	struct buf url = BUF_INIT(URL_MAX);

	must(!origin_parse(&api, "https://api.example"));
	if (url_resolve(&api, ref, &url) == NULL) {
		must(!origin_parse(&to, buf_cstr(&url)));
		must(origin_eq(&api, &to) && origin_is_safe(&to));
	} else {
		must(url.n == 0);
	}
	must(endpoint_of(url_path(ref)) != NULL);
	buf_release(&url);
}

static void try_body(struct slice body)
{
	struct request_record r = {.endpoint = SLICE("me")};
	struct capture c = {.request = &r, .url = SLICE("/")};
	struct buf b = BUF_INIT(1 << 20);
	struct body_check check;
	struct json j;
	char text[64];

	must(capture_put(&c, body, &check, &b));
	must(json_check(&j, buf_slice(&b)));
	must(!memchr(b.p, '\n', b.n));
	problem_text(500, body, text, sizeof(text));
	must(strlen(text) < sizeof(text));
	problem_code(body);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly its size, so that a read past the end is seen. */
	char *copy = malloc(size ? size : 1);
	struct slice text = {copy, size};
	int64_t wait = 0;

	must(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	if (retry_after_parse(text, 1700000000000, &wait))
		must(wait >= 0 && wait <= INT64_C(366) * 86400000);
	try_url(text);
	try_body(text);
	try_pages(text, PAGING_NEXT);
	try_pages(text, PAGING_OFFSET);
	free(copy);
	return 0;
}

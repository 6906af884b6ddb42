#include "rehearse/render_parts.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/url.h"
#include "rehearse/catalogue.h"
#include "rehearse/prng.h"

void put_member(struct buf *b, const char *key, const char *text)
{
	bool first = b->n > 0 && b->p[b->n - 1] == '{';

	buf_printf(b, "%s\"%s\":", first ? "" : ",", key);
	put_text(b, text);
}

void put_links(struct buf *b, const char *type, const char *id)
{
	if (id[0] == '\0') {
		buf_printf(b,
		    "\"external_urls\":{},\"href\":null,\"id\":null,"
		    "\"type\":\"%s\",\"uri\":null",
		    type);
		return;
	}
	buf_printf(b,
	    "\"external_urls\":{\"spotify\":\"" WEB "/%s/%s\"},"
	    "\"href\":\"" API "/%ss/%s\",\"id\":\"%s\","
	    "\"type\":\"%s\",\"uri\":\"spotify:%s:%s\"",
	    type, id, type, id, id, type, type, id);
}

void put_images(struct buf *b, const char *what, const char *id)
{
	static const int sizes[] = {640, 300, 64};
	char picture[41];

	buf_puts(b, ",\"images\":[");
	for (size_t i = 0; i < 3 && id[0] != '\0'; i++) {
		struct prng c = {prng_derive(i, id, 0)};

		for (int k = 0; k < 40; k++)
			picture[k] = "0123456789abcdef"[prng_below(&c, 16)];
		picture[40] = '\0';
		buf_printf(b,
		    "%s{\"height\":%d,\"url\":\"https://i.scdn.co/"
		    "image/%s%s\",\"width\":%d}",
		    i > 0 ? "," : "", sizes[i], what, picture, sizes[i]);
	}
	buf_puts(b, "]");
}

void put_user_links(struct buf *b, const char *id)
{
	struct buf path = BUF_INIT((size_t)4 * NAME_SIZE);
	char uri[NAME_SIZE + 16];

	url_encode(&path, slice_of(id), "");
	buf_puts(b, "\"external_urls\":{\"spotify\":");
	put_joined(b, WEB "/user/", buf_slice(&path));
	buf_puts(b, "},\"href\":");
	put_joined(b, API "/users/", buf_slice(&path));
	b->failed = b->failed || path.failed;
	buf_release(&path);
	put_member(b, "id", id);
	snprintf(uri, sizeof(uri), "spotify:user:%s", id);
	buf_puts(b, ",\"type\":\"user\"");
	put_member(b, "uri", uri);
}

void put_second(struct buf *b, int64_t ms)
{
	char text[CLOCK_TEXT];

	if (ms >= 0 && clock_format(ms, text))
		buf_printf(b, "\"%.19sZ\"", text);
	else
		buf_puts(b, "null");
}

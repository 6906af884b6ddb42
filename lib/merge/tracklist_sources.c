#include "merge/tracklist_sources.h"

#include <inttypes.h>

#include "json/json.h"
#include "merge/sources.h"

#define TEXT_MAX ((size_t)1 << 30)

/* Read the next pair of the array. */
static bool next_pair(struct json *j, int64_t *position, int64_t *source)
{
	return json_next(j) == JSON_ARRAY && json_next(j) == JSON_NUMBER &&
	       json_whole(j->text, position) && json_next(j) == JSON_NUMBER &&
	       json_whole(j->text, source) && json_next(j) == JSON_ARRAY_END;
}

static bool begin(struct json *j, struct slice text)
{
	if (text.n == 0)
		return false;
	json_init(j, text);
	return json_next(j) == JSON_ARRAY;
}

void tracklist_sources_add(struct buf *text, int64_t position, int64_t source)
{
	if (text->n > 0)
		text->p[text->n - 1] = ',';
	else
		buf_putc(text, '[');
	buf_printf(text, "[%" PRId64 ",%" PRId64 "]]", position, source);
}

int64_t tracklist_sources_at(struct slice text, int64_t position)
{
	int64_t at, source;
	struct json j;

	if (begin(&j, text))
		while (next_pair(&j, &at, &source))
			if (at == position)
				return source;
	return SOURCE_UNKNOWN;
}

/* Set the source at a position, or remove it; pairs stay in order. */
static void replace(struct buf *text, int64_t position, const int64_t *source)
{
	struct buf rest = BUF_INIT(TEXT_MAX);
	int64_t at, was;
	bool put = !source;
	struct json j;

	if (begin(&j, buf_slice(text)))
		while (next_pair(&j, &at, &was)) {
			if (at == position)
				continue;
			if (!put && at > position) {
				tracklist_sources_add(&rest, position, *source);
				put = true;
			}
			tracklist_sources_add(&rest, at, was);
		}
	if (!put)
		tracklist_sources_add(&rest, position, *source);
	buf_set(text, buf_slice(&rest));
	buf_release(&rest);
}

void tracklist_sources_put(struct buf *text, int64_t position, int64_t source)
{
	replace(text, position, &source);
}

void tracklist_sources_know(
    struct buf *text, int64_t position, int64_t count, int64_t of)
{
	int64_t known = text->n == 0 ? 0
				     : tracklist_sources_at(
					   buf_slice(text), TRACKLIST_UNKNOWN);

	if (known < 0)
		return;
	if (position <= known && position + count > known)
		known = position + count;
	replace(text, TRACKLIST_UNKNOWN, known < of ? &known : NULL);
}

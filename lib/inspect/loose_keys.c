#include "inspect/loose_keys.h"

#include <string.h>

#include "base/clock.h"
#include "spotify/ref.h"

#define SHORT_ID_MIN 4
#define LAST_CHARACTER "\xf4\x8f\xbf\xbf"

struct slice loose_id(struct slice text)
{
	struct ref ref;

	slice_drop_end(&text, SLICE("\xe2\x80\xa6"));
	ref = ref_parse(text);
	return ref.id.p ? ref.id : text;
}

int put_candidates(struct query *q, struct buf *names)
{
	int count = 0;

	while (count <= CANDIDATES_MAX && query_step(q)) {
		buf_puts(names, count ? ", " : "");
		buf_puts(
		    names, count < CANDIDATES_MAX ? query_string(q, 0) : "...");
		count++;
	}
	return count;
}

/* How much of a time a text has: up to its minute, second or fraction. */
static size_t precision(struct slice text)
{
	if (memchr(text.p, '.', text.n))
		return CLOCK_TEXT - 1;
	if (text.n > LOOSE_MINUTE && text.p[LOOSE_MINUTE] == ':')
		return LOOSE_SECOND;
	return LOOSE_MINUTE;
}

static struct slice append(struct buf *to, const char *text, size_t n, char end)
{
	size_t from = to->n;

	buf_put(to, text, n);
	if (end)
		buf_put(to, &end, 1);
	return (struct slice){to->p + from, to->n - from};
}

struct slice loose_id_end(struct slice text, struct buf *to)
{
	size_t from = to->n;

	if (text.n < SHORT_ID_MIN)
		return (struct slice){NULL, 0};
	buf_put_slice(to, text);
	buf_puts(to, LAST_CHARACTER);
	return (struct slice){to->p + from, to->n - from};
}

struct loose_time loose_time(struct slice text, struct buf *to)
{
	int64_t now = clock_now(), from, end;
	char first[CLOCK_TEXT], last[CLOCK_TEXT];
	struct loose_time t;

	if (!clock_parse_local(text, now, false, &from) ||
	    !clock_parse_local(text, now, true, &end) ||
	    !clock_format(from, first) || !clock_format(end, last)) {
		t.from = t.end = append(to, text.p, text.n, '\0');
	} else if (from < end) {
		t.from = append(to, first, CLOCK_TEXT - 1, '\0');
		t.end = append(to, last, CLOCK_TEXT - 1, '\0');
	} else {
		t.from = append(to, first, precision(text), '\0');
		t.end = append(to, first, precision(text), '~');
	}
	return t;
}

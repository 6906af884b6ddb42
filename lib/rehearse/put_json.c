#include "rehearse/put_json.h"

#include "base/clock.h"
#include "json/json.h"

void put_text(struct buf *b, const char *text)
{
	if (text == NULL)
		buf_puts(b, "null");
	else
		json_put_string(b, slice_of(text));
}

void put_joined(struct buf *b, const char *first, struct slice second)
{
	struct buf joined = BUF_INIT(b->max);

	buf_puts(&joined, first);
	buf_put_slice(&joined, second);
	b->failed = b->failed || joined.failed;
	json_put_string(b, buf_slice(&joined));
	buf_release(&joined);
}

void put_time(struct buf *b, int64_t ms)
{
	char text[CLOCK_TEXT];

	put_text(b, clock_format(ms, text) ? text : NULL);
}

void put_reopen(struct buf *b)
{
	if (b->n > 0)
		b->n--;
}

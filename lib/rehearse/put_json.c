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

static void new_line(struct buf *b, int depth)
{
	buf_putc(b, '\n');
	while (depth-- > 0)
		buf_puts(b, "  ");
}

void put_pretty(struct buf *b, struct slice json)
{
	const char *p = json.p, *end = json.p + json.n;
	bool in_string = false;
	int depth = 0;

	for (; p < end; p++) {
		char c = *p, next = p + 1 < end ? p[1] : '\0';

		if (in_string) {
			buf_putc(b, c);
			if (c == '\\' && p + 1 < end)
				buf_putc(b, *++p);
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '}' || c == ']')
			new_line(b, --depth);
		if (c == ':')
			buf_puts(b, " : ");
		else
			buf_putc(b, c);
		in_string = c == '"';
		if ((c == '{' && next == '}') || (c == '[' && next == ']'))
			buf_putc(b, *++p);
		else if (c == '{' || c == '[')
			new_line(b, ++depth);
		else if (c == ',')
			new_line(b, depth);
	}
}

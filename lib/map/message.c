#include "map/message.h"

bool message_put(struct buf *b, struct slice text)
{
	size_t n = text.n;

	if (n > MESSAGE_MAX) {
		n = MESSAGE_MAX;
		while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
			n--;
	}
	for (size_t i = 0; i < n; i++)
		buf_putc(b, (unsigned char)text.p[i] < 0x20 ? ' ' : text.p[i]);
	return n == text.n;
}

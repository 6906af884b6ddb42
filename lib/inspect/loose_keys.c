#include "inspect/loose_keys.h"

#include <string.h>

#include "base/clock.h"
#include "spotify/ref.h"

struct slice loose_id(struct slice text)
{
	struct ref ref = ref_parse(text);

	return ref.id.p ? ref.id : text;
}

struct slice loose_time(struct slice text, struct buf *to)
{
	size_t from = to->n;
	char whole[CLOCK_TEXT];
	bool fraction = memchr(text.p, '.', text.n) != NULL;
	int64_t ms;

	if (clock_parse(text, &ms) && clock_format(ms, whole)) {
		buf_put(to, whole, fraction ? CLOCK_TEXT - 1 : LOOSE_SECOND);
	} else {
		buf_put_slice(to, text);
		if (text.n > 10 && to->p[from + 10] == ' ')
			to->p[from + 10] = 'T';
		if (text.n > 11 && to->p[to->n - 1] == 'Z')
			to->n--;
	}
	return (struct slice){to->p + from, to->n - from};
}

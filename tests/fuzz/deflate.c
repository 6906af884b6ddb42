/*
 * Fuzzes what a database holds as a deflated body: it is inflated to exactly as
 * many bytes as it is said to have, or not at all, and takes no more memory.
 * And whatever text is deflated comes back as it was.
 */
#include <stdlib.h>

#include "staging/deflate.h"

#define ROOM ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void try_open(struct deflate *p, struct slice deflated, int64_t size)
{
	struct buf b = BUF_INIT(ROOM);
	const char *why;

	must(buf_puts(&b, "before"));
	why = inflate_text(p, deflated, size, &b);
	must(why ? b.n == 6 : b.n == 6 + (size_t)size);
	must(b.cap <= ROOM && !memcmp(b.p, "before", 6));
	buf_release(&b);
}

static void try_round(struct deflate *p, struct slice text)
{
	struct buf deflated = BUF_INIT(ROOM), plain = BUF_INIT(ROOM);

	must(deflate_text(p, text, false, &deflated));
	must(deflated.n < text.n || deflated.n == 0);
	if (deflated.n) {
		must(!inflate_text(
		    p, buf_slice(&deflated), (int64_t)text.n, &plain));
		must(slice_eq(text, buf_slice(&plain)));
	}
	buf_release(&deflated);
	buf_release(&plain);
}

/* The first eight bytes are a size, or the first two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct deflate p;
	int64_t claimed = 0;
	char *copy;

	if (size < 8)
		return 0;
	memcpy(&claimed, data, 8);
	/* Exactly its size, so that a read past the end is seen. */
	copy = malloc(size);
	must(copy);
	if (!p.compressor)
		deflate_init(&p);
	memcpy(copy, data, size);
	try_open(&p, (struct slice){copy + 8, size - 8}, claimed);
	try_open(&p, (struct slice){copy + 2, size - 2}, claimed & 0xffff);
	try_round(&p, (struct slice){copy, size});
	free(copy);
	return 0;
}

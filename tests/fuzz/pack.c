/*
 * Fuzzes what a database says is a packed body: it is opened to exactly as
 * many bytes as it is said to have, or not at all, and takes no more memory.
 * And whatever text is packed comes back as it was.
 */
#include <stdlib.h>

#include "store/pack.h"

#define ROOM ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void try_open(struct pack *p, struct slice packed, int64_t size)
{
	struct buf b = BUF_INIT(ROOM);
	const char *why;

	must(buf_puts(&b, "before"));
	why = pack_open(p, packed, size, &b);
	must(why ? b.n == 6 : b.n == 6 + (size_t)size);
	must(b.cap <= ROOM && !memcmp(b.p, "before", 6));
	buf_release(&b);
}

static void try_round(struct pack *p, struct slice text)
{
	struct buf packed = BUF_INIT(ROOM), plain = BUF_INIT(ROOM);

	must(pack_text(p, text, false, &packed));
	must(packed.n < text.n || packed.n == 0);
	if (packed.n) {
		must(
		    !pack_open(p, buf_slice(&packed), (int64_t)text.n, &plain));
		must(slice_eq(text, buf_slice(&plain)));
	}
	buf_release(&packed);
	buf_release(&plain);
}

/* The first eight bytes are a size, or the first two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pack p;
	int64_t claimed = 0;
	char *copy;

	if (size < 8)
		return 0;
	memcpy(&claimed, data, 8);
	/* Exactly its size, so that a read past the end is seen. */
	copy = malloc(size);
	must(copy);
	if (!p.in)
		pack_init(&p);
	memcpy(copy, data, size);
	try_open(&p, (struct slice){copy + 8, size - 8}, claimed);
	try_open(&p, (struct slice){copy + 2, size - 2}, claimed & 0xffff);
	try_round(&p, (struct slice){copy, size});
	free(copy);
	return 0;
}

#include "staging/deflate.h"

#include <libdeflate.h>

#include "base/mem.h"

/* The greatest that is worth its time. */
#define LEVEL 6

/* Deflate makes no more bytes of one, and these besides. */
#define RATIO 1032
#define FRAME 64

void deflate_init(struct deflate *p)
{
	p->in = mem_need(libdeflate_alloc_compressor(LEVEL));
	p->out = mem_need(libdeflate_alloc_decompressor());
}

void deflate_release(struct deflate *p)
{
	if (p->in)
		libdeflate_free_compressor(p->in);
	if (p->out)
		libdeflate_free_decompressor(p->out);
	*p = (struct deflate){NULL, NULL};
}

bool deflate_text(
    struct deflate *p, struct slice text, bool always, struct buf *to)
{
	size_t most = always ? libdeflate_zlib_compress_bound(p->in, text.n)
		      : text.n > 1 ? text.n - 1
				   : 0;
	char *room = most ? buf_reserve(to, most) : NULL;

	if (room)
		to->n +=
		    libdeflate_zlib_compress(p->in, text.p, text.n, room, most);
	return !to->failed;
}

const char *inflate_text(
    struct deflate *p, struct slice deflated, int64_t size, struct buf *to)
{
	static const char damaged[] = "its body is damaged";
	enum libdeflate_result result;
	char *room;

	/* Before there is room made for whatever size is claimed. */
	if (size <= 0 || (uint64_t)size / RATIO > deflated.n + FRAME)
		return damaged;
	room = buf_reserve(to, (size_t)size);
	if (!room)
		return damaged;
	result = libdeflate_zlib_decompress(
	    p->out, deflated.p, deflated.n, room, (size_t)size, NULL);
	if (result != LIBDEFLATE_SUCCESS)
		return damaged;
	to->n += (size_t)size;
	return NULL;
}

#include "staging/deflate.h"

#include <libdeflate.h>

#include "base/mem.h"

#define LEVEL 5 /* 6 takes a third more time, for a twentieth of the size */

/* A deflated byte expands to RATIO at most; FRAME is header and trailer. */
#define RATIO 1032
#define FRAME 64

void deflate_init(struct deflate *p)
{
	p->compressor = mem_need(libdeflate_alloc_compressor(LEVEL));
	p->decompressor = mem_need(libdeflate_alloc_decompressor());
}

void deflate_release(struct deflate *p)
{
	if (p->compressor)
		libdeflate_free_compressor(p->compressor);
	if (p->decompressor)
		libdeflate_free_decompressor(p->decompressor);
	*p = (struct deflate){NULL, NULL};
}

bool deflate_text(
    struct deflate *p, struct slice text, bool always, struct buf *to)
{
	size_t max = always
			 ? libdeflate_zlib_compress_bound(p->compressor, text.n)
		     : text.n > 1 ? text.n - 1
				  : 0;
	char *room = max ? buf_reserve(to, max) : NULL;

	if (room)
		to->n += libdeflate_zlib_compress(
		    p->compressor, text.p, text.n, room, max);
	return !to->failed;
}

const char *inflate_text(
    struct deflate *p, struct slice deflated, int64_t size, struct buf *to)
{
	static const char damaged[] = "its body is damaged";
	enum libdeflate_result result;
	char *room;

	/* Checked before room for the claimed size is allocated. */
	if (size <= 0 || (uint64_t)size / RATIO > deflated.n + FRAME)
		return damaged;
	room = buf_reserve(to, (size_t)size);
	if (!room)
		return damaged;
	result = libdeflate_zlib_decompress(
	    p->decompressor, deflated.p, deflated.n, room, (size_t)size, NULL);
	if (result != LIBDEFLATE_SUCCESS)
		return damaged;
	to->n += (size_t)size;
	return NULL;
}

#include "value/heap.h"

#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define PIECE ((size_t)64 << 10)
#define ALONE (PIECE / 4) /* what is larger gets a piece of its own */

/* The clock is read after so many ticks; a new piece counts as some. */
#define TICKS 4096u
#define PIECE_TICKS 512u

/* What a run has used stays for the next one, up to this. */
#define HEAP_KEPT ((size_t)4 << 20)

static int64_t cpu_time(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
		return clock_monotonic();
	return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000000;
}

static void clear(struct heap *h)
{
	if (h->arena.used > HEAP_KEPT)
		arena_release(&h->arena);
	else
		arena_clear(&h->arena);
	h->p = h->end = h->text = h->text_to = NULL;
}

void heap_release(struct heap *h)
{
	arena_release(&h->arena);
	h->p = h->end = h->text = h->text_to = NULL;
}

bool heap_guard(struct heap *h, void (*work)(void *ctx), void *ctx)
{
	jmp_buf leave;

	clear(h);
	h->exceeded = NULL;
	h->stack = __builtin_frame_address(0);
	h->deadline = cpu_time() + h->time_max_ms;
	h->ticks = TICKS;
	h->leave = &leave;
	h->edit = h->edits = 0;
	if (setjmp(leave) == 0)
		work(ctx);
	h->leave = NULL;
	return !h->exceeded;
}

_Noreturn void heap_exceed(struct heap *h, const char *what)
{
	if (!h->leave)
		mem_exhausted();
	h->exceeded = what;
	longjmp(*h->leave, 1);
}

void heap_check_time(struct heap *h)
{
	h->ticks = TICKS;
	if (h->leave && cpu_time() > h->deadline)
		heap_exceed(h, HEAP_NO_TIME);
}

void heap_too_deep(struct heap *h)
{
	if (h->leave)
		heap_exceed(h, "the mapping nests too deeply");
}

void *heap_more(struct heap *h, size_t n)
{
	size_t size = n > ALONE ? n : PIECE;
	char *p;

	if (h->leave && (size > h->max || h->arena.used > h->max - size))
		heap_exceed(h, HEAP_NO_MEMORY);
	if (h->ticks < PIECE_TICKS)
		heap_check_time(h);
	else
		h->ticks -= PIECE_TICKS;
	p = arena_room(&h->arena, size);
	if (n > ALONE)
		return p;
	h->p = p + n;
	h->end = p + size;
	return p;
}

/*
 * The memory of a run: everything that is made while one capture is mapped,
 * freed all at once when the next one begins. No value is freed by itself, and
 * none is counted.
 *
 * It also has the run's limits. Whoever strikes one leaves the run at once, by
 * a jump to the heap_guard around it: such an error cannot be caught by a
 * program, and code in between has nothing to clean up, as it owns nothing but
 * memory of the heap.
 */
#ifndef SP_VALUE_HEAP_H
#define SP_VALUE_HEAP_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

/* Limits, as heap->exceeded names them; others are messages. */
#define HEAP_NO_TIME "too much time"
#define HEAP_NO_MEMORY "too much memory"

struct heap {
	size_t max;	     /* bytes that a run may use */
	int64_t time_max_ms; /* of CPU time, that a run may take */
	size_t stack_max;    /* bytes of the C stack, from heap_guard on */

	const char *exceeded; /* what ended the last run; NULL if nothing did */

	struct arena arena;   /* private from here */
	char *p, *end;	      /* free room of the current piece */
	char *text, *text_to; /* where the string that was made last ends, and
				 what it may grow into */
	const char *stack;    /* where the run began */
	int64_t deadline;
	unsigned ticks;	      /* until the clock is read again */
	jmp_buf *leave;	      /* NULL outside of heap_guard */
	uint32_t edit, edits; /* see jq_value.h: the one going on, or 0; so
				 many there were */
};

/*
 * Limits are set by the caller, in a heap that is otherwise all zeros. A heap
 * without heap_guard around has none: it is an arena.
 */
void heap_release(struct heap *);

/*
 * Free all, and call `work`. What it makes stays until the next call. False if
 * a limit was struck: heap->exceeded says which, as the reason of a failed
 * capture ("too much memory", ...). Only memory of the heap may be lost by it.
 */
bool heap_guard(struct heap *, void (*work)(void *ctx), void *ctx);

/* Leave the run; `what` is a constant string. */
_Noreturn void heap_exceed(struct heap *, const char *what);

void *heap_more(struct heap *, size_t n); /* for heap_alloc */
void heap_check_time(struct heap *);	  /* for heap_tick */
void heap_too_deep(struct heap *);	  /* for heap_check_stack */

/* n bytes, aligned for values and pointers. */
static inline void *heap_alloc(struct heap *h, size_t n)
{
	char *p = h->p;

	n = (n + 7) & ~(size_t)7;
	if (n > (size_t)(h->end - p))
		return heap_more(h, n);
	h->p = p + n;
	return p;
}

/* To be called in every loop and call: looks at the clock now and then. */
static inline void heap_tick(struct heap *h)
{
	if (h->ticks-- == 0)
		heap_check_time(h);
}

/* To be called by whatever recurs: looks at the depth of the C stack. */
static inline void heap_check_stack(struct heap *h)
{
	const char *here = __builtin_frame_address(0);

	if ((uintptr_t)h->stack - (uintptr_t)here > h->stack_max)
		heap_too_deep(h);
}

#endif

/*
 * Allocate or end the program. What these return is never NULL and belongs to
 * the caller, who frees it with free(). Where the system has no memory, the
 * program ends with exit status 71: the one exception to the rule that lib/
 * never exits. It ends at once, as if killed; nothing that is buffered is
 * written. A limit of our own, like the maximum of a buf, is no lack of
 * memory.
 *
 * Only mem.c calls malloc, calloc and realloc. A library that reports a lack of
 * memory ends the program the same way: mem_need and mem_exhausted.
 */
#ifndef SP_BASE_MEM_H
#define SP_BASE_MEM_H

#include <stddef.h>

#include "base/slice.h"

/*
 * What to do when there is no memory: print a message, or end the process in
 * another way. It must not allocate, and may run in any thread.
 */
void mem_on_exhausted(void (*hook)(void));

/* Call the hook, then end the process with status 71. */
_Noreturn void mem_exhausted(void);

/* p, which a library returned: NULL says that it had no memory. */
void *mem_need(void *p) __attribute__((returns_nonnull));

/* n bytes; where n is 0, there is still something to free. */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));

/* An array whose bytes are 0. */
void *mem_zero(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

/* Change the number of elements of an array, or of NULL for a new one. */
void *mem_resize(void *, size_t count, size_t size)
    __attribute__((returns_nonnull));

/*
 * Have an array, or NULL for a new one, hold at least `count` elements.
 * `*room`, the number that it holds, at least doubles where it is too small.
 */
void *mem_grow(void *, size_t *room, size_t count, size_t size);

/* A copy as a C string; NULL of what is NULL. */
char *mem_string(const char *);
char *mem_string_slice(struct slice);

#endif

/*
 * Texts as numbers: equal texts get equal numbers, from 0 on in the order of
 * their coming. An interner that is all zeros is empty and owns nothing.
 */
#ifndef SP_BASE_INTERN_H
#define SP_BASE_INTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/slice.h"

struct intern {
	struct slice *texts; /* by number; they stay where they are */
	size_t count;

	size_t room; /* private from here */
	struct hash table;
	struct arena arena;
};

/* The number of a text, which is copied if it is new: then *is_new is true. */
uint32_t intern(struct intern *, struct slice text, bool *is_new);

/* Forget all texts, but keep some of the memory. */
void intern_clear(struct intern *);
void intern_release(struct intern *);

#endif

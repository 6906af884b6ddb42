/* Whole numbers, written in decimal. */
#ifndef SP_BASE_NUMBER_H
#define SP_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Read digits, after a minus sign or none. False, and nothing is set, if it is
 * anything else, or does not fit.
 */
bool number_parse(struct slice, int64_t *);

#endif

/* Whole numbers as text. */
#ifndef SP_BASE_NUMBER_H
#define SP_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Read decimal digits, after a minus sign or none. False, and nothing is set,
 * if it is anything else, or does not fit.
 */
bool number_parse(struct slice, int64_t *);

/* What a noun after a number ends in: "3 request%s". */
#define PLURAL(n) ((n) == 1 ? "" : "s")

/* The value of a hexadecimal digit, in either case; -1 if it is none. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

#endif

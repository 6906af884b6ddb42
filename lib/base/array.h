/* Arrays of C. */
#ifndef SP_BASE_ARRAY_H
#define SP_BASE_ARRAY_H

#include <stddef.h>

/* How many elements an array has; a pointer is none. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif

/*
 * What is odd in a capture: members, and elements of arrays, that are not of
 * the kinds that the mapping declares in hints.shape. They are taken out, so
 * that a mapping need not look for them, and each is refused by itself.
 */
#ifndef SP_MAP_SHAPE_H
#define SP_MAP_SHAPE_H

#include <jv.h>

#include "map/hints.h"

/*
 * A value, consumed, without its odd members and with null for odd elements,
 * but for what is within members that the mapping skips. `*odd` becomes an
 * array of objects: `path`, an array of names and indexes, and `reason`.
 */
jv shape_clean(const struct hints *, jv value, jv *odd);

#endif

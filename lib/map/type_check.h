/*
 * Checks a capture against the kinds that its mapping declares, `# shape:` in
 * map/declarations.h. Members, and elements of arrays, that are of another
 * kind are odd: they are removed, so that the mapping need not check for
 * them, and each is reported.
 */
#ifndef SP_MAP_TYPE_CHECK_H
#define SP_MAP_TYPE_CHECK_H

#include <jv.h>

#include "map/declarations.h"

/*
 * A value, consumed, without its odd members and with null for odd elements.
 * Members that the mapping skips are not checked. `*odd` becomes an array of
 * objects: `path`, an array of names and indexes, and `reason`.
 */
jv type_check(const struct declarations *, jv value, jv *odd);

#endif

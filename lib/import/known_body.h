/*
 * Which endpoint of the Web API a saved response is of, by its links and
 * its shape.
 */
#ifndef SP_IMPORT_KNOWN_BODY_H
#define SP_IMPORT_KNOWN_BODY_H

#include "base/slice.h"

/*
 * The endpoint of a body, which is JSON; NULL if it is of none that is known,
 * or might be of several. `user`, or NULL, is the user whose playlists a list
 * of playlists may be.
 */
const struct endpoint *known_body(struct slice body, const char *user);

#endif

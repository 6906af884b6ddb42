/* What a mapping says to users, made into one line of bounded length. */
#ifndef SP_MAP_MESSAGE_H
#define SP_MAP_MESSAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

#define MESSAGE_MAX ((size_t)400) /* bytes */

/*
 * Append a text with a space for each control character. False if it was cut,
 * between two characters, because it is too long.
 */
bool message_put(struct buf *, struct slice text);

#endif

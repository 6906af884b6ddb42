/* What a mapping says to users, made into one line of bounded length. */
#ifndef SP_MAP_MESSAGE_H
#define SP_MAP_MESSAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

#define MESSAGE_MAX ((size_t)400) /* bytes */
#define MESSAGE_WHY_MAX ((size_t)4096)

/* What is shown of the values of `debug`: so many of a capture, so many bytes.
 */
#define DEBUG_MAX 1000
#define DEBUG_LEN ((size_t)4096)

/*
 * Append a text with a space for each control character. False if it was cut,
 * between two characters, because it is too long.
 */
bool message_put(struct buf *, struct slice text);

#endif

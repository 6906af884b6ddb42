/* The few ways of writing JSON that a made-up API needs besides json/json.h. */
#ifndef SP_REHEARSE_PUT_JSON_H
#define SP_REHEARSE_PUT_JSON_H

#include "base/buf.h"

#include <stdint.h>

#define MOCK_TEXT_MAX ((size_t)256 << 20) /* of any text this server makes */

/* A string, or null for NULL. */
void put_text(struct buf *, const char *text);

/* One string made of two. */
void put_joined(struct buf *, const char *first, struct slice second);

/* A moment, in ms since 1970, as a string. */
void put_time(struct buf *, int64_t ms);

/* Take the last byte back: an object's end, to go on inside of it. */
void put_reopen(struct buf *);

/* JSON, which must be valid, spread over indented lines. */
void put_pretty(struct buf *, struct slice json);

#endif

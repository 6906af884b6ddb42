/* Writers of JSON values, besides those of json/json.h. */
#ifndef SP_REHEARSE_PUT_JSON_H
#define SP_REHEARSE_PUT_JSON_H

#include "base/buf.h"

#include <stdint.h>

#define MOCK_TEXT_MAX ((size_t)256 << 20) /* of any text that is made */

/* A string, or null for NULL. */
void put_text(struct buf *, const char *text);

/* Two texts as one string. */
void put_joined(struct buf *, const char *first, struct slice second);

/* A time, in ms since 1970, as a string. */
void put_time(struct buf *, int64_t ms);

/* Remove the last byte, the } of an object, so that members can follow. */
void put_reopen(struct buf *);

#endif

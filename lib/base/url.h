/*
 * Percent-encoding (RFC 3986, section 2), and what it is used in: query
 * strings and forms, which are parameters `name=value` with an & in between,
 * in which a + is a space (application/x-www-form-urlencoded).
 *
 * Slices are borrowed and stay as they are written, encoded, until they are
 * decoded. A name is compared as it is written.
 */
#ifndef SP_BASE_URL_H
#define SP_BASE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * Append a text, encoded: all bytes but the unreserved ones, letters, digits
 * and `-._~`, and those of `keep`, become %XX. False if the buf is full.
 */
bool url_encode(struct buf *, struct slice, const char *keep);

/*
 * Append an encoded text, decoded: it may contain any bytes. False if a % has
 * no two digits after it, which is copied as it is, or if the buf is full.
 */
bool url_decode(struct buf *, struct slice);

/* The same for the name or the value of a parameter. */
bool param_decode(struct buf *, struct slice);

/*
 * Cut the first parameter off what is left of a query; false at its end. The
 * value of a name without a = is { NULL, 0 }. Between two & is an empty name.
 */
bool param_next(struct slice *rest, struct slice *name, struct slice *value);

/* The value of the first parameter of that name; false if there is none. */
bool param_find(struct slice query, const char *name, struct slice *value);

/*
 * Write that value into text, decoded, as a C string that is cut to size
 * bytes. False, and nothing written, if there is none.
 */
bool param_get(struct slice query, const char *name, char *text, size_t size);

/* The value as a whole number; false also if it is none. */
bool param_find_int(struct slice query, const char *name, int64_t *value);

/* The query of a URL, after its ?; .p == NULL if it has none. */
struct slice url_query(struct slice url);

/*
 * Append a URL with the parameter of that name set to a value, encoded: in its
 * place, or else at the end.
 */
bool url_set_query(
    struct buf *, struct slice url, const char *name, struct slice value);

/* Append a parameter to a buf that holds a query, with an & if it is not empty.
 */
bool param_put(struct buf *, const char *name, const char *value);

#endif

/*
 * Values of a=1&b=two, as found after the ? of a url, in a form, or in a
 * fault's specification, as C strings; base/url.h does the reading.
 */
#ifndef SP_REHEARSE_QUERY_STRING_H
#define SP_REHEARSE_QUERY_STRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Find name in query, percent-decode its value into value (size bytes, cut
 * there), + as a space. False if it is absent; a name without = is there with
 * an empty value. query may be NULL.
 */
bool query_get(const char *query, const char *name, char *value, size_t size);

/* The same for a whole number; absent leaves *n alone. False: not a number. */
bool query_number(const char *query, const char *name, int64_t *n);

#endif

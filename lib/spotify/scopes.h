/*
 * Scopes: what a login allows, as the token endpoint grants them, separated by
 * spaces. NULL where they are not known; then no scope counts as missing.
 */
#ifndef SP_SPOTIFY_SCOPES_H
#define SP_SPOTIFY_SCOPES_H

#include <stdbool.h>

#include "base/slice.h"

bool scopes_have(const char *scopes, struct slice scope);

/* Whether two differ as sets; one that is not known differs from any other. */
bool scopes_differ(const char *a, const char *b);

#endif

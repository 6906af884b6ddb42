/*
 * Scopes: what a login allows, as the token endpoint grants them, separated by
 * spaces. NULL where they are not known; then nothing is taken as missing.
 */
#ifndef SP_STREAM_SCOPES_H
#define SP_STREAM_SCOPES_H

#include <stdbool.h>

#include "base/slice.h"

enum scope_effect {
	SCOPE_SHORTER, /* without it, the answer leaves things out */
	SCOPE_PART,    /* the endpoint refuses, and its job does the rest */
	SCOPE_ALL      /* the endpoint refuses, and so the job does nothing */
};

/* A scope that an endpoint needs. */
struct scope_need {
	const char *endpoint, *scope;
	const char *job; /* of sp-queue; NULL if none uses the endpoint */
	enum scope_effect effect;
	const char *without; /* what is missing then, for people */
};

/* All of them; the last one has no endpoint. */
extern const struct scope_need scope_needs[];

bool scopes_have(const char *scopes, struct slice scope);

/* Whether two differ as sets; one that is not known differs from any other. */
bool scopes_differ(const char *a, const char *b);

/* The scope without which an endpoint refuses; NULL for none. */
const struct scope_need *scope_of(struct slice endpoint);

#endif

/*
 * Proof key for code exchange, RFC 7636: the login service gets the digest of a
 * secret, the token endpoint the secret itself, so that an intercepted code is
 * of no use. And the state, which shows that a callback is of this login.
 */
#ifndef SP_AUTH_PKCE_H
#define SP_AUTH_PKCE_H

#include <stdbool.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "base/slice.h"

#define PKCE_VERIFIER 48 /* random bytes, written as 64 characters */
#define PKCE_STATE 24

struct pkce {
	char verifier[BASE64_TEXT(PKCE_VERIFIER)]; /* secret */
	char challenge[BASE64_TEXT(SHA256_SIZE)];  /* by S256 */
	char state[BASE64_TEXT(PKCE_STATE)];
};

/* Generate one; false if the system has no random bytes. */
bool pkce_make(struct pkce *);

/* Compare two texts in a time that depends on their length only. */
bool pkce_same(struct slice, struct slice);

#endif

/*
 * What a 403 is about. It is classified by the API's message where the response
 * is read, and recorded in the capture as `denied`, sp-stream(5).
 */
#ifndef SP_SPOTIFY_DENIAL_H
#define SP_SPOTIFY_DENIAL_H

#include <stdbool.h>

#include "base/slice.h"

enum denial {
	DENIAL_NONE,
	DENIAL_LOGIN,	 /* its scopes do not allow the request */
	DENIAL_APP,	 /* the app, or its user, may request nothing now */
	DENIAL_ENDPOINT, /* the app may not use this endpoint */
	DENIAL_SUBJECT	 /* the requested object is not accessible */
};

/*
 * What a response denies, by its status, its endpoint and its message, see
 * problem_words, which may be empty. DENIAL_NONE for any status but 403.
 */
enum denial denial_of(int status, struct slice endpoint, struct slice words);

/* Part of each message about a login that a new one takes the place of. */
#define DENIAL_LOG_IN_AGAIN "log in again"

/* What people can do about a 403, by its message. */
const char *denial_hint(struct slice words);

/* "login", "app", "endpoint" or "subject"; NULL for DENIAL_NONE. */
const char *denial_name(enum denial);

/* Whether a text contains a word, ignoring case. */
bool denial_mentions(struct slice text, const char *word);

#endif

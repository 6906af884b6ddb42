/*
 * A session with the Web API as one account: whose login it is, and where it
 * is for. It opens at the first need, so that nothing to ask needs no login.
 */
#ifndef SP_HTTP_SESSION_H
#define SP_HTTP_SESSION_H

#include <stdbool.h>

#include "http/client.h"
#include "http/token.h"
#include "http/url.h"

#define SESSION_API "https://api.spotify.com"
#define SESSION_AUTH_URL "https://accounts.spotify.com/authorize"
#define SESSION_TOKEN_URL "https://accounts.spotify.com/api/token"

struct session {
	struct token token;
	struct origin api; /* from session_open on */
	struct client client;
	/* Borrowed; NULL for the token file's, and without it the usual. */
	const char *api_url;
	const char *token_url;
	bool open;
	struct buf endpoint; /* private: the token endpoint in use */
};

/* `path` of the token file and `transfer` are borrowed. */
void session_init(struct session *, const char *path, struct transfer *,
    const struct retry_policy *);
void session_release(struct session *);

/* Read the token file; true at once if it was. */
bool session_open(struct session *, struct trouble *);

/*
 * Open it and know the user's id, token.user_id: from the token file, or by
 * asking /v1/me once, and then it is kept there. `answer` is worked with.
 */
bool session_know_user(
    struct session *, struct answer *answer, struct trouble *);

/*
 * Whether a service may be told secrets: https, or this machine. False with
 * 78; `what` names it.
 */
bool session_check(
    const char *what, const char *url, struct origin *, struct trouble *);

/* The same of the API, which is to be no more than an origin. */
bool session_check_api(const char *url, struct origin *, struct trouble *);

/* Append the URL of /v1/me; false with the trouble, and the buf released. */
bool session_put_me(
    const struct origin *api, struct buf *url, struct trouble *);

/* The id in an answer of /v1/me, yours to free; NULL with the trouble. */
char *session_read_id(struct slice body, struct trouble *);

#endif

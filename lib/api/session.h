/*
 * A session with the Web API: the login of one account, and the services that
 * it is for. It is opened when first needed: without requests, no login is
 * needed.
 */
#ifndef SP_API_SESSION_H
#define SP_API_SESSION_H

#include <stdbool.h>

#include "api/client.h"
#include "auth/token.h"
#include "auth/token_file.h"
#include "http/origin.h"

#define SESSION_API "https://api.spotify.com"
#define SESSION_AUTH_URL "https://accounts.spotify.com/authorize"
#define SESSION_TOKEN_URL "https://accounts.spotify.com/api/token"

struct session {
	struct token token; /* from session_open on, as are the next two */
	struct origin api;
	struct client client;
	struct token_file file;
	/* Borrowed; NULL for that in the token file, or else the default. */
	const char *api_url;
	const char *token_url;
	bool open;
	struct buf endpoint; /* private: the URL of the token endpoint */
};

/* `path` of the token file and `transfer` are borrowed. */
void session_init(struct session *, const char *path, struct transfer *,
    const struct retry_policy *);
void session_release(struct session *);

/* Read the token file, unless it has been read. */
bool session_open(struct session *, struct error *);

/*
 * Open it and set the user's id, token.user_id: from the token file, or once
 * from /v1/me, and then it is saved there. `result` is for that request.
 */
bool session_fetch_user(
    struct session *, struct result *result, struct error *);

/*
 * Whether secrets may be sent to a service: over https, or on this machine. If
 * not, the error is 78 and names it as `what`.
 */
bool session_check_url(
    const char *what, const char *url, struct origin *, struct error *);

/* The same for the API, whose URL must be an origin only. */
bool session_check_api(const char *url, struct origin *, struct error *);

/* Append the URL of /v1/me. */
void session_put_profile_url(const struct origin *api, struct buf *url);

/*
 * Request /v1/me, while no other request is under way. Its id, yours to free;
 * NULL on an error.
 */
char *session_request_user(
    struct client *, const struct origin *api, struct result *, struct error *);

#endif

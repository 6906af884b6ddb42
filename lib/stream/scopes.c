#include "stream/scopes.h"

#include <string.h>

const struct scope_need scope_needs[] = {
    {"recently-played", "user-read-recently-played", "play-history", SCOPE_ALL,
	"plays cannot be read"},
    {"my-playlists", "playlist-read-private", "playlists", SCOPE_SHORTER,
	"private playlists are left out"},
    {"my-playlists", "playlist-read-collaborative", "playlists", SCOPE_SHORTER,
	"collaborative playlists are left out"},
    {"followed-artists", "user-follow-read", "profile", SCOPE_PART,
	"followed artists cannot be read"},
    {"saved-tracks", "user-library-read", NULL, SCOPE_ALL,
	"saved tracks cannot be read"},
    {NULL, NULL, NULL, SCOPE_SHORTER, NULL},
};

/* The next scope of a text, which moves on behind it; n == 0 at its end. */
static struct slice next_scope(const char **text)
{
	struct slice scope;

	*text += strspn(*text, " ");
	scope = (struct slice){*text, strcspn(*text, " ")};
	*text += scope.n;
	return scope;
}

bool scopes_have(const char *scopes, struct slice scope)
{
	struct slice have;

	while (scopes && (have = next_scope(&scopes)).n > 0)
		if (slice_eq(have, scope))
			return true;
	return false;
}

static bool are_among(const char *some, const char *all)
{
	struct slice scope;

	while ((scope = next_scope(&some)).n > 0)
		if (!scopes_have(all, scope))
			return false;
	return true;
}

bool scopes_differ(const char *a, const char *b)
{
	if (!a || !b)
		return a != b;
	return !are_among(a, b) || !are_among(b, a);
}

const struct scope_need *scope_of(struct slice endpoint)
{
	for (const struct scope_need *n = scope_needs; n->endpoint; n++)
		if (n->effect != SCOPE_SHORTER &&
		    slice_is(endpoint, n->endpoint))
			return n;
	return NULL;
}

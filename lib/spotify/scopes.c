#include "spotify/scopes.h"

#include <string.h>

/* Cut the next scope off a text; n == 0 at its end. */
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

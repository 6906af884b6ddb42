#include "spotify/denial.h"

#include <string.h>
#include <strings.h>

#include "spotify/endpoint.h"

bool denial_mentions(struct slice text, const char *word)
{
	size_t n = strlen(word);

	for (; text.n >= n; text = slice_from(text, 1))
		if (strncasecmp(text.p, word, n) == 0)
			return true;
	return false;
}

/*
 * Access is denied to single playlists, but to any other endpoint as a whole.
 * There, the message may mention the developer or a quota, too.
 */
enum denial denial_of(int status, struct slice endpoint, struct slice words)
{
	const struct endpoint *e = endpoint_named(endpoint);
	bool single = e && e->subject == SUBJECT_PLAYLIST;

	if (status != 403)
		return DENIAL_NONE;
	if (denial_mentions(words, "scope"))
		return DENIAL_LOGIN;
	if (denial_mentions(words, "premium") ||
	    denial_mentions(words, "regist"))
		return DENIAL_APP;
	if (!single)
		return DENIAL_ENDPOINT;
	return denial_mentions(words, "developer") ||
		       denial_mentions(words, "quota")
		   ? DENIAL_APP
		   : DENIAL_SUBJECT;
}

const char *denial_hint(struct slice words)
{
	if (denial_mentions(words, "premium"))
		return "the owner of the app needs Spotify Premium";
	if (denial_mentions(words, "scope"))
		return DENIAL_LOG_IN_AGAIN ", with more scopes";
	return "is the user on the app's list? "
	       "Its owner adds them in the developer dashboard, "
	       "under User Management";
}

const char *denial_name(enum denial denial)
{
	static const char *const names[] = {[DENIAL_NONE] = NULL,
	    [DENIAL_LOGIN] = "login",
	    [DENIAL_APP] = "app",
	    [DENIAL_ENDPOINT] = "endpoint",
	    [DENIAL_SUBJECT] = "subject"};

	return names[denial];
}

#include "base/array.h"
#include "spotify/ref.h"

static const char *const kinds[] = {
    "track", "album", "artist", "playlist", "user", "episode", "show"};

static bool is_kind(struct slice word)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (slice_is(word, kinds[i]))
			return true;
	return false;
}

/* Cut off a prefix, if it is there. */
static bool skip_prefix(struct slice *text, struct slice prefix)
{
	if (!slice_starts(*text, prefix))
		return false;
	*text = slice_from(*text, prefix.n);
	return true;
}

/* The id at the end of NAME playlist ID; p == NULL for anything else. */
static struct slice owned_playlist(struct slice text, char separator)
{
	struct slice id = text, before = text;

	while (id.n > 0 && memchr(id.p, separator, id.n))
		before = slice_cut(&id, separator);
	if (before.p > text.p && slice_is(before, "playlist") && id.n > 0)
		return id;
	return (struct slice){NULL, 0};
}

/* KIND ID, or user NAME playlist ID; id.p == NULL for anything else. */
static struct ref read_parts(struct slice text, char separator)
{
	struct ref ref = {slice_cut(&text, separator), {NULL, 0}};

	if (slice_is(ref.kind, "user"))
		ref.id = owned_playlist(text, separator);
	if (ref.id.p)
		ref.kind = SLICE("playlist");
	else if (is_kind(ref.kind) && text.n > 0 &&
		 !memchr(text.p, separator, text.n))
		ref.id = text;
	return ref;
}

/* A link without its query, fragment and last slash. */
static struct slice path_of(struct slice link)
{
	size_t n = 0;

	while (n < link.n && link.p[n] != '?' && link.p[n] != '#')
		n++;
	while (n > 0 && link.p[n - 1] == '/')
		n--;
	return (struct slice){link.p, n};
}

struct ref ref_parse(struct slice text)
{
	struct slice rest = text;
	struct ref ref;

	if (skip_prefix(&rest, SLICE("spotify:"))) {
		ref = read_parts(rest, ':');
		return ref.id.p ? ref : (struct ref){{NULL, 0}, text};
	}
	if (!skip_prefix(&rest, SLICE("https://")))
		skip_prefix(&rest, SLICE("http://"));
	if (!skip_prefix(&rest, SLICE("open.spotify.com/")))
		return (struct ref){{NULL, 0}, text};
	rest = path_of(rest);
	if (slice_starts(rest, SLICE("intl-")))
		slice_cut(&rest, '/');
	return read_parts(rest, '/');
}

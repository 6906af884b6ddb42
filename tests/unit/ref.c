/* References: ids, URIs and links as people paste them. */
#include "spotify/ref.h"
#include "unit/tap.h"

static void reads(const char *text, const char *kind, const char *id)
{
	struct ref ref = ref_parse(slice_of(text));

	ok(slice_eq(ref.kind, slice_of(kind)) && !ref.kind.p == !kind,
	    "kind of %s", text);
	ok(slice_eq(ref.id, slice_of(id)) && !ref.id.p == !id, "id of %s",
	    text);
}

int main(void)
{
	reads("AAA", NULL, "AAA");
	reads("", NULL, "");
	reads("b a d", NULL, "b a d");
	reads("spotify:track:AAA", "track", "AAA");
	reads("spotify:playlist:AAA", "playlist", "AAA");
	reads("spotify:user:kim", "user", "kim");
	reads("spotify:user:k%20m:playlist:AAA", "playlist", "AAA");
	reads("spotify:user:playlist:playlist:AAA", "playlist", "AAA");
	reads("spotify:user:playlist", "user", "playlist");
	reads("spotify:user:a:b:playlist:AAA", "playlist", "AAA");
	/* Ids themselves, of what has no other. */
	reads("spotify:local:A:B:C:12", NULL, "spotify:local:A:B:C:12");
	reads(
	    "spotify:user:kim:collection", NULL, "spotify:user:kim:collection");
	reads("spotify:track:", NULL, "spotify:track:");
	reads("spotify:track:A:B", NULL, "spotify:track:A:B");
	reads("spotify:track:A:", NULL, "spotify:track:A:");
	reads("spotify:user:playlist:A", NULL, "spotify:user:playlist:A");
	reads("spotify:user:k:playlist:", NULL, "spotify:user:k:playlist:");
	reads("spotify:", NULL, "spotify:");

	reads("https://open.spotify.com/track/AAA", "track", "AAA");
	reads("http://open.spotify.com/track/AAA", "track", "AAA");
	reads("open.spotify.com/track/AAA", "track", "AAA");
	reads("https://open.spotify.com/intl-de/album/AAA", "album", "AAA");
	reads("https://open.spotify.com/intl-pt-BR/album/AAA/", "album", "AAA");
	reads("https://open.spotify.com/artist/AAA/", "artist", "AAA");
	reads(
	    "https://open.spotify.com/playlist/AAA?si=b/c", "playlist", "AAA");
	reads(
	    "https://open.spotify.com/playlist/AAA/?si=b#c", "playlist", "AAA");
	reads("https://open.spotify.com/playlist/AAA#b?c", "playlist", "AAA");
	reads("https://open.spotify.com/user/kim/playlist/AAA", "playlist",
	    "AAA");
	reads("https://open.spotify.com/user/kim", "user", "kim");
	reads("https://open.spotify.com/playlist/", "playlist", NULL);
	reads("https://open.spotify.com/collection/tracks", "collection", NULL);
	reads("https://open.spotify.com/", "", NULL);
	reads("https://example.org/track/AAA", NULL,
	    "https://example.org/track/AAA");
	return tap_done();
}

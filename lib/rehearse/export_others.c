/* Files of an export that are no history. */
#include "base/clock.h"
#include "json/json.h"
#include "rehearse/export_json.h"
#include "rehearse/render_parts.h"

#define LIBRARY 40 /* tracks in it */

static const struct track *favourite(const struct catalogue *cat, int i)
{
	return &cat->tracks[cat->favourites[i % cat->track_count]];
}

static void put_names(const struct catalogue *cat, const struct track *t,
    const char *const keys[4], struct buf *b)
{
	const struct album *a = &cat->albums[t->album];

	buf_putc(b, '{');
	put_member(b, keys[0], t->name);
	put_member(b, keys[1], cat->artists[a->artist].name);
	put_member(b, keys[2], a->name);
	put_member(b, keys[3], t->uri);
	buf_putc(b, '}');
}

static void put_library(const struct catalogue *cat, struct buf *b)
{
	static const char *const keys[] = {"track", "artist", "album", "uri"};

	buf_puts(b, "{\"tracks\":[");
	for (int i = 0; i < LIBRARY; i++) {
		buf_puts(b, i > 0 ? "," : "");
		put_names(cat, favourite(cat, i), keys, b);
	}
	buf_puts(b, "],\"albums\":[],\"shows\":[],\"episodes\":[],"
		    "\"bannedTracks\":[],\"artists\":[],\"bannedArtists\":[],"
		    "\"other\":[]}");
}

static void put_playlists(const struct catalogue *cat, struct buf *b)
{
	static const char *const keys[] = {
	    "trackName", "artistName", "albumName", "trackUri"};

	buf_puts(b, "{\"playlists\":[{\"name\":\"Kitchen\","
		    "\"lastModifiedDate\":\"2024-03-12\",\"items\":[");
	for (int i = 0; i < LIBRARY / 4; i++) {
		buf_puts(b, i > 0 ? ",{\"track\":" : "{\"track\":");
		put_names(cat, favourite(cat, 3 * i), keys, b);
		buf_puts(b,
		    ",\"episode\":null,\"audiobook\":null,"
		    "\"localTrack\":null,\"addedDate\":\"2019-11-14\"}");
	}
	buf_puts(b, "],\"description\":null,\"numberOfFollowers\":0}]}");
}

static void put_userdata(const struct catalogue *cat, struct buf *b)
{
	buf_putc(b, '{');
	put_member(b, "username", cat->user);
	put_member(b, "email", "someone@example.org");
	put_member(b, "country", "IE");
	buf_puts(b, ",\"createdFromFacebook\":false,\"facebookUid\":null,"
		    "\"birthdate\":\"1990-01-01\",\"gender\":null,"
		    "\"postalCode\":null,\"mobileNumber\":null,"
		    "\"creationTime\":\"2012-05-04\"}");
}

static void put_searches(const struct catalogue *cat, struct buf *b)
{
	buf_puts(b, "[{\"platform\":\"ANDROID_ARM\",\"searchTime\":"
		    "\"2024-05-17T07:26:34.000Z[UTC]\",\"searchQuery\":");
	put_text(b, cat->artists[0].name);
	buf_puts(b, ",\"searchInteractionURIs\":[]}]");
}

static void put_readme(const struct catalogue *cat, struct buf *b)
{
	(void)cat;
	buf_puts(b, "%PDF-1.4\n%%EOF\n");
}

#define ACCOUNT "Spotify Account Data/"
const struct export_other export_others[] = {
    {ACCOUNT "YourLibrary.json", put_library},
    {ACCOUNT "Playlist1.json", put_playlists},
    {ACCOUNT "Userdata.json", put_userdata},
    {ACCOUNT "SearchQueries.json", put_searches},
    {ACCOUNT "Read_Me_First.pdf", put_readme},
    {NULL, NULL},
};

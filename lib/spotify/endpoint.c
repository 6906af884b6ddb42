#include "spotify/endpoint.h"

#include <string.h>

const struct endpoint endpoints[] = {
    {.name = "recently-played",
	.path = "/v1/me/player/recently-played",
	.bucket = BUCKET_RECENTLY_PLAYED,
	.job = "play-history",
	.paging = PAGING_NEXT,
	.scopes = {{"user-read-recently-played", SCOPE_ALL, NULL}}},
    {.name = "my-playlists",
	.path = "/v1/me/playlists",
	.bucket = BUCKET_PLAYLISTS,
	.job = "playlists",
	.paging = PAGING_OFFSET,
	.scopes = {{"playlist-read-private", SCOPE_SHORTER,
		       "private playlists are left out"},
	    {"playlist-read-collaborative", SCOPE_SHORTER,
		"collaborative playlists are left out"}}},
    {.name = "playlist",
	.path = "/v1/playlists/*",
	.bucket = BUCKET_PLAYLISTS,
	.job = "playlists",
	.paging = PAGING_PLAYLIST,
	.subject = SUBJECT_PLAYLIST},
    {.name = "playlist-items",
	.path = "/v1/playlists/*/items",
	.also = "/v1/playlists/*/tracks",
	.bucket = BUCKET_PLAYLISTS,
	.job = "playlists",
	.paging = PAGING_OFFSET,
	.subject = SUBJECT_PLAYLIST},
    {.name = "audio-features",
	.path = "/v1/audio-features/*",
	.also = "/v1/audio-features",
	.bucket = BUCKET_AUDIO_FEATURES,
	.job = "audio-features",
	.subject = SUBJECT_TRACK},
    {.name = "me", .path = "/v1/me", .bucket = BUCKET_USERS, .job = "profile"},
    {.name = "followed-artists",
	.path = "/v1/me/following",
	.bucket = BUCKET_FOLLOWING,
	.job = "profile",
	.paging = PAGING_NEXT,
	.scopes = {{"user-follow-read", SCOPE_PART,
	    "followed artists cannot be read"}}},
    {.name = "user",
	.path = "/v1/users/*",
	.bucket = BUCKET_USERS,
	.job = "profile",
	.subject = SUBJECT_USER},
    {.name = "saved-tracks",
	.path = "/v1/me/tracks",
	.bucket = BUCKET_LIBRARY,
	.paging = PAGING_OFFSET,
	.scopes = {{"user-library-read", SCOPE_ALL, NULL}}},
    {.name = "track",
	.path = "/v1/tracks/*",
	.bucket = BUCKET_CATALOGUE,
	.job = "catalogue",
	.subject = SUBJECT_TRACK},
    {.name = "tracks",
	.path = "/v1/tracks",
	.bucket = BUCKET_CATALOGUE,
	.job = "catalogue"},
    {.name = "album",
	.path = "/v1/albums/*",
	.bucket = BUCKET_CATALOGUE,
	.job = "catalogue",
	.subject = SUBJECT_ALBUM},
    {.name = "albums",
	.path = "/v1/albums",
	.bucket = BUCKET_CATALOGUE,
	.job = "catalogue"},
    {.name = "artist",
	.path = "/v1/artists/*",
	.bucket = BUCKET_CATALOGUE,
	.job = "catalogue",
	.subject = SUBJECT_ARTIST},
    {.name = "artists",
	.path = "/v1/artists",
	.bucket = BUCKET_CATALOGUE,
	.job = "catalogue"},
    /* The token endpoint, which is not of the Web API, so without a path. */
    {.name = "token", .bucket = BUCKET_OTHER},
    /* Files of an export, in its two forms. */
    {.name = "streaming-history", .bucket = BUCKET_OTHER},
    {.name = "streaming-history-basic", .bucket = BUCKET_OTHER},
    {.name = NULL},
};

const struct endpoint *endpoint_named(struct slice name)
{
	for (const struct endpoint *e = endpoints; e->name; e++)
		if (slice_is(name, e->name))
			return e;
	return NULL;
}

/* Whether a path matches a pattern, in which `*` is any one segment. */
static bool path_is(struct slice path, const char *pattern)
{
	size_t i = 0;

	for (; *pattern; pattern++) {
		size_t from = i;

		if (*pattern != '*') {
			if (i == path.n || path.p[i] != *pattern)
				return false;
			i++;
			continue;
		}
		while (i < path.n && path.p[i] != '/')
			i++;
		if (i == from)
			return false;
	}
	return i == path.n;
}

/* The endpoint of a path, with or without a query; NULL if it is unknown. */
static const struct endpoint *endpoint_at(struct slice path)
{
	path = slice_cut(&path, '?');
	for (const struct endpoint *e = endpoints; e->name; e++)
		if ((e->path && path_is(path, e->path)) ||
		    (e->also && path_is(path, e->also)))
			return e;
	return NULL;
}

const char *endpoint_of(struct slice path)
{
	const struct endpoint *e = endpoint_at(path);

	return e ? e->name : ENDPOINT_UNKNOWN;
}

const struct endpoint *endpoint_of_job(struct slice job)
{
	const struct endpoint *found = NULL;

	for (const struct endpoint *e = endpoints; e->name; e++) {
		if (!e->job || !slice_is(job, e->job))
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

bool endpoint_put_path(
    const struct endpoint *e, struct slice id, struct buf *path)
{
	const char *pattern = e->path, *star = strchr(pattern, '*');

	if (!id.p && star && e->also && !strchr(e->also, '*'))
		star = NULL, pattern = e->also;
	if (!star)
		return buf_puts(path, pattern);
	buf_put(path, pattern, (size_t)(star - pattern));
	buf_put_slice(path, id);
	return buf_puts(path, star + 1);
}

static bool put_name(struct buf *b, const struct endpoint *e)
{
	return buf_printf(b, " %s ", e->name);
}

bool endpoints_put_of_job(const char *job, struct buf *b)
{
	for (const struct endpoint *e = endpoints; e->name; e++)
		if (e->job && strcmp(e->job, job) == 0)
			put_name(b, e);
	return !b->failed;
}

bool endpoints_put_of_bucket(enum bucket bucket, struct buf *b)
{
	for (const struct endpoint *e = endpoints; e->name; e++)
		if (e->bucket == bucket)
			put_name(b, e);
	return !b->failed;
}

bool endpoints_put_scopes(struct buf *b)
{
	const char *space = "";

	for (const struct endpoint *e = endpoints; e->name; e++)
		for (int i = 0; e->job && i < ENDPOINT_SCOPES; i++)
			if (e->scopes[i].scope) {
				buf_printf(
				    b, "%s%s", space, e->scopes[i].scope);
				space = " ";
			}
	return !b->failed;
}

enum bucket bucket_of(struct slice endpoint)
{
	const struct endpoint *e = endpoint_named(endpoint);

	return e ? e->bucket : BUCKET_OTHER;
}

const char *bucket_name(enum bucket bucket)
{
	static const char *const names[BUCKETS] = {
	    [BUCKET_RECENTLY_PLAYED] = "recently-played",
	    [BUCKET_PLAYLISTS] = "playlists",
	    [BUCKET_AUDIO_FEATURES] = "audio-features",
	    [BUCKET_FOLLOWING] = "following",
	    [BUCKET_USERS] = "users",
	    [BUCKET_LIBRARY] = "library",
	    [BUCKET_CATALOGUE] = "catalogue",
	    [BUCKET_OTHER] = "other endpoints",
	};

	return names[bucket];
}

static const char *const paging_names[] = {[PAGING_NONE] = NULL,
    [PAGING_NEXT] = "next",
    [PAGING_OFFSET] = "offset",
    [PAGING_PLAYLIST] = "playlist"};

const char *paging_name(enum paging paging)
{
	return paging_names[paging];
}

bool paging_named(struct slice name, enum paging *paging)
{
	*paging = PAGING_NONE;
	if (!name.p)
		return true;
	for (int i = PAGING_NEXT; i <= PAGING_PLAYLIST; i++)
		if (slice_is(name, paging_names[i]))
			*paging = (enum paging)i;
	return *paging != PAGING_NONE;
}

const struct scope_need *scope_needed_by(struct slice endpoint)
{
	const struct endpoint *e = endpoint_named(endpoint);

	for (int i = 0; e && i < ENDPOINT_SCOPES; i++)
		if (e->scopes[i].scope && e->scopes[i].effect != SCOPE_SHORTER)
			return &e->scopes[i];
	return NULL;
}

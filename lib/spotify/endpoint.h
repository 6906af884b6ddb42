/*
 * The endpoints of the Web API that sp knows, and the other sources of
 * captures, which have no path: one table, from which request URLs, rate-limit
 * buckets, jobs, scopes and the mock server are derived. An endpoint has a
 * mapping of its name, lib/filters/NAME.jq, unless its answers are never
 * stored. To add one, see lib/README.md.
 */
#ifndef SP_SPOTIFY_ENDPOINT_H
#define SP_SPOTIFY_ENDPOINT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* The endpoint in captures of any other path. */
#define ENDPOINT_UNKNOWN "unknown"

/* Captures of files that Spotify sends on request, which have no path. */
#define ENDPOINT_EXTENDED "streaming-history"
#define ENDPOINT_BASIC "streaming-history-basic"

/*
 * Buckets: groups of endpoints that share a rate limit. Spotify does not
 * publish its own; these are a guess that stops too many requests rather than
 * too few.
 */
enum bucket {
	BUCKET_RECENTLY_PLAYED,
	BUCKET_PLAYLISTS,
	BUCKET_AUDIO_FEATURES,
	BUCKET_FOLLOWING,
	BUCKET_USERS,
	BUCKET_LIBRARY,
	BUCKET_CATALOGUE,
	BUCKET_OTHER, /* any other endpoint */
	BUCKETS
};

enum paging {
	PAGING_NONE,
	PAGING_NEXT,	/* follow `next`, or `artists.next` */
	PAGING_OFFSET,	/* count offsets, and follow no link */
	PAGING_PLAYLIST /* a playlist, the pages of its list, and a check */
};

/* The kind of object that a request is about, by an id in its path. */
enum subject {
	SUBJECT_NONE, /* the account itself, or several objects */
	SUBJECT_ALBUM,
	SUBJECT_ARTIST,
	SUBJECT_PLAYLIST,
	SUBJECT_TRACK,
	SUBJECT_USER
};

enum scope_effect {
	SCOPE_SHORTER, /* without it, the response omits some objects */
	SCOPE_PART,    /* without it, a part of the job is refused */
	SCOPE_ALL      /* without it, the whole job is refused */
};

/* A scope that an endpoint needs. */
struct scope_need {
	const char *scope; /* NULL for none */
	enum scope_effect effect;
	const char *without; /* what is missing then; NULL for SCOPE_ALL */
};

#define ENDPOINT_SCOPES 2

struct endpoint {
	const char *name; /* in requests, captures and mappings */
	const char *path; /* with `*` for the subject's id; NULL for none */
	const char *also; /* another path, equal responses; NULL for none */
	enum bucket bucket;
	const char *job;    /* of sp-queue, that requests it; NULL for none */
	enum paging paging; /* of the requests of that job */
	enum subject subject;
	struct scope_need scopes[ENDPOINT_SCOPES];
};

/* All of them; the last one has no name. */
extern const struct endpoint endpoints[];

/* The endpoint of that name, or NULL. */
const struct endpoint *endpoint_named(struct slice name);

/*
 * The name of the endpoint of a path of the API, with or without a query:
 * playlist-items for /v1/playlists/ID/items; or ENDPOINT_UNKNOWN.
 */
const char *endpoint_of(struct slice path);

/* The one endpoint that a job requests; NULL if there are several, or none. */
const struct endpoint *endpoint_of_job(struct slice job);

/*
 * Append the path of an endpoint that has one. An encoded id replaces the `*`;
 * with id.p == NULL, the path has no id.
 */
bool endpoint_put_path(
    const struct endpoint *, struct slice id, struct buf *path);

/* Append the names of a job's or a bucket's endpoints, each between spaces. */
bool endpoints_put_of_job(const char *job, struct buf *);
bool endpoints_put_of_bucket(enum bucket, struct buf *);

/* Append the scopes that jobs need, separated by spaces. */
bool endpoints_put_scopes(struct buf *);

/* Which bucket an endpoint belongs to, by its name. */
enum bucket bucket_of(struct slice endpoint);

/* The name of a bucket, for messages. */
const char *bucket_name(enum bucket);

/* "next", "offset" or "playlist"; NULL for PAGING_NONE. */
const char *paging_name(enum paging);

/* The paging of that name; p == NULL is PAGING_NONE. False if there is none. */
bool paging_named(struct slice name, enum paging *);

/* The scope without which an endpoint refuses; NULL for none. */
const struct scope_need *scope_needed_by(struct slice endpoint);

#endif

#include "stream/bucket.h"

#include <string.h>

const struct bucket buckets[BUCKETS] = {
    {"recently-played", " recently-played "},
    {"playlists", " my-playlists playlist playlist-items "},
    {"audio-features", " audio-features "},
    {"following", " followed-artists "},
    {"users", " me user "},
    {"library", " saved-tracks "},
    {"catalogue", " track tracks album artist "},
    {"other endpoints", ""},
};

/* Whether a name is one of a list's. */
static bool is_listed(const char *list, struct slice name)
{
	for (list += *list == ' '; *list; list++) {
		size_t n = strcspn(list, " ");

		if (slice_eq((struct slice){list, n}, name))
			return true;
		list += n;
	}
	return false;
}

size_t bucket_of(struct slice endpoint)
{
	size_t i = 0;

	while (i < BUCKETS - 1 && !is_listed(buckets[i].endpoints, endpoint))
		i++;
	return i;
}

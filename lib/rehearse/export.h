/*
 * The made-up listener's data, as Spotify sends it to a person who asks for
 * it: a folder of JSON files. It agrees with the plays of the mock API: see
 * export_day.h.
 */
#ifndef SP_REHEARSE_EXPORT_H
#define SP_REHEARSE_EXPORT_H

#include "rehearse/catalogue.h"

#include <stdbool.h>
#include <stdint.h>

enum export_package {
	PACKAGE_EXTENDED, /* of today: Streaming_History_Audio_*.json */
	PACKAGE_ENDSONG,  /* the same before 2023: endsong_*.json */
	PACKAGE_BASIC,	  /* the last year alone: StreamingHistory_*.json */
};

struct export_plan {
	const struct catalogue *catalogue;
	const char *folder; /* is created if it does not exist */
	const char *truth;  /* a file for the true pairs, or NULL */
	enum export_package form;
	int per_day;	      /* plays, as the mock API has them */
	int64_t since, until; /* ms since 1970; what ends later is left out */
	int64_t file_rows;    /* that a file has at most */
};

/*
 * Write all files, one day after the other. False sets errno, and `*at` to the
 * path of the file that could not be written; the caller frees it.
 */
bool export_write(const struct export_plan *, char **at);

#endif

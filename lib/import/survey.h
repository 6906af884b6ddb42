/*
 * The first pass over a file that is to be imported: what it is, by its
 * content, and what has to be known before its rows can be sent.
 */
#ifndef SP_IMPORT_SURVEY_H
#define SP_IMPORT_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "import/export_row.h"
#include "import/repeats.h"
#include "import/values.h"

enum file_kind {
	FILE_OTHER,   /* nothing known; see `problem` */
	FILE_NO_ROWS, /* an empty list, of whatever */
	FILE_HISTORY, /* rows of a streaming history export */
	FILE_BODIES   /* saved responses of the Web API */
};

#define SURVEY_NAMES_MAX 8

struct survey {
	enum file_kind kind;
	enum export_form form; /* of the first row that has one */
	char sha256[SHA256_HEX];
	int64_t rows;  /* readable or not */
	bool is_whole; /* all rows can be read, up to the end of the list */
	char *names[SURVEY_NAMES_MAX]; /* usernames in it, each once; owned */
	size_t name_count;
	bool has_more_names;
	struct repeats repeats;

	/* Of FILE_OTHER: why it is no JSON, and the byte; or NULL. */
	const char *problem;
	uint64_t problem_at;
	bool is_list; /* or was to become one */
	bool is_empty;
	bool failed; /* the source did */
};

/*
 * Survey a file. `user`, or NULL, as of known_body. To be released with
 * survey_release.
 */
void survey_file(
    struct survey *, struct byte_source, struct key_sieve *, const char *user);
void survey_release(struct survey *);

#endif

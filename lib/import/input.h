/*
 * The files of an operand: a loose file, or those in a ZIP, and in the ZIPs in
 * it. They are read as they come, and never written to disk.
 *
 * A ZIP whose end is missing is read up to where it was cut.
 */
#ifndef SP_IMPORT_INPUT_H
#define SP_IMPORT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define INPUT_ZIPS_MAX 3 /* ZIPs in one another that are opened */

struct archive;
struct input;

#define INPUT_HEAD 4

/* An open ZIP. */
struct input_zip {
	struct archive *zip;
	size_t name_size; /* bytes of input.name that name it */

	/* What is left of the last block of the file at hand. */
	const char *block;
	size_t block_size;
	bool damaged; /* no block follows, because the file is */

	/* For one in another ZIP: how it begins, and room for blocks of it. */
	struct input *input;
	unsigned char head[INPUT_HEAD];
	bool head_read;
	char *outer_block;
};

enum input_result {
	INPUT_END,
	INPUT_FILE,	 /* to be read with input_read */
	INPUT_ENCRYPTED, /* a file that cannot be read */
	INPUT_TOO_DEEP,	 /* a ZIP in INPUT_ZIPS_MAX others */
	INPUT_BROKEN	 /* the ZIP of that name ends here, see `error` */
};

struct input {
	struct input_zip zips[INPUT_ZIPS_MAX]; /* the outermost first */
	int depth;			       /* how many are open */
	int fd;
	bool started;

	struct buf name; /* of the file; in a ZIP, after its name and a slash */
	int number;	 /* of the file in this operand, from 1 */
	int64_t time;	 /* when it was written, Unix ms */
	int64_t own_time; /* the operand's */
	char error[256];  /* of INPUT_BROKEN, or after a failed input_read */

	unsigned char head[INPUT_HEAD]; /* of the file, read ahead */
	size_t head_size, head_at;
};

/*
 * Begin. The file is borrowed; it is a regular one, and is read from its
 * beginning. `time` is when it was last written.
 */
void input_init(struct input *, int fd, const char *name, int64_t time);
void input_release(struct input *);

/* Go to the next file. */
enum input_result input_next(struct input *);

/* Read of the file, as of struct byte_source; -1 has an error. */
long input_read(void *input, char *to, size_t n);

#endif

/*
 * Lines of a file descriptor, in bounded memory. A line longer than the maximum
 * is reported once, by number, and skipped in constant memory.
 */
#ifndef SP_STREAM_LINES_H
#define SP_STREAM_LINES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Readable bytes that follow each line. */
#define LINES_PAD 64

#define LINES_MAX_DEFAULT ((size_t)256 << 20)

/*
 * The longest body whose capture fits such a line in each of its forms: base 64
 * makes it longer by a third, and there is a mebibyte for the other members.
 */
#define LINES_BODY_MAX ((LINES_MAX_DEFAULT - ((size_t)1 << 20)) / 4 * 3)

enum lines_result {
	LINES_LINE,
	LINES_TOO_LONG, /* this one was skipped; `line` holds how it begins */
	LINES_TIMEOUT,	/* nothing came within the time */
	LINES_STOPPED,	/* *stop was set, by a signal */
	LINES_END,
	LINES_ERROR /* see err */
};

struct lines {
	int fd;
	size_t max;	 /* longest line, in bytes without its newline */
	uint64_t number; /* of the line handed out last, from 1 */
	uint64_t bytes;	 /* read so far */
	int err;	 /* errno of a failed read */
	const volatile sig_atomic_t *stop; /* may be NULL */

	char *p; /* private from here */
	size_t start, scanned, end, cap;
	bool eof;
	bool skipping; /* the rest of a line that is too long */
};

/* Read lines of up to max bytes; does not own fd. */
void lines_init(struct lines *, int fd, size_t max);
void lines_release(struct lines *);

/*
 * The next line without its newline, valid until the next call. A last line
 * without a newline counts. Waits at most timeout_ms; -1 waits for ever.
 */
enum lines_result lines_next(
    struct lines *, struct slice *line, int timeout_ms);

/* Whether lines_next would have to wait: the time to flush what is pending. */
bool lines_would_block(struct lines *);

#endif

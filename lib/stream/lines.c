#include "stream/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define LINES_READ_SIZE ((size_t)128 << 10)
#define LINE_HEAD_MAX ((size_t)1 << 10) /* of a line that is too long */
#define WAIT_SLICE 500			/* milliseconds */

void lines_init(struct lines *l, int fd, size_t max)
{
	*l = (struct lines){.fd = fd, .max = max};
}

void lines_release(struct lines *l)
{
	free(l->p);
	l->p = NULL;
	l->cap = l->start = l->scanned = l->end = 0;
}

/* Make room for a read: move what is left to the front, then grow. */
static void make_room(struct lines *l)
{
	size_t cap = l->cap;

	if (l->start > 0 && l->cap - l->end < LINES_READ_SIZE) {
		memmove(l->p, l->p + l->start, l->end - l->start);
		l->end -= l->start;
		l->scanned -= l->start;
		l->start = 0;
	}
	if (l->cap - l->end >= LINES_READ_SIZE)
		return;
	cap = cap ? cap * 2 : 2 * LINES_READ_SIZE;
	if (cap > l->max + 2 * LINES_READ_SIZE)
		cap = l->max + 2 * LINES_READ_SIZE;
	l->p = mem_resize(l->p, cap + LINES_PAD, 1);
	l->cap = cap;
}

/*
 * Wait until there is something to read: 1, 0 after the time, -1 stopped. A
 * signal may come between the look at *stop and the wait, so that long waits
 * are split where *stop is watched.
 */
static int wait_input(struct lines *l, int timeout_ms)
{
	struct pollfd fd = {.fd = l->fd, .events = POLLIN};
	int64_t until = timeout_ms > 0 ? clock_monotonic() + timeout_ms : 0;
	int64_t left = timeout_ms;

	for (;;) {
		int n;

		if (l->stop && *l->stop)
			return -1;
		if (l->stop && (left < 0 || left > WAIT_SLICE))
			left = WAIT_SLICE;
		n = poll(&fd, 1, (int)left);
		if (n > 0 || (n < 0 && errno != EINTR))
			return 1; /* read() reports what is wrong, if anything
				   */
		if (timeout_ms < 0) {
			left = -1;
			continue;
		}
		left = timeout_ms > 0 ? until - clock_monotonic() : 0;
		if (left <= 0)
			return 0;
	}
}

/* Read once more; LINES_LINE where there is more to look at. */
static enum lines_result fill(struct lines *l, int timeout_ms)
{
	ssize_t n;
	int ready;

	make_room(l);
	ready = wait_input(l, timeout_ms);
	if (ready <= 0)
		return ready < 0 ? LINES_STOPPED : LINES_TIMEOUT;
	n = read(l->fd, l->p + l->end, l->cap - l->end);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return LINES_LINE;
	if (n < 0) {
		l->err = errno;
		return LINES_ERROR;
	}
	if (n == 0)
		l->eof = true;
	l->end += (size_t)n;
	memset(l->p + l->end, 0, LINES_PAD);
	l->bytes += (size_t)n;
	return LINES_LINE;
}

/* How much is returned of a line that is too long. */
static size_t head_length(const struct lines *l)
{
	return LINE_HEAD_MAX < l->max ? LINE_HEAD_MAX : l->max;
}

static enum lines_result return_line(
    struct lines *l, size_t length, size_t skip, struct slice *line)
{
	bool too_long = l->skipping || length > l->max;

	*line =
	    (struct slice){l->p + l->start, too_long ? head_length(l) : length};
	l->start += length + skip;
	l->scanned = l->start;
	l->skipping = false;
	l->number++;
	return too_long ? LINES_TOO_LONG : LINES_LINE;
}

enum lines_result lines_next(
    struct lines *l, struct slice *line, int timeout_ms)
{
	if (l->err)
		return LINES_ERROR;
	for (;;) {
		size_t unscanned = l->end - l->scanned;
		char *newline = unscanned
				    ? memchr(l->p + l->scanned, '\n', unscanned)
				    : NULL;
		size_t length;
		enum lines_result r;

		if (newline)
			return return_line(
			    l, (size_t)(newline - l->p) - l->start, 1, line);
		length = l->end - l->start;
		if (length > l->max) {
			length = head_length(l);
			l->end = l->start + length;
			l->skipping = true;
		}
		l->scanned = l->end;
		if (l->eof)
			return length || l->skipping
				   ? return_line(l, length, 0, line)
				   : LINES_END;
		r = fill(l, timeout_ms);
		if (r != LINES_LINE)
			return r;
	}
}

bool lines_would_block(struct lines *l)
{
	size_t unscanned = l->end - l->scanned;

	if (l->eof || (unscanned && memchr(l->p + l->scanned, '\n', unscanned)))
		return false;
	return wait_input(l, 0) == 0;
}

#include "stream/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_SIZE ((size_t)128 << 10)
#define HEAD_KEPT ((size_t)1 << 10) /* of a line that is too long */

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
static bool make_room(struct lines *l)
{
	size_t cap = l->cap;
	char *p;

	if (l->start > 0 && l->cap - l->end < READ_SIZE) {
		memmove(l->p, l->p + l->start, l->end - l->start);
		l->end -= l->start;
		l->scanned -= l->start;
		l->start = 0;
	}
	if (l->cap - l->end >= READ_SIZE)
		return true;
	cap = cap ? cap * 2 : 2 * READ_SIZE;
	if (cap > l->max + 2 * READ_SIZE)
		cap = l->max + 2 * READ_SIZE;
	p = realloc(l->p, cap);
	if (!p) {
		l->err = ENOMEM;
		return false;
	}
	l->p = p;
	l->cap = cap;
	return true;
}

/* Wait until there is something to read: 1, 0 after the time, -1 stopped. */
static int wait_input(struct lines *l, int timeout_ms)
{
	struct pollfd fd = {.fd = l->fd, .events = POLLIN};

	for (;;) {
		int n;

		if (l->stop && *l->stop)
			return -1;
		n = poll(&fd, 1, timeout_ms);
		if (n >= 0)
			return n > 0;
		if (errno != EINTR)
			return 1; /* let read() tell what is wrong */
	}
}

/* Read once more; LINES_LINE where there is more to look at. */
static enum lines_result fill(struct lines *l, int timeout_ms)
{
	ssize_t n;
	int ready;

	if (!make_room(l))
		return LINES_ERROR;
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
	l->bytes += (size_t)n;
	return LINES_LINE;
}

static enum lines_result hand_out(
    struct lines *l, size_t length, size_t skip, struct slice *line)
{
	*line = (struct slice){l->p + l->start, length};
	l->start += length + skip;
	l->scanned = l->start;
	l->number++;
	if (length <= l->max)
		return LINES_LINE;
	line->n = HEAD_KEPT < l->max ? HEAD_KEPT : l->max;
	return LINES_TOO_LONG;
}

/* Go past the rest of a line that is too long, keeping only its head. */
static enum lines_result skip_line(struct lines *l, struct slice *line)
{
	size_t head = HEAD_KEPT < l->max ? HEAD_KEPT : l->max;

	if (head > l->end - l->start)
		head = l->end - l->start;
	for (;;) {
		size_t from = l->start + head;
		char *newline = memchr(l->p + from, '\n', l->end - from);
		enum lines_result r;

		if (newline || l->eof) {
			size_t next =
			    newline ? (size_t)(newline - l->p) + 1 : l->end;

			*line = (struct slice){l->p + l->start, head};
			l->start = l->scanned = next;
			l->number++;
			return LINES_TOO_LONG;
		}
		l->end = from;
		r = fill(l, -1);
		if (r != LINES_LINE)
			return r;
	}
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
			return hand_out(
			    l, (size_t)(newline - l->p) - l->start, 1, line);
		length = l->end - l->start;
		l->scanned = l->end;
		if (length > l->max)
			return skip_line(l, line);
		if (l->eof)
			return length ? hand_out(l, length, 0, line)
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

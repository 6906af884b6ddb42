#include "base/out.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

void out_init(struct out *o, int fd, size_t cap)
{
	*o = (struct out){.fd = fd,
	    .terminal = isatty(fd) == 1,
	    .cap = cap,
	    .p = mem_alloc(cap)};
}

void out_release(struct out *o)
{
	free(o->p);
	o->p = NULL;
	o->n = o->cap = 0;
}

/* After a write that failed: whether to try again. */
static bool try_again(const struct out *o)
{
	struct pollfd fd = {.fd = o->fd, .events = POLLOUT};

	if (errno == EINTR)
		return true;
	/* Someone who shares the descriptor may have made it nonblocking. */
	if (errno != EAGAIN)
		return false;
	return poll(&fd, 1, -1) >= 0 || errno == EINTR;
}

static bool write_bytes(struct out *o, const char *p, size_t n)
{
	while (n > 0 && o->err == 0) {
		ssize_t w = write(o->fd, p, n);

		if (w < 0 && !try_again(o))
			o->err = errno;
		if (w > 0) {
			p += w;
			n -= (size_t)w;
		}
	}
	return o->err == 0;
}

static bool write_all(struct out *o, const char *p, size_t n)
{
	if (n > 0 && o->before_write && !o->before_write(o->ctx) && !o->err)
		o->err = EIO;
	if (n > 0 && o->prefix)
		write_bytes(o, o->prefix, strlen(o->prefix));
	return write_bytes(o, p, n);
}

bool out_flush(struct out *o)
{
	size_t n = o->n;

	o->n = 0;
	return write_all(o, o->p, n);
}

bool out_put(struct out *o, const void *p, size_t n)
{
	if (o->err)
		return false;
	if (n > o->cap - o->n && !out_flush(o))
		return false;
	if (n > o->cap)
		return write_all(o, p, n);
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
	return true;
}

bool out_put_slice(struct out *o, struct slice s)
{
	return out_put(o, s.p, s.n);
}

bool out_close(struct out *o)
{
	out_flush(o);
	if (o->fd >= 0 && close(o->fd) != 0 && o->err == 0)
		o->err = errno;
	o->fd = -1;
	return o->err == 0;
}

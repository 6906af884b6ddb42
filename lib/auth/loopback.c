#include "auth/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/utf8.h"

#define PAGE_MAX ((size_t)64 << 10)
#define SEND_TIME 2000 /* ms for sending a page */

static bool set_flags(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
	       fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static bool bind_to(struct loopback *l, int port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *any = (struct sockaddr *)&addr;
	socklen_t len = sizeof(addr);
	int one = 1;

	if (setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(l->fd, any, sizeof(addr)) ||
	    listen(l->fd, LOOPBACK_CONNECTIONS_MAX) ||
	    getsockname(l->fd, any, &len))
		return false;
	l->port = ntohs(addr.sin_port);
	return set_flags(l->fd);
}

bool loopback_open(struct loopback *l, int port)
{
	int saved;

	for (int i = 0; i < LOOPBACK_CONNECTIONS_MAX; i++)
		l->connections[i].fd = -1;
	l->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (l->fd < 0)
		return false;
	if (bind_to(l, port))
		return true;
	saved = errno;
	loopback_close(l);
	errno = saved;
	return false;
}

static void close_connection(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void loopback_close(struct loopback *l)
{
	for (int i = 0; i < LOOPBACK_CONNECTIONS_MAX; i++)
		close_connection(&l->connections[i]);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* An unused connection; if there is none, the oldest is closed. */
static struct connection *find_unused(struct loopback *l)
{
	struct connection *oldest = &l->connections[0];

	for (int i = 0; i < LOOPBACK_CONNECTIONS_MAX; i++) {
		struct connection *c = &l->connections[i];

		if (c->fd < 0)
			return c;
		if (c->until < oldest->until)
			oldest = c;
	}
	close_connection(oldest);
	return oldest;
}

/* Accept a connection; false if the listener has failed. */
static bool accept_one(struct loopback *l)
{
	int fd = accept(l->fd, NULL, NULL);
	struct connection *c;

	if (fd < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ||
		       errno == EINTR || errno == ECONNABORTED ||
		       errno == EPROTO;
	if (!set_flags(fd)) {
		close(fd);
		return true;
	}
	c = find_unused(l);
	c->fd = fd;
	c->n = 0;
	c->until = clock_monotonic() + CONNECTION_TIMEOUT;
	return true;
}

struct slice connection_head(const struct connection *c)
{
	return (struct slice){c->head, c->n};
}

/* Whether the empty line that ends a head has been received. */
static bool is_whole(const struct connection *c)
{
	for (size_t i = 0; i + 1 < c->n; i++) {
		const char *p = c->head + i;

		if (*p == '\n' &&
		    (p[1] == '\n' ||
			(i + 2 < c->n && p[1] == '\r' && p[2] == '\n')))
			return true;
	}
	return false;
}

/* Read what has arrived; true if the head is complete. */
static bool read_head(struct connection *c)
{
	ssize_t n = recv(c->fd, c->head + c->n, sizeof(c->head) - c->n, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_connection(c);
		return false;
	}
	c->n += (size_t)n;
	if (is_whole(c))
		return true;
	if (c->n == sizeof(c->head))
		connection_respond(c, 431, "Too long", "");
	return false;
}

/* The timeout for poll, in ms. */
static int time_left(const struct loopback *l, int64_t now, int64_t until)
{
	for (int i = 0; i < LOOPBACK_CONNECTIONS_MAX; i++)
		if (l->connections[i].fd >= 0 &&
		    l->connections[i].until < until)
			until = l->connections[i].until;
	if (until <= now)
		return 0;
	return until - now < 60000 ? (int)(until - now) : 60000;
}

/* Read the connections that poll names; one with a whole head, or NULL. */
static struct connection *read_ready(
    struct loopback *l, const struct pollfd *fds)
{
	int64_t now = clock_monotonic();

	for (int i = 0; i < LOOPBACK_CONNECTIONS_MAX; i++) {
		struct connection *c = &l->connections[i];

		if (c->fd < 0)
			continue;
		if (fds[i].revents && read_head(c))
			return c;
		if (c->fd >= 0 && now >= c->until)
			close_connection(c);
	}
	return NULL;
}

enum loopback_event loopback_wait(
    struct loopback *l, int input, int64_t until, struct connection **ready)
{
	struct pollfd fds[LOOPBACK_CONNECTIONS_MAX + 2];

	for (;;) {
		int64_t now = clock_monotonic();
		int n;

		if (now >= until)
			return LOOPBACK_TIMEOUT;
		for (int i = 0; i < LOOPBACK_CONNECTIONS_MAX; i++)
			fds[i] = (struct pollfd){
			    .fd = l->connections[i].fd, .events = POLLIN};
		fds[LOOPBACK_CONNECTIONS_MAX] =
		    (struct pollfd){.fd = l->fd, .events = POLLIN};
		fds[LOOPBACK_CONNECTIONS_MAX + 1] =
		    (struct pollfd){.fd = input, .events = POLLIN};
		n = poll(fds, LOOPBACK_CONNECTIONS_MAX + 2,
		    time_left(l, now, until));
		if (n < 0 && errno != EINTR)
			return LOOPBACK_FAILED;
		if (n < 0)
			continue;
		*ready = read_ready(l, fds);
		if (*ready)
			return LOOPBACK_REQUEST;
		if (fds[LOOPBACK_CONNECTIONS_MAX].revents && !accept_one(l))
			return LOOPBACK_FAILED;
		if (fds[LOOPBACK_CONNECTIONS_MAX + 1].revents)
			return LOOPBACK_INPUT;
	}
}

/* Append text, escaped for HTML; invalid UTF-8 and controls become '?'. */
static void put_html(struct buf *b, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		size_t n = utf8_length(text, end);
		unsigned code;

		if (strchr("&<>\"'", *text))
			buf_printf(b, "&#%d;", *text);
		else if (n == 0 || utf8_control(text, end, &code))
			buf_putc(b, '?');
		else
			buf_put(b, text, n);
		text += n ? n : 1;
	}
}

static void put_page(struct buf *b, const char *title, const char *text)
{
	buf_puts(b, "<!DOCTYPE html>\n<html lang=\"en\">\n"
		    "<meta charset=\"utf-8\">\n<title>sp: ");
	put_html(b, title);
	buf_puts(b, "</title>\n<link rel=\"icon\" href=\"data:,\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width\">\n"
		    "<style>:root { color-scheme: light dark }\n"
		    "body { font: 1.1rem/1.5 sans-serif; max-width: 36rem; "
		    "margin: 15vh auto; padding: 0 1rem; "
		    "overflow-wrap: anywhere }</style>\n<h1>");
	put_html(b, title);
	buf_puts(b, "</h1>\n<p>");
	put_html(b, text);
	buf_puts(b, "</p>\n</html>\n");
}

/* Send all of it, or give up after SEND_TIME. */
static void send_all(int fd, struct slice s)
{
	int64_t until = clock_monotonic() + SEND_TIME;

	while (s.n > 0) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		int64_t left = until - clock_monotonic();
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n > 0)
			s = slice_from(s, (size_t)n);
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		else if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return;
	}
}

static const char *reason_phrase(int status)
{
	switch (status) {
	case 200: return "OK";
	case 400: return "Bad Request";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 431: return "Request Header Fields Too Large";
	default: return "Bad Gateway";
	}
}

void connection_respond(
    struct connection *c, int status, const char *title, const char *text)
{
	struct buf page = BUF_INIT(PAGE_MAX), b = BUF_INIT(2 * PAGE_MAX);

	put_page(&page, title, text);
	buf_printf(&b,
	    "HTTP/1.1 %d %s\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n"
	    "Content-Security-Policy: default-src 'none'; "
	    "style-src 'unsafe-inline'; img-src data:; "
	    "frame-ancestors 'none'; base-uri 'none'\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Cache-Control: no-store\r\n%s"
	    "Connection: close\r\n\r\n",
	    status, reason_phrase(status), page.n,
	    status == 405 ? "Allow: GET\r\n" : "");
	buf_put_slice(&b, buf_slice(&page));
	if (!page.failed && !b.failed)
		send_all(c->fd, buf_slice(&b));
	shutdown(c->fd, SHUT_WR);
	/* Closing with unread data resets the connection and loses the page. */
	for (int i = 0; i < LOOPBACK_CONNECTIONS_MAX; i++)
		if (recv(c->fd, c->head, sizeof(c->head), 0) <= 0)
			break;
	close_connection(c);
	buf_release(&page);
	buf_release(&b);
}

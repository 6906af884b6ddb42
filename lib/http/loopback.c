#include "http/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/json.h"

#define PAGE_MAX ((size_t)64 << 10)
#define SEND_TIME 2000 /* ms for taking a page */

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
	    bind(l->fd, any, sizeof(addr)) || listen(l->fd, VISITORS) ||
	    getsockname(l->fd, any, &len))
		return false;
	l->port = ntohs(addr.sin_port);
	return set_flags(l->fd);
}

bool loopback_open(struct loopback *l, int port)
{
	int saved;

	for (int i = 0; i < VISITORS; i++)
		l->visitors[i].fd = -1;
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

static void part(struct visitor *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

void loopback_close(struct loopback *l)
{
	for (int i = 0; i < VISITORS; i++)
		part(&l->visitors[i]);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* A place that is free, or has been taken for longest. */
static struct visitor *find_place(struct loopback *l)
{
	struct visitor *oldest = &l->visitors[0];

	for (int i = 0; i < VISITORS; i++) {
		struct visitor *v = &l->visitors[i];

		if (v->fd < 0)
			return v;
		if (v->until < oldest->until)
			oldest = v;
	}
	part(oldest);
	return oldest;
}

/* Let one in; false if nobody can be any more. */
static bool let_in(struct loopback *l)
{
	int fd = accept(l->fd, NULL, NULL);
	struct visitor *v;

	if (fd < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ||
		       errno == EINTR || errno == ECONNABORTED ||
		       errno == EPROTO;
	if (!set_flags(fd)) {
		close(fd);
		return true;
	}
	v = find_place(l);
	v->fd = fd;
	v->n = 0;
	v->until = clock_monotonic() + VISITOR_TIME;
	return true;
}

struct slice visitor_head(const struct visitor *v)
{
	return (struct slice){v->head, v->n};
}

/* Whether the empty line that ends a head is there. */
static bool is_whole(const struct visitor *v)
{
	for (size_t i = 0; i + 1 < v->n; i++) {
		const char *p = v->head + i;

		if (*p == '\n' &&
		    (p[1] == '\n' ||
			(i + 2 < v->n && p[1] == '\r' && p[2] == '\n')))
			return true;
	}
	return false;
}

/* Take what came; true if that is a request. */
static bool hear(struct visitor *v)
{
	ssize_t n = recv(v->fd, v->head + v->n, sizeof(v->head) - v->n, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		part(v);
		return false;
	}
	v->n += (size_t)n;
	if (is_whole(v))
		return true;
	if (v->n == sizeof(v->head))
		visitor_answer(v, 431, "Too long", "");
	return false;
}

/* The time that poll may take, in ms. */
static int time_left(const struct loopback *l, int64_t now, int64_t until)
{
	for (int i = 0; i < VISITORS; i++)
		if (l->visitors[i].fd >= 0 && l->visitors[i].until < until)
			until = l->visitors[i].until;
	if (until <= now)
		return 0;
	return until - now < 60000 ? (int)(until - now) : 60000;
}

/* Let in and hear whom poll names; the one whose request is there, or NULL. */
static struct visitor *hear_all(struct loopback *l, const struct pollfd *fds)
{
	int64_t now = clock_monotonic();

	for (int i = 0; i < VISITORS; i++) {
		struct visitor *v = &l->visitors[i];

		if (v->fd < 0)
			continue;
		if (fds[i].revents && hear(v))
			return v;
		if (v->fd >= 0 && now >= v->until)
			part(v);
	}
	return NULL;
}

enum loopback_event loopback_wait(
    struct loopback *l, int input, int64_t until, struct visitor **visitor)
{
	struct pollfd fds[VISITORS + 2];

	for (;;) {
		int64_t now = clock_monotonic();
		int n;

		if (now >= until)
			return LOOPBACK_TIME;
		for (int i = 0; i < VISITORS; i++)
			fds[i] = (struct pollfd){
			    .fd = l->visitors[i].fd, .events = POLLIN};
		fds[VISITORS] = (struct pollfd){.fd = l->fd, .events = POLLIN};
		fds[VISITORS + 1] =
		    (struct pollfd){.fd = input, .events = POLLIN};
		n = poll(fds, VISITORS + 2, time_left(l, now, until));
		if (n < 0 && errno != EINTR)
			return LOOPBACK_FAILED;
		if (n < 0)
			continue;
		*visitor = hear_all(l, fds);
		if (*visitor)
			return LOOPBACK_REQUEST;
		if (fds[VISITORS].revents && !let_in(l))
			return LOOPBACK_FAILED;
		if (fds[VISITORS + 1].revents)
			return LOOPBACK_INPUT;
	}
}

/* Append a text as HTML shows it; what is no text of UTF-8 as a question. */
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

/* Send it all, if that does not take too long. */
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

static const char *reason(int status)
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

void visitor_answer(
    struct visitor *v, int status, const char *title, const char *text)
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
	    status, reason(status), page.n,
	    status == 405 ? "Allow: GET\r\n" : "");
	buf_put_slice(&b, buf_slice(&page));
	if (!page.failed && !b.failed)
		send_all(v->fd, buf_slice(&b));
	shutdown(v->fd, SHUT_WR);
	/* What is unread when it is closed would have the page thrown away. */
	for (int i = 0; i < VISITORS; i++)
		if (recv(v->fd, v->head, sizeof(v->head), 0) <= 0)
			break;
	part(v);
	buf_release(&page);
	buf_release(&b);
}

#include "base/buf.h"
#include "base/mem.h"
#include "base/url.h"
#include "rehearse/put_json.h"
#include "rehearse/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FORM_MAX ((size_t)64 * 1024)
#define IDLE_SECONDS 300
#define MOCK_CONNECTIONS_MAX 200

struct server {
	struct mock *mock;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock; /* the mock, and what follows */
	pthread_cond_t woken; /* when stopping */
	bool stopping;
	uint64_t connections;
};

/* One request from its first line to its end. */
struct hit {
	char *url;
	bool begun;
	struct buf form;
};

/* A body that is sent in an unusual way. */
struct trickle {
	struct server *server;
	struct mock_response res;
};

int server_bind(int port, int *bound)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *any = (struct sockaddr *)&addr;
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, saved;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, any, sizeof(addr)) == 0 && listen(fd, 128) == 0 &&
	    getsockname(fd, any, &len) == 0) {
		*bound = ntohs(addr.sin_port);
		return fd;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Wait ms, or until the server stops: then false. */
static bool server_wait(struct server *s, int64_t ms)
{
	struct timespec until;
	bool stopping;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&s->lock);
	while (ms > 0 && !s->stopping && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&s->woken, &s->lock, &until);
	stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return !stopping;
}

static ssize_t trickle_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct trickle *t = cls;
	const struct mock_response *r = &t->res;
	size_t n;

	if (!server_wait(t->server, r->drip))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->huge && pos >= r->body.n) {
		for (n = 0; n < max; n++)
			buf[n] = "{\"huge\":1},"[(pos + n) % 11];
		return (ssize_t)n;
	}
	if (r->cut >= 0 && pos >= (uint64_t)r->cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = r->cut >= 0 ? (size_t)r->cut : r->body.n;
	n -= (size_t)pos;
	if (n > max)
		n = max;
	if (r->drip > 0 && n > 1)
		n = 1;
	memcpy(buf, r->body.p + pos, n);
	return (ssize_t)n;
}

static void trickle_free(void *cls)
{
	struct trickle *t = cls;

	mock_response_release(&t->res);
	free(t);
}

/* A response out of a reply, whose body it takes over. */
static struct MHD_Response *make_response(
    struct server *s, struct mock_response *r)
{
	struct trickle *t;
	struct MHD_Response *response;

	if (r->drip == 0 && r->cut < 0 && !r->huge) {
		response = mem_need(MHD_create_response_from_buffer(
		    r->body.n, r->body.p, MHD_RESPMEM_MUST_FREE));
		r->body = (struct buf)BUF_INIT(MOCK_TEXT_MAX);
		return response;
	}
	t = mem_alloc(sizeof(*t));
	*t = (struct trickle){s, *r};
	r->body = (struct buf)BUF_INIT(MOCK_TEXT_MAX);
	return mem_need(MHD_create_response_from_callback(
	    r->huge ? MHD_SIZE_UNKNOWN : t->res.body.n, 16384, trickle_read, t,
	    trickle_free));
}

/* The Date of a response, as of RFC 9110, whatever the locale. */
static void put_date(struct MHD_Response *response, int64_t ms)
{
	static const char days[][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[64];

	if (!gmtime_r(&t, &tm))
		return;
	snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	MHD_add_response_header(response, "Date", text);
}

static enum MHD_Result send_response(
    struct server *s, struct MHD_Connection *c, struct mock_response *r)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	struct buf number = BUF_INIT(32);

	if (!server_wait(s, r->wait) || r->reset || r->body.failed)
		return MHD_NO;
	response = make_response(s, r);
	MHD_add_response_header(response, "Content-Type", r->type);
	put_date(response, r->date + r->wait);
	if (r->location[0] != '\0')
		MHD_add_response_header(response, "Location", r->location);
	if (r->retry_after >= 0) {
		buf_printf(&number, "%lld", (long long)r->retry_after);
		if (!number.failed)
			MHD_add_response_header(
			    response, "Retry-After", buf_cstr(&number));
		buf_release(&number);
	}
	result = MHD_queue_response(c, (unsigned)r->status, response);
	MHD_destroy_response(response);
	return result;
}

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static enum MHD_Result respond(struct server *s, struct MHD_Connection *c,
    const char *method, struct hit *hit)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	const uint64_t *number = info != NULL ? info->socket_context : NULL;
	struct slice url = slice_of(hit->url);
	struct buf path = BUF_INIT(url.n + 1);
	enum MHD_Result result;
	struct mock_response res;
	struct mock_request req;

	url_decode(&path, slice_cut(&url, '?'));
	req = (struct mock_request){.method = method,
	    .url = hit->url,
	    .path = buf_cstr(&path),
	    .query = url_query(slice_of(hit->url)),
	    .form = buf_slice(&hit->form),
	    .authorization = header(c, "Authorization"),
	    .user_agent = header(c, "User-Agent"),
	    .accept_encoding = header(c, "Accept-Encoding"),
	    .connection = number != NULL ? *number : 0};
	pthread_mutex_lock(&s->lock);
	mock_respond(s->mock, &req, &res);
	pthread_mutex_unlock(&s->lock);
	result = send_response(s, c, &res);
	mock_response_release(&res);
	buf_release(&path);
	return result;
}

/* Called when the first line is there, again for each piece, and at the end. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c,
    const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_len, void **state)
{
	struct hit *hit = *state;

	(void)url;
	(void)version;
	if (hit == NULL)
		return MHD_NO;
	if (!hit->begun) {
		hit->begun = true;
		return MHD_YES;
	}
	if (*upload_len > 0) {
		if (!buf_put(&hit->form, upload, *upload_len))
			return MHD_NO;
		*upload_len = 0;
		return MHD_YES;
	}
	return respond(cls, c, method, hit);
}

static void *on_url(void *cls, const char *url, struct MHD_Connection *c)
{
	struct hit *hit = mem_zero(1, sizeof(*hit));

	(void)cls;
	(void)c;
	hit->form = (struct buf)BUF_INIT(FORM_MAX);
	hit->url = mem_string(url);
	return hit;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct hit *hit = *state;

	(void)cls;
	(void)c;
	(void)code;
	if (hit == NULL)
		return;
	buf_release(&hit->form);
	free(hit->url);
	free(hit);
	*state = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *c,
    void **socket_context, enum MHD_ConnectionNotificationCode code)
{
	struct server *s = cls;
	uint64_t *number;

	(void)c;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		free(*socket_context);
		*socket_context = NULL;
		return;
	}
	number = mem_alloc(sizeof(*number));
	pthread_mutex_lock(&s->lock);
	*number = ++s->connections;
	pthread_mutex_unlock(&s->lock);
	*socket_context = number;
}

static bool init_lock(struct server *s)
{
	pthread_condattr_t attr;
	bool ok;

	if (pthread_mutex_init(&s->lock, NULL) != 0)
		return false;
	if (pthread_condattr_init(&attr) != 0)
		return false;
	ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	     pthread_cond_init(&s->woken, &attr) == 0;
	pthread_condattr_destroy(&attr);
	return ok;
}

struct server *server_new(struct mock *r, int fd)
{
	struct server *s = mem_zero(1, sizeof(*s));

	if (!init_lock(s)) {
		free(s);
		close(fd);
		return NULL;
	}
	s->mock = r;
	errno = 0;
	s->daemon = MHD_start_daemon(
	    MHD_USE_THREAD_PER_CONNECTION | MHD_USE_SUPPRESS_DATE_NO_CLOCK |
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC,
	    0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, on_url, s, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOCK_CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
	    MHD_OPTION_END);
	if (s->daemon == NULL && errno == ENOMEM)
		mem_exhausted();
	if (s->daemon == NULL) {
		close(fd);
		pthread_cond_destroy(&s->woken);
		pthread_mutex_destroy(&s->lock);
		free(s);
		return NULL;
	}
	return s;
}

void server_free(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->woken);
	pthread_mutex_unlock(&s->lock);
	MHD_stop_daemon(s->daemon);
	pthread_cond_destroy(&s->woken);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

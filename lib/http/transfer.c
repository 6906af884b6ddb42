#include "http/transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/origin.h"
#include "http/retry_after.h"
#include "http/skew.h"

/* A transfer that is slower than this for so long is aborted. */
#define SLOW_BYTES 64L /* a second */
#define SLOW_SECONDS 20L

/* libcurl stores all headers, and does not limit their total size. */
#define HEAD_MAX ((size_t)256 << 10)

/*
 * With HTTP/2, libcurl 7.88 reads no more headers than fit its buffer, and then
 * waits for ever for what it has received already.
 */
#define BUFFER_SIZE ((long)HEAD_MAX)

/*
 * CURLE_TOO_LARGE of libcurl 8.6; older ones report CURLE_OUT_OF_MEMORY for it.
 * The library at run time may be newer than its header. A real lack of memory
 * ends the program, as libcurl allocates by base/mem.h.
 */
#define TOO_LARGE 100

#define POLL_MAX 60000 /* ms; whoever waits longer waits again */

/* A curl easy handle, used for one transfer after another. */
struct slot {
	struct slot *next;
	CURL *curl;
	struct response *response; /* NULL while it is idle */
	void *owner;
	int sent, most; /* requests sent, and how many may be */
	bool http2;	/* the last one was */
	bool shared;	/* others were under way meanwhile */
	char error[CURL_ERROR_SIZE];
};

struct transfer {
	CURLM *multi;
	const struct transfer_limits *limits;
	struct slot *slots;
	struct skew skew;
	size_t busy;
	bool fresh; /* the last one failed: the next one connects anew */
};

static void *resize(void *p, size_t n)
{
	return mem_resize(p, n, 1);
}

struct transfer *transfer_new(const struct transfer_limits *limits)
{
	struct transfer *t;

	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, free, resize,
		mem_string, mem_zero) != CURLE_OK)
		return NULL;
	t = mem_zero(1, sizeof(*t));
	t->limits = limits;
	t->multi = mem_need(curl_multi_init());
	return t;
}

void transfer_free(struct transfer *t)
{
	struct slot *s;

	if (!t)
		return;
	while ((s = t->slots)) {
		t->slots = s->next;
		if (s->response)
			curl_multi_remove_handle(t->multi, s->curl);
		curl_easy_cleanup(s->curl);
		free(s);
	}
	curl_multi_cleanup(t->multi);
	free(t);
	curl_global_cleanup();
}

/* An idle slot, or a new one. */
static struct slot *find_slot(struct transfer *t)
{
	struct slot *s = t->slots;

	while (s && s->response)
		s = s->next;
	if (s)
		return s;
	s = mem_zero(1, sizeof(*s));
	s->curl = mem_need(curl_easy_init());
	s->next = t->slots;
	t->slots = s;
	return s;
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct response *r = ctx;

	return buf_put(&r->body, data, size * n) ? size * n : 0;
}

/* Whether a line is a header of that name, with its colon; sets its value. */
static bool is_header(struct slice line, const char *name, struct slice *value)
{
	size_t len = strlen(name);

	if (line.n <= len || strncasecmp(line.p, name, len) != 0)
		return false;
	*value = slice_trim(slice_from(line, len));
	return true;
}

/* The longest of several is used; an invalid one is ignored. */
static void read_retry_after(struct response *r, struct slice value)
{
	int64_t wait;

	/* A date is of the server's clock, whose time is not known yet. */
	if (http_date_parse(value, &wait))
		r->retry_date = wait > r->retry_date ? wait : r->retry_date;
	else if (retry_after_parse(value, 0, &wait) && wait > r->retry_after)
		r->retry_after = wait;
}

static void clear_head(struct response *r)
{
	r->retry_after = -1;
	r->retry_date = r->date = 0;
	r->aged = false;
}

/* Called for each header line, also of interim and proxy responses. */
static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct slice line = {data, size * n}, value;
	struct response *r = ctx;

	r->head += line.n;
	if (r->head > HEAD_MAX)
		return 0;
	if (slice_starts(line, SLICE("HTTP/")))
		clear_head(r);
	if (is_header(line, "retry-after:", &value))
		read_retry_after(r, value);
	if (is_header(line, "date:", &value) &&
	    http_date_parse(value, &r->date))
		r->came_at = clock_now();
	r->aged |= is_header(line, "age:", &value);
	return size * n;
}

/*
 * Called before each request is sent. If the server refuses its stream or
 * closes the connection, libcurl would at once send it again, up to six times.
 * Here that is a failure like others, which the caller retries after a wait.
 */
static int before_request(
    void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct slot *slot = ctx;

	(void)to, (void)from, (void)to_port, (void)from_port;
	slot->response->sent_at = clock_now();
	return slot->sent++ < slot->most ? CURL_PREREQFUNC_OK
					 : CURL_PREREQFUNC_ABORT;
}

/*
 * Whether libcurl sends it again for a good reason: a server may close an idle
 * connection of HTTP/1.1 at any time, or refuse HTTP/2.
 */
static bool may_send_again(const struct slot *slot, struct slice text)
{
	return slice_starts(text, SLICE("Downgrades to HTTP/1.1")) ||
	       (!slot->http2 && slice_starts(text, SLICE("Connection died")));
}

/* Called with libcurl's debug output, the only way to learn the protocol. */
static int watch(CURL *c, curl_infotype type, char *data, size_t n, void *ctx)
{
	struct slice text = {data, n}, line = text;
	struct slot *slot = ctx;
	const char *end = memchr(data, '\r', n);

	(void)c;
	if (end)
		line.n = (size_t)(end - data);
	if (type == CURLINFO_HEADER_OUT)
		slot->http2 = line.n > 7 &&
			      slice_is(slice_from(line, line.n - 7), " HTTP/2");
	else if (type == CURLINFO_TEXT && may_send_again(slot, text))
		slot->most = 2;
	return 0;
}

static void set_protocol(CURL *c, const struct origin *to)
{
	bool plain = strcmp(to->scheme, "http") == 0;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
	    plain ? (long)CURLPROTO_HTTP : (long)CURLPROTO_HTTPS);
#endif
	/* A proxy would get the token, even unencrypted. */
	if (origin_is_loopback(to))
		curl_easy_setopt(c, CURLOPT_PROXY, "");
}

static void set_credentials(CURL *c, const struct http_request *req)
{
	if (req->bearer) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, req->bearer);
	}
	if (req->user) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, req->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, req->password);
	}
	if (req->form)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, req->form);
}

/* Check the certificate of the service, and of an https proxy. */
static void set_trust(CURL *c, const struct transfer_limits *l)
{
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	/* Replace the system's, which may be both a file and a folder. */
	if (l->ca_file || l->ca_folder) {
		curl_easy_setopt(c, CURLOPT_CAINFO, l->ca_file);
		curl_easy_setopt(c, CURLOPT_CAPATH, l->ca_folder);
		curl_easy_setopt(c, CURLOPT_PROXY_CAINFO, l->ca_file);
		curl_easy_setopt(c, CURLOPT_PROXY_CAPATH, l->ca_folder);
	}
}

static void set_up(const struct transfer *t, struct slot *slot,
    const struct http_request *req, struct response *r)
{
	const struct transfer_limits *l = t->limits;
	CURL *c = slot->curl;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_PRIVATE, slot);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, slot->error);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Prefer to multiplex on one connection to opening several. */
	curl_easy_setopt(c, CURLOPT_PIPEWAIT, 1L);
	/*
	 * libcurl 7.88 keeps a connection that broke before its first
	 * response, and with PIPEWAIT would wait for it for ever.
	 */
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, (long)t->fresh);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(
	    c, CURLOPT_CONNECTTIMEOUT_MS, (long)l->connect_timeout);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)l->timeout);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(c, CURLOPT_PREREQDATA, slot);
	curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, watch);
	curl_easy_setopt(c, CURLOPT_DEBUGDATA, slot);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(c, CURLOPT_URL, req->url);
	curl_easy_setopt(c, CURLOPT_USERAGENT, l->user_agent);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	set_trust(c, l);
	set_credentials(c, req);
}

/* The body or the headers were longer than their limit. */
static bool is_too_big(const struct response *r)
{
	return r->body.failed || r->head > HEAD_MAX;
}

/*
 * Whether HTTP/2 headers exceeded a limit of libcurl or its nghttp2. Over 128
 * or 256 KiB in all, libcurl only reports that its callback failed, and newer
 * ones count fields and frames; over 64 KiB in one field, nghttp2 closes the
 * connection without a message. If others shared the connection, the headers
 * may be of one of them.
 */
static bool is_head_refused(const struct slot *s, CURLcode code)
{
	return s->http2 && !s->shared &&
	       (code == CURLE_GOT_NOTHING ||
		   strstr(s->error, "callback function failed") ||
		   strstr(s->error, "Too many response headers") ||
		   strstr(s->error, "Too many CONTINUATION frames") ||
		   strstr(s->error, "COMPRESSION_ERROR"));
}

/*
 * Whether a retry may succeed. CURLE_UNSUPPORTED_PROTOCOL is transient: the
 * URL's protocol was checked before, so that the response was not HTTP.
 */
static bool is_transient(CURLcode code, const struct response *r)
{
	switch ((int)code) {
	case CURLE_WRITE_ERROR: return !is_too_big(r);
	case CURLE_URL_MALFORMAT:
	case CURLE_OUT_OF_MEMORY:
	case TOO_LARGE:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_BAD_FUNCTION_ARGUMENT:
	case CURLE_FILESIZE_EXCEEDED: return false;
	default: return true;
	}
}

bool transfer_start(struct transfer *t, const struct http_request *req,
    struct response *r, void *owner)
{
	struct origin to;
	const char *why = origin_parse(&to, req->url);
	struct slot *slot;
	CURLMcode rc;

	buf_clear(&r->body);
	r->status = 0;
	clear_head(r);
	r->sent_at = 0;
	r->head = 0;
	*r->why = '\0';
	if (!why && !origin_is_safe(&to))
		why = "plain http to another machine";
	if (why) {
		snprintf(r->why, sizeof(r->why), "%s", why);
		return false;
	}
	slot = find_slot(t);
	slot->error[0] = '\0';
	slot->sent = 0;
	slot->most = 1;
	slot->http2 = slot->shared = false;
	set_up(t, slot, req, r);
	set_protocol(slot->curl, &to);
	rc = curl_multi_add_handle(t->multi, slot->curl);
	if (rc != CURLM_OK) {
		snprintf(r->why, sizeof(r->why), "%s", curl_multi_strerror(rc));
		return false;
	}
	slot->response = r;
	slot->owner = owner;
	t->busy++;
	for (slot = t->slots; t->busy > 1 && slot; slot = slot->next)
		slot->shared = true;
	return true;
}

size_t transfer_count(const struct transfer *t)
{
	return t->busy;
}

void transfer_wait(struct transfer *t, int fd, int64_t timeout_ms)
{
	struct curl_waitfd input = {.fd = fd, .events = CURL_WAIT_POLLIN};
	int running = 0;

	if (timeout_ms < 0 || timeout_ms > POLL_MAX)
		timeout_ms = POLL_MAX;
	curl_multi_perform(t->multi, &running);
	if ((size_t)running < t->busy) /* some have ended */
		return;
	curl_multi_poll(
	    t->multi, &input, fd < 0 ? 0 : 1, (int)timeout_ms, NULL);
	curl_multi_perform(t->multi, &running);
}

/* Set the times of a response from its head. */
static void read_times(struct transfer *t, struct response *r)
{
	int64_t wait;

	if (r->date && r->sent_at && !r->aged)
		skew_measure(&t->skew, r->date, r->sent_at, r->came_at);
	r->clock_off = t->skew.off;
	r->done_at = skew_now(&t->skew);
	if (!r->retry_date)
		return;
	wait = r->retry_date - (r->date ? r->date : r->done_at);
	if (wait < 0)
		wait = 0;
	if (wait > r->retry_after)
		r->retry_after = wait;
}

struct skew *transfer_skew(struct transfer *t)
{
	return &t->skew;
}

/* The result of a slot's transfer. */
static enum transfer_result finish_transfer(const struct slot *s, CURLcode code)
{
	struct response *r = s->response;
	long status = 0;

	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
	r->status = (int)status;
	if (code == CURLE_OK)
		return TRANSFER_DONE;
	if (code == CURLE_WRITE_ERROR && r->body.failed)
		snprintf(r->why, sizeof(r->why), "body of more than %zu bytes",
		    r->body.max);
	else if (code == CURLE_WRITE_ERROR && r->head > HEAD_MAX)
		snprintf(r->why, sizeof(r->why),
		    "headers of more than %zu bytes", HEAD_MAX);
	else if (code == CURLE_WRITE_ERROR)
		snprintf(r->why, sizeof(r->why),
		    "a body that cannot be decompressed");
	else if (code == CURLE_OUT_OF_MEMORY ||
		 ((int)code == TOO_LARGE && !s->error[0]) ||
		 is_head_refused(s, code))
		snprintf(r->why, sizeof(r->why), "headers too long");
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		snprintf(r->why, sizeof(r->why),
		    "the server refused the stream, or closed the connection");
	else
		snprintf(r->why, sizeof(r->why), "%s",
		    s->error[0] ? s->error : curl_easy_strerror(code));
	return is_transient(code, r) && !is_head_refused(s, code)
		   ? TRANSFER_TRANSIENT
		   : TRANSFER_PERMANENT;
}

bool transfer_next(
    struct transfer *t, void **owner, enum transfer_result *result)
{
	struct slot *s = NULL;
	CURLMsg *m;
	int left;

	do {
		m = curl_multi_info_read(t->multi, &left);
		if (!m)
			return false;
	} while (m->msg != CURLMSG_DONE);
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
	read_times(t, s->response);
	*result = finish_transfer(s, m->data.result);
	t->fresh = *result != TRANSFER_DONE;
	*owner = s->owner;
	curl_multi_remove_handle(t->multi, s->curl);
	s->response = NULL;
	t->busy--;
	return true;
}

enum transfer_result transfer_run(
    struct transfer *t, const struct http_request *req, struct response *r)
{
	enum transfer_result result = TRANSFER_PERMANENT;
	void *owner;

	if (transfer_start(t, req, r, NULL))
		while (!transfer_next(t, &owner, &result))
			transfer_wait(t, -1, -1);
	return result;
}

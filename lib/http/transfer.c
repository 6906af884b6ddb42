#include "http/transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "http/retry.h"
#include "http/url.h"

/* A body that comes slower than this for so long is given up. */
#define SLOW_BYTES 64L /* a second */
#define SLOW_SECONDS 20L

/* libcurl keeps the headers, and sets no limit to all of them together. */
#define HEAD_MAX ((size_t)256 << 10)

/* CURLE_TOO_LARGE, which libcurl told apart from want of memory in 8.6: the
 * one that runs may be newer than its header. */
#define TOO_LARGE 100

#define WAIT_MAX 60000 /* ms; whoever waits longer waits again */

/* One transfer at a time, and many in turn: what curl calls an easy handle. */
struct lane {
	struct lane *next;
	CURL *curl;
	struct curl_slist *headers;
	struct reply *reply; /* NULL while it is idle */
	void *who;
	char error[CURL_ERROR_SIZE];
};

struct transfer {
	CURLM *multi;
	const struct transfer_limits *limits;
	struct lane *lanes;
	size_t busy;
	bool fresh; /* the last one failed: what is next connects anew */
};

struct transfer *transfer_new(const struct transfer_limits *limits)
{
	struct transfer *t;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t) {
		t->limits = limits;
		t->multi = curl_multi_init();
	}
	if (!t || !t->multi) {
		free(t);
		curl_global_cleanup();
		return NULL;
	}
	return t;
}

void transfer_free(struct transfer *t)
{
	struct lane *l;

	if (!t)
		return;
	while ((l = t->lanes)) {
		t->lanes = l->next;
		if (l->reply)
			curl_multi_remove_handle(t->multi, l->curl);
		curl_easy_cleanup(l->curl);
		curl_slist_free_all(l->headers);
		free(l);
	}
	curl_multi_cleanup(t->multi);
	free(t);
	curl_global_cleanup();
}

/* An idle lane, or a new one; NULL without memory. */
static struct lane *find_lane(struct transfer *t)
{
	struct lane *l = t->lanes;

	while (l && l->reply)
		l = l->next;
	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (l)
		l->curl = curl_easy_init();
	if (!l || !l->curl) {
		free(l);
		return NULL;
	}
	l->next = t->lanes;
	t->lanes = l;
	return l;
}

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct reply *r = ctx;

	return buf_put(&r->body, data, size * n) ? size * n : 0;
}

/* Whether a line is a header of that name, with its colon; then its value. */
static bool is_header(struct slice line, const char *name, struct slice *value)
{
	size_t len = strlen(name);

	if (line.n <= len || strncasecmp(line.p, name, len) != 0)
		return false;
	*value = slice_from(line, len);
	while (value->n > 0 && strchr(" \t", *value->p) && *value->p)
		*value = slice_from(*value, 1);
	while (value->n > 0 && strchr(" \t\r\n", value->p[value->n - 1]))
		value->n--;
	return true;
}

/* A second one makes the first doubtful too. */
static void take_etag(struct reply *r, struct slice value)
{
	size_t n = etag_is_valid(value) && !*r->etag ? value.n : 0;

	memcpy(r->etag, value.p, n);
	r->etag[n] = '\0';
}

/* Of several, the longest holds; what is none of these says nothing. */
static void take_wait(struct reply *r, struct slice value)
{
	int64_t wait;

	if (retry_after_parse(value, clock_now(), &wait) &&
	    wait > r->retry_after)
		r->retry_after = wait;
}

/* Called for each header line, those of interim and proxy answers too. */
static size_t take_header(char *data, size_t size, size_t n, void *ctx)
{
	struct slice line = {data, size * n}, value;
	struct reply *r = ctx;

	r->head += line.n;
	if (r->head > HEAD_MAX)
		return 0;
	if (slice_starts(line, SLICE("HTTP/"))) {
		r->retry_after = -1;
		*r->etag = '\0';
	}
	if (is_header(line, "retry-after:", &value))
		take_wait(r, value);
	if (is_header(line, "etag:", &value))
		take_etag(r, value);
	return size * n;
}

/* False without memory: then nothing is asked, as not all was said. */
static bool set_text(CURL *c, CURLoption option, const char *text)
{
	return curl_easy_setopt(c, option, text) != CURLE_OUT_OF_MEMORY;
}

static bool set_way(CURL *c, const struct origin *to)
{
	bool plain = strcmp(to->scheme, "http") == 0, ok = true;

#if LIBCURL_VERSION_NUM >= 0x075500
	ok = set_text(c, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
	    plain ? (long)CURLPROTO_HTTP : (long)CURLPROTO_HTTPS);
#endif
	/* One would carry the token off this machine, perhaps unencrypted. */
	return ok && (!origin_is_here(to) || set_text(c, CURLOPT_PROXY, ""));
}

static bool set_secrets(CURL *c, const struct question *q)
{
	bool ok = true;

	if (q->bearer) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		ok = set_text(c, CURLOPT_XOAUTH2_BEARER, q->bearer);
	}
	if (q->user) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		ok = ok && set_text(c, CURLOPT_USERNAME, q->user) &&
		     set_text(c, CURLOPT_PASSWORD, q->password);
	}
	if (q->form)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->form);
	return ok;
}

/* False if it is none to send, or without memory. */
static bool set_etag(struct lane *lane, const char *etag)
{
	char line[32 + ETAG_MAX];

	curl_slist_free_all(lane->headers);
	lane->headers = NULL;
	if (!etag)
		return true;
	if (!etag_is_valid(slice_of(etag)))
		return false;
	snprintf(line, sizeof(line), "If-None-Match: %s", etag);
	lane->headers = curl_slist_append(NULL, line);
	curl_easy_setopt(lane->curl, CURLOPT_HTTPHEADER, lane->headers);
	return lane->headers != NULL;
}

/* The service's certificate, and that of a proxy that has one. */
static bool set_trust(CURL *c, const struct transfer_limits *l)
{
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	/* In place of the system's, which may be a file and a folder. */
	return (!l->ca_file && !l->ca_folder) ||
	       (set_text(c, CURLOPT_CAINFO, l->ca_file) &&
		   set_text(c, CURLOPT_CAPATH, l->ca_folder) &&
		   set_text(c, CURLOPT_PROXY_CAINFO, l->ca_file) &&
		   set_text(c, CURLOPT_PROXY_CAPATH, l->ca_folder));
}

/* False without memory. */
static bool set_up(const struct transfer *t, struct lane *lane,
    const struct question *q, struct reply *r)
{
	const struct transfer_limits *l = t->limits;
	CURL *c = lane->curl;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_PRIVATE, lane);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, lane->error);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Rather one connection that carries several than several. */
	curl_easy_setopt(c, CURLOPT_PIPEWAIT, 1L);
	/*
	 * On a connection that broke before its first answer, which libcurl
	 * 7.88 keeps, it would wait for ever to see whether that is one.
	 */
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, (long)t->fresh);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(
	    c, CURLOPT_CONNECTTIMEOUT_MS, (long)l->connect_timeout);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)l->timeout);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
	return set_text(c, CURLOPT_URL, q->url) &&
	       set_text(c, CURLOPT_USERAGENT, l->user_agent) &&
	       set_text(c, CURLOPT_ACCEPT_ENCODING, "") && set_trust(c, l) &&
	       set_secrets(c, q);
}

/* The reply was more than we take, of one thing or another. */
static bool is_too_big(const struct reply *r)
{
	return r->body.failed || r->head > HEAD_MAX;
}

/*
 * Whether trying again could help. A protocol that is not supported was an
 * answer that is none: the URL's is known to be.
 */
static bool may_pass(CURLcode code, const struct reply *r)
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

bool transfer_start(
    struct transfer *t, const struct question *q, struct reply *r, void *who)
{
	struct origin to;
	const char *why = origin_read(&to, q->url);
	struct lane *lane = NULL;

	buf_clear(&r->body);
	r->status = 0;
	r->retry_after = -1;
	r->head = 0;
	r->no_memory = false;
	*r->etag = '\0';
	if (!why && !origin_is_safe(&to))
		why = "plain http to another machine";
	if (!why && !(lane = find_lane(t)))
		why = url_no_memory;
	if (lane) {
		lane->error[0] = '\0';
		if (!set_up(t, lane, q, r) || !set_way(lane->curl, &to))
			why = url_no_memory;
		else if (!set_etag(lane, q->etag))
			why = etag_is_valid(slice_of(q->etag))
				  ? url_no_memory
				  : "no entity tag";
		else if (curl_multi_add_handle(t->multi, lane->curl) !=
			 CURLM_OK)
			why = url_no_memory;
	}
	if (why) {
		r->no_memory = why == url_no_memory;
		snprintf(r->why, sizeof(r->why), "%s", why);
		return false;
	}
	lane->reply = r;
	lane->who = who;
	t->busy++;
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

	if (timeout_ms < 0 || timeout_ms > WAIT_MAX)
		timeout_ms = WAIT_MAX;
	curl_multi_perform(t->multi, &running);
	if ((size_t)running < t->busy) /* some have ended */
		return;
	curl_multi_poll(
	    t->multi, &input, fd < 0 ? 0 : 1, (int)timeout_ms, NULL);
	curl_multi_perform(t->multi, &running);
}

/* What came of a lane's transfer. */
static enum transfer_result conclude(const struct lane *l, CURLcode code)
{
	struct reply *r = l->reply;
	long status = 0;

	r->done_at = clock_now();
	curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &status);
	r->status = (int)status;
	if (code == CURLE_OK)
		return TRANSFER_DONE;
	r->no_memory = r->body.no_memory;
	if (r->no_memory)
		snprintf(r->why, sizeof(r->why), "%s", url_no_memory);
	else if (code == CURLE_WRITE_ERROR && r->body.failed)
		snprintf(r->why, sizeof(r->why), "body of more than %zu bytes",
		    r->body.max);
	else if (code == CURLE_WRITE_ERROR && r->head > HEAD_MAX)
		snprintf(r->why, sizeof(r->why),
		    "headers of more than %zu bytes", HEAD_MAX);
	else if (code == CURLE_WRITE_ERROR)
		snprintf(r->why, sizeof(r->why),
		    "a body that cannot be decompressed");
	else if (code == CURLE_OUT_OF_MEMORY)
		snprintf(
		    r->why, sizeof(r->why), "no memory, or a header too long");
	else if ((int)code == TOO_LARGE && !l->error[0])
		snprintf(r->why, sizeof(r->why), "a header too long");
	else
		snprintf(r->why, sizeof(r->why), "%s",
		    l->error[0] ? l->error : curl_easy_strerror(code));
	return may_pass(code, r) ? TRANSFER_FAULT : TRANSFER_FAILED;
}

bool transfer_next(struct transfer *t, void **who, enum transfer_result *result)
{
	struct lane *l = NULL;
	CURLMsg *m;
	int left;

	do {
		m = curl_multi_info_read(t->multi, &left);
		if (!m)
			return false;
	} while (m->msg != CURLMSG_DONE);
	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&l);
	*result = conclude(l, m->data.result);
	t->fresh = *result != TRANSFER_DONE;
	*who = l->who;
	curl_multi_remove_handle(t->multi, l->curl);
	l->reply = NULL;
	t->busy--;
	return true;
}

enum transfer_result transfer_run(
    struct transfer *t, const struct question *q, struct reply *r)
{
	enum transfer_result result = TRANSFER_FAILED;
	void *who;

	if (transfer_start(t, q, r, NULL))
		while (!transfer_next(t, &who, &result))
			transfer_wait(t, -1, -1);
	return result;
}

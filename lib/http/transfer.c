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

struct transfer {
	CURL *curl;
	const struct transfer_limits *limits;
	char error[CURL_ERROR_SIZE];
};

struct transfer *transfer_new(const struct transfer_limits *limits)
{
	struct transfer *t;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t) {
		t->limits = limits;
		t->curl = curl_easy_init();
	}
	if (!t || !t->curl) {
		free(t);
		curl_global_cleanup();
		return NULL;
	}
	return t;
}

void transfer_free(struct transfer *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->curl);
	free(t);
	curl_global_cleanup();
}

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct reply *r = ctx;

	return buf_put(&r->body, data, size * n) ? size * n : 0;
}

/* Called for each header line, those of interim and proxy answers too. */
static size_t take_header(char *data, size_t size, size_t n, void *ctx)
{
	static const char name[] = "retry-after:";
	const size_t len = sizeof(name) - 1;
	struct slice line = {data, size * n};
	struct reply *r = ctx;

	if (slice_starts(line, SLICE("HTTP/")))
		r->retry_after = -1;
	if (line.n > len && strncasecmp(line.p, name, len) == 0 &&
	    !retry_after_parse(
		slice_from(line, len), clock_now(), &r->retry_after))
		r->retry_after = -1;
	return size * n;
}

static void set_protocols(CURL *c, bool plain)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
	    plain ? (long)CURLPROTO_HTTP : (long)CURLPROTO_HTTPS);
#endif
	/* A proxy would carry the token off this machine unencrypted. */
	if (plain)
		curl_easy_setopt(c, CURLOPT_PROXY, "");
}

static void set_secrets(CURL *c, const struct question *q)
{
	if (q->bearer) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, q->bearer);
	}
	if (q->user) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, q->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, q->password);
	}
	if (q->form)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->form);
}

static void set_up(
    struct transfer *t, const struct question *q, struct reply *r)
{
	const struct transfer_limits *l = t->limits;
	CURL *c = t->curl;

	curl_easy_reset(c); /* keeps the connections */
	curl_easy_setopt(c, CURLOPT_URL, q->url);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(c, CURLOPT_USERAGENT, l->user_agent);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
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
	set_secrets(c, q);
}

/* Whether trying again could help. */
static bool may_pass(CURLcode code)
{
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_WRITE_ERROR: /* the body was too big for us */
	case CURLE_OUT_OF_MEMORY:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_BAD_FUNCTION_ARGUMENT:
	case CURLE_FILESIZE_EXCEEDED: return false;
	default: return true;
	}
}

enum transfer_result transfer_run(
    struct transfer *t, const struct question *q, struct reply *r)
{
	struct origin to;
	const char *why = origin_read(&to, q->url);
	CURLcode code;
	long status = 0;

	buf_clear(&r->body);
	r->status = 0;
	r->retry_after = -1;
	if (!why && !origin_is_safe(&to))
		why = "plain http to another machine";
	if (why) {
		snprintf(r->why, sizeof(r->why), "%s", why);
		return TRANSFER_FAILED;
	}
	set_up(t, q, r);
	set_protocols(t->curl, strcmp(to.scheme, "http") == 0);
	t->error[0] = '\0';
	code = curl_easy_perform(t->curl);
	r->done_at = clock_now();
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	r->status = (int)status;
	if (code == CURLE_OK)
		return TRANSFER_DONE;
	if (code == CURLE_WRITE_ERROR && r->body.failed)
		snprintf(r->why, sizeof(r->why), "body of more than %zu bytes",
		    r->body.max);
	else
		snprintf(r->why, sizeof(r->why), "%s",
		    t->error[0] ? t->error : curl_easy_strerror(code));
	return may_pass(code) ? TRANSFER_FAULT : TRANSFER_FAILED;
}

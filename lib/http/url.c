#include "http/url.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "json/json.h"

#define BRIEF 100 /* bytes of a URL in a message */

/* A part, to be freed with curl_free; NULL if it is absent. */
static char *find_part(CURLU *u, CURLUPart part, unsigned flags)
{
	char *text = NULL;
	CURLUcode rc = curl_url_get(u, part, &text, flags);

	if (rc == CURLUE_OUT_OF_MEMORY)
		mem_exhausted();
	return rc == CURLUE_OK ? text : NULL;
}

/* Copy one part of a URL in lower case; false if it is absent or too long. */
static bool get_part(
    CURLU *u, CURLUPart part, unsigned flags, char *to, size_t size)
{
	char *text = find_part(u, part, flags);
	size_t n = text ? strlen(text) : size;

	if (n < size)
		for (size_t i = 0; i <= n; i++) {
			bool upper = text[i] >= 'A' && text[i] <= 'Z';

			to[i] = (char)(upper ? text[i] - 'A' + 'a' : text[i]);
		}
	curl_free(text);
	return n < size;
}

static bool has_part(CURLU *u, CURLUPart part)
{
	char *text = find_part(u, part, 0);
	bool has = text != NULL;

	curl_free(text);
	return has;
}

static const char *read_parts(struct origin *o, CURLU *u, const char *url)
{
	CURLUcode rc = curl_url_set(u, CURLUPART_URL, url, 0);
	char path[2];

	if (rc == CURLUE_OUT_OF_MEMORY)
		mem_exhausted();
	if (rc != CURLUE_OK)
		return "not a URL";
	if (!get_part(u, CURLUPART_SCHEME, 0, o->scheme, sizeof(o->scheme)) ||
	    (strcmp(o->scheme, "https") != 0 && strcmp(o->scheme, "http") != 0))
		return "neither https nor http";
	if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD))
		return "a user name in a URL";
	if (!get_part(u, CURLUPART_HOST, 0, o->host, sizeof(o->host)))
		return "no host in a URL";
	if (!get_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, o->port,
		sizeof(o->port)))
		return "no port in a URL";
	o->bare = get_part(u, CURLUPART_PATH, 0, path, sizeof(path)) &&
		  !has_part(u, CURLUPART_QUERY) &&
		  !has_part(u, CURLUPART_FRAGMENT);
	return NULL;
}

const char *origin_read(struct origin *o, const char *url)
{
	CURLU *u = mem_need(curl_url());
	const char *why;

	*o = (struct origin){.bare = false};
	why = read_parts(o, u, url);
	curl_url_cleanup(u);
	return why;
}

bool origin_eq(const struct origin *a, const struct origin *b)
{
	return strcmp(a->scheme, b->scheme) == 0 &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0;
}

bool origin_is_here(const struct origin *o)
{
	return strcmp(o->host, "127.0.0.1") == 0 ||
	       strcmp(o->host, "[::1]") == 0 ||
	       strcmp(o->host, "localhost") == 0;
}

bool origin_is_safe(const struct origin *o)
{
	return strcmp(o->scheme, "https") == 0 || origin_is_here(o);
}

bool origin_put(const struct origin *o, struct buf *b)
{
	const char *usual = strcmp(o->scheme, "https") == 0 ? "443" : "80";

	buf_printf(b, "%s://%s", o->scheme, o->host);
	if (strcmp(o->port, usual) != 0)
		buf_printf(b, ":%s", o->port);
	return !b->failed;
}

const char *url_resolve(
    const struct origin *api, struct slice ref, struct buf *url)
{
	size_t from = url->n;
	struct origin o;
	const char *text, *why;

	if (ref.n == 0 || memchr(ref.p, '\0', ref.n))
		return "not a URL";
	if (*ref.p == '/')
		origin_put(api, url);
	buf_put_slice(url, ref);
	text = buf_cstr(url);
	if (!text)
		return "longer than a URL may be";
	why = origin_read(&o, text + from);
	if (!why && !origin_eq(&o, api))
		why = "not of the API's origin";
	if (why)
		url->n = from;
	return why;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* Whether a segment of the path, before the query, is `.` or `..`. */
static bool has_dots(struct slice path)
{
	size_t from = 0;

	for (size_t i = 1; i <= path.n; i++) {
		bool end = i == path.n || path.p[i] == '?';

		if (!end && path.p[i] != '/')
			continue;
		if (i - from <= 3 && path.p[i - 1] == '.' &&
		    (i - from == 2 || path.p[i - 2] == '.'))
			return true;
		if (end)
			return false;
		from = i;
	}
	return false;
}

const char *url_path_fault(struct slice path)
{
	if (path.n == 0 || *path.p != '/')
		return "it does not begin with '/'";
	if (path.n > 1 && path.p[1] == '/')
		return "it begins with '//', as a host does";
	if (path.n == 1)
		return "it names nothing";
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"#<>\\^`{|}", c))
			return "it has a character that a URL holds "
			       "percent-encoded";
		if (c == '%' && (path.n - i < 3 || !is_hex(path.p[i + 1]) ||
				    !is_hex(path.p[i + 2])))
			return "it has a '%' without two hexadecimal digits";
	}
	return has_dots(path) ? "it has a segment of dots" : NULL;
}

struct slice url_path(struct slice url)
{
	size_t i = 0;

	while (i + 2 < url.n && memcmp(url.p + i, "://", 3) != 0)
		i++;
	if (i + 2 >= url.n)
		return url;
	for (i += 3; i < url.n && !strchr("/?#", url.p[i]);)
		i++;
	return slice_from(url, i);
}

struct slice url_endpoint(struct slice url)
{
	struct slice path = url_path(url);
	const char *query = memchr(path.p, '?', path.n);

	if (query)
		path.n = (size_t)(query - path.p);
	return path;
}

struct slice url_brief(struct slice url)
{
	struct slice path = url_path(url);

	if (path.n > BRIEF)
		path.n = BRIEF;
	return path;
}

bool url_query(struct slice url, const char *name, struct slice *value)
{
	const char *p = memchr(url.p, '?', url.n), *end = url.p + url.n;
	size_t len = strlen(name);

	while (p && ++p < end) {
		const char *stop = memchr(p, '&', (size_t)(end - p));
		const char *to = stop ? stop : end;

		if ((size_t)(to - p) > len && p[len] == '=' &&
		    memcmp(p, name, len) == 0) {
			p += len + 1;
			*value = (struct slice){p, (size_t)(to - p)};
			return true;
		}
		p = stop;
	}
	return false;
}

bool url_query_int(struct slice url, const char *name, int64_t *value)
{
	struct slice text;

	return url_query(url, name, &text) && json_int(text, value);
}

bool url_set_query(
    struct slice url, const char *name, struct slice value, struct buf *to)
{
	struct slice old;

	if (url_query(url, name, &old)) {
		buf_put(to, url.p, (size_t)(old.p - url.p));
		buf_put_slice(to, value);
		return buf_put(
		    to, old.p + old.n, (size_t)(url.p + url.n - old.p) - old.n);
	}
	buf_put_slice(to, url);
	buf_printf(to, "%c%s=", memchr(url.p, '?', url.n) ? '&' : '?', name);
	return buf_put_slice(to, value);
}

bool url_set_query_int(
    struct slice url, const char *name, int64_t value, struct buf *to)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return url_set_query(url, name, slice_of(text), to);
}

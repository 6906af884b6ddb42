#include "http/origin.h"

#include <curl/curl.h>

#include "base/number.h"
#include "base/mem.h"

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
	o->only_origin = get_part(u, CURLUPART_PATH, 0, path, sizeof(path)) &&
			 !has_part(u, CURLUPART_QUERY) &&
			 !has_part(u, CURLUPART_FRAGMENT);
	return NULL;
}

const char *origin_parse(struct origin *o, const char *url)
{
	CURLU *u = mem_need(curl_url());
	const char *why;

	*o = (struct origin){.only_origin = false};
	why = read_parts(o, u, url);
	curl_url_cleanup(u);
	return why;
}

bool origin_eq(const struct origin *a, const struct origin *b)
{
	return strcmp(a->scheme, b->scheme) == 0 &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0;
}

bool origin_is_loopback(const struct origin *o)
{
	return strcmp(o->host, "127.0.0.1") == 0 ||
	       strcmp(o->host, "[::1]") == 0 ||
	       strcmp(o->host, "localhost") == 0;
}

bool origin_is_safe(const struct origin *o)
{
	return strcmp(o->scheme, "https") == 0 || origin_is_loopback(o);
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
	why = origin_parse(&o, text + from);
	if (!why && !origin_eq(&o, api))
		why = "not a URL of the API";
	if (why)
		url->n = from;
	return why;
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

const char *url_path_error(struct slice path)
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
			return "it has a character that a URL holds percent-encoded";
		if (c == '%' &&
		    (path.n - i < 3 || hex_digit(path.p[i + 1]) < 0 ||
			hex_digit(path.p[i + 2]) < 0))
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

	return slice_cut(&path, '?');
}

struct slice url_brief(struct slice url)
{
	struct slice path = url_path(url);

	if (path.n > BRIEF)
		path.n = BRIEF;
	return path;
}

#include "base/etag.h"

static struct slice strong(struct slice etag)
{
	return slice_starts(etag, SLICE("W/")) ? slice_from(etag, 2) : etag;
}

/* How long the tag is that a text begins with; 0 if there is none. */
static size_t length(struct slice text)
{
	struct slice s = strong(text);
	size_t n = 1;

	if (s.n == 0 || *s.p != '"')
		return 0;
	while (n < s.n && s.p[n] > ' ' && s.p[n] < 0x7f && s.p[n] != '"')
		n++;
	if (n == s.n || s.p[n] != '"')
		return 0;
	return text.n - s.n + n + 1;
}

bool etag_is_valid(struct slice etag)
{
	return etag.n > 0 && etag.n <= ETAG_MAX && length(etag) == etag.n;
}

bool etag_eq(struct slice a, struct slice b)
{
	return slice_eq(strong(a), strong(b));
}

static struct slice skip(struct slice s, const char *of)
{
	while (s.n > 0 && *s.p && strchr(of, *s.p))
		s = slice_from(s, 1);
	return s;
}

bool etag_is_listed(struct slice header, struct slice etag)
{
	struct slice s = skip(header, " \t");

	if (s.n > 0 && *s.p == '*')
		return skip(slice_from(s, 1), " \t").n == 0;
	for (s = skip(s, " \t,"); s.n > 0; s = skip(s, " \t,")) {
		size_t n = length(s);

		if (n == 0)
			return false;
		if (etag_eq((struct slice){s.p, n}, etag))
			return true;
		s = skip(slice_from(s, n), " \t");
		if (s.n > 0 && *s.p != ',')
			return false;
	}
	return false;
}

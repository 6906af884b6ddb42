#include "http/validators.h"

#include "http/url.h"
#include "json/json.h"

void validator_init(struct validator *v)
{
	*v = (struct validator){.next = BUF_INIT(URL_MAX)};
}

void validator_release(struct validator *v)
{
	buf_release(&v->next);
}

/* Copy a string; false if it is not a valid entity tag. */
static bool read_etag(struct slice text, char to[ETAG_MAX + 1])
{
	struct buf b = BUF_INIT(ETAG_MAX);
	bool ok = json_unescape(text, &b) && etag_is_valid(buf_slice(&b));

	if (ok) {
		memcpy(to, b.p, b.n);
		to[b.n] = '\0';
	}
	buf_release(&b);
	return ok;
}

/*
 * Read the object that a URL is mapped to, from its opening brace on. NULL, or
 * what is wrong with it.
 */
static const char *read_one(struct json *j, struct validator *v)
{
	enum json_type type;

	*v->etag = '\0';
	buf_clear(&v->next);
	while ((type = json_next(j)) != JSON_OBJECT_END) {
		if (slice_is(j->key, "etag")) {
			if (type != JSON_STRING || !read_etag(j->text, v->etag))
				return "an 'etag' in its 'etags' is no entity "
				       "tag";
		} else if (slice_is(j->key, "next") && type == JSON_STRING) {
			if (!json_unescape(j->text, &v->next))
				return "a 'next' in its 'etags' is too long";
		} else if (slice_is(j->key, "next") && type != JSON_NULL) {
			return "a 'next' in its 'etags' is no string";
		} else if (!json_skip(j, type)) {
			return "its 'etags' are cut";
		}
	}
	return *v->etag ? NULL : "a URL in its 'etags' has no 'etag'";
}

const char *validators_check(struct slice etags)
{
	struct validator v;
	struct json j;
	enum json_type type;
	const char *why = NULL;

	if (!etags.p)
		return NULL;
	validator_init(&v);
	json_init(&j, etags);
	if (json_next(&j) != JSON_OBJECT)
		why = "its 'etags' are no object";
	while (!why && (type = json_next(&j)) != JSON_OBJECT_END)
		why = type == JSON_OBJECT
			  ? read_one(&j, &v)
			  : "its 'etags' map a URL to no object";
	validator_release(&v);
	return why;
}

bool validator_find(struct validator *v, struct slice etags, struct slice url)
{
	struct json j;
	enum json_type type;

	*v->etag = '\0';
	buf_clear(&v->next);
	if (!etags.p)
		return true;
	json_init(&j, etags);
	json_next(&j);
	while ((type = json_next(&j)) == JSON_OBJECT)
		if (json_text_is(j.key, j.key_escaped, url))
			return !read_one(&j, v);
		else
			json_skip(&j, type);
	return true;
}

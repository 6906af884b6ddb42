#include "base/array.h"
#include "base/number.h"
#include "base/url.h"
#include "json/json.h"
#include "rehearse/faults.h"
#include "rehearse/put_json.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_kind(struct fault *f)
{
	static const struct {
		const char *name;
		enum fault_kind kind;
	} kinds[] = {{"slow", FAULT_SLOW}, {"drip", FAULT_DRIP},
	    {"cut", FAULT_CUT}, {"reset", FAULT_RESET}, {"html", FAULT_HTML},
	    {"badjson", FAULT_BADJSON}, {"badnext", FAULT_BADNEXT},
	    {"selfnext", FAULT_SELFNEXT}, {"redirect", FAULT_REDIRECT},
	    {"huge", FAULT_HUGE}, {"change", FAULT_CHANGE},
	    {"rotate", FAULT_ROTATE}, {"denied", FAULT_DENIED},
	    {"wrong-state", FAULT_STATE}};
	int64_t status;

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (strcmp(f->name, kinds[i].name) == 0) {
			f->kind = kinds[i].kind;
			return true;
		}
	}
	f->kind = FAULT_STATUS;
	if (!number_parse(slice_of(f->name), &status) ||
	    (status != 304 && (status < 400 || status > 599)))
		return false;
	f->status = (int)status;
	return true;
}

#define TEXT(name) \
	offsetof(struct fault, name), sizeof(((struct fault *)0)->name)

/* The members of a specification, and where they go. */
static const struct {
	const char *name;
	size_t at, size; /* size 0: a number */
} members[] = {
    {"kind", TEXT(name)},
    {"path", TEXT(path)},
    {"message", TEXT(message)},
    {"reason", TEXT(reason)},
    {"error", TEXT(error)},
    {"to", TEXT(to)},
    {"origin", TEXT(to)},
    {"mode", TEXT(mode)},
    {"retry_after", offsetof(struct fault, retry_after), 0},
    {"ms", offsetof(struct fault, ms), 0},
    {"byte", offsetof(struct fault, byte), 0},
    {"times", offsetof(struct fault, times), 0},
    {"skip", offsetof(struct fault, skip), 0},
    {"plain", offsetof(struct fault, plain), 0},
};

/* A misspelled member must not go unnoticed. */
static bool names_known(struct slice spec)
{
	struct slice name, value;

	while (param_next(&spec, &name, &value)) {
		size_t i = 0;

		while (
		    i < COUNT_OF(members) && !slice_is(name, members[i].name))
			i++;
		if (i == COUNT_OF(members))
			return false;
	}
	return true;
}

/* False: a number is none, or out of range. */
static bool read_members(struct fault *f, struct slice spec)
{
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		char *at = (char *)f + members[i].at;
		struct slice value;

		if (members[i].size > 0)
			param_get(spec, members[i].name, at, members[i].size);
		else if (param_find(spec, members[i].name, &value) &&
			 !number_parse(value, (int64_t *)(void *)at))
			return false;
	}
	return f->ms >= 0 && f->ms <= 3600000 && f->byte >= -1 &&
	       f->times >= 0 && f->skip >= 0;
}

static void set_defaults(struct fault *f)
{
	if (f->ms == 0)
		f->ms = f->kind == FAULT_SLOW ? 1000 : 10;
	if (*f->to == '\0')
		strcpy(f->to, "https://evil.example");
	if (*f->path == '\0' && f->kind == FAULT_ROTATE)
		strcpy(f->path, "/api/token");
	if (*f->path == '\0' &&
	    (f->kind == FAULT_DENIED || f->kind == FAULT_STATE))
		strcpy(f->path, "/authorize");
}

const char *fault_read(struct fault *f, struct slice spec)
{
	*f = (struct fault){
	    .retry_after = -1, .times = 1, .byte = -1, .mode = "add"};
	if (!names_known(spec))
		return "it has a member that no fault has";
	if (!read_members(f, spec))
		return "a number is none, or out of range";
	if (!read_kind(f))
		return "no such kind";
	if (strcmp(f->mode, "add") != 0 && strcmp(f->mode, "swap") != 0)
		return "mode is swap or add";
	set_defaults(f);
	return NULL;
}

bool faults_add(struct faults *q, const struct fault *f)
{
	if (q->count == FAULTS_MAX)
		return false;
	q->queue[q->count++] = *f;
	return true;
}

/* A page after the first of a playlist's items. */
static bool later_page(const char *url)
{
	int64_t offset = 0;

	return strncmp(url, "/v1/playlists/", 14) == 0 &&
	       param_find_int(url_query(slice_of(url)), "offset", &offset) &&
	       offset > 0;
}

bool faults_next(struct faults *q, const char *url, struct fault *out)
{
	for (int i = 0; i < q->count; i++) {
		struct fault *f = &q->queue[i];

		if (strncmp(url, f->path, strlen(f->path)) != 0 ||
		    (f->kind == FAULT_CHANGE && !later_page(url)))
			continue;
		if (f->skip > 0) {
			f->skip--;
			continue;
		}
		*out = *f;
		if (f->times == 1) {
			q->count--;
			memmove(f, f + 1, (size_t)(q->count - i) * sizeof(*f));
		} else if (f->times > 1) {
			f->times--;
		}
		return true;
	}
	return false;
}

bool fault_replaces(const struct fault *f)
{
	return f->kind == FAULT_STATUS || f->kind == FAULT_RESET ||
	       f->kind == FAULT_HTML || f->kind == FAULT_REDIRECT ||
	       f->kind == FAULT_HUGE;
}

static const char *usual_message(int status)
{
	switch (status) {
	case 401: return "The access token expired";
	case 403: return "Insufficient client scope";
	case 404: return "Resource not found";
	case 429: return "Too many requests";
	case 500: return "Internal server error";
	case 502: return "Bad gateway.";
	case 503: return "Service unavailable";
	default: return "Something went wrong";
	}
}

static void apply_status(const struct fault *f, const struct mock_request *req,
    struct mock_response *r)
{
	const char *message =
	    *f->message != '\0' ? f->message : usual_message(f->status);

	r->retry_after = f->retry_after;
	if (f->status == 304) {
		r->status = f->status;
		return;
	}
	if (strncmp(req->path, "/api/token", 10) == 0) {
		const char *error =
		    f->status == 400 ? "invalid_grant" : "server_error";

		if (f->status == 400 && *f->message == '\0')
			message = "Refresh token revoked";
		mock_response_oauth_error(r, f->status,
		    *f->error != '\0' ? f->error : error, message);
	} else {
		mock_response_error(r, f->status, message, f->reason);
	}
	if (f->plain != 0) {
		buf_clear(&r->body);
		buf_puts(&r->body, message);
		r->type = TYPE_TEXT;
	}
}

/* The value of the outermost object's member "next", as it is written. */
static bool find_next(struct slice body, struct slice *next)
{
	enum json_type type;
	struct json j;
	bool found = false;

	json_init(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while (!found && (type = json_next(&j)) != JSON_OBJECT_END) {
		found = slice_is(j.key, "next");
		if (!json_skip(&j, type))
			return false;
	}
	*next = j.text;
	return found;
}

/*
 * Point the page's next to origin: to the path that it has, or with `self`, or
 * if it is null, to the path of this page.
 */
static void change_next(const char *origin, bool self,
    const struct mock_request *req, struct mock_response *r)
{
	struct buf made = BUF_INIT(MOCK_TEXT_MAX);
	struct slice body = buf_slice(&r->body), path = slice_of(req->url),
		     next;
	size_t start, end;

	if (!find_next(body, &next))
		return;
	start = (size_t)(next.p - body.p);
	end = start + next.n;
	if (!self && next.p[0] == '"') {
		while (!slice_starts(next, SLICE("/v1/")))
			next = slice_from(next, 1);
		path = (struct slice){next.p, next.n - 1};
	}
	buf_put(&made, body.p, start);
	put_joined(&made, origin, path);
	buf_put_slice(&made, slice_from(body, end));
	buf_release(&r->body);
	r->body = made;
}

static int64_t byte_or_half(
    const struct fault *f, const struct mock_response *r)
{
	int64_t len = (int64_t)r->body.n;

	if (f->byte < 0)
		return len / 2;
	return f->byte < len ? f->byte : len;
}

void fault_apply(const struct fault *f, const struct mock_request *req,
    const char *base, struct mock_response *r)
{
	switch (f->kind) {
	case FAULT_STATUS: apply_status(f, req, r); break;
	case FAULT_SLOW: r->wait = f->ms; break;
	case FAULT_DRIP: r->drip = f->ms; break;
	case FAULT_CUT: r->cut = byte_or_half(f, r); break;
	case FAULT_RESET: r->reset = true; break;
	case FAULT_HUGE:
		r->huge = true;
		buf_puts(&r->body, "{\"items\":[");
		break;
	case FAULT_HTML:
		r->type = TYPE_HTML;
		buf_puts(&r->body,
		    "<!DOCTYPE html>\n<html><title>Log in to the network"
		    "</title><p>Welcome to the airport.</html>\n");
		break;
	case FAULT_BADJSON: r->body.n = (size_t)byte_or_half(f, r); break;
	case FAULT_BADNEXT: change_next(f->to, false, req, r); break;
	case FAULT_SELFNEXT: change_next(base, true, req, r); break;
	case FAULT_REDIRECT:
		r->status = 302;
		snprintf(r->location, sizeof(r->location), "%s", f->to);
		break;
	case FAULT_CHANGE: /* made before the response */
	case FAULT_ROTATE:
	case FAULT_DENIED:
	case FAULT_STATE: break; /* done by accounts_respond */
	}
}

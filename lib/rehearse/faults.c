#include "base/array.h"
#include "base/number.h"
#include "base/url.h"
#include "rehearse/faults.h"
#include "rehearse/put_json.h"
#include "rehearse/query_string.h"

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

/* A mistyped name would be a fault that never shows. */
static bool names_known(const char *spec)
{
	static const char *const known[] = {"kind", "retry_after", "ms", "byte",
	    "times", "skip", "plain", "path", "message", "reason", "error",
	    "to", "origin", "mode"};

	struct slice rest = slice_of(spec), name, value;

	while (param_next(&rest, &name, &value)) {
		size_t i = 0;

		while (i < COUNT_OF(known) && !slice_is(name, known[i]))
			i++;
		if (i == COUNT_OF(known))
			return false;
	}
	return true;
}

static bool read_numbers(struct fault *f, const char *spec)
{
	int64_t plain = 0;
	bool ok = query_number(spec, "retry_after", &f->retry_after) &&
		  query_number(spec, "ms", &f->ms) &&
		  query_number(spec, "byte", &f->byte) &&
		  query_number(spec, "times", &f->times) &&
		  query_number(spec, "skip", &f->skip) &&
		  query_number(spec, "plain", &plain);

	f->plain = plain != 0;
	return ok && f->ms >= 0 && f->ms <= 3600000 && f->byte >= -1 &&
	       f->times >= 0 && f->skip >= 0;
}

static bool read_mode(struct fault *f, const char *spec)
{
	char mode[8] = "add";

	query_get(spec, "mode", mode, sizeof(mode));
	f->swap = strcmp(mode, "swap") == 0;
	return f->swap || strcmp(mode, "add") == 0;
}

bool fault_read(struct fault *f, const char *spec, const char **why)
{
	*f = (struct fault){.retry_after = -1, .times = 1, .byte = -1};
	if (!query_get(spec, "kind", f->name, sizeof(f->name))) {
		*why = "it names no kind";
		return false;
	}
	if (!read_kind(f)) {
		*why = "no such kind";
		return false;
	}
	if (!names_known(spec)) {
		*why = "it has a part that no fault has";
		return false;
	}
	f->ms = f->kind == FAULT_SLOW ? 1000 : 10;
	if (!read_numbers(f, spec)) {
		*why = "a number is none, or out of range";
		return false;
	}
	if (!read_mode(f, spec)) {
		*why = "mode is swap or add";
		return false;
	}
	query_get(spec, "message", f->message, sizeof(f->message));
	query_get(spec, "reason", f->reason, sizeof(f->reason));
	query_get(spec, "error", f->error, sizeof(f->error));
	if (f->kind == FAULT_ROTATE)
		strcpy(f->path, "/api/token");
	if (f->kind == FAULT_DENIED || f->kind == FAULT_STATE)
		strcpy(f->path, "/authorize");
	query_get(spec, "path", f->path, sizeof(f->path));
	strcpy(f->to, "https://evil.example");
	query_get(spec, f->kind == FAULT_REDIRECT ? "to" : "origin", f->to,
	    sizeof(f->to));
	return true;
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
	if (f->plain) {
		buf_clear(&r->body);
		buf_puts(&r->body, message);
		r->type = TYPE_TEXT;
	}
}

/*
 * Find the value of the outermost object's member "next": a string or null.
 * False if it has none.
 */
static bool find_next(const char *t, size_t *start, size_t *end)
{
	int depth = 0;

	for (size_t i = 0; t[i] != '\0'; i++) {
		size_t from = i;

		if (t[i] == '{' || t[i] == '[')
			depth++;
		if (t[i] == '}' || t[i] == ']')
			depth--;
		if (t[i] != '"')
			continue;
		for (i++; t[i] != '"' && t[i] != '\0'; i++)
			i += t[i] == '\\' && t[i + 1] != '\0';
		if (t[i] == '\0')
			return false;
		if (depth != 1 || strncmp(t + from, "\"next\"", 6) != 0)
			continue;
		*start = i + 1 + strspn(t + i + 1, " :\n\t\r");
		if (strncmp(t + *start, "null", 4) == 0)
			*end = *start + 4;
		else if (t[*start] == '"' && strchr(t + *start + 1, '"'))
			*end = (size_t)(strchr(t + *start + 1, '"') + 1 - t);
		else
			return false;
		return true;
	}
	return false;
}

/* Point the page's next to origin, at the path it had, or at its own. */
static void change_next(const char *origin, bool self,
    const struct mock_request *req, struct mock_response *r)
{
	struct buf made = BUF_INIT(MOCK_TEXT_MAX);
	const char *text = buf_cstr(&r->body), *path = req->url;
	size_t start, end, path_len = strlen(req->url);

	if (text == NULL || !find_next(text, &start, &end))
		return;
	if (!self && text[start] == '"') {
		const char *v1 = strstr(text + start, "/v1/");

		if (v1 != NULL && v1 < text + end) {
			path = v1;
			path_len = (size_t)(text + end - 1 - v1);
		}
	}
	buf_put(&made, text, start);
	put_joined(&made, origin, (struct slice){path, path_len});
	buf_puts(&made, text + end);
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
	case FAULT_CHANGE: break; /* it was made before the answer */
	case FAULT_ROTATE:
	case FAULT_DENIED:
	case FAULT_STATE: break; /* the login service sees to it */
	}
}

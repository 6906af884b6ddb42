#include <stdio.h>

#include "cli.h"
#include "spotify/denial.h"
#include "spotify/endpoint.h"
#include "spotify/problem.h"
#include "transform.h"

#define DETAIL_MAX 4096 /* bytes of a denial that are searched */
#define NAME_SHOWN 64	/* bytes of an endpoint's name in a message */

/* The end of each row of a capture: when it was fetched, and its id. */
static bool put_suffix(struct transform *t, const struct record *rec)
{
	struct slice at, src = pipe_src(&t->pipe, rec);
	int64_t ms;

	buf_clear(&t->suffix);
	buf_clear(&t->strings);
	if (!record_string(rec, "fetched_at", &t->strings, &at) ||
	    (at.p && !clock_parse(at, &ms)))
		return false;
	if (at.p) {
		buf_puts(&t->suffix, ",\"at\":");
		json_put_string(&t->suffix, at);
	}
	if (src.p) {
		buf_puts(&t->suffix, ",\"src\":");
		json_put_string(&t->suffix, src);
	}
	return buf_putc(&t->suffix, '}');
}

/* Whether a capture of that status has the requested data. */
static bool is_good(int64_t status)
{
	return status >= 200 && status < 300;
}

void transform_refuse_body(
    struct transform *t, struct record *rec, const struct body_check *check)
{
	char detail[160];

	snprintf(detail, sizeof(detail), "%s at byte %zu of the body",
	    check->error ? check->error : "too long", check->at + 1);
	transform_refuse(t, rec, "not json", detail);
}

/* Refuse a capture without the member `body`. */
static void refuse_unmapped(struct transform *t, struct record *rec)
{
	struct body_check check = {.error = NULL};
	enum body_form form;
	struct slice bytes;
	const char *why;
	struct json j;

	buf_clear(&t->bytes);
	if (!body_read(rec, &t->bytes, &bytes, &form, &why)) {
		transform_refuse(t, rec, "bad capture", why);
	} else if (form == BODY_TEXT) {
		transform_refuse(
		    t, rec, "not json", "the body is text, not JSON");
	} else {
		json_check_lenient(&j, bytes);
		check.error = j.error;
		check.at = j.at;
		transform_refuse_body(t, rec, &check);
	}
}

/* Whether a built-in mapping applies; refuses the capture if not. */
static bool has_mapping(struct transform *t, struct record *rec,
    struct slice endpoint, int64_t status)
{
	char detail[160];

	if (!endpoint.p) {
		transform_refuse(
		    t, rec, "bad capture", "'endpoint' is missing");
		return false;
	}
	if (!is_good(status))
		return true;
	if (!mapping_is_builtin(endpoint)) {
		snprintf(detail, sizeof(detail),
		    "no built-in mapping for endpoint '%.*s': "
		    "give one with -f",
		    (int)(endpoint.n > NAME_SHOWN ? NAME_SHOWN : endpoint.n),
		    endpoint.p);
		transform_refuse(t, rec, "no mapping", detail);
		return false;
	}
	if (record_get(rec, "body"))
		return true;
	refuse_unmapped(t, rec);
	return false;
}

/* Append the member `denied`, which older captures of a 403 lack. */
static void put_denied(struct buf *b, struct slice endpoint, struct slice body)
{
	struct buf words = BUF_INIT(DETAIL_MAX);
	enum denial denial;

	if (body.p)
		problem_words(body, &words);
	denial = denial_of(403, endpoint, buf_slice(&words));
	json_put_member(b, "denied", slice_of(denial_name(denial)));
	buf_release(&words);
}

/*
 * Write a capture again if it lacks a member that mappings read: `body`, where
 * that is in base 64 but is JSON with flaws, or `denied`.
 */
static void complete(struct transform *t, struct record *rec,
    struct slice endpoint, bool packed, bool denied)
{
	static const char *const none[] = {NULL};
	struct slice body = {NULL, 0};
	uint64_t number = rec->number;
	struct body_check check;
	enum body_form form;
	const char *why;
	size_t at;

	buf_clear(&t->bytes);
	buf_clear(&t->json);
	buf_clear(&t->complete);
	if (!body_read(rec, &t->bytes, &body, &form, &why))
		body.p = NULL;
	packed = packed && body.p && form == BODY_BYTES &&
		 body_put_json(&t->json, body, &check);
	record_put_members(rec, packed ? body_members : none, &t->complete);
	if (packed)
		json_put_member_raw(&t->complete, "body", buf_slice(&t->json));
	if (denied)
		put_denied(&t->complete, endpoint, body);
	if (buf_putc(&t->complete, '}') &&
	    buf_reserve(&t->complete, MAPPER_PAD)) {
		record_parse(rec, buf_slice(&t->complete), &why, &at);
		rec->number = number;
	}
}

static void send_part_errors(
    struct transform *t, const struct record *rec, struct slice errors)
{
	while (errors.n > 0) {
		struct slice line = slice_cut(&errors, '\n');
		struct slice place = slice_cut(&line, '\t');

		if (place.n == 0)
			place.p = NULL;
		pipe_report_part(&t->pipe, rec, place, "bad item", "%.*s",
		    (int)line.n, line.p);
	}
}

static void send_result(struct transform *t, const struct record *rec,
    const struct mapper_result *r)
{
	if (r->failure) {
		t->failed++;
		pipe_refuse(&t->pipe, rec, r->failure, "%s: %.*s", r->failure,
		    (int)r->detail.n, r->detail.p);
		return;
	}
	t->mapped++;
	pipe_use(&t->pipe, rec);
	pipe_produce_lines(&t->pipe, RECORD_ROW, r->rows, r->row_count);
	t->rows += r->row_count;
	send_part_errors(t, rec, r->part_errors);
}

/* Map a capture. False if its line must be checked first. */
static bool map(struct transform *t, struct record *rec, struct slice endpoint)
{
	const struct mapper_capture capture = {.endpoint = endpoint,
	    .suffix = buf_slice(&t->suffix),
	    .line = rec->line,
	    .members = rec->count};
	struct buf why = BUF_INIT(4096);
	struct mapper_result result;
	int status;

	switch (mapper_map(t->mapper, &capture, &result)) {
	case MAPPER_DONE: send_result(t, rec, &result); return true;
	case MAPPER_NOT_JSON: return false;
	default: break;
	}
	status = mapper_failure(t->mapper, &why);
	cli_die(status, "%s", buf_message(&why));
}

void transform_capture(struct transform *t, struct record *rec)
{
	struct slice endpoint;
	int64_t status = 200;
	bool packed, denied;

	if (!put_suffix(t, rec)) {
		transform_refuse(
		    t, rec, "bad capture", "'fetched_at' is not a time");
		return;
	}
	if (!record_string(rec, "endpoint", &t->strings, &endpoint) ||
	    !record_int(rec, "status", &status)) {
		transform_refuse(t, rec, "bad capture",
		    "'endpoint' is not a string or 'status' is not a whole number");
		return;
	}
	if (!record_has_body(rec)) {
		transform_refuse(t, rec, "bad capture", BODY_MISSING);
		return;
	}
	packed = record_get(rec, "body_base64");
	denied = status == 403 && !record_get(rec, "denied") &&
		 rec->count < RECORD_MEMBERS_MAX;
	if ((packed || denied) && rec->unchecked) {
		transform_read_again(t, rec);
		return;
	}
	if (packed || denied)
		complete(t, rec, endpoint, packed, denied);
	if (!filter_set_maps(&t->options->filters, endpoint) &&
	    !has_mapping(t, rec, endpoint, status))
		return;
	if (map(t, rec, endpoint))
		return;
	transform_refuse(t, rec, "not json", "it cannot be read");
}

#include <inttypes.h>

#include "cli.h"
#include "transform.h"

/* Make a capture of a raw body. */
static void map_body(struct transform *t, struct slice body)
{
	const struct transform_options *o = t->options;
	struct record rec = {.type = RECORD_CAPTURE, .number = t->raw.number};
	struct body_check check;
	const char *why;
	size_t at;
	bool ok;

	t->pipe.records++;
	raw_body_capture(
	    body, o->endpoint, o->user, o->fetched_at, &check, &t->capture);
	if (check.error) {
		transform_refuse_body(t, &rec, &check);
		return;
	}
	if (check.flaw)
		cli_warn("stdin:%" PRIu64 ": %s at byte %zu of the body",
		    rec.number, check.flaw, check.at + 1);
	ok = record_parse(&rec, buf_slice(&t->capture), &why, &at);
	rec.number = t->raw.number;
	if (ok)
		transform_capture(t, &rec);
	else
		transform_refuse(t, &rec, "not json", why);
}

/* Refuse what is not a body, from a line of the input. */
static void refuse_line(
    struct transform *t, uint64_t number, const char *code, const char *detail)
{
	struct record rec = {.type = RECORD_CAPTURE, .number = number};

	transform_refuse(t, &rec, code, detail);
}

/* Refuse text, or a body in another encoding. */
static void refuse_stray(struct transform *t, struct slice text)
{
	struct json j;

	json_check_lenient(&j, text);
	refuse_line(t, t->raw.number, "not json",
	    j.error == json_utf16 ? j.error : "neither an object nor an array");
}

static void map_bodies(struct transform *t)
{
	struct slice body;
	enum raw_bodies_result r;

	while ((r = raw_bodies_next(&t->raw, &body)) != RAW_BODY_MORE)
		if (r == RAW_BODY)
			map_body(t, body);
		else
			refuse_stray(t, body);
}

bool transform_next_line(struct transform *t)
{
	const struct lines *in = &t->pipe.in;
	struct slice line;

	if (t->out.n > 0 && lines_would_block(&t->pipe.in))
		out_flush(&t->out);
	switch (lines_next(&t->pipe.in, &line, -1)) {
	case LINES_LINE:
		if (raw_bodies_feed(&t->raw, line, in->number)) {
			map_bodies(t);
			return true;
		}
		__attribute__((fallthrough));
	case LINES_TOO_LONG:
		refuse_line(t, in->number, REFUSED_TOO_LONG, "see --max-line");
		return true;
	default:
		if (raw_bodies_incomplete(&t->raw))
			refuse_line(t, t->raw.number, "not json",
			    "the input ends inside the body that starts here");
		return false;
	}
}

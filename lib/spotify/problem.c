#include "spotify/problem.h"

#include <stdio.h>

#include "json/json.h"

#define PROBLEM_TEXT_MAX 160 /* of a body that is not JSON */

struct problem_words {
	struct slice message, reason, description, code;
};

/* Find the known members, in the object and in its member `error`. */
static void find_words(struct slice body, struct problem_words *w)
{
	struct json j;
	enum json_type type;

	*w = (struct problem_words){.message = {NULL, 0}};
	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return;
	while ((type = json_next(&j)) > JSON_END) {
		if (type == JSON_STRING && slice_is(j.key, "message"))
			w->message = j.text;
		else if (type == JSON_STRING && slice_is(j.key, "reason"))
			w->reason = j.text;
		else if (type == JSON_STRING && j.depth == 1 &&
			 slice_is(j.key, "error_description"))
			w->description = j.text;
		else if (type == JSON_STRING && j.depth == 1 &&
			 slice_is(j.key, "error"))
			w->code = j.text;
		else if (type == JSON_ARRAY ||
			 (type == JSON_OBJECT && !slice_is(j.key, "error")))
			json_skip(&j, type);
	}
	/* A truncated body is treated as a text. */
	if (type == JSON_ERROR)
		*w = (struct problem_words){.message = {NULL, 0}};
}

/* The first line of a text, unless it is markup. */
static struct slice first_line(struct slice body)
{
	size_t n = 0;

	if (body.n == 0 || *body.p == '<' || *body.p == '{' || *body.p == '[')
		return (struct slice){NULL, 0};
	while (n < body.n && n < PROBLEM_TEXT_MAX && body.p[n] &&
	       body.p[n] != '\n')
		n++;
	return (struct slice){body.p, n};
}

void problem_text(int status, struct slice body, char *to, size_t size)
{
	struct buf text = BUF_INIT(4096);
	struct problem_words w;
	struct slice message;

	find_words(body, &w);
	message = w.message.p	    ? w.message
		  : w.description.p ? w.description
				    : w.code;
	if (message.p)
		json_unescape(message, &text);
	else
		buf_put_slice(&text, first_line(body));
	if (text.n > 0 && text.n <= 1024)
		snprintf(
		    to, size, "HTTP %d: %.*s", status, (int)text.n, text.p);
	else
		snprintf(to, size, "HTTP %d", status);
	buf_release(&text);
}

bool problem_words(struct slice body, struct buf *text)
{
	struct problem_words w;

	find_words(body, &w);
	if (!w.reason.p && !w.message.p)
		return buf_put_slice(
		    text, w.code.p ? w.code : first_line(body));
	if (w.reason.p)
		json_unescape(w.reason, text);
	if (w.reason.p && w.message.p)
		buf_puts(text, ": ");
	if (w.message.p)
		json_unescape(w.message, text);
	return !text->failed;
}

struct slice problem_code(struct slice body)
{
	struct problem_words w;

	find_words(body, &w);
	return w.code;
}

struct slice problem_reason(struct slice body)
{
	struct problem_words w;

	find_words(body, &w);
	return w.reason;
}

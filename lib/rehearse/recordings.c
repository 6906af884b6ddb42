#include "rehearse/recordings.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "json/json.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)1 << 30)
#define RECORDED_URL_MAX ((size_t)64 << 10)

/* One saved answer; all slices are cut from the folder's texts. */
struct recording {
	struct buf whole;  /* the url as it was asked for; owned */
	struct slice url;  /* its path and query; empty if known by name */
	struct slice name; /* a plain body's file, without its .json */
	struct slice body; /* as it was written */
	struct buf text;   /* or what it was, when it was no JSON; owned */
	int status;
	int64_t fetched_at, retry_at; /* Unix ms; 0 where none is said */
	bool sent;
};

struct recordings {
	struct buf *texts; /* one for each file */
	size_t text_count;
	struct recording *recordings_list; /* in the order of files and lines */
	size_t count, room;
};

static struct recording *add_recording(struct recordings *s)
{
	s->recordings_list = mem_grow(s->recordings_list, &s->room,
	    s->count + 1, sizeof(*s->recordings_list));
	s->recordings_list[s->count] =
	    (struct recording){.whole = BUF_INIT(RECORDED_URL_MAX),
		.text = BUF_INIT(FILE_MAX),
		.status = 200};
	return &s->recordings_list[s->count++];
}

/* What stands after the origin of an absolute url, or the url itself. */
static struct slice without_origin(struct slice url)
{
	for (size_t i = 0; i + 3 <= url.n; i++) {
		if (memcmp(url.p + i, "://", 3) != 0)
			continue;
		url = slice_from(url, i + 3);
		while (url.n > 0 && url.p[0] != '/')
			url = slice_from(url, 1);
		break;
	}
	return url;
}

static struct slice unquoted(struct slice string)
{
	return (struct slice){string.p + 1, string.n - 2};
}

static void recording_release(struct recording *a)
{
	buf_release(&a->whole);
	buf_release(&a->text);
}

/* What is no JSON is served as text. */
static void set_base64(struct slice written, struct recording *a)
{
	struct buf text = BUF_INIT(FILE_MAX);
	bool valid;
	struct json j;

	json_unescape(written, &text);
	base64_read(&a->text, buf_slice(&text), &valid);
	a->text.failed |= text.failed || !valid;
	buf_release(&text);
	if (json_check_lenient(&j, buf_slice(&a->text)))
		a->body = buf_slice(&a->text);
}

/* Take one member of a capture; false if its value is broken. */
static bool set_member(
    struct json *j, enum json_type t, struct recording *a, bool *is_capture)
{
	struct slice key = j->key;
	int64_t status;

	if (!json_skip(j, t))
		return false;
	if (slice_is(key, "type"))
		*is_capture = slice_is(j->text, "\"capture\"");
	else if (slice_is(key, "body"))
		a->body = j->text;
	else if (slice_is(key, "status") && number_parse(j->text, &status))
		a->status = (int)status;
	else if (slice_is(key, "fetched_at") && t == JSON_STRING)
		clock_parse(unquoted(j->text), &a->fetched_at);
	else if (slice_is(key, "retry_at") && t == JSON_STRING)
		clock_parse(unquoted(j->text), &a->retry_at);
	else if (slice_is(key, "url") && t == JSON_STRING)
		json_unescape(unquoted(j->text), &a->whole);
	else if (slice_is(key, "text") && t == JSON_STRING)
		json_unescape(unquoted(j->text), &a->text);
	else if (slice_is(key, "body_base64") && t == JSON_STRING)
		set_base64(unquoted(j->text), a);
	return true;
}

/* Keep a line if it is a capture. */
static void read_line(struct recordings *s, struct slice line)
{
	struct recording *a = add_recording(s);
	bool is_capture = false;
	enum json_type t;
	struct json j;

	json_init(&j, line);
	if (json_next(&j) == JSON_OBJECT) {
		while ((t = json_next(&j)) != JSON_OBJECT_END &&
		       t != JSON_ERROR && set_member(&j, t, a, &is_capture))
			continue;
	}
	a->url = without_origin(buf_slice(&a->whole));
	if (j.error == NULL && is_capture && a->url.n > 0 && a->status >= 200 &&
	    a->status <= 599 && !a->text.failed)
		return;
	recording_release(a);
	s->count--;
}

static void read_captures(struct recordings *s, struct slice text)
{
	while (text.n > 0)
		read_line(s, slice_cut(&text, '\n'));
}

/*
 * A file is a plain body, JSON or not, when it is named .json and holds no
 * captures; otherwise its captures are taken, and its other lines left.
 */
static void read_text(struct recordings *s, const char *name, struct slice text)
{
	size_t len = strlen(name), before = s->count;
	struct recording *a;

	read_captures(s, text);
	if (s->count > before || len <= 5 ||
	    strcmp(name + len - 5, ".json") != 0 || text.n == 0)
		return;
	a = add_recording(s);
	a->name = (struct slice){name, len - 5};
	a->body = text;
}

static bool load(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "rb");
	char *room;
	size_t n;

	if (f == NULL)
		return false;
	while ((room = buf_reserve(to, 65536)) != NULL &&
	       (n = fread(room, 1, 65536, f)) > 0)
		to->n += n;
	if (room == NULL)
		errno = EFBIG;
	n = (size_t)(room == NULL || ferror(f));
	fclose(f);
	return n == 0;
}

/* Read a file of the folder, its name kept in front of its text. */
static bool read_file(
    struct recordings *s, const char *folder, const char *name)
{
	struct buf *text = &s->texts[s->text_count];
	char path[4096];
	struct stat st;
	size_t skip;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (stat(path, &st) != 0)
		return false;
	if (!S_ISREG(st.st_mode))
		return true;
	*text = (struct buf)BUF_INIT(FILE_MAX);
	s->text_count++;
	skip = strlen(name) + 1;
	buf_put(text, name, skip);
	if (!load(path, text))
		return false;
	read_text(s, text->p, slice_from(buf_slice(text), skip));
	return true;
}

static int not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

struct recordings *recordings_open(const char *folder, char *why, size_t size)
{
	struct recordings *s = mem_zero(1, sizeof(*s));
	struct dirent **names = NULL;
	int n = scandir(folder, &names, not_hidden, alphasort);
	bool ok = n >= 0;

	if (!ok && errno == ENOMEM)
		mem_exhausted();
	if (ok)
		s->texts = mem_zero((size_t)n + 1, sizeof(*s->texts));
	for (int i = 0; i < n && ok; i++)
		ok = read_file(s, folder, names[i]->d_name);
	snprintf(
	    why, size, "%s", ok ? "no saved answers in it" : strerror(errno));
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	if (ok && s->count > 0)
		return s;
	recordings_free(s);
	return NULL;
}

void recordings_free(struct recordings *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		recording_release(&s->recordings_list[i]);
	for (size_t i = 0; i < s->text_count; i++)
		buf_release(&s->texts[i]);
	free(s->recordings_list);
	free(s->texts);
	free(s);
}

/* me_player_recently-played for /v1/me/player/recently-played */
static bool named_after(struct slice name, struct slice path)
{
	if (!slice_starts(path, SLICE("/v1/")))
		return false;
	path = slice_from(path, 4);
	for (size_t i = 0; i < path.n && path.n == name.n; i++) {
		if (name.p[i] != (path.p[i] == '/' ? '_' : path.p[i]))
			return false;
	}
	return path.n == name.n;
}

static struct slice path_of(struct slice url)
{
	return slice_cut(&url, '?');
}

/* The next in turn, by the whole url or by its path. */
static struct recording *find(
    struct recordings *s, struct slice url, bool by_path)
{
	struct recording *last = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct recording *a = &s->recordings_list[i];
		bool same = slice_eq(a->url, url);

		if (by_path)
			same = a->url.n > 0
				   ? slice_eq(path_of(a->url), path_of(url))
				   : named_after(a->name, path_of(url));
		if (!same)
			continue;
		last = a;
		if (!a->sent)
			break;
	}
	return last;
}

/*
 * Add the body with its pages' next moved to base, so that whoever follows
 * them stays here. A member's name cannot be taken for anything else: within
 * a string its quotes would be escaped.
 */
static void add_body(struct buf *b, struct slice json, const char *base)
{
	static const char home[] = "\"https://api.spotify.com/";
	const char *end = json.p + json.n, *from = json.p;

	for (const char *p = from; end - p > 6; p++) {
		if (memcmp(p, "\"next\"", 6) != 0)
			continue;
		p += 6;
		while (p < end && strchr(" \t\r\n:", *p) != NULL)
			p++;
		if ((size_t)(end - p) < sizeof(home) ||
		    memcmp(p, home, sizeof(home) - 1) != 0)
			continue;
		buf_put(b, from, (size_t)(p + 1 - from));
		buf_puts(b, base);
		from = p + sizeof(home) - 2;
	}
	buf_put(b, from, (size_t)(end - from));
}

void recordings_respond(struct recordings *s, const char *base,
    const struct mock_request *req, struct mock_response *res)
{
	struct slice url = slice_of(req->url);
	struct recording *a = find(s, url, false);

	if (a == NULL)
		a = find(s, url, true);
	if (a == NULL) {
		mock_response_error(res, 404, "Service not found", NULL);
		return;
	}
	a->sent = true;
	res->status = a->status;
	if (a->retry_at > a->fetched_at)
		res->retry_after = (a->retry_at - a->fetched_at + 999) / 1000;
	if (a->body.p != NULL) {
		add_body(&res->body, a->body, base);
	} else {
		res->type = TYPE_TEXT;
		buf_put(
		    &res->body, a->text.p != NULL ? a->text.p : "", a->text.n);
	}
}

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/builtin.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/url.h"
#include "cli.h"
#include "json/json.h"
#include "spotify/endpoint.h"
#include "stage.h"
#include "stage_writer.h"
#include "stream/body.h"

/* The last snapshot of a playlist. */
struct snapshot {
	uint64_t playlist; /* its hash */
	int64_t number;	   /* from 1 */
	bool has_first;	   /* its first page came */
	char *file;	   /* of the page that came first; owned */
};

/* An import in progress. */
struct import {
	const struct stage_options *o;
	struct stage_writer writer;
	struct source source;
	struct buf text;       /* of the current file */
	struct hash_set pages; /* of all snapshots */
	struct hash playlists; /* where in `snapshots`, by hash */
	struct snapshot *snapshots;
	size_t room;
	int64_t seq;
	int status;
};

static void refuse_body(struct import *im, const char *name, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

static void refuse_body(
    struct import *im, const char *name, const char *fmt, ...)
{
	char reason[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	replay_refuse(
	    &im->source, "where", slice_of(name), "bad body", slice_of(reason));
	im->status = EX_REFUSED;
}

/* The id of a playlist in the URL of a part of it; .p == NULL if none is. */
static struct slice playlist_in(struct slice url)
{
	const struct slice folder = SLICE("/playlists/");
	struct slice id = slice_find(url, folder);

	if (!id.p)
		return id;
	id = slice_from(id, folder.n);
	id = slice_cut(&id, '?');
	return slice_cut(&id, '/');
}

/*
 * The hash of the playlist that a body is of, by its `href` or else its `id`,
 * and the offset at which its page begins.
 */
static uint64_t read_page(struct slice body, int64_t *offset)
{
	struct buf href = BUF_INIT(65536), id = BUF_INIT(65536);
	enum json_type type;
	struct slice playlist;
	struct json j;
	uint64_t hash;

	*offset = -1;
	json_init_lenient(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return 0;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j.key, "href"))
			json_unescape(j.text, &href);
		else if (type == JSON_STRING && slice_is(j.key, "id"))
			json_unescape(j.text, &id);
		else if (type == JSON_NUMBER && slice_is(j.key, "offset"))
			json_whole(j.text, offset);
		json_skip(&j, type);
	}
	if (*offset < 0 &&
	    !param_find_int(url_query(buf_slice(&href)), "offset", offset))
		*offset = 0;
	playlist = playlist_in(buf_slice(&href));
	hash = hash_bytes(0, playlist.p ? playlist : buf_slice(&id));
	buf_release(&href);
	buf_release(&id);
	return hash;
}

/* A snapshot without its first page is no list, and may have lost it. */
static void check_snapshot(struct import *im, const struct snapshot *s)
{
	if (!s->has_first)
		refuse_body(im, s->file,
		    "the first page of this playlist is missing, or is with "
		    "another snapshot: import each snapshot alone");
}

/* The last snapshot of a playlist; a new one has number 0. */
static struct snapshot *snapshot_of(struct import *im, uint64_t playlist)
{
	struct hash_walk w = hash_find(&im->playlists, playlist);
	size_t n = im->playlists.count;

	while (hash_next(&w))
		if (im->snapshots[w.number].playlist == playlist)
			return &im->snapshots[w.number];
	im->snapshots =
	    mem_grow(im->snapshots, &im->room, n + 1, sizeof(*im->snapshots));
	im->snapshots[n] = (struct snapshot){playlist, .has_first = true};
	hash_add(&im->playlists, playlist, (uint32_t)n);
	return &im->snapshots[n];
}

/*
 * The number of the snapshot of a playlist that a body is part of. Saved pages
 * do not say which of them were fetched together: a page that begins where one
 * of the last snapshot does begins the next snapshot.
 */
static int64_t add_page(struct import *im, const char *name, struct slice body)
{
	int64_t offset;
	uint64_t playlist = read_page(body, &offset);
	struct snapshot *s = snapshot_of(im, playlist);
	int64_t page[] = {s->number, offset};
	const struct slice id = {(const char *)page, sizeof(page)};

	if (s->number == 0 ||
	    hash_set_has(&im->pages, hash_bytes(playlist, id))) {
		check_snapshot(im, s);
		free(s->file);
		page[0] = ++s->number;
		s->file = mem_string(name);
		s->has_first = false;
	}
	hash_set_add(&im->pages, hash_bytes(playlist, id));
	s->has_first |= offset <= 0;
	return s->number;
}

static void check_snapshots(struct import *im)
{
	for (size_t i = 0; i < im->playlists.count; i++) {
		check_snapshot(im, &im->snapshots[i]);
		free(im->snapshots[i].file);
	}
}

/*
 * The name of the list that a body is a page of; empty for any other body, and
 * for the first snapshot, which needs no name.
 */
static void name_list(
    struct import *im, const char *name, struct slice body, struct buf *list)
{
	const struct endpoint *e =
	    endpoint_named(slice_of(im->o->filter.endpoint));
	int64_t number;

	if (!e || e->subject != SUBJECT_PLAYLIST)
		return;
	number = add_page(im, name, body);
	if (number > 1)
		buf_printf(list, "%s/import/%" PRId64, im->source.run, number);
}

/* Send one body as a capture, after it is staged. */
static void import_body(
    struct import *im, const char *name, int64_t fetched_at, struct slice body)
{
	const struct capture_filter *f = &im->o->filter;
	const char *why = "not a record";
	struct body_check check;
	char at[CLOCK_TEXT];
	struct buf list = BUF_INIT(128), *b;
	struct record rec;
	size_t where;

	name_list(im, name, body, &list);
	b = source_begin(&im->source, RECORD_CAPTURE);
	if (!clock_format(fetched_at, at))
		cli_die(EX_USAGE, "%s: time out of range", name);
	json_put_member_int(b, "seq", ++im->seq);
	json_put_member(b, "endpoint", slice_of(f->endpoint));
	if (f->user)
		json_put_member(b, "user", slice_of(f->user));
	json_put_member_int(b, "status", 200);
	json_put_member(b, "fetched_at", slice_of(at));
	json_put_member(b, "file", slice_of(name));
	if (list.n)
		json_put_member(b, "list", buf_slice(&list));
	buf_release(&list);
	body_put(b, body, &check);
	buf_putc(b, '}');
	if (b->failed || !record_parse(&rec, buf_slice(b), &why, &where) ||
	    stage_writer_add_capture(&im->writer, &rec, &why) ==
		CAPTURE_INVALID) {
		refuse_body(im, name, "%s", b->failed ? "too long" : why);
		return;
	}
	source_send_line(&im->source, RECORD_CAPTURE, buf_slice(b));
}

/* Cut off the first value of a text; false at its end, or with `j->error`. */
static bool next_body(struct slice *text, struct slice *body, struct json *j)
{
	while (text->n > 0 && *text->p && strchr(" \t\r\n", *text->p))
		*text = slice_from(*text, 1);
	json_init_lenient(j, *text);
	if (text->n == 0 || !json_skip(j, json_next(j)))
		return false;
	*body = (struct slice){text->p, (size_t)(j->p - text->p)};
	*text = slice_from(*text, body->n);
	return true;
}

/* Import each value of a text as a body. */
static void import_text(struct import *im, const char *name, int64_t at)
{
	struct slice rest = buf_slice(&im->text), body;
	const char *start = rest.p;
	unsigned bodies = 0;
	struct json j;

	for (; next_body(&rest, &body, &j); bodies++) {
		if (j.flaw)
			cli_warn("%s: %s at byte %zu", name, j.flaw,
			    (size_t)(body.p - start) + j.flaw_at + 1);
		import_body(im, name, at, body);
	}
	if (j.error)
		refuse_body(im, name, "not JSON: %s at byte %zu", j.error,
		    (size_t)(rest.p - start) + j.at + 1);
	else if (bodies == 0)
		refuse_body(im, name, "empty");
}

/* Read a whole file, or stdin for NULL. False if it is refused. */
static bool read_file(struct import *im, const char *name, int64_t *mtime)
{
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	struct stat st;
	bool known = fd >= 0 && fstat(fd, &st) == 0, read;

	buf_clear(&im->text);
	*mtime = clock_now();
	if (name && known)
		*mtime = (int64_t)st.st_mtim.tv_sec * CLOCK_SECOND +
			 st.st_mtim.tv_nsec / 1000000;
	/* Reading a pipe may block: release the write lock first. */
	if (known && !S_ISREG(st.st_mode))
		out_flush(im->source.out);
	read = fd >= 0 && os_read_all(fd, &im->text);
	if (im->text.failed)
		refuse_body(
		    im, name ? name : "stdin", "longer than --max-line");
	else if (!read)
		refuse_body(im, name ? name : "stdin", "cannot read: %s",
		    strerror(errno));
	if (name && fd >= 0)
		close(fd);
	return read;
}

static void import_file(struct import *im, const char *name)
{
	int64_t mtime;

	if (!read_file(im, name, &mtime))
		return;
	if (im->o->fetched_at >= 0)
		mtime = im->o->fetched_at;
	import_text(im, name ? name : "stdin", mtime);
}

/* The Levenshtein distance of two names, `b` of 64 characters at most. */
static size_t distance(const char *a, const char *b)
{
	size_t row[65], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; *a; a++, i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t least = corner + (*a != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < least)
				least = row[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[n];
}

/* Whether a mapping has a similar name. */
static bool is_near(const char *name, const char *mapping)
{
	return strlen(name) <= 64 &&
	       (distance(name, mapping) <= 3 || strstr(mapping, name));
}

/* Append the mappings near a name, or all of them; whether it is one itself. */
static bool list_mappings(const char *name, bool near, struct buf *names)
{
	const struct builtin_file *f = builtin_filters;
	bool found = false;

	for (; f->name; f++) {
		if (strcmp(f->name, "prelude") == 0)
			continue;
		found |= strcmp(f->name, name) == 0;
		if (!near || is_near(name, f->name))
			buf_printf(
			    names, "%s%s", names->n ? ", " : "", f->name);
	}
	return found;
}

/* Captures without a mapping would be refused in each replay of all. */
static void check_endpoint(const struct stage_options *o)
{
	const char *name = o->filter.endpoint;
	struct buf names = BUF_INIT((size_t)64 << 10);

	if (!name)
		cli_die(EX_USAGE, "import: --endpoint is required, "
				  "such as recently-played");
	if (!list_mappings(name, true, &names) && !o->any_endpoint) {
		if (!names.n)
			list_mappings(name, false, &names);
		cli_die(EX_USAGE,
		    "--endpoint: no mapping for '%s': use one of %s, "
		    "or --any-endpoint to store it without",
		    name, buf_message(&names));
	}
	buf_release(&names);
}

int stage_import(const struct stage_options *o)
{
	struct import im = {.o = o, .text = BUF_INIT(o->max_line)};
	struct record rec;
	struct out out;
	const char *why;
	size_t at;
	int status;

	check_endpoint(o);
	if (o->no_stage)
		stage_writer_init_idle(&im.writer, &out);
	else
		stage_writer_init(&im.writer, o->db, o->max_line, &out);
	replay_open(&im.source, &out, "import", o);
	source_send(&im.source, RECORD_RUN);
	if (record_parse(&rec, buf_slice(&im.source.line), &why, &at))
		stage_writer_add_run(&im.writer, &rec);
	if (!*o->operands)
		import_file(&im, NULL);
	for (char **name = o->operands; *name; name++)
		import_file(&im, strcmp(*name, "-") ? *name : NULL);
	check_snapshots(&im);
	status = replay_close(&im.source, im.status);
	stage_writer_release(&im.writer);
	buf_release(&im.text);
	hash_set_release(&im.pages);
	hash_release(&im.playlists);
	free(im.snapshots);
	out_release(&out);
	return status;
}

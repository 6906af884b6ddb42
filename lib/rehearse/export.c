#include "rehearse/export.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/out.h"
#include "rehearse/export_json.h"
#include "rehearse/put_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LATE_DAYS 4	/* a stream may be noticed so much later */
#define RECENT_BASIC 64 /* rows that an equal basic one may follow */
#define BASIC_DAYS 365	/* the span of the basic form */

enum file_group {
	GROUP_AUDIO,
	GROUP_VIDEO,
	GROUP_PODCAST,
	GROUP_AUDIOBOOK,
	GROUPS
};

/* The files of a group: one is open, or none. Its name is known in the end. */
struct file_series {
	struct out out; /* its fd is -1 while none is open */
	int64_t rows;	/* in the open one */
	int number;	/* of the open one, from 0 */
	int first_year, last_year;
};

struct basic_row {
	enum export_kind kind;
	int index;
	int64_t minute, heard;
};

struct export_writer {
	const struct export_plan *plan;
	struct file_series series[GROUPS];
	struct out truth;
	struct buf text;
	struct basic_row recent[RECENT_BASIC];
	int recent_at;
	char *at; /* the path that failed, or NULL */
};

static bool fail(struct export_writer *w, const struct buf *path, int err)
{
	if (w->at == NULL)
		w->at = mem_string_slice(buf_slice(path));
	errno = err;
	return false;
}

/* The path of a group's file while it is written. */
static const char *part_path(
    const struct export_writer *w, enum file_group group, struct buf *path)
{
	static const char *const names[] = {
	    "audio", "video", "podcast", "audiobook"};

	buf_printf(path, "%s/%s.part", w->plan->folder, names[group]);
	return buf_cstr(path);
}

/* Its path as Spotify names it, once it is written. */
static const char *final_path(const struct export_writer *w,
    enum file_group group, bool last, struct buf *path)
{
	static const char *const basic[] = {
	    "music", "video", "podcast", "audiobook"};
	const struct file_series *s = &w->series[group];

	buf_printf(path, "%s/", w->plan->folder);
	if (w->plan->form == PACKAGE_BASIC) {
		buf_printf(path,
		    "Spotify Account Data/StreamingHistory_%s_%d.json",
		    basic[group], s->number);
		return buf_cstr(path);
	}
	if (w->plan->form == PACKAGE_ENDSONG) {
		buf_printf(path, "MyData/%s",
		    group == GROUP_VIDEO ? "endvideo" : "endsong");
	} else {
		buf_printf(path,
		    "Spotify Extended Streaming History/"
		    "Streaming_History_%s_%d",
		    group == GROUP_VIDEO ? "Video" : "Audio", s->first_year);
		if (s->last_year > s->first_year)
			buf_printf(path, "-%d", s->last_year);
	}
	if (s->number > 0 || !last)
		buf_printf(path, "_%d", s->number);
	buf_puts(path, ".json");
	return buf_cstr(path);
}

static bool create(struct export_writer *w, struct out *out, struct buf *path)
{
	const char *name = buf_cstr(path);
	int fd = -1;

	if (name == NULL)
		return fail(w, path, ENAMETOOLONG);
	if (os_make_parents(name, 0777))
		fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return fail(w, path, errno);
	out_init(out, fd, 65536);
	return true;
}

static bool close_out(
    struct export_writer *w, struct out *out, const struct buf *path)
{
	bool ok = out_close(out);
	int err = out->err;

	out_release(out);
	return ok || fail(w, path, err);
}

static bool series_open(struct export_writer *w, enum file_group group)
{
	struct buf path = BUF_INIT(MOCK_TEXT_MAX);
	bool ok;

	part_path(w, group, &path);
	ok = create(w, &w->series[group].out, &path);
	buf_release(&path);
	return ok;
}

/* Name the open file; last: no other of the group follows. */
static bool series_close(
    struct export_writer *w, enum file_group group, bool last)
{
	struct buf part = BUF_INIT(MOCK_TEXT_MAX);
	struct buf path = BUF_INIT(MOCK_TEXT_MAX);
	struct file_series *s = &w->series[group];
	bool ok;

	if (s->out.fd < 0)
		return true;
	part_path(w, group, &part);
	final_path(w, group, last, &path);
	out_put_slice(&s->out,
	    w->plan->form == PACKAGE_BASIC ? SLICE("\n]\n") : SLICE("]"));
	ok = close_out(w, &s->out, &part);
	if (ok && (!os_make_parents(buf_cstr(&path), 0777) ||
		      rename(buf_cstr(&part), buf_cstr(&path)) != 0))
		ok = fail(w, &path, errno);
	s->number++;
	s->rows = 0;
	buf_release(&path);
	buf_release(&part);
	return ok;
}

static int year_of(int64_t ms)
{
	char text[CLOCK_TEXT];

	return clock_format(ms, text) ? (int)strtol(text, NULL, 10) : 0;
}

/* Add the text of a row to its group's file. */
static bool series_add(
    struct export_writer *w, enum file_group group, int64_t ts)
{
	struct file_series *s = &w->series[group];
	bool basic = w->plan->form == PACKAGE_BASIC;
	int year = year_of(ts);

	if (s->rows >= w->plan->file_rows && !series_close(w, group, false))
		return false;
	if (s->out.fd < 0 && !series_open(w, group))
		return false;
	if (s->rows == 0)
		s->first_year = s->last_year = year;
	if (year < s->first_year)
		s->first_year = year;
	if (year > s->last_year)
		s->last_year = year;
	if (s->rows++ == 0)
		out_put_slice(&s->out, basic ? SLICE("[\n  ") : SLICE("["));
	else
		out_put_slice(&s->out, basic ? SLICE(",\n  ") : SLICE(","));
	out_put_slice(&s->out, buf_slice(&w->text));
	return true;
}

static enum file_group group_of(
    const struct export_plan *plan, const struct day_stream *row)
{
	if (plan->form != PACKAGE_BASIC)
		return row->video ? GROUP_VIDEO : GROUP_AUDIO;
	if (row->kind == EXPORT_EPISODE)
		return GROUP_PODCAST;
	return row->kind == EXPORT_CHAPTER ? GROUP_AUDIOBOOK : GROUP_AUDIO;
}

/* The basic form has equal rows of one minute once. */
static bool basic_known(struct export_writer *w, const struct day_stream *row)
{
	struct basic_row new = {
	    row->kind, row->index, row->ts / CLOCK_MINUTE, row->heard};

	for (int i = 0; i < RECENT_BASIC; i++) {
		const struct basic_row *old = &w->recent[i];

		if (old->kind == new.kind && old->index == new.index &&
		    old->minute == new.minute && old->heard == new.heard)
			return true;
	}
	w->recent[w->recent_at++ % RECENT_BASIC] = new;
	return false;
}

static bool write_row(struct export_writer *w, const struct export_day *d,
    const struct day_stream *row)
{
	int64_t ts = export_shown_ts(row);

	if (ts < w->plan->since || ts > w->plan->until)
		return true;
	buf_clear(&w->text);
	if (w->plan->form != PACKAGE_BASIC)
		export_put_row(
		    d, row, w->plan->form == PACKAGE_ENDSONG, &w->text);
	else if (!basic_known(w, row))
		export_put_basic(d, row, &w->text);
	if (w->text.n > 0 && !series_add(w, group_of(w->plan, row), ts))
		return false;
	if (w->plan->truth != NULL) {
		buf_clear(&w->text);
		export_put_pair(d, row, &w->text);
		out_put_slice(&w->truth, buf_slice(&w->text));
	}
	return true;
}

static bool write_days(struct export_writer *w)
{
	const struct export_plan *plan = w->plan;
	struct export_day d = {.rows = NULL};
	int64_t day = plan->since / CLOCK_DAY - LATE_DAYS;
	bool ok = true;

	for (; ok && day <= plan->until / CLOCK_DAY; day++) {
		export_day_make(&d, plan->catalogue, plan->per_day, day);
		for (size_t i = 0; ok && i < d.count; i++)
			ok = write_row(w, &d, &d.rows[i]);
	}
	export_day_release(&d);
	for (int group = 0; group < GROUPS; group++)
		ok = series_close(w, (enum file_group)group, true) && ok;
	return ok;
}

static bool write_other(struct export_writer *w, const struct export_other *o)
{
	struct buf path = BUF_INIT(MOCK_TEXT_MAX);
	struct out out;
	bool ok;

	buf_printf(&path, "%s/%s", w->plan->folder, o->path);
	ok = create(w, &out, &path);
	if (ok) {
		buf_clear(&w->text);
		o->put(w->plan->catalogue, &w->text);
		out_put_slice(&out, buf_slice(&w->text));
		ok = close_out(w, &out, &path);
	}
	buf_release(&path);
	return ok;
}

static bool write_all(struct export_writer *w)
{
	struct buf path = BUF_INIT(MOCK_TEXT_MAX);
	bool ok = true;

	if (w->plan->truth != NULL) {
		buf_puts(&path, w->plan->truth);
		ok = create(w, &w->truth, &path);
	}
	ok = ok && write_days(w);
	if (w->truth.fd >= 0)
		ok = close_out(w, &w->truth, &path) && ok;
	for (const struct export_other *o = export_others; ok && o->path; o++)
		ok = write_other(w, o);
	buf_release(&path);
	return ok;
}

bool export_write(const struct export_plan *asked, char **at)
{
	struct export_plan plan = *asked;
	struct export_writer w = {
	    .plan = &plan, .text = BUF_INIT(MOCK_TEXT_MAX)};
	bool ok;
	int err;

	if (plan.form == PACKAGE_BASIC &&
	    plan.since < plan.until - BASIC_DAYS * CLOCK_DAY)
		plan.since = plan.until - BASIC_DAYS * CLOCK_DAY;
	w.truth.fd = -1;
	for (int i = 0; i < GROUPS; i++)
		w.series[i].out.fd = -1;
	ok = write_all(&w);
	err = errno;
	*at = w.at;
	buf_release(&w.text);
	errno = err;
	return ok;
}

#include "stage_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "cli.h"
#include "endpoint_list.h"
#include "json/json.h"
#include "spotify/endpoint.h"

static void refuse(struct import *im, const char *name, const char *code,
    int64_t rows, const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));

static void refuse(struct import *im, const char *name, const char *code,
    int64_t rows, const char *fmt, va_list ap)
{
	char reason[1024];

	vsnprintf(reason, sizeof(reason), fmt, ap);
	replay_refuse(
	    &im->source, "where", slice_of(name), code, rows, slice_of(reason));
	im->status = EX_REFUSED;
}

void import_refuse(
    struct import *im, const char *name, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse(im, name, code, 0, fmt, ap);
	va_end(ap);
}

void import_refuse_rows(
    struct import *im, const char *name, int64_t rows, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse(im, name, "bad row", rows, fmt, ap);
	va_end(ap);
}

struct buf *import_begin(struct import *im, const char *name, int64_t time,
    const char *endpoint, const char *user)
{
	struct buf *b = source_begin(&im->source, RECORD_CAPTURE);
	char at[CLOCK_TEXT];

	if (im->o->fetched_at >= 0)
		time = im->o->fetched_at;
	if (!clock_format(time, at))
		cli_die(EX_USAGE, "%s: time out of range", name);
	json_put_member_int(b, "seq", im->seq + 1);
	json_put_member(b, "endpoint", slice_of(endpoint));
	if (user)
		json_put_member(b, "user", slice_of(user));
	json_put_member_int(b, "status", 200);
	json_put_member(b, "fetched_at", slice_of(at));
	return b;
}

/* Store the run, with its first capture: without any, nothing is to load. */
static void store_run(struct import *im)
{
	struct record rec;
	const char *why;
	size_t at;

	if (im->run.n == 0)
		return;
	if (record_parse(&rec, buf_slice(&im->run), &why, &at))
		stage_writer_add_run(&im->writer, &rec);
	buf_clear(&im->run);
}

bool import_send(struct import *im, const char *name)
{
	struct buf *b = &im->source.line;
	enum capture_result result = CAPTURE_INVALID;
	const char *why = "not a record";
	struct record rec, staged;
	size_t at;

	buf_putc(b, '}');
	/* What it was made from has been checked. */
	store_run(im);
	if (!b->failed && record_parse_head(&rec, buf_slice(b), &why, &at))
		result = stage_writer_add_capture(&im->writer, &rec, &why);
	if (result == CAPTURE_INVALID) {
		import_refuse(
		    im, name, "bad body", "%s", b->failed ? "too long" : why);
		return false;
	}
	im->seq += result != CAPTURE_KNOWN;
	staged = stage_writer_stored(&im->writer, &rec);
	return source_send_line(&im->source, RECORD_CAPTURE, staged.line);
}

void import_open_run(struct import *im)
{
	struct buf *b = replay_open(&im->source, &im->out, "import", im->o);

	if (im->user && !im->o->filter.user)
		json_put_member(b, "user", slice_of(im->user));
	source_send(&im->source, RECORD_RUN);
	im->run.max = im->o->max_line + 1024;
	buf_put_slice(&im->run, buf_slice(&im->source.line));
}

int import_close_run(struct import *im)
{
	int status;

	import_check_snapshots(im);
	status = replay_close(&im->source, im->status);
	stage_writer_release(&im->writer);
	buf_release(&im->run);
	buf_release(&im->own_user);
	out_release(&im->out);
	return status;
}

void import_open_writer(struct import *im)
{
	const struct stage_options *o = im->o;

	if (o->no_stage)
		stage_writer_init_idle(&im->writer, &im->out);
	else
		stage_writer_init(&im->writer, o->db, o->max_line, &im->out);
}

/* --- Files whose endpoint is given --- */

/* Read a whole file, or stdin for NULL. False if it is refused. */
static bool read_file(
    struct import *im, const char *name, struct buf *text, int64_t *mtime)
{
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	struct stat st;
	bool known = fd >= 0 && fstat(fd, &st) == 0, read;
	const char *where = name ? name : "stdin";

	buf_clear(text);
	*mtime = clock_now();
	if (name && known)
		*mtime = os_file_time(&st);
	/* Reading a pipe may block: release the write lock first. */
	if (known && !S_ISREG(st.st_mode)) {
		store_run(im);
		out_flush(&im->out);
	}
	read = fd >= 0 && os_read_all(fd, text);
	if (text->failed)
		import_refuse(im, where, "bad body", "longer than --max-line");
	else if (!read)
		import_refuse(
		    im, where, "bad body", "cannot read: %s", strerror(errno));
	if (name && fd >= 0)
		close(fd);
	return read;
}

/* Captures without a mapping would be refused in each replay of all. */
static void check_endpoint(const struct stage_options *o)
{
	const char *name = o->filter.endpoint;
	struct cli_name known;
	bool found = o->any_endpoint;

	for (size_t i = 0; endpoint_list->at(i, &known); i++)
		found |= strcmp(known.name, name) == 0;
	if (!found)
		cli_unknown("--endpoint without --any-endpoint", "endpoint",
		    name, endpoint_list);
}

static int import_of_endpoint(const struct stage_options *o)
{
	struct import im = {.o = o};
	struct buf text = BUF_INIT(o->max_line);
	static char dash[] = "-", *only_stdin[] = {dash, NULL};
	char **operand = *o->operands ? o->operands : only_stdin;

	check_endpoint(o);
	import_open_writer(&im);
	import_open_run(&im);
	for (; *operand; operand++) {
		const char *name = strcmp(*operand, "-") ? *operand : NULL;
		int64_t time;

		if (read_file(&im, name, &text, &time))
			import_text(&im, name ? name : "stdin", time,
			    o->filter.endpoint, buf_slice(&text));
	}
	buf_release(&text);
	return import_close_run(&im);
}

/* Whether the endpoint says more than the files do. */
static bool is_of_endpoint(const struct stage_options *o)
{
	const char *e = o->filter.endpoint;

	return e && strcmp(e, ENDPOINT_EXTENDED) != 0 &&
	       strcmp(e, ENDPOINT_BASIC) != 0;
}

int stage_import(const struct stage_options *o)
{
	return is_of_endpoint(o) ? import_of_endpoint(o) : import_files(o);
}

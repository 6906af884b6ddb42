/*
 * `sp-stage import` of files that are recognized by their content: the first
 * pass finds what each is, and the second one sends those that are wanted.
 */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/number.h"
#include "cli.h"
#include "import/input.h"
#include "import/operand.h"
#include "progress.h"
#include "stage_import.h"

/* A file that an operand is, or has in it, after the first pass. */
struct found_file {
	const struct operand *operand;
	int number; /* as of input.h */
	char *name;
	char *refusal; /* why it is not read, or NULL */
	struct survey survey;
};

struct file_import {
	struct import im;
	struct operand *operands;
	size_t operand_count;
	struct found_file *files; /* those of an operand side by side */
	size_t count, room;
	struct key_sieve sieve;
	bool found;   /* a history or a body, in any operand */
	bool has_any; /* of these, the operand at hand */
};

/* --- The first pass: what the files are --- */

static struct found_file *add_file(struct file_import *fi,
    const struct operand *o, int number, const char *name)
{
	struct found_file *f;

	fi->files =
	    mem_grow(fi->files, &fi->room, fi->count + 1, sizeof(*fi->files));
	f = &fi->files[fi->count++];
	*f = (struct found_file){
	    .operand = o, .number = number, .name = mem_string(name)};
	return f;
}

static void refuse_later(struct found_file *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Refuse a file, once the run is open. */
static void refuse_later(struct found_file *f, const char *fmt, ...)
{
	char reason[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	f->refusal = mem_string(reason);
}

static bool has_something(const struct found_file *f)
{
	return f->survey.kind == FILE_HISTORY || f->survey.kind == FILE_BODIES;
}

/* For struct byte_source. */
static long read_and_show(void *input, char *to, size_t n)
{
	progress_step();
	return input_read(input, to, n);
}

/* Survey the file at hand. */
static void survey_input(
    struct file_import *fi, const struct operand *o, struct input *in)
{
	struct found_file *f =
	    add_file(fi, o, in->number, buf_message(&in->name));

	survey_file(&f->survey, (struct byte_source){read_and_show, in},
	    &fi->sieve, fi->im.user);
	fi->im.total +=
	    f->survey.kind == FILE_HISTORY ? (uint64_t)f->survey.rows : 0;
	fi->found |= has_something(f);
	if (f->survey.failed && f->survey.kind != FILE_HISTORY)
		refuse_later(f, "cannot read: %s", in->error);
}

/* Add a file that cannot be read. */
static void add_unreadable(struct file_import *fi, const struct operand *o,
    struct input *in, enum input_result result)
{
	const char *name = buf_message(&in->name);

	if (result == INPUT_ENCRYPTED)
		refuse_later(add_file(fi, o, in->number, name),
		    "is encrypted: unpack it with its password first");
	else if (result == INPUT_TOO_DEEP)
		refuse_later(add_file(fi, o, in->number, name),
		    "is a ZIP in too many others: unpack it first");
	else
		refuse_later(
		    add_file(fi, o, 0, name), "cannot read on: %s", in->error);
}

static void survey_operand(struct file_import *fi, struct operand *o)
{
	enum input_result result;
	struct input in;
	int fd = operand_open(o);

	if (fd < 0) {
		int error = errno;

		refuse_later(add_file(fi, o, 0, o->path ? o->path : o->name),
		    "cannot %s: %s%s",
		    o->copied ? "copy to a temporary file" : "read",
		    strerror(error),
		    error == EISDIR ? ": name the files in it" : "");
		return;
	}
	input_init(&in, fd, o->name, o->time);
	while ((result = input_next(&in)) != INPUT_END) {
		fi->im.reading = buf_message(&in.name);
		progress_step();
		if (result == INPUT_FILE)
			survey_input(fi, o, &in);
		else
			add_unreadable(fi, o, &in, result);
	}
	fi->im.reading = NULL;
	input_release(&in);
	operand_close(o, fd);
}

static void survey_all(struct file_import *fi)
{
	key_sieve_init(&fi->sieve);
	for (size_t i = 0; i < fi->operand_count; i++)
		survey_operand(fi, &fi->operands[i]);
	key_sieve_release(&fi->sieve);
}

/* --- The second pass --- */

/* An earlier file with the same content, or NULL. */
static const char *same_file(
    const struct file_import *fi, const struct found_file *than)
{
	for (const struct found_file *f = fi->files; f < than; f++)
		if (f->survey.kind == FILE_HISTORY && !f->refusal &&
		    strcmp(f->survey.sha256, than->survey.sha256) == 0)
			return f->name;
	return NULL;
}

/* Why a file is left out, which has nothing to import. */
static void put_reason(const struct survey *s, struct buf *reason)
{
	if (s->kind == FILE_NO_ROWS)
		buf_puts(reason, "no rows");
	else if (s->is_empty)
		buf_puts(reason, "empty");
	else if (s->problem)
		buf_printf(reason, "not JSON: %s at byte %" PRIu64, s->problem,
		    s->problem_at);
	else
		buf_puts(reason,
		    "neither a streaming history nor a known response of the "
		    "API");
}

/*
 * Leave out a file that has nothing to import, and name it. A loose one was
 * meant to be imported, unless there are others that can be: then a pattern of
 * the shell may have named it. A broken list may be a history.
 */
static void leave_out(
    struct file_import *fi, const struct found_file *f, bool loose)
{
	const struct survey *s = &f->survey;
	struct buf reason = BUF_INIT(1024);
	bool meant = (loose && (fi->operand_count == 1 || !fi->found)) ||
		     (s->is_list && s->problem);

	put_reason(s, &reason);
	if (s->kind == FILE_NO_ROWS || !meant)
		cli_warn("%s: left out: %s", f->name, buf_message(&reason));
	else
		import_refuse(
		    &fi->im, f->name, "bad body", "%s", buf_message(&reason));
	buf_release(&reason);
}

/* Refuse a history that is not the user's. */
static void check_owner(const struct file_import *fi, struct found_file *f)
{
	struct buf why = BUF_INIT(1 << 20);

	if (!import_is_of_user(&fi->im, &f->survey, &why))
		f->refusal = mem_string(buf_message(&why));
	buf_release(&why);
}

/* Whether a file is to be read again; if not, it is reported. */
static bool is_wanted(struct file_import *fi, struct found_file *f, bool loose)
{
	const char *same;

	if (f->survey.kind == FILE_HISTORY && !f->refusal)
		check_owner(fi, f);
	if (f->refusal) {
		import_refuse(&fi->im, f->name, "bad file", "%s", f->refusal);
		return false;
	}
	fi->has_any |= has_something(f);
	if (f->survey.kind == FILE_HISTORY &&
	    (same = same_file(fi, f)) != NULL) {
		cli_warn("%s: left out: the same as %s", f->name, same);
		return false;
	}
	if (has_something(f))
		return true;
	leave_out(fi, f, loose);
	return false;
}

/* Go on to the file of that number. */
static enum input_result find_again(struct input *in, int number)
{
	enum input_result result = INPUT_FILE;

	while (in->number < number && result != INPUT_END)
		result = input_next(in);
	return in->number == number ? result : INPUT_END;
}

static void send_file(
    struct file_import *fi, struct found_file *f, struct input *in)
{
	struct import_file file = {.name = f->name,
	    .time = in->time,
	    .source = {input_read, in},
	    .error = in->error,
	    .survey = &f->survey};

	if (find_again(in, f->number) != INPUT_FILE) {
		import_refuse(&fi->im, f->name, "bad file", "%s",
		    *in->error ? in->error
			       : "it changed while it was read: import it "
				 "again");
		return;
	}
	file.time = in->time;
	if (f->survey.kind == FILE_HISTORY)
		import_history(&fi->im, &file);
	else
		import_bodies(&fi->im, &file);
}

/* Send what is wanted of an operand, whose files these are. */
static void send_files(struct file_import *fi, struct operand *o,
    struct found_file *files, size_t count, bool loose)
{
	struct input in;
	int fd = -1;

	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(fi, &files[i], loose))
			continue;
		if (fd < 0) {
			fd = operand_open(o);
			if (fd < 0) {
				import_refuse(&fi->im, o->name, "bad file",
				    "cannot read: %s", strerror(errno));
				return;
			}
			input_init(&in, fd, o->name, o->time);
		}
		send_file(fi, &files[i], &in);
	}
	if (fd >= 0) {
		input_release(&in);
		operand_close(o, fd);
	}
}

/* Send an operand, whose first file is at `at`; returns where the next is. */
static size_t send_operand(struct file_import *fi, struct operand *o, size_t at)
{
	struct found_file *files = fi->files + at;
	int status = fi->im.status;
	size_t count = 0;
	bool loose;

	while (at + count < fi->count && files[count].operand == o)
		count++;
	loose = count == 1 && strcmp(files->name, o->name) == 0;
	fi->im.status = 0;
	fi->has_any = false;
	send_files(fi, o, files, count, loose);
	if (!fi->has_any && !loose && fi->im.status == 0)
		import_refuse(&fi->im, o->name, "bad file",
		    "it has no streaming history");
	if (fi->im.status == 0)
		fi->im.status = status;
	return at + count;
}

static void send_all(struct file_import *fi)
{
	size_t at = 0;

	for (size_t i = 0; i < fi->operand_count; i++)
		at = send_operand(fi, &fi->operands[i], at);
}

/* --- All of it --- */

/*
 * A ZIP is read alike everywhere: its times, which have no zone, as UTC, and
 * its names as UTF-8.
 */
static void fix_zone_and_charset(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "en_US.UTF-8");
}

/* For progress_begin. */
static void describe(void *ctx, struct progress *p)
{
	const struct import *im = ctx;

	if (im->reading)
		buf_printf(&p->text, "reading %s", im->reading);
	else
		buf_printf(&p->text, "%" PRIu64 " of %" PRIu64 " row%s",
		    im->rows, im->total, PLURAL(im->total));
	p->done = im->rows;
	p->total = im->total;
}

static void release(struct file_import *fi)
{
	for (size_t i = 0; i < fi->count; i++) {
		free(fi->files[i].name);
		free(fi->files[i].refusal);
		survey_release(&fi->files[i].survey);
	}
	free(fi->files);
	operands_free(fi->operands, fi->operand_count);
}

int import_files(const struct stage_options *o)
{
	static char dash[] = "-", *only_stdin[] = {dash, NULL};
	struct file_import fi = {.im = {.o = o}};
	int status;

	fix_zone_and_charset();
	fi.operands = operands_new(
	    *o->operands ? o->operands : only_stdin, &fi.operand_count);
	progress_begin(o->progress, PROGRESS_PRINTS, describe, &fi.im);
	import_open_writer(&fi.im);
	import_find_user(&fi.im);
	survey_all(&fi);
	if (fi.im.total > 0)
		import_check_user(&fi.im);
	import_open_run(&fi.im);
	send_all(&fi);
	progress_end();
	status = import_close_run(&fi.im);
	release(&fi);
	return status;
}

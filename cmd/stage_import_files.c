#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/os.h"
#include "base/url.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"
#include "import/input.h"
#include "progress.h"
#include "stage_import.h"

#define NAME_MAX_TEXT ((size_t)1 << 20)

/* A file that an operand is, or has in it, after the first pass. */
struct found_file {
	int number; /* as of input.h */
	char *name;
	char *refusal; /* why it is not read, or NULL */
	struct survey survey;
};

/* An argument. */
struct operand {
	const char *path; /* NULL for stdin */
	const char *name; /* for people, and for what is stored */
	int fd;		  /* of stdin, or the copy of a pipe; else -1 */
	int64_t time;	  /* when it was last written, Unix ms */
	bool copied;	  /* or was to be, into a temporary file */
	struct found_file *files;
	size_t count, room;
};

/* An import that recognizes files by their content. */
struct told_import {
	struct import im;
	struct operand *operands;
	size_t count;
	struct key_sieve sieve;
	struct buf user; /* the only one of the database, or empty */
	bool found;	 /* a history or a body, in any operand */
	bool has_any;	 /* of these, the operand at hand */
};

/* --- Operands --- */

/* Copy what cannot be read twice into a temporary file; -1 sets errno. */
static int copy_pipe(int from)
{
	char block[16 << 10];
	int fd = os_open_temporary();
	struct out copy;
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	out_init(&copy, fd, sizeof(block));
	while (n != 0 && !copy.err) {
		n = read(from, block, sizeof(block));
		if (n > 0)
			out_put(&copy, block, (size_t)n);
		else if (n < 0 && errno != EINTR)
			copy.err = errno;
	}
	out_flush(&copy);
	lseek(fd, 0, SEEK_SET);
	if (copy.err) {
		close(fd);
		errno = copy.err;
		fd = -1;
	}
	out_release(&copy);
	return fd;
}

/* Have `fd` be a file that can be read twice; false sets errno. */
static bool keep_seekable(struct operand *o, int fd, const struct stat *st)
{
	int error;

	if (S_ISREG(st->st_mode) && lseek(fd, 0, SEEK_CUR) == 0) {
		if (!o->path)
			o->fd = fd;
		return true;
	}
	if (S_ISDIR(st->st_mode)) {
		errno = EISDIR;
		return false;
	}
	o->copied = true;
	o->fd = copy_pipe(fd);
	error = errno;
	if (o->path)
		close(fd);
	errno = error;
	return o->fd >= 0;
}

/* Open an operand at its beginning; -1 sets errno. */
static int open_operand(struct operand *o)
{
	struct stat st;
	int fd;

	if (o->fd >= 0) {
		lseek(o->fd, 0, SEEK_SET);
		return o->fd;
	}
	fd = o->path ? open(o->path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	o->time = clock_now();
	if (o->path && S_ISREG(st.st_mode))
		o->time = (int64_t)st.st_mtim.tv_sec * CLOCK_SECOND +
			  st.st_mtim.tv_nsec / 1000000;
	if (!keep_seekable(o, fd, &st))
		return -1;
	return o->fd >= 0 ? o->fd : fd;
}

static void close_operand(const struct operand *o, int fd)
{
	if (fd != o->fd)
		close(fd);
}

static void release_operand(struct operand *o)
{
	if (o->fd > STDERR_FILENO)
		close(o->fd);
	for (size_t i = 0; i < o->count; i++) {
		free(o->files[i].name);
		free(o->files[i].refusal);
		survey_release(&o->files[i].survey);
	}
	free(o->files);
}

/* --- The first pass: what the files are --- */

static struct found_file *add_file(
    struct operand *o, int number, const char *name)
{
	struct found_file *f;

	o->files =
	    mem_grow(o->files, &o->room, o->count + 1, sizeof(*o->files));
	f = &o->files[o->count++];
	*f = (struct found_file){.number = number, .name = mem_string(name)};
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
    struct told_import *t, struct operand *o, struct input *in)
{
	struct found_file *f = add_file(o, in->number, buf_message(&in->name));

	survey_file(&f->survey, (struct byte_source){read_and_show, in},
	    &t->sieve, t->im.user);
	t->im.total +=
	    f->survey.kind == FILE_HISTORY ? (uint64_t)f->survey.rows : 0;
	t->found |= has_something(f);
	if (f->survey.failed && f->survey.kind != FILE_HISTORY)
		refuse_later(f, "cannot read: %s", in->error);
}

static void survey_operand(struct told_import *t, struct operand *o)
{
	enum input_result result;
	struct input in;
	int fd = open_operand(o);

	if (fd < 0) {
		int error = errno;

		refuse_later(add_file(o, 0, o->path ? o->path : o->name),
		    "cannot %s: %s%s",
		    o->copied ? "copy to a temporary file" : "read",
		    strerror(error),
		    error == EISDIR ? ": name the files in it" : "");
		return;
	}
	input_init(&in, fd, o->name, o->time);
	while ((result = input_next(&in)) != INPUT_END) {
		t->im.reading = buf_message(&in.name);
		progress_step();
		if (result == INPUT_FILE)
			survey_input(t, o, &in);
		else if (result == INPUT_ENCRYPTED)
			refuse_later(
			    add_file(o, in.number, buf_message(&in.name)),
			    "is encrypted: unpack it with its password first");
		else if (result == INPUT_TOO_DEEP)
			refuse_later(
			    add_file(o, in.number, buf_message(&in.name)),
			    "is a ZIP in too many others: unpack it first");
		else
			refuse_later(add_file(o, 0, buf_message(&in.name)),
			    "cannot read on: %s", in.error);
	}
	t->im.reading = NULL;
	input_release(&in);
	close_operand(o, fd);
}

/* --- Whose files they are --- */

static void die_of_query(struct told_import *t)
{
	database_die(t->im.writer.db, "cannot read the database");
}

/* If the database has one user of its own, it is that. */
static void find_user(struct told_import *t)
{
	struct query q;

	t->im.user = t->im.o->filter.user;
	if (t->im.user || !t->im.writer.db)
		return;
	query_prepare(&q, t->im.writer.db, &sql_own_users);
	if (query_step(&q))
		buf_set(&t->user, query_text(&q, 0));
	if (query_step(&q))
		buf_clear(&t->user);
	if (query_finish(&q) != SQLITE_OK)
		die_of_query(t);
	if (t->user.n > 0)
		t->im.user = buf_cstr(&t->user);
}

/* Die if there is a history, and nothing says whose it is. */
static void check_user(struct told_import *t)
{
	bool needed = t->im.total > 0;

	if (!needed || t->im.o->filter.user)
		return;
	if (!t->im.user)
		cli_die(EX_USAGE, "import: whose history is it? Say so "
				  "with --user ID, your Spotify user id");
	cli_warn("import: for %s, the only user of this database: "
		 "--user ID imports it for another one",
	    t->im.user);
}

/* A username as it is compared: decoded, and in lower case. */
static void put_plain_name(struct buf *to, const char *name)
{
	static const char prefix[] = "spotify:user:";

	if (strncasecmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	buf_clear(to);
	url_decode(to, slice_trim(slice_of(name)));
	for (size_t i = 0; i < to->n; i++)
		if (to->p[i] >= 'A' && to->p[i] <= 'Z')
			to->p[i] = (char)(to->p[i] - 'A' + 'a');
}

static bool is_same_name(const char *a, const char *b)
{
	struct buf x = BUF_INIT(NAME_MAX_TEXT), y = BUF_INIT(NAME_MAX_TEXT);
	bool same;

	put_plain_name(&x, a);
	put_plain_name(&y, b);
	same = slice_eq(buf_slice(&x), buf_slice(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

static bool is_own_name(const struct told_import *t, const char *name)
{
	const struct stage_options *o = t->im.o;

	if (is_same_name(name, t->im.user))
		return true;
	for (size_t i = 0; i < o->username_count; i++)
		if (is_same_name(name, o->usernames[i]))
			return true;
	return false;
}

/* Append an argument as a shell reads it. */
static void put_argument(struct buf *to, const char *arg)
{
	bool plain = *arg && *arg != '-' &&
		     !arg[strspn(arg, "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.@%+")];

	if (plain) {
		buf_puts(to, arg);
		return;
	}
	buf_putc(to, '\'');
	for (; *arg; arg++)
		if (*arg == '\'')
			buf_puts(to, "'\\''");
		else
			buf_putc(to, *arg);
	buf_putc(to, '\'');
}

/* Refuse a file with names that are not said to be the user's. */
static void check_names(struct told_import *t, struct found_file *f)
{
	struct buf names = BUF_INIT(NAME_MAX_TEXT);
	struct buf options = BUF_INIT(NAME_MAX_TEXT);

	for (size_t i = 0; i < f->survey.name_count; i++) {
		if (is_own_name(t, f->survey.names[i]))
			continue;
		buf_printf(
		    &names, "%s'%s'", names.n ? ", " : "", f->survey.names[i]);
		buf_puts(&options, " --username ");
		put_argument(&options, f->survey.names[i]);
	}
	if (f->survey.has_more_names)
		refuse_later(f, "it has streams of more than %d users",
		    SURVEY_NAMES_MAX);
	else if (names.n > 0)
		refuse_later(f,
		    "its username is %s, and the user is '%s': if that is the "
		    "same person, add%s",
		    buf_message(&names), t->im.user, buf_message(&options));
	buf_release(&names);
	buf_release(&options);
}

/* Refuse a file that was imported as another user's. */
static void check_owner(struct told_import *t, struct found_file *f)
{
	struct query q;

	if (!t->im.writer.db)
		return;
	query_prepare(&q, t->im.writer.db, &sql_other_owner);
	query_bind_text(&q, ":sha256", slice_of(f->survey.sha256));
	query_bind_text(&q, ":user", slice_of(t->im.user));
	if (query_step(&q)) {
		const char *run = query_string(&q, 0);

		refuse_later(f,
		    "it is imported already, as the history of '%s': if that "
		    "is wrong, `sp-stage forget %s` undoes it",
		    query_string(&q, 1), run);
	}
	if (query_finish(&q) != SQLITE_OK)
		die_of_query(t);
}

/* --- The second pass --- */

/* An earlier file with the same content, or NULL. */
static const char *same_file(
    const struct told_import *t, const struct found_file *than)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct operand *o = &t->operands[i];

		for (size_t k = 0; k < o->count; k++) {
			const struct found_file *f = &o->files[k];

			if (f == than)
				return NULL;
			if (f->survey.kind == FILE_HISTORY && !f->refusal &&
			    strcmp(f->survey.sha256, than->survey.sha256) == 0)
				return f->name;
		}
	}
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
    struct told_import *t, const struct found_file *f, bool loose)
{
	const struct survey *s = &f->survey;
	struct buf reason = BUF_INIT(1024);
	bool meant = (loose && (t->count == 1 || !t->found)) ||
		     (s->is_list && s->problem);

	put_reason(s, &reason);
	if (s->kind == FILE_NO_ROWS || !meant)
		cli_warn("%s: left out: %s", f->name, buf_message(&reason));
	else
		import_refuse(
		    &t->im, f->name, "bad body", "%s", buf_message(&reason));
	buf_release(&reason);
}

/* Whether a file is to be read again; if not, it is reported. */
static bool is_wanted(struct told_import *t, struct found_file *f, bool loose)
{
	struct survey *s = &f->survey;
	const char *same;

	if (s->kind == FILE_HISTORY && !f->refusal)
		check_names(t, f);
	if (s->kind == FILE_HISTORY && !f->refusal)
		check_owner(t, f);
	if (f->refusal) {
		import_refuse(&t->im, f->name, "bad file", "%s", f->refusal);
		return false;
	}
	t->has_any |= has_something(f);
	if (s->kind == FILE_HISTORY && (same = same_file(t, f)) != NULL) {
		cli_warn("%s: left out: the same as %s", f->name, same);
		return false;
	}
	if (has_something(f))
		return true;
	leave_out(t, f, loose);
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
    struct told_import *t, struct found_file *f, struct input *in)
{
	struct import_file file = {.name = f->name,
	    .time = in->time,
	    .source = {input_read, in},
	    .error = in->error,
	    .survey = &f->survey};

	if (find_again(in, f->number) != INPUT_FILE) {
		import_refuse(&t->im, f->name, "bad file", "%s",
		    *in->error ? in->error
			       : "it changed while it was read: import it "
				 "again");
		return;
	}
	file.time = in->time;
	if (f->survey.kind == FILE_HISTORY)
		import_history(&t->im, &file);
	else
		import_bodies(&t->im, &file);
}

/* Send what is wanted of an operand. */
static void send_files(struct told_import *t, struct operand *o, bool loose)
{
	struct input in;
	size_t sent = 0;
	int fd = -1;

	for (size_t i = 0; i < o->count; i++) {
		struct found_file *f = &o->files[i];

		if (!is_wanted(t, f, loose))
			continue;
		if (fd < 0 && (fd = open_operand(o)) < 0) {
			import_refuse(&t->im, o->name, "bad file",
			    "cannot read: %s", strerror(errno));
			return;
		}
		if (sent++ == 0)
			input_init(&in, fd, o->name, o->time);
		send_file(t, f, &in);
	}
	if (sent > 0) {
		input_release(&in);
		close_operand(o, fd);
	}
}

static void send_operand(struct told_import *t, struct operand *o)
{
	bool loose = o->count == 1 && strcmp(o->files[0].name, o->name) == 0;
	int status = t->im.status;

	t->im.status = 0;
	t->has_any = false;
	send_files(t, o, loose);
	if (!t->has_any && !loose && t->im.status == 0)
		import_refuse(
		    &t->im, o->name, "bad file", "it has no streaming history");
	if (t->im.status == 0)
		t->im.status = status;
}

/* --- All of it --- */

/* Whether the last parts of a path are this name. */
static bool ends_with(const char *path, const char *name)
{
	size_t n = strlen(path), k = strlen(name);

	return n >= k && strcmp(path + n - k, name) == 0 &&
	       (n == k || path[n - k - 1] == '/');
}

/* Whether another operand could have that name, too. */
static bool is_shared(
    const struct told_import *t, const char *path, const char *name)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *other = t->operands[i].path;

		if (other && strcmp(other, path) != 0 && ends_with(other, name))
			return true;
	}
	return false;
}

/* The base name of a path, with the folders that it needs to be unique. */
static const char *name_of_path(const struct told_import *t, const char *path)
{
	const char *name = path + strlen(path);

	do {
		if (name > path)
			name--;
		while (name > path && name[-1] != '/')
			name--;
	} while (name > path && is_shared(t, path, name));
	return name;
}

static void init_operands(struct told_import *t)
{
	static char dash[] = "-", *only_stdin[] = {dash, NULL};
	char **arg = *t->im.o->operands ? t->im.o->operands : only_stdin;

	while (arg[t->count])
		t->count++;
	t->operands = mem_zero(t->count, sizeof(*t->operands));
	for (size_t i = 0; i < t->count; i++) {
		bool is_stdin = strcmp(arg[i], "-") == 0;

		t->operands[i] =
		    (struct operand){.path = is_stdin ? NULL : arg[i],
			.name = "stdin",
			.fd = -1};
	}
	for (size_t i = 0; i < t->count; i++)
		if (t->operands[i].path)
			t->operands[i].name =
			    name_of_path(t, t->operands[i].path);
}

static void survey_all(struct told_import *t)
{
	key_sieve_init(&t->sieve);
	for (size_t i = 0; i < t->count; i++)
		survey_operand(t, &t->operands[i]);
	key_sieve_release(&t->sieve);
}

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

int import_told(const struct stage_options *o)
{
	struct told_import t = {
	    .im = {.o = o}, .user = BUF_INIT(NAME_MAX_TEXT)};
	int status;

	fix_zone_and_charset();
	init_operands(&t);
	progress_begin(o->progress, PROGRESS_PRINTS, describe, &t.im);
	import_open_writer(&t.im);
	find_user(&t);
	survey_all(&t);
	check_user(&t);
	import_open_run(&t.im);
	for (size_t i = 0; i < t.count; i++)
		send_operand(&t, &t.operands[i]);
	progress_end();
	status = import_close_run(&t.im);
	for (size_t i = 0; i < t.count; i++)
		release_operand(&t.operands[i]);
	free(t.operands);
	buf_release(&t.user);
	return status;
}

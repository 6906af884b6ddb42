#include "auth/token.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "http/redact.h"
#include "json/json.h"

/* Two minutes in all: longer than a refresh with its retries should take. */
#define LOCK_TRIES 2400
/* token_prepare allocates this much more than the file's present size. */
#define GROWTH ((size_t)16 << 10)

static const struct timespec LOCK_PAUSE = {.tv_nsec = 50000000};

/* The members and their offsets: strings, and times as numbers. */
static const struct {
	const char *name;
	size_t at;
	bool time;
} members[] = {
    {"client_id", offsetof(struct token, client_id), false},
    {"client_secret", offsetof(struct token, client_secret), false},
    {"access_token", offsetof(struct token, access_token), false},
    {"refresh_token", offsetof(struct token, refresh_token), false},
    {"expires_at", offsetof(struct token, expires_at), true},
    {"scope", offsetof(struct token, scope), false},
    {"user_id", offsetof(struct token, user_id), false},
    {"authorized_at", offsetof(struct token, authorized_at), true},
    {"token_url", offsetof(struct token, token_url), false},
    {"api_url", offsetof(struct token, api_url), false},
};
#define MEMBERS COUNT_OF(members)

void token_wipe(void *p, size_t n)
{
	volatile unsigned char *to = p;

	while (n-- > 0)
		*to++ = 0;
}

static void wipe_buf(struct buf *b)
{
	if (b->p)
		token_wipe(b->p, b->cap);
	buf_clear(b);
}

/* The index of a member by its name; MEMBERS if it is not ours. */
static size_t member_named(struct slice key)
{
	size_t i = 0;

	while (i < MEMBERS && !slice_is(key, members[i].name))
		i++;
	return i;
}

static char **member_at(struct token *t, size_t i)
{
	return (char **)(void *)((char *)t + members[i].at);
}

static int64_t *time_at(struct token *t, size_t i)
{
	return (int64_t *)(void *)((char *)t + members[i].at);
}

static const void *value_at(const struct token *t, size_t i)
{
	return (const char *)t + members[i].at;
}

static void clear_member(char **member)
{
	if (*member)
		token_wipe(*member, strlen(*member));
	free(*member);
	*member = NULL;
}

void token_set(char **member, struct slice value)
{
	char *copy = mem_string_slice(value);

	clear_member(member);
	*member = copy;
}

void token_swap(struct token *a, struct token *b)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].time) {
			int64_t ms = *time_at(a, i);

			*time_at(a, i) = *time_at(b, i);
			*time_at(b, i) = ms;
		} else {
			char *text = *member_at(a, i);

			*member_at(a, i) = *member_at(b, i);
			*member_at(b, i) = text;
		}
}

void token_init(struct token *t, const char *path)
{
	*t = (struct token){.path = path, .lock = -1, .temp = -1};
	t->text.max = TOKEN_FILE_MAX + 1;
	t->temp_path.max = 4096;
}

/* Move a secret that is about to be replaced to the retired ones. */
static void retire(struct token *t, char **secret)
{
	char **to = &t->retired[t->next_retired];

	for (size_t i = 0; i < TOKEN_RETIRED && *secret; i++)
		if (t->retired[i] && strcmp(t->retired[i], *secret) == 0)
			clear_member(secret);
	if (!*secret)
		return;
	clear_member(to);
	*to = *secret;
	*secret = NULL;
	t->next_retired = (t->next_retired + 1) % TOKEN_RETIRED;
}

void token_update(struct token *t, struct slice access, struct slice refresh)
{
	retire(t, &t->access_token);
	if (refresh.n)
		retire(t, &t->refresh_token);
	token_set(&t->access_token, access);
	if (refresh.n)
		token_set(&t->refresh_token, refresh);
}

static void clear_members(struct token *t)
{
	retire(t, &t->access_token);
	retire(t, &t->refresh_token);
	retire(t, &t->client_secret);
	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].time)
			*time_at(t, i) = 0;
		else
			clear_member(member_at(t, i));
	wipe_buf(&t->text);
}

void token_release(struct token *t)
{
	token_unlock(t);
	clear_members(t);
	for (size_t i = 0; i < TOKEN_RETIRED; i++)
		clear_member(&t->retired[i]);
	buf_release(&t->text);
	buf_release(&t->temp_path);
}

/* Only its owner may access the file; the folder's mode does not matter. */
static bool check_file(const struct token *t, int fd, struct error *error)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_set(error, EX_CONFIG, "%s: cannot read: %s",
		    t->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(error, EX_CONFIG, "%s: not a file", t->path);
	/* A refresh would make us the owner. */
	if (st.st_uid != geteuid())
		return error_set(error, EX_CONFIG,
		    "%s: it belongs to another user (uid %ld)", t->path,
		    (long)st.st_uid);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(error, EX_CONFIG,
		    "%s: the file is accessible to others (mode %03o): "
		    "chmod 600 '%s'",
		    t->path, (unsigned)st.st_mode & 0777, t->path);
	if (st.st_size > (off_t)TOKEN_FILE_MAX)
		return error_set(error, EX_CONFIG,
		    "%s: not a token file: longer than %zu bytes", t->path,
		    TOKEN_FILE_MAX);
	return true;
}

static bool read_all(struct token *t, int fd, struct error *error)
{
	for (;;) {
		char *room = buf_reserve(&t->text, 4096);
		ssize_t n = room ? read(fd, room, 4096) : -1;

		if (n == 0)
			return true;
		if (n < 0 && room && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(error, EX_CONFIG,
			    "%s: cannot read: %s", t->path,
			    room ? strerror(errno) : "too long");
		t->text.n += (size_t)n;
	}
}

/* Printable ASCII: safe in a header. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* Set a member that was just read, if it is one of ours. */
static bool set_member(struct token *t, struct json *j, enum json_type type)
{
	struct buf text = BUF_INIT(TOKEN_FILE_MAX);
	size_t i = member_named(j->key);
	bool ok = true;

	if (type == JSON_STRING && i < MEMBERS && members[i].time) {
		if (!clock_parse(j->text, time_at(t, i)))
			*time_at(t, i) = 0;
	} else if (type == JSON_STRING && i < MEMBERS) {
		ok = json_unescape(j->text, &text) &&
		     !memchr(text.p ? text.p : "", '\0', text.n);
		if (ok)
			token_set(member_at(t, i), buf_slice(&text));
	}
	wipe_buf(&text);
	buf_release(&text);
	return ok && json_skip(j, type);
}

/* Parse the text into the struct; NULL, or what is wrong with it. */
static const char *parse(struct token *t)
{
	struct json j;
	enum json_type type;

	json_init(&j, buf_slice(&t->text));
	if (json_next(&j) != JSON_OBJECT)
		return j.error ? j.error : "not a JSON object";
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END)
		if (!set_member(t, &j, type))
			return j.error ? j.error : "invalid member";
	if (type != JSON_OBJECT_END || json_next(&j) != JSON_END)
		return j.error;
	for (size_t i = 0; i < MEMBERS; i++) {
		char **member = member_at(t, i);

		if (members[i].time)
			continue;
		if (*member && **member == '\0')
			clear_member(member);
		if (*member && member != &t->user_id && !is_plain(*member))
			return "control characters in a member";
	}
	return NULL;
}

bool token_load(struct token *t, struct error *error)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why;
	bool ok;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(error, EX_NOPERM,
		    "log in first: there is no token file '%s'", t->path);
	if (fd < 0)
		return error_set(error, EX_CONFIG, "%s: cannot open: %s",
		    t->path, strerror(errno));
	clear_members(t);
	ok = check_file(t, fd, error) && read_all(t, fd, error);
	close(fd);
	if (!ok)
		return false;
	why = parse(t);
	if (why)
		return error_set(
		    error, EX_CONFIG, "%s: not a token file: %s", t->path, why);
	return true;
}

/*
 * A system call failed: `what` could not be done to the file whose name is the
 * path and a suffix.
 */
static bool fail_file(const struct token *t, struct error *error, int exit,
    const char *suffix, const char *what)
{
	return error_set(error, exit, "%s%s: cannot %s: %s", t->path, suffix,
	    what, strerror(errno));
}

/* Lock FILE.lock; it is not removed afterwards, as others may wait on it. */
static bool acquire_lock(struct token *t, struct error *error)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct buf path = BUF_INIT(4096);

	buf_printf(&path, "%s.lock", t->path);
	errno = ENAMETOOLONG;
	t->lock =
	    !buf_cstr(&path)
		? -1
		: open(path.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	buf_release(&path);
	if (t->lock < 0)
		return fail_file(t, error, EX_CANTCREAT, ".lock", "open");
	/* Not F_SETLKW: its holder may have been stopped. */
	for (int i = 0; fcntl(t->lock, F_SETLK, &whole) != 0; i++) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return fail_file(t, error, EX_IOERR, ".lock", "lock");
		if (i == LOCK_TRIES)
			return error_set(error, EX_TEMPFAIL,
			    "%s.lock: locked by another process", t->path);
		nanosleep(&LOCK_PAUSE, NULL);
	}
	return true;
}

bool token_lock(struct token *t, struct error *error)
{
	return acquire_lock(t, error) && token_load(t, error);
}

bool token_lock_new(struct token *t, bool replace, struct error *error)
{
	if (!os_make_parents(t->path, 0700))
		return fail_file(
		    t, error, EX_CANTCREAT, "", "create its folder");
	if (!acquire_lock(t, error))
		return false;
	if (token_load(t, error) || error->exit == EX_NOPERM)
		return true;
	if (!replace)
		return false;
	clear_members(t);
	return true;
}

bool token_remove(struct token *t, struct error *error)
{
	if (unlink(t->path) != 0 && errno != ENOENT)
		return fail_file(t, error, EX_IOERR, "", "remove");
	if (!os_sync_folder(t->path))
		return fail_file(t, error, EX_IOERR, "", "sync its folder");
	return true;
}

void token_unlock(struct token *t)
{
	if (t->temp >= 0) {
		close(t->temp);
		unlink(buf_cstr(&t->temp_path));
		t->temp = -1;
	}
	if (t->lock >= 0)
		close(t->lock);
	t->lock = -1;
}

static bool write_all(int fd, struct slice s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			s = slice_from(s, (size_t)n);
	}
	return true;
}

static bool sync_file(int fd)
{
	while (fsync(fd) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

/* End a file that has got shorter. */
static bool truncate_file(int fd, size_t size)
{
	while (ftruncate(fd, (off_t)size) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

static bool move_file(const char *from, const char *to)
{
	while (rename(from, to) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

/* Take the room that the file will need: on a full disk there is none. */
static bool reserve(const struct token *t)
{
	static const char zeros[4096];

	for (size_t n = 0; n < t->text.n + GROWTH; n += sizeof(zeros))
		if (!write_all(t->temp, (struct slice){zeros, sizeof(zeros)}))
			return false;
	return sync_file(t->temp) && lseek(t->temp, 0, SEEK_SET) == 0;
}

bool token_prepare(struct token *t, struct error *error)
{
	const char *path;

	buf_clear(&t->temp_path);
	buf_printf(&t->temp_path, "%s.new", t->path);
	path = buf_cstr(&t->temp_path);
	errno = ENAMETOOLONG;
	if (!path || !os_make_parents(t->path, 0700))
		return fail_file(
		    t, error, EX_CANTCREAT, "", "create its folder");
	unlink(path); /* left by one that was killed: the lock is ours */
	t->temp = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (t->temp < 0)
		return fail_file(t, error, EX_CANTCREAT, ".new", "create");
	if (!reserve(t))
		return fail_file(t, error, EX_CANTCREAT, ".new", "write");
	return true;
}

static void put_member(const struct token *t, size_t i, struct buf *b)
{
	const void *value = value_at(t, i);
	char text[CLOCK_TEXT];

	if (!members[i].time) {
		const char *string = *(char *const *)value;

		if (string)
			json_put_member(b, members[i].name, slice_of(string));
	} else {
		int64_t ms = *(const int64_t *)value;

		if (ms && clock_format(ms, text))
			json_put_member(b, members[i].name, slice_of(text));
	}
}

/* The new text of the file: all members in their order, also unknown ones. */
static void put_all(const struct token *t, struct buf *b)
{
	bool done[MEMBERS] = {false};
	struct json j;
	enum json_type type = JSON_ERROR;

	buf_putc(b, '{');
	json_init(&j, t->text.n ? buf_slice(&t->text) : SLICE("{}"));
	if (json_next(&j) == JSON_OBJECT)
		type = json_next(&j);
	for (; type > JSON_END && type != JSON_OBJECT_END;
	     type = json_next(&j)) {
		struct slice key = j.key;
		size_t i = member_named(key);

		json_skip(&j, type);
		if (i < MEMBERS && !done[i]) {
			done[i] = true;
			put_member(t, i, b);
		} else if (i == MEMBERS) {
			buf_puts(b, b->n > 1 ? ",\"" : "\"");
			buf_put_slice(b, key);
			buf_puts(b, "\":");
			buf_put_slice(b, j.text);
		}
	}
	for (size_t i = 0; i < MEMBERS; i++)
		if (!done[i])
			put_member(t, i, b);
	buf_puts(b, "}\n");
}

bool token_save(struct token *t, struct error *error)
{
	struct buf b = BUF_INIT(TOKEN_FILE_MAX);
	bool ok;

	if (t->temp < 0 && !token_prepare(t, error))
		return false;
	put_all(t, &b);
	errno = EFBIG;
	ok = !b.failed && write_all(t->temp, buf_slice(&b)) &&
	     truncate_file(t->temp, b.n) && sync_file(t->temp);
	wipe_buf(&b);
	buf_release(&b);
	if (ok)
		ok = move_file(buf_cstr(&t->temp_path), t->path);
	if (!ok)
		return fail_file(t, error, EX_IOERR, "", "write");
	close(t->temp);
	t->temp = -1;
	/* The rename itself. */
	if (!os_sync_folder(t->path))
		return fail_file(t, error, EX_IOERR, "", "sync its folder");
	return true;
}

void secret_redact(const char *secret, char *text, size_t n)
{
	struct redactor s = {.n = 0};

	redactor_add(&s, secret);
	redactor_apply(&s, text, n);
}

void token_redact(const struct token *t, char *text, size_t n)
{
	struct redactor s = {.n = 0};

	redactor_add(&s, t->access_token);
	redactor_add(&s, t->refresh_token);
	redactor_add(&s, t->client_secret);
	for (size_t i = 0; i < TOKEN_RETIRED; i++)
		redactor_add(&s, t->retired[i]);
	redactor_apply(&s, text, n);
}

int64_t token_login_expires_at(const struct token *t)
{
	char text[CLOCK_TEXT];
	int64_t ends = 0;
	int month, year;

	if (!t->authorized_at || !clock_format(t->authorized_at, text))
		return 0;
	year = atoi(text);
	month = atoi(text + 5) + 6;
	if (month > 12) {
		month -= 12;
		year++;
	}
	/* If the month has no such day, its last one. */
	for (int day = atoi(text + 8); day > 0; day--) {
		struct buf b = BUF_INIT(64);

		buf_printf(&b, "%04d-%02d-%02d%s", year, month, day, text + 10);
		if (clock_parse(buf_slice(&b), &ends))
			day = 0;
		buf_release(&b);
	}
	return ends;
}

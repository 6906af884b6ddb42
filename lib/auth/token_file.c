#include "auth/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "auth/secret.h"
#include "base/os.h"

/* Two minutes in all: longer than a refresh with its retries should take. */
#define LOCK_TRIES 2400
/* token_file_prepare allocates this much more than the present size. */
#define GROWTH ((size_t)16 << 10)

static const struct timespec LOCK_PAUSE = {.tv_nsec = 50000000};

void token_file_init(struct token_file *f, const char *path)
{
	*f = (struct token_file){.path = path, .lock = -1, .temp = -1};
	f->text.max = TOKEN_FILE_MAX + 1;
	f->temp_path.max = 4096;
}

void token_file_release(struct token_file *f)
{
	token_file_unlock(f);
	secret_release(&f->text);
	buf_release(&f->temp_path);
}

/* Only its owner may access the file; the folder's mode does not matter. */
static bool check_file(const struct token_file *f, int fd, struct error *error)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return error_set(error, EX_CONFIG, "%s: cannot read: %s",
		    f->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(error, EX_CONFIG, "%s: not a file", f->path);
	/* A refresh would change the owner. */
	if (st.st_uid != geteuid())
		return error_set(error, EX_CONFIG,
		    "%s: it belongs to another user (uid %ld)", f->path,
		    (long)st.st_uid);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(error, EX_CONFIG,
		    "%s: the file is accessible to others (mode %03o): "
		    "chmod 600 '%s'",
		    f->path, (unsigned)st.st_mode & 0777, f->path);
	if (st.st_size > (off_t)TOKEN_FILE_MAX)
		return error_set(error, EX_CONFIG,
		    "%s: not a token file: longer than %zu bytes", f->path,
		    TOKEN_FILE_MAX);
	return true;
}

static bool read_all(struct token_file *f, int fd, struct error *error)
{
	if (os_read_all(fd, &f->text))
		return true;
	return error_set(error, EX_CONFIG, "%s: cannot read: %s", f->path,
	    f->text.failed ? "too long" : strerror(errno));
}

bool token_file_load(struct token_file *f, struct token *t, struct error *error)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *why;
	bool ok;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(error, EX_NOPERM,
		    ERROR_NOT_LOGGED_IN ": there is no token file '%s'",
		    f->path);
	if (fd < 0)
		return error_set(error, EX_CONFIG, "%s: cannot open: %s",
		    f->path, strerror(errno));
	token_clear(t);
	secret_clear(&f->text);
	ok = check_file(f, fd, error) && read_all(f, fd, error);
	close(fd);
	if (!ok)
		return false;
	why = token_parse(t, buf_slice(&f->text));
	if (why)
		return error_set(
		    error, EX_CONFIG, "%s: not a token file: %s", f->path, why);
	return true;
}

bool token_read(const char *path, struct token *t, struct error *error)
{
	struct token_file f;
	bool ok;

	token_file_init(&f, path);
	ok = token_file_load(&f, t, error);
	token_file_release(&f);
	return ok;
}

/* Report a failed system call: `what` it does to the file PATH + suffix. */
static bool fail_file(const struct token_file *f, struct error *error, int exit,
    const char *suffix, const char *what)
{
	return error_set(error, exit, "%s%s: cannot %s: %s", f->path, suffix,
	    what, strerror(errno));
}

/* Lock FILE.lock; it is not removed afterwards, as others may wait on it. */
static bool acquire_lock(struct token_file *f, struct error *error)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct buf path = BUF_INIT(4096);

	buf_printf(&path, "%s.lock", f->path);
	errno = ENAMETOOLONG;
	f->lock =
	    !buf_cstr(&path)
		? -1
		: open(path.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	buf_release(&path);
	if (f->lock < 0)
		return fail_file(f, error, EX_CANTCREAT, ".lock", "open");
	/* Not F_SETLKW, which never returns if the owner is stopped. */
	for (int i = 0; fcntl(f->lock, F_SETLK, &whole) != 0; i++) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return fail_file(f, error, EX_IOERR, ".lock", "lock");
		if (i == LOCK_TRIES)
			return error_set(error, EX_TEMPFAIL,
			    "%s.lock: locked by another process", f->path);
		nanosleep(&LOCK_PAUSE, NULL);
	}
	return true;
}

bool token_file_lock(struct token_file *f, struct token *t, struct error *error)
{
	return acquire_lock(f, error) && token_file_load(f, t, error);
}

bool token_file_lock_new(
    struct token_file *f, struct token *t, bool replace, struct error *error)
{
	if (!os_make_parents(f->path, 0700))
		return fail_file(
		    f, error, EX_CANTCREAT, "", "create its folder");
	if (!acquire_lock(f, error))
		return false;
	if (token_file_load(f, t, error) || error->exit == EX_NOPERM)
		return true;
	if (!replace)
		return false;
	token_clear(t);
	secret_clear(&f->text);
	return true;
}

bool token_file_remove(struct token_file *f, struct error *error)
{
	if (unlink(f->path) != 0 && errno != ENOENT)
		return fail_file(f, error, EX_IOERR, "", "remove");
	if (!os_sync_folder(f->path))
		return fail_file(f, error, EX_IOERR, "", "sync its folder");
	return true;
}

void token_file_unlock(struct token_file *f)
{
	if (f->temp >= 0) {
		close(f->temp);
		unlink(buf_cstr(&f->temp_path));
		f->temp = -1;
	}
	if (f->lock >= 0)
		close(f->lock);
	f->lock = -1;
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

/* Cut the file to its new, smaller size. */
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

/* Allocate the space that the file will need. */
static bool reserve(const struct token_file *f)
{
	static const char zeros[4096];

	for (size_t n = 0; n < f->text.n + GROWTH; n += sizeof(zeros))
		if (!write_all(f->temp, (struct slice){zeros, sizeof(zeros)}))
			return false;
	return sync_file(f->temp) && lseek(f->temp, 0, SEEK_SET) == 0;
}

bool token_file_prepare(struct token_file *f, struct error *error)
{
	const char *path;

	buf_clear(&f->temp_path);
	buf_printf(&f->temp_path, "%s.new", f->path);
	path = buf_cstr(&f->temp_path);
	errno = ENAMETOOLONG;
	if (!path || !os_make_parents(f->path, 0700))
		return fail_file(
		    f, error, EX_CANTCREAT, "", "create its folder");
	unlink(path); /* left by one that was killed: the lock is ours */
	f->temp = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->temp < 0)
		return fail_file(f, error, EX_CANTCREAT, ".new", "create");
	if (!reserve(f))
		return fail_file(f, error, EX_CANTCREAT, ".new", "write");
	return true;
}

bool token_file_save(
    struct token_file *f, const struct token *t, struct error *error)
{
	struct buf b = BUF_INIT(TOKEN_FILE_MAX);
	bool ok;

	if (f->temp < 0 && !token_file_prepare(f, error))
		return false;
	token_put(t, buf_slice(&f->text), &b);
	errno = EFBIG;
	ok = !b.failed && write_all(f->temp, buf_slice(&b)) &&
	     truncate_file(f->temp, b.n) && sync_file(f->temp);
	secret_release(&b);
	if (ok)
		ok = move_file(buf_cstr(&f->temp_path), f->path);
	if (!ok)
		return fail_file(f, error, EX_IOERR, "", "write");
	close(f->temp);
	f->temp = -1;
	/* Make the rename durable. */
	if (!os_sync_folder(f->path))
		return fail_file(f, error, EX_IOERR, "", "sync its folder");
	return true;
}

/*
 * power.so: a library to preload that writes down what a program asks of the
 * file system, for power.py to work out what a power cut could leave of it.
 *
 *	SP_POWER_LOG=FILE	where to; several processes share it
 *	SP_POWER_ROOT=FOLDER	what is looked at: files below this one
 *	SP_POWER_OUT=1		what goes to stdout is written down too: what
 *				a program has said, it answers for
 *	SP_POWER_IGNORE=sync	no sync is noted; folder: none of a folder
 *	SP_POWER_CLOCK=MS	the time that the program sees
 *	SP_POWER_SYNCHRONOUS, SP_POWER_CHECKPOINT
 *				the values of SQLite's pragmas of these names,
 *				in place of those that the program asks for
 *
 * It is between SQLite and the kernel and not, as a VFS of SQLite's, above
 * SQLite's own one: that hides when a folder is synced, and only SQLite's
 * files pass it. Each call and its note are one step among all processes, so
 * the log is in the order in which things happened. No file is truly synced:
 * there will be no power cut but ours. Files in memory, -shm, leave no note,
 * for nothing of them outlives one.
 *
 * A note is a struct note and as many bytes: a path, two paths, or the data.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct note {
	uint32_t kind, pid, length, unused;
	uint64_t inode, at;
};

enum kind {
	CREATED = 'c', /* a file, path */
	FOLDER = 'm',  /* a folder, path */
	WROTE = 'w',   /* data at an offset */
	CUT = 't',     /* to a size */
	SYNCED = 's',  /* a file or a folder */
	REMOVED = 'u', /* path */
	RENAMED = 'r', /* path, NUL, path */
	SAID = '1',    /* data, on stdout */
	ENDED = 'x'    /* the process, by itself */
};

#define FDS 1024

static struct {
	int log; /* -1: nothing is written down */
	char root[1024];
	bool out;
	bool no_syncs, no_folders;
	int64_t clock; /* in ms, or -1 */
	const char *synchronous, *checkpoint;
	bool watched[FDS];
} power = {.log = -1, .clock = -1};

/* The function that ours wraps. */
#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (!real)                     \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

static void lock(int how)
{
	while (flock(power.log, how) != 0 && errno == EINTR)
		;
}

/* Without its note, nothing that is found out afterwards is true. */
static void put(
    enum kind kind, uint64_t inode, uint64_t at, const void *data, size_t n)
{
	struct note note = {
	    (uint32_t)kind, (uint32_t)getpid(), (uint32_t)n, 0, inode, at};
	struct iovec parts[2] = {
	    {&note, sizeof(note)}, {(void *)(uintptr_t)data, n}};
	int err = errno;

	if (writev(power.log, parts, 2) != (ssize_t)(sizeof(note) + n))
		abort();
	errno = err;
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool is_below(const char *path)
{
	size_t n = strlen(power.root), end = strlen(path);

	return power.log >= 0 && strncmp(path, power.root, n) == 0 &&
	       path[n] == '/' &&
	       (end < 4 || strcmp(path + end - 4, "-shm") != 0);
}

static bool is_watched(int fd)
{
	return power.log >= 0 && fd >= 0 && fd < FDS && power.watched[fd];
}

static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), high = -1;

	/* Out of the way of those numbers that a program may count on. */
	if (fd >= 0) {
		high = fcntl(fd, F_DUPFD_CLOEXEC, 500);
		close(fd);
	}
	if (high < 0)
		abort();
	return high;
}

__attribute__((constructor)) static void begin(void)
{
	const char *log = getenv("SP_POWER_LOG"), *text;

	if ((text = getenv("SP_POWER_ROOT")))
		snprintf(power.root, sizeof(power.root), "%s", text);
	if ((text = getenv("SP_POWER_CLOCK")))
		power.clock = strtoll(text, NULL, 10);
	text = getenv("SP_POWER_IGNORE");
	power.no_syncs = text && strcmp(text, "sync") == 0;
	power.no_folders = text && strcmp(text, "folder") == 0;
	power.out = getenv("SP_POWER_OUT") != NULL;
	power.synchronous = getenv("SP_POWER_SYNCHRONOUS");
	power.checkpoint = getenv("SP_POWER_CHECKPOINT");
	if (log && *power.root)
		power.log = open_log(log);
}

__attribute__((destructor)) static void end(void)
{
	if (power.log >= 0)
		put(ENDED, 0, 0, NULL, 0);
}

/* --- files -------------------------------------------------------------- */

static int note_open(
    int (*real)(const char *, int, ...), const char *path, int flags, int mode)
{
	bool look = is_below(path) && (flags & O_ACCMODE) != O_RDONLY;
	bool was;
	int fd;

	if (!look)
		return real(path, flags, mode);
	lock(LOCK_EX);
	was = access(path, F_OK) == 0;
	fd = real(path, flags, mode);
	if (fd >= 0 && !was)
		put(CREATED, inode_of(fd), 0, path, strlen(path));
	if (fd >= 0 && was && (flags & O_TRUNC))
		put(CUT, inode_of(fd), 0, NULL, 0);
	if (fd >= FDS)
		abort();
	if (fd >= 0)
		power.watched[fd] = true;
	lock(LOCK_UN);
	return fd;
}

#define OPEN(name)                                         \
	int name(const char *path, int flags, ...)         \
	{                                                  \
		int mode = 0;                              \
		va_list ap;                                \
                                                           \
		REAL(name);                                \
		if (flags & O_CREAT) {                     \
			va_start(ap, flags);               \
			mode = va_arg(ap, int);            \
			va_end(ap);                        \
		}                                          \
		return note_open(real, path, flags, mode); \
	}

OPEN(open)
#ifdef __GLIBC__
OPEN(open64)
#endif

int close(int fd)
{
	REAL(close);
	if (power.log >= 0 && fd == power.log)
		return 0;
	if (fd >= 0 && fd < FDS)
		power.watched[fd] = false;
	return real(fd);
}

#define PWRITE(name, type)                                        \
	ssize_t name(int fd, const void *p, size_t n, type at)    \
	{                                                         \
		ssize_t wrote;                                    \
                                                                  \
		REAL(name);                                       \
		if (!is_watched(fd))                              \
			return real(fd, p, n, at);                \
		lock(LOCK_EX);                                    \
		wrote = real(fd, p, n, at);                       \
		if (wrote > 0)                                    \
			put(WROTE, inode_of(fd), (uint64_t)at, p, \
			    (size_t)wrote);                       \
		lock(LOCK_UN);                                    \
		return wrote;                                     \
	}

PWRITE(pwrite, off_t)
#ifdef __GLIBC__
PWRITE(pwrite64, off64_t)
#endif

/*
 * A write to a pipe is recorded first: to wait for its reader while the lock
 * is taken could be to wait for ever.
 */
ssize_t write(int fd, const void *p, size_t n)
{
	ssize_t wrote;

	REAL(write);
	if (power.log >= 0 && power.out && fd == STDOUT_FILENO) {
		lock(LOCK_EX);
		put(SAID, 0, 0, p, n);
		lock(LOCK_UN);
		return real(fd, p, n);
	}
	if (!is_watched(fd))
		return real(fd, p, n);
	lock(LOCK_EX);
	wrote = real(fd, p, n);
	if (wrote > 0)
		put(WROTE, inode_of(fd),
		    (uint64_t)(lseek(fd, 0, SEEK_CUR) - wrote), p,
		    (size_t)wrote);
	lock(LOCK_UN);
	return wrote;
}

#define FTRUNCATE(name, type)                                            \
	int name(int fd, type size)                                      \
	{                                                                \
		int rc;                                                  \
                                                                         \
		REAL(name);                                              \
		if (!is_watched(fd))                                     \
			return real(fd, size);                           \
		lock(LOCK_EX);                                           \
		rc = real(fd, size);                                     \
		if (rc == 0)                                             \
			put(CUT, inode_of(fd), (uint64_t)size, NULL, 0); \
		lock(LOCK_UN);                                           \
		return rc;                                               \
	}

FTRUNCATE(ftruncate, off_t)
#ifdef __GLIBC__
FTRUNCATE(ftruncate64, off64_t)
#endif

/* Folders, too, which are opened for reading. */
static int note_sync(int fd)
{
	struct stat st;
	bool folder;

	if (fstat(fd, &st) != 0)
		return -1;
	folder = S_ISDIR(st.st_mode);
	if (power.no_syncs || (folder && power.no_folders))
		return 0;
	lock(LOCK_EX);
	put(SYNCED, st.st_ino, 0, NULL, 0);
	lock(LOCK_UN);
	return 0;
}

int fsync(int fd)
{
	REAL(fsync);
	return power.log < 0 ? real(fd) : note_sync(fd);
}

int fdatasync(int fd)
{
	REAL(fdatasync);
	return power.log < 0 ? real(fd) : note_sync(fd);
}

/* --- folders ------------------------------------------------------------ */

int unlink(const char *path)
{
	int rc;

	REAL(unlink);
	if (!is_below(path))
		return real(path);
	lock(LOCK_EX);
	rc = real(path);
	if (rc == 0)
		put(REMOVED, 0, 0, path, strlen(path));
	lock(LOCK_UN);
	return rc;
}

int mkdir(const char *path, mode_t mode)
{
	struct stat st;
	int rc;

	REAL(mkdir);
	if (!is_below(path))
		return real(path, mode);
	lock(LOCK_EX);
	rc = real(path, mode);
	if (rc == 0 && stat(path, &st) == 0)
		put(FOLDER, st.st_ino, 0, path, strlen(path));
	lock(LOCK_UN);
	return rc;
}

int rename(const char *from, const char *to)
{
	char both[4096];
	int rc, n;

	REAL(rename);
	if (!is_below(from) || !is_below(to))
		return real(from, to);
	lock(LOCK_EX);
	rc = real(from, to);
	n = snprintf(both, sizeof(both), "%s%c%s", from, '\0', to);
	if (n < 0 || (size_t)n >= sizeof(both))
		abort();
	if (rc == 0)
		put(RENAMED, 0, 0, both, (size_t)n);
	lock(LOCK_UN);
	return rc;
}

/* --- the time, and what SQLite is asked for ----------------------------- */

int clock_gettime(clockid_t id, struct timespec *ts)
{
	REAL(clock_gettime);
	if (id != CLOCK_REALTIME || power.clock < 0)
		return real(id, ts);
	ts->tv_sec = (time_t)(power.clock / 1000);
	ts->tv_nsec = (long)(power.clock % 1000) * 1000000;
	return 0;
}

/* Put another value behind `name = `, in place and no longer than before. */
static void replace(char *sql, const char *name, const char *value)
{
	char *at = value ? strstr(sql, name) : NULL;
	size_t room;

	if (!at)
		return;
	at += strlen(name);
	room = strcspn(at, ";");
	if (strlen(value) > room)
		abort();
	memset(at, ' ', room);
	memcpy(at, value, strlen(value));
}

int sqlite3_exec(void *, const char *, int (*)(void *, int, char **, char **),
    void *, char **);
int sqlite3_exec(void *db, const char *sql,
    int (*row)(void *, int, char **, char **), void *ctx, char **error)
{
	char *ours;
	int rc;

	REAL(sqlite3_exec);
	if (!strstr(sql, "synchronous = "))
		return real(db, sql, row, ctx, error);
	ours = strdup(sql);
	if (!ours)
		abort();
	replace(ours, "synchronous = ", power.synchronous);
	replace(ours, "wal_autocheckpoint = ", power.checkpoint);
	rc = real(db, ours, row, ctx, error);
	free(ours);
	return rc;
}

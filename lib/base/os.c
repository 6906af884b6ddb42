#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define READ_SIZE ((size_t)64 << 10)

bool os_random(void *to, size_t n)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	char *p = to;

	if (fd < 0)
		return false;
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			break;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
	close(fd);
	return n == 0;
}

int os_open_temporary(void)
{
	const char *folder = getenv("TMPDIR");
	struct buf path = BUF_INIT(4096);
	int fd;

	buf_printf(&path, "%s/sp-XXXXXX", folder && *folder ? folder : "/tmp");
	if (!buf_cstr(&path)) {
		buf_release(&path);
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkstemp(path.p);
	if (fd >= 0) {
		unlink(path.p);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	buf_release(&path);
	return fd;
}

bool os_read_all(int fd, struct buf *b)
{
	char beyond;

	for (;;) {
		size_t left = b->max - b->n;
		size_t room = left < READ_SIZE ? left : READ_SIZE;
		char *to = room ? buf_reserve(b, room) : &beyond;
		ssize_t n = read(fd, to, room ? room : 1);

		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		b->failed = n > 0 && !room;
		if (n < 0 || b->failed)
			return false;
		b->n += (size_t)n;
	}
}

static bool user_path(struct buf *path, const char *variable,
    const char *under_home, const char *name)
{
	const char *dir = getenv(variable), *home = getenv("HOME");

	/* The XDG specification has relative values ignored. */
	if (dir && dir[0] == '/')
		return buf_printf(path, "%s/sp/%s", dir, name);
	if (home && home[0] != '\0')
		return buf_printf(path, "%s/%s/sp/%s", home, under_home, name);
	return false;
}

bool os_data_path(struct buf *path, const char *name)
{
	return user_path(path, "XDG_DATA_HOME", ".local/share", name);
}

bool os_config_path(struct buf *path, const char *name)
{
	return user_path(path, "XDG_CONFIG_HOME", ".config", name);
}

int64_t os_file_time(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 +
	       st->st_mtim.tv_nsec / 1000000;
}

bool os_sync_folder(const char *path)
{
	char *folder = mem_string(path), *slash = strrchr(folder, '/');
	bool ok = false;
	int fd, err;

	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		ok = fsync(fd) == 0;
	err = errno;
	/* Not every file system can, and not every folder can be read. */
	ok = ok || err == EINVAL || err == EACCES;
	if (fd >= 0)
		close(fd);
	free(folder);
	errno = err;
	return ok;
}

/* The folder and its files must survive a power cut. */
static bool make_folder(const char *path, unsigned mode)
{
	if (mkdir(path, (mode_t)mode) == 0)
		return os_sync_folder(path);
	return errno == EEXIST;
}

bool os_make_parents(const char *path, unsigned mode)
{
	char *copy = mem_string(path), *slash;
	bool ok = true;

	for (slash = copy; ok && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		ok = make_folder(copy, mode);
		*slash = '/';
	}
	free(copy);
	return ok;
}

void os_die_with_parent(pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
#else
	(void)parent;
#endif
}

/*
 * When a process began, as /proc/PID/stat has it in field 22, and the state
 * in field 3; proc(5). NULL where there is no such file.
 */
static const char *start_of(pid_t pid, char text[1024], char *state)
{
	char path[64], *at;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, 1023);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	/* Field 2 is a name in parentheses, which may hold anything. */
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at + 1, ' ');
		if (at && field == 2)
			*state = at[1];
	}
	if (at)
		at[1 + strcspn(at + 1, " ")] = '\0';
	return at ? at + 1 : NULL;
}

bool os_process_name(pid_t pid, char name[OS_PROCESS_TEXT])
{
	char text[1024], state = 'R';
	const char *start = start_of(pid, text, &state);

	snprintf(name, OS_PROCESS_TEXT, "%ld%s%.30s", (long)pid,
	    start ? "/" : "", start ? start : "");
	/* What has ended and was not waited for is still there. */
	return state != 'Z' && (kill(pid, 0) == 0 || errno == EPERM);
}

bool os_process_runs(const char *name)
{
	char now[OS_PROCESS_TEXT];
	long pid = strtol(name, NULL, 10);

	return pid > 0 && os_process_name((pid_t)pid, now) &&
	       strcmp(name, now) == 0;
}

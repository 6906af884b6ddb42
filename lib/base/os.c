#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "base/buf.h"

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

bool os_sync_folder(const char *path)
{
	char *folder = strdup(path),
	     *slash = folder ? strrchr(folder, '/') : NULL;
	bool ok = false;
	int fd, err;

	if (!folder)
		return false;
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

/* A power cut must not take a folder away with all that was put there. */
static bool make_folder(const char *path, unsigned mode)
{
	if (mkdir(path, (mode_t)mode) == 0)
		return os_sync_folder(path);
	return errno == EEXIST;
}

bool os_make_parents(const char *path, unsigned mode)
{
	char *copy = strdup(path), *slash;
	bool ok = true;

	if (!copy)
		return false;
	for (slash = copy; ok && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		ok = make_folder(copy, mode);
		*slash = '/';
	}
	free(copy);
	return ok;
}

void os_end_with_parent(pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
#else
	(void)parent;
#endif
}

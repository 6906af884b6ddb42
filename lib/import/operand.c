#include "import/operand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/out.h"

/* Whether the last parts of a path are this name. */
static bool ends_with(const char *path, const char *name)
{
	size_t n = strlen(path), k = strlen(name);

	return n >= k && strcmp(path + n - k, name) == 0 &&
	       (n == k || path[n - k - 1] == '/');
}

/* Whether another operand could have that name, too. */
static bool is_shared(
    const struct operand *all, size_t count, const char *path, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		const char *other = all[i].path;

		if (other && strcmp(other, path) != 0 && ends_with(other, name))
			return true;
	}
	return false;
}

/* The base name of a path, with the folders that it needs to be unique. */
static const char *name_of_path(
    const struct operand *all, size_t count, const char *path)
{
	const char *name = path + strlen(path);

	do {
		if (name > path)
			name--;
		while (name > path && name[-1] != '/')
			name--;
	} while (name > path && is_shared(all, count, path, name));
	return name;
}

struct operand *operands_new(char **args, size_t *count)
{
	struct operand *all;

	for (*count = 0; args[*count];)
		++*count;
	all = mem_zero(*count, sizeof(*all));
	for (size_t i = 0; i < *count; i++)
		all[i] = (struct operand){
		    .path = strcmp(args[i], "-") ? args[i] : NULL,
		    .name = "stdin",
		    .fd = -1};
	for (size_t i = 0; i < *count; i++)
		if (all[i].path)
			all[i].name = name_of_path(all, *count, all[i].path);
	return all;
}

void operands_free(struct operand *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].fd > STDERR_FILENO)
			close(all[i].fd);
	free(all);
}

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

int operand_open(struct operand *o)
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
		o->time = os_file_time(&st);
	if (!keep_seekable(o, fd, &st))
		return -1;
	return o->fd >= 0 ? o->fd : fd;
}

void operand_close(const struct operand *o, int fd)
{
	if (fd != o->fd)
		close(fd);
}

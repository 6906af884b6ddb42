/* The browser that a login is shown in. */
#include "fetch_account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define BROWSER_WORDS_MAX 32

#ifdef __APPLE__
#define OPENER "open"
#define HAS_DESKTOP true
#else
#define OPENER "xdg-open"
#define HAS_DESKTOP (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"))
#endif

/* In the child: run it detached, without our pipes and terminal. */
static void exec_detached(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	execvp(argv[0], argv);
}

/* Whether it was started: a pipe, closed by exec, reports its error. */
static bool start(char **argv)
{
	int fds[2], err = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(fds) != 0)
		return false;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		exec_detached(argv);
		err = errno;
		n = write(fds[1], &err, sizeof(err));
		_exit(n > 0 ? 127 : 126);
	}
	close(fds[1]);
	do
		n = read(fds[0], &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	close(fds[0]);
	return pid > 0 && n == 0;
}

/* Append the word, with %s replaced by the address; true if it had one. */
static bool put_word(struct buf *b, const char *word, const char *url)
{
	bool had = false;

	for (; *word; word++)
		if (strncmp(word, "%s", 2) == 0) {
			buf_puts(b, url);
			had = true;
			word++;
		} else {
			buf_putc(b, *word);
			word += strncmp(word, "%%", 2) == 0;
		}
	buf_putc(b, '\0');
	return had;
}

/* Start a command, split at spaces. */
static bool start_command(char *command, const char *url)
{
	struct buf b = BUF_INIT((size_t)256 << 10);
	char *argv[BROWSER_WORDS_MAX + 2], *save = NULL, *word;
	size_t at[BROWSER_WORDS_MAX + 1];
	int argc = 0;
	bool had = false, ok;

	for (word = strtok_r(command, " \t", &save);
	     word && argc < BROWSER_WORDS_MAX;
	     word = strtok_r(NULL, " \t", &save)) {
		at[argc++] = b.n;
		had = put_word(&b, word, url) || had;
	}
	ok = argc > 0;
	if (!had) {
		at[argc++] = b.n;
		buf_puts(&b, url);
		buf_putc(&b, '\0');
	}
	for (int i = 0; i < argc; i++)
		argv[i] = b.p + at[i];
	argv[argc] = NULL;
	ok = ok && !b.failed && start(argv);
	buf_release(&b);
	return ok;
}

#ifndef __APPLE__
static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}
#endif

bool browser_open(const char *url)
{
	const char *set = getenv("BROWSER");
	char opener[] = OPENER;
	char *list, *save = NULL, *command;
	bool ok = false;

	if (!set || !*set)
		return HAS_DESKTOP && start_command(opener, url);
	list = mem_string(set);
	for (command = strtok_r(list, ":", &save); command && !ok;
	     command = strtok_r(NULL, ":", &save))
		ok = start_command(command, url);
	free(list);
	return ok;
}

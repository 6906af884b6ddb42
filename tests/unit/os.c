/* Paths of a user's files, folders above a file, processes, random bytes. */
#include "unit/tap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/os.h"

static void is_path(bool data, const char *xdg, const char *home,
    const char *want, const char *name)
{
	const char *variable = data ? "XDG_DATA_HOME" : "XDG_CONFIG_HOME";
	struct buf path = BUF_INIT(4096);
	bool found;

	unsetenv(variable);
	unsetenv("HOME");
	if (xdg)
		setenv(variable, xdg, 1);
	if (home)
		setenv("HOME", home, 1);
	found = data ? os_data_path(&path, "x.db")
		     : os_config_path(&path, "x.json");
	ok(found == (want != NULL), "%s", name);
	if (want)
		is_text(buf_slice(&path), want, "at its place");
	buf_release(&path);
}

static void test_parents(void)
{
	char dir[] = "/tmp/sp-os-XXXXXX", path[200];
	struct stat st;

	if (!mkdtemp(dir))
		return;
	snprintf(path, sizeof(path), "%s/a/b//c/file", dir);
	umask(0);
	ok(os_make_parents(path, 0700), "folders are made");
	snprintf(path, sizeof(path), "%s/a/b/c", dir);
	ok(stat(path, &st) == 0 && S_ISDIR(st.st_mode), "all of them");
	is_int(st.st_mode & 0777, 0700, "with the mode asked for");
	snprintf(path, sizeof(path), "%s/a/b/c/file", dir);
	ok(os_make_parents(path, 0700), "they may be there already");
	ok(stat(path, &st) != 0, "the file itself is not made");
	ok(os_make_parents("file", 0700), "a bare name has no parents");
	ok(os_make_parents("/file", 0700), "nor has one in the root");
	errno = 0;
	ok(!os_make_parents("/dev/null/x/file", 0700), "a file is no folder");
	is_int(errno, ENOTDIR, "and errno is set");
	for (const char *const *p =
		 (const char *const[]){"a/b/c", "a/b", "a", "", NULL};
	     *p; p++) {
		snprintf(path, sizeof(path), "%s/%s", dir, *p);
		rmdir(path);
	}
}

static void test_processes(void)
{
	char mine[OS_PROCESS_TEXT], other[OS_PROCESS_TEXT];
	siginfo_t info;
	pid_t child;
	int fds[2];

	ok(os_process_name(getpid(), mine) && os_process_runs(mine),
	    "this process runs: %s", mine);
	snprintf(other, sizeof(other), "%ld/1", (long)getpid());
	ok(!os_process_runs(other), "one that had its number before does not");
	ok(!os_process_runs("") && !os_process_runs("x") &&
		!os_process_runs("-1"),
	    "nor does what is none");
	if (pipe(fds) != 0 || (child = fork()) < 0)
		return;
	if (child == 0) {
		close(fds[1]);
		_exit((int)read(fds[0], other, 1));
	}
	close(fds[0]);
	ok(os_process_name(child, other) && os_process_runs(other),
	    "a child runs");
	close(fds[1]);
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	ok(!os_process_runs(other), "until it ends, waited for or not");
	waitpid(child, NULL, 0);
	ok(!os_process_runs(other), "and no more after that");
}

int main(void)
{
	unsigned char a[64] = {0}, b[64] = {0};

	is_path(true, "/x/data", "/home/kim", "/x/data/sp/x.db", "XDG first");
	is_path(true, NULL, "/home/kim", "/home/kim/.local/share/sp/x.db",
	    "then the home");
	is_path(true, "relative", "/h", "/h/.local/share/sp/x.db",
	    "a relative folder is ignored");
	is_path(true, "", "/h", "/h/.local/share/sp/x.db", "an empty one too");
	is_path(true, NULL, NULL, NULL, "without either there is no path");
	is_path(true, NULL, "", NULL, "an empty home is none");
	is_path(false, "/x/config", "/h", "/x/config/sp/x.json", "likewise");
	is_path(false, NULL, "/h", "/h/.config/sp/x.json", "configuration");
	test_parents();
	test_processes();
	ok(os_random(a, sizeof(a)) && os_random(b, sizeof(b)), "random bytes");
	ok(memcmp(a, b, sizeof(a)) != 0, "are not the same twice");
	ok(os_random(a, 0), "none are needed");
	return tap_done();
}

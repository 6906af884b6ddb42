#include "engines.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static void give_up(const char *what)
{
	perror(what);
	exit(70);
}

/* In the child: an outcome is its length and its bytes. */
static void set_timer(void)
{
	struct itimerval t = {.it_value.tv_sec = TIME_MAX};

	setitimer(ITIMER_PROF, &t, NULL);
}

static void send_outcome(void *ctx, struct slice outcome)
{
	FILE *to = ctx;
	uint32_t n = (uint32_t)outcome.n;

	fwrite(&n, sizeof(n), 1, to);
	fwrite(outcome.p, 1, n, to);
	fflush(to);
	set_timer();
}

_Noreturn static void run_child(
    const struct jq_engine *e, const struct trial *trials, size_t count, int fd)
{
	struct rlimit none = {0, 0};
	FILE *to = fdopen(fd, "w");

	if (!to)
		give_up("fdopen");
	setrlimit(RLIMIT_CORE, &none);
	if (!freopen("/dev/null", "w", stderr)) /* libjq's assertions */
		give_up("/dev/null");
#ifndef __SANITIZE_ADDRESS__
	struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};

	setrlimit(RLIMIT_AS, &memory);
#endif
	set_timer();
	e->run(trials, count, send_outcome, to);
	_exit(0);
}

static bool receive(FILE *from, char **outcome)
{
	uint32_t n;

	if (fread(&n, sizeof(n), 1, from) != 1)
		return false;
	*outcome = mem_alloc((size_t)n + 1);
	(*outcome)[n] = '\0';
	if (fread(*outcome, 1, n, from) == n)
		return true;
	free(*outcome);
	*outcome = NULL;
	return false;
}

static char *death(int status)
{
	char text[64];

	if (WIFSIGNALED(status))
		snprintf(
		    text, sizeof(text), "died: signal %d\n", WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "died: status %d\n",
		    WEXITSTATUS(status));
	return mem_string(text);
}

/* Run trials in one process until it ends; how many have an outcome. */
static size_t run_process(
    const struct jq_engine *e, struct trial *trials, size_t count)
{
	int fds[2], status = 0;
	size_t done = 0;
	FILE *from;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) != 0 || (pid = fork()) < 0)
		give_up("fork");
	if (pid == 0) {
		close(fds[0]);
		run_child(e, trials, count, fds[1]);
	}
	close(fds[1]);
	from = fdopen(fds[0], "r");
	if (!from)
		give_up("fdopen");
	while (done < count && receive(from, &trials[done].outcome))
		done++;
	fclose(from);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (done < count)
		trials[done++].outcome = death(status);
	return done;
}

void engine_run(const struct jq_engine *e, struct trial *trials, size_t count)
{
	size_t done = 0;

	for (size_t i = 0; i < count; i++) {
		free(trials[i].outcome);
		trials[i].outcome = NULL;
	}
	while (done < count)
		done += run_process(e, trials + done, count - done);
}

char *engine_outcome(
    const struct jq_engine *e, const char *program, const char *input)
{
	struct trial t = {.program = program, .input = input};

	engine_run(e, &t, 1);
	return t.outcome;
}

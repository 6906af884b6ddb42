/*
 * measure: runs a command, and appends what it cost to a file.
 *
 *	measure FILE LABEL COMMAND [ARGUMENT...]
 *
 * The line is the label, the CPU seconds of the command and all its children,
 * the most memory that one of them had resident, in KiB, and the elapsed
 * seconds. The exit status is the command's.
 *
 * A small program of its own: after fork(2) the kernel counts the memory of the
 * parent as the child's, which would be that of an interpreter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Runs a command. Returns its status as a shell would. */
static int run(char **command)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0) {
		perror("measure");
		return 71;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct rusage used;
	double begin = now();
	FILE *to;
	int status;

	if (argc < 4) {
		fputs("usage: measure FILE LABEL COMMAND [ARGUMENT...]\n",
		    stderr);
		return 64;
	}
	status = run(argv + 3);
	getrusage(RUSAGE_CHILDREN, &used);
	to = fopen(argv[1], "a");
	if (!to ||
	    fprintf(to, "%s %.3f %ld %.3f\n", argv[2],
		seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
		now() - begin) < 0 ||
	    fclose(to) != 0) {
		perror(argv[1]);
		return 74;
	}
	return status;
}

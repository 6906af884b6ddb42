/*
 * fixed.so: a library to preload that gives a program one time and one source
 * of random bytes, so that the same input gives the same output.
 *
 *	SP_FIXED_MS=MS		the time, in Unix milliseconds
 *	SP_FIXED_SEED=N		what the bytes of /dev/urandom begin with; those
 *				of each further opening differ
 *
 * The monotonic clock runs on: programs still wait and time out.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t setting(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *to)
{
	static int (*real)(clockid_t, struct timespec *);
	int64_t ms = setting("SP_FIXED_MS");

	if (clock == CLOCK_REALTIME) {
		to->tv_sec = (time_t)(ms / 1000);
		to->tv_nsec = (long)(ms % 1000) * 1000000;
		return 0;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	return real(clock, to);
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	int64_t ms = setting("SP_FIXED_MS");

	(void)zone;
	to->tv_sec = (time_t)(ms / 1000);
	to->tv_usec = (suseconds_t)(ms % 1000) * 1000;
	return 0;
}

time_t time(time_t *to)
{
	time_t now = (time_t)(setting("SP_FIXED_MS") / 1000);

	if (to)
		*to = now;
	return now;
}

/* A file that holds the bytes: a pipe that nobody writes to any more. */
static int open_bytes(void)
{
	static unsigned char openings;
	unsigned char bytes[512];
	uint32_t seed = (uint32_t)setting("SP_FIXED_SEED");
	int pipes[2];

	if (pipe(pipes) != 0)
		return -1;
	memset(bytes, ++openings, sizeof(bytes));
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(seed >> (28 - 4 * i) & 15);
	if (write(pipes[1], bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		abort();
	close(pipes[1]);
	return pipes[0];
}

int open(const char *path, int flags, ...)
{
	static int (*real)(const char *, int, ...);
	mode_t mode = 0;

	if (strcmp(path, "/dev/urandom") == 0)
		return open_bytes();
	if (flags & O_CREAT) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "open");
	return real(path, flags, mode);
}

/* Memory that is there, or the end of the program. */
#include "unit/tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

/* A sanitizer is to fail as the system does. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_arrays(void)
{
	size_t room = 0;
	bool zero = true, same = true;
	int *a = mem_zero(1000, sizeof(*a));

	for (int i = 0; i < 1000; i++)
		zero = zero && a[i] == 0;
	ok(zero, "mem_zero returns zeros");
	free(a);
	a = NULL;
	for (int i = 0; i < 1000; i++) {
		a = mem_grow(a, &room, (size_t)i + 1, sizeof(*a));
		a[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		same = same && a[i] == i;
	ok(same, "what grows keeps its elements");
	ok(room >= 1000 && room < 2100, "and has no more than twice the room");
	a = mem_grow(a, &room, 5000, sizeof(*a));
	is_int((int64_t)room, 5000, "unless it is asked for");
	a = mem_resize(a, 2, sizeof(*a));
	is_int(a[1], 1, "shrunk, it keeps its first elements");
	free(a);
}

static void test_nothing(void)
{
	void *p = mem_alloc(0), *q = mem_zero(0, 8),
	     *r = mem_resize(NULL, 0, 8);

	ok(p && q && r, "none of nothing is NULL");
	free(p);
	free(q);
	free(r);
	ok(!mem_string(NULL), "a copy of no string is none");
}

static void test_strings(void)
{
	char *s = mem_string("abc"), *t = mem_string_slice(SLICE("d\0e"));

	is_text(slice_of(s), "abc", "a string is copied");
	ok(memcmp(t, "d\0e", 4) == 0, "and a slice, with what ends it");
	free(s);
	free(t);
}

static void end_5(void)
{
	_exit(5);
}

static void say(void)
{
	if (write(STDOUT_FILENO, "said", 4) < 0)
		_exit(1);
}

static void too_many(void)
{
	mem_resize(NULL, SIZE_MAX / 2, 4);
}

static void too_much(void)
{
	mem_alloc(SIZE_MAX / 2 + 1);
}

static void too_much_zero(void)
{
	mem_zero(SIZE_MAX / 2, 4);
}

static void nothing_there(void)
{
	mem_need(NULL);
}

/* The status of a process that does it, whose stdout goes into `out`. */
static int end_of(void (*hook)(void), void (*it)(void), char out[16])
{
	int status = -1, fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe(fds) != 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		printf("buffered");
		mem_on_exhausted(hook);
		it();
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], out, 15);
	out[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_exhausted(void)
{
	char out[16];

	is_int(end_of(NULL, too_much, out), 71, "no memory ends with 71");
	is_text(slice_of(out), "", "and writes nothing");
	is_int(end_of(say, too_many, out), 71, "so does a size that wraps");
	is_text(slice_of(out), "said", "after what the hook says");
	is_int(end_of(say, too_much_zero, out), 71, "zeros that wrap, too");
	is_int(end_of(NULL, nothing_there, out), 71, "or a library's NULL");
	is_int(end_of(end_5, nothing_there, out), 5, "a hook may end it");
}

int main(void)
{
	test_arrays();
	test_nothing();
	test_strings();
	test_exhausted();
	return tap_done();
}

/*
 * inject.so: a library to preload that makes a call of a program fail.
 *
 *	SP_FAULT=CALL:N:HOW	the Nth call of that name fails (0: none does)
 *	SP_FAULT=CALL:N+:HOW	so do all that follow
 *	SP_FAULT=CALL:N@STACK:HOW	the Nth that such a stack makes, in hex
 *	SP_FAULT=note		no call fails: who makes which is noted
 *
 * HOW is the name of an error, or `short`: one byte is read or written. Calls
 * of child processes count too; with SP_FAULT_IN=parent they do not, and with
 * SP_FAULT_IN=children only they do. SP_FAULT_MARK names a file of 16 bytes,
 * in which is left how many calls there were, and how many were struck; with
 * `note`, of a longer one, in which 32 bytes more are left of each call.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

/* Which call, and where it came from. */
struct place {
	char call[16];
	uint64_t path;	/* a hash of the program's own functions on the way */
	uint64_t stack; /* of all of them, those of libraries too */
};

/* In memory that parent and children share. */
struct mark {
	_Atomic uint64_t calls, struck;
	struct place places[];
};

static struct {
	char call[16];
	uint64_t nth, stack;
	bool on; /* and on and on */
	bool cut;
	bool note;
	int err;
	pid_t parent;
	bool parent_only, children_only;
} fault;

static struct mark own, *mark = &own;
static size_t capacity; /* in places, for how many */

/* Where the program and this library are in memory. */
static struct object {
	uintptr_t from;
	size_t size;
} program, self;

/* For what is allocated while the real malloc is looked up. */
static _Alignas(16) char early[1 << 16];
static size_t early_used;

/* The libc function that ours wraps. */
#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (!real)                     \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

static bool is_in(const struct object *object, uintptr_t at)
{
	return at - object->from < object->size;
}

/* One frame up. Libraries are elsewhere in each process, at another page. */
static _Unwind_Reason_Code add_frame(struct _Unwind_Context *frame, void *arg)
{
	struct place *place = arg;
	uintptr_t at = _Unwind_GetIP(frame);

	if (is_in(&self, at))
		return _URC_NO_REASON;
	if (is_in(&program, at))
		place->path = mix(place->path, at - program.from);
	place->stack = mix(place->stack, at & 0xfff);
	return _URC_NO_REASON;
}

static __thread bool looking;

static struct place find_place(const char *call)
{
	struct place place = {{0}, 0, 0};

	looking = true;
	strncpy(place.call, call, sizeof(place.call) - 1);
	_Unwind_Backtrace(add_frame, &place);
	looking = false;
	return place;
}

/* Whether this call of those is struck; errno says how. */
static bool strikes(const char *call)
{
	uint64_t n;

	if (looking || (!fault.note && strcmp(call, fault.call) != 0) ||
	    (fault.parent_only && fault.parent != getpid()) ||
	    (fault.children_only && fault.parent == getpid()))
		return false;
	if (fault.stack && !(fault.on && mark->struck) &&
	    find_place(call).stack != fault.stack)
		return false;
	n = atomic_fetch_add(&mark->calls, 1) + 1;
	if (fault.note && n <= capacity)
		mark->places[n - 1] = find_place(call);
	if (fault.nth == 0 || n < fault.nth || (n > fault.nth && !fault.on))
		return false;
	atomic_fetch_add(&mark->struck, 1);
	if (!fault.cut)
		errno = fault.err;
	return true;
}

/* The same of a call that moves bytes: a short one goes on with one byte. */
static bool strikes_io(const char *call, size_t *n)
{
	if (!strikes(call))
		return false;
	if (!fault.cut)
		return true;
	if (*n > 1)
		*n = 1;
	return false;
}

static void read_plan(const char *text)
{
	static const struct {
		const char *name;
		int err;
	} errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR},
	    {"ENOMEM", ENOMEM}, {"EMFILE", EMFILE}, {"EACCES", EACCES},
	    {"EAGAIN", EAGAIN}, {"ECONNRESET", ECONNRESET}, {"EPIPE", EPIPE},
	    {"EINVAL", EINVAL}, {"ECHILD", ECHILD}};
	const char *first = strchr(text, ':'), *how = strrchr(text, ':');
	char *end;

	fault.note = strcmp(text, "note") == 0;
	if (!first || how == first ||
	    (size_t)(first - text) >= sizeof(fault.call))
		return;
	fault.nth = strtoull(first + 1, &end, 10);
	if (*end == '@')
		fault.stack = strtoull(end + 1, &end, 16);
	fault.on = *end == '+';
	fault.cut = strcmp(how + 1, "short") == 0;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(errors[i].name, how + 1) == 0)
			fault.err = errors[i].err;
	/* What is no fault at all must not look like a program without one. */
	if (!fault.err && !fault.cut)
		abort();
	memcpy(fault.call, text, (size_t)(first - text));
}

/* The program is the first of what is loaded. */
static int find_objects(struct dl_phdr_info *info, size_t size, void *unused)
{
	struct object object = {info->dlpi_addr, 0};

	(void)size;
	(void)unused;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD)
			object.size = part->p_vaddr + part->p_memsz;
	}
	if (program.size == 0)
		program = object;
	if (!is_in(&object, (uintptr_t)&self))
		return 0;
	self = object;
	return 1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("SP_FAULT"), *path = getenv("SP_FAULT_MARK");
	const char *in = getenv("SP_FAULT_IN");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	struct stat st;
	void *p = fd < 0 || fstat(fd, &st) != 0
		      ? MAP_FAILED
		      : mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	if (p != MAP_FAILED) {
		mark = p;
		capacity =
		    ((size_t)st.st_size - sizeof(*mark)) / sizeof(struct place);
	}
	dl_iterate_phdr(find_objects, NULL);
	fault.parent = getpid();
	fault.parent_only = in && strcmp(in, "parent") == 0;
	fault.children_only = in && strcmp(in, "children") == 0;
	if (text)
		read_plan(text);
	/* A program that it starts is not meant. */
	unsetenv("LD_PRELOAD");
}

/* --- memory ------------------------------------------------------------- */

static void *early_malloc(size_t n)
{
	void *p = early + early_used;

	n = (n + 15) & ~(size_t)15;
	if (n > sizeof(early) - early_used)
		return NULL;
	early_used += n;
	return p;
}

static bool is_early(const void *p)
{
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)early;

	return at >= from && at < from + sizeof(early);
}

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

/* False while they are looked up, which may take memory. */
static bool memory_ready(void)
{
	static bool busy;

	if (real_free)
		return true;
	if (busy)
		return false;
	busy = true;
	*(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&real_free = dlsym(RTLD_NEXT, "free");
	busy = false;
	return true;
}

void *malloc(size_t n)
{
	if (!memory_ready())
		return early_malloc(n);
	return strikes("malloc") ? NULL : real_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	if (!memory_ready())
		return early_malloc(count * n); /* has never been used */
	return strikes("malloc") ? NULL : real_calloc(count, n);
}

void *realloc(void *old, size_t n)
{
	size_t left;
	void *p;

	if (!is_early(old) && memory_ready())
		return strikes("malloc") ? NULL : real_realloc(old, n);
	p = malloc(n);
	left =
	    is_early(old) ? (size_t)(early + sizeof(early) - (char *)old) : 0;
	if (p && left)
		memcpy(p, old, n < left ? n : left);
	return p;
}

void *aligned_alloc(size_t alignment, size_t n)
{
	REAL(aligned_alloc);
	return strikes("malloc") ? NULL : real(alignment, n);
}

int posix_memalign(void **to, size_t alignment, size_t n)
{
	REAL(posix_memalign);
	return strikes("malloc") ? ENOMEM : real(to, alignment, n);
}

void free(void *p)
{
	if (p && !is_early(p) && memory_ready())
		real_free(p);
}

/* --- files and sockets -------------------------------------------------- */

/* A call by all the names that it has in a libc. */
#define IO(name, call, type, count, params, args)                 \
	type name params;                                         \
	type name params                                          \
	{                                                         \
		REAL(name);                                       \
		return strikes_io(call, &count) ? -1 : real args; \
	}
#define PLAIN(name, call, params, args)                \
	int name params;                               \
	int name params                                \
	{                                              \
		REAL(name);                            \
		return strikes(call) ? -1 : real args; \
	}

IO(read, "read", ssize_t, n, (int fd, void *p, size_t n), (fd, p, n))
IO(write, "write", ssize_t, n, (int fd, const void *p, size_t n), (fd, p, n))
IO(pread, "pread", ssize_t, n, (int fd, void *p, size_t n, off_t at),
    (fd, p, n, at))
IO(pwrite, "pwrite", ssize_t, n, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at))
IO(recv, "recv", ssize_t, n, (int fd, void *p, size_t n, int flags),
    (fd, p, n, flags))
IO(send, "send", ssize_t, n, (int fd, const void *p, size_t n, int flags),
    (fd, p, n, flags))
PLAIN(fsync, "fsync", (int fd), (fd))
PLAIN(fdatasync, "fsync", (int fd), (fd))
PLAIN(ftruncate, "ftruncate", (int fd, off_t n), (fd, n))
PLAIN(rename, "rename", (const char *from, const char *to), (from, to))
PLAIN(mkdir, "mkdir", (const char *path, mode_t mode), (path, mode))
PLAIN(unlink, "unlink", (const char *path), (path))
PLAIN(poll, "poll", (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms))
PLAIN(socketpair, "socketpair", (int domain, int type, int protocol, int fd[2]),
    (domain, type, protocol, fd))

#ifdef __GLIBC__
PLAIN(setrlimit, "setrlimit",
    (__rlimit_resource_t resource, const struct rlimit *limit),
    (resource, limit))
#else
PLAIN(setrlimit, "setrlimit", (int resource, const struct rlimit *limit),
    (resource, limit))
#endif

pid_t waitpid(pid_t pid, int *status, int options)
{
	REAL(waitpid);
	return strikes("waitpid") ? -1 : real(pid, status, options);
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	REAL(fcntl);
	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return strikes("fcntl") ? -1 : real(fd, command, argument);
}

/* It is closed all the same, as Linux does it. */
int close(int fd)
{
	int rc;

	REAL(close);
	rc = real(fd);
	return strikes("close") ? -1 : rc;
}

pid_t fork(void)
{
	REAL(fork);
	return strikes("fork") ? -1 : real();
}

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t from)
{
	REAL(mmap);
	return strikes("mmap") ? MAP_FAILED
			       : real(at, n, protection, flags, fd, from);
}

#define OPEN(name)                                                     \
	int name(const char *path, int flags, ...)                     \
	{                                                              \
		unsigned mode = 0;                                     \
		va_list ap;                                            \
                                                                       \
		REAL(name);                                            \
		if (flags & O_CREAT) {                                 \
			va_start(ap, flags);                           \
			mode = va_arg(ap, unsigned);                   \
			va_end(ap);                                    \
		}                                                      \
		return strikes("open") ? -1 : real(path, flags, mode); \
	}

OPEN(open)

#ifdef __GLIBC__
OPEN(open64)
IO(pread64, "pread", ssize_t, n, (int fd, void *p, size_t n, off64_t at),
    (fd, p, n, at))
IO(pwrite64, "pwrite", ssize_t, n,
    (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
PLAIN(ftruncate64, "ftruncate", (int fd, off64_t n), (fd, n))
IO(__read_chk, "read", ssize_t, n, (int fd, void *p, size_t n, size_t room),
    (fd, p, n, room))
IO(__recv_chk, "recv", ssize_t, n,
    (int fd, void *p, size_t n, size_t room, int flags),
    (fd, p, n, room, flags))
PLAIN(__poll_chk, "poll", (struct pollfd * fds, nfds_t n, int ms, size_t room),
    (fds, n, ms, room))

void *mmap64(
    void *at, size_t n, int protection, int flags, int fd, off64_t from)
{
	REAL(mmap64);
	return strikes("mmap") ? MAP_FAILED
			       : real(at, n, protection, flags, fd, from);
}
#endif

/*
 * What the programs' command lines have in common. Unlike lib/, this prints
 * and may exit. Messages are `prog: where: problem`, one line, on stderr,
 * with control characters made visible.
 */
#ifndef SP_CMD_CLI_H
#define SP_CMD_CLI_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/buf.h"
#include "stream/pipe.h"

/* The signal, SIGINT or SIGTERM, that came after cli_catch_signals; or 0. */
extern volatile sig_atomic_t cli_stop;

/* Name the program for messages, also of a lack of memory; and the like. */
void cli_init(const char *name);

/* `prog: ...` on stderr. */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Exit with a status of sp(7); but end by the signal that set cli_stop, if
 * any did, so that a loop of a shell ends too.
 */
_Noreturn void cli_exit(int status);

/* cli_warn, then cli_exit. */
_Noreturn void cli_die(int status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Print the usage to stdout and exit 0 for --help, else to stderr and 64. */
_Noreturn void cli_usage(const char *usage, bool asked);

/* Print `NAME VERSION` and exit 0. */
_Noreturn void cli_version(void);

/* Which options were given, by their codes of getopt_long. */
struct cli_given {
	bool code[128];
};

struct option;

/*
 * Read the options, which may stand before, between and after the operands up
 * to a `--`: each is handed to `set` by its code of getopt_long, '?' for what
 * is no option, and noted in `given` unless that is NULL. `shorts` names the
 * short ones. Returns the operands, in their order, ended by NULL.
 */
char **cli_options(int argc, char **argv, const char *shorts,
    const struct option *longs,
    void (*set)(void *ctx, int which, const char *arg), void *ctx,
    struct cli_given *given);

/*
 * Die of an option that was given to a command which does not take it. `takes`
 * has the codes of those it does.
 */
void cli_check_given(const struct cli_given *, const struct option *longs,
    const char *command, const char *takes);

/* Options that are bounded numbers, durations, times, sizes; they die on bad
 * ones. */
int64_t cli_number(
    const char *option, const char *arg, int64_t min, int64_t max);
int64_t cli_duration(const char *option, const char *arg);
int64_t cli_time(const char *option, const char *arg);
size_t cli_size(const char *option, const char *arg); /* 64M, 1G, 4096 */

/* --db's value, else $SP_DB, else $XDG_DATA_HOME/sp/spotify.db; dies without.
 */
const char *cli_database(const char *option, struct buf *path);

/* For pipe.on_refusal and on_repaired: `prog: stdin:42: reason`. */
void cli_refusal(void *ctx, const struct refusal *);

/* For pipe.on_truncated: reports a run without an end record. */
/* The message for a run whose end record is missing. */
#define CLI_TRUNCATED "no end record: the input is incomplete"
void cli_truncated(void *ctx, const char *run);

/* Let SIGINT and SIGTERM set cli_stop instead of ending the program. */
void cli_catch_signals(void);

/* Close stdout, checked: the status given, or 74 with a message. */
int cli_close_stdout(int status);

/* Whether progress is shown: asked for, or the end of a pipeline on a terminal.
 */
bool cli_progress_wanted(bool asked);

/* Show a progress line on stderr, at most five times a second; end it. */
void cli_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The same, with what is done a second since the first call and, where the
 * total is known and not 0, the time that is left.
 */
void cli_progress_of(uint64_t done, uint64_t total, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void cli_progress_end(void);

#endif

/*
 * The command line of a program: options, messages, signals. Unlike lib/,
 * this prints and may exit. A message is one line on stderr, `prog: where:
 * problem`, with control characters made visible.
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

/* The SIGINT or SIGTERM that came after cli_catch_signals; or 0. */
extern volatile sig_atomic_t cli_stop;

/*
 * Begin a program: its name for messages, the one of exhausted memory included;
 * its standard streams, even if closed, are not reused for other files.
 */
void cli_init(const char *name);

/* The name of the program. */
const char *cli_program(void);

/* Print a message, after erasing the progress line of the pipeline. */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Exit with a status of sp(7); but if a signal set cli_stop, die of it, so that
 * a loop in a shell ends, too.
 */
_Noreturn void cli_exit(int status);

/* Which command's --help a usage error refers to; the program's without. */
void cli_help_on(const char *command);

/* cli_warn, then cli_exit; after a usage error, also refer to --help. */
_Noreturn void cli_die(int status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The value of an option: a whole number, a duration in ms, a time in Unix ms,
 * as people write it (clock_parse_local), a size in bytes such as 64M. Dies if
 * it is not one. As the end of a period, a day is the first time after it.
 */
int64_t cli_number(
    const char *option, const char *arg, int64_t min, int64_t max);
int64_t cli_duration(const char *option, const char *arg);
int64_t cli_time(const char *option, const char *arg);
int64_t cli_time_end(const char *option, const char *arg);
size_t cli_size(const char *option, const char *arg);

/*
 * The path of the database: --db's value, else $SP_DB, else
 * $XDG_DATA_HOME/sp/spotify.db. Dies without one.
 */
const char *cli_database(const char *option, struct buf *path);

/* For pipe.on_refusal and on_repaired: prints `prog: stdin:42: reason`. */
void cli_refusal(void *ctx, const struct refusal *);

/* The reason of a run whose end record is missing. */
#define CLI_TRUNCATED "no end record: the input is incomplete"

/* For pipe.on_truncated: reports such a run, or an announced one. */
void cli_truncated(void *ctx, const char *run);

/* The same, unless stdout is a pipe, whose reader reports it. */
void cli_pass_truncated(void *ctx, const char *run);

/* Let SIGINT and SIGTERM set cli_stop instead of killing the program. */
void cli_catch_signals(void);

/* Say what is read from stdin, if that is a terminal: it looks like a hang. */
void cli_announce_stdin(const char *what);

/* Close stdout. Returns the status given, or 74 after a message. */
int cli_close_stdout(int status);

#endif

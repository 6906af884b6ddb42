/*
 * The table of a program's options and commands. Its command line is parsed by
 * it, and its usage, its --help and the messages about wrong arguments are made
 * from it. It has static storage.
 */
#ifndef SP_CMD_OPTIONS_H
#define SP_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct cli_option {
	char code; /* unique in the program, and what `set` gets */
	const char *name;
	const char *value; /* its name, as FILE; NULL if it takes none */
	const char *help;  /* half a line: what it does, and the default */
};

/* Options of several programs. */
#define CLI_OPTION_DB                                                                   \
	{                                                                               \
		'd', "db", "FILE",                                                      \
		    "the database (default: $SP_DB, then ~/.local/share/sp/spotify.db)" \
	}
#define CLI_OPTION_LOCK_WAIT                                             \
	{                                                                \
		'w', "lock-wait", "D",                                   \
		    "wait this long for a locked database (default: 1m)" \
	}
#define CLI_OPTION_MAX_LINE                                               \
	{                                                                 \
		'm', "max-line", "SIZE",                                  \
		    "refuse input lines longer than this (default: 256M)" \
	}
#define CLI_OPTION_PROGRESS                                                \
	{                                                                  \
		'p', "progress", NULL, "show progress, whatever stderr is" \
	}

#define CLI_OPTION_TABLE                                            \
	{                                                           \
		'B', "table", NULL, "print a table, even in a pipe" \
	}
#define CLI_OPTION_JSON                                                     \
	{                                                                   \
		'j', "json", NULL, "print JSON records, even on a terminal" \
	}

/* The last ones of every program. */
/* clang-format off */
#define CLI_OPTIONS_END                                                        \
	{'h', "help", NULL, "print this help"},                                \
	{'V', "version", NULL, "print the version"},                           \
	{0, NULL, NULL, NULL}
/* clang-format on */

struct fetch_options;
struct queue_options;
struct stage_options;

/*
 * A command, or one form of it. The forms with the same name, or without one,
 * follow each other. One with options that are required is used if these are
 * given, otherwise the first.
 */
struct cli_command {
	const char *name;     /* NULL: what the program does without one */
	const char *purpose;  /* in a few words; NULL without a name */
	const char *options;  /* their codes; one with a `!` is required */
	const char *operands; /* as in the usage: "[RUN]", "RUN ..."; or "" */
	const char *examples; /* lines, each ended by \n; NULL for none */
	union {		      /* of a program with commands */
		int (*fetch)(struct fetch_options *);
		int (*queue)(const struct queue_options *);
		int (*stage)(const struct stage_options *);
	} run;
};

struct cli_name {
	const char *name;
	const char *purpose; /* NULL for none */
};

/* The names that a value or an operand may have. */
struct cli_list {
	const char *heading; /* of --help; NULL at the end of the lists */
	const char *value;   /* the value's or the operand's name */
	/* Get the name at an index, which is static; false after the last. */
	bool (*at)(size_t index, struct cli_name *);
};

struct cli_program {
	const char *name;
	const char *purpose;
	const struct cli_option *options;
	const char *letters; /* codes of options that are also `-n`; or NULL */
	const char *repeats; /* of those that may be given again; or NULL */
	const struct cli_command *commands; /* ended by one without options */
	const struct cli_list *lists;	    /* or NULL */
	const char *examples;
	/* Set an option of an options' struct. */
	void (*set)(void *options, int code, const char *value);
};

/*
 * Parse the command line: options may come before, between and after operands,
 * up to a `--`. Returns the command, whose operands are set, ended by NULL.
 * Prints the help or the version and exits if asked to, and dies if something
 * is unknown, missing or too much.
 */
const struct cli_command *cli_parse(const struct cli_program *, int argc,
    char **argv, void *options, char ***operands);

/*
 * Die of a word that is not in a list, with the nearest of its names, or with
 * all of them: `where` is put before, unless it is NULL.
 */
_Noreturn void cli_unknown(const char *where, const char *what,
    const char *word, const struct cli_list *);

/* The option of a code; the end of the table if there is none. */
const struct cli_option *cli_option_of(const struct cli_program *, int code);

/* Whether an option may be given with this command, and as a letter. */
bool cli_command_takes(const struct cli_command *, char code);
bool cli_is_letter(const struct cli_program *, char code);

/* Whether it is the form of a command: both names may be NULL. */
bool cli_command_is(const struct cli_command *, const char *name);

/* Print the help on a program, or on one of its commands, on stdout. */
void cli_print_help(const struct cli_program *, const char *command);

#endif

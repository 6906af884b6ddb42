/* Why something failed: a message, and the exit status of the program. */
#ifndef SP_HTTP_ERROR_H
#define SP_HTTP_ERROR_H

#include <stdbool.h>
#include <stdint.h>

struct error {
	int exit;      /* status of sp(7); 0 for no error */
	int64_t until; /* when to try again, ms since 1970; 0 if unknown */
	/* The response that set the deadline, if it is one of all requests. */
	struct {
		const char *endpoint; /* a constant string; NULL for none */
		int status;
		int64_t at; /* ms since 1970, corrected */
	} limit;
	char why[512]; /* one line for people */
};

/*
 * The initial value. If a failure sets no error, which is a bug, the program
 * reports that and does not end as a success.
 */
#define ERROR_UNSET                                                  \
	{                                                            \
		.exit = 70, .why = "internal error: no reason given" \
	}

/*
 * How the message of a missing or ended login begins: what reports it adds the
 * command to log in.
 */
#define ERROR_NOT_LOGGED_IN "not logged in"

/* Fill it in; returns false, for the caller to return. */
bool error_set(struct error *, int exit, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Set the response that set the deadline. */
void error_set_limit(
    struct error *, const char *endpoint, int status, int64_t at);

#endif

/* sp-fetch's accounts: which one is meant, and the commands about them. */
#ifndef SP_CMD_ACCOUNT_H
#define SP_CMD_ACCOUNT_H

#include <stdbool.h>

#include "base/buf.h"

struct token;

#define ACCOUNT_DEFAULT "default"

/* Options of the command line; NULL if not given. */
struct account {
	const char *name, *token_file;
	const char *api, *token_url;
	const char *usage; /* of the whole program */
};

/* A variable of the environment; NULL if it is not set, or empty. */
const char *account_setting(const char *name);

/*
 * Set the CA certificates from the environment variables of curl(1). Dies if
 * they cannot be read.
 */
struct transfer_limits;
void account_trust(struct transfer_limits *);

/*
 * The token file: options go before the environment, and symbolic links are
 * followed, as their target is what is replaced and locked. Dies if there is
 * no place for one. The result lives as long as `path`.
 */
const char *account_path(const struct account *, struct buf *path);

/* Append ` --account NAME`, for a command to be suggested; or nothing. */
void account_put_option(const struct account *, struct buf *);

/*
 * Warn that the login ends soon, or has ended; whether a warning was printed.
 */
bool account_warn_of_end(const struct account *, const struct token *);

/*
 * The commands: argv[0] is the command's name, and the options before it are in
 * the account. They return an exit status.
 */
int account_login(struct account *, int argc, char **argv);
int account_list(struct account *, int argc, char **argv);
int account_logout(struct account *, int argc, char **argv);

#endif

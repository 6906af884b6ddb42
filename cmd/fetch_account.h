/* sp-fetch's accounts: which one is meant, and the commands about them. */
#ifndef SP_CMD_FETCH_ACCOUNT_H
#define SP_CMD_FETCH_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdint.h>

#include "base/buf.h"

struct token;

#define ACCOUNT_DEFAULT "default"

/* Options of the command line; NULL if absent. */
struct account {
	const char *name, *token_file;
	const char *api, *token_url;
};

/* Those of login besides. */
struct login_options {
	const char *client_id, *auth_url;
	struct buf scope;
	int port;
	int64_t timeout; /* ms to wait for the user */
	bool no_browser, force;
};

/* Add what an option --scope names; dies if that is no scope. */
void login_add_scope(struct login_options *, const char *arg);

/* A variable of the environment; NULL if it is not set, or empty. */
const char *account_env(const char *name);

/*
 * Set the CA certificates from the environment variables of curl(1). Dies if
 * they cannot be read.
 */
struct transfer_limits;
void account_set_ca(struct transfer_limits *);

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
bool account_warn_of_expiry(
    const struct account *, const struct token *, int64_t now);

/* The commands; they return an exit status. Logging in fills the options. */
int account_login(const struct account *, struct login_options *);
int account_list(const struct account *, bool table);
int account_logout(const struct account *);

#endif

/* sp-fetch's accounts: which one is meant, and the commands about them. */
#ifndef SP_CMD_FETCH_ACCOUNT_H
#define SP_CMD_FETCH_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/retry.h"
#include "http/transfer.h"

struct token;

#define ACCOUNT_DEFAULT "default"

/* Options of the command line; NULL if absent. */
struct account {
	const char *name, *token_file;
	const char *api, *token_url;
};

/* The options of sp-fetch login. */
struct login_options {
	const char *client_id, *auth_url;
	struct buf scope;
	int port;
	int64_t timeout; /* ms to wait for the user */
	bool no_browser, force;
};

/* Add the argument of --scope; dies if it is none. */
void login_add_scope(struct login_options *, const char *arg);

/* A variable of the environment; NULL if it is not set, or empty. */
const char *account_env(const char *name);

/*
 * Set the CA certificates from the environment variables of curl(1). Dies if
 * they cannot be read.
 */
void account_set_ca(struct transfer_limits *);

/*
 * The path of the token file. Options override the environment. Symbolic links
 * are followed, as the file is replaced. Dies if there is no folder for it. The
 * result lives as long as `path`.
 */
const char *account_path(const struct account *, struct buf *path);

/* Whether neither an option nor the environment names the token file. */
bool account_is_default_file(const struct account *);

/* Append the option that selects this account, for a suggested command. */
void account_put_option(const struct account *, struct buf *);

/* Warn that the login ends soon, or has ended; true if so. */
bool account_warn_of_expiry(
    const struct account *, const struct token *, int64_t now);

/*
 * Open an address in a browser: by $BROWSER, commands separated by colons, in
 * which %s is the address; else in the desktop's default browser. No
 * shell is used. False if none was started.
 */
bool browser_open(const char *url);

/* The commands; they return an exit status. A login completes its options. */
int account_login(const struct account *, struct login_options *,
    struct transfer_limits, struct retry_policy);
int account_list(const struct account *, bool table);
int account_logout(const struct account *);

#endif

/* sp-fetch's accounts: which one is meant, and the commands about them. */
#ifndef SP_CMD_ACCOUNT_H
#define SP_CMD_ACCOUNT_H

#include <stdbool.h>

#include "base/buf.h"

struct token;

#define ACCOUNT_DEFAULT "default"

/* As the command line has it; NULL where it does not say. */
struct account {
	const char *name, *token_file;
	const char *api, *token_url;
	const char *usage; /* of the whole program */
};

/* A variable of the environment; NULL if it is not set, or empty. */
const char *account_setting(const char *name);

/*
 * Whom to trust, where the environment says so, as curl(1) has it. Dies where
 * that cannot be read.
 */
struct transfer_limits;
void account_trust(struct transfer_limits *);

/*
 * The token file: what was asked for goes before what is set, and of a link
 * what it leads to, which is what is renewed and locked. Dies where there is
 * no place for one. The result lives as long as `path`.
 */
const char *account_path(const struct account *, struct buf *path);

/* ` --account NAME`, as a command is to be given again; "" for the usual. */
void account_put_option(const struct account *, struct buf *);

/*
 * Say that a login will be needed anew, if that is near; whether it was said.
 */
bool account_warn_of_end(const struct account *, const struct token *);

/*
 * The commands: argv[0] is the command's name, and what the options before it
 * said is in the account. They return an exit status.
 */
int account_login(struct account *, int argc, char **argv);
int account_list(struct account *, int argc, char **argv);
int account_logout(struct account *, int argc, char **argv);

#endif

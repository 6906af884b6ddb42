/*
 * The token file: the login of one account on disk. It is replaced atomically,
 * so that a reader never sees half of it, and only its owner may read it.
 */
#ifndef SP_AUTH_TOKEN_FILE_H
#define SP_AUTH_TOKEN_FILE_H

#include <stdbool.h>

#include "auth/token.h"
#include "base/buf.h"
#include "http/error.h"

struct token_file {
	const char *path; /* borrowed */
	struct buf text;  /* private from here: the file as it was read */
	int lock;	  /* descriptor, or -1 */
	int temp;	  /* of the new file, or -1 */
	struct buf temp_path;
};

/* `path` is borrowed. Nothing is read yet. */
void token_file_init(struct token_file *, const char *path);

/* Unlocks it, and wipes what was read. */
void token_file_release(struct token_file *);

/*
 * Read the file into a token, whose members are cleared first. False if there
 * is none (77), or if it belongs to another user, is accessible to others, or
 * is invalid (78).
 */
bool token_file_load(struct token_file *, struct token *, struct error *);

/* The same for a file of which nothing else is needed. */
bool token_read(const char *path, struct token *, struct error *);

/*
 * Lock the file against other processes of sp, and read it. Call
 * token_file_unlock in any case.
 */
bool token_file_lock(struct token_file *, struct token *, struct error *);

/*
 * The same for a login: creates the folder if needed. A missing file is not an
 * error, nor is an invalid one with `replace`; the token is empty then.
 */
bool token_file_lock_new(
    struct token_file *, struct token *, bool replace, struct error *);
void token_file_unlock(struct token_file *);

/*
 * While locked: create the file that is to replace this one, and allocate its
 * space. A folder that cannot be written or a full disk must be found before
 * the service issues a token that it issues only once.
 */
bool token_file_prepare(struct token_file *, struct error *);

/* While locked: replace the file with one of this token. */
bool token_file_save(struct token_file *, const struct token *, struct error *);

/* While locked: remove the file; true also if there was none. */
bool token_file_remove(struct token_file *, struct error *);

#endif

/*
 * Secrets, like tokens and codes: wiped from memory once they are not needed,
 * and removed from texts that people see.
 */
#ifndef SP_AUTH_SECRET_H
#define SP_AUTH_SECRET_H

#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/* Overwrite with zeros, in a way that compilers do not remove. */
void secret_wipe(void *, size_t n);

/* Wipe and free a string, and replace it with a copy; NULL for p == NULL. */
void secret_set(char **secret, struct slice value);

/* Wipe the storage of a buf, then clear it or release it. */
void secret_clear(struct buf *);
void secret_release(struct buf *);

/*
 * Overwrite a secret in a text with asterisks, in every form that
 * http/redact.h finds. It may be NULL.
 */
void secret_redact(const char *secret, char *text, size_t n);

#endif

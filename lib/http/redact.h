/*
 * Removes secrets from what a server sends: it may echo the request.
 */
#ifndef SP_HTTP_REDACT_H
#define SP_HTTP_REDACT_H

#include <stddef.h>

/* A shorter text is taken for no secret: it would match by chance. */
#define REDACT_LENGTH_MIN 8
#define REDACT_FORMS_MAX 128

/* A secret in one form. */
struct redactor_form {
	const char *secret;
	size_t n;     /* characters to be found */
	int before;   /* bytes before it in base64; -1 if it is not encoded */
	size_t first; /* character of the base64 that is the first one found */
};

/* The forms of some secrets, which are borrowed; {.n = 0} for none. */
struct redactor {
	struct redactor_form forms[REDACT_FORMS_MAX];
	size_t n;
	/* Bits: the first two characters of all forms, as written. */
	unsigned char starts[256 * 256 / 8];
};

/* Add a secret, of at most REDACT_FORMS_MAX / 4; NULL is none. */
void redactor_add(struct redactor *, const char *secret);

/*
 * Overwrite the secrets in a text with asterisks. They are found as they are,
 * with JSON's escapes, percent-encoded (twice, too), and in base64 or
 * base64url, also as a part of what was encoded there.
 */
void redactor_apply(const struct redactor *, char *text, size_t n);

#endif

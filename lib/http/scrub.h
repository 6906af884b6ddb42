/*
 * Removes secrets from what a server sends, which may echo what it was sent.
 */
#ifndef SP_HTTP_SCRUB_H
#define SP_HTTP_SCRUB_H

#include <stddef.h>

/* A shorter text is not a secret, and would match by chance. */
#define SCRUB_LEAST 8
#define SCRUB_FORMS 128

/* A secret in one form. */
struct scrub_form {
	const char *secret;
	size_t n;     /* characters to be found */
	int before;   /* bytes before it in base64; -1 if it is not encoded */
	size_t first; /* character of the base64 that is the first one found */
};

/* The forms of some secrets, which are borrowed; {.n = 0} for none. */
struct scrub {
	struct scrub_form forms[SCRUB_FORMS];
	size_t n;
	/* Bits: the first two characters of all forms, as written. */
	unsigned char starts[256 * 256 / 8];
};

/* Add a secret, of at most SCRUB_FORMS / 4; NULL is none. */
void scrub_add(struct scrub *, const char *secret);

/*
 * Overwrite the secrets in a text with asterisks. They are found as they are,
 * with JSON's escapes, percent-encoded (twice, too), and in base64 or
 * base64url, also as a part of what was encoded there.
 */
void scrub_text(const struct scrub *, char *text, size_t n);

#endif

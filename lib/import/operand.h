/*
 * The operands of an import: files that can be read twice. What cannot, such as
 * a pipe, is copied into a temporary file when it is first opened.
 */
#ifndef SP_IMPORT_OPERAND_H
#define SP_IMPORT_OPERAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct operand {
	const char *path; /* NULL for stdin */
	const char *name; /* for people, and for what is stored */
	int fd;		  /* of stdin, or the copy of a pipe; else -1 */
	int64_t time;	  /* when it was last written, Unix ms */
	bool copied;	  /* or was to be, into a temporary file */
};

/*
 * The operands of a command line, which ends with NULL and is borrowed; "-" is
 * stdin. The name of each is its base name, with the folders that it needs to
 * be unique. To be freed with operands_free.
 */
struct operand *operands_new(char **args, size_t *count);
void operands_free(struct operand *, size_t count);

/* Open an operand at its beginning; -1 sets errno. To be closed here, too. */
int operand_open(struct operand *);
void operand_close(const struct operand *, int fd);

#endif

#include "auth/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/redact.h"

void secret_wipe(void *p, size_t n)
{
	volatile unsigned char *to = p;

	while (n-- > 0)
		*to++ = 0;
}

void secret_set(char **secret, struct slice value)
{
	char *copy = mem_string_slice(value);

	if (*secret)
		secret_wipe(*secret, strlen(*secret));
	free(*secret);
	*secret = copy;
}

void secret_clear(struct buf *b)
{
	if (b->p)
		secret_wipe(b->p, b->cap);
	buf_clear(b);
}

void secret_release(struct buf *b)
{
	secret_clear(b);
	buf_release(b);
}

void secret_redact(const char *secret, char *text, size_t n)
{
	struct redactor s = {.n = 0};

	redactor_add(&s, secret);
	redactor_apply(&s, text, n);
}

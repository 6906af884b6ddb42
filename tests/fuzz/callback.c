/*
 * Fuzzes what ends a login: whatever comes, a code is taken with the right
 * state only, and is printable.
 */
#include <stdint.h>
#include <stdlib.h>

#include "auth/callback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static bool holds(struct slice s, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= s.n; i++)
		if (memcmp(s.p + i, text, n) == 0)
			return true;
	return false;
}

static void check(enum callback_kind kind, const struct buf *value)
{
	if (kind != CALLBACK_CODE && kind != CALLBACK_REFUSED)
		return;
	must(value->n > 0 && value->n <= CALLBACK_MAX && !value->failed);
	for (size_t i = 0; i < value->n; i++)
		must(value->p[i] >= 0x20 && value->p[i] <= 0x7e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly its size, so that a read past the end is seen. */
	char *copy = malloc(size ? size : 1);
	struct slice text = {copy, size}, query;
	struct buf value = BUF_INIT(CALLBACK_MAX);
	enum callback_kind kind;

	must(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	if (callback_request(text, &query) == 0)
		check(callback_parse(query, "abc", &value), &value);
	kind = callback_parse(text, "abc", &value);
	check(kind, &value);
	/* Written as it is or encoded, but there. */
	must(kind != CALLBACK_CODE || holds(text, "abc") || holds(text, "%"));
	check(callback_parse_pasted(text, "abc", &value), &value);
	buf_release(&value);
	free(copy);
	return 0;
}

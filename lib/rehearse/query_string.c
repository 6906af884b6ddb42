#include "rehearse/query_string.h"

#include <string.h>

#include "base/number.h"
#include "base/url.h"

bool query_get(const char *query, const char *name, char *value, size_t size)
{
	struct buf text = BUF_INIT(size - 1);
	struct slice written;

	if (!param_find(slice_of(query), name, &written))
		return false;
	param_decode(&text, written);
	if (text.n > 0)
		memcpy(value, text.p, text.n);
	value[text.n] = '\0';
	buf_release(&text);
	return true;
}

bool query_number(const char *query, const char *name, int64_t *n)
{
	char text[32];

	return !query_get(query, name, text, sizeof(text)) ||
	       number_parse(slice_of(text), n);
}

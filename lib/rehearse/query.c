#include "rehearse/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void query_decode(
    const char *text, size_t len, bool plus, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++) {
		char c = text[i];

		if (c == '+' && plus)
			c = ' ';
		if (c == '%' && i + 2 < len && hex(text[i + 1]) >= 0 &&
		    hex(text[i + 2]) >= 0) {
			c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
			i += 2;
		}
		out[n++] = c;
	}
	out[n] = '\0';
}

bool query_get(const char *query, const char *name, char *value, size_t size)
{
	size_t want = strlen(name);

	while (query != NULL && *query != '\0') {
		size_t part = strcspn(query, "&");
		size_t key = strcspn(query, "=&");

		if (key == want && memcmp(query, name, want) == 0) {
			size_t skip = key < part ? key + 1 : part;

			query_decode(
			    query + skip, part - skip, true, value, size);
			return true;
		}
		query += part;
		query += *query == '&';
	}
	return false;
}

bool query_number(const char *query, const char *name, int64_t *n)
{
	char text[32], *end;
	long long value;

	if (!query_get(query, name, text, sizeof(text)))
		return true;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (text[0] == '\0' || *end != '\0' || errno != 0)
		return false;
	*n = value;
	return true;
}

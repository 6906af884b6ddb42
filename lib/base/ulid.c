#include "base/ulid.h"

#include <string.h>

#include "base/os.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void put_ulid(
    int64_t ms, const unsigned char random[16], char text[ULID_TEXT])
{
	uint64_t time = (uint64_t)ms;

	for (int i = 9; i >= 0; i--) {
		text[i] = digits[time & 31];
		time >>= 5;
	}
	for (int i = 10; i < 26; i++)
		text[i] = digits[random[i - 10] & 31];
	text[26] = '\0';
}

bool ulid_make(int64_t ms, char text[ULID_TEXT])
{
	unsigned char random[16];

	if (!os_random(random, sizeof(random)))
		return false;
	put_ulid(ms, random, text);
	return true;
}

void ulid_make_first(int64_t ms, char text[ULID_TEXT])
{
	put_ulid(ms, (const unsigned char[16]){0}, text);
}

bool ulid_parse(struct slice text, int64_t *ms)
{
	if (text.n != ULID_TEXT - 1 || *text.p > '7')
		return false;
	*ms = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = memchr(digits, text.p[i], 32);

		if (!digit)
			return false;
		if (i < 10)
			*ms = *ms << 5 | (digit - digits);
	}
	return true;
}

#include "base/ulid.h"

#include "base/os.h"

bool ulid_make(int64_t ms, char text[ULID_TEXT])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char random[16];
	uint64_t time = (uint64_t)ms;

	if (!os_random(random, sizeof(random)))
		return false;
	for (int i = 9; i >= 0; i--) {
		text[i] = digits[time & 31];
		time >>= 5;
	}
	for (int i = 10; i < 26; i++)
		text[i] = digits[random[i - 10] & 31];
	text[26] = '\0';
	return true;
}

/* Run ids: they sort by time, are of one alphabet, and never repeat. */
#include "unit/tap.h"

#include <stdlib.h>

#include "base/ulid.h"

#define COUNT 10000

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, 26);
}

int main(void)
{
	static char ids[COUNT][ULID_TEXT];
	const int64_t now = 1764000000123;
	bool made = true, shaped = true, sorted = true, same_time = true;
	int repeats = 0, moved = 0;
	char first[ULID_TEXT], later[ULID_TEXT];
	int64_t ms;

	for (int i = 0; i < COUNT; i++) {
		made = made && ulid_make(now, ids[i]);
		shaped =
		    shaped && strlen(ids[i]) == 26 &&
		    strspn(ids[i], "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == 26;
		same_time = same_time && memcmp(ids[i], ids[0], 10) == 0;
		moved += memcmp(ids[i] + 10, ids[0] + 10, 16) != 0;
	}
	ok(made, "ids are made");
	ok(shaped, "of 26 letters of Crockford's alphabet");
	ok(same_time, "those of one millisecond begin alike");
	is_int(moved, COUNT - 1, "and go on by chance");
	qsort(ids, COUNT, ULID_TEXT, by_bytes);
	for (int i = 1; i < COUNT; i++)
		repeats += strcmp(ids[i - 1], ids[i]) == 0;
	is_int(repeats, 0, "none of %d is there twice", COUNT);

	for (int64_t t = 0; t < 48; t++) {
		ulid_make((INT64_C(1) << t) - 1, first);
		ulid_make(INT64_C(1) << t, later);
		sorted = sorted && strcmp(first, later) < 0;
	}
	ok(sorted, "later ids sort after earlier ones, at every bit");
	ulid_make(1469918176385, first);
	first[10] = '\0';
	is_text(slice_of(first), "01ARYZ6S41", "the time is the known one");
	ulid_make((INT64_C(1) << 48) - 1, first);
	first[10] = '\0';
	is_text(slice_of(first), "7ZZZZZZZZZ", "up to the last there is");
	ulid_make_first(1469918176385, first);
	is_text(slice_of(first), "01ARYZ6S410000000000000000",
	    "the least of a time");
	ok(ulid_parse(slice_of(first), &ms) && ms == 1469918176385,
	    "its time is read again");
	ulid_make((INT64_C(1) << 48) - 1, first);
	ok(ulid_parse(slice_of(first), &ms) && ms == (INT64_C(1) << 48) - 1,
	    "that of the last one, too");
	ok(!ulid_parse(SLICE("R1"), &ms) &&
		!ulid_parse(SLICE("01ARYZ6S41000000000000000I"), &ms) &&
		!ulid_parse(SLICE("81ARYZ6S410000000000000000"), &ms),
	    "other ids have none");
	return tap_done();
}

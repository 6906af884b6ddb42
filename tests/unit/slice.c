/* Slices: comparing runs of bytes. */
#include "unit/tap.h"

int main(void)
{
	const struct slice nothing = {NULL, 0}, a = SLICE("a"), b = SLICE("b");
	const struct slice ab = SLICE("ab"), nul = SLICE("a\0b");
	struct slice rest;

	is_int((int64_t)nul.n, 3, "a literal keeps its NUL");
	ok(slice_of(NULL).p == NULL && slice_of(NULL).n == 0, "of NULL: NULL");
	ok(slice_of("").p != NULL && slice_of("").n == 0, "of \"\": empty");
	ok(slice_eq(nothing, SLICE("")), "nothing equals empty");
	ok(slice_eq(ab, slice_of("ab")), "equal by content");
	ok(!slice_eq(ab, a) && !slice_eq(a, b), "or not");
	ok(!slice_eq(nul, SLICE("a\0c")), "a NUL ends no comparison");
	ok(slice_is(ab, "ab") && !slice_is(nul, "a"), "against C strings too");
	ok(slice_cmp(a, b) < 0 && slice_cmp(b, a) > 0, "ordered by bytes");
	ok(slice_cmp(a, ab) < 0 && slice_cmp(ab, a) > 0, "shorter is first");
	ok(slice_cmp(ab, slice_of("ab")) == 0, "the same is the same");
	ok(slice_cmp(SLICE("\x80"), SLICE("a")) > 0, "bytes are unsigned");
	ok(slice_cmp(nothing, SLICE("")) == 0, "nothing sorts as empty");
	ok(slice_starts(ab, a) && slice_starts(ab, ab), "begins with");
	ok(slice_starts(ab, SLICE("")), "all begin with nothing");
	ok(!slice_starts(a, ab) && !slice_starts(ab, b), "or does not");
	is_text(slice_from(ab, 1), "b", "the rest");
	is_text(slice_from(ab, 2), "", "may be empty");
	is_text(slice_find(SLICE("abab"), SLICE("ba")), "bab", "found");
	is_text(slice_find(ab, ab), "ab", "all of it");
	ok(slice_find(a, ab).p == NULL, "too short to have it");
	ok(slice_find(ab, SLICE("c")).p == NULL, "not found");
	rest = SLICE("a,,b");
	is_text(slice_cut(&rest, ','), "a", "cut before a character");
	is_text(slice_cut(&rest, ','), "", "nothing before the next");
	is_text(slice_cut(&rest, ','), "b", "all that is left");
	ok(rest.n == 0 && slice_cut(&rest, ',').n == 0, "and no more");
	rest = (struct slice){NULL, 0};
	ok(slice_cut(&rest, ',').p == NULL && rest.n == 0, "of nothing");
	return tap_done();
}

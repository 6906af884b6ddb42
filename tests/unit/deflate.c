/*
 * What is packed comes back as it was, and nothing else does: not when a bit
 * of it turned, not when it was cut, not under another size.
 */
#include "unit/tap.h"

#include <stdlib.h>

#include "staging/deflate.h"

static struct deflate deflate;

/* A text of n bytes, of which some repeat; to be freed. */
static char *make(size_t n, unsigned kinds)
{
	char *text = malloc(n ? n : 1);
	uint32_t x = 7;

	for (size_t i = 0; text && i < n; i++) {
		x = x * 1664525 + 1013904223;
		text[i] = (char)(x >> 24) % (char)kinds + 'a';
	}
	return text;
}

static const char *reopen(struct slice deflated, int64_t size, struct buf *to)
{
	/* Exactly its size, so that a read past the end is seen. */
	char *copy = malloc(deflated.n ? deflated.n : 1);
	const char *why;

	if (deflated.n)
		memcpy(copy, deflated.p, deflated.n);
	buf_clear(to);
	why =
	    inflate_text(&deflate, (struct slice){copy, deflated.n}, size, to);
	free(copy);
	return why;
}

static void test_round(size_t n)
{
	struct buf deflated = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20);
	char *text = make(n, 4);

	ok(deflate_text(&deflate, (struct slice){text, n}, false, &deflated),
	    "%zu bytes", n);
	ok(deflated.n < n || n == 0, "get smaller, or are left alone");
	if (deflated.n) {
		ok(!reopen(buf_slice(&deflated), (int64_t)n, &plain),
		    "and are opened");
		ok(plain.n == n && !memcmp(plain.p, text, n), "as they were");
	}
	free(text);
	buf_release(&deflated);
	buf_release(&plain);
}

static void test_damage(void)
{
	struct buf deflated = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20);
	char *text = make(600, 4);
	struct slice all;
	int undetected = 0;

	deflate_text(&deflate, (struct slice){text, 600}, false, &deflated);
	all = buf_slice(&deflated);
	for (size_t bit = 0; bit < all.n * 8; bit++) {
		deflated.p[bit / 8] ^= (char)(1 << bit % 8);
		if (!reopen(all, 600, &plain) && memcmp(plain.p, text, 600))
			undetected++;
		deflated.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	is_int(undetected, 0, "whichever bit turns, no other text comes");
	undetected = 0;
	for (size_t n = 0; n < all.n; n++)
		undetected += !reopen((struct slice){all.p, n}, 600, &plain);
	is_int(undetected, 0, "nor of a part");
	for (int64_t size = -2; size < 1300; size++)
		undetected += size != 600 && !reopen(all, size, &plain);
	is_int(undetected, 0, "nor under another size");
	free(text);
	buf_release(&deflated);
	buf_release(&plain);
}

static void test_bounds(void)
{
	struct buf deflated = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20);
	struct buf narrow = BUF_INIT(100);
	char *text = make(1 << 20, 1);

	deflate_text(&deflate, (struct slice){text, 1 << 20}, false, &deflated);
	ok(deflated.n < 2000, "what repeats gets as small as can be");
	ok(!reopen(buf_slice(&deflated), 1 << 20, &plain), "and comes back");
	ok(reopen(buf_slice(&deflated), INT64_MAX, &narrow) && !narrow.failed,
	    "a size that cannot be is no matter of room");
	ok(reopen(buf_slice(&deflated), 1 << 20, &narrow) && narrow.failed,
	    "one that can be, and is too great, is");
	ok(narrow.cap == 0, "no room was made for either");
	free(text);
	buf_release(&deflated);
	buf_release(&plain);
	buf_release(&narrow);
}

int main(void)
{
	deflate_init(&deflate);
	for (size_t n = 0; n < 3; n++)
		test_round(n);
	test_round(100);
	test_round(70000);
	test_damage();
	test_bounds();
	deflate_release(&deflate);
	return tap_done();
}

/* Growable buffers: growth, the maximum, and failure that is remembered. */
#include "unit/tap.h"

#include <stdlib.h>

#include "base/buf.h"

static void test_growth(void)
{
	struct buf b = BUF_INIT(1 << 20);
	bool same = true;

	is_text(buf_slice(&b), "", "a new buf is empty, and not nothing");
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	is_int((int64_t)b.n, 100000, "bytes put one by one are there");
	for (int i = 0; i < 100000; i++)
		same = same && b.p[i] == 'a' + i % 26;
	ok(same, "in their order");
	buf_clear(&b);
	is_int((int64_t)b.n, 0, "cleared, it is empty");
	ok(b.cap >= 100000, "and keeps its storage");
	buf_puts(&b, "x");
	buf_put_slice(&b, SLICE("a\0b"));
	buf_put_slice(&b, (struct slice){NULL, 0});
	buf_put(&b, NULL, 0);
	ok(slice_eq(buf_slice(&b), SLICE("xa\0b")), "NUL is a byte");
	ok(buf_printf(&b, "-%d-%s", 42, "z"), "prints");
	ok(slice_eq(buf_slice(&b), SLICE("xa\0b-42-z")), "at its end");
	ok(strlen(buf_cstr(&b)) == 2 && b.n == 9, "a C string ends with NUL");
	buf_release(&b);
	ok(!b.p && b.n == 0 && b.cap == 0, "released, it holds nothing");
	ok(buf_puts(&b, "again"), "and can be used again");
	buf_release(&b);
}

static void test_maximum(void)
{
	struct buf b = BUF_INIT(10), none = BUF_INIT(0);

	ok(buf_puts(&b, "0123456789"), "holds up to its maximum");
	ok(!b.failed, "without failing");
	ok(!buf_putc(&b, 'x') && b.failed, "and not a byte more");
	ok(b.cap <= 10, "nor does it hold more");
	is_text(buf_slice(&b), "0123456789", "what it had stays");
	ok(!buf_put(&b, "", 0) && !buf_reserve(&b, 0), "failure lasts");
	ok(!buf_cstr(&b), "a failed buf is no C string");
	ok(!buf_printf(&b, "x"), "nor printed to");
	buf_clear(&b);
	ok(!b.failed && buf_puts(&b, "ok"), "until it is cleared");
	ok(!buf_put(&b, "more than fits..", 16), "one big write fails whole");
	is_text(buf_slice(&b), "ok", "and leaves nothing");
	buf_clear(&b);
	ok(!buf_reserve(&b, (size_t)-1), "an absurd size fails");
	buf_clear(&b);
	buf_puts(&b, "abc");
	ok(!buf_reserve(&b, (size_t)-2), "however near to wrapping around");
	buf_release(&b);

	ok(buf_put(&none, "", 0), "nothing fits where nothing may be");
	ok(!buf_putc(&none, 'x'), "something does not");
	buf_release(&none);
}

static void test_printf(void)
{
	char long_text[3001];
	struct buf b = BUF_INIT(10000), small = BUF_INIT(8);

	memset(long_text, 'y', 3000);
	long_text[3000] = '\0';
	ok(buf_printf(&b, "<%s>", long_text) && b.n == 3002,
	    "prints what is longer than its first storage");
	ok(b.p[0] == '<' && b.p[1] == 'y' && b.p[3001] == '>', "whole");
	ok(!buf_printf(&small, "%s", long_text) && small.failed,
	    "or not at all");
	is_int((int64_t)small.n, 0, "leaving nothing");
	buf_release(&b);
	buf_release(&small);
}

static void test_room(void)
{
	struct buf b = BUF_INIT(100);
	char *to = buf_reserve(&b, 5);

	ok(to != NULL, "reserves room");
	memcpy(to, "hello", 5);
	b.n += 3;
	is_text(buf_slice(&b), "hel", "of which a part may be used");
	buf_release(&b);
}

int main(void)
{
	test_growth();
	test_maximum();
	test_printf();
	test_room();
	return tap_done();
}

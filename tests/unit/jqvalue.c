/*
 * JSON to libjq's values and back, against texts whose meaning is known:
 * made at random, in the form in which they are written again.
 */
#include <limits.h>

#include "json/json.h"
#include "map/jqvalue.h"
#include "map/raw_body.h"
#include "unit/tap.h"

static uint64_t seed = 7;

static unsigned roll(unsigned sides)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

static void put_string(struct buf *b)
{
	static const char *const parts[] = {"a", "bc", "\\\"", "\\\\", "{", "[",
	    "}", "]", ",", ":", "\\n", "\xc3\xa9", "long enough for a word",
	    "\\u0000", "\xf0\x9f\x8c\x99", " "};

	buf_putc(b, '"');
	for (unsigned n = roll(12); n > 0; n--)
		buf_puts(b, parts[roll(COUNT_OF(parts))]);
	buf_putc(b, '"');
}

/* Append a value as jqvalue_write writes it. */
static void put_any(struct buf *b, unsigned depth)
{
	static const char *const plain[] = {
	    "null", "true", "false", "0", "-1", "9007199254740992", "0.5"};
	unsigned kind = roll(depth < 5 ? 10 : 4), n = roll(6);

	if (kind < 2) {
		buf_puts(b, plain[roll(COUNT_OF(plain))]);
	} else if (kind < 6) {
		put_string(b);
	} else if (kind < 8) {
		buf_putc(b, '[');
		for (unsigned i = 0; i < n; i++) {
			if (i > 0)
				buf_putc(b, ',');
			put_any(b, depth + 1);
		}
		buf_putc(b, ']');
	} else {
		buf_putc(b, '{');
		for (unsigned i = 0; i < n; i++) {
			buf_printf(b, "%s\"k%u\":", i > 0 ? "," : "", i);
			put_any(b, depth + 1);
		}
		buf_putc(b, '}');
	}
}

/* Read a text and write it; what is wrong with that, or NULL. */
static const char *round_trip(
    struct jqvalue_reader *r, struct buf *text, struct buf *written)
{
	struct json j;
	size_t n = text->n;
	const char *why;
	jv v;

	if (!json_check(&j, buf_slice(text)))
		return "no JSON was made";
	memset(buf_reserve(text, JQVALUE_PAD), '"', JQVALUE_PAD);
	v = jqvalue_read(r, (struct slice){text->p, n});
	buf_clear(written);
	why = jqvalue_write(written, v, false);
	jv_free(v);
	return why;
}

static void check_random(void)
{
	static const struct declarations declared = {
	    .skip = {{{"skipped", 7}, INSIDE_ANYTHING},
		{{"", 0}, INSIDE_ANYTHING}},
	    .skip_count = 2};
	static struct jqvalue_reader all, some;
	struct buf text = BUF_INIT(INT_MAX), want = BUF_INIT(INT_MAX);
	struct buf part = BUF_INIT(INT_MAX), got = BUF_INIT(INT_MAX);
	int same = 0, skipped = 0, rounds = 3000;

	jqvalue_reader_init(&all, NULL);
	jqvalue_reader_init(&some, &declared);
	for (int i = 0; i < rounds; i++) {
		buf_clear(&text);
		put_any(&text, 0);
		buf_clear(&want);
		buf_put_slice(&want, buf_slice(&text));
		same += !round_trip(&all, &text, &got) &&
			slice_eq(buf_slice(&got), buf_slice(&want));

		/* The same with something in it that is skipped. */
		buf_clear(&part);
		put_any(&part, 0);
		buf_clear(&text);
		buf_puts(&text, "{\"a\":");
		buf_put_slice(&text, buf_slice(&want));
		buf_printf(
		    &text, " , \"skipped\" : %.*s ", (int)part.n, part.p);
		buf_printf(&text,
		    ", \"\":%.*s,\"b\":[{\"skipped\":", (int)part.n, part.p);
		buf_put_slice(&text, buf_slice(&part));
		buf_puts(&text, "}]}");
		buf_clear(&part);
		buf_puts(&part, "{\"a\":");
		buf_put_slice(&part, buf_slice(&want));
		buf_puts(&part, ",\"b\":[{}]}");
		skipped += !round_trip(&some, &text, &got) &&
			   slice_eq(buf_slice(&got), buf_slice(&part));
	}
	is_int(same, rounds, "random texts are written as they were read");
	is_int(skipped, rounds, "skipped members are left out");
	buf_release(&text);
	buf_release(&want);
	buf_release(&part);
	buf_release(&got);
}

/* Every split of a text into lines gives the same bodies. */
static void check_bodies(void)
{
	static const char text[] = "{\"a\":\"}\\\"\"} [1,[2]]{}x";
	static const char *const want[] = {
	    "{\"a\":\"}\\\"\"}", "[1,[2]]", "{}", "x"};
	size_t good = 0, n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		struct raw_bodies b;
		struct slice body;
		unsigned found = 0;
		bool right = true;

		raw_bodies_init(&b, 100);
		for (int half = 0; half < 2; half++) {
			raw_bodies_feed(&b,
			    half ? (struct slice){text + i, n - i}
				 : (struct slice){text, i},
			    (uint64_t)half + 1);
			while (raw_bodies_next(&b, &body) != RAW_BODY_MORE) {
				struct buf joined = BUF_INIT(100);

				/* A line's end may have come in between. */
				for (size_t k = 0; k < body.n; k++)
					if (body.p[k] != '\n')
						buf_putc(&joined, body.p[k]);
				right =
				    right && found < 4 &&
				    slice_is(buf_slice(&joined), want[found]);
				found++;
				buf_release(&joined);
			}
		}
		/* No line can end within an escape. */
		good += i > 0 && text[i - 1] == '\\'
			    ? 1
			    : right && found == 4 && !raw_bodies_incomplete(&b);
		raw_bodies_release(&b);
	}
	is_int(
	    (int64_t)good, (int64_t)n, "the same bodies, wherever a line ends");
}

int main(void)
{
	check_random();
	check_bodies();
	return tap_done();
}

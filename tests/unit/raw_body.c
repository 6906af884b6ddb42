/* Raw bodies: found in lines, wherever those end. */
#include "map/raw_body.h"
#include "unit/tap.h"

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
	check_bodies();
	return tap_done();
}

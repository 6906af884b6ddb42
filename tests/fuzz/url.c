/*
 * Fuzzes percent-encoding and queries: what is encoded comes back, what is set
 * in a URL is found there, and pairs are all of a query.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void try_codes(struct slice text)
{
	struct buf to = BUF_INIT(3 * text.n), back = BUF_INIT(text.n);

	must(url_encode(&to, text, ""));
	must(param_decode(&back, buf_slice(&to)));
	must(slice_eq(buf_slice(&back), text));
	buf_clear(&to);
	buf_clear(&back);
	must(url_encode(&to, text, "/+"));
	must(url_decode(&back, buf_slice(&to)));
	must(slice_eq(buf_slice(&back), text));
	buf_clear(&to);
	param_decode(&to, text);
	must(!to.failed && to.n <= text.n);
	buf_release(&to);
	buf_release(&back);
}

/* Joined again, the pairs are the query. */
static void try_pairs(struct slice query)
{
	struct slice rest = query, name, value;
	struct buf to = BUF_INIT(query.n + 1);

	while (param_next(&rest, &name, &value)) {
		buf_put_slice(&to, name);
		buf_puts(&to, value.p ? "=" : "");
		buf_put_slice(&to, value);
		buf_putc(&to, '&');
	}
	must(!to.failed && to.n + 1 >= query.n && to.n <= query.n + 1);
	must(query.n == 0 || memcmp(to.p, query.p, query.n) == 0);
	buf_release(&to);
}

static void try_set(struct slice url)
{
	struct buf to = BUF_INIT(4 * url.n + 8), back = BUF_INIT(url.n);
	struct slice value;

	must(url_set_query(&to, url, "after", url));
	must(param_find(url_query(buf_slice(&to)), "after", &value));
	/* One without = comes before it, and stays. */
	must(!value.p || param_decode(&back, value));
	must(!value.p || slice_eq(buf_slice(&back), url));
	buf_release(&to);
	buf_release(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly its size, so that a read past the end is seen. */
	char *copy = malloc(size ? size : 1);
	struct slice text = {copy, size};

	must(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	try_codes(text);
	try_pairs(text);
	try_set(text);
	free(copy);
	return 0;
}

/*
 * Fuzzes lib/stream: any bytes may come down a pipe. Whatever they are, no
 * line is lost or made up, a record's members lie within it, and a stage that
 * passes, uses and refuses at random keeps a ledger that balances.
 */
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>

#include "stream/pipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static int feed(const uint8_t *data, size_t size)
{
	int fds[2];

	must(pipe(fds) == 0);
	must(write(fds[1], data, size) == (ssize_t)size);
	close(fds[1]);
	return fds[0];
}

/* The lines and their newlines are the input again. */
static void check_lines(const uint8_t *data, size_t size, size_t max)
{
	int fd = feed(data, size);
	const char *p = (const char *)data, *end = p + size;
	struct lines l;
	struct slice line;
	enum lines_result r;

	lines_init(&l, fd, max);
	while ((r = lines_next(&l, &line, -1)) != LINES_END) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);

		must(p < end);
		must(r == (n > max ? LINES_TOO_LONG : LINES_LINE));
		must(r == LINES_LINE ? line.n == n : line.n <= max);
		must(memcmp(line.p, p, line.n) == 0);
		p += n + 1;
	}
	must(p == end || p == end + 1);
	must(l.bytes == size);
	lines_release(&l);
	close(fd);
}

static void check_record(const struct record *r)
{
	struct buf scratch = {.max = 1 << 20};
	const char *end = r->line.p + r->line.n;
	struct json j;

	must(json_check(&j, r->line));
	for (size_t i = 0; i < r->count; i++) {
		const struct member *m = &r->members[i];

		must(m->key.p > r->line.p && m->key.p + m->key.n < end);
		must(m->value.p > r->line.p && m->value.p + m->value.n < end);
		must(m->type == JSON_STRING || json_check(&j, m->value));
		buf_clear(&scratch);
		must(json_unescape(m->key, &scratch));
		if (!memchr(buf_slice(&scratch).p, '\0', scratch.n))
			must(record_get(r, buf_cstr(&scratch)) != NULL);
	}
	buf_release(&scratch);
}

static void check_ledger(struct pipe *st)
{
	struct buf array = {.max = 1 << 20}, why = {.max = 1 << 20};
	struct ledger_totals totals;
	uint64_t refused = 0;

	for (int t = 0; t < RECORD_TYPES; t++) {
		must(st->ledger.refused[t] <= st->ledger.in[t]);
		refused += st->ledger.refused[t];
	}
	buf_putc(&array, '[');
	must(ledger_put(&st->ledger, "fuzz", &array));
	buf_putc(&array, ']');
	must(ledger_check(buf_slice(&array), &why, &totals));
	must(totals.refused == refused);
	buf_release(&array);
	buf_release(&why);
}

static void check_stage(const uint8_t *data, size_t size)
{
	int fd = feed(data, size);
	struct out out;
	struct pipe st;
	struct record rec;
	unsigned turn = size ? data[size / 2] : 0;

	out_init(&out, open("/dev/null", O_WRONLY), 512);
	pipe_init(&st, "fuzz", RECORD_CAPTURE, fd, &out, 3000);
	while (pipe_next(&st, &rec, -1) == PIPE_RECORD) {
		check_record(&rec);
		turn = turn * 5 + 1;
		if (rec.type == RECORD_END || turn % 3 == 0)
			must(pipe_pass(&st, &rec));
		else if (turn % 3 == 1)
			pipe_use(&st, &rec);
		else
			must(pipe_refuse(&st, &rec, "fuzz", "%u", turn));
		check_ledger(&st);
	}
	check_ledger(&st);
	pipe_finish(&st);
	pipe_release(&st);
	out_close(&out);
	out_release(&out);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf why = {.max = 1 << 20};
	struct ledger_totals totals;

	if (size > 60000)
		return 0;
	check_lines(data, size, 60000);
	check_lines(data, size, 5);
	check_stage(data, size);
	ledger_check((struct slice){(const char *)data, size}, &why, &totals);
	buf_release(&why);
	return 0;
}

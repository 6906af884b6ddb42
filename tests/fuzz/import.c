/*
 * Fuzzes the reading of files to be imported: any bytes, a ZIP or not, are read
 * to an end; both passes see the same rows; and no row keeps a private member.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "import/input.h"
#include "import/survey.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* A text that gives a few bytes at a time. */
struct drip {
	struct slice rest;
	size_t step;
};

static long read_drip(void *ctx, char *to, size_t n)
{
	struct drip *d = ctx;

	if (n > d->step)
		n = d->step;
	if (n > d->rest.n)
		n = d->rest.n;
	memcpy(to, d->rest.p, n);
	d->rest = slice_from(d->rest, n);
	return (long)n;
}

static void read_row(struct export_row *r, struct slice row)
{
	struct json j;

	json_init_lenient(&j, row);
	export_row_scan(r, &j);
	must(!j.error);
	export_row_know(r);
}

/* A row without private members is JSON, and has none to remove. */
static void check_row(struct slice row)
{
	struct buf once = {.max = 1 << 22}, again = {.max = 1 << 22};
	struct export_row r;
	struct json j;

	export_row_init(&r);
	read_row(&r, row);
	must(export_row_put_public(&r, row, &once));
	must(json_check_lenient(&j, buf_slice(&once)));
	r.is_plain = false; /* token by token, it is the same */
	must(export_row_put_public(&r, row, &again));
	must(slice_eq(buf_slice(&once), buf_slice(&again)));
	read_row(&r, buf_slice(&once));
	must(r.username.n == 0);
	buf_clear(&again);
	must(export_row_put_public(&r, buf_slice(&once), &again));
	must(slice_eq(buf_slice(&once), buf_slice(&again)));
	export_row_release(&r);
	buf_release(&once);
	buf_release(&again);
}

/* The rows of a text, however its bytes arrive. */
static void check_text(struct slice text, size_t step, struct key_sieve *sieve)
{
	struct drip first = {text, step}, second = {text, text.n + 1};
	enum value_result result;
	struct survey s;
	struct values v;

	survey_file(&s, (struct byte_source){read_drip, &first}, sieve, "kim");
	values_init(&v, (struct byte_source){read_drip, &second});
	while ((result = values_next(&v)) != VALUE_END)
		if (result == VALUE_ROW)
			check_row(v.value);
	must(s.kind != FILE_HISTORY || v.row == s.rows);
	must(first.rest.n == 0 || s.kind != FILE_HISTORY);
	values_release(&v);
	survey_release(&s);
}

static void check_files(int fd, struct key_sieve *sieve)
{
	enum input_result result;
	struct input in;
	struct survey s;

	input_init(&in, fd, "in", 0);
	while ((result = input_next(&in)) != INPUT_END) {
		if (result != INPUT_FILE)
			continue;
		survey_file(
		    &s, (struct byte_source){input_read, &in}, sieve, "kim");
		survey_release(&s);
	}
	input_release(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct key_sieve sieve;
	int fd = os_open_temporary();

	if (!sieve.bits)
		key_sieve_init(&sieve);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	lseek(fd, 0, SEEK_SET);
	check_files(fd, &sieve);
	close(fd);
	check_text((struct slice){(const char *)data, size},
	    size > 0 ? data[0] % 16 + 1 : 1, &sieve);
	return 0;
}

/*
 * Fuzzes lib/json: any bytes may be refused, none may be misread. What the
 * reader says of a text must agree with what it says of its parts, of the
 * text compacted, and of the text as a string.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/number.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Every value handed out is a text of its own, within the one it is from. */
static void check_parts(struct slice text)
{
	struct json j, part;
	enum json_type type;
	struct buf meant = {.max = 1 << 20};

	json_init(&j, text);
	must(json_next(&j) != JSON_ERROR);
	while (j.depth > 0) {
		bool in_object;

		j.key.p = NULL;
		type = json_next(&j);
		must(type != JSON_ERROR && type != JSON_END);
		if (type == JSON_ARRAY_END || type == JSON_OBJECT_END)
			continue;
		in_object = j.key.p != NULL;
		if (in_object) {
			buf_clear(&meant);
			must(json_unescape(j.key, &meant));
			must(json_text_is(
			    j.key, j.key_escaped, buf_slice(&meant)));
		}
		/* Descend into some values and skip others. */
		if ((type == JSON_ARRAY || type == JSON_OBJECT) &&
		    (j.p - j.start) % 3 == 0)
			continue;
		must(json_skip(&j, type));
		must(j.text.p >= text.p &&
		     j.text.p + j.text.n <= text.p + text.n);
		must(json_check(&part, j.text));
	}
	must(json_next(&j) == JSON_END);
	buf_release(&meant);
}

static void check_compact(struct slice text, bool accepted)
{
	struct buf once = {.max = 1 << 20}, twice = {.max = 1 << 20};
	struct json j;

	must(json_check(&j, text) == accepted);
	must(accepted || (j.error && j.at <= text.n));
	if (accepted) {
		must(json_compact(&j, text, &once));
		must(json_check(&j, buf_slice(&once)) && !j.spaced);
		must(json_compact(&j, buf_slice(&once), &twice));
		must(slice_eq(buf_slice(&once), buf_slice(&twice)));
	}
	buf_release(&once);
	buf_release(&twice);
}

static bool is_utf8(struct slice s)
{
	return utf8_find_invalid(s) == s.n;
}

/* Lenient, it accepts exactly what replacement characters would mend. */
static void check_lenient(struct slice text, bool accepted)
{
	struct buf plain = {.max = 1 << 22};
	struct json j, strict;
	bool lenient = json_check_lenient(&j, text);

	must(accepted == (lenient && !j.flaw));
	if (slice_starts(text, SLICE(UTF8_BOM)))
		text = slice_from(text, strlen(UTF8_BOM));
	must(utf8_put(&plain, text) && is_utf8(buf_slice(&plain)));
	must(json_check(&strict, buf_slice(&plain)) == lenient);
	buf_release(&plain);
}

static void check_string(struct slice bytes)
{
	struct buf written = {.max = 1 << 20}, meant = {.max = 1 << 20};
	struct json j;

	must(json_put_string(&written, bytes));
	must(json_check(&j, buf_slice(&written)));
	json_init(&j, buf_slice(&written));
	must(json_next(&j) == JSON_STRING);
	must(json_unescape(j.text, &meant));
	must(is_utf8(buf_slice(&meant)));
	must(slice_eq(buf_slice(&meant), bytes) == is_utf8(bytes));
	must(json_text_is(j.text, j.escaped, buf_slice(&meant)));
	buf_release(&written);
	buf_release(&meant);
}

static void check_int(struct slice text)
{
	char digits[40];
	int64_t value;

	if (text.n >= sizeof(digits) || !number_parse(text, &value))
		return;
	memcpy(digits, text.p, text.n);
	digits[text.n] = '\0';
	errno = 0;
	must(strtoll(digits, NULL, 10) == value && errno == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct json j;
	bool accepted = json_check(&j, text);

	must(accepted == !j.error);
	if (accepted)
		check_parts(text);
	check_compact(text, accepted);
	check_lenient(text, accepted);
	check_string(text);
	check_int(text);
	return 0;
}

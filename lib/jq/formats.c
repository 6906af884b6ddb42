#include "jq/formats.h"

#include <math.h>

#include "base/base64.h"
#include "base/url.h"
#include "jq/json_writer.h"

static const char *put_json(struct machine *m, struct jq_value v)
{
	struct json_style style = {.heap = m->heap, .jq_numbers = true};

	return json_write(&m->scratch, v, &style);
}

struct jq_value format_json(struct machine *m, struct jq_value v)
{
	const char *wrong;

	machine_clear_scratch(m);
	wrong = put_json(m, v);
	return wrong ? machine_error(m, "%s", wrong) : machine_scratch(m);
}

struct jq_value format_text(struct machine *m, struct jq_value v)
{
	return v.kind == JQ_STRING ? v : format_json(m, v);
}

/* A text with other texts for some of its bytes. */
struct escapes {
	const char *bytes;
	const char *texts[5]; /* for each of them */
};

static const struct escapes html = {
    "<>&'\"", {"&lt;", "&gt;", "&amp;", "&apos;", "&quot;"}};
static const struct escapes tsv = {"\t\r\n\\", {"\\t", "\\r", "\\n", "\\\\"}};
static const struct escapes csv = {"\"", {"\"\""}};
static const struct escapes shell = {"'", {"'\\''"}};

static void put_escaped(
    struct buf *b, struct slice s, const struct escapes *escapes)
{
	for (size_t i = 0; i < s.n; i++) {
		const char *byte =
		    s.p[i] ? strchr(escapes->bytes, s.p[i]) : NULL;

		if (byte)
			buf_puts(b, escapes->texts[byte - escapes->bytes]);
		else
			buf_putc(b, s.p[i]);
	}
}

/* A string in quotes, escaped. */
static void put_quoted(
    struct buf *b, struct slice s, char quote, const struct escapes *escapes)
{
	buf_putc(b, quote);
	put_escaped(b, s, escapes);
	buf_putc(b, quote);
}

static bool is_container(struct jq_value v)
{
	return v.kind == JQ_ARRAY || v.kind == JQ_OBJECT;
}

/* One field of @csv or @tsv. */
static bool put_field(struct machine *m, struct jq_value v, bool is_csv)
{
	if (is_container(v))
		return machine_fail(m, "%s (%s) is not valid in a csv row",
		    jq_kind_name(v), machine_quote(m, v));
	if (v.kind != JQ_STRING) {
		if (v.kind != JQ_NULL &&
		    !(v.kind == JQ_NUMBER && isnan(v.number)))
			put_json(m, v);
	} else if (is_csv) {
		put_quoted(&m->scratch, jq_slice(v), '"', &csv);
	} else {
		put_escaped(&m->scratch, jq_slice(v), &tsv);
	}
	return true;
}

static bool format_row(struct machine *m, struct slice name, struct jq_value v)
{
	bool is_csv = slice_is(name, "csv");

	if (v.kind != JQ_ARRAY)
		return machine_fail(m,
		    "%s (%s) cannot be %s-formatted, only array",
		    jq_kind_name(v), machine_quote(m, v),
		    is_csv ? "csv" : "tsv");
	for (uint32_t i = 0; i < v.n; i++) {
		if (i > 0)
			buf_putc(&m->scratch, is_csv ? ',' : '\t');
		if (!put_field(m, v.array->items[i], is_csv))
			return false;
	}
	return true;
}

static bool put_word(struct machine *m, struct jq_value v)
{
	if (is_container(v))
		return machine_fail(m, "%s (%s) can not be escaped for shell",
		    jq_kind_name(v), machine_quote(m, v));
	if (v.kind == JQ_STRING)
		put_quoted(&m->scratch, jq_slice(v), '\'', &shell);
	else
		put_json(m, v);
	return true;
}

static bool format_sh(struct machine *m, struct jq_value v)
{
	if (v.kind != JQ_ARRAY)
		return put_word(m, v);
	for (uint32_t i = 0; i < v.n; i++) {
		if (i > 0)
			buf_putc(&m->scratch, ' ');
		if (!put_word(m, v.array->items[i]))
			return false;
	}
	return true;
}

bool format_exists(struct slice name)
{
	static const char *const names[] = {
	    "text", "json", "csv", "tsv", "sh", "html", "uri", "base64"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

struct jq_value format_value(
    struct machine *m, struct slice name, struct jq_value v)
{
	bool row = slice_is(name, "csv") || slice_is(name, "tsv");

	if (name.n == 0 || slice_is(name, "text"))
		return format_text(m, v);
	if (slice_is(name, "json"))
		return format_json(m, v);
	if (row || slice_is(name, "sh")) {
		machine_clear_scratch(m);
		return (row ? format_row(m, name, v) : format_sh(m, v))
			   ? machine_scratch(m)
			   : jq_none();
	}
	v = format_text(m, v);
	if (v.kind == JQ_NONE)
		return v;
	machine_clear_scratch(m);
	if (slice_is(name, "html"))
		put_escaped(&m->scratch, jq_slice(v), &html);
	else if (slice_is(name, "uri"))
		url_encode(&m->scratch, jq_slice(v), "");
	else
		base64_put(&m->scratch, jq_slice(v));
	return machine_scratch(m);
}

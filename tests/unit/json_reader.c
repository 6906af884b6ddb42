/*
 * JSON read into the engine's values, and written again: against the pull
 * parser, on texts that are JSON and texts that are not.
 */
#include "value/json_reader.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "value/json_writer.h"
#include "json/json.h"
#include "unit/json_cases.h"
#include "unit/tap.h"

static struct heap heap = {
    .max = 64 << 20, .time_max_ms = 60000, .stack_max = 4 << 20};
static struct json_reader reader;
static uint64_t seed = 11;

static unsigned roll(unsigned sides)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

/* The meaning of texts, slowly: values written again, last names counting. */

struct model_member {
	struct buf name, value;
};

static void model_value(struct json *j, enum json_type type, struct buf *to);

static void model_string(struct slice written, struct buf *to)
{
	struct buf meant = BUF_INIT(1 << 20);

	json_unescape(written, &meant);
	json_put_string(to, buf_slice(&meant));
	buf_release(&meant);
}

static void model_number(struct slice written, struct buf *to)
{
	struct buf text = BUF_INIT(1 << 20);
	double d;

	buf_put_slice(&text, written);
	d = strtod(buf_cstr(&text), NULL);
	json_write_number(to, isinf(d) ? copysign(DBL_MAX, d) : d);
	buf_release(&text);
}

static void model_object(struct json *j, struct buf *to)
{
	static struct model_member none;
	struct model_member *m = NULL;
	size_t n = 0, room = 0;
	enum json_type type;

	while ((type = json_next(j)) != JSON_OBJECT_END) {
		struct buf name = BUF_INIT(1 << 20);
		size_t i = 0;

		model_string(j->key, &name);
		while (
		    i < n && !slice_eq(buf_slice(&name), buf_slice(&m[i].name)))
			i++;
		m = mem_grow(m, &room, n + 1, sizeof(*m));
		if (i == n)
			m[n++] = none;
		m[i].name.max = m[i].value.max = 1 << 20;
		buf_set(&m[i].name, buf_slice(&name));
		buf_clear(&m[i].value);
		model_value(j, type, &m[i].value);
		buf_release(&name);
	}
	buf_putc(to, '{');
	for (size_t i = 0; i < n; i++) {
		buf_puts(to, i > 0 ? "," : "");
		buf_put_slice(to, buf_slice(&m[i].name));
		buf_putc(to, ':');
		buf_put_slice(to, buf_slice(&m[i].value));
		buf_release(&m[i].name);
		buf_release(&m[i].value);
	}
	buf_putc(to, '}');
	free(m);
}

static void model_array(struct json *j, struct buf *to)
{
	enum json_type type;
	bool first = true;

	buf_putc(to, '[');
	while ((type = json_next(j)) != JSON_ARRAY_END) {
		buf_puts(to, first ? "" : ",");
		first = false;
		model_value(j, type, to);
	}
	buf_putc(to, ']');
}

static void model_value(struct json *j, enum json_type type, struct buf *to)
{
	switch (type) {
	case JSON_OBJECT: model_object(j, to); break;
	case JSON_ARRAY: model_array(j, to); break;
	case JSON_STRING: model_string(j->text, to); break;
	case JSON_NUMBER: model_number(j->text, to); break;
	default: buf_put_slice(to, j->text);
	}
}

/* The same value, made anew: nothing of it has its text. */
static struct jq_value rebuild(struct jq_value v)
{
	struct jq_value to = v;

	if (v.kind == JQ_ARRAY) {
		to = jq_array(&heap, 0);
		for (uint32_t i = 0; i < v.n; i++)
			to = jq_array_append(
			    &heap, to, rebuild(v.array->items[i]));
	} else if (v.kind == JQ_OBJECT) {
		to = jq_object(&heap, 0);
		for (uint32_t i = 0; i < v.n; i++)
			to = jq_object_set(&heap, to, v.object->members[i].name,
			    rebuild(v.object->members[i].value));
	} else if (v.kind == JQ_STRING) {
		to = jq_string_copy(&heap, jq_slice(v));
	}
	return to;
}

/*
 * A text in a block of exactly its size and the pad, which is filled with
 * another text: a reader that does not stop reads on there.
 */
static char *padded(struct slice text, const char *pad)
{
	size_t n = strlen(pad);
	char *p = mem_zero(text.n + READER_PAD, 1);

	if (text.n)
		memcpy(p, text.p, text.n);
	for (size_t i = 0; n > 0 && i < READER_PAD; i++)
		p[text.n + i] = pad[i % n];
	return p;
}

/* What is being read, and what was found wrong with it. */
struct reading {
	struct slice text;
	const char *wrong;
};

/* Whether a value can be written as deep as it may be, and no deeper. */
static bool is_as_deep(struct jq_value v)
{
	const struct json_style plain = {.sorted = false};
	struct buf b = BUF_INIT(1 << 20);
	struct jq_value anew = rebuild(v);
	bool same;

	for (unsigned n = 495 + roll(WRITER_DEPTH_MAX - 495); n > 0; n--) {
		v = jq_array_append(&heap, jq_array(&heap, 1), v);
		anew = jq_array_append(&heap, jq_array(&heap, 1), anew);
	}
	same = json_write(&b, v, &plain) == json_write(&b, anew, &plain);
	buf_release(&b);
	return same;
}

static const char *compare(struct slice text, struct jq_value v)
{
	const struct json_style plain = {.sorted = false};
	struct buf raw = BUF_INIT(1 << 20), written = BUF_INIT(1 << 20);
	struct buf meant = BUF_INIT(1 << 20);
	const char *wrong = NULL, *deep, *deep_too;
	struct json j;

	json_init(&j, text);
	model_value(&j, json_next(&j), &meant);
	deep = json_write(&raw, v, &plain);
	deep_too = json_write(&written, rebuild(v), &plain);
	if (deep != deep_too)
		wrong = "rebuilt, it cannot be written, or only then";
	else if (!deep && !slice_eq(buf_slice(&raw), buf_slice(&written)))
		wrong = "its text is not what is written";
	else if (!deep && !slice_eq(buf_slice(&meant), buf_slice(&written)))
		wrong = "another meaning";
	else if (!is_as_deep(v))
		wrong = "its text is written too deep";
	buf_release(&raw);
	buf_release(&written);
	buf_release(&meant);
	return wrong;
}

static void read_one(void *ctx)
{
	struct reading *x = ctx;
	struct jq_value v;
	struct json j;

	names_begin_run(reader.names);
	if (json_read(&reader, x->text, &v) != json_check(&j, x->text))
		x->wrong = "another result";
	else if (reader.error != j.error || reader.at != j.at)
		x->wrong = "another error";
	else if (!j.error)
		x->wrong = compare(x->text, v);
}

/* What is wrong with how a text is read before this pad, or NULL. */
static const char *problem_of(struct slice text, const char *pad)
{
	struct reading x = {.wrong = NULL};
	char *p = padded(text, pad);

	x.text = (struct slice){p, text.n};
	if (!heap_guard(&heap, read_one, &x))
		x.wrong = heap.exceeded;
	free(p);
	return x.wrong;
}

/* Texts that go on in the pad. What is read there ends in a crash, mostly. */
static void test_pads(void)
{
	static const char *const cases[][2] = {
	    {"[1", ",1"},
	    {"[[1]", ",[1]"},
	    {"[[1]", "]"},
	    {"[\"a]", "\",\""},
	    {"[\"]", "\",0,"},
	    {"[{\"a}\":{\"a}\":0}}]", ""}, /* a name, known from here on */
	    {"[{\"a}", "\":{\"a}"},
	    {"1", "2"},
	    {"tru", "e"},
	    {"\"a", "\""},
	    {"", "[]"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *wrong =
		    problem_of(slice_of(cases[i][0]), cases[i][1]);

		ok(!wrong, "%s before %s: %s", cases[i][0], cases[i][1],
		    wrong ? wrong : "read as far as it goes");
	}
}

static int tried, failed;

static void try(struct slice text)
{
	static const char *const pads[] = {
	    "", "\"", "}", "]", "5", " ", ",[1]", ",\"k1\":1"};
	const char *wrong = problem_of(text, pads[roll(COUNT_OF(pads))]);

	tried++;
	if (wrong && failed++ < 5)
		fprintf(stderr, "# %s: %.*s\n", wrong,
		    text.n > 200 ? 200 : (int)text.n, text.p);
}

/* Change a text in one place, or cut it. */
static void mutate(struct buf *b)
{
	static const char bytes[] =
	    "{}[]\",:\\/0123456789.-+eEtrufalsn \n\t\r\x01\x7f\x80\xbf\xc2\xe0"
	    "\xed\xa0\xef\xf0\xf4\xff";
	size_t at = roll((unsigned)b->n), to = roll((unsigned)b->n);
	char byte = bytes[roll(sizeof(bytes))];

	switch (roll(5)) {
	case 0: b->p[at] = byte; break;
	case 1: b->p[at] = b->p[to]; break;
	case 2: b->n = at; break;
	case 3:
		memmove(b->p + at, b->p + at + 1, b->n - at - 1);
		b->n--;
		break;
	default:
		buf_putc(b, byte);
		memmove(b->p + at + 1, b->p + at, b->n - at - 1);
		b->p[at] = byte;
	}
}

static void check_case(const char *result, const char *name, struct slice text)
{
	struct buf b = BUF_INIT(1 << 20);

	(void)result;
	(void)name;
	try(text);
	for (int i = text.n < 500 ? 30 : 2; i > 0; i--) {
		buf_set(&b, text);
		for (unsigned n = roll(3) + 1; n > 0 && b.n > 0; n--)
			mutate(&b);
		try(buf_slice(&b));
	}
	buf_release(&b);
}

/* Append a text that is JSON, mostly as a program writes it. */
static void put_any(struct buf *b, unsigned depth)
{
	static const char *const plain[] = {"null", "true", "false", "0", "-0",
	    "-1", "123456789012345", "1234567890123456", "9007199254740993",
	    "0.5", "1e2", "1E400", "-1e400", "1e-400", "\"\"", "\"a\"",
	    "\"\\u00e9\\n\"", "\"\\/\"", "\"\xc3\xa9\xe6\x9b\xb2\"",
	    "\"a text of more than sixteen bytes\"", "\"\x7f\"", " 1", "[ ]"};
	unsigned kind = roll(depth < 5 ? 8 : 4), n = roll(roll(9) ? 6 : 60);
	bool object = kind & 1;

	if (kind == 0) {
		buf_printf(b, "%s%u.%0*u", roll(2) ? "-" : "",
		    roll(4) ? roll(1000) : 0, (int)roll(14) + 1,
		    roll(4) ? roll(1000) : roll(1000000000));
		return;
	}
	if (kind < 4) {
		buf_puts(b, plain[roll(COUNT_OF(plain))]);
		return;
	}
	buf_putc(b, object ? '{' : '[');
	for (unsigned i = 0; i < n; i++) {
		buf_puts(b, i > 0 ? "," : "");
		if (object)
			buf_printf(b, roll(40) ? "\"k%u\":" : "\"\\u006b%u\" :",
			    roll(9) ? i : roll(n));
		put_any(b, depth + 1);
	}
	buf_putc(b, object ? '}' : ']');
}

static void test_texts(void)
{
	struct buf b = BUF_INIT(1 << 20);

	cases_each(check_case);
	is_int(
	    failed, 0, "%d texts of the table, and what is near them", tried);
	failed = tried = 0;
	for (int i = 0; i < 3000; i++) {
		buf_clear(&b);
		put_any(&b, 0);
		try(buf_slice(&b));
		mutate(&b);
		try(buf_slice(&b));
	}
	is_int(failed, 0, "%d random texts", tried);
	buf_release(&b);
}

/* What is read of a text, where names have kinds, and whether that is odd. */
struct expectation {
	const char *text, *want;
	bool odd;
};

static const struct expectation *expected;
static struct buf got = BUF_INIT(1 << 20);

static void read_expected(void *ctx)
{
	const struct json_style plain = {.sorted = false};
	struct jq_value v;

	(void)ctx;
	names_begin_run(reader.names);
	buf_clear(&got);
	if (json_read(&reader, slice_of(expected->text), &v))
		json_write(&got, v, &plain);
}

static void test_expected(void)
{
	static const struct expectation cases[] = {
	    {"{\"o\":{},\"a\":[],\"t\":\"x\",\"b\":true,\"n\":1.5}", NULL,
		false},
	    {"{\"o\":null,\"a\":null,\"t\":null,\"b\":null,\"n\":null}", NULL,
		false},
	    {"{\"o\":[]}", NULL, true},
	    {"{\"x\":[{\"b\":0}]}", NULL, true},
	    {"{\"a\":[{},\"s\",null]}", NULL, false},
	    {"{\"a\":[{},1]}", NULL, true},
	    {"{\"a\":[[]]}", NULL, true},
	    {"{\"a\":{},\"x\":[1]}", NULL, true},
	    {"{\"x\":[1],\"y\":[[1]]}", NULL, false},
	    {"{\"t\":\"\"}", "{\"t\":null}", false},
	    {"{\"x\":\"\"}", NULL, false},
	    {"{\"a\":[\"\"]}", NULL, false},
	    {"{\"s\":\"\"}", NULL, false},
	    {"{\"\\u0074\":\"\"}", "{\"t\":null}", false},
	    {"{\"l\":0,\"x\":0}", "{\"l\":null,\"x\":0}", false},
	    {"{\"l\":1}", NULL, false},
	    {"{\"c\":20}", NULL, false},
	    {"{\"c\":1e2}", "{\"c\":100}", false},
	    {"{\"c\":1e300}", "{\"c\":1e+300}", false},
	    {"{\"c\":-1}", NULL, true},
	    {"{\"c\":0.5}", NULL, true},
	    {"{\"d\":\"2020\",\"x\":1}", NULL, false},
	    {"{\"d\":\"\"}", "{\"d\":null}", false},
	    {"{\"d\":\"0\"}", "{\"d\":null}", false},
	    {"{\"d\":\"0000-01-01\"}", "{\"d\":null}", false},
	    {"{\"d\":\"000\"}", NULL, false},
	    {"{\"d\":0}", NULL, true},
	    {"{\"x\":[{\"t\":\"\"}]}", "{\"x\":[{\"t\":null}]}", false},
	};
	static const struct {
		const char *name;
		struct expected_kinds kinds;
	} kinds[] = {
	    {"o", {EXPECT_OBJECT, 0}},
	    {"a", {EXPECT_ARRAY, EXPECT_OBJECT | EXPECT_TEXT}},
	    {"t", {EXPECT_TEXT, 0}},
	    {"s", {EXPECT_STRING, 0}},
	    {"b", {EXPECT_BOOLEAN, 0}},
	    {"n", {EXPECT_NUMBER, 0}},
	    {"l", {EXPECT_LENGTH, 0}},
	    {"c", {EXPECT_COUNT, 0}},
	    {"d", {EXPECT_DATE, 0}},
	};
	static struct expected_kinds by_id[NAME_IDS];

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		by_id[names_add(reader.names, slice_of(kinds[i].name))->id] =
		    kinds[i].kinds;
	reader.expected = by_id;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *p = padded(slice_of(cases[i].text), "");
		struct expectation x = cases[i];

		x.text = p;
		expected = &x;
		heap_guard(&heap, read_expected, NULL);
		free(p);
		is_text(buf_slice(&got), x.want ? x.want : cases[i].text,
		    "expected kinds, case %zu", i);
		is_int(reader.odd, x.odd, "and whether one is odd");
	}
	reader.expected = NULL;
}

static bool is_secret(void *ctx, const struct name *name)
{
	return slice_is(name->text, ctx);
}

struct styled {
	struct slice text;
	struct json_style style;
	const char *wrong;
};

static void write_styled(void *ctx)
{
	struct styled *x = ctx;
	struct jq_value v;

	names_begin_run(reader.names);
	buf_clear(&got);
	json_read(&reader, x->text, &v);
	x->wrong = json_write(&got, v, &x->style);
}

static const char *styled(const char *text, struct json_style style)
{
	char *p = padded(slice_of(text), " ");
	struct styled x = {{p, strlen(text)}, style, NULL};

	heap_guard(&heap, write_styled, &x);
	free(p);
	return x.wrong;
}

static void test_styles(void)
{
	static const char text[] =
	    "{\"b\":null,\"a\":{\"d\":[{\"f\":1,\"e\":2}],\"c\":null}}";
	static char b[] = "b";

	styled(text, (struct json_style){.drop_nulls = true});
	is_text(buf_slice(&got),
	    "{\"a\":{\"d\":[{\"f\":1,\"e\":2}],\"c\":null}}",
	    "only nulls of the value itself are left out");
	styled(text, (struct json_style){.sorted = true, .heap = &heap});
	is_text(buf_slice(&got),
	    "{\"a\":{\"c\":null,\"d\":[{\"e\":2,\"f\":1}]},\"b\":null}",
	    "members sorted at all depths");
	styled(text, (struct json_style){.leaves_out = is_secret, .ctx = b});
	is_text(buf_slice(&got),
	    "{\"a\":{\"d\":[{\"f\":1,\"e\":2}],\"c\":null}}",
	    "a member left out");
	styled("[{\"b\":1}]",
	    (struct json_style){.leaves_out = is_secret, .ctx = b});
	is_text(buf_slice(&got), "[{\"b\":1}]", "but none deeper");
	styled("{\"b\":null}", (struct json_style){.drop_nulls = true});
	is_text(buf_slice(&got), "{}", "nothing but nulls");
}

static void test_numbers(void)
{
	static const struct {
		double d;
		const char *row, *jq;
	} cases[] = {
	    {0, "0", "0"},
	    {-0.0, "-0", "-0"},
	    {0.1, "0.1", "0.1"},
	    {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
	    {-1.5e-5, "-1.5e-05", "-1.5e-05"},
	    {9007199254740992, "9007199254740992", "9007199254740992"},
	    {1e16, "1e+16", "1e+16"},
	    {-1.2345678901234567e19, "-1.2345678901234567e+19",
		"-12345678901234567000"},
	    {1.5e16, "1.5e+16", "15000000000000000"},
	    {1.5e17, "1.5e+17", "1.5e+17"},
	    {5e-324, "4.94065645841247e-324", "5e-324"},
	    {DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"},
	    {1e100, "1e+100", "1e+100"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		buf_clear(&got);
		json_write_jq_number(&got, cases[i].d);
		is_text(
		    buf_slice(&got), cases[i].jq, "number %zu as jq has it", i);
		buf_clear(&got);
		json_write_number(&got, cases[i].d);
		is_text(buf_slice(&got), cases[i].row, "and in a row");
	}
	buf_clear(&got);
	json_write_jq_number(&got, (double)NAN);
	json_write_jq_number(&got, -(double)INFINITY);
	is_text(buf_slice(&got), "null-1.7976931348623157e+308",
	    "jq prints what JSON has not");
}

static struct jq_value last;

static void read_got(void *ctx)
{
	(void)ctx;
	names_begin_run(reader.names);
	if (!json_read(&reader, buf_slice(&got), &last))
		last = jq_none();
}

/* Read what is in `got`; what went wrong, or NULL. */
static const char *read_large(void)
{
	memset(buf_reserve(&got, READER_PAD), 0, READER_PAD);
	return heap_guard(&heap, read_got, NULL) ? NULL : heap.exceeded;
}

static void test_limits(void)
{
	const char *wrong;

	got.max = 64 << 20;
	buf_set(&got, SLICE("{\"k0\":0"));
	for (int i = 1; i < 200000; i++)
		buf_printf(&got, ",\"k%d\":%d", i % 100000, i);
	buf_putc(&got, '}');
	heap.time_max_ms = 2000;
	wrong = read_large();
	ok(!wrong && last.n == 100000, "100,000 names, each of them twice: %s",
	    wrong ? wrong : "read");
	is_int((int64_t)last.object->members[1].value.number, 100001,
	    "the last of a name counts");
	heap.max = 4 << 20;
	wrong = read_large();
	ok(wrong && strcmp(wrong, "too much memory") == 0,
	    "the same in too little memory");
	buf_set(&got, SLICE("{}"));
	ok(!read_large() && last.kind == JQ_OBJECT,
	    "what was too much leaves the next text alone");
}

int main(void)
{
	reader.heap = &heap;
	reader.names = names_new();
	test_pads();
	test_texts();
	test_expected();
	test_styles();
	test_numbers();
	test_limits();
	json_reader_release(&reader);
	names_free(reader.names);
	heap_release(&heap);
	buf_release(&got);
	return tap_done();
}

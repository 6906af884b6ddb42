#include "merge/row.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "json/json.h"

/* A value that is being read. */
struct row_reader {
	const struct column *column;
	enum json_type type;
	struct slice text;
	bool escaped;
	struct arena *arena;
	struct buf *why;
};

static bool reject(const struct row_reader *r, const char *what)
{
	buf_printf(r->why, "column '%s': %s\n", r->column->name.p, what);
	return false;
}

/* Append a text with U+FFFD in the place of each NUL. */
static bool put_text(struct buf *to, struct slice text)
{
	const char *nul;

	while (text.n > 0 && (nul = memchr(text.p, '\0', text.n))) {
		size_t n = (size_t)(nul - text.p);

		buf_put(to, text.p, n);
		buf_puts(to, "\xef\xbf\xbd");
		text = slice_from(text, n + 1);
	}
	return buf_put_slice(to, text);
}

void row_text(
    struct slice written, bool escaped, struct arena *arena, struct slice *text)
{
	struct buf b = BUF_INIT(written.n + 1), clean = BUF_INIT(written.n + 1);

	*text = written;
	if (!escaped)
		return;
	/* U+FFFD is shorter than the escape of a NUL. */
	json_unescape(written, &b);
	put_text(&clean, buf_slice(&b));
	*text = arena_copy(arena, buf_slice(&clean));
	buf_release(&b);
	buf_release(&clean);
}

bool row_time(struct slice written, struct arena *arena, struct slice *time)
{
	char text[CLOCK_TEXT];
	int64_t ms;

	if (!clock_parse(written, &ms))
		return false;
	*time = written;
	/* Mostly it has that form; a leap second has not. */
	if (written.n == CLOCK_TEXT - 1 && written.p[19] == '.' &&
	    written.p[23] == 'Z' && written.p[17] != '6')
		return true;
	if (!clock_format(ms, text))
		return false;
	*time = arena_copy(arena, (struct slice){text, CLOCK_TEXT - 1});
	return true;
}

static bool read_time(const struct row_reader *r, struct value *v)
{
	struct slice text;

	if (r->type != JSON_STRING)
		return reject(r, "must be a time");
	row_text(r->text, r->escaped, r->arena, &text);
	*v = value_text(text);
	if (!row_time(text, r->arena, &v->text))
		return reject(
		    r, "must be a time like 2026-11-22T06:40:00.123Z");
	return true;
}

static struct slice skip(struct slice s, const char *any)
{
	while (s.n > 0 && *s.p && strchr(any, *s.p))
		s = slice_from(s, 1);
	return s;
}

/* Whether a text is a number to SQLite, with spaces around it or without. */
static bool is_number(struct slice s)
{
	static const char spaces[] = " \t\n\v\f\r", digits[] = "0123456789";
	size_t before, after;

	s = skip(s, spaces);
	if (s.n > 0 && strchr("+-", *s.p) && *s.p)
		s = slice_from(s, 1);
	before = s.n;
	s = skip(s, digits);
	before -= s.n;
	if (s.n > 0 && *s.p == '.')
		s = slice_from(s, 1);
	after = s.n;
	s = skip(s, digits);
	after -= s.n;
	if (s.n > 1 && (*s.p == 'e' || *s.p == 'E')) {
		s = slice_from(s, 1);
		if (s.n > 1 && (*s.p == '+' || *s.p == '-'))
			s = slice_from(s, 1);
		if (skip(s, digits).n == s.n)
			return false;
		s = skip(s, digits);
	}
	return before + after > 0 && skip(s, spaces).n == 0;
}

static bool read_text(const struct row_reader *r, struct value *v)
{
	bool json = r->column->type == COLUMN_JSON;

	if (json && (r->type == JSON_ARRAY || r->type == JSON_OBJECT)) {
		*v = value_text(r->text);
		return true;
	}
	if (r->type != JSON_STRING)
		return reject(r, json
				     ? "must be an array, an object or a string"
				     : "must be a string");
	*v = value_text(r->text);
	row_text(r->text, r->escaped, r->arena, &v->text);
	/* SQLite would store another value, and merging would fail. */
	if (r->column->makes_numbers && is_number(v->text))
		return reject(r,
		    "has a numeric type, which would turn this text into a number");
	return true;
}

static bool read_integer(const struct row_reader *r, struct value *v)
{
	bool boolean = r->column->type == COLUMN_BOOLEAN;

	v->type = VALUE_INT;
	if (boolean && (r->type == JSON_TRUE || r->type == JSON_FALSE)) {
		v->integer = r->type == JSON_TRUE;
		return true;
	}
	if (r->type == JSON_NUMBER && json_whole(r->text, &v->integer) &&
	    (!boolean || v->integer == 0 || v->integer == 1))
		return true;
	return reject(r, boolean ? "must be true or false"
				 : "must be a whole number of 64 bits");
}

static bool read_real(const struct row_reader *r, struct value *v)
{
	char text[64];

	if (r->type != JSON_NUMBER || r->text.n >= sizeof(text))
		return reject(r, "must be a number");
	memcpy(text, r->text.p, r->text.n);
	text[r->text.n] = '\0';
	v->type = VALUE_REAL;
	v->real = strtod(text, NULL);
	if (!isfinite(v->real))
		return reject(r, "is a number out of range");
	return true;
}

/* Whether a text is "" in a column where that means none. */
static bool is_nothing(const struct row_reader *r)
{
	return r->type == JSON_STRING && r->text.n == 0 &&
	       r->column->empty_is_null;
}

static bool read_value(const struct row_reader *r, struct value *v)
{
	const struct column *c = r->column;

	switch (c->rule) {
	case RULE_FIRST:
	case RULE_LAST:
	case RULE_TIMES:
		return reject(r, "is set by sp-load from the records' times");
	case RULE_ROW_SOURCE:
	case RULE_FIRST_SOURCE:
	case RULE_COLUMN_SOURCES:
		return reject(r, "is set by sp-load from the records' src");
	case RULE_LIST:
	case RULE_LIST_SOURCES:
		return reject(r, "is set by sp-load from the track lists");
	case RULE_NONE: return reject(r, "cannot be loaded");
	default: break;
	}
	if (r->type == JSON_NULL || is_nothing(r)) {
		v->type = VALUE_NULL;
		if (c->rule == RULE_KEY || c->not_null)
			return reject(r, r->type == JSON_NULL
					     ? "must not be null"
					     : "must not be empty");
		return true;
	}
	switch (c->type) {
	case COLUMN_TIME: return read_time(r, v);
	case COLUMN_INTEGER:
	case COLUMN_BOOLEAN: return read_integer(r, v);
	case COLUMN_REAL: return read_real(r, v);
	default: return read_text(r, v);
	}
}

/* The column of a row's nth member: rows resemble each other. */
static int find_column(struct table *t, const struct json *j, unsigned nth)
{
	unsigned hint = nth < TABLE_COLUMNS_MAX ? t->hint[nth] : 0;

	if (hint < t->count && !j->key_escaped &&
	    slice_eq(t->columns[hint].name, j->key))
		return (int)hint;
	for (unsigned i = 0; i < t->count; i++) {
		if (!json_text_is(j->key, j->key_escaped, t->columns[i].name))
			continue;
		if (nth < TABLE_COLUMNS_MAX)
			t->hint[nth] = (unsigned char)i;
		return (int)i;
	}
	return -1;
}

/* Whether the row has every column that it needs. */
static bool complete(
    const struct table *t, const struct observation *obs, struct buf *why)
{
	for (unsigned i = 0; i < t->count; i++) {
		const struct column *c = &t->columns[i];

		if (c->rule != RULE_KEY &&
		    !(c->rule == RULE_TABLE && c->not_null))
			continue;
		if (observation_column(obs, i))
			continue;
		buf_printf(why, "table '%s': column '%s' is missing", t->name.p,
		    c->name.p);
		if (t->of_user && slice_is(c->name, "user_id"))
			buf_puts(why, ": give it with sp-load --user ID");
		buf_putc(why, '\n');
		return false;
	}
	return true;
}

static void no_column(
    const struct table *t, const struct json *j, struct buf *why)
{
	buf_printf(why, "table '%s' has no column '%.*s'\n", t->name.p,
	    (int)(j->key.n < 64 ? j->key.n : 64), j->key.p);
}

/* Read the members of a row, after its opening brace. */
static void read_members(struct table *t, struct json *j, struct row_reader *r,
    struct value *values, unsigned *count)
{
	unsigned char where[TABLE_COLUMNS_MAX] = {0};
	enum json_type type;

	for (unsigned nth = 0;
	     (type = json_next(j)) > JSON_END && type != JSON_OBJECT_END;
	     nth++) {
		int c = find_column(t, j, nth);
		struct value v;
		unsigned slot;

		if (c < 0)
			no_column(t, j, r->why);
		if (type == JSON_ARRAY || type == JSON_OBJECT)
			json_skip(j, type);
		if (c < 0)
			continue;
		r->column = &t->columns[c];
		r->type = type;
		r->text = j->text;
		r->escaped = type == JSON_STRING && j->escaped;
		if (!read_value(r, &v))
			continue;
		/* Of two members of one name the last one counts. */
		slot = where[c] ? where[c] - 1u : *count;
		values[slot] = v;
		values[slot].column = (unsigned)c;
		if (slot == *count)
			where[c] = (unsigned char)++*count;
	}
}

#define PLACE_KEY_MAX 100 /* bytes that are shown of a key */

void row_put_place(
    const struct table *t, const struct observation *obs, struct buf *place)
{
	buf_put_slice(place, t->name);
	for (unsigned i = 0; i < t->key_count; i++) {
		const struct value *v =
		    observation_column(obs, table_key(t, i));
		struct slice text = v ? value_slice(v) : SLICE("?");

		if (v && v->type == VALUE_INT)
			buf_printf(place, " %" PRId64, v->integer);
		else
			buf_printf(place, " %.*s",
			    (int)(text.n < PLACE_KEY_MAX ? text.n
							 : PLACE_KEY_MAX),
			    text.p);
	}
}

bool row_read(struct table *t, struct slice object, struct slice user,
    struct arena *arena, struct observation *obs, struct buf *why,
    struct buf *place)
{
	struct value values[TABLE_COLUMNS_MAX + 1], *copy;
	struct row_reader r = {.arena = arena, .why = why};
	struct json j;
	unsigned count = 0;
	bool whole;
	int c = -1;

	json_init(&j, object);
	/* In a record it is nested, too. */
	j.deepest--;
	if (json_next(&j) == JSON_OBJECT)
		read_members(t, &j, &r, values, &count);
	if (json_next(&j) != JSON_END) {
		buf_puts(why, "not a JSON object\n");
		return false;
	}
	obs->values = values;
	obs->count = count;
	if (t->of_user && user.n > 0)
		c = table_column(t, SLICE("user_id"));
	if (c >= 0 && !observation_column(obs, (unsigned)c)) {
		values[count] = value_text(user);
		values[count].column = (unsigned)c;
		obs->count = ++count;
	}
	whole = complete(t, obs, why);
	if (why->n > 0)
		row_put_place(t, obs, place);
	if (!whole)
		return false;
	copy = arena_room(arena, count * sizeof(*copy));
	memcpy(copy, values, count * sizeof(*copy));
	obs->values = copy;
	return true;
}

/* Encode an integer so that its bytes sort as it does. */
static void put_integer(char *to, int64_t value)
{
	uint64_t v = (uint64_t)value ^ (UINT64_C(1) << 63);

	for (int i = 0; i < 8; i++)
		to[i] = (char)(v >> (56 - 8 * i));
}

bool row_key(const struct table *t, const struct observation *obs,
    struct buf *scratch, struct slice *key)
{
	const struct value *v = observation_column(obs, t->keys[0]);

	*key = v ? value_slice(v) : (struct slice){NULL, 0};
	if (t->key_count == 1 && key->p)
		return true;
	buf_clear(scratch);
	for (unsigned i = 0; i < t->key_count; i++) {
		char number[8];

		v = observation_column(obs, t->keys[i]);
		if (!v)
			return false;
		if (v->type == VALUE_INT) {
			put_integer(number, v->integer);
			buf_put(scratch, number, sizeof(number));
		} else if (v->type == VALUE_TEXT) {
			/* Text has no NUL, so that a prefix sorts first. */
			buf_put_slice(scratch, v->text);
			buf_putc(scratch, '\0');
		} else {
			return false;
		}
	}
	*key = buf_slice(scratch);
	return !scratch->failed;
}

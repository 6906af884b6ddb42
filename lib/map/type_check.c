#include "map/type_check.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"

#define NAME_LEN 40

static const struct {
	const char *name, *shown;
	enum expected_kind kind;
} kinds[] = {
    {"string", "a string", EXPECT_STRING},
    {"text", "a string", EXPECT_TEXT},
    {"number", "a number", EXPECT_NUMBER},
    {"length", "a number", EXPECT_LENGTH},
    {"date", "a string", EXPECT_DATE},
    {"object", "an object", EXPECT_OBJECT},
    {"array", "an array", EXPECT_ARRAY},
    {"boolean", "true or false", EXPECT_BOOLEAN},
    {"count", "a whole number from 0", EXPECT_COUNT},
};

/* Cut the next word off a line; empty at its end. */
static struct slice cut_word(struct slice *line)
{
	size_t n = 0;
	struct slice word;

	while (line->n > 0 && char_is_space(*line->p))
		*line = slice_from(*line, 1);
	while (n < line->n && !char_is_space(line->p[n]))
		n++;
	word = (struct slice){line->p, n};
	*line = slice_from(*line, n);
	return word;
}

/* Parse `KIND|KIND`; 0 if a kind is unknown. */
static uint16_t parse_kinds(struct slice text)
{
	uint16_t all = 0;

	while (text.n > 0) {
		struct slice kind = slice_cut(&text, '|');
		size_t i = 0;

		while (i < COUNT_OF(kinds) && !slice_is(kind, kinds[i].name))
			i++;
		if (i == COUNT_OF(kinds))
			return 0;
		all |= (uint16_t)kinds[i].kind;
	}
	return all;
}

/* Parse `NAME:KIND NAME[]:KIND ...`. */
static bool parse_line(
    struct expected_shape *s, struct names *names, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0) {
		struct slice text = slice_cut(&word, ':');
		bool elements =
		    text.n > 2 && memcmp(text.p + text.n - 2, "[]", 2) == 0;
		uint16_t of = parse_kinds(word);
		const struct name *name;

		if (elements)
			text.n -= 2;
		if (text.n == 0 || text.n > NAME_LEN || !of)
			return false;
		name = names_add(names, text);
		if (name->id == NAME_IDS)
			return false;
		if (elements)
			s->kinds[name->id].elements = of;
		else
			s->kinds[name->id].member = of;
	}
	return true;
}

bool shape_parse(struct expected_shape *s, struct names *names,
    struct slice text, const char **why)
{
	memset(s, 0, sizeof(*s));
	while (text.n > 0) {
		struct slice line = slice_cut(&text, '\n');

		if (!slice_is(cut_word(&line), "#") ||
		    !slice_is(cut_word(&line), "shape:"))
			continue;
		s->declared = true;
		if (!parse_line(s, names, line)) {
			*why =
			    "'# shape:' is not NAME:KIND ..., or too many or too long names";
			return false;
		}
	}
	return true;
}

/* The name or index by which a value was reached. */
struct place_step {
	const struct place_step *before;
	struct jq_value key;
};

struct type_check {
	const struct expected_shape *shape;
	const struct type_names *names;
	struct heap *heap;
	struct jq_value odd; /* found so far */
};

/* Whether a number is whole and not negative; past 2^53, all are whole. */
static bool is_count(double d)
{
	return d >= 0 && (d >= 9007199254740992.0 || d == (double)(int64_t)d);
}

static unsigned kinds_of(struct jq_value v)
{
	switch (v.kind) {
	case JQ_OBJECT: return EXPECT_OBJECT;
	case JQ_ARRAY: return EXPECT_ARRAY;
	case JQ_STRING: return EXPECT_STRING | EXPECT_TEXT | EXPECT_DATE;
	case JQ_TRUE:
	case JQ_FALSE: return EXPECT_BOOLEAN;
	case JQ_NUMBER:
		return EXPECT_NUMBER | EXPECT_LENGTH |
		       (is_count(v.number) ? EXPECT_COUNT : 0);
	default: return 0;
	}
}

/* The first of some kinds for users, with its article. */
static const char *kind_shown(unsigned of)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (of & kinds[i].kind)
			return kinds[i].shown;
	return "null";
}

static struct jq_value path_to(struct heap *h, const struct place_step *step)
{
	if (!step)
		return jq_array(h, 8);
	return jq_array_append(h, path_to(h, step->before), step->key);
}

static void report(struct type_check *c, const struct place_step *at,
    unsigned kind, unsigned expected)
{
	char reason[80];
	struct jq_value entry = jq_object(c->heap, 2);
	int n = snprintf(reason, sizeof(reason), "is %s, not %s",
	    kind_shown(kind), kind_shown(expected));

	entry =
	    jq_object_set(c->heap, entry, c->names->path, path_to(c->heap, at));
	entry = jq_object_set(c->heap, entry, c->names->reason,
	    jq_string_copy(c->heap, (struct slice){reason, (size_t)n}));
	c->odd = jq_array_append(c->heap, c->odd, entry);
}

static struct jq_value check_inside(struct type_check *, struct jq_value,
    uint16_t elements, const struct place_step *at);

/* A member or an element without what is odd in it; none if it is itself. */
static struct jq_value check_child(struct type_check *c, struct jq_value v,
    const struct place_step *at, struct expected_kinds expected)
{
	unsigned kind = kinds_of(v);

	if (!expected.member || v.kind == JQ_NULL || (kind & expected.member))
		return check_inside(c, v, expected.elements, at);
	report(c, at, kind, expected.member);
	return jq_none();
}

/* Whether a check left a value as it was. */
static bool is_same(struct jq_value a, struct jq_value b)
{
	if (a.kind != b.kind || a.n != b.n)
		return false;
	switch (a.kind) {
	case JQ_OBJECT: return a.object == b.object;
	case JQ_ARRAY: return a.array == b.array;
	default: return true; /* nothing else is changed */
	}
}

static struct jq_value check_members(
    struct type_check *c, struct jq_value object, const struct place_step *at)
{
	const struct expected_kinds any = {.member = 0};
	struct jq_member *kept = heap_alloc(c->heap, object.n * sizeof(*kept));
	uint32_t n = 0;
	bool same = true;

	for (uint32_t i = 0; i < object.n; i++) {
		const struct jq_member *m = &object.object->members[i];
		struct place_step step = {at, jq_string(m->name->text)};
		struct jq_value v = check_child(c, m->value, &step,
		    m->name->id < NAME_IDS ? c->shape->kinds[m->name->id]
					   : any);

		same &= is_same(v, m->value);
		if (v.kind)
			kept[n++] = (struct jq_member){m->name, v};
	}
	return same ? object : jq_object_of(c->heap, kept, n, false);
}

static struct jq_value check_elements(struct type_check *c,
    struct jq_value array, uint16_t expected, const struct place_step *at)
{
	const struct expected_kinds each = {.member = expected};
	struct jq_value *kept = heap_alloc(c->heap, array.n * sizeof(*kept));
	bool same = true;

	for (uint32_t i = 0; i < array.n; i++) {
		struct jq_value before = array.array->items[i];
		struct place_step step = {at, jq_number(i)};
		struct jq_value v = check_child(c, before, &step, each);

		kept[i] = v.kind ? v : jq_null();
		same &= is_same(kept[i], before);
	}
	return same ? array : jq_array_of(c->heap, kept, array.n);
}

/* Check the members or elements of a value. */
static struct jq_value check_inside(struct type_check *c, struct jq_value v,
    uint16_t elements, const struct place_step *at)
{
	heap_check_stack(c->heap);
	heap_tick(c->heap);
	if (v.kind == JQ_OBJECT)
		return check_members(c, v, at);
	return v.kind == JQ_ARRAY ? check_elements(c, v, elements, at) : v;
}

struct jq_value type_check(const struct expected_shape *shape,
    const struct type_names *names, struct heap *heap, struct jq_value v,
    struct jq_value *odd)
{
	struct type_check c = {shape, names, heap, jq_array(heap, 1)};

	v = check_inside(&c, v, 0, NULL);
	*odd = c.odd;
	return v;
}

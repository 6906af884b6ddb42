/*
 * Values: JSON, as programs see it. A value is 16 bytes, passed by value, and
 * never changes: what "changes" it makes another. All they point to is memory
 * of the heap, the text that was read, or the program, so that nothing is
 * freed.
 *
 * Arrays and objects are views of the first n elements of a storage that only
 * grows at its end. An array to whose end something is added shares its storage
 * with the longer one, where that one was the first to grow there: appending
 * costs the same however long it is.
 */
#ifndef SP_VALUE_JQ_VALUE_H
#define SP_VALUE_JQ_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "value/heap.h"
#include "value/names.h"

/* In jq's order of kinds. */
enum jq_kind {
	JQ_NONE, /* no value: the absent member, or a program's lack of results
		  */
	JQ_NULL,
	JQ_FALSE,
	JQ_TRUE,
	JQ_NUMBER,
	JQ_STRING,
	JQ_ARRAY,
	JQ_OBJECT
};

struct jq_value {
	uint8_t kind;  /* enum jq_kind */
	uint8_t plain; /* a string that JSON writes as it is, without escapes */
	uint16_t bits; /* of its user; 0 in what is made here */
	uint32_t n;    /* bytes, elements or members */
	union {
		double number;
		const char *text; /* UTF-8, not NUL-terminated */
		struct jq_array *array;
		struct jq_object *object;
	};
};

struct jq_array {
	struct jq_value *items;
	uint32_t used, room; /* elements, of all views */
	struct slice raw;    /* see jq_raw */
	uint32_t edit;	     /* in which it was made, or 0 */
};

struct jq_member {
	struct name *name;
	struct jq_value value;
};

struct jq_object {
	uint32_t used, room; /* members, of all views */
	struct slice raw;
	uint32_t *index; /* of many members, by their names; or NULL */
	uint32_t index_size;
	uint32_t edit;		    /* in which it was made, or 0 */
	struct jq_member members[]; /* in the order of their making */
};

/* So many members are found faster by looking at each. */
#define JQ_FEW 24

static inline struct jq_value jq_none(void)
{
	return (struct jq_value){.kind = JQ_NONE};
}

static inline struct jq_value jq_null(void)
{
	return (struct jq_value){.kind = JQ_NULL};
}

static inline struct jq_value jq_bool(bool b)
{
	return (struct jq_value){.kind = b ? JQ_TRUE : JQ_FALSE};
}

static inline struct jq_value jq_number(double d)
{
	return (struct jq_value){.kind = JQ_NUMBER, .number = d};
}

/* A string whose bytes are borrowed: valid UTF-8 that lasts for the run. */
static inline struct jq_value jq_string(struct slice s)
{
	return (struct jq_value){
	    .kind = JQ_STRING, .n = (uint32_t)s.n, .text = s.p};
}

static inline struct slice jq_slice(struct jq_value string)
{
	return (struct slice){string.text, string.n};
}

/* All but null and false. */
static inline bool jq_is_true(struct jq_value v)
{
	return v.kind > JQ_FALSE;
}

/* A copy of bytes as a string. */
struct jq_value jq_string_copy(struct heap *, struct slice);

/* Two strings, one after the other. Where `a` was made last, it grows. */
struct jq_value jq_string_append(
    struct heap *, struct jq_value a, struct jq_value b);

/* An empty array, with room for some elements. */
struct jq_value jq_array(struct heap *, uint32_t room);

/* An array of n elements, which are copied. */
struct jq_value jq_array_of(struct heap *, const struct jq_value *, uint32_t n);

struct jq_value jq_array_append(
    struct heap *, struct jq_value array, struct jq_value);

/* The element at an index, or JQ_NONE. */
static inline struct jq_value jq_array_get(struct jq_value a, uint32_t i)
{
	return i < a.n ? a.array->items[i] : jq_none();
}

/* One of the n elements, or values of members, of an array or object. */
static inline struct jq_value jq_element(struct jq_value v, uint32_t i)
{
	return v.kind == JQ_ARRAY ? v.array->items[i]
				  : v.object->members[i].value;
}

/* With another element there; the array is filled up with null until there. */
struct jq_value jq_array_set(
    struct heap *, struct jq_value array, uint32_t i, struct jq_value);

/* The elements from..to - 1, which exist; shares the elements. */
struct jq_value jq_array_slice(
    struct heap *, struct jq_value array, uint32_t from, uint32_t to);

struct jq_value jq_object(struct heap *, uint32_t room);

/*
 * An object of n members, which are copied. Where they may have a name twice,
 * the last of it counts, at the place of the first.
 */
struct jq_value jq_object_of(
    struct heap *, const struct jq_member *, uint32_t n, bool may_repeat);

/* The members of a, and those of b: for a name in both, b's in the place of
 * a's. */
struct jq_value jq_object_add(
    struct heap *, struct jq_value a, struct jq_value b);

/* The member of a name, or JQ_NONE. */
struct jq_value jq_object_find(struct jq_value object, const struct name *);

/*
 * The same where the look-ups of a place in a program mostly find it at the
 * same index: *hint, which is updated.
 */
static inline struct jq_value jq_object_get(
    struct jq_value o, const struct name *name, uint32_t *hint)
{
	uint32_t i = *hint;

	if (i < o.n && o.object->members[i].name == name)
		return o.object->members[i].value;
	if (o.n > JQ_FEW)
		return jq_object_find(o, name);
	for (i = 0; i < o.n; i++)
		if (o.object->members[i].name == name) {
			*hint = i;
			return o.object->members[i].value;
		}
	return jq_none();
}

/* With a member: at the place of that of the same name, else as the last. */
struct jq_value jq_object_set(
    struct heap *, struct jq_value object, struct name *, struct jq_value);

/*
 * Edits: whoever changes one value in many places sets heap->edit, to a number
 * of its own, around each change. What jq_array_set and jq_object_set made
 * under that number they change in place, where they would copy. No such value
 * may have got elsewhere before; if it has, the edit goes on with a new number.
 */
static inline uint32_t jq_new_edit(struct heap *h)
{
	return ++h->edits;
}

static inline bool jq_is_of_edit(struct jq_value v, uint32_t edit)
{
	return (v.kind == JQ_ARRAY && v.array->edit == edit) ||
	       (v.kind == JQ_OBJECT && v.object->edit == edit);
}

/* Without the member of a name. */
struct jq_value jq_object_delete(
    struct heap *, struct jq_value object, const struct name *);

/* The indexes of an object's members in the order of their names' code points;
 * on the heap. */
uint32_t *jq_object_order(struct heap *, struct jq_value object);

/*
 * The text that an array or object was read from, where writing the value gives
 * the very same; else p == NULL. It nests at most JQ_RAW_DEPTH deep.
 */
struct slice jq_raw(struct jq_value);

#define JQ_RAW_DEPTH 16

/*
 * jq's order of values, as strcmp: <0, 0, >0. Strings go by their bytes, which
 * is the order of code points; objects by their sorted names, then by what they
 * have there. NaN is less than any number, itself included; but an array or
 * object is equal to itself.
 */
int jq_compare(struct heap *, struct jq_value, struct jq_value);
bool jq_equal(struct heap *, struct jq_value, struct jq_value);

/* "null", "boolean", "number", "string", "array", "object". */
const char *jq_kind_name(struct jq_value);

#endif

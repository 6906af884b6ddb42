/*
 * Programs: jq text as a tree of nodes, with its names resolved.
 *
 * A function's variables and closure parameters have slots of a frame, which
 * each of its calls makes. A reference is (level, slot): how many functions
 * further out its frame is, and where in it. The argument of a call is a
 * closure: a node, and the frame it was written in. One that has variables of
 * its own is a function without a name, whose frame is made each time it is
 * evaluated, since it may be evaluated again within itself.
 *
 * A node yields at most one result, or it may yield many. The first kind is
 * evaluated by a plain call, which is most of what programs do. A node whose
 * only doubt is a closure parameter is decided at each call of its function.
 */
#ifndef SP_JQ_NODE_H
#define SP_JQ_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "value/jq_value.h"
#include "value/names.h"

struct frame;
struct machine;
struct place;
struct place_sink;
struct program_source;

enum node_kind {
	NODE_IDENTITY, /* . */
	NODE_CONSTANT, /* `constant`; literals of arrays and objects, too */
	NODE_VARIABLE, /* $x: level, slot */
	NODE_FIELD,    /* a.name */
	NODE_INDEX,    /* a[b]; b is evaluated before a, with the same input */
	NODE_SLICE,    /* a[b:c]; b or c may be NULL */
	NODE_EACH,     /* a[] */
	NODE_ARRAY,    /* [a]; an empty one is a constant */
	NODE_OBJECT,   /* {entries}: pairs of nodes, key and value */
	NODE_STRING,   /* "..\(x)..": parts, by turns texts, which are
			  constants, and expressions */
	NODE_PIPE,     /* a | b */
	NODE_COMMA,    /* a, b */
	NODE_NEGATE,   /* -a */
	NODE_ADD,      /* a + b, and so on; b is evaluated before a */
	NODE_SUBTRACT,
	NODE_MULTIPLY,
	NODE_DIVIDE,
	NODE_MODULO,
	NODE_EQUAL,
	NODE_UNEQUAL,
	NODE_LESS,
	NODE_LESS_EQUAL,
	NODE_GREATER,
	NODE_GREATER_EQUAL,
	NODE_AND,
	NODE_OR,
	NODE_ALTERNATIVE, /* a // b */
	NODE_ASSIGN,	  /* a = b */
	NODE_UPDATE,	  /* a |= b */
	NODE_UPDATE_BY,	  /* a += b, and so on: `op` is NODE_ADD ..., or
			     NODE_ALTERNATIVE */
	NODE_IF,	  /* if a then b else c; without else, c is . */
	NODE_TRY,	  /* try a catch b; b is NULL without catch; a? */
	NODE_REDUCE,	  /* reduce a as $slot (b; c) */
	NODE_AS,	  /* a as $slot | b */
	NODE_CALL,	  /* function: `function`, its arguments; level is that
			     of the frame in which the function was defined */
	NODE_PARAMETER,	  /* closure parameter: level, slot */
	NODE_BUILTIN,	  /* `builtin`, with its arguments */
	NODE_DEFINE	  /* while compiling: def of `function`; a is what
			     follows */
};

struct node;
struct function;
struct builtin;

/* An argument of a call: a closure. */
struct argument {
	struct node *body;
	uint32_t slots; /* of its frame; 0: it is evaluated in the frame it is
			   written in, and its body makes no level */
};

struct node {
	uint8_t kind;  /* enum node_kind */
	uint8_t op;    /* of NODE_UPDATE_BY */
	bool optional; /* of NODE_FIELD, _INDEX, _SLICE, _EACH, with `?`: yields
			  nothing where that step fails; an error of its
			  parts remains one */
	bool many;     /* may yield more than one result ... */
	uint32_t many_if; /* ... if one of these parameters of the function that
			     it is in does: bits, by their slots */
	uint32_t line;	  /* of the source */
	uint32_t level, slot;
	uint32_t hint; /* of jq_object_get; the one part that running changes */
	uint32_t count; /* of parts: 2 for each entry; or of arguments */
	union {
		struct {
			struct node *a, *b, *c;
		};
		struct node *operands[3];   /* a to c */
		struct node **parts;	    /* of NODE_OBJECT and _STRING */
		struct argument *arguments; /* of NODE_CALL and _BUILTIN */
	};
	union {				  /* by kind */
		struct jq_value constant; /* lasts as long as the program */
		struct function *function;
		const struct builtin *builtin;
		struct slice text; /* while compiling: the name of a function,
				      or of a variable, with its `$` */
	};
	struct name *name; /* of NODE_FIELD; also of a constant string, if it
			      is the key of an entry */
};

static inline bool node_has_parts(const struct node *n)
{
	return n->kind == NODE_OBJECT || n->kind == NODE_STRING;
}

struct function {
	struct slice name;
	uint32_t arity; /* closures, in the slots from 0 */
	uint32_t slots; /* of its frame, with those */
	bool many;
	uint32_t many_if;
	struct node *body;

	/* While compiling. */
	struct slice *parameters; /* as many as its arity */
	const struct program_source *source;
};

/* A function of jq that is written in C: jq/builtins.h. */
struct builtin {
	const char *name;
	uint32_t arity;
	bool many; /* it yields many results, whatever its arguments do */

	/*
	 * Either a function of the values of its input and arguments, called
	 * for each combination of what the arguments yield. JQ_NONE without
	 * a result, or after machine_error.
	 */
	struct jq_value (*call)(struct machine *, struct jq_value input,
	    const struct jq_value *arguments);

	/* Or what evaluates its arguments itself: range, path, limit ...; see
	 * jq/paths.h. */
	bool (*generate)(struct machine *, struct node *, struct frame *,
	    const struct place *, struct place_sink *);

	bool one; /* it yields at most one, whatever its arguments do */
};

struct program {
	struct node *body;
	uint32_t slots; /* of the outermost frame */

	struct heap heap; /* all of it lies there; private */
};

#endif

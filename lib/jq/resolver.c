/*
 * Names are looked up in the symbol of their text: the innermost binding first.
 * What is bound is bound until `unbind`, which restores what was before.
 */
#include <string.h>

#include "base/mem.h"
#include "jq/builtins.h"
#include "jq/compiler.h"

enum binding_kind { BINDING_VARIABLE, BINDING_LABEL, BINDING_FUNCTION };

struct binding {
	struct binding *shadowed; /* of the same text */
	struct binding *before;	  /* bound before this one */
	uint32_t symbol;	  /* the text, as compiler->symbols has it */
	uint32_t arity;		  /* of a function or closure parameter */
	uint32_t depth, slot;	  /* its frame, and where in it */
	enum binding_kind kind;
	struct function *function; /* NULL for a closure parameter */
};

/* A frame that the code being resolved makes: of a function, or of a closure
 * within it. */
struct scope {
	struct scope *outer;
	uint32_t depth, slots;
	uint32_t function; /* depth of the function's frame */
};

/* Names of functions that jq has: to be refused as such. */
#define ABSENT                                                                \
	"INDEX JOIN abs acos acosh add ascii asin asinh atan atan2 atanh "    \
	"bsearch builtins capture cbrt copysign cos cosh debug drem env erf " \
	"erfc exp10 exp2 expm1 fdim finites fma fmax fmin fmod format frexp " \
	"fromdate fromdateiso8601 fromjson fromstream gamma get_jq_origin "   \
	"get_prog_origin get_search_list gmtime gsub halt halt_error "        \
	"have_decnum have_literal_numbers hypot input input_filename "        \
	"input_line_number inputs isfinite j0 j1 jn ldexp leaf_paths lgamma " \
	"lgamma_r localtime log1p logb ltrim match mktime modf modulemeta "   \
	"nearbyint nextafter nexttoward normals now pick pow10 recurse_down " \
	"remainder rint rtrim scalars_or_empty scalb scalbln scan "           \
	"significand sin sinh skip split splits stderr strflocaltime "        \
	"strftime strptime sub tan tanh test tgamma toarray todate "          \
	"todateiso8601 tostream trim trimstr truncate_stream y0 y1 yn"

struct resolver {
	struct compiler *compiler;
	struct binding **symbols; /* by number: the innermost binding */
	struct binding *last;
	struct scope *scope;
	struct function **functions; /* by the order of their ends */
	size_t functions_n;
};

static void resolve(struct resolver *, struct node **);

static uint32_t symbol_of(struct resolver *r, struct slice text)
{
	bool is_new;
	uint32_t symbol = intern(&r->compiler->symbols, text, &is_new);

	if (is_new)
		r->symbols = compiler_grow(
		    r->compiler, r->symbols, symbol, sizeof(*r->symbols));
	return symbol;
}

static struct binding *bind_name(
    struct resolver *r, enum binding_kind kind, struct slice text)
{
	struct binding *b = compiler_new(r->compiler, sizeof(*b));

	b->kind = kind;
	b->symbol = symbol_of(r, text);
	b->shadowed = r->symbols[b->symbol];
	b->before = r->last;
	b->depth = r->scope->depth;
	r->symbols[b->symbol] = b;
	r->last = b;
	return b;
}

/* Back to when `last` was the last binding. */
static void unbind(struct resolver *r, struct binding *last)
{
	for (; r->last != last; r->last = r->last->before)
		r->symbols[r->last->symbol] = r->last->shadowed;
}

static struct binding *look_up(struct resolver *r, enum binding_kind kind,
    struct slice text, uint32_t arity)
{
	uint32_t symbol = symbol_of(r, text);
	struct binding *b = r->symbols[symbol];

	while (b && (b->kind != kind || b->arity != arity))
		b = b->shadowed;
	return b;
}

/* Set the level and slot of a node. */
static void refer(struct resolver *r, struct node *n, const struct binding *b)
{
	n->level = r->scope->depth - b->depth;
	n->slot = b->slot;
}

static void resolve_variable(struct resolver *r, struct node *n)
{
	struct binding *b;

	if (n->a) { /* of a pattern, in the same frame */
		n->slot = n->a->slot;
		n->a = NULL;
		return;
	}
	b = look_up(r, BINDING_VARIABLE, n->text, 0);
	if (!b)
		compile_error(r->compiler, n->line, "$%.*s is not defined",
		    shown(n->text), n->text.p);
	refer(r, n, b);
}

static void resolve_break(struct resolver *r, struct node *n)
{
	struct binding *b = look_up(r, BINDING_LABEL, n->text, 0);

	if (!b)
		compile_error(r->compiler, n->line,
		    "the label $%.*s is not defined", shown(n->text),
		    n->text.p);
	refer(r, n, b);
}

/* A closure that has variables has a frame of its own. */
static void resolve_argument(struct resolver *r, struct argument *argument)
{
	struct scope scope = {
	    r->scope, r->scope->depth + 1, 0, r->scope->function};

	if (argument->slots > 0)
		r->scope = &scope;
	resolve(r, &argument->body);
	if (argument->slots > 0) {
		argument->slots = scope.slots;
		r->scope = scope.outer;
	}
}

static bool is_absent(struct slice name)
{
	struct slice rest = SLICE(ABSENT);

	while (rest.n > 0)
		if (slice_eq(slice_cut(&rest, ' '), name))
			return true;
	return false;
}

static _Noreturn void undefined(struct resolver *r, const struct node *n)
{
	bool absence = is_absent(n->text);

	compile_error(r->compiler, n->line, "%s'%.*s/%u'%s",
	    absence ? "the engine has no " : "", shown(n->text), n->text.p,
	    (unsigned)n->count, absence ? "" : " is not defined");
}

/*
 * A parameter of the function itself decides at each call how many results
 * there may be; another one's may be many.
 */
static void make_parameter(struct resolver *r, struct node *n)
{
	n->kind = NODE_PARAMETER;
	if (r->scope->depth - n->level == r->scope->function && n->slot < 32)
		n->many_if = UINT32_C(1) << n->slot;
	else
		n->many = true;
}

static void resolve_call(struct resolver *r, struct node *n)
{
	struct binding *b = look_up(r, BINDING_FUNCTION, n->text, n->count);
	const struct builtin *builtin =
	    b ? NULL : builtin_of(n->text, n->count);

	if (!b && !builtin)
		undefined(r, n);
	for (uint32_t i = 0; i < n->count; i++)
		resolve_argument(r, &n->arguments[i]);
	if (builtin) {
		n->kind = NODE_BUILTIN;
		n->builtin = builtin;
		return;
	}
	refer(r, n, b);
	if (b->function)
		n->function = b->function;
	else
		make_parameter(r, n);
}

static struct binding *bind_variable(
    struct resolver *r, struct slice name, uint32_t slot)
{
	struct binding *b = bind_name(r, BINDING_VARIABLE, name);

	b->slot = slot;
	return b;
}

/* Bind the named variables of a pattern's NODE_AS; the last one. */
static struct node *bind_pattern(
    struct resolver *r, struct node *first, uint32_t count)
{
	struct node *n = first;

	for (;; n = n->b) {
		if (n->text.p)
			bind_variable(r, n->text, n->slot);
		if (--count == 0)
			return n;
	}
}

/*
 * All NODE_AS of a pattern, which see none of its variables, and then what sees
 * them.
 */
static void resolve_as(struct resolver *r, struct node *first)
{
	struct binding *last = r->last;
	struct node *n = first;

	for (uint32_t i = 0; i < first->count; i++, n = n->b) {
		resolve(r, &n->a);
		n->slot = r->scope->slots++;
	}
	n = bind_pattern(r, first, first->count);
	resolve(r, &n->b);
	unbind(r, last);
}

/* reduce, foreach */
static void resolve_loop(struct resolver *r, struct node *n)
{
	struct binding *last = r->last;

	resolve(r, &n->a);
	resolve(r, &n->b);
	n->slot = r->scope->slots++;
	if (n->count == 0)
		bind_variable(r, n->text, n->slot);
	resolve(r, &n->c);
	if (n->d) {
		if (n->count > 0)
			bind_pattern(r, n->c, n->count);
		resolve(r, &n->d);
	}
	unbind(r, last);
}

static void resolve_label(struct resolver *r, struct node *n)
{
	struct binding *last = r->last;

	n->slot = r->scope->slots++;
	bind_name(r, BINDING_LABEL, n->text)->slot = n->slot;
	resolve(r, &n->a);
	unbind(r, last);
}

/* Its parameters, and around its body `parameter as $name | ...`. */
static void bind_parameters(struct resolver *r, struct function *f)
{
	struct node **body = &f->body, *inner = f->body;

	for (uint32_t i = 0; i < f->arity; i++)
		bind_name(r, BINDING_FUNCTION, f->parameters[i].name)->slot = i;
	for (uint32_t i = 0; i < f->arity; i++) {
		struct node *as, *closure;

		if (!f->parameters[i].is_value)
			continue;
		as = compiler_new(r->compiler, sizeof(*as));
		closure = compiler_new(r->compiler, sizeof(*closure));
		closure->line = as->line = inner->line;
		closure->slot = i;
		make_parameter(r, closure);
		as->kind = NODE_AS;
		as->a = closure;
		as->b = inner;
		as->slot = r->scope->slots++;
		bind_variable(r, f->parameters[i].name, as->slot);
		*body = as;
		body = &as->b;
	}
	resolve(r, body);
}

static void add_function(struct resolver *r, struct function *f)
{
	r->functions = compiler_grow(r->compiler, r->functions, r->functions_n,
	    sizeof(struct function *));
	r->functions[r->functions_n++] = f;
}

static void resolve_function(struct resolver *r, struct function *f)
{
	uint32_t depth = r->scope->depth + 1;
	struct scope scope = {r->scope, depth, f->arity, depth};
	struct binding *last = r->last;

	r->scope = &scope;
	bind_parameters(r, f);
	unbind(r, last);
	r->scope = scope.outer;
	f->slots = scope.slots;
	add_function(r, f);
}

/* Definitions are seen by themselves and by what follows, which replaces them.
 */
static void resolve_definitions(
    struct resolver *r, struct node **at, bool of_sources)
{
	struct binding *last = r->last, *b;
	struct node *n = *at;

	for (; n->kind == NODE_DEFINE; n = n->a) {
		if (of_sources)
			r->compiler->source = n->slot;
		b = bind_name(r, BINDING_FUNCTION, n->function->name);
		b->arity = n->function->arity;
		b->function = n->function;
		resolve_function(r, n->function);
	}
	if (of_sources)
		r->compiler->source = r->compiler->count - 1;
	*at = n;
	resolve(r, at);
	unbind(r, last);
}

/* Turn a node into a constant. */
static void make_constant(struct node *n, struct jq_value v)
{
	n->kind = NODE_CONSTANT;
	n->a = n->b = n->c = n->d = NULL;
	n->constant = v;
}

/* [1, 2]: elements are nested commas. */
static bool add_elements(
    struct resolver *r, const struct node *n, struct jq_value *array)
{
	struct heap *heap = r->compiler->heap;

	heap_check_stack(heap);
	if (n->kind == NODE_COMMA)
		return add_elements(r, n->a, array) &&
		       add_elements(r, n->b, array);
	if (n->kind != NODE_CONSTANT)
		return false;
	*array = jq_array_append(heap, *array, n->constant);
	return true;
}

static void fold_array(struct resolver *r, struct node *n)
{
	struct jq_value array = jq_array(r->compiler->heap, 0);

	if (!n->a || add_elements(r, n->a, &array))
		make_constant(n, array);
}

/* Find the names of keys that are constants. */
static void name_keys(struct resolver *r, struct node *n)
{
	for (uint32_t i = 0; i < n->count; i += 2) {
		struct node *key = n->parts[i];

		if (key->kind != NODE_CONSTANT)
			continue;
		if (key->constant.kind != JQ_STRING)
			compile_error(r->compiler, key->line,
			    "the engine has no object keys of type %s",
			    jq_kind_name(key->constant));
		key->name =
		    names_add(r->compiler->names, jq_slice(key->constant));
	}
}

static void fold_object(struct resolver *r, struct node *n)
{
	struct heap *heap = r->compiler->heap;
	struct jq_value object = jq_object(heap, n->count / 2);

	name_keys(r, n);
	for (uint32_t i = 0; i < n->count; i += 2) {
		if (n->parts[i]->kind != NODE_CONSTANT ||
		    n->parts[i + 1]->kind != NODE_CONSTANT)
			return;
		object = jq_object_set(
		    heap, object, n->parts[i]->name, n->parts[i + 1]->constant);
	}
	make_constant(n, object);
}

/* Simplify a node whose parts are resolved. */
static void simplify(struct resolver *r, struct node **at)
{
	struct node *n = *at;

	switch (n->kind) {
	case NODE_PIPE:
		if (n->a->kind == NODE_IDENTITY)
			*at = n->b;
		else if (n->b->kind == NODE_IDENTITY)
			*at = n->a;
		break;
	case NODE_NEGATE:
		if (n->a->kind == NODE_CONSTANT &&
		    n->a->constant.kind == JQ_NUMBER)
			make_constant(n, jq_number(-n->a->constant.number));
		break;
	case NODE_ARRAY: fold_array(r, n); break;
	case NODE_OBJECT: fold_object(r, n); break;
	default: break;
	}
}

static void resolve_operands(struct resolver *r, struct node *n)
{
	uint32_t count;
	struct node **operands = node_operands(n, &count);

	for (uint32_t i = 0; i < count; i++)
		if (operands[i])
			resolve(r, &operands[i]);
}

static void resolve(struct resolver *r, struct node **at)
{
	struct node *n = *at;

	heap_check_stack(r->compiler->heap);
	switch (n->kind) {
	case NODE_VARIABLE: resolve_variable(r, n); break;
	case NODE_BREAK: resolve_break(r, n); break;
	case NODE_CALL: resolve_call(r, n); break;
	case NODE_AS: resolve_as(r, n); break;
	case NODE_REDUCE:
	case NODE_FOREACH: resolve_loop(r, n); break;
	case NODE_LABEL: resolve_label(r, n); break;
	case NODE_DEFINE: resolve_definitions(r, at, false); break;
	default: resolve_operands(r, n); simplify(r, at);
	}
}

void resolve_names(struct compiler *c, struct node *tree)
{
	struct scope scope = {NULL, 0, 0, 0};
	struct resolver r = {.compiler = c,
	    .scope = &scope,
	    .symbols = compiler_new(c, sizeof(*r.symbols))};
	struct function *body = compiler_new(c, sizeof(*body));

	resolve_definitions(&r, &tree, true);
	c->program->body = body->body = tree;
	c->program->slots = scope.slots;
	add_function(&r, body);
	find_many(c, r.functions, r.functions_n);
}

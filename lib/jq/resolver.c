/*
 * Names are looked up in the list of what is bound, the innermost first. The
 * name of a variable begins with `$`, which that of a function cannot.
 */
#include "jq/builtins.h"
#include "jq/compiler.h"

struct binding {
	struct binding *before;
	struct slice name;
	uint32_t arity;		   /* of a function or closure parameter */
	uint32_t depth, slot;	   /* its frame, and where in it */
	struct function *function; /* NULL for others */
};

/* A frame that the code being resolved makes: of a function, or of a closure
 * within it. */
struct scope {
	struct scope *outer;
	uint32_t depth, slots;
	uint32_t function; /* depth of the function's frame */
};

struct resolver {
	struct compiler *compiler;
	struct binding *last;
	struct scope *scope;
};

static void resolve(struct resolver *, struct node **);

/* Bind a name, until the one before is r->last again. */
static struct binding *bind_name(
    struct resolver *r, struct slice name, uint32_t slot)
{
	struct binding *b = compiler_new(r->compiler, sizeof(*b));

	b->before = r->last;
	b->name = name;
	b->depth = r->scope->depth;
	b->slot = slot;
	r->last = b;
	return b;
}

static struct binding *look_up(
    struct resolver *r, struct slice name, uint32_t arity)
{
	struct binding *b = r->last;

	while (b && (b->arity != arity || !slice_eq(b->name, name)))
		b = b->before;
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
	struct binding *b = look_up(r, n->text, 0);

	if (!b && slice_is(n->text, "$ENV"))
		compile_error(r->compiler, n->line, "the engine has no '$ENV'");
	if (!b)
		compile_error(r->compiler, n->line, "%.*s is not defined",
		    shown(n->text), n->text.p);
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
	struct binding *b = look_up(r, n->text, n->count);
	const struct builtin *builtin =
	    b ? NULL : builtin_of(n->text, n->count);

	if (!b && !builtin)
		compile_error(r->compiler, n->line,
		    "the engine has no '%.*s/%u'", shown(n->text), n->text.p,
		    (unsigned)n->count);
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

/* a as $x | b, and reduce a as $x (b; c): the last part sees the variable. */
static void resolve_binding(struct resolver *r, struct node *n)
{
	struct binding *last = r->last;
	uint32_t seeing = n->kind == NODE_AS ? 1 : 2;

	for (uint32_t i = 0; i < seeing; i++)
		resolve(r, &n->operands[i]);
	n->slot = r->scope->slots++;
	bind_name(r, n->text, n->slot);
	resolve(r, &n->operands[seeing]);
	r->last = last;
}

/* What calls itself is taken to yield many results. */
static void resolve_function(struct resolver *r, struct function *f)
{
	uint32_t depth = r->scope->depth + 1;
	struct scope scope = {r->scope, depth, f->arity, depth};
	struct binding *last = r->last;

	r->scope = &scope;
	f->many = true;
	for (uint32_t i = 0; i < f->arity; i++)
		bind_name(r, f->parameters[i], i);
	resolve(r, &f->body);
	r->last = last;
	r->scope = scope.outer;
	f->slots = scope.slots;
	f->many = f->body->many;
	f->many_if = f->body->many_if;
}

/* Definitions are seen by themselves and by what follows, which replaces them.
 */
static void resolve_definitions(struct resolver *r, struct node **at)
{
	const struct program_source *source = r->compiler->source;
	struct binding *last = r->last, *b;
	struct node *n = *at;

	for (; n->kind == NODE_DEFINE; n = n->a) {
		r->compiler->source = n->function->source;
		b = bind_name(r, n->function->name, 0);
		b->arity = n->function->arity;
		b->function = n->function;
		resolve_function(r, n->function);
	}
	r->compiler->source = source;
	*at = n;
	resolve(r, at);
	r->last = last;
}

static void resolve_operands(struct resolver *r, struct node *n)
{
	uint32_t count;
	struct node **operands = node_operands(n, &count);

	for (uint32_t i = 0; i < count; i++)
		if (operands[i])
			resolve(r, &operands[i]);
}

/* A node may yield as many results as a part of it does. */
static void add_many(struct node *n, const struct node *part)
{
	n->many |= part->many;
	n->many_if |= part->many_if;
}

/* A call yields what the function does; if that depends on arguments, them. */
static void find_many_of_call(struct node *n)
{
	bool is_builtin = n->kind == NODE_BUILTIN;
	uint32_t by = is_builtin ? 0 : n->function->many_if;

	n->many |= is_builtin ? n->builtin->many : n->function->many;
	for (uint32_t i = 0; i < n->count; i++)
		if (is_builtin ? !n->builtin->one
			       : i < 32 && by & UINT32_C(1) << i)
			add_many(n, n->arguments[i].body);
}

/* Whether a node may yield many results, after its parts are resolved. */
static void find_many(struct node *n)
{
	uint32_t count;
	struct node **operands = node_operands(n, &count);

	switch (n->kind) {
	case NODE_PARAMETER:
	case NODE_ARRAY:
	case NODE_UPDATE: return;
	case NODE_EACH:
	case NODE_COMMA: n->many = true; return;
	case NODE_CALL:
	case NODE_BUILTIN: find_many_of_call(n); return;
	case NODE_ASSIGN:
	case NODE_UPDATE_BY:
	case NODE_REDUCE: add_many(n, n->b); return;
	default: break;
	}
	for (uint32_t i = 0; i < count; i++)
		if (operands[i])
			add_many(n, operands[i]);
}

static void resolve(struct resolver *r, struct node **at)
{
	struct node *n = *at;

	heap_check_stack(r->compiler->heap);
	switch (n->kind) {
	case NODE_VARIABLE: resolve_variable(r, n); break;
	case NODE_CALL: resolve_call(r, n); break;
	case NODE_AS:
	case NODE_REDUCE: resolve_binding(r, n); break;
	case NODE_DEFINE: resolve_definitions(r, at); break;
	default: resolve_operands(r, n);
	}
	find_many(*at);
}

void resolve_names(struct compiler *c, struct node *tree)
{
	struct scope scope = {NULL, 0, 0, 0};
	struct resolver r = {.compiler = c, .scope = &scope};

	resolve(&r, &tree);
	c->program->body = tree;
	c->program->slots = scope.slots;
}

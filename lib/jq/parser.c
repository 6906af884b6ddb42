/*
 * jq 1.6's grammar, by recursive descent: terms, and then the expressions that
 * operators make of them.
 */
#include "base/array.h"
#include "jq/compiler.h"
#include "jq/lexer.h"

struct parser {
	struct compiler *compiler;
	struct lexer lexer;
	uint32_t bindings; /* variables of the closure or function that is
			      being read */
};

/*
 * What binds least comes first. Before an operator may be what has no end of
 * its own (def, as, and a sign, whose end is that of a product): it takes all
 * that can follow it. try and catch take no operator.
 */
enum precedence {
	OF_PIPE,
	OF_COMMA,
	OF_ALTERNATIVE,
	OF_ASSIGNMENT,
	OF_OR,
	OF_AND,
	OF_COMPARISON,
	OF_SUM,
	OF_PRODUCT,
	OF_OPTION,
	OF_TRY
};

static struct node *parse_operators(struct parser *, enum precedence);
static struct node *parse_term(struct parser *);

/* An expression that ends where no operator follows. */
static struct node *parse_expression(struct parser *p)
{
	return parse_operators(p, OF_PIPE);
}

static bool at(const struct parser *p, int token)
{
	return p->lexer.token == token;
}

static bool accept(struct parser *p, int token)
{
	if (p->lexer.token != token)
		return false;
	lexer_next(&p->lexer);
	return true;
}

/* What jq has, and the engine does not. */
static bool is_absent(const struct lexer *l)
{
	return (l->token >= TOKEN_ABSENT && l->token < TOKEN_AND) ||
	       l->token == TOKEN_FORMAT || l->token == '$' ||
	       slice_is(l->text, "::") || slice_is(l->text, "?//") ||
	       slice_is(l->text, "$__loc__");
}

static _Noreturn void unexpected(struct parser *p)
{
	const struct lexer *l = &p->lexer;

	if (l->token == TOKEN_END)
		compile_error(
		    p->compiler, l->at, "syntax error, unexpected end");
	compile_error(p->compiler, l->at, "%s '%.*s'",
	    is_absent(l) ? "the engine has no" : "syntax error, unexpected",
	    shown(l->text), l->text.p);
}

static void expect(struct parser *p, int token)
{
	if (!accept(p, token))
		unexpected(p);
}

static struct slice parse_word(struct parser *p)
{
	struct slice text = p->lexer.text;

	expect(p, TOKEN_WORD);
	return text;
}

/* $name, with its `$` */
static struct slice parse_variable(struct parser *p)
{
	struct slice text = p->lexer.text;

	if (slice_is(text, "$__loc__"))
		unexpected(p);
	expect(p, TOKEN_VARIABLE);
	return text;
}

/* A node at the line of the current token. */
static struct node *new_node(
    struct parser *p, enum node_kind kind, struct node *a)
{
	struct node *n = compiler_new(p->compiler, sizeof(*n));

	n->kind = (uint8_t)kind;
	n->line = p->lexer.at;
	n->a = a;
	if (kind == NODE_AS || kind == NODE_REDUCE)
		p->bindings++;
	return n;
}

static struct node *new_constant(struct parser *p, struct jq_value v)
{
	struct node *n = new_node(p, NODE_CONSTANT, NULL);

	n->constant = v;
	return n;
}

static struct node *new_string(struct parser *p, struct slice text)
{
	return new_constant(p, jq_string_copy(p->compiler->heap, text));
}

/* a.name */
static struct node *new_field(
    struct parser *p, struct node *a, struct slice name)
{
	struct node *n = new_node(p, NODE_FIELD, a);

	n->name = names_add(p->compiler->names, name);
	return n;
}

static bool is_constant(const struct node *n, enum jq_kind kind)
{
	return n->kind == NODE_CONSTANT && n->constant.kind == kind;
}

/* a[b] */
static struct node *new_index(struct parser *p, struct node *a, struct node *b)
{
	struct node *n;

	if (is_constant(b, JQ_STRING))
		return new_field(p, a, jq_slice(b->constant));
	n = new_node(p, NODE_INDEX, a);
	n->b = b;
	return n;
}

/* -a */
static struct node *new_negation(struct parser *p, struct node *a)
{
	if (is_constant(a, JQ_NUMBER))
		return new_constant(p, jq_number(-a->constant.number));
	return new_node(p, NODE_NEGATE, a);
}

static void add_part(struct parser *p, struct node *n, struct node *part)
{
	n->parts = compiler_grow(
	    p->compiler, n->parts, n->count, sizeof(struct node *));
	n->parts[n->count++] = part;
}

/* A string, from its first quote on. */
static struct node *parse_string(struct parser *p)
{
	struct node *n = new_node(p, NODE_STRING, NULL);
	struct buf *text = &p->compiler->text;
	bool more = true;

	if (!at(p, '"'))
		unexpected(p);
	while (more) {
		buf_clear(text);
		more = lexer_string(&p->lexer, text);
		add_part(p, n, new_string(p, buf_slice(text)));
		lexer_next(&p->lexer);
		if (!more)
			break;
		add_part(p, n, parse_expression(p));
		if (!at(p, ')'))
			unexpected(p);
	}
	return n->count == 1 ? n->parts[0] : n;
}

/* []; [b]; [b:c], [b:] and [:c] */
static struct node *parse_brackets(struct parser *p, struct node *a)
{
	struct node *n = new_node(p, NODE_SLICE, a);

	expect(p, '[');
	if (accept(p, ']')) {
		n->kind = NODE_EACH;
		return n;
	}
	if (!at(p, ':'))
		n->b = parse_expression(p);
	if (n->b && accept(p, ']'))
		return new_index(p, a, n->b);
	expect(p, ':');
	if (!n->b || !at(p, ']'))
		n->c = parse_expression(p);
	expect(p, ']');
	return n;
}

/* .name, ."name" and brackets, each with `?` or without; `point` is that the
 * point of the first one has been read. */
static struct node *parse_steps(struct parser *p, struct node *n, bool point)
{
	for (;; point = false) {
		if (at(p, TOKEN_FIELD)) {
			n = new_field(p, n, slice_from(p->lexer.text, 1));
			lexer_next(&p->lexer);
		} else if (at(p, '[')) {
			n = parse_brackets(p, n);
		} else if ((point && at(p, '"')) || accept(p, '.')) {
			n = new_index(p, n, parse_string(p));
		} else {
			return n;
		}
		n->optional = accept(p, '?');
	}
}

/* The argument of a call, with its bindings in `slots`. */
static struct argument parse_argument(struct parser *p)
{
	uint32_t outer = p->bindings;
	struct argument argument;

	p->bindings = 0;
	argument.body = parse_expression(p);
	argument.slots = p->bindings;
	p->bindings = outer;
	return argument;
}

static struct node *new_call(struct parser *p, struct slice name)
{
	struct node *n = new_node(p, NODE_CALL, NULL);

	n->text = name;
	return n;
}

/* A name, and maybe arguments. null, true and false are no functions. */
static struct node *parse_call(struct parser *p)
{
	struct node *n = new_call(p, parse_word(p));

	if (!accept(p, '(')) {
		if (slice_is(n->text, "null"))
			return new_constant(p, jq_null());
		if (slice_is(n->text, "true") || slice_is(n->text, "false"))
			return new_constant(p, jq_bool(n->text.n == 4));
		return n;
	}
	do {
		n->arguments = compiler_grow(p->compiler, n->arguments,
		    n->count, sizeof(struct argument));
		n->arguments[n->count++] = parse_argument(p);
	} while (accept(p, ';'));
	expect(p, ')');
	return n;
}

static struct node *parse_in_parentheses(struct parser *p)
{
	struct node *n;

	expect(p, '(');
	n = parse_expression(p);
	expect(p, ')');
	return n;
}

/* The value of an entry: terms, with signs or without, and pipes. */
static struct node *parse_value(struct parser *p, bool pipes)
{
	struct node *n;

	heap_check_stack(p->compiler->heap);
	n = accept(p, '-') ? new_negation(p, parse_value(p, false))
			   : parse_term(p);
	if (pipes && at(p, '|')) {
		n = new_node(p, NODE_PIPE, n);
		lexer_next(&p->lexer);
		n->b = parse_value(p, true);
	}
	return n;
}

static struct node *parse_reference(struct parser *p)
{
	struct node *n = new_node(p, NODE_VARIABLE, NULL);

	n->text = parse_variable(p);
	return n;
}

static void add_entry(
    struct parser *p, struct node *object, struct node *key, struct node *value)
{
	if (is_constant(key, JQ_STRING))
		key->name =
		    names_add(p->compiler->names, jq_slice(key->constant));
	else if (key->kind == NODE_CONSTANT)
		compile_error(p->compiler, key->line,
		    "the engine has no object keys of type %s",
		    jq_kind_name(key->constant));
	add_part(p, object, key);
	add_part(p, object, value);
}

/* KEY: VALUE; a word or a string may be without a value: {name}. */
static void parse_entry(struct parser *p, struct node *object)
{
	int token = p->lexer.token;
	struct node *key, *value;

	if (token >= TOKEN_WORD) {
		key = new_string(p, p->lexer.text);
		lexer_next(&p->lexer);
	} else {
		key = token == '(' ? parse_in_parentheses(p) : parse_string(p);
	}
	if (accept(p, ':'))
		value = parse_value(p, true);
	else if (token != TOKEN_WORD && token != '"')
		unexpected(p);
	else if (!is_constant(key, JQ_STRING))
		compile_error(p->compiler, key->line,
		    "the engine has no '\\(' in a key without a value");
	else
		value = new_index(p, new_node(p, NODE_IDENTITY, NULL), key);
	add_entry(p, object, key, value);
}

/* An object whose entries are constants is one. */
static struct node *fold_object(struct parser *p, struct node *n)
{
	struct heap *heap = p->compiler->heap;
	struct jq_value object = jq_object(heap, n->count / 2);

	for (uint32_t i = 0; i < n->count; i += 2) {
		const struct node *key = n->parts[i], *value = n->parts[i + 1];

		if (key->kind != NODE_CONSTANT || value->kind != NODE_CONSTANT)
			return n;
		object =
		    jq_object_set(heap, object, key->name, value->constant);
	}
	return new_constant(p, object);
}

static struct node *parse_object(struct parser *p)
{
	struct node *n = new_node(p, NODE_OBJECT, NULL), *value;

	expect(p, '{');
	while (!accept(p, '}')) {
		if (at(p, TOKEN_VARIABLE)) {
			value = parse_reference(p);
			add_entry(p, n,
			    new_string(p, slice_from(value->text, 1)), value);
		} else {
			parse_entry(p, n);
		}
		if (!at(p, '}'))
			expect(p, ',');
	}
	return fold_object(p, n);
}

/* Append what nested commas yield, if it is constant. */
static bool add_elements(
    struct parser *p, const struct node *n, struct jq_value *array)
{
	struct heap *heap = p->compiler->heap;

	heap_check_stack(heap);
	if (n->kind == NODE_COMMA)
		return add_elements(p, n->a, array) &&
		       add_elements(p, n->b, array);
	if (n->kind != NODE_CONSTANT)
		return false;
	*array = jq_array_append(heap, *array, n->constant);
	return true;
}

static struct node *parse_array(struct parser *p)
{
	struct node *n = new_node(p, NODE_ARRAY, NULL);
	struct jq_value array = jq_array(p->compiler->heap, 0);

	expect(p, '[');
	if (accept(p, ']'))
		return new_constant(p, array);
	n->a = parse_expression(p);
	expect(p, ']');
	return add_elements(p, n->a, &array) ? new_constant(p, array) : n;
}

static struct node *parse_number(struct parser *p)
{
	struct node *n = new_constant(p, jq_number(p->lexer.number));

	lexer_next(&p->lexer);
	return n;
}

/* What a term begins with. */
static struct node *parse_first(struct parser *p)
{
	switch (p->lexer.token) {
	case TOKEN_NUMBER: return parse_number(p);
	case TOKEN_WORD: return parse_call(p);
	case TOKEN_VARIABLE: return parse_reference(p);
	case '"': return parse_string(p);
	case '(': return parse_in_parentheses(p);
	case '[': return parse_array(p);
	case '{': return parse_object(p);
	default: break;
	}
	if (!slice_is(p->lexer.text, ".."))
		unexpected(p);
	lexer_next(&p->lexer);
	return new_call(p, SLICE("recurse"));
}

static struct node *parse_term(struct parser *p)
{
	struct node *n;

	heap_check_stack(p->compiler->heap);
	if (at(p, '.') || at(p, TOKEN_FIELD)) {
		n = new_node(p, NODE_IDENTITY, NULL);
		return parse_steps(p, n, accept(p, '.'));
	}
	return parse_steps(p, parse_first(p), false);
}

/* as $name */
static struct slice parse_as(struct parser *p)
{
	expect(p, TOKEN_AS);
	if (at(p, '[') || at(p, '{'))
		compile_error(p->compiler, p->lexer.at,
		    "the engine has no patterns ('as %c')", p->lexer.token);
	return parse_variable(p);
}

static struct node *parse_reduce(struct parser *p)
{
	struct node *n = new_node(p, NODE_REDUCE, NULL);

	lexer_next(&p->lexer);
	n->a = parse_term(p);
	n->text = parse_as(p);
	expect(p, '(');
	n->b = parse_expression(p);
	expect(p, ';');
	n->c = parse_expression(p);
	expect(p, ')');
	return n;
}

/* From `if` or `elif` on; jq 1.7 has `if` without `else`. */
static struct node *parse_if(struct parser *p)
{
	struct node *n = new_node(p, NODE_IF, NULL);

	lexer_next(&p->lexer);
	heap_check_stack(p->compiler->heap);
	n->a = parse_expression(p);
	expect(p, TOKEN_THEN);
	n->b = parse_expression(p);
	if (at(p, TOKEN_ELIF)) {
		n->c = parse_if(p);
		return n;
	}
	n->c = accept(p, TOKEN_ELSE) ? parse_expression(p)
				     : new_node(p, NODE_IDENTITY, NULL);
	expect(p, TOKEN_END_WORD);
	return n;
}

static struct node *parse_try(struct parser *p)
{
	struct node *n = new_node(p, NODE_TRY, NULL);

	lexer_next(&p->lexer);
	n->a = parse_operators(p, OF_TRY);
	if (accept(p, TOKEN_CATCH))
		n->b = parse_operators(p, OF_TRY);
	return n;
}

/*
 * The parameters of a function; one of the form $name is a closure that the
 * body binds first: `name as $name | ...`. Returns where the body goes.
 */
static struct node **parse_parameters(struct parser *p, struct function *f)
{
	struct node **body = &f->body;
	struct slice name, variable;

	do {
		if (at(p, TOKEN_VARIABLE)) {
			variable = parse_variable(p);
			name = slice_from(variable, 1);
			*body = new_node(p, NODE_AS, new_call(p, name));
			(*body)->text = variable;
			body = &(*body)->b;
		} else {
			name = parse_word(p);
		}
		f->parameters = compiler_grow(
		    p->compiler, f->parameters, f->arity, sizeof(name));
		f->parameters[f->arity++] = name;
	} while (accept(p, ';'));
	expect(p, ')');
	return body;
}

/* NODE_DEFINE: def NAME(PARAMETERS): BODY; */
static struct node *parse_definition(struct parser *p)
{
	struct node *n = new_node(p, NODE_DEFINE, NULL), **body;
	struct function *f = compiler_new(p->compiler, sizeof(*f));
	uint32_t outer = p->bindings;

	lexer_next(&p->lexer);
	n->function = f;
	f->source = p->compiler->source;
	f->name = parse_word(p);
	body = accept(p, '(') ? parse_parameters(p, f) : &f->body;
	expect(p, ':');
	*body = parse_expression(p);
	expect(p, ';');
	p->bindings = outer;
	return n;
}

/* Definitions; returns where goes what uses them. */
static struct node **parse_definitions(struct parser *p, struct node **at_end)
{
	for (; at(p, TOKEN_DEF); at_end = &(*at_end)->a)
		*at_end = parse_definition(p);
	return at_end;
}

/* Definitions within an expression. */
static struct node *parse_local(struct parser *p)
{
	struct node *first, **at_end = parse_definitions(p, &first);

	*at_end = parse_expression(p);
	return first;
}

/* What an expression begins with. */
static struct node *parse_operand(struct parser *p)
{
	struct node *n, *value;

	switch (p->lexer.token) {
	case TOKEN_DEF: return parse_local(p);
	case TOKEN_REDUCE: return parse_reduce(p);
	case TOKEN_IF: return parse_if(p);
	case TOKEN_TRY: return parse_try(p);
	case '-':
		lexer_next(&p->lexer);
		return new_negation(p, parse_operators(p, OF_PRODUCT));
	default: break;
	}
	value = parse_term(p);
	if (!at(p, TOKEN_AS))
		return value;
	n = new_node(p, NODE_AS, value);
	n->text = parse_as(p);
	expect(p, '|');
	n->b = parse_expression(p);
	return n;
}

struct operator
{
	const char *text;
	enum precedence precedence;
	enum node_kind kind, op;
};

static const struct operator* operator_of(struct slice text)
{
	static const struct operator operators[] = {
	    {"|", OF_PIPE, NODE_PIPE, 0}, {",", OF_COMMA, NODE_COMMA, 0},
	    {"//", OF_ALTERNATIVE, NODE_ALTERNATIVE, 0},
	    {"=", OF_ASSIGNMENT, NODE_ASSIGN, 0},
	    {"|=", OF_ASSIGNMENT, NODE_UPDATE, 0},
	    {"+=", OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_ADD},
	    {"-=", OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_SUBTRACT},
	    {"*=", OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_MULTIPLY},
	    {"/=", OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_DIVIDE},
	    {"%=", OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_MODULO},
	    {"//=", OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_ALTERNATIVE},
	    {"or", OF_OR, NODE_OR, 0}, {"and", OF_AND, NODE_AND, 0},
	    {"==", OF_COMPARISON, NODE_EQUAL, 0},
	    {"!=", OF_COMPARISON, NODE_UNEQUAL, 0},
	    {"<", OF_COMPARISON, NODE_LESS, 0},
	    {"<=", OF_COMPARISON, NODE_LESS_EQUAL, 0},
	    {">", OF_COMPARISON, NODE_GREATER, 0},
	    {">=", OF_COMPARISON, NODE_GREATER_EQUAL, 0},
	    {"+", OF_SUM, NODE_ADD, 0}, {"-", OF_SUM, NODE_SUBTRACT, 0},
	    {"*", OF_PRODUCT, NODE_MULTIPLY, 0},
	    {"/", OF_PRODUCT, NODE_DIVIDE, 0},
	    {"%", OF_PRODUCT, NODE_MODULO, 0}, {"?", OF_OPTION, NODE_TRY, 0}};

	for (size_t i = 0; text.n > 0 && i < COUNT_OF(operators); i++)
		if (*operators[i].text == *text.p &&
		    slice_is(text, operators[i].text))
			return &operators[i];
	return NULL;
}

/* Operators from a precedence on, and their operands. */
static struct node *parse_operators(struct parser *p, enum precedence least)
{
	const struct operator* o;
	int used = -1; /* the precedence of an operator that cannot repeat */
	struct node *n;

	heap_check_stack(p->compiler->heap);
	n = parse_operand(p);
	while ((o = operator_of(p->lexer.text)) && o->precedence >= least) {
		bool right =
		    o->precedence == OF_PIPE || o->precedence == OF_ALTERNATIVE;
		bool once = o->precedence == OF_ASSIGNMENT ||
			    o->precedence == OF_COMPARISON;

		if ((int)o->precedence == used)
			unexpected(p);
		used = once ? (int)o->precedence : -1;
		n = new_node(p, o->kind, n);
		n->op = (uint8_t)o->op;
		lexer_next(&p->lexer);
		if (o->kind != NODE_TRY)
			n->b = parse_operators(p, o->precedence + !right);
	}
	return n;
}

struct node **parse_source(
    struct compiler *c, struct slice text, bool is_last, struct node **tree)
{
	struct parser p = {.compiler = c,
	    .lexer = {
		.compiler = c, .p = text.p, .end = text.p + text.n, .line = 1}};

	lexer_next(&p.lexer);
	tree = parse_definitions(&p, tree);
	if (is_last && at(&p, TOKEN_END))
		compile_error(c, p.lexer.at, "the engine has nothing to run");
	if (is_last)
		*tree = parse_expression(&p);
	expect(&p, TOKEN_END);
	return tree;
}

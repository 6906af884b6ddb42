/*
 * jq 1.6's grammar, by recursive descent. Its precedences, from the lowest:
 * pipe, comma, alternative, assignments, or, and, comparisons, sums, products.
 * What has no end of its own (def, as, label, and a sign up to a product) takes
 * all that can follow it, also as the right side of an operator.
 */
#include <math.h>
#include <stdio.h>

#include "base/array.h"
#include "jq/compiler.h"
#include "jq/lexer.h"

/* From PRECEDENCE_TRY on, only what begins an expression is taken. */
enum precedence {
	PRECEDENCE_NONE,
	PRECEDENCE_PIPE,
	PRECEDENCE_COMMA,
	PRECEDENCE_ALTERNATIVE,
	PRECEDENCE_ASSIGN,
	PRECEDENCE_OR,
	PRECEDENCE_AND,
	PRECEDENCE_COMPARE,
	PRECEDENCE_SUM,
	PRECEDENCE_PRODUCT,
	PRECEDENCE_OPTIONAL,
	PRECEDENCE_TRY
};

enum side { SIDE_LEFT, SIDE_RIGHT, SIDE_NONE };

struct operator
{
	int token;
	enum precedence precedence;
	enum side associates;
	enum node_kind kind, op;
};

struct parser {
	struct compiler *compiler;
	struct lexer lexer;
	uint32_t bindings; /* variables and labels of the closure or function
			      that is being read */
};

struct node_list {
	struct node **items;
	uint32_t n, room;
};

/* NODE_AS one after another, for a pattern. */
struct binding_chain {
	struct node *first, *last;
	bool computed; /* a key of it is an expression */
};

static struct node *parse_expression(struct parser *, enum precedence);
static struct node *parse_term(struct parser *);

static int token(const struct parser *p)
{
	return p->lexer.token;
}

static void next(struct parser *p)
{
	lexer_next(&p->lexer);
}

static _Noreturn void unexpected(struct parser *p)
{
	const struct lexer *l = &p->lexer;

	switch (l->token) {
	case TOKEN_END:
		compile_error(
		    p->compiler, l->at, "syntax error, unexpected end");
	case TOKEN_MODULE:
	case TOKEN_IMPORT:
	case TOKEN_INCLUDE:
		compile_error(p->compiler, l->at,
		    "the engine has no modules (%.*s)", (int)l->text.n,
		    l->text.p);
	case TOKEN_OTHER_PATTERN:
		compile_error(p->compiler, l->at, "the engine has no '?//'");
	default:
		compile_error(p->compiler, l->at,
		    "syntax error, unexpected '%.*s'",
		    l->text.n < 100 ? (int)l->text.n : 100, l->text.p);
	}
}

static bool accept(struct parser *p, int kind)
{
	if (token(p) != kind)
		return false;
	next(p);
	return true;
}

static void expect(struct parser *p, int kind)
{
	if (!accept(p, kind))
		unexpected(p);
}

static struct slice expect_word(struct parser *p)
{
	struct slice text = p->lexer.text;

	expect(p, TOKEN_WORD);
	return text;
}

/* The name after a `$` that has been taken. */
static struct slice expect_variable(struct parser *p, const char *dollar)
{
	if (token(p) == TOKEN_LOC)
		compile_error(
		    p->compiler, p->lexer.at, "the engine has no '$__loc__'");
	if (token(p) == TOKEN_WORD && p->lexer.text.p != dollar + 1)
		compile_error(p->compiler, p->lexer.at,
		    "the engine has no space between '$' and a name");
	return expect_word(p);
}

static struct slice parse_dollar(struct parser *p)
{
	const char *dollar = p->lexer.text.p;

	expect(p, '$');
	return expect_variable(p, dollar);
}

static struct node *node_at(
    struct parser *p, uint32_t line, enum node_kind kind, struct node *a)
{
	struct node *n = compiler_new(p->compiler, sizeof(*n));

	n->kind = (uint8_t)kind;
	n->line = line;
	n->a = a;
	if (kind == NODE_AS || kind == NODE_LABEL || kind == NODE_REDUCE ||
	    kind == NODE_FOREACH)
		p->bindings++;
	return n;
}

/* At the line of the current token. */
static struct node *node(struct parser *p, enum node_kind kind, struct node *a)
{
	return node_at(p, p->lexer.at, kind, a);
}

static struct node *constant(struct parser *p, struct jq_value v)
{
	struct node *n = node(p, NODE_CONSTANT, NULL);

	n->constant = v;
	return n;
}

static struct node *constant_text(struct parser *p, struct slice text)
{
	return constant(p, jq_string_copy(p->compiler->heap, text));
}

static bool is_string(const struct node *n)
{
	return n->kind == NODE_CONSTANT && n->constant.kind == JQ_STRING;
}

static bool is_number(const struct node *n)
{
	return n->kind == NODE_CONSTANT && n->constant.kind == JQ_NUMBER;
}

static struct name *name_of(struct parser *p, struct slice text)
{
	return names_add(p->compiler->names, text);
}

static void list_add(struct parser *p, struct node_list *list, struct node *n)
{
	struct node **old = list->items;

	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 4;
		list->items = compiler_new(
		    p->compiler, list->room * sizeof(struct node *));
		for (uint32_t i = 0; i < list->n; i++)
			list->items[i] = old[i];
	}
	list->items[list->n++] = n;
}

/* a.name */
static struct node *field(struct parser *p, struct node *a, struct slice text)
{
	struct node *n = node(p, NODE_FIELD, a);

	n->name = name_of(p, text);
	return n;
}

/* a[b] */
static struct node *index_by(struct parser *p, struct node *a, struct node *b)
{
	struct node *n;

	if (is_string(b))
		return field(p, a, jq_slice(b->constant));
	n = node(p, NODE_INDEX, a);
	n->b = b;
	return n;
}

/* @name, which is the current token. */
static struct slice parse_format(struct parser *p)
{
	static const char *const formats[] = {
	    "text", "json", "html", "uri", "csv", "tsv", "sh", "base64"};
	struct slice name = slice_from(p->lexer.text, 1);

	for (size_t i = 0; i < COUNT_OF(formats); i++)
		if (slice_is(name, formats[i])) {
			next(p);
			return name;
		}
	compile_error(p->compiler, p->lexer.at, "the engine has no '@%.*s'",
	    name.n < 100 ? (int)name.n : 100, name.p);
}

/* A string; its first quote is the current token. */
static struct node *parse_string(struct parser *p, struct slice format)
{
	struct node *n = node(p, NODE_STRING, NULL);
	struct node_list parts = {NULL, 0, 0};
	struct buf *text = &p->compiler->text;
	bool more = true;

	if (token(p) != '"')
		unexpected(p);
	while (more) {
		buf_clear(text);
		more = lexer_string(&p->lexer, text);
		list_add(p, &parts, constant_text(p, buf_slice(text)));
		if (!more)
			break;
		next(p);
		list_add(p, &parts, parse_expression(p, PRECEDENCE_PIPE));
		if (token(p) != ')')
			unexpected(p);
	}
	next(p);
	if (parts.n == 1)
		return parts.items[0];
	n->parts = parts.items;
	n->count = parts.n;
	n->format = format;
	return n;
}

/* @name, or the string that it formats. */
static struct node *parse_formatted(struct parser *p)
{
	struct node *n = node(p, NODE_FORMAT, NULL);
	struct slice format = parse_format(p);

	if (token(p) == '"')
		return parse_string(p, format);
	n->format = format;
	return n;
}

/* What is between the brackets of [], [b], [b:c], [b:] and [:c]. */
static struct node *parse_brackets(struct parser *p, struct node *a)
{
	struct node *n = node(p, NODE_SLICE, a), *b = NULL;

	expect(p, '[');
	if (accept(p, ']')) {
		n->kind = NODE_EACH;
		return n;
	}
	if (token(p) != ':')
		b = parse_expression(p, PRECEDENCE_PIPE);
	if (b && accept(p, ']'))
		return index_by(p, a, b);
	expect(p, ':');
	n->b = b;
	if (!b || token(p) != ']')
		n->c = parse_expression(p, PRECEDENCE_PIPE);
	expect(p, ']');
	return n;
}

/* A name between quotes, after the point of ."name". */
static struct node *parse_quoted_field(struct parser *p, struct node *a)
{
	struct slice format = {NULL, 0};

	if (token(p) == TOKEN_FORMAT)
		format = parse_format(p);
	return index_by(p, a, parse_string(p, format));
}

/* The steps after a term: .name, ."name", [...], each with `?` or without. */
static struct node *parse_steps(struct parser *p, struct node *n)
{
	for (;;) {
		if (token(p) == TOKEN_FIELD) {
			n = field(p, n, slice_from(p->lexer.text, 1));
			next(p);
		} else if (token(p) == '[') {
			n = parse_brackets(p, n);
		} else if (accept(p, '.')) {
			n = parse_quoted_field(p, n);
		} else {
			return n;
		}
		if (accept(p, '?'))
			n->optional = true;
	}
}

/* One argument of a call, or the body of a function: what has a frame. */
static struct node *parse_closure(struct parser *p, uint32_t *bindings)
{
	uint32_t outer = p->bindings;
	struct node *n;

	p->bindings = 0;
	n = parse_expression(p, PRECEDENCE_PIPE);
	*bindings = p->bindings;
	p->bindings = outer;
	return n;
}

/* null, true and false are words like others, but no functions. */
static void make_literal(struct node *n)
{
	struct jq_value v = slice_is(n->text, "null")	 ? jq_null()
			    : slice_is(n->text, "true")	 ? jq_bool(true)
			    : slice_is(n->text, "false") ? jq_bool(false)
							 : jq_none();

	if (v.kind == JQ_NONE)
		return;
	n->kind = NODE_CONSTANT;
	n->constant = v;
}

/* A name, and maybe arguments. */
static struct node *parse_call(struct parser *p)
{
	struct node *n = node(p, NODE_CALL, NULL);
	struct argument *old;
	uint32_t room = 0;

	n->text = expect_word(p);
	if (!accept(p, '(')) {
		make_literal(n);
		return n;
	}
	do {
		if (n->count == room) {
			old = n->arguments;
			room = room ? 2 * room : 2;
			n->arguments =
			    compiler_new(p->compiler, room * sizeof(*old));
			for (uint32_t i = 0; i < n->count; i++)
				n->arguments[i] = old[i];
		}
		n->arguments[n->count].body =
		    parse_closure(p, &n->arguments[n->count].slots);
		n->count++;
	} while (accept(p, ';'));
	expect(p, ')');
	return n;
}

/* `..` is what a program may define as recurse. */
static struct node *parse_recurse(struct parser *p)
{
	struct node *n = node(p, NODE_CALL, NULL);

	next(p);
	n->text = SLICE("recurse");
	return n;
}

static bool is_key(int kind)
{
	return kind == TOKEN_WORD || kind >= TOKEN_AS;
}

/* A key in quotes or parentheses. */
static struct node *parse_computed_key(struct parser *p)
{
	struct node *n;

	if (token(p) == TOKEN_FORMAT) {
		struct slice format = parse_format(p);

		return parse_string(p, format);
	}
	if (token(p) == '"')
		return parse_string(p, (struct slice){NULL, 0});
	expect(p, '(');
	n = parse_expression(p, PRECEDENCE_PIPE);
	expect(p, ')');
	return n;
}

/* A term, with signs or without. */
static struct node *parse_signed_term(struct parser *p)
{
	struct node *n;

	if (token(p) != '-')
		return parse_term(p);
	heap_check_stack(p->compiler->heap);
	n = node(p, NODE_NEGATE, NULL);
	next(p);
	n->a = parse_signed_term(p);
	return n;
}

/* The value of an entry: terms and pipes. */
static struct node *parse_entry_value(struct parser *p)
{
	struct node *n = parse_signed_term(p), *pipe;

	if (token(p) != '|')
		return n;
	pipe = node(p, NODE_PIPE, n);
	next(p);
	pipe->b = parse_entry_value(p);
	return pipe;
}

/* Keys are constants or expressions; {a}, {$a} and {"a"} are short forms. */
static void parse_entry(struct parser *p, struct node_list *entries)
{
	uint32_t line = p->lexer.at;
	struct node *key, *value = NULL;
	struct slice text = p->lexer.text;

	if (token(p) == '$') {
		text = parse_dollar(p);
		key = constant_text(p, text);
		value = node_at(p, line, NODE_VARIABLE, NULL);
		value->text = text;
	} else if (is_key(token(p))) {
		bool keyword = token(p) != TOKEN_WORD;

		key = constant_text(p, text);
		next(p);
		if (keyword && token(p) != ':')
			unexpected(p);
	} else {
		bool expression = token(p) == '(';

		key = parse_computed_key(p);
		if (expression && token(p) != ':')
			unexpected(p);
	}
	if (!value && accept(p, ':'))
		value = parse_entry_value(p);
	else if (!value && is_string(key))
		value = field(p, node_at(p, line, NODE_IDENTITY, NULL),
		    jq_slice(key->constant));
	else if (!value)
		compile_error(p->compiler, line,
		    "the engine has no key with '\\(' without a value");
	if (is_string(key))
		key->name = name_of(p, jq_slice(key->constant));
	else if (key->kind == NODE_CONSTANT)
		compile_error(p->compiler, line, "cannot use %s as object key",
		    jq_kind_name(key->constant));
	list_add(p, entries, key);
	list_add(p, entries, value);
}

static struct node *parse_object(struct parser *p)
{
	struct node *n = node(p, NODE_OBJECT, NULL);
	struct node_list entries = {NULL, 0, 0};

	expect(p, '{');
	while (token(p) != '}') {
		parse_entry(p, &entries);
		if (token(p) != '}')
			expect(p, ',');
	}
	next(p);
	n->parts = entries.items;
	n->count = entries.n;
	return n;
}

static struct node *parse_array(struct parser *p)
{
	struct node *n = node(p, NODE_ARRAY, NULL);

	expect(p, '[');
	if (token(p) != ']')
		n->a = parse_expression(p, PRECEDENCE_PIPE);
	expect(p, ']');
	return n;
}

/* $name, or `break $name`. */
static struct node *parse_reference(struct parser *p, enum node_kind kind)
{
	struct node *n = node(p, kind, NULL);

	n->text = parse_dollar(p);
	return n;
}

/* What a term begins with. */
static struct node *parse_primary(struct parser *p)
{
	struct node *n;

	switch (token(p)) {
	case '.':
		n = node(p, NODE_IDENTITY, NULL);
		next(p);
		if (token(p) != '"' && token(p) != TOKEN_FORMAT)
			return n;
		n = parse_quoted_field(p, n);
		n->optional = accept(p, '?');
		return n;
	case TOKEN_FIELD:
		return node(p, NODE_IDENTITY, NULL); /* parse_steps takes it */
	case TOKEN_RECURSE: return parse_recurse(p);
	case TOKEN_NUMBER:
		n = constant(p, jq_number(p->lexer.number));
		next(p);
		return n;
	case '"': return parse_string(p, (struct slice){NULL, 0});
	case TOKEN_FORMAT: return parse_formatted(p);
	case '(':
		next(p);
		n = parse_expression(p, PRECEDENCE_PIPE);
		expect(p, ')');
		return n;
	case '[': return parse_array(p);
	case '{': return parse_object(p);
	case '$': return parse_reference(p, NODE_VARIABLE);
	case TOKEN_BREAK: next(p); return parse_reference(p, NODE_BREAK);
	case TOKEN_WORD: return parse_call(p);
	default: unexpected(p);
	}
}

static struct node *parse_term(struct parser *p)
{
	heap_check_stack(p->compiler->heap);
	return parse_steps(p, parse_primary(p));
}

static struct node *bind(struct parser *p, struct binding_chain *chain,
    struct slice name, struct node *value)
{
	struct node *n = node(p, NODE_AS, value);

	n->text = name;
	if (chain->last)
		chain->last->b = n;
	else
		chain->first = n;
	chain->last = n;
	chain->first->count++;
	return n;
}

/* The value that a pattern takes apart: a variable without a name. */
static struct node *whole(struct parser *p, struct node *binding)
{
	struct node *n = node(p, NODE_VARIABLE, NULL);

	n->a = binding;
	return n;
}

static void parse_parts(
    struct parser *, struct binding_chain *, struct node *binding);

/* A pattern, which `value` is bound to. */
static void parse_pattern(
    struct parser *p, struct binding_chain *chain, struct node *value)
{
	heap_check_stack(p->compiler->heap);
	if (token(p) == '$')
		bind(p, chain, parse_dollar(p), value);
	else
		parse_parts(
		    p, chain, bind(p, chain, (struct slice){NULL, 0}, value));
}

/* A pattern's key: the value of that member of the whole. */
static struct node *parse_pattern_key(
    struct parser *p, struct binding_chain *chain, struct node *binding)
{
	struct node *key, *n;

	if (is_key(token(p))) {
		n = field(p, whole(p, binding), p->lexer.text);
		next(p);
		return n;
	}
	key = parse_computed_key(p);
	if (is_string(key))
		return field(p, whole(p, binding), jq_slice(key->constant));
	chain->computed = true;
	n = node(p, NODE_PIPE, whole(p, binding));
	n->b = index_by(p, node(p, NODE_IDENTITY, NULL), key);
	return n;
}

/* name: PATTERN, "name": PATTERN, (name): PATTERN, $name or $name: PATTERN. */
static void parse_pattern_entry(
    struct parser *p, struct binding_chain *chain, struct node *binding)
{
	struct slice name;

	if (token(p) == '$') {
		name = parse_dollar(p);
		bind(p, chain, name, field(p, whole(p, binding), name));
		if (accept(p, ':'))
			parse_pattern(
			    p, chain, field(p, whole(p, binding), name));
	} else {
		struct node *value = parse_pattern_key(p, chain, binding);

		expect(p, ':');
		parse_pattern(p, chain, value);
	}
}

/* The parts of a pattern of arrays or objects. */
static void parse_parts(
    struct parser *p, struct binding_chain *chain, struct node *binding)
{
	double i = 0;

	if (accept(p, '{')) {
		do
			parse_pattern_entry(p, chain, binding);
		while (accept(p, ','));
		expect(p, '}');
		return;
	}
	expect(p, '[');
	do
		parse_pattern(p, chain,
		    index_by(
			p, whole(p, binding), constant(p, jq_number(i++))));
	while (accept(p, ','));
	expect(p, ']');
}

/* a as PATTERN | b */
static struct node *parse_as(struct parser *p, struct node *value)
{
	struct binding_chain chain = {NULL, NULL, false};

	expect(p, TOKEN_AS);
	parse_pattern(p, &chain, value);
	expect(p, '|');
	chain.last->b = parse_expression(p, PRECEDENCE_PIPE);
	return chain.first;
}

/*
 * reduce, foreach. A pattern that takes values apart does so where the state is
 * updated: n->count is then how many variables it binds before.
 */
static struct node *parse_loop(struct parser *p, enum node_kind kind)
{
	struct binding_chain chain = {NULL, NULL, false};
	struct node *n = node(p, kind, NULL);

	next(p);
	n->a = parse_term(p);
	expect(p, TOKEN_AS);
	if (token(p) == '$')
		n->text = parse_dollar(p);
	else
		parse_parts(p, &chain, n);
	if (chain.computed)
		compile_error(p->compiler, n->line,
		    "the engine has no patterns with computed keys in reduce "
		    "and foreach");
	expect(p, '(');
	n->b = parse_expression(p, PRECEDENCE_PIPE);
	expect(p, ';');
	n->c = parse_expression(p, PRECEDENCE_PIPE);
	if (kind == NODE_FOREACH && accept(p, ';'))
		n->d = parse_expression(p, PRECEDENCE_PIPE);
	expect(p, ')');
	if (chain.first) {
		chain.last->b = n->c;
		n->c = chain.first;
		n->count = chain.first->count;
	}
	return n;
}

/* From `if` or `elif` on; jq 1.7 has `if` without `else`. */
static struct node *parse_if(struct parser *p)
{
	struct node *first = node(p, NODE_IF, NULL), *n = first;

	for (;;) {
		next(p);
		n->a = parse_expression(p, PRECEDENCE_PIPE);
		expect(p, TOKEN_THEN);
		n->b = parse_expression(p, PRECEDENCE_PIPE);
		if (token(p) != TOKEN_ELIF)
			break;
		n->c = node(p, NODE_IF, NULL);
		n = n->c;
	}
	if (accept(p, TOKEN_ELSE))
		n->c = parse_expression(p, PRECEDENCE_PIPE);
	else
		n->c = node(p, NODE_IDENTITY, NULL);
	expect(p, TOKEN_END_WORD);
	return first;
}

static struct node *parse_try(struct parser *p)
{
	struct node *n = node(p, NODE_TRY, NULL);

	next(p);
	n->a = parse_expression(p, PRECEDENCE_TRY);
	if (accept(p, TOKEN_CATCH))
		n->b = parse_expression(p, PRECEDENCE_TRY);
	return n;
}

static struct node *parse_label(struct parser *p)
{
	struct node *n = node(p, NODE_LABEL, NULL);

	next(p);
	n->text = parse_dollar(p);
	expect(p, '|');
	n->a = parse_expression(p, PRECEDENCE_PIPE);
	return n;
}

static void parse_parameters(struct parser *p, struct function *f)
{
	struct parameter *old;
	uint32_t room = 0;

	do {
		if (f->arity == room) {
			old = f->parameters;
			room = room ? 2 * room : 4;
			f->parameters =
			    compiler_new(p->compiler, room * sizeof(*old));
			for (uint32_t i = 0; i < f->arity; i++)
				f->parameters[i] = old[i];
		}
		f->parameters[f->arity].is_value = token(p) == '$';
		f->parameters[f->arity++].name =
		    token(p) == '$' ? parse_dollar(p) : expect_word(p);
	} while (accept(p, ';'));
	expect(p, ')');
}

/* NODE_DEFINE: def NAME(PARAMETERS): BODY; */
static struct node *parse_definition(struct parser *p)
{
	struct node *n = node(p, NODE_DEFINE, NULL);
	struct function *f = compiler_new(p->compiler, sizeof(*f));
	uint32_t bindings;

	next(p);
	n->function = f;
	f->name = expect_word(p);
	if (accept(p, '('))
		parse_parameters(p, f);
	expect(p, ':');
	f->body = parse_closure(p, &bindings);
	expect(p, ';');
	return n;
}

/* Definitions, and then what uses them. */
static struct node *parse_definitions(struct parser *p)
{
	struct node *first = NULL, **end = &first;

	for (; token(p) == TOKEN_DEF; end = &(*end)->a)
		*end = parse_definition(p);
	*end = parse_expression(p, PRECEDENCE_PIPE);
	return first;
}

/* What an expression begins with. */
static struct node *parse_prefix(struct parser *p)
{
	struct node *n;

	switch (token(p)) {
	case TOKEN_DEF: return parse_definitions(p);
	case TOKEN_REDUCE: return parse_loop(p, NODE_REDUCE);
	case TOKEN_FOREACH: return parse_loop(p, NODE_FOREACH);
	case TOKEN_IF: return parse_if(p);
	case TOKEN_TRY: return parse_try(p);
	case TOKEN_LABEL: return parse_label(p);
	case '-':
		n = node(p, NODE_NEGATE, NULL);
		next(p);
		n->a = parse_expression(p, PRECEDENCE_PRODUCT);
		return n;
	default:
		n = parse_term(p);
		return token(p) == TOKEN_AS ? parse_as(p, n) : n;
	}
}

static const struct operator* operator_of(int kind)
{
	static const struct operator operators[] = {
	    {'|', PRECEDENCE_PIPE, SIDE_RIGHT, NODE_PIPE, 0},
	    {',', PRECEDENCE_COMMA, SIDE_LEFT, NODE_COMMA, 0},
	    {TOKEN_ALTERNATIVE, PRECEDENCE_ALTERNATIVE, SIDE_RIGHT,
		NODE_ALTERNATIVE, 0},
	    {'=', PRECEDENCE_ASSIGN, SIDE_NONE, NODE_ASSIGN, 0},
	    {TOKEN_UPDATE, PRECEDENCE_ASSIGN, SIDE_NONE, NODE_UPDATE, 0},
	    {TOKEN_ADD_BY, PRECEDENCE_ASSIGN, SIDE_NONE, NODE_UPDATE_BY,
		NODE_ADD},
	    {TOKEN_SUBTRACT_BY, PRECEDENCE_ASSIGN, SIDE_NONE, NODE_UPDATE_BY,
		NODE_SUBTRACT},
	    {TOKEN_MULTIPLY_BY, PRECEDENCE_ASSIGN, SIDE_NONE, NODE_UPDATE_BY,
		NODE_MULTIPLY},
	    {TOKEN_DIVIDE_BY, PRECEDENCE_ASSIGN, SIDE_NONE, NODE_UPDATE_BY,
		NODE_DIVIDE},
	    {TOKEN_MODULO_BY, PRECEDENCE_ASSIGN, SIDE_NONE, NODE_UPDATE_BY,
		NODE_MODULO},
	    {TOKEN_ALTERNATIVE_BY, PRECEDENCE_ASSIGN, SIDE_NONE, NODE_UPDATE_BY,
		NODE_ALTERNATIVE},
	    {TOKEN_OR, PRECEDENCE_OR, SIDE_LEFT, NODE_OR, 0},
	    {TOKEN_AND, PRECEDENCE_AND, SIDE_LEFT, NODE_AND, 0},
	    {TOKEN_EQUAL, PRECEDENCE_COMPARE, SIDE_NONE, NODE_EQUAL, 0},
	    {TOKEN_UNEQUAL, PRECEDENCE_COMPARE, SIDE_NONE, NODE_UNEQUAL, 0},
	    {'<', PRECEDENCE_COMPARE, SIDE_NONE, NODE_LESS, 0},
	    {TOKEN_LESS_EQUAL, PRECEDENCE_COMPARE, SIDE_NONE, NODE_LESS_EQUAL,
		0},
	    {'>', PRECEDENCE_COMPARE, SIDE_NONE, NODE_GREATER, 0},
	    {TOKEN_GREATER_EQUAL, PRECEDENCE_COMPARE, SIDE_NONE,
		NODE_GREATER_EQUAL, 0},
	    {'+', PRECEDENCE_SUM, SIDE_LEFT, NODE_ADD, 0},
	    {'-', PRECEDENCE_SUM, SIDE_LEFT, NODE_SUBTRACT, 0},
	    {'*', PRECEDENCE_PRODUCT, SIDE_LEFT, NODE_MULTIPLY, 0},
	    {'/', PRECEDENCE_PRODUCT, SIDE_LEFT, NODE_DIVIDE, 0},
	    {'%', PRECEDENCE_PRODUCT, SIDE_LEFT, NODE_MODULO, 0},
	    {'?', PRECEDENCE_OPTIONAL, SIDE_LEFT, NODE_TRY, 0},
	};

	for (size_t i = 0; i < COUNT_OF(operators); i++)
		if (operators[i].token == kind)
			return &operators[i];
	return NULL;
}

/*
 * The result of an operator on two numbers, as a constant: jq 1.6 and 1.7
 * refuse a division so that the result is infinite.
 */
static void fold(struct parser *p, struct node *n)
{
	double a, b, d;

	if (!n->b || !is_number(n->a) || !is_number(n->b))
		return;
	a = n->a->constant.number;
	b = n->b->constant.number;
	switch (n->kind) {
	case NODE_ADD: d = a + b; break;
	case NODE_SUBTRACT: d = a - b; break;
	case NODE_MULTIPLY: d = a * b; break;
	case NODE_DIVIDE: d = a / b; break;
	default: return;
	}
	if (n->kind == NODE_DIVIDE && isinf(d))
		compile_error(p->compiler, n->line, "division by zero?");
	if (isnan(d))
		return;
	n->kind = NODE_CONSTANT;
	n->a = n->b = NULL;
	n->constant = jq_number(d);
}

static struct node *parse_expression(struct parser *p, enum precedence least)
{
	const struct operator* o, *used = NULL;
	struct node *n;

	heap_check_stack(p->compiler->heap);
	n = parse_prefix(p);
	while ((o = operator_of(token(p))) && o->precedence >= least) {
		if (used && used->associates == SIDE_NONE &&
		    used->precedence == o->precedence)
			unexpected(p);
		used = o;
		n = node(p, o->kind, n);
		n->op = (uint8_t)o->op;
		next(p);
		if (o->kind == NODE_TRY)
			continue;
		n->b = parse_expression(
		    p, o->precedence + (o->associates != SIDE_RIGHT));
		fold(p, n);
	}
	return n;
}

struct node **parse_source(
    struct compiler *c, struct slice text, struct node **tree)
{
	struct parser p = {.compiler = c,
	    .lexer = {
		.compiler = c, .p = text.p, .end = text.p + text.n, .line = 1}};

	next(&p);
	for (; token(&p) == TOKEN_DEF; tree = &(*tree)->a) {
		*tree = parse_definition(&p);
		(*tree)->slot = (uint32_t)c->source;
	}
	if (c->source + 1 < c->count) {
		if (token(&p) != TOKEN_END)
			unexpected(&p);
		return tree;
	}
	*tree = token(&p) == TOKEN_END ? node(&p, NODE_IDENTITY, NULL)
				       : parse_expression(&p, PRECEDENCE_PIPE);
	if (token(&p) != TOKEN_END)
		unexpected(&p);
	return tree;
}

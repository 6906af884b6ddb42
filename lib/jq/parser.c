#include "jq/parser.h"

#include <math.h>

#include "base/array.h"
#include "json/utf8.h"

/*
 * What binds least comes first. Before an operator may be what has no end of
 * its own (def, as, label, and a sign, whose end is that of a product): it
 * takes all that can follow it. try and catch take no operator.
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

struct operator
{
	int token;
	enum precedence precedence;
	enum node_kind kind, op;
};

static struct node *parse_operators(struct parser *, enum precedence);

bool parser_at(const struct parser *p, int token)
{
	return p->lexer.token == token;
}

bool parser_accept(struct parser *p, int token)
{
	if (p->lexer.token != token)
		return false;
	lexer_next(&p->lexer);
	return true;
}

void parser_expect(struct parser *p, int token)
{
	if (!parser_accept(p, token))
		parser_unexpected(p);
}

void parser_unexpected(struct parser *p)
{
	const struct lexer *l = &p->lexer;
	const char *what = "syntax error, unexpected";

	if (l->token == TOKEN_END)
		compile_error(p->compiler, l->at, "%s end", what);
	if (l->token == TOKEN_IMPORT || l->token == TOKEN_INCLUDE ||
	    l->token == TOKEN_MODULE || l->token == TOKEN_OTHER_PATTERN ||
	    l->token == TOKEN_FORMAT)
		what = "the engine has no";
	compile_error(
	    p->compiler, l->at, "%s '%.*s'", what, shown(l->text), l->text.p);
}

struct slice parser_word(struct parser *p)
{
	struct slice text = p->lexer.text;

	parser_expect(p, TOKEN_WORD);
	return text;
}

struct slice parser_variable(struct parser *p)
{
	const char *dollar = p->lexer.text.p;

	parser_expect(p, '$');
	if (parser_at(p, TOKEN_LOC))
		compile_error(
		    p->compiler, p->lexer.at, "the engine has no '$__loc__'");
	if (parser_at(p, TOKEN_WORD) && p->lexer.text.p != dollar + 1)
		compile_error(p->compiler, p->lexer.at,
		    "the engine has no space between '$' and a name");
	return parser_word(p);
}

struct node *parser_node(struct parser *p, enum node_kind kind, struct node *a)
{
	struct node *n = compiler_new(p->compiler, sizeof(*n));

	n->kind = (uint8_t)kind;
	n->line = p->lexer.at;
	n->a = a;
	if (kind == NODE_AS || kind == NODE_LABEL || kind == NODE_REDUCE ||
	    kind == NODE_FOREACH)
		p->bindings++;
	return n;
}

struct node *parser_constant(struct parser *p, struct jq_value v)
{
	struct node *n = parser_node(p, NODE_CONSTANT, NULL);

	n->constant = v;
	return n;
}

struct node *parser_field(struct parser *p, struct node *a, struct slice name)
{
	struct node *n = parser_node(p, NODE_FIELD, a);

	n->name = names_add(p->compiler->names, name);
	return n;
}

struct node *parser_index(struct parser *p, struct node *a, struct node *b)
{
	struct node *n;

	if (is_string(b))
		return parser_field(p, a, jq_slice(b->constant));
	n = parser_node(p, NODE_INDEX, a);
	n->b = b;
	return n;
}

struct node *parse_closure(struct parser *p, uint32_t *bindings)
{
	uint32_t outer = p->bindings;
	struct node *n;

	p->bindings = 0;
	n = parse_expression(p);
	*bindings = p->bindings;
	p->bindings = outer;
	return n;
}

/* From `if` or `elif` on; jq 1.7 has `if` without `else`. */
static struct node *parse_if(struct parser *p)
{
	struct node *n = parser_node(p, NODE_IF, NULL);

	lexer_next(&p->lexer);
	heap_check_stack(p->compiler->heap);
	n->a = parse_expression(p);
	parser_expect(p, TOKEN_THEN);
	n->b = parse_expression(p);
	if (parser_at(p, TOKEN_ELIF)) {
		n->c = parse_if(p);
		return n;
	}
	n->c = parser_accept(p, TOKEN_ELSE)
		   ? parse_expression(p)
		   : parser_node(p, NODE_IDENTITY, NULL);
	parser_expect(p, TOKEN_END_WORD);
	return n;
}

static struct node *parse_try(struct parser *p)
{
	struct node *n = parser_node(p, NODE_TRY, NULL);

	lexer_next(&p->lexer);
	n->a = parse_operators(p, OF_TRY);
	if (parser_accept(p, TOKEN_CATCH))
		n->b = parse_operators(p, OF_TRY);
	return n;
}

static struct node *parse_label(struct parser *p)
{
	struct node *n = parser_node(p, NODE_LABEL, NULL);

	lexer_next(&p->lexer);
	n->text = parser_variable(p);
	parser_expect(p, '|');
	n->a = parse_expression(p);
	return n;
}

/* NODE_DEFINE: def NAME(PARAMETERS): BODY; */
static struct node *parse_definition(struct parser *p)
{
	struct node *n = parser_node(p, NODE_DEFINE, NULL);
	struct function *f = compiler_new(p->compiler, sizeof(*f));
	struct parameter *parameter;
	uint32_t bindings;

	lexer_next(&p->lexer);
	n->function = f;
	f->name = parser_word(p);
	if (parser_accept(p, '(')) {
		do {
			f->parameters = compiler_grow(p->compiler,
			    f->parameters, f->arity, sizeof(*parameter));
			parameter = &f->parameters[f->arity++];
			parameter->is_value = parser_at(p, '$');
			parameter->name = parameter->is_value
					      ? parser_variable(p)
					      : parser_word(p);
		} while (parser_accept(p, ';'));
		parser_expect(p, ')');
	}
	parser_expect(p, ':');
	f->body = parse_closure(p, &bindings);
	parser_expect(p, ';');
	return n;
}

/* Definitions, and then what uses them. */
static struct node *parse_definitions(struct parser *p)
{
	struct node *first = NULL, **end = &first;

	for (; parser_at(p, TOKEN_DEF); end = &(*end)->a)
		*end = parse_definition(p);
	*end = parse_expression(p);
	return first;
}

static struct node *parse_negation(struct parser *p)
{
	struct node *n = parser_node(p, NODE_NEGATE, NULL);

	lexer_next(&p->lexer);
	n->a = parse_operators(p, OF_PRODUCT);
	return n;
}

/* What an expression begins with. */
static struct node *parse_operand(struct parser *p)
{
	struct node *n;

	switch (p->lexer.token) {
	case TOKEN_DEF: return parse_definitions(p);
	case TOKEN_REDUCE: return parse_loop(p, NODE_REDUCE);
	case TOKEN_FOREACH: return parse_loop(p, NODE_FOREACH);
	case TOKEN_IF: return parse_if(p);
	case TOKEN_TRY: return parse_try(p);
	case TOKEN_LABEL: return parse_label(p);
	case '-': return parse_negation(p);
	default: break;
	}
	n = parse_term(p);
	return parser_at(p, TOKEN_AS) ? parse_as(p, n) : n;
}

static const struct operator* operator_of(int token)
{
	static const struct operator operators[] = {
	    {'|', OF_PIPE, NODE_PIPE, 0}, {',', OF_COMMA, NODE_COMMA, 0},
	    {TOKEN_ALTERNATIVE, OF_ALTERNATIVE, NODE_ALTERNATIVE, 0},
	    {'=', OF_ASSIGNMENT, NODE_ASSIGN, 0},
	    {TOKEN_UPDATE, OF_ASSIGNMENT, NODE_UPDATE, 0},
	    {TOKEN_ADD_BY, OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_ADD},
	    {TOKEN_SUBTRACT_BY, OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_SUBTRACT},
	    {TOKEN_MULTIPLY_BY, OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_MULTIPLY},
	    {TOKEN_DIVIDE_BY, OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_DIVIDE},
	    {TOKEN_MODULO_BY, OF_ASSIGNMENT, NODE_UPDATE_BY, NODE_MODULO},
	    {TOKEN_ALTERNATIVE_BY, OF_ASSIGNMENT, NODE_UPDATE_BY,
		NODE_ALTERNATIVE},
	    {TOKEN_OR, OF_OR, NODE_OR, 0}, {TOKEN_AND, OF_AND, NODE_AND, 0},
	    {TOKEN_EQUAL, OF_COMPARISON, NODE_EQUAL, 0},
	    {TOKEN_UNEQUAL, OF_COMPARISON, NODE_UNEQUAL, 0},
	    {'<', OF_COMPARISON, NODE_LESS, 0},
	    {TOKEN_LESS_EQUAL, OF_COMPARISON, NODE_LESS_EQUAL, 0},
	    {'>', OF_COMPARISON, NODE_GREATER, 0},
	    {TOKEN_GREATER_EQUAL, OF_COMPARISON, NODE_GREATER_EQUAL, 0},
	    {'+', OF_SUM, NODE_ADD, 0}, {'-', OF_SUM, NODE_SUBTRACT, 0},
	    {'*', OF_PRODUCT, NODE_MULTIPLY, 0},
	    {'/', OF_PRODUCT, NODE_DIVIDE, 0},
	    {'%', OF_PRODUCT, NODE_MODULO, 0}, {'?', OF_OPTION, NODE_TRY, 0}};

	for (size_t i = 0; i < COUNT_OF(operators); i++)
		if (operators[i].token == token)
			return &operators[i];
	return NULL;
}

/*
 * Compute an operation on two numbers. jq 1.6 refuses a division so, where the
 * result is infinite.
 */
static void fold(struct parser *p, struct node *n)
{
	double a, b, d;

	if (!is_number(n->a) || !is_number(n->b))
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

/* Operators from a precedence on, and their operands. */
static struct node *parse_operators(struct parser *p, enum precedence least)
{
	const struct operator* o;
	int used = -1; /* the precedence of an operator that cannot repeat */
	struct node *n;

	heap_check_stack(p->compiler->heap);
	n = parse_operand(p);
	while ((o = operator_of(p->lexer.token)) && o->precedence >= least) {
		bool right =
		    o->precedence == OF_PIPE || o->precedence == OF_ALTERNATIVE;

		if ((int)o->precedence == used)
			parser_unexpected(p);
		used = o->precedence == OF_ASSIGNMENT ||
			       o->precedence == OF_COMPARISON
			   ? (int)o->precedence
			   : -1;
		n = parser_node(p, o->kind, n);
		n->op = (uint8_t)o->op;
		lexer_next(&p->lexer);
		if (o->kind == NODE_TRY)
			continue;
		n->b = parse_operators(p, o->precedence + !right);
		fold(p, n);
	}
	return n;
}

struct node *parse_expression(struct parser *p)
{
	return parse_operators(p, OF_PIPE);
}

static uint32_t lines_before(struct slice text, size_t at)
{
	uint32_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += text.p[i] == '\n';
	return n;
}

struct node **parse_source(
    struct compiler *c, struct slice text, struct node **tree)
{
	struct parser p = {.compiler = c,
	    .lexer = {
		.compiler = c, .p = text.p, .end = text.p + text.n, .line = 1}};
	size_t invalid = utf8_find_invalid(text);

	if (invalid < text.n)
		compile_error(c, lines_before(text, invalid), "invalid UTF-8");
	lexer_next(&p.lexer);
	for (; parser_at(&p, TOKEN_DEF); tree = &(*tree)->a) {
		*tree = parse_definition(&p);
		(*tree)->slot = (uint32_t)c->source;
	}
	if (c->source + 1 == c->count) {
		if (parser_at(&p, TOKEN_END))
			compile_error(
			    c, p.lexer.at, "the engine has nothing to run");
		*tree = parse_expression(&p);
	}
	parser_expect(&p, TOKEN_END);
	return tree;
}

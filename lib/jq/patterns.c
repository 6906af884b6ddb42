#include "jq/parser.h"

/*
 * A pattern becomes NODE_AS one after another: one for each of its variables,
 * and one without a name for each array or object that it takes apart.
 */
struct chain {
	struct node *first, *last; /* first->count is how many they are */
	bool computed;		   /* a key is an expression */
};

static void parse_parts(struct parser *, struct chain *, struct node *whole);

static struct node *bind_to(struct parser *p, struct chain *chain,
    struct slice name, struct node *value)
{
	struct node *n = parser_node(p, NODE_AS, value);

	n->text = name;
	if (chain->last)
		chain->last->b = n;
	else
		chain->first = n;
	chain->last = n;
	chain->first->count++;
	return n;
}

/* The value of a node that binds it without a name. */
static struct node *value_of(struct parser *p, struct node *whole)
{
	return parser_node(p, NODE_VARIABLE, whole);
}

/* A pattern, which a value is bound to. */
static void parse_pattern(
    struct parser *p, struct chain *chain, struct node *value)
{
	heap_check_stack(p->compiler->heap);
	if (parser_at(p, '$'))
		bind_to(p, chain, parser_variable(p), value);
	else
		parse_parts(p, chain,
		    bind_to(p, chain, (struct slice){NULL, 0}, value));
}

/* A key: the member that it names. */
static struct node *parse_member(
    struct parser *p, struct chain *chain, struct node *whole)
{
	struct node *key, *n;

	if (is_key(p->lexer.token)) {
		n = parser_field(p, value_of(p, whole), p->lexer.text);
		lexer_next(&p->lexer);
		return n;
	}
	key = parse_key(p);
	if (is_string(key))
		return parser_index(p, value_of(p, whole), key);
	chain->computed = true;
	n = parser_node(p, NODE_PIPE, value_of(p, whole));
	n->b = parser_index(p, parser_node(p, NODE_IDENTITY, NULL), key);
	return n;
}

/* KEY: PATTERN, or $name, or $name: PATTERN. */
static void parse_entry(
    struct parser *p, struct chain *chain, struct node *whole)
{
	struct slice name;

	if (!parser_at(p, '$')) {
		struct node *member = parse_member(p, chain, whole);

		parser_expect(p, ':');
		parse_pattern(p, chain, member);
		return;
	}
	name = parser_variable(p);
	bind_to(p, chain, name, parser_field(p, value_of(p, whole), name));
	if (parser_accept(p, ':'))
		parse_pattern(
		    p, chain, parser_field(p, value_of(p, whole), name));
}

/* What a pattern of arrays or objects takes from the whole. */
static void parse_parts(
    struct parser *p, struct chain *chain, struct node *whole)
{
	double i = 0;

	if (parser_accept(p, '{')) {
		do
			parse_entry(p, chain, whole);
		while (parser_accept(p, ','));
		parser_expect(p, '}');
		return;
	}
	parser_expect(p, '[');
	do
		parse_pattern(p, chain,
		    parser_index(p, value_of(p, whole),
			parser_constant(p, jq_number(i++))));
	while (parser_accept(p, ','));
	parser_expect(p, ']');
}

struct node *parse_as(struct parser *p, struct node *a)
{
	struct chain chain = {NULL, NULL, false};

	parser_expect(p, TOKEN_AS);
	parse_pattern(p, &chain, a);
	parser_expect(p, '|');
	chain.last->b = parse_expression(p);
	return chain.first;
}

/*
 * A pattern takes values apart where the state is updated: n->count is then how
 * many NODE_AS come before that.
 */
struct node *parse_loop(struct parser *p, enum node_kind kind)
{
	struct chain chain = {NULL, NULL, false};
	struct node *n = parser_node(p, kind, NULL);

	lexer_next(&p->lexer);
	n->a = parse_term(p);
	parser_expect(p, TOKEN_AS);
	if (parser_at(p, '$'))
		n->text = parser_variable(p);
	else
		parse_parts(p, &chain, n);
	if (chain.computed)
		compile_error(p->compiler, n->line,
		    "the engine has no computed keys in a pattern of reduce "
		    "or foreach");
	parser_expect(p, '(');
	n->b = parse_expression(p);
	parser_expect(p, ';');
	n->c = parse_expression(p);
	if (kind == NODE_FOREACH && parser_accept(p, ';'))
		n->d = parse_expression(p);
	parser_expect(p, ')');
	if (chain.first) {
		chain.last->b = n->c;
		n->c = chain.first;
		n->count = chain.first->count;
	}
	return n;
}

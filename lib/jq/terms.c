#include "jq/parser.h"

static struct node *string_constant(struct parser *p, struct slice text)
{
	return parser_constant(p, jq_string_copy(p->compiler->heap, text));
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
	struct node *n = parser_node(p, NODE_STRING, NULL);
	struct buf *text = &p->compiler->text;
	bool more = true;

	if (!parser_at(p, '"'))
		parser_unexpected(p);
	while (more) {
		buf_clear(text);
		more = lexer_string(&p->lexer, text);
		add_part(p, n, string_constant(p, buf_slice(text)));
		if (!more)
			break;
		lexer_next(&p->lexer);
		add_part(p, n, parse_expression(p));
		if (!parser_at(p, ')'))
			parser_unexpected(p);
	}
	lexer_next(&p->lexer);
	return n->count == 1 ? n->parts[0] : n;
}

/* []; [b]; [b:c], [b:] and [:c] */
static struct node *parse_brackets(struct parser *p, struct node *a)
{
	struct node *n = parser_node(p, NODE_SLICE, a);

	parser_expect(p, '[');
	if (parser_accept(p, ']')) {
		n->kind = NODE_EACH;
		return n;
	}
	if (!parser_at(p, ':'))
		n->b = parse_expression(p);
	if (n->b && parser_accept(p, ']'))
		return parser_index(p, a, n->b);
	parser_expect(p, ':');
	if (!n->b || !parser_at(p, ']'))
		n->c = parse_expression(p);
	parser_expect(p, ']');
	return n;
}

/* .name, ."name" and brackets, each with `?` or without. */
static struct node *parse_steps(struct parser *p, struct node *n)
{
	for (;;) {
		if (parser_at(p, TOKEN_FIELD)) {
			n = parser_field(p, n, slice_from(p->lexer.text, 1));
			lexer_next(&p->lexer);
		} else if (parser_at(p, '[')) {
			n = parse_brackets(p, n);
		} else if (parser_accept(p, '.')) {
			n = parser_index(p, n, parse_string(p));
		} else {
			return n;
		}
		n->optional = parser_accept(p, '?');
	}
}

/* . and, without its point, the first step of ."name" */
static struct node *parse_point(struct parser *p)
{
	struct node *n = parser_node(p, NODE_IDENTITY, NULL);

	lexer_next(&p->lexer);
	if (!parser_at(p, '"'))
		return n;
	n = parser_index(p, n, parse_string(p));
	n->optional = parser_accept(p, '?');
	return n;
}

/* A name, and maybe arguments. null, true and false are no functions. */
static struct node *parse_call(struct parser *p)
{
	struct node *n = parser_node(p, NODE_CALL, NULL);
	struct argument *argument;

	n->text = parser_word(p);
	if (!parser_accept(p, '(')) {
		if (slice_is(n->text, "null"))
			return parser_constant(p, jq_null());
		if (slice_is(n->text, "true") || slice_is(n->text, "false"))
			return parser_constant(p, jq_bool(n->text.n == 4));
		return n;
	}
	do {
		n->arguments = compiler_grow(
		    p->compiler, n->arguments, n->count, sizeof(*argument));
		argument = &n->arguments[n->count++];
		argument->body = parse_closure(p, &argument->slots);
	} while (parser_accept(p, ';'));
	parser_expect(p, ')');
	return n;
}

static struct node *parse_in_parentheses(struct parser *p)
{
	struct node *n;

	parser_expect(p, '(');
	n = parse_expression(p);
	parser_expect(p, ')');
	return n;
}

struct node *parse_key(struct parser *p)
{
	return parser_at(p, '(') ? parse_in_parentheses(p) : parse_string(p);
}

/* The value of an entry: terms, with signs or without, and pipes. */
static struct node *parse_value(struct parser *p, bool pipes)
{
	bool negated = parser_at(p, '-');
	struct node *n = parser_node(p, NODE_NEGATE, NULL);

	heap_check_stack(p->compiler->heap);
	if (negated) {
		lexer_next(&p->lexer);
		n->a = parse_value(p, false);
	} else {
		n = parse_term(p);
	}
	if (pipes && parser_at(p, '|')) {
		n = parser_node(p, NODE_PIPE, n);
		lexer_next(&p->lexer);
		n->b = parse_value(p, true);
	}
	return n;
}

/* $name: its name and its value. */
static void parse_variable_entry(struct parser *p, struct node *object)
{
	struct node *value = parser_node(p, NODE_VARIABLE, NULL);

	value->text = parser_variable(p);
	add_part(p, object, string_constant(p, value->text));
	add_part(p, object, value);
}

/* KEY: VALUE, where what is not computed may be without a value: {name}. */
static void parse_entry(struct parser *p, struct node *object)
{
	int token = p->lexer.token;
	struct node *key, *value = NULL;

	if (is_key(token)) {
		key = string_constant(p, p->lexer.text);
		lexer_next(&p->lexer);
	} else {
		key = parse_key(p);
	}
	if (parser_accept(p, ':'))
		value = parse_value(p, true);
	else if (token == '(' || (is_key(token) && token != TOKEN_WORD))
		parser_unexpected(p);
	else if (!is_string(key))
		compile_error(p->compiler, key->line,
		    "the engine has no '\\(' in a key without a value");
	else
		value =
		    parser_index(p, parser_node(p, NODE_IDENTITY, NULL), key);
	add_part(p, object, key);
	add_part(p, object, value);
}

static struct node *parse_object(struct parser *p)
{
	struct node *n = parser_node(p, NODE_OBJECT, NULL);

	parser_expect(p, '{');
	while (!parser_accept(p, '}')) {
		if (parser_at(p, '$'))
			parse_variable_entry(p, n);
		else
			parse_entry(p, n);
		if (!parser_at(p, '}'))
			parser_expect(p, ',');
	}
	return n;
}

static struct node *parse_array(struct parser *p)
{
	struct node *n = parser_node(p, NODE_ARRAY, NULL);

	parser_expect(p, '[');
	if (parser_accept(p, ']'))
		return n;
	n->a = parse_expression(p);
	parser_expect(p, ']');
	return n;
}

static struct node *parse_number(struct parser *p)
{
	struct node *n = parser_constant(p, jq_number(p->lexer.number));

	lexer_next(&p->lexer);
	return n;
}

/* `..` is what a program may define as recurse. */
static struct node *parse_recurse(struct parser *p)
{
	struct node *n = parser_node(p, NODE_CALL, NULL);

	n->text = SLICE("recurse");
	lexer_next(&p->lexer);
	return n;
}

/* $name, and $name after `break` */
static struct node *parse_reference(struct parser *p, enum node_kind kind)
{
	struct node *n = parser_node(p, kind, NULL);

	n->text = parser_variable(p);
	return n;
}

/* What a term begins with. */
static struct node *parse_first(struct parser *p)
{
	switch (p->lexer.token) {
	case '.': return parse_point(p);
	case TOKEN_FIELD: return parser_node(p, NODE_IDENTITY, NULL);
	case TOKEN_NUMBER: return parse_number(p);
	case TOKEN_RECURSE: return parse_recurse(p);
	case TOKEN_WORD: return parse_call(p);
	case '"': return parse_string(p);
	case '(': return parse_in_parentheses(p);
	case '[': return parse_array(p);
	case '{': return parse_object(p);
	case '$': return parse_reference(p, NODE_VARIABLE);
	case TOKEN_BREAK:
		lexer_next(&p->lexer);
		return parse_reference(p, NODE_BREAK);
	default: parser_unexpected(p);
	}
}

struct node *parse_term(struct parser *p)
{
	heap_check_stack(p->compiler->heap);
	return parse_steps(p, parse_first(p));
}

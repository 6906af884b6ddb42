/*
 * jq 1.6's grammar, by recursive descent: expressions (parser.c), the terms in
 * them (terms.c), and the patterns that bind variables (patterns.c).
 */
#ifndef SP_JQ_PARSER_H
#define SP_JQ_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "jq/compiler.h"
#include "jq/lexer.h"
#include "jq/node.h"

struct parser {
	struct compiler *compiler;
	struct lexer lexer;
	uint32_t bindings; /* variables and labels of the closure or function
			      that is being read */
};

/* Of the current token; `unexpected` is a syntax error at it. */
bool parser_at(const struct parser *, int token);
bool parser_accept(struct parser *, int token);
void parser_expect(struct parser *, int token);
_Noreturn void parser_unexpected(struct parser *);

/* A name, and one after `$`. */
struct slice parser_word(struct parser *);
struct slice parser_variable(struct parser *);

/* A node at the line of the current token. */
struct node *parser_node(struct parser *, enum node_kind, struct node *a);
struct node *parser_constant(struct parser *, struct jq_value);

/* a.name, and a[b] */
struct node *parser_field(struct parser *, struct node *a, struct slice name);
struct node *parser_index(struct parser *, struct node *a, struct node *b);

/* An expression that ends where no operator follows. */
struct node *parse_expression(struct parser *);

/* The same as an argument or the body of a function, and its bindings. */
struct node *parse_closure(struct parser *, uint32_t *bindings);

struct node *parse_term(struct parser *);

/* A key of an object or pattern that is no word: in quotes or parentheses. */
struct node *parse_key(struct parser *);

/* a as PATTERN | ..., from `as` on. */
struct node *parse_as(struct parser *, struct node *a);

/* reduce, foreach */
struct node *parse_loop(struct parser *, enum node_kind);

static inline bool is_string(const struct node *n)
{
	return n->kind == NODE_CONSTANT && n->constant.kind == JQ_STRING;
}

static inline bool is_number(const struct node *n)
{
	return n->kind == NODE_CONSTANT && n->constant.kind == JQ_NUMBER;
}

/* A token that may be a key: a word, or a keyword. */
static inline bool is_key(int token)
{
	return token == TOKEN_WORD || token >= TOKEN_KEYWORDS;
}

#endif

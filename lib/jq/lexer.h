/*
 * Splits jq text into tokens. Strings are an exception, since programs lie
 * within them: the token is the quote alone, and lexer_string reads on.
 */
#ifndef SP_JQ_LEXER_H
#define SP_JQ_LEXER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "jq/compiler.h"

/* A token of one character is that character; these are the others. */
enum token {
	TOKEN_END,
	TOKEN_OPERATOR = 256, /* of several characters: // */
	TOKEN_NUMBER,
	TOKEN_FIELD,	/* .name */
	TOKEN_VARIABLE, /* $name */
	TOKEN_FORMAT,	/* @name */
	TOKEN_WORD,	/* the name of a function or member */

	/* Words with a meaning, in the order of lexer.c's list; first those
	 * that the engine has no use for. */
	TOKEN_ABSENT,
	TOKEN_AND = TOKEN_ABSENT + 7,
	TOKEN_AS,
	TOKEN_CATCH,
	TOKEN_DEF,
	TOKEN_ELIF,
	TOKEN_ELSE,
	TOKEN_END_WORD,
	TOKEN_IF,
	TOKEN_OR,
	TOKEN_REDUCE,
	TOKEN_THEN,
	TOKEN_TRY
};

struct lexer {
	struct compiler *compiler;
	const char *p, *end; /* what is left of the source */
	uint32_t line;	     /* that of p */

	/* The current token. */
	int token;
	struct slice text;
	uint32_t at; /* its line */
	double number;
};

/* Go on to the next token. */
void lexer_next(struct lexer *);

/*
 * Read the text of a string, after its quote or an interpolation in it, to the
 * next interpolation or its end. True if an interpolation follows.
 */
bool lexer_string(struct lexer *, struct buf *text);

#endif

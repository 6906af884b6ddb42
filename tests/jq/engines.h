/*
 * Two engines that run jq programs, to be compared: libjq, and lib/jq.
 *
 * What comes of a program and an input is its outcome, a text of lines: each
 * result as JSON, and then, unless the program ended well, how it ended:
 *
 *	! JSON              an error, with its value
 *	refused: REASON     the program does not compile
 *	cut                 there are more results than RESULTS_MAX
 *	limit: REASON       it was stopped by the engine's own limits
 *	died: signal N      the process ended, or was ended after TIME_MAX
 *
 * Values of `debug` are lines, too, where they come: "debug: JSON".
 */
#ifndef SP_TESTS_JQ_ENGINES_H
#define SP_TESTS_JQ_ENGINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

#define RESULTS_MAX 200
#define OUTCOME_MAX ((size_t)1 << 20)
#define INPUT_MAX ((size_t)1 << 24)
#define TIME_MAX 1 /* seconds of CPU, for one outcome */
#define MEMORY_MAX ((size_t)1 << 30)

/* A program and an input; where one program has several, they are together. */
struct trial {
	const char *program, *input;
	char *outcome; /* of the engine that ran last; owned */
};

struct jq_engine {
	const char *name;

	/*
	 * Run trials in order, in a process of their own, and call `done` with
	 * the outcome of each.
	 */
	void (*run)(const struct trial *, size_t count,
	    void (*done)(void *ctx, struct slice outcome), void *ctx);
};

extern const struct jq_engine engine_libjq, engine_own;

/* Set the outcomes of trials. Whatever dies costs one of them. */
void engine_run(const struct jq_engine *, struct trial *, size_t count);

/* The same of one; the outcome belongs to the caller. */
char *engine_outcome(
    const struct jq_engine *, const char *program, const char *input);

/* The version of libjq's language: 106, 107, 108. */
int libjq_version(void);

#endif

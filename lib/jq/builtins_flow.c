/* Functions that evaluate their arguments themselves. They are parts of paths,
 * too. */
#include "jq/builtins.h"

#include "jq/evaluator.h"

BUILTIN(empty)
{
	return jq_none();
}

BUILTIN(error)
{
	return machine_raise(m, in);
}

BUILTIN(debug)
{
	if (m->debug)
		m->debug(m->ctx, in);
	return in;
}

/* range: its start is the key of the step. */

static bool give_range(struct step *s, struct jq_value from, struct jq_value to)
{
	if (from.kind != JQ_NUMBER || to.kind != JQ_NUMBER)
		return machine_fail(s->machine, "Range bounds must be numeric");
	for (double i = from.number; !(i >= to.number); i++) {
		heap_tick(s->machine->heap);
		if (!give(s->machine, jq_number(i), s->in, s->to))
			return false;
	}
	return true;
}

static bool take_until(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	return give_range(s, s->key, p->value);
}

static bool take_from(struct place_sink *sink, const struct place *p)
{
	struct step s = *(struct step *)sink;

	if (s.node->count == 1)
		return give_range(&s, jq_number(0), p->value);
	s.sink.take = take_until;
	s.key = p->value;
	return argument_values(
	    s.machine, &s.node->arguments[1], s.frame, s.in->value, &s.sink);
}

EACH(range)
{
	struct step s = STEP(take_from);

	return argument_values(m, n->arguments, f, in->value, &s.sink);
}

/* any, all: done with the first result of the condition that decides. */

static bool is_any(const struct step *s)
{
	return s->node->builtin->name[1] == 'n';
}

static bool take_condition(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	s->done = jq_is_true(p->value) == is_any(s);
	return !s->done;
}

static bool take_tested(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink, test = *s;

	heap_tick(s->machine->heap);
	test.sink.take = take_condition;
	if (argument_values(s->machine, &s->node->arguments[1], s->frame,
		p->value, &test.sink))
		return true;
	s->done = test.done;
	return false;
}

EACH(any_or_all)
{
	struct step s = STEP(take_tested);

	if (!argument_values(m, n->arguments, f, in->value, &s.sink) && !s.done)
		return false;
	return give(m, jq_bool(is_any(&s) == s.done), in, to);
}

static bool take_first(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	s->done = s->to->take(s->to, p);
	return false;
}

EACH(first)
{
	struct step s = STEP(take_first);

	return argument_each(m, n->arguments, f, in, &s.sink) || s.done;
}

/* recurse: a place, and then those that the argument yields for it. */

static bool take_visited(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	heap_tick(s->machine->heap);
	heap_check_stack(s->machine->heap);
	return s->to->take(s->to, p) &&
	       argument_each(
		   s->machine, s->node->arguments, s->frame, p, &s->sink);
}

EACH(recurse)
{
	struct step s = STEP(take_visited);

	return take_visited(&s.sink, in);
}

const struct builtin builtins_flow[] = {
    {.name = "all", .arity = 2, .one = true, .generate = any_or_all},
    {.name = "any", .arity = 2, .one = true, .generate = any_or_all},
    {.name = "debug", .call = debug},
    {.name = "empty", .call = empty},
    {.name = "error", .call = error},
    {.name = "first", .arity = 1, .one = true, .generate = first},
    {.name = "range", .arity = 1, .many = true, .generate = range},
    {.name = "range", .arity = 2, .many = true, .generate = range},
    {.name = "recurse", .arity = 1, .many = true, .generate = recurse},
    {0},
};

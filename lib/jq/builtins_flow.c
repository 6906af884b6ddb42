/*
 * Functions that evaluate their arguments themselves, mostly loops: where jq
 * has tail calls, these do not recur. They are parts of paths, too.
 */
#include "jq/builtins.h"

#include "jq/evaluator.h"
#include "jq/operators.h"

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

/* range: its start is the key of the step, and its end the end. */

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

/* With a step, libjq adds and compares as operators do. */
static bool take_by(struct place_sink *sink, const struct place *by)
{
	struct step *s = (struct step *)sink;
	struct machine *m = s->machine;
	int direction = jq_compare(m->heap, by->value, jq_number(0));

	for (struct jq_value v = s->key;
	     direction != 0 &&
	     jq_compare(m->heap, s->end, v) * direction > 0;) {
		heap_tick(m->heap);
		if (!give(m, v, s->in, s->to))
			return false;
		v = operator_apply(m, NODE_ADD, v, by->value);
		if (v.kind == JQ_NONE)
			return false;
	}
	return true;
}

static bool take_until(struct place_sink *sink, const struct place *p)
{
	struct step s = *(struct step *)sink;

	if (s.node->count == 2)
		return give_range(&s, s.key, p->value);
	s.sink.take = take_by;
	s.end = p->value;
	return argument_values(
	    s.machine, &s.node->arguments[2], s.frame, s.in->value, &s.sink);
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

/* any, all: done with the first result of the condition that settles it. */

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

/* first, limit: done if there are enough. */

static bool take_limited(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	s->left--;
	if (!s->to->take(s->to, p))
		return false;
	s->done = s->left <= 0;
	return !s->done;
}

static bool give_limited(struct step s, double most, unsigned argument)
{
	s.sink.take = take_limited;
	s.left = most;
	return argument_each(s.machine, &s.node->arguments[argument], s.frame,
		   s.in, &s.sink) ||
	       s.done;
}

EACH(first)
{
	struct step s = STEP(NULL);

	return give_limited(s, 1, 0);
}

/* What is no number cannot be counted down. */
static bool take_uncountable(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	(void)p;
	operator_apply(s->machine, NODE_SUBTRACT, s->key, jq_number(1));
	return false;
}

static bool take_limit(struct place_sink *sink, const struct place *limit)
{
	struct step s = *(struct step *)sink;
	int order = jq_compare(s.machine->heap, limit->value, jq_number(0));

	if (order == 0)
		return true;
	if (order > 0 && limit->value.kind == JQ_NUMBER)
		return give_limited(s, limit->value.number, 1);
	s.sink.take = take_uncountable;
	s.key = limit->value;
	return argument_each(s.machine, &s.node->arguments[1], s.frame, s.in,
	    order > 0 ? &s.sink : s.to);
}

EACH(limit)
{
	struct step s = STEP(take_limit);

	return argument_values(m, n->arguments, f, in->value, &s.sink);
}

EACH(repeat)
{
	do
		heap_tick(m->heap);
	while (argument_each(m, n->arguments, f, in, to));
	return false;
}

/*
 * until, while, recurse: from a place on, by the last argument. Where that
 * yields at most one value, it is a loop.
 */

/* Give a place whose condition is known, if so; `more` is whether to go on. */
static bool give_visited(
    struct step *s, const struct place *p, bool is, bool *more)
{
	bool until = *s->node->builtin->name == 'u';

	*more = is != until;
	return !is || s->to->take(s->to, p);
}

static bool go_on(struct step *s, const struct place *p)
{
	return argument_each(s->machine,
	    &s->node->arguments[s->node->count - 1], s->frame, p, &s->sink);
}

/* A condition that may yield many. */
struct visit {
	struct place_sink sink;
	struct step *loop;
	const struct place *place;
};

static bool take_visit(struct place_sink *sink, const struct place *condition)
{
	struct visit *v = (struct visit *)sink;
	bool is = jq_is_true(condition->value), more;

	return give_visited(v->loop, v->place, is, &more) &&
	       (!more || go_on(v->loop, v->place));
}

static bool loop_from(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;
	struct machine *m = s->machine;
	struct argument *condition = s->node->arguments;
	struct argument *next = &condition[s->node->count - 1];
	struct place here = *p;
	struct visit v = {{take_visit}, s, &here};
	struct jq_value is = jq_bool(true);
	bool more;

	heap_check_stack(m->heap);
	for (;;) {
		heap_tick(m->heap);
		if (condition != next && !is_one(condition->body, s->frame))
			return argument_values(
			    m, condition, s->frame, here.value, &v.sink);
		if (condition != next)
			is = argument_one(m, condition, s->frame, here.value);
		if (is.kind == JQ_NONE)
			return m->leaving == LEAVING_NOTHING;
		if (!give_visited(s, &here, jq_is_true(is), &more))
			return false;
		if (!more)
			return true;
		if (here.path.kind != JQ_NONE || !is_one(next->body, s->frame))
			return go_on(s, &here);
		here.value = argument_one(m, next, s->frame, here.value);
		if (here.value.kind == JQ_NONE)
			return m->leaving == LEAVING_NOTHING;
	}
}

EACH(loop)
{
	struct step s = STEP(loop_from);

	return loop_from(&s.sink, in);
}

const struct builtin builtins_flow[] = {
    {.name = "all", .arity = 2, .one = true, .generate = any_or_all},
    {.name = "any", .arity = 2, .one = true, .generate = any_or_all},
    {.name = "debug", .call = debug},
    {.name = "empty", .call = empty},
    {.name = "error", .call = error},
    {.name = "first", .arity = 1, .one = true, .generate = first},
    {.name = "limit", .arity = 2, .many = true, .generate = limit},
    {.name = "range", .arity = 1, .many = true, .generate = range},
    {.name = "range", .arity = 2, .many = true, .generate = range},
    {.name = "range", .arity = 3, .many = true, .generate = range},
    {.name = "recurse", .arity = 1, .many = true, .generate = loop},
    {.name = "repeat", .arity = 1, .many = true, .generate = repeat},
    {.name = "until", .arity = 2, .generate = loop},
    {.name = "while", .arity = 2, .many = true, .generate = loop},
    {0},
};

/*
 * Functions that evaluate their arguments themselves, mostly loops: where jq
 * has tail calls, these do not recur. They are parts of paths, too.
 */
#include "jq/builtins.h"

#include "jq/machine.h"
#include "jq/operators.h"
#include "jq/paths.h"

/* A call of a builtin, while it waits for results of its arguments. */
struct flow_call {
	struct place_sink sink;
	struct machine *machine;
	struct node *node;
	struct frame *frame;
	const struct place *from;
	struct place_sink *to;
	struct jq_value argument; /* of limit */
	double left;		  /* results, of limit */
	bool done;		  /* it wants no more */
};

/* The same, where these are values. */
struct argument_wait {
	struct sink sink;
	struct flow_call call;
	struct flow_call *parent;    /* of a condition */
	struct jq_value from, until; /* of a range */
};

#define FLOW_CALL(take_place)                                              \
	{                                                                  \
		.sink = {take_place}, .machine = m, .node = n, .frame = f, \
		.from = p, .to = to                                        \
	}
#define ARGUMENT_WAIT(take_value)                             \
	{                                                     \
		.sink = {take_value}, .call = FLOW_CALL(NULL) \
	}

static bool give(struct flow_call *c, struct jq_value v)
{
	struct place p = {v, c->from->path, c->from->at};

	return c->to->take(c->to, &p);
}

static struct jq_value empty(
    struct machine *m, struct jq_value in, const struct jq_value *arguments)
{
	(void)m, (void)in, (void)arguments;
	return jq_none();
}

static struct jq_value error(
    struct machine *m, struct jq_value in, const struct jq_value *arguments)
{
	(void)arguments;
	return machine_raise(m, in);
}

static struct jq_value debug(
    struct machine *m, struct jq_value in, const struct jq_value *arguments)
{
	(void)arguments;
	if (m->debug)
		m->debug(m->ctx, in);
	return in;
}

/* range */

static bool give_range(
    struct flow_call *c, struct jq_value from, struct jq_value to)
{
	if (from.kind != JQ_NUMBER || to.kind != JQ_NUMBER)
		return machine_fail(c->machine, "Range bounds must be numeric");
	for (double i = from.number; !(i >= to.number); i++) {
		heap_tick(c->machine->heap);
		if (!give(c, jq_number(i)))
			return false;
	}
	return true;
}

/* With a step, libjq adds and compares as operators do. */
static bool take_by(struct sink *sink, struct jq_value by)
{
	struct argument_wait *w = (struct argument_wait *)sink;
	struct machine *m = w->call.machine;
	int direction = jq_compare(m->heap, by, jq_number(0));

	for (struct jq_value v = w->from;
	     direction != 0 &&
	     jq_compare(m->heap, w->until, v) * direction > 0;) {
		heap_tick(m->heap);
		if (!give(&w->call, v))
			return false;
		v = operator_apply(m, NODE_ADD, v, by);
		if (v.kind == JQ_NONE)
			return false;
	}
	return true;
}

static bool take_until(struct sink *sink, struct jq_value v)
{
	struct argument_wait w = *(struct argument_wait *)sink;
	struct flow_call *c = &w.call;

	if (c->node->count == 2)
		return give_range(c, w.from, v);
	w.sink.take = take_by;
	w.until = v;
	return machine_each_argument(c->machine, &c->node->arguments[2],
	    c->frame, c->from->value, &w.sink);
}

static bool take_from(struct sink *sink, struct jq_value v)
{
	struct argument_wait w = *(struct argument_wait *)sink;
	struct flow_call *c = &w.call;

	if (c->node->count == 1)
		return give_range(c, jq_number(0), v);
	w.sink.take = take_until;
	w.from = v;
	return machine_each_argument(c->machine, &c->node->arguments[1],
	    c->frame, c->from->value, &w.sink);
}

static bool range(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct argument_wait w = ARGUMENT_WAIT(take_from);

	return machine_each_argument(m, n->arguments, f, p->value, &w.sink);
}

/* any, all: the first result of the second argument that settles it. */

static bool take_test(struct sink *sink, struct jq_value v)
{
	struct argument_wait *w = (struct argument_wait *)sink;
	bool any = w->call.node->builtin->name[1] == 'n';

	w->call.done = jq_is_true(v) == any;
	return !w->call.done;
}

static bool take_tested(struct sink *sink, struct jq_value v)
{
	struct argument_wait *w = (struct argument_wait *)sink, test = *w;
	struct flow_call *c = &w->call;

	heap_tick(c->machine->heap);
	test.sink.take = take_test;
	if (machine_each_argument(
		c->machine, &c->node->arguments[1], c->frame, v, &test.sink))
		return true;
	c->done = test.call.done;
	return false;
}

static bool any_or_all(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct argument_wait w = ARGUMENT_WAIT(take_tested);
	bool all = n->builtin->name[1] == 'l';

	if (!machine_each_argument(m, n->arguments, f, p->value, &w.sink) &&
	    !w.call.done)
		return false;
	return give(&w.call, jq_bool(all != w.call.done));
}

/* first, limit */

static bool take_limited(struct place_sink *sink, const struct place *p)
{
	struct flow_call *c = (struct flow_call *)sink;

	c->left--;
	if (!c->to->take(c->to, p))
		return false;
	c->done = c->left <= 0;
	return !c->done;
}

static bool give_limited(struct flow_call c, double most, unsigned argument)
{
	c.sink.take = take_limited;
	c.left = most;
	return paths_each_argument(c.machine, &c.node->arguments[argument],
		   c.frame, c.from, &c.sink) ||
	       c.done;
}

static bool first(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct flow_call c = FLOW_CALL(NULL);

	return give_limited(c, 1, 0);
}

/* What is no number cannot be counted down. */
static bool take_uncountable(struct place_sink *sink, const struct place *p)
{
	struct flow_call *c = (struct flow_call *)sink;

	(void)p;
	return operator_apply(
		   c->machine, NODE_SUBTRACT, c->argument, jq_number(1))
		   .kind != JQ_NONE;
}

static bool take_limit(struct sink *sink, struct jq_value v)
{
	struct flow_call c = ((struct argument_wait *)sink)->call;
	int order = jq_compare(c.machine->heap, v, jq_number(0));

	if (order == 0)
		return true;
	if (order > 0 && v.kind == JQ_NUMBER)
		return give_limited(c, v.number, 1);
	c.sink.take = take_uncountable;
	c.argument = v;
	return paths_each_argument(c.machine, &c.node->arguments[1], c.frame,
	    c.from, order > 0 ? &c.sink : c.to);
}

static bool limit(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct argument_wait w = ARGUMENT_WAIT(take_limit);

	return machine_each_argument(m, n->arguments, f, p->value, &w.sink);
}

static bool repeat(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	do
		heap_tick(m->heap);
	while (paths_each_argument(m, n->arguments, f, p, to));
	return false;
}

/*
 * until, while, recurse: from a place on, by the last argument. Where that
 * yields at most one result, it is a loop.
 */

static struct argument *next_of(const struct flow_call *c)
{
	return &c->node->arguments[c->node->count - 1];
}

/* Whether to go on from a place, whose condition is known, and whether to give
 * it, which may fail. */
static bool visit(
    struct flow_call *c, const struct place *p, bool is, bool *more)
{
	bool until = *c->node->builtin->name == 'u';

	*more = is != until;
	return !is || c->to->take(c->to, p);
}

static bool take_condition(struct sink *sink, struct jq_value v)
{
	struct argument_wait *w = (struct argument_wait *)sink;
	struct flow_call *c = w->parent;
	bool more;

	return visit(c, w->call.from, jq_is_true(v), &more) &&
	       (!more || paths_each_argument(c->machine, next_of(c), c->frame,
			     w->call.from, &c->sink));
}

static bool each_condition(struct flow_call *c, const struct place *p)
{
	struct argument_wait w = {{take_condition}, .call = *c, .parent = c};

	w.call.from = p;
	return machine_each_argument(
	    c->machine, c->node->arguments, c->frame, p->value, &w.sink);
}

struct only {
	struct place_sink sink;
	struct place place;
	bool found;
};

static bool take_only(struct place_sink *sink, const struct place *p)
{
	struct only *o = (struct only *)sink;

	o->place = *p;
	o->found = true;
	return true;
}

static bool recur(struct place_sink *sink, const struct place *p)
{
	struct flow_call *c = (struct flow_call *)sink;
	struct argument *next = next_of(c), *condition = c->node->arguments;
	struct only only = {{take_only}, *p, true};
	struct jq_value is = jq_bool(true);
	bool more;

	heap_check_stack(c->machine->heap);
	while (only.found) {
		struct place here = only.place;

		heap_tick(c->machine->heap);
		if (condition != next) {
			if (!machine_is_one(condition->body, c->frame))
				return each_condition(c, &here);
			is = machine_one_argument(
			    c->machine, condition, c->frame, here.value);
			if (is.kind == JQ_NONE)
				return !c->machine->leaving;
		}
		if (!visit(c, &here, jq_is_true(is), &more))
			return false;
		if (!more)
			return true;
		if (!machine_is_one(next->body, c->frame))
			return paths_each_argument(
			    c->machine, next, c->frame, &here, &c->sink);
		only.found = false;
		if (!paths_each_argument(
			c->machine, next, c->frame, &here, &only.sink))
			return false;
	}
	return true;
}

static bool loop(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct flow_call c = FLOW_CALL(recur);

	return recur(&c.sink, p);
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

#include "jq/builtins.h"

#include "jq/machine.h"
#include "jq/paths.h"

/* path(f) */

struct path_of {
	struct place_sink sink;
	struct machine *machine;
	const struct place *from;
	struct place_sink *to;
};

static bool take_path(struct place_sink *sink, const struct place *p)
{
	struct path_of *of = (struct path_of *)sink;
	struct place path = {p->path, of->from->path, of->from->at};

	return paths_check(of->machine, p) && of->to->take(of->to, &path);
}

static bool path(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct path_of of = {{take_path}, m, p, to};
	struct place start = {p->value, jq_array(m->heap, 0), p->value};

	return paths_each_argument(m, n->arguments, f, &start, &of.sink);
}

/* getpath(p) can be a part of a path. */

struct follow {
	struct sink sink;
	struct machine *machine;
	const struct place *from;
	struct place_sink *to;
};

static bool take_argument(struct sink *sink, struct jq_value v)
{
	struct follow *f = (struct follow *)sink;

	return paths_follow(f->machine, f->from, v, f->to);
}

static bool getpath(struct machine *m, struct node *n, struct frame *f,
    const struct place *p, struct place_sink *to)
{
	struct follow follow = {{take_argument}, m, p, to};

	return machine_each_argument(
	    m, n->arguments, f, p->value, &follow.sink);
}

static struct jq_value setpath(
    struct machine *m, struct jq_value in, const struct jq_value *arguments)
{
	return paths_set(m, in, arguments[0], arguments[1]);
}

static struct jq_value delpaths(
    struct machine *m, struct jq_value in, const struct jq_value *arguments)
{
	return paths_delete(m, in, *arguments);
}

const struct builtin builtins_paths[] = {
    {.name = "delpaths", .arity = 1, .call = delpaths},
    {.name = "getpath", .arity = 1, .generate = getpath},
    {.name = "path", .arity = 1, .generate = path},
    {.name = "setpath", .arity = 2, .call = setpath},
    {0},
};

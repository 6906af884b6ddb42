#include "jq/builtins.h"

#include "jq/evaluator.h"
#include "jq/paths.h"

static bool take_path(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;

	return place_check(s->machine, p) &&
	       give(s->machine, p->path, s->in, s->to);
}

EACH(path)
{
	struct step s = STEP(take_path);
	struct place start = {in->value, jq_array(m->heap, 0), in->value};

	return argument_each(m, n->arguments, f, &start, &s.sink);
}

/* getpath(p) can be a part of a path. */
static bool take_followed(struct place_sink *sink, const struct place *p)
{
	struct step *s = (struct step *)sink;
	struct heap *h = s->machine->heap;
	struct jq_value path = p->value;
	struct place next = *s->in;

	next.value = paths_get(s->machine, next.value, path);
	if (next.value.kind == JQ_NONE)
		return false;
	if (next.path.kind != JQ_NONE) {
		if (!place_check(s->machine, s->in))
			return false;
		next.at = next.value;
		for (uint32_t i = 0; i < path.n; i++)
			next.path =
			    jq_array_append(h, next.path, path.array->items[i]);
	}
	return s->to->take(s->to, &next);
}

EACH(getpath)
{
	struct step s = STEP(take_followed);

	return argument_values(m, n->arguments, f, in->value, &s.sink);
}

BUILTIN(delpaths)
{
	return paths_delete(m, in, *a);
}

const struct builtin builtins_paths[] = {
    {.name = "delpaths", .arity = 1, .call = delpaths},
    {.name = "getpath", .arity = 1, .generate = getpath},
    {.name = "path", .arity = 1, .generate = path},
    {0},
};

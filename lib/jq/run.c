#include "jq/evaluator.h"

/* Gives places to the sink of a run. */
struct results {
	struct place_sink sink;
	struct sink *to;
};

static bool take_result(struct place_sink *sink, const struct place *p)
{
	struct results *r = (struct results *)sink;

	return r->to->take(r->to, p->value);
}

bool machine_run(
    struct machine *m, struct program *p, struct jq_value in, struct sink *to)
{
	struct frame *f = FRAME_ROOM(p->slots);
	struct results r = {{take_result}, to};

	f->outer = NULL;
	f->many = 0;
	m->leaving = LEAVING_NOTHING;
	if (evaluate_values(m, p->body, f, in, &r.sink))
		return true;
	if (m->leaving == LEAVING_NOTHING)
		m->leaving = LEAVING_ALL;
	return false;
}

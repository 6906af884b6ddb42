#include "stream/source.h"

#include <errno.h>

#include "json/json.h"

bool source_init(
    struct source *s, const char *name, struct out *out, size_t max_line)
{
	int64_t now = clock_now();

	*s = (struct source){.name = name, .out = out};
	s->line.max = max_line + ((size_t)1 << 20);
	return clock_format(now, s->started_at) && ulid_make(now, s->run);
}

void source_release(struct source *s)
{
	buf_release(&s->line);
}

struct buf *source_begin(struct source *s, enum record_type type)
{
	buf_clear(&s->line);
	buf_putc(&s->line, '{');
	json_put_member(&s->line, "type", slice_of(record_type_name(type)));
	json_put_member(&s->line, "run", slice_of(s->run));
	return &s->line;
}

bool source_send(struct source *s, enum record_type type)
{
	buf_putc(&s->line, '}');
	if (s->line.failed) {
		s->out->err = EMSGSIZE;
		return false;
	}
	return source_send_line(s, type, buf_slice(&s->line));
}

bool source_send_line(
    struct source *s, enum record_type type, struct slice line)
{
	s->ledger.produced[type] += type != RECORD_END;
	return record_send(s->out, line);
}

bool source_end(struct source *s, const struct outcome *outcome)
{
	struct buf *b = source_begin(s, RECORD_END);

	outcome_put(outcome, b);
	if (s->more)
		json_put_member_raw(b, "more", SLICE("true"));
	json_put_key(b, "ledger");
	buf_putc(b, '[');
	ledger_put(&s->ledger, s->name, b);
	buf_putc(b, ']');
	return source_send(s, RECORD_END) && out_flush(s->out);
}

#include "map/bodies.h"

void bodies_init(struct bodies *b, size_t max)
{
	*b = (struct bodies){.text = BUF_INIT(max)};
}

void bodies_release(struct bodies *b)
{
	buf_release(&b->text);
}

static void forget(struct bodies *b)
{
	buf_clear(&b->text);
	b->start = b->at = 0;
	b->depth = 0;
	b->in_string = b->escape = false;
}

bool bodies_feed(struct bodies *b, struct slice line, uint64_t number)
{
	if (b->depth == 0)
		forget(b);
	b->last = number;
	if (buf_put_slice(&b->text, line) && buf_putc(&b->text, '\n'))
		return true;
	forget(b);
	return false;
}

/* Go past one byte; true where it ends a body. */
static bool step(struct bodies *b, char c)
{
	if (b->in_string) {
		if (b->escape)
			b->escape = false;
		else if (c == '\\')
			b->escape = true;
		else if (c == '"')
			b->in_string = false;
		return false;
	}
	if (c == '"')
		b->in_string = true;
	else if (c == '{' || c == '[')
		b->depth++;
	else if (c == '}' || c == ']')
		return --b->depth == 0;
	return false;
}

enum bodies_result bodies_next(struct bodies *b, struct slice *body)
{
	const char *p = b->text.p;

	while (b->at < b->text.n) {
		char c = p[b->at];

		if (b->depth == 0) {
			b->number = b->last;
			b->start = b->at;
			if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
				b->at++;
				continue;
			}
			if (c != '{' && c != '[') {
				*body = (struct slice){
				    p + b->at, b->text.n - b->at - 1};
				b->at = b->text.n;
				return BODIES_STRAY;
			}
		}
		b->at++;
		if (step(b, c)) {
			*body = (struct slice){p + b->start, b->at - b->start};
			return BODIES_BODY;
		}
	}
	return BODIES_MORE;
}

bool bodies_cut(const struct bodies *b)
{
	return b->depth > 0;
}

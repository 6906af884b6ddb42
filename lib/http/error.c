#include "http/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *e, int status, const char *fmt, ...)
{
	va_list ap;

	e->exit = status;
	e->until = 0;
	e->limit.endpoint = NULL;
	va_start(ap, fmt);
	vsnprintf(e->why, sizeof(e->why), fmt, ap);
	va_end(ap);
	return false;
}

void error_set_limit(
    struct error *e, const char *endpoint, int status, int64_t at)
{
	e->limit.endpoint = endpoint;
	e->limit.status = status;
	e->limit.at = at;
}

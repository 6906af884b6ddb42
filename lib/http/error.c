#include "http/error.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(struct error *e, int status, const char *fmt, ...)
{
	va_list ap;

	e->exit = status;
	e->until = 0;
	va_start(ap, fmt);
	vsnprintf(e->why, sizeof(e->why), fmt, ap);
	va_end(ap);
	return false;
}

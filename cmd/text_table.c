#include "text_table.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

#include "json/json.h"

bool stdout_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

static int put_cell(struct slice s, int most, bool print)
{
	const char *p = s.p, *end = s.p + s.n;
	int shown = 0;

	while (p < end && shown < most) {
		size_t n = utf8_length(p, end);
		unsigned code;

		if (print && (n == 0 || utf8_control(p, end, &code)))
			putchar('?');
		else if (print)
			fwrite(p, 1, n, stdout);
		p += n ? n : 1;
		shown++;
	}
	return shown;
}

void text_table_cell(struct slice s, int width, int most)
{
	for (int i = put_cell(s, most, true); i < width; i++)
		putchar(' ');
}

int text_table_width(struct slice s, int most)
{
	return put_cell(s, most, false);
}

void text_table_heading(const char *name, int width)
{
	int pad = width - (int)strlen(name);

	for (const char *p = name; *p; p++)
		putchar(*p == '_' ? ' ' : toupper((unsigned char)*p));
	for (; pad > 0; pad--)
		putchar(' ');
}

/* The texts of tests/data/json/cases, which are JSON or not. */
#ifndef SP_TESTS_JSON_CASES_H
#define SP_TESTS_JSON_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "base/slice.h"

#define CASES "tests/data/json/cases"

/* Decode a text of the table, see its head. */
static void case_decode(struct slice s, struct buf *to)
{
	const char *p = s.p, *end = s.p + s.n;

	while (p < end) {
		if (*p != '%') {
			buf_putc(to, *p++);
		} else if (p[1] != '<') {
			buf_putc(
			    to, (char)(hex_digit(p[1]) << 4 | hex_digit(p[2])));
			p += 3;
		} else {
			char *text;
			const char *close = strchr(p, '>');
			long times = strtol(p + 2, &text, 10);

			while (times-- > 0)
				case_decode((struct slice){text + 1,
						(size_t)(close - text - 1)},
				    to);
			p = close + 1;
		}
	}
}

static void case_of(char *line,
    void (*check)(const char *result, const char *name, struct slice text))
{
	char *name = strchr(line, ' ') + 1, *space = strchr(name, ' ');
	struct buf text = BUF_INIT(1 << 20);

	name[-1] = '\0';
	if (space)
		*space = '\0';
	case_decode(slice_of(space ? space + 1 : ""), &text);
	check(line, name, buf_slice(&text));
	buf_release(&text);
}

/* Call a function for each text; how many there are. */
static inline int cases_each(
    void (*check)(const char *result, const char *name, struct slice text))
{
	FILE *f = fopen(CASES, "r");
	char line[1024];
	int seen = 0;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		case_of(line, check);
		seen++;
	}
	if (f)
		fclose(f);
	return seen;
}

#endif

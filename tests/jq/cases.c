#include "cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"

#define FILE_MAX ((size_t)1 << 22)

static char *take_line(struct slice *rest, unsigned *line)
{
	++*line;
	return mem_string_slice(slice_cut(rest, '\n'));
}

static char *take_lines(struct slice *rest, unsigned *line, bool comments)
{
	struct buf lines = BUF_INIT(FILE_MAX);
	char *all;

	while (
	    rest->n > 0 && *rest->p != '\n' && (!comments || *rest->p == '#')) {
		buf_put_slice(&lines, slice_cut(rest, '\n'));
		buf_putc(&lines, '\n');
		++*line;
	}
	all = mem_string_slice(buf_slice(&lines));
	buf_release(&lines);
	return all;
}

static void read_cases(struct cases *c, const char *path, struct slice rest)
{
	unsigned line = 1;

	for (;;) {
		struct jq_case one = {.file = path};

		while (rest.n > 0 && *rest.p == '\n') {
			rest = slice_from(rest, 1);
			line++;
		}
		if (rest.n == 0)
			return;
		one.comment = take_lines(&rest, &line, true);
		one.line = line;
		if (rest.n > 0 && *rest.p != '\n') {
			one.program = take_line(&rest, &line);
			one.input = take_line(&rest, &line);
			one.outcome = take_lines(&rest, &line, false);
			c->all = mem_grow(
			    c->all, &c->room, c->count + 1, sizeof(*c->all));
			c->all[c->count++] = one;
		} else {
			free(one.comment);
		}
	}
}

bool cases_read(struct cases *c, const char *path)
{
	struct buf text = BUF_INIT(FILE_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && os_read_all(fd, &text);

	if (ok)
		read_cases(c, path, buf_slice(&text));
	else
		perror(path);
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	return ok;
}

void cases_release(struct cases *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->all[i].comment);
		free(c->all[i].program);
		free(c->all[i].input);
		free(c->all[i].outcome);
	}
	free(c->all);
	*c = (struct cases){NULL, 0, 0};
}

char *lines_with(const char *outcome, const char *prefix)
{
	struct slice rest = slice_of(outcome);
	struct buf lines = BUF_INIT(FILE_MAX);
	char *all;

	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n');

		if (!slice_starts(line, slice_of(prefix)))
			continue;
		buf_put_slice(&lines, slice_from(line, strlen(prefix)));
		buf_putc(&lines, '\n');
	}
	all = mem_string_slice(buf_slice(&lines));
	buf_release(&lines);
	return all;
}

#include "map/hints.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cut the next line off the text. */
static struct slice take_line(struct slice *text)
{
	const char *newline = text->n ? memchr(text->p, '\n', text->n) : NULL;
	size_t n = newline ? (size_t)(newline - text->p) : text->n;
	struct slice line = {text->p, n};

	*text = slice_from(*text, newline ? n + 1 : n);
	return line;
}

/* Cut the next word off a line; empty at its end. */
static struct slice take_word(struct slice *line)
{
	size_t n = 0;
	struct slice word;

	while (line->n > 0 && is_space(*line->p))
		*line = slice_from(*line, 1);
	while (n < line->n && !is_space(line->p[n]))
		n++;
	word = (struct slice){line->p, n};
	*line = slice_from(*line, n);
	return word;
}

static bool add_names(struct hint_names *names, struct slice line)
{
	struct slice word;

	while ((word = take_word(&line)).n > 0) {
		if (names->count == HINTS_NAMES_MAX || word.n > HINTS_NAME_LEN)
			return false;
		names->name[names->count++] = word;
	}
	return true;
}

/* Read `.body.items[].track`. */
static bool read_path(struct hints *hints, struct slice line)
{
	struct slice path = take_word(&line);

	hints->path_len = 0;
	while (path.n > 0) {
		struct slice step;
		size_t n = 0;

		if (hints->path_len == HINTS_PATH_MAX)
			return false;
		if (slice_starts(path, SLICE("[]"))) {
			step = (struct slice){path.p, 2};
		} else if (*path.p == '.') {
			path = slice_from(path, 1);
			while (
			    n < path.n && path.p[n] != '.' && path.p[n] != '[')
				n++;
			step = (struct slice){path.p, n};
		} else {
			return false;
		}
		if (step.n == 0)
			return false;
		hints->path[hints->path_len++] = step;
		path = slice_from(path, step.n);
	}
	return hints->path_len > 0 && take_word(&line).n == 0;
}

bool hints_parse(struct hints *hints, struct slice text, const char **why)
{
	struct slice rest = text;

	*hints = (struct hints){.path_len = 0};
	while (rest.n > 0) {
		struct slice line = take_line(&rest), word;

		if (take_word(&line).n != 1 || line.p[-1] != '#')
			continue;
		word = take_word(&line);
		*why = NULL;
		if (slice_eq(word, SLICE("skip:"))) {
			if (!add_names(&hints->skip, line))
				*why =
				    "too many or too long names in '# skip:'";
		} else if (slice_eq(word, SLICE("keep:"))) {
			if (!add_names(&hints->keep, line))
				*why =
				    "too many or too long names in '# keep:'";
		} else if (slice_eq(word, SLICE("unit:"))) {
			if (!read_path(hints, line))
				*why = "'# unit:' is not a path like "
				       ".body.items[].track";
		} else if (slice_eq(word, SLICE("main")) && !hints->defs.p) {
			hints->defs = (struct slice){
			    text.p, (size_t)(word.p - text.p) - 2};
		}
		if (*why)
			return false;
	}
	*why = "'# unit:' needs a line '# main'";
	return hints->path_len == 0 || hints->defs.p;
}

bool hints_has(const struct hint_names *names, struct slice name)
{
	for (size_t i = 0; i < names->count; i++)
		if (slice_eq(names->name[i], name))
			return true;
	return false;
}

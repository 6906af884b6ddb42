#include "base/array.h"
#include "map/hints.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
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

static const struct {
	const char *name, *shown;
	enum hint_kind kind;
} kinds[] = {
    {"string", "a string", HINT_STRING},
    {"text", "a string", HINT_TEXT},
    {"number", "a number", HINT_NUMBER},
    {"length", "a number", HINT_LENGTH},
    {"date", "a string", HINT_DATE},
    {"object", "an object", HINT_OBJECT},
    {"array", "an array", HINT_ARRAY},
    {"boolean", "true or false", HINT_BOOLEAN},
    {"count", "a whole number from 0", HINT_COUNT},
};

#define KINDS COUNT_OF(kinds)

const char *hint_kind_name(unsigned of)
{
	for (size_t i = 0; i < KINDS; i++)
		if (of & kinds[i].kind)
			return kinds[i].shown;
	return "null";
}

/* Read `KIND|KIND`; 0 if it is none. */
static unsigned read_kinds(struct slice text)
{
	unsigned all = 0;

	while (text.n > 0) {
		struct slice kind = slice_cut(&text, '|');
		size_t i = 0;

		while (i < KINDS && !slice_is(kind, kinds[i].name))
			i++;
		if (i == KINDS)
			return 0;
		all |= kinds[i].kind;
	}
	return all;
}

/* Where a name is among the shapes; their number if it is not. */
static size_t shape_at(const struct hints *h, struct slice name)
{
	size_t i = 0;

	while (i < h->shape_count && !slice_eq(h->shape[i].name, name))
		i++;
	return i;
}

const struct hint_shape *hints_shape(const struct hints *h, struct slice name)
{
	size_t i = shape_at(h, name);

	return i < h->shape_count ? &h->shape[i] : NULL;
}

/* Read `NAME:KIND NAME[]:KIND ...`. */
static bool add_shapes(struct hints *h, struct slice line)
{
	struct slice word;

	while ((word = take_word(&line)).n > 0) {
		struct slice name = slice_cut(&word, ':');
		bool inner =
		    name.n > 2 && memcmp(name.p + name.n - 2, "[]", 2) == 0;
		unsigned of = read_kinds(word);
		size_t at;

		if (inner)
			name.n -= 2;
		at = shape_at(h, name);
		if (name.n == 0 || name.n > HINTS_NAME_LEN || !of ||
		    at == HINTS_NAMES_MAX)
			return false;
		if (at == h->shape_count)
			h->shape[h->shape_count++] =
			    (struct hint_shape){.name = name};
		if (inner)
			h->shape[at].elements = of;
		else
			h->shape[at].kinds = of;
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
		struct slice line = slice_cut(&rest, '\n'), word;

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
		} else if (slice_eq(word, SLICE("shape:"))) {
			if (!add_shapes(hints, line))
				*why = "'# shape:' is not NAME:KIND ..., or "
				       "too many or too long names";
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

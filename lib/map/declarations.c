#include "map/declarations.h"

#include "base/array.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cut the next word off a line; empty at its end. */
static struct slice cut_word(struct slice *line)
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

static bool add_names(struct name_list *names, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0) {
		if (names->count == DECLARED_NAMES_MAX ||
		    word.n > DECLARED_NAME_LEN)
			return false;
		names->name[names->count++] = word;
	}
	return true;
}

/* The bit of a name that things are inside of, which is added if it is new. */
static unsigned inside_of(struct declarations *d, struct slice name)
{
	size_t i = 0;

	while (i < d->inside.count && !slice_eq(d->inside.name[i], name))
		i++;
	if (i == DECLARED_INSIDE_MAX)
		return 0;
	if (i == d->inside.count)
		d->inside.name[d->inside.count++] = name;
	return INSIDE_ANYTHING << (i + 1);
}

/* Parse `NAME OBJECT.NAME ...`. */
static bool add_skips(struct declarations *d, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0) {
		struct slice object = slice_cut(&word, '.');
		unsigned inside =
		    word.n > 0 ? inside_of(d, object) : INSIDE_ANYTHING;
		struct slice name = word.n > 0 ? word : object;
		size_t i = 0;

		while (i < d->skip_count && !slice_eq(d->skip[i].name, name))
			i++;
		if (!inside || i == DECLARED_NAMES_MAX ||
		    name.n > DECLARED_NAME_LEN)
			return false;
		if (i == d->skip_count)
			d->skip[d->skip_count++].name = name;
		d->skip[i].inside |= inside;
	}
	return true;
}

static const struct {
	const char *name, *shown;
	enum value_kind kind;
} kinds[] = {
    {"string", "a string", KIND_STRING},
    {"text", "a string", KIND_TEXT},
    {"number", "a number", KIND_NUMBER},
    {"length", "a number", KIND_LENGTH},
    {"date", "a string", KIND_DATE},
    {"object", "an object", KIND_OBJECT},
    {"array", "an array", KIND_ARRAY},
    {"boolean", "true or false", KIND_BOOLEAN},
    {"count", "a whole number from 0", KIND_COUNT},
};

const char *value_kind_name(unsigned of)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (of & kinds[i].kind)
			return kinds[i].shown;
	return "null";
}

/* Parse `KIND|KIND`; 0 if a kind is unknown. */
static unsigned parse_kinds(struct slice text)
{
	unsigned all = 0;

	while (text.n > 0) {
		struct slice kind = slice_cut(&text, '|');
		size_t i = 0;

		while (i < COUNT_OF(kinds) && !slice_is(kind, kinds[i].name))
			i++;
		if (i == COUNT_OF(kinds))
			return 0;
		all |= kinds[i].kind;
	}
	return all;
}

/* The shape of a name, which is added if it is new; NULL if there are too many.
 */
static struct declared_shape *shape_of(
    struct declarations *d, struct slice name)
{
	size_t i = 0;

	while (i < d->shape_count && !slice_eq(d->shape[i].name, name))
		i++;
	if (i == DECLARED_NAMES_MAX)
		return NULL;
	if (i == d->shape_count)
		d->shape[d->shape_count++] =
		    (struct declared_shape){.name = name};
	return &d->shape[i];
}

/* Parse `NAME:KIND NAME[]:KIND ...`. */
static bool add_shapes(struct declarations *d, struct slice line)
{
	struct slice word;

	while ((word = cut_word(&line)).n > 0) {
		struct slice name = slice_cut(&word, ':');
		bool inner =
		    name.n > 2 && memcmp(name.p + name.n - 2, "[]", 2) == 0;
		unsigned of = parse_kinds(word);
		struct declared_shape *shape;

		if (inner)
			name.n -= 2;
		if (name.n == 0 || name.n > DECLARED_NAME_LEN || !of)
			return false;
		shape = shape_of(d, name);
		if (!shape)
			return false;
		*(inner ? &shape->elements : &shape->kinds) = of;
	}
	return true;
}

/* Parse `.body.items[].track`. */
static bool parse_path(struct declarations *d, struct slice line)
{
	struct slice path = cut_word(&line);

	d->path_len = 0;
	while (path.n > 0) {
		struct slice step;
		size_t n = 0;

		if (d->path_len == DECLARED_PATH_MAX)
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
		d->path[d->path_len++] = step;
		path = slice_from(path, step.n);
	}
	return d->path_len > 0 && cut_word(&line).n == 0;
}

/* Parse what follows `# KEYWORD`. NULL, or what is wrong with it. */
static const char *declare(
    struct declarations *d, struct slice keyword, struct slice line)
{
	if (slice_is(keyword, "skip:") && !add_skips(d, line))
		return "too many or too long names in '# skip:'";
	if (slice_is(keyword, "keep:") && !add_names(&d->keep, line))
		return "too many or too long names in '# keep:'";
	if (slice_is(keyword, "shape:") && !add_shapes(d, line))
		return "'# shape:' is not NAME:KIND ..., or too many or too long names";
	if (slice_is(keyword, "unit:") && !parse_path(d, line))
		return "'# unit:' is not a path like .body.items[].track";
	return NULL;
}

bool declarations_parse(
    struct declarations *d, struct slice text, const char **why)
{
	struct slice rest = text;

	*d = (struct declarations){.path_len = 0};
	while (rest.n > 0) {
		struct slice line = slice_cut(&rest, '\n'), keyword;

		if (cut_word(&line).n != 1 || line.p[-1] != '#')
			continue;
		keyword = cut_word(&line);
		if (slice_is(keyword, "main") && !d->definitions.p)
			d->definitions = (struct slice){
			    text.p, (size_t)(keyword.p - text.p) - 2};
		*why = declare(d, keyword, line);
		if (*why)
			return false;
	}
	*why = "'# unit:' needs a line '# main'";
	return d->path_len == 0 || d->definitions.p;
}

unsigned declared_skip(const struct declarations *d, struct slice name)
{
	for (size_t i = 0; i < d->skip_count; i++)
		if (slice_eq(d->skip[i].name, name))
			return d->skip[i].inside;
	return 0;
}

unsigned declared_inside(const struct declarations *d, struct slice name)
{
	for (size_t i = 0; i < d->inside.count; i++)
		if (slice_eq(d->inside.name[i], name))
			return INSIDE_ANYTHING << (i + 1);
	return 0;
}

void declarations_read(struct declarations *d, struct slice name)
{
	for (size_t i = 0; i < d->skip_count; i++)
		if (slice_eq(d->skip[i].name, name))
			d->skip[i].inside &= ~INSIDE_ANYTHING;
}

bool name_list_has(const struct name_list *names, struct slice name)
{
	for (size_t i = 0; i < names->count; i++)
		if (slice_eq(names->name[i], name))
			return true;
	return false;
}

const struct declared_shape *declared_shape(
    const struct declarations *d, struct slice name)
{
	for (size_t i = 0; i < d->shape_count; i++)
		if (slice_eq(d->shape[i].name, name))
			return &d->shape[i];
	return NULL;
}

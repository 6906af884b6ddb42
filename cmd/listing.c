#include "listing.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "json/json.h"

#define CELL_MAX 60  /* characters of a table's cell */
#define LAST_MAX 300 /* of the last one in a row */
#define RECORD_MAX ((size_t)64 << 20)
#define TABLE_MAX ((size_t)1 << 30)

struct listing_cell {
	size_t from, n; /* in listing.text */
	bool is_number;
};

bool stdout_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

void listing_begin(struct listing *l, const char *type, bool table,
    const char *const *names, int columns)
{
	*l = (struct listing){.to = stdout,
	    .type = type,
	    .names = names,
	    .columns = columns,
	    .table = table,
	    .text = BUF_INIT(table ? TABLE_MAX : RECORD_MAX)};
}

void listing_begin_on(
    struct listing *l, FILE *to, const char *const *names, int columns)
{
	listing_begin(l, NULL, true, names, columns);
	l->to = to;
}

static bool is_json(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, "_json") == 0;
}

static void add_cell(struct listing *l, struct slice s, bool is_number)
{
	l->cells =
	    mem_grow(l->cells, &l->room, l->count + 1, sizeof(*l->cells));
	l->cells[l->count++] = (struct listing_cell){
	    .from = l->text.n, .n = s.n, .is_number = is_number};
	buf_put_slice(&l->text, s);
}

static void add_member(struct listing *l, struct slice s, bool is_number)
{
	const char *name = l->names[l->column];

	if (l->column == 0) {
		l->text.n = 0;
		buf_putc(&l->text, '{');
		json_put_member(&l->text, "type", slice_of(l->type));
	}
	if (!s.p)
		json_put_member_raw(&l->text, name, SLICE("null"));
	else if (is_number || is_json(name))
		json_put_member_raw(&l->text, name, s);
	else
		json_put_member(&l->text, name, s);
	if (l->column < l->columns - 1)
		return;
	buf_puts(&l->text, "}\n");
	if (!l->text.failed)
		fwrite(l->text.p, 1, l->text.n, l->to);
}

static void add(struct listing *l, struct slice s, bool is_number)
{
	if (l->table)
		add_cell(l, s, is_number);
	else
		add_member(l, s, is_number);
	l->column = (l->column + 1) % l->columns;
}

void listing_text(struct listing *l, struct slice s)
{
	add(l, s, false);
}

void listing_int(struct listing *l, int64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, n);
	add(l, slice_of(text), true);
}

/*
 * Print at most so many characters of a text, controls as '?'; or only count
 * them, without a file.
 */
static int put_text(struct slice s, int most, FILE *to)
{
	const char *p = s.p, *end = s.p + s.n;
	int n = 0;

	for (; p < end && n < most; n++) {
		size_t length = utf8_length(p, end);
		unsigned code;

		if (to && (length == 0 || utf8_control(p, end, &code)))
			putc('?', to);
		else if (to)
			fwrite(p, 1, length, to);
		p += length ? length : 1;
	}
	return n;
}

static void put_spaces(int n, FILE *to)
{
	for (; n > 0; n--)
		putc(' ', to);
}

static struct slice text_of(const struct listing *l, size_t cell)
{
	const struct listing_cell *c = &l->cells[cell];

	return (struct slice){c->n ? l->text.p + c->from : "", c->n};
}

/* Begin a column of the table; false if it is not in the table. */
static bool begin_column(const struct listing *l, int column, bool *first)
{
	if (is_json(l->names[column]))
		return false;
	put_spaces(*first ? 0 : 2, l->to);
	*first = false;
	return true;
}

/* Numbers are aligned right. The last column, cut least, has no padding. */
static void print_row(const struct listing *l, const int width[], size_t row)
{
	bool first = true;

	for (int i = 0; i < l->columns; i++) {
		size_t cell = row + (size_t)i;
		bool number = l->cells[cell].is_number;
		bool last = i == l->columns - 1;
		int most = last ? LAST_MAX : CELL_MAX;
		int pad = width[i] - put_text(text_of(l, cell), most, NULL);

		if (!begin_column(l, i, &first))
			continue;
		put_spaces(number ? pad : 0, l->to);
		put_text(text_of(l, cell), most, l->to);
		put_spaces(number || last ? 0 : pad, l->to);
	}
	putc('\n', l->to);
}

static void print_heading(const struct listing *l, const int width[])
{
	bool first = true;

	for (int i = 0; i < l->columns; i++) {
		const char *p = l->names[i];

		if (!begin_column(l, i, &first))
			continue;
		for (; *p; p++)
			putc(*p == '_' ? ' ' : toupper((unsigned char)*p),
			    l->to);
		if (i < l->columns - 1)
			put_spaces(width[i] - (int)strlen(l->names[i]), l->to);
	}
	putc('\n', l->to);
}

static void print_table(const struct listing *l)
{
	size_t columns = (size_t)l->columns;
	int *width = mem_zero(columns, sizeof(*width));

	for (size_t i = 0; i < columns; i++)
		width[i] = (int)strlen(l->names[i]);
	for (size_t cell = 0; cell < l->count; cell++) {
		int *w = &width[cell % columns];
		int n = put_text(text_of(l, cell), CELL_MAX, NULL);

		*w = n > *w ? n : *w;
	}
	print_heading(l, width);
	for (size_t row = 0; row < l->count; row += columns)
		print_row(l, width, row);
	free(width);
}

bool listing_end(struct listing *l)
{
	bool good = !l->text.failed;

	if (l->table && good)
		print_table(l);
	buf_release(&l->text);
	free(l->cells);
	return good;
}

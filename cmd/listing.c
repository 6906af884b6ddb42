#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "json/json.h"

#define RECORD_MAX ((size_t)64 << 20)
#define TABLE_MAX ((size_t)1 << 30)

bool stdout_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

bool listing_is_table(enum listing_form form)
{
	return form == LISTING_TABLE ||
	       (form == LISTING_AUTO && stdout_is_terminal());
}

void listing_begin(struct listing *l, const char *type, bool table,
    const struct listing_layout *layout, const char *const *names, int columns)
{
	*l = (struct listing){.to = stdout,
	    .type = type,
	    .layout = layout,
	    .names = names,
	    .columns = columns,
	    .table = table,
	    .text = BUF_INIT(table ? TABLE_MAX : RECORD_MAX)};
}

void listing_begin_on(
    struct listing *l, FILE *to, const char *const *names, int columns)
{
	listing_begin(l, NULL, true, NULL, names, columns);
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

void listing_count(struct listing *l, int64_t n)
{
	if (n < 0)
		listing_text(l, (struct slice){NULL, 0});
	else
		listing_int(l, n);
}

bool listing_end(struct listing *l)
{
	bool good = !l->text.failed;

	if (l->table && good)
		listing_print_table(l);
	buf_release(&l->text);
	free(l->cells);
	return good;
}

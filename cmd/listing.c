#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"

#define CELL_MAX 60  /* columns of a cell for people */
#define LAST_MAX 300 /* of the last in its row, which pushes none away */
#define RECORD_MAX ((size_t)64 << 20)
#define TABLE_MAX ((size_t)1 << 30)

/* A cell for people, in listing.text; where columns are measured, all are. */
struct listing_cell {
	size_t from, n;
	bool is_number;
};

void listing_begin(struct listing *l, const char *type, bool for_people,
    const char *const *names, int columns)
{
	*l = (struct listing){.type = type,
	    .names = names,
	    .columns = columns,
	    .for_people = for_people,
	    .text = BUF_INIT(for_people ? TABLE_MAX : RECORD_MAX)};
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
		buf_clear(&l->text);
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
		fwrite(l->text.p, 1, l->text.n, stdout);
}

static void add(struct listing *l, struct slice s, bool is_number)
{
	if (l->failed)
		return;
	if (l->for_people)
		add_cell(l, s, is_number);
	else
		add_member(l, s, is_number);
	l->failed = l->text.failed;
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

static struct slice text_of(const struct listing *l, size_t cell)
{
	const struct listing_cell *c = &l->cells[cell];

	return (struct slice){c->n ? l->text.p + c->from : "", c->n};
}

/* The column of the table that a column of the listing is; false if none. */
static bool begin_column(const struct listing *l, int i, bool *first)
{
	if (is_json(l->names[i]))
		return false;
	fputs(*first ? "" : "  ", stdout);
	*first = false;
	return true;
}

/* Numbers are aligned right. */
static void print_row(const struct listing *l, const int width[], size_t row)
{
	bool first = true;

	for (int i = 0; i < l->columns; i++) {
		size_t at = row + (size_t)i;
		struct slice s = text_of(l, at);
		bool number = l->cells[at].is_number;
		bool last = i == l->columns - 1;

		if (!begin_column(l, i, &first))
			continue;
		for (int n = (int)s.n; number && n < width[i]; n++)
			putchar(' ');
		text_table_cell(s, number || last ? 0 : width[i],
		    last ? LAST_MAX : CELL_MAX);
	}
	putchar('\n');
}

static void print_heading(const struct listing *l, const int width[])
{
	bool first = true;

	for (int i = 0; i < l->columns; i++)
		if (begin_column(l, i, &first))
			text_table_heading(
			    l->names[i], i < l->columns - 1 ? width[i] : 0);
	putchar('\n');
}

static void print_table(const struct listing *l)
{
	int *width = mem_zero((size_t)l->columns, sizeof(*width));

	for (int i = 0; i < l->columns; i++)
		width[i] = (int)strlen(l->names[i]);
	for (size_t c = 0; c < l->count; c++) {
		int *w = &width[c % (size_t)l->columns];
		int n = text_table_width(text_of(l, c), CELL_MAX);

		*w = n > *w ? n : *w;
	}
	print_heading(l, width);
	for (size_t row = 0; row < l->count; row += (size_t)l->columns)
		print_row(l, width, row);
	free(width);
}

bool listing_end(struct listing *l)
{
	bool good = !l->failed;

	if (l->for_people && good)
		print_table(l);
	buf_release(&l->text);
	free(l->cells);
	l->cells = NULL;
	return good;
}

static void add_column(struct listing *l, sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);
	int type = sqlite3_column_type(s, i);

	if (!text && type != SQLITE_NULL)
		mem_exhausted();
	add(l, (struct slice){text, (size_t)sqlite3_column_bytes(s, i)},
	    type == SQLITE_INTEGER);
}

int listing_print(sqlite3_stmt *s, const char *type, bool for_people)
{
	int columns = sqlite3_column_count(s), rc;
	const char **names = mem_zero((size_t)columns, sizeof(*names));
	struct listing l;

	for (int i = 0; i < columns; i++)
		names[i] =
		    mem_need((char *)(uintptr_t)sqlite3_column_name(s, i));
	listing_begin(&l, type, for_people, names, columns);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW && !ferror(stdout))
		for (int i = 0; i < columns; i++)
			add_column(&l, s, i);
	if (rc == SQLITE_ROW)
		rc = SQLITE_DONE;
	if (!listing_end(&l) && rc == SQLITE_DONE)
		rc = SQLITE_TOOBIG;
	free(names);
	return rc;
}

void listing_query(struct query *q, const char *type, bool for_people)
{
	int rc;

	if (q->rc != SQLITE_OK)
		return;
	rc = listing_print(q->stmt, type, for_people);
	query_fail(q, rc == SQLITE_DONE ? SQLITE_OK : rc);
}

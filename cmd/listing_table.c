/* Listings as tables that fit the window. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "json/json.h"
#include "listing.h"
#include "local_time.h"
#include "terminal.h"

#define GAP 2	 /* between two columns */
#define INDENT 4 /* of a note below its row */
#define VIEW_MAX ((size_t)1 << 30)
#define ZONES_MAX 2

/* A column of the table. */
struct table_column {
	struct listing_column as;
	int from; /* the column of the rows */
	char heading[64];
	bool is_number, is_text; /* numbers alone are aligned right */
	bool has_any, shown, below;
	int natural, width;
};

struct table_view {
	const struct listing *l;
	struct table_column columns[LISTING_COLUMNS_MAX];
	int count, room; /* the columns; how wide the table may be */
	char zones[ZONES_MAX][LOCAL_TIME_TEXT];
	int zone_count;
	struct buf text;	    /* of all cells, as they are shown */
	struct listing_cell *cells; /* by row, `count` in each */
};

static int column_named(const struct listing *l, const char *name)
{
	for (int i = 0; i < l->columns; i++)
		if (strcmp(l->names[i], name) == 0)
			return i;
	return -1;
}

static void add_column(struct table_view *t, struct listing_column as, int from)
{
	struct table_column *c = &t->columns[t->count];
	const char *p = as.heading ? as.heading : as.name;
	size_t n = 0;

	if (from < 0 || t->count == LISTING_COLUMNS_MAX)
		return;
	*c = (struct table_column){.as = as, .from = from, .shown = true};
	for (; *p && n < 32; p++)
		c->heading[n++] =
		    *p == '_' ? ' ' : (char)toupper((unsigned char)*p);
	t->count++;
}

static void choose_columns(struct table_view *t)
{
	const struct listing *l = t->l;

	for (int i = 0; l->layout && i < LISTING_COLUMNS_MAX; i++)
		if (l->layout->columns[i].name)
			add_column(t, l->layout->columns[i],
			    column_named(l, l->layout->columns[i].name));
	for (int i = 0; !l->layout && i < l->columns; i++)
		add_column(t,
		    (struct listing_column){
			.name = l->names[i], .rank = i, .min = 8},
		    i);
}

/* --- Cells as they are shown --------------------------------------------- */

static struct slice raw_text(const struct listing *l, size_t cell)
{
	const struct listing_cell *c = &l->cells[cell];

	return (struct slice){c->n ? l->text.p + c->from : "", c->n};
}

static void add_zone(struct table_view *t, int64_t ms)
{
	char zone[LOCAL_TIME_TEXT];

	local_time_zone(ms, zone);
	for (int i = 0; i < t->zone_count; i++)
		if (strcmp(t->zones[i], zone) == 0)
			return;
	if (t->zone_count < ZONES_MAX)
		strcpy(t->zones[t->zone_count++], zone);
}

static void put_time(struct table_view *t, struct slice s, bool relative)
{
	char text[LOCAL_TIME_TEXT];
	int64_t ms;

	if (!clock_parse(s, &ms)) {
		buf_put_slice(&t->text, s);
	} else if (relative) {
		local_time_relative(ms, text);
		buf_puts(&t->text, text);
	} else if (local_time_format(ms, text)) {
		buf_puts(&t->text, text);
		add_zone(t, ms);
	}
}

static void put_run(struct table_view *t, struct slice id)
{
	size_t most = (size_t)t->l->run_length;

	if (most && id.n > most)
		id = slice_from(id, id.n - most);
	buf_put_slice(&t->text, id);
}

static void put_cell(
    struct table_view *t, const struct table_column *c, size_t cell)
{
	struct slice s = raw_text(t->l, cell);

	switch (s.n ? c->as.kind : LISTING_PLAIN) {
	case LISTING_TIME: put_time(t, s, false); break;
	case LISTING_UNTIL: put_time(t, s, true); break;
	case LISTING_RUN: put_run(t, s); break;
	case LISTING_CAPTURE:
		put_run(t, s);
		buf_putc(&t->text, '/');
		buf_put_slice(&t->text, raw_text(t->l, cell + 1));
		break;
	case LISTING_NOTE:
		local_time_message(s, LOCAL_TIME_NOT_NOW, &t->text);
		break;
	default: buf_put_slice(&t->text, s);
	}
}

static struct slice text_of(const struct table_view *t, size_t row, int column)
{
	const struct listing_cell *c =
	    &t->cells[row * (size_t)t->count + (size_t)column];

	return (struct slice){c->n ? t->text.p + c->from : "", c->n};
}

static void fill_cells(struct table_view *t, size_t rows)
{
	struct listing_cell *to;

	t->cells = mem_zero(rows * (size_t)t->count + 1, sizeof(*t->cells));
	to = t->cells;
	for (size_t row = 0; row < rows; row++)
		for (int i = 0; i < t->count; i++, to++) {
			struct table_column *c = &t->columns[i];
			size_t cell =
			    row * (size_t)t->l->columns + (size_t)c->from;

			to->from = t->text.n;
			put_cell(t, c, cell);
			to->n = t->text.n - to->from;
			c->is_number |= t->l->cells[cell].is_number;
			c->is_text |= to->n && !t->l->cells[cell].is_number;
		}
}

/* The zone is named once, in the heading of the first column with times. */
static void name_zone(struct table_view *t)
{
	for (int i = 0; i < t->count && t->zone_count > 0; i++) {
		char *heading = t->columns[i].heading;

		if (t->columns[i].as.kind != LISTING_TIME)
			continue;
		snprintf(heading + strlen(heading), 30, " (%.12s%s%.12s)",
		    t->zones[0], t->zone_count > 1 ? "/" : "", t->zones[1]);
		return;
	}
}

/* --- Widths --------------------------------------------------------------- */

static void find_widths(struct table_view *t, size_t rows)
{
	for (int i = 0; i < t->count; i++) {
		struct table_column *c = &t->columns[i];
		bool has_any = c->as.rank == 0 && c->as.kind != LISTING_NOTE;

		c->natural = (int)strlen(c->heading);
		for (size_t row = 0; row < rows; row++) {
			struct slice s = text_of(t, row, i);
			int width = terminal_width(s);

			has_any |= s.n > 0;
			c->natural = width > c->natural ? width : c->natural;
		}
		c->shown = c->has_any = has_any;
		c->width = c->natural;
	}
}

/* The width of a column that is cut as far as it may be. */
static int least_width(const struct table_column *c)
{
	int heading = (int)strlen(c->heading);

	if (!c->as.min || c->natural <= c->as.min)
		return c->natural;
	return heading > c->as.min ? heading : c->as.min;
}

/* The width of what is shown, each column at its least or its natural one. */
static int width_of_all(const struct table_view *t, bool least)
{
	int width = -GAP;

	for (int i = 0; i < t->count; i++) {
		const struct table_column *c = &t->columns[i];

		if (c->shown && !c->below)
			width += GAP + (least ? least_width(c) : c->natural);
	}
	return width;
}

/* The most useful column of a rank above another that is not shown, or NULL. */
static struct table_column *next_useful(struct table_view *t, int rank)
{
	struct table_column *found = NULL;

	for (int i = 0; i < t->count; i++) {
		struct table_column *c = &t->columns[i];

		if (c->has_any && c->as.rank > rank &&
		    (!found || c->as.rank < found->as.rank))
			found = c;
	}
	return found;
}

/* Show the columns that fit when others are cut, the most useful first. */
static void choose_shown(struct table_view *t)
{
	struct table_column *c = NULL;

	for (int i = 0; i < t->count; i++)
		t->columns[i].shown =
		    t->columns[i].has_any && t->columns[i].as.rank == 0;
	while ((c = next_useful(t, c ? c->as.rank : 0))) {
		c->shown = true;
		c->shown = width_of_all(t, true) <= t->room;
	}
}

static void put_notes_below(struct table_view *t)
{
	if (width_of_all(t, false) <= t->room)
		return;
	for (int i = 0; i < t->count; i++)
		t->columns[i].below = t->columns[i].as.kind == LISTING_NOTE;
}

/* Cut columns so that those shown fit, the first ones least. */
static void fit(struct table_view *t)
{
	int spare;

	put_notes_below(t);
	choose_shown(t);
	spare = t->room - width_of_all(t, true);
	for (int i = 0; i < t->count; i++) {
		struct table_column *c = &t->columns[i];
		int least = least_width(c);

		if (!c->shown || c->below)
			continue;
		c->width = spare > c->natural - least ? c->natural
			   : spare > 0		      ? least + spare
						      : least;
		spare -= c->width - least;
	}
}

/* --- Printing ------------------------------------------------------------- */

static void put_spaces(int n, FILE *to)
{
	for (; n > 0; n--)
		putc(' ', to);
}

static void print_note(const struct table_view *t, struct slice s)
{
	int room = t->room - INDENT, at = 0;

	while (s.n > 0) {
		struct slice word = slice_cut(&s, ' ');
		int width = terminal_width(word);

		if (at > 0 && at + 1 + width > room) {
			putc('\n', t->l->to);
			at = 0;
		}
		put_spaces(at > 0 ? 1 : INDENT, t->l->to);
		at += (at > 0) + terminal_put(word, room, t->l->to);
	}
	putc('\n', t->l->to);
}

/* Print the cells of a row, or the headings for NULL. */
static void print_line(const struct table_view *t, const size_t *row)
{
	FILE *to = t->l->to;
	int pending = 0; /* spaces, if something follows */

	for (int i = 0; i < t->count; i++) {
		const struct table_column *c = &t->columns[i];
		struct slice s =
		    row ? text_of(t, *row, i) : slice_of(c->heading);
		bool right = c->is_number && !c->is_text;
		int pad;

		if (!c->shown || c->below)
			continue;
		pad = c->width - terminal_width(s);
		pad = pad > 0 ? pad : 0;
		if (s.n > 0) {
			put_spaces(pending + (right ? pad : 0), to);
			terminal_put(s, c->width, to);
			pending = GAP + (right ? 0 : pad);
		} else {
			pending += c->width + GAP;
		}
	}
	putc('\n', to);
	for (int i = 0; row && i < t->count; i++)
		if (t->columns[i].below && text_of(t, *row, i).n > 0)
			print_note(t, text_of(t, *row, i));
}

void listing_print_table(const struct listing *l)
{
	const struct listing_layout *layout = l->layout;
	struct table_view t = {.l = l, .text = BUF_INIT(VIEW_MAX)};
	size_t rows = l->count / (size_t)l->columns;

	if (rows == 0 && layout && layout->empty) {
		fprintf(l->to, "%s\n", layout->empty);
		return;
	}
	t.room = terminal_columns(fileno(l->to));
	choose_columns(&t);
	fill_cells(&t, rows);
	name_zone(&t);
	find_widths(&t, rows);
	fit(&t);
	if (layout && layout->title)
		fprintf(l->to, "%s:\n", layout->title);
	print_line(&t, NULL);
	for (size_t row = 0; row < rows; row++)
		print_line(&t, &row);
	buf_release(&t.text);
	free(t.cells);
}

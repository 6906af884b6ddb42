#include <inttypes.h>

#include "cli.h"
#include "import/export_row.h"
#include "json/json.h"
#include "progress.h"
#include "stage_import.h"
#include "stream/body.h"

/*
 * The rows of one capture: at most so many, and so many bytes as exported. The
 * same file is always divided at the same rows, whatever is left out of them.
 */
#define CAPTURE_ROWS_MAX 1000
#define CAPTURE_BYTES_MAX ((size_t)512 << 10)

#define BAD_ROWS_SHOWN 20

/* The capture in the making, and the file that it is of. */
struct row_capture {
	struct import *im;
	const struct import_file *file;
	struct export_row row; /* read last */
	enum export_form form;
	int64_t first_row;
	int64_t rows;
	size_t bytes;  /* of the rows as exported */
	bool is_plain; /* all rows are, and have no flaw: the body is JSON */
	struct buf body;
	struct buf repeats; /* the members of an object, or empty */

	int64_t bad_rows;
	bool failed; /* it could not be read on */
	bool flawed; /* a flaw was reported */
};

/* Send the capture, if it has rows. */
static void flush(struct row_capture *c)
{
	const struct survey *s = c->file->survey;
	struct body_check check;
	struct buf *b;

	if (c->rows == 0)
		return;
	buf_putc(&c->body, ']');
	b = import_begin(c->im, c->file->name, c->file->time,
	    export_endpoint(c->form), c->im->user);
	json_put_member(b, "sha256", slice_of(s->sha256));
	json_put_member_int(b, "first_row", c->first_row);
	json_put_member(b, "file", slice_of(c->file->name));
	json_put_member_int(b, "rows", c->rows);
	if (s->is_whole)
		json_put_member_int(b, "file_rows", s->rows);
	if (c->repeats.n > 0) {
		buf_putc(&c->repeats, '}');
		json_put_member_raw(b, "repeats", buf_slice(&c->repeats));
	}
	if (c->is_plain)
		body_put_as(b, buf_slice(&c->body), BODY_JSON);
	else
		body_put(b, buf_slice(&c->body), &check);
	import_send(c->im, c->file->name);
	buf_clear(&c->body);
	buf_clear(&c->repeats);
	c->rows = 0;
	c->bytes = 0;
}

static void note_repeat(struct row_capture *c)
{
	uint32_t which = repeats_count(&c->file->survey->repeats, c->row.key);

	if (which == 1)
		return;
	buf_printf(&c->repeats, "%s\"%" PRId64 "\":%" PRIu32,
	    c->repeats.n > 0 ? "," : "{", c->rows, which);
}

static void add_row(struct row_capture *c, const struct values *v)
{
	export_row_know(&c->row);
	if (c->rows == CAPTURE_ROWS_MAX ||
	    c->bytes + v->value.n > CAPTURE_BYTES_MAX ||
	    (c->row.form != EXPORT_NONE && c->row.form != c->form))
		flush(c);
	if (c->rows == 0) {
		c->first_row = v->row;
		c->is_plain = true;
	}
	c->is_plain &= c->row.is_plain && !v->flaw;
	if (c->row.form != EXPORT_NONE) {
		c->form = c->row.form;
		if (c->row.wants_key)
			note_repeat(c);
	}
	buf_putc(&c->body, c->rows == 0 ? '[' : ',');
	if (c->im->o->keep_private)
		buf_put_slice(&c->body, v->value);
	else
		export_row_put_public(&c->row, v->value, &c->body);
	c->rows++;
	c->bytes += v->value.n;
}

static void refuse_row(
    struct row_capture *c, int64_t row, const char *why, uint64_t at)
{
	flush(c);
	if (c->bad_rows++ < BAD_ROWS_SHOWN)
		import_refuse_rows(c->im, c->file->name, 1,
		    "row %" PRId64 " at byte %" PRIu64 ": %s", row, at, why);
}

/* Report why nothing follows the last row. */
static void refuse_rest(
    struct row_capture *c, const struct values *v, const char *why, uint64_t at)
{
	flush(c);
	c->failed = true;
	import_refuse(c->im, c->file->name, "bad file",
	    "cannot read on after row %" PRId64 ", byte %" PRIu64 ": %s",
	    v->row, at, why);
}

static void report_flaw(struct row_capture *c, const struct values *v)
{
	if (v->flaw && !c->flawed)
		cli_warn("%s: row %" PRId64 ": %s at byte %" PRIu64,
		    c->file->name, v->row, v->flaw, v->flaw_at);
	c->flawed |= v->flaw != NULL;
}

static void end_file(struct row_capture *c, const struct values *v)
{
	struct import *im = c->im;
	const struct survey *s = c->file->survey;
	const char *name = c->file->name;

	flush(c);
	if (c->bad_rows > BAD_ROWS_SHOWN)
		import_refuse_rows(im, name, c->bad_rows - BAD_ROWS_SHOWN,
		    "%" PRId64 " more rows cannot be read",
		    c->bad_rows - BAD_ROWS_SHOWN);
	if (v->row != s->rows ||
	    s->is_whole != (c->bad_rows == 0 && !c->failed))
		import_refuse(im, name, "bad file",
		    "it changed while it was read: import it again");
}

void import_history(struct import *im, const struct import_file *f)
{
	struct row_capture c = {.im = im,
	    .file = f,
	    .form = f->survey->form,
	    .body = BUF_INIT(2 * CAPTURE_BYTES_MAX + 2 * VALUE_ROW_MAX),
	    .repeats = BUF_INIT((size_t)64 << 10)};
	enum value_result result;
	struct values v;

	export_row_init(&c.row);
	c.row.wants_key = f->survey->repeats.table.count > 0;
	values_init(&v, f->source);
	v.rows = (struct row_scan){export_row_scan, &c.row};
	while ((result = values_next(&v)) != VALUE_END) {
		switch (result) {
		case VALUE_ROW:
			report_flaw(&c, &v);
			add_row(&c, &v);
			im->rows++;
			progress_step();
			break;
		case VALUE_BAD_ROW:
			refuse_row(&c, v.row, v.error, v.error_at);
			break;
		case VALUE_BAD: refuse_rest(&c, &v, v.error, v.error_at); break;
		case VALUE_WHOLE:
			import_refuse(im, f->name, "bad body",
			    "what is at byte %" PRIu64 " is no row",
			    v.value_at);
			break;
		default: refuse_rest(&c, &v, f->error, v.before + v.window.n);
		}
	}
	end_file(&c, &v);
	values_release(&v);
	export_row_release(&c.row);
	buf_release(&c.body);
	buf_release(&c.repeats);
}

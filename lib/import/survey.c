#include "import/survey.h"

#include <stdlib.h>

#include "base/mem.h"
#include "import/known_body.h"

/* A file that has so many bad rows, and no good one, is not read on. */
#define BAD_ROWS_MAX 100

/* A source whose bytes are hashed as they are read. */
struct hashed {
	struct byte_source source;
	struct sha256 sha256;
};

/* A survey in progress. */
struct surveyor {
	struct survey *s;
	struct key_sieve *sieve;
	struct export_row row;
	const char *user;
	int64_t bad_rows;
	bool has_whole; /* values outside of lists */
};

static long read_hashed(void *ctx, char *to, size_t n)
{
	struct hashed *h = ctx;
	long got = h->source.read(h->source.ctx, to, n);

	if (got > 0)
		sha256_add(&h->sha256, (struct slice){to, (size_t)got});
	return got;
}

static void note_username(struct survey *s, const struct buf *name)
{
	struct slice text = buf_slice(name);

	if (text.n == 0)
		return;
	for (size_t i = 0; i < s->name_count; i++)
		if (slice_is(text, s->names[i]))
			return;
	s->has_more_names |= s->name_count == SURVEY_NAMES_MAX;
	if (!s->has_more_names)
		s->names[s->name_count++] = mem_string_slice(text);
}

static void note_row(struct surveyor *y)
{
	struct survey *s = y->s;

	export_row_know(&y->row);
	if (y->row.form == EXPORT_NONE)
		return;
	if (s->form == EXPORT_NONE)
		s->form = y->row.form;
	s->kind = FILE_HISTORY;
	note_username(s, &y->row.username);
	repeats_note(&s->repeats, y->sieve, y->row.key);
}

static void note_whole(struct surveyor *y, struct slice value)
{
	struct survey *s = y->s;

	y->has_whole = true;
	if (s->kind == FILE_OTHER && known_body(value, y->user))
		s->kind = FILE_BODIES;
}

static void note_problem(struct survey *s, const struct values *v)
{
	s->is_whole = false;
	if (s->problem)
		return;
	s->problem = v->error;
	s->problem_at = v->error_at;
}

/* Note what came; false to end the survey. */
static bool note(
    struct surveyor *y, const struct values *v, enum value_result result)
{
	struct survey *s = y->s;

	switch (result) {
	case VALUE_ROW: note_row(y); break;
	case VALUE_WHOLE: note_whole(y, v->value); break;
	case VALUE_BAD_ROW:
		note_problem(s, v);
		return s->kind == FILE_HISTORY || ++y->bad_rows < BAD_ROWS_MAX;
	case VALUE_BAD: note_problem(s, v); break;
	case VALUE_FAILED:
		s->is_whole = false;
		s->failed = true;
		break;
	case VALUE_END: return false;
	}
	return true;
}

/* Hash what the reader of values has left unread. */
static void read_rest(struct hashed *h, struct buf *scratch)
{
	long got;

	buf_clear(scratch);
	do {
		char *to = buf_reserve(scratch, (size_t)64 << 10);

		got = read_hashed(h, to, (size_t)64 << 10);
	} while (got > 0);
}

void survey_file(struct survey *s, struct byte_source source,
    struct key_sieve *sieve, const char *user)
{
	struct hashed hashed = {.source = source};
	struct surveyor y = {.s = s, .sieve = sieve, .user = user};
	unsigned char digest[SHA256_SIZE];
	struct values v;

	*s = (struct survey){.kind = FILE_OTHER, .is_whole = true};
	key_sieve_clear(sieve);
	sha256_init(&hashed.sha256);
	export_row_init(&y.row);
	values_init(&v, (struct byte_source){read_hashed, &hashed});
	v.rows = (struct row_scan){export_row_scan, &y.row};
	while (note(&y, &v, values_next(&v)))
		;
	s->rows = v.row;
	s->is_list = v.had_list;
	if (s->kind == FILE_HISTORY && !v.ended)
		read_rest(&hashed, &v.window);
	sha256_end(&hashed.sha256, digest);
	sha256_hex(digest, s->sha256);
	s->is_empty = hashed.sha256.length == 0 && !s->failed;
	if (s->kind == FILE_OTHER && s->is_whole && v.had_list && v.row == 0 &&
	    !y.has_whole)
		s->kind = FILE_NO_ROWS;
	export_row_release(&y.row);
	values_release(&v);
}

void survey_release(struct survey *s)
{
	for (size_t i = 0; i < s->name_count; i++)
		free(s->names[i]);
	repeats_release(&s->repeats);
}

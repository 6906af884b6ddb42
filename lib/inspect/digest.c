#include "inspect/digest.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/sha256.h"
#include "db/db.h"
#include "db/statements.h"

#define ROW_MAX ((size_t)2 << 30) /* SQLite holds no more in one */

bool digest_covers(const struct table *t)
{
	return (t->kind != TABLE_UNKNOWN && t->kind != TABLE_NOT_LOADED) ||
	       slice_is(t->name, "playlist_ingest_done");
}

static bool counts(const struct table *t, unsigned column)
{
	enum column_rule rule = t->columns[column].rule;

	return rule != RULE_NONE && !rule_is_provenance(rule);
}

/* Prepare the query of all columns that count, by name: their order differs. */
static void query_columns(struct query *q, sqlite3 *db, const struct table *t)
{
	sqlite3_str *s = sqlite3_str_new(db);
	const char *comma = "select ";

	for (unsigned i = 0; i < t->count; i++)
		if (counts(t, t->by_name[i])) {
			sqlite3_str_appendf(s, "%s\"%w\"", comma,
			    t->columns[t->by_name[i]].name.p);
			comma = ", ";
		}
	sqlite3_str_appendf(s, " from \"%w\"", t->name.p);
	query_prepare_built(q, db, "digest", s);
}

static bool is_matches(const struct table *t)
{
	return slice_is(t->name, "play_matches");
}

/* Most significant byte first, on any machine. */
static void write_u64(unsigned char to[8], uint64_t n)
{
	for (int i = 0; i < 8; i++)
		to[i] = (unsigned char)(n >> (56 - 8 * i));
}

/* The names of a query's columns, each with its NUL, in the arena. */
static struct slice *name_columns(struct query *q, int count, struct arena *a)
{
	struct slice *names = arena_room(a, (size_t)count * sizeof(*names));

	for (int i = 0; i < count; i++) {
		const char *name = sqlite3_column_name(q->stmt, i);

		names[i] =
		    arena_copy(a, (struct slice){name, strlen(name) + 1});
	}
	return names;
}

/* The 64 bits that come before the bytes of a value, or are the value. */
static uint64_t value_word(
    struct query *q, int column, int type, struct slice *bytes)
{
	double real;
	uint64_t bits;

	*bytes = (struct slice){NULL, 0};
	if (type == SQLITE_INTEGER)
		return (uint64_t)query_int(q, column);
	if (type == SQLITE_FLOAT) {
		real = query_real(q, column);
		memcpy(&bits, &real, sizeof(bits));
		return bits;
	}
	*bytes =
	    type == SQLITE_TEXT ? query_text(q, column) : query_blob(q, column);
	return bytes->n;
}

/* Name, type, length, bytes: no two rows are written the same. */
static void put_value(
    struct buf *b, struct query *q, struct slice name, int column)
{
	static const char types[] = {[SQLITE_INTEGER] = 'i',
	    [SQLITE_FLOAT] = 'r',
	    [SQLITE_TEXT] = 't',
	    [SQLITE_BLOB] = 'b'};
	int type = sqlite3_column_type(q->stmt, column);
	struct slice bytes;
	uint64_t word;
	char *to;

	if (type == SQLITE_NULL)
		return;
	word = value_word(q, column, type, &bytes);
	to = buf_reserve(b, name.n + 1 + sizeof(word) + bytes.n);
	if (!to)
		return;
	memcpy(to, name.p, name.n);
	to += name.n;
	*to++ = types[type];
	write_u64((unsigned char *)to, word);
	if (bytes.n)
		memcpy(to + sizeof(word), bytes.p, bytes.n);
	b->n += name.n + 1 + sizeof(word) + bytes.n;
}

static void add_row(struct digest *d, struct slice row)
{
	unsigned char hash[SHA256_SIZE];

	sha256(row, hash);
	for (int lane = 0; lane < DIGEST_LANES; lane++) {
		uint64_t n = 0;

		for (int i = 0; i < 8; i++)
			n = n << 8 | hash[8 * lane + i];
		d->sum[lane] += n;
	}
	d->rows++;
}

/* Read a whole table; a SQLite result code. */
int digest_table(sqlite3 *db, const struct table *t, struct digest *d)
{
	struct buf row = BUF_INIT(ROW_MAX);
	struct arena a = {.used = 0};
	struct slice *names;
	struct query q;
	int count;

	*d = (struct digest){.rows = 0};
	if (is_matches(t))
		query_prepare(&q, db, &sql_digest_matches);
	else
		query_columns(&q, db, t);
	count = sqlite3_column_count(q.stmt);
	names = name_columns(&q, count, &a);
	while (query_step(&q)) {
		buf_clear(&row);
		for (int i = 0; i < count; i++)
			put_value(&row, &q, names[i], i);
		if (row.failed)
			query_fail(&q, SQLITE_TOOBIG);
		add_row(d, buf_slice(&row));
	}
	arena_release(&a);
	buf_release(&row);
	return query_finish(&q);
}

void digest_format(const struct digest *d, char text[DIGEST_TEXT])
{
	unsigned char bytes[8 * (1 + DIGEST_LANES)], hash[SHA256_SIZE] = {0};

	write_u64(bytes, d->rows);
	for (int lane = 0; lane < DIGEST_LANES; lane++)
		write_u64(bytes + 8 * (1 + lane), d->sum[lane]);
	sha256((struct slice){(const char *)bytes, sizeof(bytes)}, hash);
	for (size_t i = 0; i < DIGEST_TEXT / 2; i++)
		snprintf(text + 2 * i, 3, "%02x", (unsigned)hash[i]);
}

int digest_all(sqlite3 *db, struct tables *tables,
    void (*on_table)(void *ctx, const struct table *, const struct digest *),
    void *ctx)
{
	struct query q;

	query_prepare(&q, db, &sql_table_names);
	while (query_step(&q)) {
		const struct table *t = tables_find(tables, query_text(&q, 0));
		struct digest d;

		if (!t)
			query_fail(&q, db_error(db));
		if (!t || (!digest_covers(t) && !is_matches(t)))
			continue;
		query_fail(&q, digest_table(db, t, &d));
		if (q.rc == SQLITE_OK)
			on_table(ctx, t, &d);
	}
	return query_finish(&q);
}

#include "inspect/digest.h"

#include <stdio.h>
#include <string.h>

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

static void put_u64(struct buf *b, uint64_t n)
{
	unsigned char bytes[8];

	write_u64(bytes, n);
	buf_put(b, bytes, sizeof(bytes));
}

/* Name, type, length, bytes: no two rows are written the same. */
static void put_value(struct buf *b, struct query *q, int column)
{
	static const char types[] = {[SQLITE_INTEGER] = 'i',
	    [SQLITE_FLOAT] = 'r',
	    [SQLITE_TEXT] = 't',
	    [SQLITE_BLOB] = 'b'};
	const char *name = sqlite3_column_name(q->stmt, column);
	int type = sqlite3_column_type(q->stmt, column);
	struct slice bytes;
	double real;
	uint64_t bits;

	if (type == SQLITE_NULL)
		return;
	buf_put(b, name, strlen(name) + 1);
	buf_putc(b, types[type]);
	if (type == SQLITE_INTEGER) {
		put_u64(b, (uint64_t)query_int(q, column));
	} else if (type == SQLITE_FLOAT) {
		real = query_real(q, column);
		memcpy(&bits, &real, sizeof(bits));
		put_u64(b, bits);
	} else {
		bytes = type == SQLITE_TEXT ? query_text(q, column)
					    : query_blob(q, column);
		put_u64(b, bytes.n);
		buf_put_slice(b, bytes);
	}
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
	struct query q;

	*d = (struct digest){.rows = 0};
	if (is_matches(t))
		query_prepare(&q, db, &sql_digest_matches);
	else
		query_columns(&q, db, t);
	while (query_step(&q)) {
		buf_clear(&row);
		for (int i = 0; i < sqlite3_column_count(q.stmt); i++)
			put_value(&row, &q, i);
		if (row.failed)
			query_fail(&q, SQLITE_TOOBIG);
		add_row(d, buf_slice(&row));
	}
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

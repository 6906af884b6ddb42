/*
 * Loading is a merge: random small histories of rows, sent in any order, any
 * number of times and split in any way, give the same tables; and these are
 * the ones that a plain reading of the rules gives. So are the captures that
 * values are said to come from. And if a run is taken back, and what is left is
 * sent again, the tables are those of what is left.
 *
 * SEED=n in the environment draws others.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/schema.h"
#include "inspect/forget.h"
#include "json/json.h"
#include "merge/apply.h"
#include "merge/batch.h"
#include "tap.h"

#define HISTORIES 300
#define ROWS_MAX 24
#define ORDERS 6
#define FORGOTTEN 20 /* histories of which a run is taken back */

/* A table of a user's own, and a column added to one of ours. */
static const char own_schema[] =
    "create table moods (day text primary key, mood text,"
    " stars integer not null default 3, last_updated text,"
    " column_times text);"
    "alter table tracks add column energy real;";

struct sent_row {
	const char *table;
	char object[256];
	char at[CLOCK_TEXT];
	char src[8]; /* empty for none */
	bool removes;
};

static uint64_t seed;

/* xorshift64*: the same everywhere. */
static unsigned below(unsigned n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}

/* Few times, so that many rows have the same one. */
static void make_time(char text[CLOCK_TEXT])
{
	clock_format(1764000000000 + below(6) * 1000, text);
}

static void put_time(struct buf *b, const char *name)
{
	char at[CLOCK_TEXT];

	if (below(2))
		return;
	make_time(at);
	if (below(4) == 0)
		json_put_member_raw(b, name, SLICE("null"));
	else
		json_put_member(b, name, slice_of(at));
}

/* Perhaps a member: null, or one of few values. */
static void put_some(struct buf *b, const char *name, const char *const *from)
{
	unsigned pick = below(5);

	if (pick < 4)
		json_put_member_raw(
		    b, name, pick < 3 ? slice_of(from[pick]) : SLICE("null"));
}

static const char *const strings[] = {"\"a\"", "\"b\"", "\"\""};
static const char *const numbers[] = {"1", "2", "10"};
static const char *const reals[] = {"1", "0.5", "1e-3"};
static const char *const flags[] = {"true", "false", "0"};
static const char *const arrays[] = {"[]", "[{\"url\":\"x\"}]", "{\"a\":1}"};

static void put_key(struct buf *b, const char *name)
{
	char id[2] = {(char)('x' + below(2)), '\0'};

	json_put_member(b, name, slice_of(id));
}

static void make_row(struct sent_row *t, struct buf *b)
{
	static const char *const tables[] = {"tracks", "play_history",
	    "playlist_ingest_queue", "cursors", "user_relationships", "users",
	    "moods", "track_artists"};
	/* Of 2025-11-24T16:00:01Z and so on: some lie in the future. */
	static const char *const cursors[] = {
	    "-1", "1", "2", "1764000001000", "1764000003000", "1764000009000"};
	unsigned kind = below(8);

	t->table = tables[kind];
	t->removes = kind == 2 && below(4) == 0;
	switch (kind) {
	case 0:
		put_key(b, "track_id");
		put_some(b, "name", strings);
		put_some(b, "duration_ms", numbers);
		put_some(b, "is_local", flags);
		put_some(b, "audio_features_json", arrays);
		put_some(b, "energy", reals);
		break;
	case 1:
		put_key(b, "track_id");
		put_key(b, "user_id");
		json_put_member(b, "played_at", SLICE("2025-01-01T00:00:00Z"));
		put_some(b, "context_type", strings);
		put_some(b, "source", strings);
		break;
	case 2:
		put_key(b, "playlist_id");
		if (!t->removes) {
			put_time(b, "played_at");
			put_time(b, "detected_at");
			put_some(b, "user_id", strings);
		}
		break;
	case 3:
		put_key(b, "user_id");
		put_key(b, "job");
		json_put_member_raw(b, "value", slice_of(cursors[below(6)]));
		break;
	case 4:
		put_key(b, "user_id");
		put_key(b, "other_id");
		json_put_member(b, "kind", SLICE("owner"));
		put_time(b, "last_seen");
		break;
	case 5:
		put_key(b, "user_id");
		put_some(b, "display_name", strings);
		break;
	case 6:
		put_key(b, "day");
		put_some(b, "mood", strings);
		if (below(2))
			json_put_member_raw(
			    b, "stars", slice_of(numbers[below(3)]));
		break;
	default: put_key(b, "track_id"); put_key(b, "artist_id");
	}
}

static void make_sent_row(struct sent_row *t)
{
	struct buf b = BUF_INIT(sizeof(t->object) - 1);

	make_time(t->at);
	t->src[0] = '\0';
	if (below(5))
		snprintf(t->src, sizeof(t->src), "R%u/%u", 1 + below(2),
		    9 + below(3));
	buf_putc(&b, '{');
	make_row(t, &b);
	buf_putc(&b, '}');
	memcpy(t->object, b.p, b.n);
	t->object[b.n] = '\0';
	buf_release(&b);
}

static const char *const all_tables[] = {"tracks", "play_history",
    "playlist_ingest_queue", "playlist_ingest_done", "cursors",
    "user_relationships", "users", "moods", "track_artists"};
#define TABLES COUNT_OF(all_tables)

static sqlite3 *open_database(void)
{
	sqlite3 *db;

	if (sqlite3_open(":memory:", &db) || schema_create(db) ||
	    db_exec(db, own_schema) ||
	    db_exec(db, "create temp table sent (tbl, object, at, removes,"
			" run, seq)"))
		abort();
	return db;
}

static void empty_database(sqlite3 *db)
{
	char sql[64];

	db_exec(db, "delete from sources");
	for (size_t i = 0; i < TABLES; i++) {
		snprintf(sql, sizeof(sql), "delete from %s", all_tables[i]);
		db_exec(db, sql);
	}
}

/* Sends rows in the given order; `split` of a hundred end a batch. */
static bool send_all(sqlite3 *db, const struct sent_row *rows,
    const unsigned *order, size_t n, unsigned split)
{
	struct tables tables = {.db = db};
	struct applier applier;
	struct batch batch;
	struct buf why = BUF_INIT(1000);
	bool good = true;

	applier_init(&applier, db, false);
	batch_init(&batch);
	for (size_t i = 0; good && i < n; i++) {
		const struct sent_row *t = &rows[order[i]];
		struct table *table = tables_find(&tables, slice_of(t->table));
		struct row_record a = {.object = slice_of(t->object),
		    .at = slice_of(t->at),
		    .removes = t->removes};

		if (*t->src)
			a.src = slice_of(t->src);
		good = table && batch_add(&batch, table, &a, &why);
		if (good && below(100) < split) {
			good = apply_batch(&applier, &batch) == SQLITE_OK;
			batch_clear(&batch);
		}
	}
	good = good && apply_batch(&applier, &batch) == SQLITE_OK;
	if (!good)
		fprintf(stderr, "# %s %s\n", sqlite3_errmsg(db),
		    why.n ? buf_cstr(&why) : "");
	batch_release(&batch);
	applier_release(&applier);
	tables_release(&tables);
	buf_release(&why);
	return good;
}

static int put_line(void *ctx, int n, char **values, char **names)
{
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], "play_id") != 0 &&
		    !strstr(names[i], "_source"))
			buf_printf(ctx, "%s=%s ", names[i],
			    values[i] ? values[i] : "NULL");
	buf_putc(ctx, '\n');
	return 0;
}

/* Numbers of captures differ with the order: their names are compared. */
#define NAME_OF(source)                                                      \
	"coalesce((select run_id || '/' || seq from sources where source_id" \
	" = " source "), " source ", 'unknown')"
#define NAMES_OF(sources)                                \
	"(select group_concat(j.key || ' ' || " NAME_OF( \
	    "j.value") ") from json_each(" sources ") j)"

/* The columns of a table that say where values come from. */
static const char *sources_of(sqlite3 *db, const char *table)
{
	const char *all = ", " NAME_OF("row_source") " as of_row";

	if (strcmp(table, "moods") == 0)
		return "";
	if (sqlite3_table_column_metadata(db, "main", table, "first_source",
		NULL, NULL, NULL, NULL, NULL) == SQLITE_OK)
		return ", " NAME_OF("row_source") " as of_row, " NAME_OF(
		    "coale"
		    "sce("
		    "first"
		    "_sour"
		    "ce, "
		    "row_"
		    "sourc"
		    "e)") " as of_first, " NAMES_OF("column_sources") " as "
								      "of_"
								      "columns";
	if (sqlite3_table_column_metadata(db, "main", table, "column_sources",
		NULL, NULL, NULL, NULL, NULL) == SQLITE_OK)
		return ", " NAME_OF("row_source") " as of_row, " NAMES_OF(
		    "column_sources") " as of_columns";
	return all;
}

static void dump(sqlite3 *db, struct buf *to)
{
	for (size_t i = 0; i < TABLES; i++) {
		char sql[1024];

		snprintf(sql, sizeof(sql), "select *%s from %s order by %s",
		    sources_of(db, all_tables[i]), all_tables[i],
		    i == 1 ? "user_id, played_at, track_id" : "1, 2");
		buf_printf(to, "%s\n", all_tables[i]);
		sqlite3_exec(db, sql, put_line, to, NULL);
	}
}

/* All rows in some order, some of them more than once. */
static size_t shuffle(unsigned *order, size_t n)
{
	size_t count = n + below(ROWS_MAX);

	for (size_t i = 0; i < count; i++)
		order[i] = i < n ? (unsigned)i : below((unsigned)n);
	for (size_t i = count; i > 1; i--) {
		size_t j = below((unsigned)i);
		unsigned t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
	return count;
}

/*
 * What the rules say in SQL, over the rows as they came: of each column the
 * newest value, at one time the greater, null the least.
 */
#define NEWEST_ORACLE(column)                                         \
	"select count(*) from tracks where " column " is not (select" \
	" value from sent, json_each(sent.object) j"                  \
	" where tbl = 'tracks' and object->>'track_id' = track_id"    \
	" and j.key = '" column "' order by at desc,"                 \
	" typeof(value) = 'null', value desc limit 1)"

/* Of the captures with that value, the first by run and number. */
#define SOURCE_ORACLE(column)                                                  \
	"select count(*) from tracks t where exists (select 1 from sent,"      \
	" json_each(sent.object) j where tbl = 'tracks'"                       \
	" and object->>'track_id' = track_id and j.key = '" column             \
	"') and " NAME_OF(                                                     \
	    "coalesce(column_sources->>'" column                               \
	    "', row_source)") " is not (select coalesce(run || '/' || seq, 0)" \
			      " from sent, json_each(sent.object) j"           \
			      " where tbl = 'tracks' and object->>'track_id' " \
			      "= track_id"                                     \
			      " and j.key = '" column "' order by at desc,"    \
			      " typeof(value) = 'null', value desc, run is "   \
			      "null, run, seq limit 1)"

#define FIRST_ORACLE(table, key)                                            \
	"select count(*) from " table " t where " NAME_OF(                  \
	    "coalesce(first_source, row_source)") " is not (select "        \
						  "coalesce(run || '/' || " \
						  "seq, 0) from sent"       \
						  " where tbl = '" table    \
						  "' and " key              \
						  " order by at, run is "   \
						  "null, run, seq limit 1)"

static const char created_oracle[] =
    "select count(*) from tracks where created_at is not (select min(at)"
    " from sent where tbl = 'tracks' and object->>'track_id' = track_id)";

/* What asked for a playlist last, but never later than it was detected. */
static const char queue_oracle[] =
    "with asked as (select object->>'playlist_id' as p, max(min("
    " coalesce(object->>'played_at', object->>'detected_at', at),"
    " coalesce(object->>'detected_at', at))) as e from sent"
    " where tbl = 'playlist_ingest_queue' and not removes group by 1)"
    " select count(*) from asked where (e > coalesce((select max(at) from sent"
    " where tbl = 'playlist_ingest_queue' and removes"
    " and object->>'playlist_id' = p), ''))"
    " <> (p in (select playlist_id from playlist_ingest_queue))";

/* The greatest value that was not beyond its time, and no other. */
static const char cursors_oracle[] =
    "with sent_cursors as (select object->>'user_id' as user_id,"
    " object->>'job' as job, max(object->>'value') as value from sent"
    " where tbl = 'cursors' and object->>'value'"
    " between 0 and strftime('%s', at) * 1000 group by 1, 2)"
    " select count(*) from (select user_id, job, value from cursors"
    " except select * from sent_cursors)"
    " union all select count(*) from (select * from sent_cursors"
    " except select user_id, job, value from cursors)";

static const char relationships_oracle[] =
    "select count(*) from user_relationships r where first_seen <> (select"
    " min(at) from sent where tbl = 'user_relationships'"
    " and object->>'user_id' = r.user_id"
    " and object->>'other_id' = r.other_id)";

/* How much of a database is not as the rules say. */
static int64_t against_oracle(
    sqlite3 *db, const struct sent_row *rows, size_t n)
{
	static const char *const oracles[] = {NEWEST_ORACLE("name"),
	    NEWEST_ORACLE("duration_ms"), NEWEST_ORACLE("energy"),
	    created_oracle, queue_oracle, cursors_oracle, relationships_oracle,
	    SOURCE_ORACLE("name"), SOURCE_ORACLE("duration_ms"),
	    SOURCE_ORACLE("energy"),
	    FIRST_ORACLE("tracks", "object->>'track_id' = track_id"),
	    FIRST_ORACLE("user_relationships",
		"object->>'user_id' = user_id"
		" and object->>'other_id' = other_id")};
	sqlite3_stmt *s;
	int64_t wrong = 0;

	db_exec(db, "delete from sent");
	sqlite3_prepare_v2(
	    db, "insert into sent values (?, ?, ?, ?, ?, ?)", -1, &s, NULL);
	for (size_t i = 0; i < n; i++) {
		db_bind_text(s, 1, slice_of(rows[i].table));
		db_bind_text(s, 2, slice_of(rows[i].object));
		db_bind_text(s, 3, slice_of(rows[i].at));
		sqlite3_bind_int(s, 4, rows[i].removes);
		sqlite3_bind_null(s, 5);
		if (*rows[i].src) {
			sqlite3_bind_text(s, 5, rows[i].src, 2, SQLITE_STATIC);
			sqlite3_bind_int(s, 6, atoi(rows[i].src + 3));
		}
		sqlite3_step(s);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	for (size_t i = 0; i < COUNT_OF(oracles); i++) {
		if (sqlite3_prepare_v2(db, oracles[i], -1, &s, NULL))
			return -1;
		while (sqlite3_step(s) == SQLITE_ROW)
			wrong += sqlite3_column_int64(s, 0);
		sqlite3_finalize(s);
	}
	return wrong;
}

/* One history in several orders; false with the difference shown. */
static bool same_in_any_order(
    sqlite3 *db, const struct sent_row *rows, size_t n)
{
	unsigned order[2 * ROWS_MAX];
	struct buf first = BUF_INIT(1 << 20), other = BUF_INIT(1 << 20);
	bool good = true;

	for (int i = 0; good && i < ORDERS; i++) {
		size_t count = i ? shuffle(order, n) : n;
		struct buf *to = i ? &other : &first;

		empty_database(db);
		for (size_t k = 0; !i && k < n; k++)
			order[k] = (unsigned)k;
		buf_clear(to);
		good = send_all(db, rows, order, count, below(3) * 30);
		dump(db, to);
		if (good && i && !slice_eq(buf_slice(&first), buf_slice(to)))
			good = false;
		if (good && !i && against_oracle(db, rows, n) != 0) {
			fprintf(stderr, "# not what the rules say\n");
			good = false;
		}
	}
	for (size_t i = 0; !good && i < n; i++)
		fprintf(stderr, "# %s %s %s %s %s\n", rows[i].at, rows[i].src,
		    rows[i].table, rows[i].object,
		    rows[i].removes ? "delete" : "");
	if (!good)
		fprintf(stderr, "%s\n%s\n", buf_cstr(&first), buf_cstr(&other));
	buf_release(&first);
	buf_release(&other);
	return good;
}

static void test_orders(void)
{
	sqlite3 *db = open_database();
	int good = 0;

	for (int h = 0; h < HISTORIES; h++) {
		struct sent_row rows[ROWS_MAX];
		size_t n = 1 + below(ROWS_MAX);

		for (size_t i = 0; i < n; i++)
			make_sent_row(&rows[i]);
		if (!same_in_any_order(db, rows, n))
			break;
		good++;
	}
	sqlite3_close(db);
	is_int(
	    good, HISTORIES, "the same rows in any order give the same tables");
}

/* Stage a capture of R1 for each of its rows: it says when that was fetched. */
static void stage_run(sqlite3 *db, const struct sent_row *rows, size_t n)
{
	char sql[256];

	for (size_t i = 0; i < n; i++) {
		snprintf(sql, sizeof(sql),
		    "insert into staging_raw (run_id, seq, endpoint, fetched_at)"
		    " values ('R1', %zu, 'me', '%s')",
		    100 + i, rows[i].at);
		if (strncmp(rows[i].src, "R1", 2) == 0)
			db_exec(db, sql);
	}
}

static bool forget_run(sqlite3 *db)
{
	struct forget f;
	bool known;
	int rc = forget_init(&f, db, false);

	if (rc == SQLITE_OK)
		rc = forget_add_run(&f, SLICE("R1"), &known);
	if (rc == SQLITE_OK)
		rc = forget_apply(&f);
	if (rc != SQLITE_OK)
		fprintf(stderr, "# forget: %s\n", sqlite3_errmsg(db));
	forget_release(&f);
	return rc == SQLITE_OK;
}

/* One history, from which R1 is taken back, and one without it. */
static bool same_without_run(const struct sent_row *rows, size_t n)
{
	unsigned order[2 * ROWS_MAX], left[2 * ROWS_MAX];
	struct buf is = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20);
	sqlite3 *db = open_database(), *other = open_database();
	size_t count = shuffle(order, n), rest = 0;
	bool good = send_all(db, rows, order, count, 30);

	for (size_t i = 0; i < count; i++)
		if (strncmp(rows[order[i]].src, "R1", 2) != 0)
			left[rest++] = order[i];
	stage_run(db, rows, n);
	good = good && forget_run(db) && send_all(db, rows, left, rest, 30) &&
	       send_all(other, rows, left, rest, 30);
	dump(db, &is);
	dump(other, &want);
	good = good && slice_eq(buf_slice(&is), buf_slice(&want));
	for (size_t i = 0; !good && i < n; i++)
		fprintf(stderr, "# %s %s %s %s %s\n", rows[i].at, rows[i].src,
		    rows[i].table, rows[i].object,
		    rows[i].removes ? "delete" : "");
	if (!good)
		fprintf(stderr, "%s\n%s\n", buf_cstr(&is), buf_cstr(&want));
	buf_release(&is);
	buf_release(&want);
	sqlite3_close(db);
	sqlite3_close(other);
	return good;
}

static void test_forget(void)
{
	int good = 0;

	for (int h = 0; h < FORGOTTEN; h++) {
		struct sent_row rows[ROWS_MAX];
		size_t n = 1 + below(ROWS_MAX);

		for (size_t i = 0; i < n; i++)
			make_sent_row(&rows[i]);
		if (!same_without_run(rows, n))
			break;
		good++;
	}
	is_int(good, FORGOTTEN,
	    "the tables without a run are those that never had it");
}

int main(void)
{
	const char *given = getenv("SEED");
	uint64_t start = given ? strtoull(given, NULL, 10) : 1;

	printf("# SEED=%" PRIu64 "\n", start);
	seed = start | 1;
	test_orders();
	test_forget();
	if (tap_failures)
		fprintf(stderr, "# SEED=%" PRIu64 "\n", start);
	return tap_done();
}

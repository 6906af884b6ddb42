#include "merge/sources.h"

#include "base/number.h"
#include "db/db.h"
#include "merge/value.h"

struct source_name source_name_read(struct slice text)
{
	struct source_name name = {.text = text};
	size_t n = text.n;

	while (n > 0 && text.p[n - 1] >= '0' && text.p[n - 1] <= '9')
		n--;
	if (n < 2 || text.p[n - 1] != '/' ||
	    !number_parse(slice_from(text, n), &name.seq))
		return name;
	name.run = (struct slice){text.p, n - 1};
	return name;
}

const struct source_name *source_name_first(
    const struct source_name *a, const struct source_name *b)
{
	int c;

	if (a == b || !b || !b->run.p)
		return a ? a : b;
	if (!a || !a->run.p)
		return b;
	c = slice_cmp(a->run, b->run);
	return c < 0 || (c == 0 && a->seq <= b->seq) ? a : b;
}

void sources_init(struct sources *s, sqlite3 *db, bool dry)
{
	*s = (struct sources){.db = db, .dry = dry};
}

void sources_release(struct sources *s)
{
	sqlite3_finalize(s->find);
	sqlite3_finalize(s->insert);
	sqlite3_finalize(s->name);
	intern_release(&s->runs);
	sources_init(s, NULL, false);
}

static int prepare(struct sources *s, sqlite3_stmt **stmt, const char *sql)
{
	if (*stmt)
		return SQLITE_OK;
	return sqlite3_prepare_v3(
	    s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
}

static void bind_name(sqlite3_stmt *stmt, const struct source_name *name)
{
	db_bind_text(stmt, 1, name->run);
	sqlite3_bind_int64(stmt, 2, name->seq);
}

static int find(struct sources *s, struct source_name *name)
{
	int rc = prepare(s, &s->find,
	    "select source_id from main.sources where run_id = ? and seq = ?");

	if (rc != SQLITE_OK)
		return rc;
	bind_name(s->find, name);
	rc = sqlite3_step(s->find);
	if (rc == SQLITE_ROW)
		name->number = sqlite3_column_int64(s->find, 0);
	sqlite3_reset(s->find);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int insert(struct sources *s, struct source_name *name)
{
	int rc = prepare(s, &s->insert,
	    "insert into main.sources (run_id, seq) values (?, ?)");

	if (rc != SQLITE_OK)
		return rc;
	bind_name(s->insert, name);
	rc = db_run(s->insert);
	name->number = sqlite3_last_insert_rowid(s->db);
	return rc;
}

/* Forget the memo if two more might not fit. */
static void tidy_memo(struct sources *s)
{
	if (s->runs.count + 2 <= SOURCES_MEMO)
		return;
	intern_clear(&s->runs);
	memset(s->memo, 0, sizeof(s->memo));
}

static struct source_order memorize(
    struct sources *s, int64_t number, struct slice run, int64_t seq)
{
	bool is_new;
	struct source_order o = {number, intern(&s->runs, run, &is_new), seq};

	return s->memo[(uint64_t)number % SOURCES_MEMO] = o;
}

int sources_number(struct sources *s, struct source_name *name)
{
	int rc;

	if (s->dry || !name->run.p || name->number != SOURCE_NONE)
		return SQLITE_OK;
	rc = find(s, name);
	if (rc == SQLITE_OK && name->number == SOURCE_NONE)
		rc = insert(s, name);
	tidy_memo(s);
	if (rc == SQLITE_OK)
		memorize(s, name->number, name->run, name->seq);
	return rc;
}

/* A capture by its number, from the memo or from the table. */
static struct source_order order_of(struct sources *s, int64_t number)
{
	struct source_order o = s->memo[(uint64_t)number % SOURCES_MEMO];
	struct value run;
	int rc;

	if (o.number == number)
		return o;
	o = (struct source_order){number, -1, 0};
	rc = prepare(s, &s->name,
	    "select run_id, seq from main.sources where source_id = ?");
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s->name, 1, number);
		rc = sqlite3_step(s->name);
	}
	if (rc == SQLITE_ROW) {
		run = value_read(s->name, 0);
		o = memorize(s, number, value_slice(&run),
		    sqlite3_column_int64(s->name, 1));
	} else if (rc != SQLITE_DONE && s->rc == SQLITE_OK) {
		s->rc = rc;
	}
	sqlite3_reset(s->name);
	return o;
}

/* Whether one capture comes before another; what no table has is last. */
static bool is_before(const struct sources *s, const struct source_order *a,
    const struct source_order *b)
{
	if (a->run < 0 || b->run < 0)
		return a->run > b->run;
	if (a->run == b->run)
		return a->seq < b->seq;
	return slice_cmp(s->runs.texts[a->run], s->runs.texts[b->run]) < 0;
}

int64_t sources_first(struct sources *s, int64_t a, int64_t b)
{
	struct source_order x, y;

	if (a == b)
		return a;
	if (a <= 0 || b <= 0) {
		if (a > 0 || b > 0)
			return a > b ? a : b;
		return SOURCE_UNKNOWN;
	}
	tidy_memo(s);
	x = order_of(s, a);
	y = order_of(s, b);
	return is_before(s, &y, &x) ? b : a;
}

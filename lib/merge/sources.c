#include "merge/sources.h"

#include "base/number.h"
#include "db/db.h"

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
	sqlite3_finalize(s->compare);
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

int sources_number(struct sources *s, struct source_name *name)
{
	int rc;

	if (s->dry || !name->run.p || name->number != SOURCE_NONE)
		return SQLITE_OK;
	rc = find(s, name);
	if (rc == SQLITE_OK && name->number == SOURCE_NONE)
		rc = insert(s, name);
	return rc;
}

/* Compare by the table; what it lacks is last. */
static int64_t compare(struct sources *s, int64_t a, int64_t b)
{
	int rc = prepare(s, &s->compare,
	    "select source_id from main.sources where source_id in (?, ?)"
	    " order by run_id, seq limit 1");
	int64_t first = a;

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s->compare, 1, a);
		sqlite3_bind_int64(s->compare, 2, b);
		rc = sqlite3_step(s->compare);
		if (rc == SQLITE_ROW)
			first = sqlite3_column_int64(s->compare, 0);
		sqlite3_reset(s->compare);
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE && s->rc == SQLITE_OK)
		s->rc = rc;
	return first;
}

int64_t sources_first(struct sources *s, int64_t a, int64_t b)
{
	size_t i = ((uint64_t)a * 31 + (uint64_t)b) % SOURCES_MEMO;

	if (a == b)
		return a;
	if (a <= 0 || b <= 0) {
		if (a > 0 || b > 0)
			return a > b ? a : b;
		return SOURCE_UNKNOWN;
	}
	if (s->memo[i].a != a || s->memo[i].b != b) {
		s->memo[i].first = compare(s, a, b);
		s->memo[i].a = a;
		s->memo[i].b = b;
	}
	return s->memo[i].first;
}

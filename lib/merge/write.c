#include "merge/write.h"

#include "db/db.h"

static int bind_value(sqlite3_stmt *s, int index, const struct value *v)
{
	switch (v->type) {
	case VALUE_INT: return sqlite3_bind_int64(s, index, v->integer);
	case VALUE_REAL: return sqlite3_bind_double(s, index, v->real);
	case VALUE_TEXT: return db_bind_text(s, index, v->text);
	default: return sqlite3_bind_null(s, index);
	}
}

int write_bind_keys(sqlite3_stmt *s, int index, const struct table *t,
    const struct stored_row *row)
{
	int rc = SQLITE_OK;

	for (unsigned i = 0; i < t->key_count && rc == SQLITE_OK; i++)
		rc = bind_value(s, index++, &row->values[t->keys[i]]);
	return rc;
}

/* Bind what is inserted of a row; `*index` is the next parameter. */
static int bind_row(sqlite3_stmt *s, int *index, const struct table *t,
    const struct stored_row *row)
{
	int rc = SQLITE_OK;

	for (unsigned i = 0; i < t->count && rc == SQLITE_OK; i++)
		if (t->columns[i].rule != RULE_NONE)
			rc = bind_value(s, (*index)++, &row->values[i]);
	return rc;
}

int write_insert(const struct table *t, const struct stored_row *row)
{
	int index = 1, rc = bind_row(t->insert, &index, t, row);

	return rc == SQLITE_OK ? db_run(t->insert) : rc;
}

static int insert_many(
    struct table *t, const struct stored_row *const rows[WRITE_MANY])
{
	int index = 1, rc = statements_prepare_many(t);

	for (int i = 0; i < WRITE_MANY && rc == SQLITE_OK; i++)
		rc = bind_row(t->insert_many, &index, t, rows[i]);
	return rc == SQLITE_OK ? db_run(t->insert_many) : rc;
}

int write_insert_many(struct table *t,
    const struct stored_row *const rows[WRITE_MANY], unsigned *done)
{
	sqlite3 *db = sqlite3_db_handle(t->insert);
	int rc;

	if (t->triggers == TRIGGERS_NONE) {
		rc = insert_many(t, rows);
		*done = (unsigned)sqlite3_changes(db);
		return rc;
	}
	/* A trigger can ignore some of the rows, and nobody says which ones. */
	*done = 0;
	rc = db_exec(db, "savepoint many");
	if (rc != SQLITE_OK)
		return rc;
	rc = insert_many(t, rows);
	if (rc == SQLITE_OK && sqlite3_changes(db) == WRITE_MANY)
		*done = WRITE_MANY;
	else if (!sqlite3_get_autocommit(db))
		db_exec(db, "rollback to many");
	if (!sqlite3_get_autocommit(db))
		db_exec(db, "release many");
	return rc;
}

int write_update(const struct table *t, const struct stored_row *row)
{
	int index = 1, rc = SQLITE_OK;

	for (unsigned i = 0; i < t->count && rc == SQLITE_OK; i++)
		if (t->columns[i].rule != RULE_NONE &&
		    t->columns[i].rule != RULE_KEY)
			rc = bind_value(t->update, index++, &row->values[i]);
	if (rc == SQLITE_OK)
		rc = write_bind_keys(t->update, index, t, row);
	return rc == SQLITE_OK ? db_run(t->update) : rc;
}

int write_remove(const struct table *t, const struct stored_row *row)
{
	int rc = write_bind_keys(t->remove, 1, t, row);

	return rc == SQLITE_OK ? db_run(t->remove) : rc;
}

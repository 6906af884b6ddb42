#include "db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/url.h"
#include "db/query.h"
#include "db/schema.h"
#include "db/trigger.h"

#define DB_TEXT_MAX ((size_t)1 << 20)
#define STOPPED_MS 1000 /* to wait for a lock while a stop is wanted */
#define STR(x) STR_(x)
#define STR_(x) #x

static sqlite3_mem_methods plain_memory;

static void *alloc(int n)
{
	return mem_need(plain_memory.xMalloc(n));
}

static void *resize(void *p, int n)
{
	return mem_need(plain_memory.xRealloc(p, n));
}

/*
 * Programs of one thread each, and their memory is not counted: 3 % faster.
 * SQLite, too, has memory or ends the program.
 */
static void configure(void)
{
	sqlite3_mem_methods memory;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain_memory);
	memory = plain_memory;
	memory.xMalloc = alloc;
	memory.xRealloc = resize;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* The status and the words for what SQLite says. */
static int classify(int rc, const char **words)
{
	*words = NULL;
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		*words = "another program keeps the database locked";
		return EX_TEMPFAIL;
	case SQLITE_NOTADB: *words = "not a SQLite database"; return EX_CONFIG;
	case SQLITE_CORRUPT:
		*words = "the database is damaged";
		return EX_IOERR;
	case SQLITE_READONLY:
		*words = "the database is read-only";
		return EX_CANTCREAT;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH: return EX_CANTCREAT;
	case SQLITE_FULL: *words = "no space left"; return EX_IOERR;
	case SQLITE_IOERR:
	case SQLITE_PROTOCOL: return EX_IOERR;
	/* Also where there is no connection. */
	case SQLITE_NOMEM: mem_exhausted();
	/* What failed without SQLite met a limit of ours. */
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
	case SQLITE_TOOBIG: *words = "a value is too long"; return EX_DATAERR;
	case SQLITE_CONSTRAINT: return EX_CONFIG;
	default: return EX_SOFTWARE;
	}
}

/* Whether another file, or none, has come to be where the database was. */
static bool is_gone(sqlite3 *db)
{
	int moved = 0;

	return sqlite3_file_control(
		   db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

/* What SQLite says of its last call, or else why the last query failed. */
static int last_error(sqlite3 *db, int failed)
{
	int rc = sqlite3_extended_errcode(db);

	return rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE ? failed
									: rc;
}

int db_failure(sqlite3 *db, const char *doing, struct buf *why)
{
	const char *statement;
	int failed = query_failed(&statement), status;
	int rc = last_error(db, failed), err = sqlite3_system_errno(db);
	int kind = rc & 0xff;
	struct buf message = BUF_INIT(DB_TEXT_MAX),
		   trigger = BUF_INIT(DB_TEXT_MAX);
	const char *words;

	status = classify(rc, &words);
	if (is_gone(db)) {
		words = "the database was moved or deleted while in use";
		status = EX_IOERR;
	}
	if (!words) {
		buf_puts(&message, sqlite3_extended_errcode(db) == rc
				       ? sqlite3_errmsg(db)
				       : sqlite3_errstr(rc));
		words = buf_message(&message);
	}
	buf_printf(why, "%s: ", doing);
	if (rc == SQLITE_ERROR && trigger_blame(db, &trigger)) {
		buf_printf(why, "%s: ", buf_message(&trigger));
		status = EX_CONFIG;
	}
	if (status == EX_SOFTWARE && statement)
		buf_printf(why, "statement %s: ", statement);
	buf_puts(why, words);
	if (err && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN ||
		       kind == SQLITE_FULL))
		buf_printf(why, ": %s", strerror(err));
	buf_release(&message);
	buf_release(&trigger);
	return status;
}

/* Pause, if that is not longer than may be waited for a lock in all. */
static bool wait_on(const struct db_wait *w, int64_t since, int calls)
{
	struct timespec pause = {0, calls < 5 ? 1000000 : 10000000};
	int64_t most = w->most_ms;

	if (w->stop && *w->stop && most > STOPPED_MS)
		most = STOPPED_MS;
	if (clock_monotonic() - since >= most)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* For SQLite, which calls it while it waits: whether to wait on. */
static int on_busy(void *ctx, int calls)
{
	struct db_wait *w = ctx;

	if (calls == 0)
		w->since = clock_monotonic();
	return wait_on(w, w->since, calls);
}

static void set_wait(sqlite3 *db, struct db_wait *w)
{
	sqlite3_extended_result_codes(db, 1);
	if (w)
		sqlite3_busy_handler(db, on_busy, w);
	else
		sqlite3_busy_timeout(db, DB_BUSY_MS);
}

/*
 * Run SQL for which SQLite does not always wait by itself, as a change of
 * the journal's mode: where the database is busy, again.
 */
static int exec_patiently(sqlite3 *db, struct db_wait *w, const char *sql)
{
	struct db_wait usual = {.most_ms = DB_BUSY_MS};
	int64_t since = clock_monotonic();
	int rc;

	for (int calls = 0;; calls++) {
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
		if ((rc & 0xff) != SQLITE_BUSY ||
		    !wait_on(w ? w : &usual, since, calls))
			return rc;
	}
}

int db_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

sqlite3_int64 db_int(sqlite3 *db, const char *sql, sqlite3_int64 otherwise)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		return otherwise;
	if (sqlite3_step(s) == SQLITE_ROW)
		otherwise = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return otherwise;
}

int db_begin(sqlite3 *db)
{
	return db_exec(db, "begin immediate");
}

int db_commit(sqlite3 *db)
{
	int rc = db_exec(db, "commit");

	/* What is in a file that nobody finds again is not kept. */
	return rc == SQLITE_OK && is_gone(db) ? SQLITE_READONLY_DBMOVED : rc;
}

void db_rollback(sqlite3 *db)
{
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "rollback", NULL, NULL, NULL);
}

int db_error(sqlite3 *db)
{
	int rc = sqlite3_errcode(db);

	return rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE
		   ? SQLITE_TOOBIG
		   : rc;
}

/* Statements that failed, until db_close; the last ones leak. */
static struct {
	sqlite3_stmt *all[16];
	size_t count;
} unfinished;

int db_finish(sqlite3_stmt *s, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE) {
		sqlite3_finalize(s);
		return SQLITE_OK;
	}
	if (s &&
	    unfinished.count < sizeof(unfinished.all) / sizeof(*unfinished.all))
		unfinished.all[unfinished.count++] = s;
	return rc;
}

int db_bind_text(sqlite3_stmt *s, int index, struct slice text)
{
	if (!text.p)
		return sqlite3_bind_null(s, index);
	return sqlite3_bind_text64(
	    s, index, text.p, text.n, SQLITE_STATIC, SQLITE_UTF8);
}

/*
 * Of all statements of a connection, those that virtual tables prepared are
 * theirs to finalize. One of ours that is left keeps the file open to the end.
 */
void db_close(sqlite3 *db)
{
	while (unfinished.count > 0)
		sqlite3_finalize(unfinished.all[--unfinished.count]);
	sqlite3_close_v2(db);
}

/* The schema, whole, in memory: to compare with, or to read as an empty one. */
static int open_schema(sqlite3 **schema, struct buf *why)
{
	if (sqlite3_open_v2(":memory:", schema,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		NULL) == SQLITE_OK &&
	    schema_create(*schema) == SQLITE_OK)
		return 0;
	return db_failure(*schema, "built-in schema", why);
}

static int check_format(sqlite3 *db, const char *path, struct buf *why)
{
	sqlite3_int64 format = db_int(db, "pragma user_version", -1);

	if (format < 0)
		return db_failure(db, path, why);
	if (format <= DB_FORMAT)
		return 0;
	buf_printf(why,
	    "%s: made by a newer sp: its format is %d, this sp supports %d",
	    path, (int)format, DB_FORMAT);
	return EX_CONFIG;
}

/* Add what is missing. Asks without a lock first: mostly nothing is. */
static int update_schema(sqlite3 *db, const char *path, struct buf *why)
{
	struct buf sql = BUF_INIT(DB_TEXT_MAX);
	sqlite3 *schema = NULL;
	int status = open_schema(&schema, why);
	bool failed = false;

	if (!status && schema_missing(schema, db, false, &sql))
		failed = true;
	if (!status && !failed && sql.n > 0) {
		buf_clear(&sql);
		failed =
		    db_begin(db) || schema_missing(schema, db, false, &sql) ||
		    !buf_puts(&sql, "pragma user_version = " STR(DB_FORMAT)) ||
		    db_exec(db, buf_cstr(&sql)) || schema_complete(db) ||
		    db_commit(db);
	}
	if (failed)
		status = db_failure(db, path, why);
	db_rollback(db);
	sqlite3_close(schema);
	buf_release(&sql);
	return status;
}

static int cannot(const char *path, int err, struct buf *why)
{
	buf_printf(
	    why, "%s: cannot open the database: %s", path, strerror(err));
	return err == ENOMEM ? EX_OSERR : EX_CANTCREAT;
}

/*
 * Make an empty file that only its owner can read; SQLite gives its other
 * files the same mode. Never done to a file that exists: closing it would
 * drop the locks of a connection that this process might have.
 */
static int create_file(const char *path, struct buf *why)
{
	int fd;

	if (access(path, F_OK) == 0)
		return 0;
	if (!os_make_parents(path, 0700))
		return cannot(path, errno, why);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return cannot(path, errno, why);
	close(fd);
	return 0;
}

static int open_write(
    sqlite3 **db, const char *path, struct db_wait *w, struct buf *why)
{
	int status = create_file(path, why);

	if (status)
		return status;
	if (sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		return db_failure(*db, path, why);
	set_wait(*db, w);
	/* SQLite opens a file that it may not write for reading, silently. */
	if (sqlite3_db_readonly(*db, "main") == 1) {
		buf_printf(why, "%s: the database is read-only", path);
		return EX_CANTCREAT;
	}
	/*
	 * The page's size counts at creation only, and must come first. A log
	 * of 64 MB before it is copied into the file writes pages less often.
	 */
	if (exec_patiently(*db, w,
		"pragma page_size = 8192; pragma journal_mode = wal;"
		"pragma synchronous = full; pragma cache_size = -16384;"
		"pragma wal_autocheckpoint = 8192"))
		return db_failure(*db, path, why);
	status = check_format(*db, path, why);
	return status ? status : update_schema(*db, path, why);
}

/* A reading connection writes only its own temporary tables. */
static int deny_writes(void *ctx, int action, const char *a, const char *b,
    const char *schema, const char *trigger)
{
	(void)ctx, (void)b, (void)trigger;
	switch (action) {
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_CREATE_INDEX:
	case SQLITE_CREATE_TABLE:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_CREATE_VIEW:
	case SQLITE_DROP_INDEX:
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_DROP_VIEW:
	case SQLITE_ALTER_TABLE:
		/* So much a pragma asked as a table does to exist. */
		if (a && strcmp(a, "sqlite_master") == 0)
			return SQLITE_OK;
		return schema && strcmp(schema, "temp") == 0 ? SQLITE_OK
							     : SQLITE_DENY;
	default: return SQLITE_OK;
	}
}

/* The file as a URI that promises SQLite that nobody changes it. */
static bool immutable_uri(const char *path, struct buf *uri)
{
	buf_puts(uri, "file:");
	url_encode(uri, slice_of(path), "/");
	buf_puts(uri, "?immutable=1");
	return buf_cstr(uri) != NULL;
}

/* The size of a file beside the database, -1 if there is none. */
static int64_t size_beside(const char *path, const char *suffix)
{
	struct buf name = BUF_INIT(DB_TEXT_MAX);
	struct stat st;
	int64_t size = -1;

	buf_printf(&name, "%s%s", path, suffix);
	if (buf_cstr(&name) && stat(name.p, &st) == 0)
		size = (int64_t)st.st_size;
	buf_release(&name);
	return size;
}

/* Whether changes are waiting in a write-ahead log beside the file. */
static bool has_log(const char *path)
{
	return size_beside(path, "-wal") > 0;
}

/* Whether nobody has the file open, nor left it in the midst of a change. */
static bool is_alone(const char *path)
{
	return size_beside(path, "-wal") < 0 && size_beside(path, "-shm") < 0 &&
	       size_beside(path, "-journal") < 0;
}

/*
 * Open for reading so that nothing is left behind. A read-only connection
 * would leave the log that it makes; one that may write takes it away, and
 * is kept from writing by deny_writes. What is in a log stays there.
 */
static int open_file(sqlite3 **db, const char *path, struct db_wait *w)
{
	bool log = has_log(path);
	bool writable = access(path, W_OK) == 0;
	int rc = sqlite3_open_v2(path, db,
	    writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, NULL);

	if (rc != SQLITE_OK)
		return rc;
	set_wait(*db, w);
	if (log)
		sqlite3_db_config(
		    *db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	return exec_patiently(*db, w, "pragma user_version");
}

/*
 * A file that is alone, without the log that reading makes: none can be made
 * in such a folder, or none that whoever may write could then write to.
 */
static int open_immutable(sqlite3 **db, const char *path)
{
	struct buf uri = BUF_INIT(DB_TEXT_MAX);
	int rc = SQLITE_TOOBIG;

	sqlite3_close(*db);
	*db = NULL;
	if (immutable_uri(path, &uri))
		rc = sqlite3_open_v2(
		    uri.p, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	buf_release(&uri);
	if (*db)
		sqlite3_extended_result_codes(*db, 1);
	return rc ? rc : db_exec(*db, "pragma user_version");
}

static int connect_read(
    sqlite3 **db, const char *path, struct db_wait *w, struct buf *why)
{
	bool alone = access(path, W_OK) != 0 && is_alone(path);
	int rc = alone ? open_immutable(db, path) : open_file(db, path, w);
	int kind = rc & 0xff, status;

	if (!alone && (kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY) &&
	    access(path, R_OK) == 0 && !has_log(path))
		rc = open_immutable(db, path);
	if (rc)
		return db_failure(*db, path, why);
	status = check_format(*db, path, why);
	if (status)
		return status;
	if (db_exec(*db, "pragma cache_size = -16384"))
		return db_failure(*db, path, why);
	sqlite3_set_authorizer(*db, deny_writes, NULL);
	return 0;
}

/*
 * Whether there is all that is read: 0, EX_CONFIG, or a failure. `*absent`
 * where there is nothing of sp at all.
 */
static int check_tables(
    sqlite3 *db, const char *path, bool *absent, struct buf *why)
{
	struct buf sql = BUF_INIT(DB_TEXT_MAX);
	sqlite3 *schema = NULL;
	int status = open_schema(&schema, why);

	*absent = false;
	if (!status && schema_missing(schema, db, true, &sql))
		status = db_failure(db, path, why);
	if (!status && sql.n > 0) {
		*absent = schema_is_absent(schema, db);
		buf_printf(why,
		    "%s: not a database of this sp: it lacks tables or "
		    "columns, which a program that writes to it adds",
		    path);
		status = EX_CONFIG;
	}
	sqlite3_close(schema);
	buf_release(&sql);
	return status;
}

/* Whether it is a database of sp that can be brought up to date. */
static bool can_update(sqlite3 *db)
{
	return sqlite3_db_readonly(db, "main") == 0 &&
	       db_int(db, "pragma user_version", 0) > 0;
}

/* Bring an older database up to date, and open it again. */
static int update_and_read(
    sqlite3 **db, const char *path, struct db_wait *w, struct buf *why)
{
	int status;

	sqlite3_close(*db);
	status = open_write(db, path, w, why);
	sqlite3_close(*db);
	*db = NULL;
	return status ? status : connect_read(db, path, w, why);
}

static int open_read(sqlite3 **db, const char *path, enum db_mode mode,
    struct db_wait *w, struct buf *why)
{
	struct buf lack = BUF_INIT(DB_TEXT_MAX);
	bool absent;
	int status = connect_read(db, path, w, why);

	if (status)
		return status;
	status = check_tables(*db, path, &absent, &lack);
	if (status == EX_CONFIG && can_update(*db)) {
		status = update_and_read(db, path, w, why);
	} else if (absent && mode == DB_READ_OR_EMPTY) {
		sqlite3_close(*db);
		status = open_schema(db, why);
	} else {
		buf_put_slice(why, buf_slice(&lack));
	}
	buf_release(&lack);
	return status;
}

int db_open(sqlite3 **db, const char *path, enum db_mode mode, struct buf *why)
{
	return db_open_waiting(db, path, mode, NULL, why);
}

int db_open_waiting(sqlite3 **db, const char *path, enum db_mode mode,
    struct db_wait *w, struct buf *why)
{
	int status;

	configure();
	*db = NULL;
	if (mode == DB_WRITE)
		status = open_write(db, path, w, why);
	else if (access(path, F_OK) == 0)
		status = open_read(db, path, mode, w, why);
	else if (errno == ENOENT && mode == DB_READ_OR_EMPTY)
		status = open_schema(db, why);
	else
		status = cannot(path, errno, why);
	if (status) {
		sqlite3_close(*db);
		*db = NULL;
	}
	return status;
}

#include "db/open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/url.h"
#include "db/db.h"
#include "db/failure.h"
#include "db/schema.h"

#define SQL_MAX ((size_t)1 << 20)
#define STOPPED_MS                                                \
	1000 /* the longest wait for a lock once a stop is wanted \
	      */
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
 * SQLite, too, allocates or ends the program. Each program has one thread, and
 * nobody asks for statistics of memory: that is 3 % faster.
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

/* Sleep before another try; false if the wait has lasted long enough. */
static bool wait_on(const struct db_wait *w, int64_t since, int tries)
{
	struct timespec pause = {0, tries < 5 ? 1000000 : 10000000};
	int64_t max = w->max_ms;

	if (w->stop && *w->stop && max > STOPPED_MS)
		max = STOPPED_MS;
	if (clock_monotonic() - since >= max)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* SQLite's busy handler: whether to try again. */
static int on_busy(void *ctx, int tries)
{
	struct db_wait *w = ctx;

	if (tries == 0)
		w->since = clock_monotonic();
	return wait_on(w, w->since, tries);
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
 * Run SQL for which SQLite does not always call the busy handler, such as a
 * change of the journal's mode, and retry while the database is busy.
 */
static int exec_patiently(sqlite3 *db, struct db_wait *w, const char *sql)
{
	struct db_wait usual = {.max_ms = DB_BUSY_MS};
	int64_t since = clock_monotonic();
	int rc;

	for (int tries = 0;; tries++) {
		rc = db_exec(db, sql);
		if ((rc & 0xff) != SQLITE_BUSY ||
		    !wait_on(w ? w : &usual, since, tries))
			return rc;
	}
}

/* The whole schema in memory: to compare with, or to read as an empty one. */
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

/* Add what is missing. Looks without a lock first: mostly nothing is. */
static int update_schema(sqlite3 *db, const char *path, struct buf *why)
{
	struct buf sql = BUF_INIT(SQL_MAX);
	sqlite3 *schema = NULL;
	int status = open_schema(&schema, why);
	bool failed = !status && schema_missing(schema, db, false, &sql);

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
	db_close(schema);
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
 * Create an empty file that only its owner can read; SQLite gives its other
 * files the same mode. An existing file is not opened: to close it would drop
 * the locks of this process's connections.
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
	/* SQLite silently opens a file that is not writable for reading. */
	if (sqlite3_db_readonly(*db, "main") == 1) {
		buf_printf(why, "%s: the database is read-only", path);
		return EX_CANTCREAT;
	}
	/*
	 * The page size has an effect at creation only, and must come first.
	 * A log of 64 MB before a checkpoint writes pages less often.
	 */
	if (exec_patiently(*db, w,
		"pragma page_size = 8192; pragma journal_mode = wal;"
		"pragma synchronous = full; pragma cache_size = -16384;"
		"pragma wal_autocheckpoint = 8192"))
		return db_failure(*db, path, why);
	status = check_format(*db, path, why);
	return status ? status : update_schema(*db, path, why);
}

/* Authorizer of a reading connection: it writes temporary tables only. */
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
		/* A pragma used as a table asks for this to declare itself. */
		if (a && strcmp(a, "sqlite_master") == 0)
			return SQLITE_OK;
		return schema && strcmp(schema, "temp") == 0 ? SQLITE_OK
							     : SQLITE_DENY;
	default: return SQLITE_OK;
	}
}

/* The size of a file beside the database, -1 if there is none. */
static int64_t size_beside(const char *path, const char *suffix)
{
	struct buf name = BUF_INIT(SQL_MAX);
	struct stat st;
	int64_t size = -1;

	buf_printf(&name, "%s%s", path, suffix);
	if (buf_cstr(&name) && stat(name.p, &st) == 0)
		size = (int64_t)st.st_size;
	buf_release(&name);
	return size;
}

/* Whether changes wait in a write-ahead log beside the file. */
static bool has_log(const char *path)
{
	return size_beside(path, "-wal") > 0;
}

/* Whether no program has the file open, or was killed while it changed it. */
static bool is_alone(const char *path)
{
	return size_beside(path, "-wal") < 0 && size_beside(path, "-shm") < 0 &&
	       size_beside(path, "-journal") < 0;
}

/*
 * Open for reading so that nothing is left behind. A read-only connection
 * would leave the log that it creates; a writable one removes it, and is kept
 * from writing by deny_writes. The changes of an existing log stay in it.
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
 * Open a file that no program changes without the log that reading creates:
 * the folder may not allow one, or an owner could not write to a log of ours.
 */
static int open_immutable(sqlite3 **db, const char *path)
{
	struct buf uri = BUF_INIT(SQL_MAX);
	int rc;

	db_close(*db);
	buf_puts(&uri, "file:");
	url_encode(&uri, slice_of(path), "/");
	buf_puts(&uri, "?immutable=1");
	rc = sqlite3_open_v2(buf_message(&uri), db,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	buf_release(&uri);
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
 * Whether all tables and columns are there that are read: 0, EX_CONFIG, or a
 * failure. *absent: none of the tables is.
 */
static int check_tables(
    sqlite3 *db, const char *path, bool *absent, struct buf *why)
{
	struct buf sql = BUF_INIT(SQL_MAX);
	sqlite3 *schema = NULL;
	int status = open_schema(&schema, why);

	*absent = false;
	if (!status && schema_missing(schema, db, true, &sql))
		status = db_failure(db, path, why);
	if (!status && sql.n > 0) {
		*absent = schema_is_absent(schema, db);
		buf_printf(why,
		    "%s: not a database of this sp: "
		    "it lacks tables or columns, which a program that writes to it adds",
		    path);
		status = EX_CONFIG;
	}
	db_close(schema);
	buf_release(&sql);
	return status;
}

/* Whether it is a database of sp that can be brought up to date. */
static bool can_update(sqlite3 *db)
{
	return sqlite3_db_readonly(db, "main") == 0 &&
	       db_int(db, "pragma user_version", 0) > 0;
}

/* Bring an older database up to date, and open it for reading again. */
static int update_and_read(
    sqlite3 **db, const char *path, struct db_wait *w, struct buf *why)
{
	int status;

	db_close(*db);
	*db = NULL;
	status = open_write(db, path, w, why);
	if (status)
		return status;
	db_close(*db);
	*db = NULL;
	return connect_read(db, path, w, why);
}

static int open_read(sqlite3 **db, const char *path, enum db_mode mode,
    struct db_wait *w, struct buf *why)
{
	struct buf lack = BUF_INIT(SQL_MAX);
	bool absent;
	int status = connect_read(db, path, w, why);

	if (status)
		return status;
	status = check_tables(*db, path, &absent, &lack);
	if (status == EX_CONFIG && can_update(*db)) {
		status = update_and_read(db, path, w, why);
	} else if (absent && mode == DB_READ_OR_EMPTY) {
		db_close(*db);
		status = open_schema(db, why);
	} else {
		buf_put_slice(why, buf_slice(&lack));
	}
	buf_release(&lack);
	return status;
}

/* The first run creates the file; who only reads has mistyped its name. */
static int no_file(const char *path, struct buf *why)
{
	buf_printf(
	    why, "%s: no such database: the first sp-run creates it", path);
	return EX_CANTCREAT;
}

int db_open(sqlite3 **db, const char *path, enum db_mode mode,
    struct db_wait *w, struct buf *why)
{
	int status;

	configure();
	*db = NULL;
	if (mode == DB_WRITE || (mode == DB_UPDATE && access(path, F_OK) == 0))
		status = open_write(db, path, w, why);
	else if (mode != DB_UPDATE && access(path, F_OK) == 0)
		status = open_read(db, path, mode, w, why);
	else if (errno == ENOENT && mode == DB_READ_OR_EMPTY)
		status = open_schema(db, why);
	else if (errno == ENOENT)
		status = no_file(path, why);
	else
		status = cannot(path, errno, why);
	if (status) {
		db_close(*db);
		*db = NULL;
	}
	return status;
}

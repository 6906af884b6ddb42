/* Pruning while another program writes: rows it loads need captures. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "db/db.h"
#include "db/open.h"
#include "inspect/prune.h"
#include "tap.h"

static char path[] = "/tmp/sp-prune-XXXXXX";

static const char captures[] =
    "insert into ingest_runs (run_id, status) values ('R', 'complete');"
    "with recursive n(i) as (select 1 union all select i + 1 from n"
    " where i < 9) insert into staging_bodies (sha256, size, body)"
    " select sha256('[' || i), 2, '[' || i from n;"
    "insert into staging_raw (run_id, seq, endpoint, fetched_at, body_id)"
    " select 'R', body_id, 'track', '2020-01-0' || body_id || 'T00:00:00Z',"
    " body_id from staging_bodies";

static void sql_sha256(sqlite3_context *context, int n, sqlite3_value **args)
{
	unsigned char digest[SHA256_SIZE];
	const void *p = sqlite3_value_text(args[0]);

	(void)n;
	sha256((struct slice){p, (size_t)sqlite3_value_bytes(args[0])}, digest);
	sqlite3_result_blob(context, digest, SHA256_SIZE, SQLITE_TRANSIENT);
}

static sqlite3 *open_database(void)
{
	struct buf why = BUF_INIT(1000);
	sqlite3 *db;

	if (db_open(&db, path, DB_WRITE, NULL, &why)) {
		printf("Bail out! %s\n", buf_message(&why));
		exit(1);
	}
	sqlite3_create_function(
	    db, "sha256", 1, SQLITE_UTF8, NULL, sql_sha256, NULL, NULL);
	return db;
}

/* Prune; after the plan, and before each try to carry it out, `meanwhile`. */
static bool prune(sqlite3 *db, sqlite3 *other, const char *meanwhile)
{
	int64_t captures_gone = 0, bytes_gone = 0;
	struct prune p;
	bool good = prune_init(&p, db) == SQLITE_OK;

	p.before = clock_now();
	good = good && prune_plan(&p) == SQLITE_OK;
	if (meanwhile)
		good = good && db_exec(other, meanwhile) == SQLITE_OK;
	good = good &&
	       prune_next(&p, &captures_gone, &bytes_gone) == SQLITE_ROW &&
	       prune_next(&p, &captures_gone, &bytes_gone) == SQLITE_DONE;
	prune_release(&p);
	return good && bytes_gone == 2 * captures_gone;
}

static sqlite3_int64 left(sqlite3 *db)
{
	return db_int(db,
	    "select sum(seq * seq) from staging_raw where body_id in"
	    " (select body_id from staging_bodies)",
	    0);
}

int main(void)
{
	sqlite3 *db, *other;
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	db = open_database();
	other = open_database();
	ok(db_exec(db, captures) == SQLITE_OK &&
		db_exec(db,
		    "insert into tracks (track_id, last_updated)"
		    " values ('t', '2020-01-01T00:00:00.000Z')") == SQLITE_OK,
	    "nine captures, of which one gave a row");
	ok(prune(db, other,
	       "insert into artists (artist_id, last_updated)"
	       " values ('a', '2020-01-05T00:00:00.000Z')"),
	    "another program loads a row, between plan and removal");
	ok(left(db) == 1 + 25, "the captures of both rows stay");
	ok(db_int(db, "select count(*) from staging_bodies", 0) == 2,
	    "with their bodies alone");
	ok(db_exec(db,
	       "delete from artists;"
	       "insert into playlist_ingest_queue (playlist_id,"
	       " detected_at, played_at, user_id) values"
	       " ('p', '2026-01-01T00:00:00.000Z', null, null);"
	       "update staging_bodies set body = '{\"id\":\"p\"}',"
	       " size = 10, sha256 = sha256('{\"id\":\"p\"}')"
	       " where body_id = 5;"
	       "insert into staging_bodies values (10, sha256('x'), 1, 'x'),"
	       " (11, sha256('12'), 2, '12');"
	       "insert into staging_raw (run_id, seq, endpoint, fetched_at,"
	       " body_id) values ('R', 10, 'me', '2020-01-01T00:00:00Z', 10),"
	       " ('R', 11, 'me', '2020-01-02T00:00:00Z', 11)") == SQLITE_OK &&
		prune(db, other, NULL) && left(db) == 1 + 25 + 100 &&
		db_int(db, "select sum(seq) from staging_raw", 0) == 16,
	    "a queued playlist needs all captures that name it");
	db_close(db);
	db_close(other);
	unlink(path);
	return tap_done();
}

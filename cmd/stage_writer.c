#include "stage_writer.h"

#include <inttypes.h>
#include <unistd.h>

#include "cli.h"
#include "database.h"
#include "db/runs.h"
#include "json/json.h"

#define STAGE_BATCH_BYTES ((size_t)8 << 20) /* passed on per commit */

bool stage_writer_commit(void *ctx)
{
	struct stage_writer *k = ctx;

	if (k->open && db_commit(k->db) != SQLITE_OK)
		database_die(k->db, "cannot commit captures");
	k->open = false;
	return true;
}

void stage_writer_begin(struct stage_writer *k)
{
	if (!k->open && db_begin(k->db) != SQLITE_OK)
		database_die(k->db, "cannot lock the database");
	k->open = true;
}

void stage_writer_init_idle(struct stage_writer *k, struct out *out)
{
	*k = (struct stage_writer){.db = NULL};
	out_init(out, STDOUT_FILENO, STAGE_BATCH_BYTES);
}

void stage_writer_init(
    struct stage_writer *k, const char *db, size_t max_line, struct out *out)
{
	stage_writer_init_idle(k, out);
	k->db = database_open(db, DB_WRITE);
	k->line = (struct buf)BUF_INIT(max_line + 64);
	capture_reader_init(&k->reader);
	if (capture_store_init(&k->staging, k->db, max_line) != SQLITE_OK)
		database_die(k->db, "cannot prepare staging_raw");
	out->before_write = stage_writer_commit;
	out->ctx = k;
}

void stage_writer_release(struct stage_writer *k)
{
	stage_writer_commit(k);
	if (k->db) {
		capture_store_release(&k->staging);
		capture_reader_release(&k->reader);
	}
	db_close(k->db);
	buf_release(&k->line);
}

void stage_writer_add_run(struct stage_writer *k, const struct record *rec)
{
	struct buf scratch = BUF_INIT((size_t)1 << 20);
	struct run_record run;
	const char *reason;
	bool good;

	if (!k->db)
		return;
	stage_writer_begin(k);
	good = runs_parse(rec, &scratch, &run, &reason);
	if (!good)
		cli_warn("cannot record the run: %s", reason);
	else if (runs_open(k->db, &run) != SQLITE_OK)
		database_die(k->db, "cannot record the run");
	buf_release(&scratch);
}

/* End the program because the stored body of the capture is unreadable. */
static void die_unreadable(struct stage_writer *k, const char *why)
{
	const struct capture_store *s = &k->staging;
	struct slice run = s->run;

	db_rollback(k->db);
	cli_die(
	    EX_CONFIG, "%.*s/%" PRId64 ": %s", (int)run.n, run.p, s->seq, why);
}

/* Read the stored capture of the rows of CAPTURE_KNOWN into `line`. */
static void read_known(struct stage_writer *k)
{
	int rc =
	    capture_reader_read(&k->reader, k->db, k->staging.known, &k->line);

	if (rc == SQLITE_TOOBIG)
		cli_die(EX_DATAERR, "capture %lld is longer than --max-line",
		    (long long)k->staging.known);
	if (rc != SQLITE_ROW)
		database_die(k->db, "cannot read staging_raw");
	if (k->reader.bad)
		cli_die(
		    EX_CONFIG, "%s: %s", buf_message(&k->line), k->reader.bad);
}

enum capture_result stage_writer_add_capture(
    struct stage_writer *k, const struct record *rec, const char **why)
{
	enum capture_result result;

	if (!k->db)
		return CAPTURE_ADDED;
	result = capture_store_prepare(&k->staging, rec, why);
	if (result == CAPTURE_READY) {
		stage_writer_begin(k);
		result = capture_store_append(&k->staging, why);
	}
	if (result == CAPTURE_UNREADABLE)
		die_unreadable(k, *why);
	if (result == CAPTURE_FAILED)
		database_die(k->db, "cannot stage a capture");
	k->known = result == CAPTURE_KNOWN;
	if (k->known)
		read_known(k);
	return result;
}

struct record stage_writer_stored(
    struct stage_writer *k, const struct record *rec)
{
	static const char *const but[] = {"fetched_at", NULL};
	const struct member *given = record_get(rec, "fetched_at");
	struct record staged = *rec;
	struct slice time = slice_of(k->staging.time_text);

	if (!k->db || (!k->known && given && slice_eq(given->value, time)))
		return staged;
	if (!k->known) {
		buf_clear(&k->line);
		record_put_members(rec, but, &k->line);
		json_put_member(&k->line, "fetched_at", time);
		buf_putc(&k->line, '}');
	}
	staged.line = buf_slice(&k->line);
	return staged;
}

#include "keeper.h"

#include <inttypes.h>
#include <unistd.h>

#include "cli.h"
#include "database.h"
#include "json/json.h"
#include "store/runs.h"

#define BATCH_BYTES ((size_t)8 << 20) /* passed on after one commit */

bool keeper_commit(void *ctx)
{
	struct keeper *k = ctx;

	if (k->open && store_commit(k->db) != SQLITE_OK)
		database_die(k->db, "commit captures");
	k->open = false;
	return true;
}

void keeper_begin(struct keeper *k)
{
	if (!k->open && store_begin(k->db) != SQLITE_OK)
		database_die(k->db, "lock the database");
	k->open = true;
}

void keeper_open(struct keeper *k, const char *db, size_t max_line)
{
	*k = (struct keeper){.db = database_open(db, STORE_WRITE),
	    .line = BUF_INIT(max_line + 64)};
	if (staging_init(&k->staging, k->db, max_line) != SQLITE_OK)
		database_die(k->db, "prepare staging_raw");
}

void keeper_init_idle(struct keeper *k, struct out *out)
{
	*k = (struct keeper){.db = NULL};
	out_init(out, STDOUT_FILENO, BATCH_BYTES);
}

void keeper_init(
    struct keeper *k, const char *db, size_t max_line, struct out *out)
{
	keeper_init_idle(k, out);
	keeper_open(k, db, max_line);
	out->before_write = keeper_commit;
	out->ctx = k;
}

void keeper_release(struct keeper *k)
{
	keeper_commit(k);
	if (k->db)
		staging_release(&k->staging);
	store_close(k->db);
	buf_release(&k->line);
}

void keeper_see_run(struct keeper *k, const struct record *rec)
{
	struct buf scratch = BUF_INIT((size_t)1 << 20);
	struct store_run run;
	const char *reason;
	bool good;

	if (!k->db)
		return;
	keeper_begin(k);
	good = store_run_read(rec, &scratch, &run, &reason);
	if (!good)
		cli_warn("cannot record the run: %s", reason);
	else if (store_run_seen(k->db, &run) != SQLITE_OK)
		database_die(k->db, "record the run");
	buf_release(&scratch);
}

/* What is staged of a capture cannot be read: stop, by its name. */
static void keeper_lost(struct keeper *k, const char *why)
{
	const struct staging *s = &k->staging;
	struct slice run = s->value[STAGING_RUN];

	store_rollback(k->db);
	cli_die(
	    EX_CONFIG, "%.*s/%" PRId64 ": %s", (int)run.n, run.p, s->seq, why);
}

enum staging_result keeper_stage(
    struct keeper *k, const struct record *rec, const char **why)
{
	enum staging_result result;

	if (!k->db)
		return STAGING_ADDED;
	result = staging_prepare(&k->staging, rec, why);
	if (result == STAGING_READY) {
		keeper_begin(k);
		result = staging_append(&k->staging, why);
	}
	if (result == STAGING_LOST)
		keeper_lost(k, *why);
	if (result == STAGING_FAILED)
		database_die(k->db, "stage a capture");
	return result;
}

struct record keeper_staged(struct keeper *k, const struct record *rec)
{
	static const char *const but[] = {"fetched_at", NULL};
	const struct member *given = record_get(rec, "fetched_at");
	struct record staged = *rec;
	struct slice time = slice_of(k->staging.time_text);

	if (given && slice_eq(given->value, time))
		return staged;
	buf_clear(&k->line);
	record_put_members(rec, but, &k->line);
	json_put_member(&k->line, "fetched_at", time);
	buf_putc(&k->line, '}');
	staged.line = buf_slice(&k->line);
	return staged;
}

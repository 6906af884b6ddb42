/*
 * sp-stage: keeps every capture in staging_raw before it is passed on, and
 * gives captures back: all of them, those of a run, or saved bodies. Says
 * which of them a row comes from, and removes those that no row needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ulid.h"
#include "cli.h"
#include "database.h"
#include "json/json.h"
#include "listing.h"
#include "prune.h"
#include "table.h"
#include "store/runs.h"
#include "store/staging.h"
#include "store/why.h"
#include "stream/reading.h"
#include "stream/source.h"

static const char usage[] =
    "usage: sp-stage [--db FILE] [--lock-wait D] [--max-line SIZE]\n"
    "           [--progress]\n"
    "       sp-stage replay [--db FILE] [--run ID] [--endpoint E] [--user ID]\n"
    "           [--since TIME] [--until TIME] [--refused] [--max-line SIZE]\n"
    "           [--progress]\n"
    "       sp-stage import [--db FILE] [--no-stage] --endpoint E [--user ID]\n"
    "           [--fetched-at TIME] [--lock-wait D] [--max-line SIZE]\n"
    "           [FILE ...]\n"
    "       sp-stage compact [--db FILE] [--lock-wait D] [--progress]\n"
    "           [--table]\n"
    "       sp-stage runs [--db FILE] [--limit N] [--table]\n"
    "       sp-stage why [--db FILE] [--capture] [--table] TABLE KEY ...\n"
    "       sp-stage prune [-n] [--db FILE] --keep D [--even-needed]\n"
    "           [--vacuum] [--lock-wait D] [--progress] [--table]\n";

#define BATCH_BYTES ((size_t)8 << 20) /* passed on after one commit */

struct options {
	const char *db;
	struct staging_filter filter;
	char since[CLOCK_TEXT], until[CLOCK_TEXT];
	int64_t fetched_at; /* Unix ms, or -1 */
	int64_t limit;
	size_t max_line;
	bool no_stage;
	bool progress;
	bool capture;
	bool table; /* list for people even into a pipe */
	struct prune_options prune;
};

/*
 * Captures go on only when no crash can lose them any more: lines wait in
 * the output's buffer, and its before_write commits what they speak of.
 */
struct keeper {
	sqlite3 *db; /* NULL where nothing is staged */
	struct staging staging;
	struct staging_reader reader; /* of bodies that are held */
	struct buf line;
	bool open; /* a transaction is */
};

static bool keeper_commit(void *ctx)
{
	struct keeper *k = ctx;

	if (k->open && store_commit(k->db) != SQLITE_OK)
		database_die(k->db, "commit captures");
	k->open = false;
	return true;
}

static void keeper_begin(struct keeper *k)
{
	if (!k->open && store_begin(k->db) != SQLITE_OK)
		database_die(k->db, "lock the database");
	k->open = true;
}

static void keeper_open(struct keeper *k, const struct options *o)
{
	*k = (struct keeper){.db = database_open(o->db, STORE_WRITE),
	    .line = BUF_INIT(o->max_line + ((size_t)1 << 20))};
	if (staging_init(&k->staging, k->db, o->max_line) != SQLITE_OK ||
	    staging_reader_init(&k->reader) != SQLITE_OK)
		database_die(k->db, "prepare staging_raw");
}

static void keeper_init(
    struct keeper *k, const struct options *o, struct out *out)
{
	*k = (struct keeper){.db = NULL};
	if (!out_init(out, STDOUT_FILENO, BATCH_BYTES))
		cli_die(EX_OSERR, "no memory");
	if (o->no_stage)
		return;
	keeper_open(k, o);
	out->before_write = keeper_commit;
	out->ctx = k;
}

static void keeper_release(struct keeper *k)
{
	keeper_commit(k);
	if (k->db) {
		staging_release(&k->staging);
		staging_reader_release(&k->reader);
	}
	buf_release(&k->line);
	store_close(k->db);
}

/* Put a run on record before its first capture. */
static void keeper_see_run(struct keeper *k, const struct record *rec)
{
	struct buf scratch = BUF_INIT((size_t)1 << 20);
	struct store_run run;
	const char *reason;

	if (!k->db)
		return;
	keeper_begin(k);
	if (!store_run_read(rec, &scratch, &run, &reason))
		cli_warn("run: not put on record: %s", reason);
	else if (store_run_seen(k->db, &run) != SQLITE_OK)
		database_die(k->db, "put the run on record");
	buf_release(&scratch);
}

/* What a capture of 304 stands for goes on in its place, as a replay has it. */
static enum staging_result keeper_give(
    struct keeper *k, struct record *rec, const char **why)
{
	int rc =
	    staging_get(&k->reader, k->db, k->staging.capture_id, &k->line);

	if (rc != SQLITE_ROW && rc != SQLITE_TOOBIG)
		return STAGING_FAILED;
	*why = rc == SQLITE_ROW ? k->reader.bad : "longer than --max-line";
	if (*why)
		return STAGING_LOST;
	rec->line = buf_slice(&k->line);
	return STAGING_ADDED;
}

/*
 * Stage a capture, which may become the one that it stands for. With
 * STAGING_BAD and STAGING_LOST comes the reason.
 */
static enum staging_result keeper_stage(
    struct keeper *k, struct record *rec, const char **why)
{
	enum staging_result result;

	if (!k->db)
		return STAGING_ADDED;
	result = staging_prepare(&k->staging, rec, why);
	if (result == STAGING_READY) {
		keeper_begin(k);
		result = staging_append(&k->staging, why);
	}
	if (k->staging.is_held &&
	    (result == STAGING_ADDED || result == STAGING_KNOWN))
		result = keeper_give(k, rec, why);
	if (result == STAGING_FAILED)
		database_die(k->db, "stage a capture");
	return result;
}

/*
 * Pass a capture on, or refuse it. Without the body that it stands for, its
 * run has brought less than it was for.
 */
static void take_capture(
    struct keeper *k, struct stage *st, struct record *rec, struct outcome *how)
{
	const char *why = NULL;

	switch (keeper_stage(k, rec, &why)) {
	case STAGING_BAD:
		stage_refuse(st, rec, "bad capture", "%s", why);
		break;
	case STAGING_LOST:
		*how = (struct outcome){.exit = EX_DATAERR};
		snprintf(how->reason, sizeof(how->reason), "%s", why);
		stage_refuse(st, rec, "no body", "%s", why);
		break;
	default: stage_pass(st, rec);
	}
}

static void pass_end(
    struct stage *st, const struct record *end, struct outcome *how)
{
	stage_pass_end(st, end, how);
	*how = (struct outcome){.exit = 0};
}

static int filter(const struct options *o)
{
	bool progress = cli_progress_wanted(o->progress);
	struct keeper k;
	struct record rec;
	struct stage st;
	struct out out;
	struct outcome how = {.exit = 0};
	uint64_t captures = 0;
	int status;

	keeper_init(&k, o, &out);
	stage_init(
	    &st, "sp-stage", RECORD_CAPTURE, STDIN_FILENO, &out, o->max_line);
	st.on_refusal = cli_refusal;
	st.on_cut = cli_cut;
	while (stage_next(&st, &rec, -1) == STAGE_RECORD) {
		if (rec.type == RECORD_RUN)
			keeper_see_run(&k, &rec);
		if (rec.type == RECORD_CAPTURE)
			take_capture(&k, &st, &rec, &how);
		else if (rec.type == RECORD_END)
			pass_end(&st, &rec, &how);
		else
			stage_pass(&st, &rec);
		captures += rec.type == RECORD_CAPTURE;
		if (progress)
			cli_progress_of(
			    captures, 0, "%" PRIu64 " captures", captures);
	}
	status = stage_finish(&st);
	if (out.err || st.in.err)
		cli_warn("%s: %s", out.err ? "stdout" : "stdin",
		    strerror(out.err ? out.err : st.in.err));
	if (progress)
		cli_progress_end();
	keeper_release(&k);
	stage_release(&st);
	out_release(&out);
	return status;
}

static void open_source(struct source *s, struct out *out, const char *job,
    const char *user, int64_t captures)
{
	struct buf *b;

	if (!source_init(s, "sp-stage", out, LINES_MAX_DEFAULT))
		cli_die(EX_OSERR, "no clock or no random bytes");
	b = source_begin(s, RECORD_RUN);
	json_put_member(b, "job", slice_of(job));
	if (user)
		json_put_member(b, "user", slice_of(user));
	json_put_member(b, "started_at", slice_of(s->started_at));
	if (captures >= 0)
		json_put_member_int(b, "captures", captures);
	source_send(s, RECORD_RUN);
}

/* End the source's run; the status is one of sp(7). */
static int close_source(struct source *s, int status)
{
	bool ok = source_end(s, &(struct outcome){0});

	if (!ok)
		cli_warn("stdout: %s", strerror(s->out->err));
	source_release(s);
	return ok ? status : stage_io_status(s->out->err);
}

/* Refuse a body: on stderr, and as an error of the stream. */
static void send_refusal(struct source *s, const char *key, struct slice name,
    const char *code, struct slice reason)
{
	struct buf *b = source_begin(s, RECORD_ERROR);

	cli_warn("%.*s: %.*s", (int)name.n, name.p, (int)reason.n, reason.p);
	json_put_member(b, "stage", SLICE("sp-stage"));
	json_put_member(b, key, name);
	json_put_member(b, "code", slice_of(code));
	json_put_member(b, "reason", reason);
	source_send(s, RECORD_ERROR);
}

/* Refuse the capture at hand, by its name if it has one. */
static void send_damaged(
    const struct staging_walk *w, struct source *s, struct buf *name)
{
	const char *key = name->n ? "src" : "where";

	if (!name->n)
		buf_printf(name, "capture %lld", (long long)w->last);
	send_refusal(
	    s, key, buf_slice(name), "bad body", slice_of(w->reader.bad));
}

/* Send all captures of the walk; SQLite's result code. */
static int send_walk(struct staging_walk *w, struct source *s, struct buf *line,
    bool progress, int *status)
{
	uint64_t sent = 0, total = (uint64_t)w->total;
	int rc;

	while ((rc = staging_walk_next(w, line)) == SQLITE_ROW) {
		if (w->reader.bad) {
			send_damaged(w, s, line);
			*status = EX_REFUSED;
		} else if (!source_send_line(
			       s, RECORD_CAPTURE, buf_slice(line))) {
			break;
		}
		sent++;
		if (progress)
			cli_progress_of(sent, total,
			    "%" PRIu64 " of %" PRIu64 " captures", sent, total);
	}
	if (progress)
		cli_progress_end();
	return rc;
}

/*
 * Announce the captures that are sent again for their errors to leave, all
 * before the first: rows in between would hold sp-transform up.
 */
static int send_settling(sqlite3 *db, const struct staging_filter *f,
    struct source *s, struct buf *name)
{
	struct staging_walk walk;
	struct buf *b;
	int rc = staging_walk_init(&walk, db, f, true);

	while (rc == SQLITE_OK &&
	       (rc = staging_walk_next(&walk, name)) == SQLITE_ROW) {
		b = source_begin(s, RECORD_ROW);
		json_put_member(b, "table", SLICE("ingest_errors"));
		json_put_member(b, "op", SLICE("delete"));
		json_put_key(b, "row");
		buf_putc(b, '{');
		json_put_member(b, "src", buf_slice(name));
		buf_putc(b, '}');
		rc = source_send(s, RECORD_ROW) ? SQLITE_OK : SQLITE_DONE;
	}
	staging_walk_release(&walk);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int replay(const struct options *o)
{
	struct buf line = BUF_INIT(o->max_line);
	struct staging_walk walk;
	struct source source;
	struct out out;
	sqlite3 *db = database_open(o->db, STORE_READ);
	int rc, status = 0;

	if (!out_init(&out, STDOUT_FILENO, (size_t)256 << 10))
		cli_die(EX_OSERR, "no memory");
	if (staging_walk_init(&walk, db, &o->filter, false) != SQLITE_OK)
		database_die(db, "read staging_raw");
	/* No run, no records: sp-load takes an empty stream for a failure. */
	if (walk.total == 0 && o->filter.refused)
		cli_warn("replay: no capture that was refused is left");
	else if (walk.total == 0)
		cli_die(EX_DATAERR, "replay: no capture is chosen");
	open_source(&source, &out, "replay", o->filter.user, walk.total);
	if (o->filter.refused &&
	    send_settling(db, &o->filter, &source, &line) != SQLITE_OK)
		database_die(db, "read staging_raw");
	rc = send_walk(
	    &walk, &source, &line, cli_progress_wanted(o->progress), &status);
	if (rc == SQLITE_TOOBIG)
		cli_die(EX_DATAERR,
		    "replay: capture %lld is longer than "
		    "--max-line",
		    (long long)walk.last);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		database_die(db, "read staging_raw");
	status = close_source(&source, status);
	staging_walk_release(&walk);
	store_close(db);
	buf_release(&line);
	out_release(&out);
	return status;
}

/* An import in progress. */
struct import {
	const struct options *o;
	struct keeper keeper;
	struct source source;
	struct buf text; /* of the file at hand */
	struct buf body;
	struct readings readings;
	int64_t seq;
	int status;
};

static void refuse_body(struct import *im, const char *name, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

static void refuse_body(
    struct import *im, const char *name, const char *fmt, ...)
{
	char reason[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	send_refusal(
	    &im->source, "where", slice_of(name), "bad body", slice_of(reason));
	im->status = EX_REFUSED;
}

/* Name the reading of a playlist that a body is of; the first needs none. */
static void put_list(struct import *im, struct buf *b)
{
	const char *endpoint = im->o->filter.endpoint;
	struct buf list = BUF_INIT(128);
	int64_t number;

	if (strcmp(endpoint, "playlist") && strcmp(endpoint, "playlist-items"))
		return;
	number = readings_next(&im->readings, buf_slice(&im->body));
	if (number > 1)
		buf_printf(&list, "%s/import/%" PRId64, im->source.run, number);
	if (number == 0 || list.failed)
		cli_die(EX_OSERR, "no memory");
	if (number > 1)
		json_put_member(b, "list", buf_slice(&list));
	buf_release(&list);
}

/* Send one body as a capture, staged before it goes. */
static void import_body(struct import *im, const char *name, int64_t fetched_at)
{
	struct buf *b = source_begin(&im->source, RECORD_CAPTURE);
	const struct staging_filter *f = &im->o->filter;
	const char *why = "not a record";
	char at[CLOCK_TEXT];
	struct record rec;
	size_t where;

	if (!clock_format(fetched_at, at))
		cli_die(EX_USAGE, "%s: time out of range", name);
	json_put_member_int(b, "seq", ++im->seq);
	json_put_member(b, "endpoint", slice_of(f->endpoint));
	if (f->user)
		json_put_member(b, "user", slice_of(f->user));
	json_put_member_int(b, "status", 200);
	json_put_member(b, "fetched_at", slice_of(at));
	json_put_member(b, "file", slice_of(name));
	put_list(im, b);
	json_put_member_raw(b, "body", buf_slice(&im->body));
	buf_putc(b, '}');
	if (b->no_memory)
		cli_die(EX_OSERR, "no memory");
	if (b->failed || !record_parse(&rec, buf_slice(b), &why, &where) ||
	    keeper_stage(&im->keeper, &rec, &why) == STAGING_BAD) {
		refuse_body(im, name, "%s", b->failed ? "too long" : why);
		return;
	}
	source_send_line(&im->source, RECORD_CAPTURE, buf_slice(b));
}

/* Each value of a text is a body: one, or several in a row. */
static void import_text(struct import *im, const char *name, int64_t at)
{
	struct slice rest = buf_slice(&im->text);
	const char *start = rest.p;
	unsigned bodies = 0;
	struct json j;

	for (;;) {
		enum json_type type;

		while (rest.n > 0 && strchr(" \t\r\n", *rest.p))
			rest = slice_from(rest, 1);
		if (rest.n == 0)
			break;
		json_init(&j, rest);
		type = json_next(&j);
		if (!json_skip(&j, type)) {
			refuse_body(im, name, "not JSON: %s at byte %zu",
			    j.error, (size_t)(rest.p - start) + j.at + 1);
			return;
		}
		rest = slice_from(rest, (size_t)(j.p - rest.p));
		buf_clear(&im->body);
		if (!json_compact(&j, j.text, &im->body))
			cli_die(EX_OSERR, "no memory");
		import_body(im, name, at);
		bodies++;
	}
	if (bodies == 0)
		refuse_body(im, name, "empty");
}

/* Read a file whole; NULL is stdin. False with the message said. */
static bool read_file(struct import *im, const char *name, int64_t *mtime)
{
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	struct stat st;
	ssize_t n = fd < 0 ? -1 : 1;

	buf_clear(&im->text);
	*mtime = clock_now();
	if (name && fd >= 0 && fstat(fd, &st) == 0)
		*mtime = (int64_t)st.st_mtim.tv_sec * 1000 +
			 st.st_mtim.tv_nsec / 1000000;
	while (n > 0) {
		char *to = buf_room(&im->text, 65536);

		if (!to)
			break;
		n = read(fd, to, 65536);
		if (n > 0)
			im->text.n += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		refuse_body(im, name ? name : "stdin", "cannot read: %s",
		    strerror(errno));
	else if (im->text.failed)
		refuse_body(
		    im, name ? name : "stdin", "longer than --max-line");
	if (name && fd >= 0)
		close(fd);
	return n == 0;
}

static void import_file(struct import *im, const char *name)
{
	int64_t mtime;

	if (!read_file(im, name, &mtime))
		return;
	if (im->o->fetched_at >= 0)
		mtime = im->o->fetched_at;
	import_text(im, name ? name : "stdin", mtime);
}

static int import(const struct options *o, int argc, char **argv)
{
	struct import im = {.o = o,
	    .text = BUF_INIT(o->max_line),
	    .body = BUF_INIT(o->max_line)};
	struct record rec;
	struct out out;
	const char *why;
	size_t at;
	int status;

	if (!o->filter.endpoint)
		cli_die(EX_USAGE, "import: --endpoint is needed: "
				  "what the bodies are, like recently-played");
	keeper_init(&im.keeper, o, &out);
	open_source(&im.source, &out, "import", o->filter.user, -1);
	if (record_parse(&rec, buf_slice(&im.source.line), &why, &at))
		keeper_see_run(&im.keeper, &rec);
	if (argc == 0)
		import_file(&im, NULL);
	for (int i = 0; i < argc; i++)
		import_file(&im, strcmp(argv[i], "-") ? argv[i] : NULL);
	status = close_source(&im.source, im.status);
	keeper_release(&im.keeper);
	buf_release(&im.text);
	buf_release(&im.body);
	readings_release(&im.readings);
	out_release(&out);
	return status;
}

/* What there was to do, and what is kept now; free is VACUUM's to give. */
static const char compacted[] =
    "select ?1 as captures, ?2 as bytes, count(*) as bodies, "
    "coalesce(sum(size), 0) as size, coalesce(sum(length(body)), 0) as kept, "
    "(select freelist_count * page_size from pragma_freelist_count, "
    "pragma_page_size) as free from staging_bodies";

static void compact_report(
    sqlite3 *db, const struct staging_compaction *c, const struct options *o)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, compacted, -1, &stmt, NULL) != SQLITE_OK)
		database_die(db, "sum up");
	sqlite3_bind_int64(stmt, 1, c->captures);
	sqlite3_bind_int64(stmt, 2, c->size);
	if (listing_print(stmt, "compaction", o->table || table_for_people()) !=
	    SQLITE_DONE)
		database_die(db, "sum up");
	sqlite3_finalize(stmt);
}

/* Give the captures of an older sp the form of today. */
static int compact(const struct options *o)
{
	bool progress = cli_progress_wanted(o->progress);
	struct staging_compaction c;
	struct keeper k;
	int rc;

	keeper_open(&k, o);
	rc = staging_compact_init(&c, &k.staging);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = staging_compact_next(&c, &k.staging);
		if (progress)
			cli_progress_of((uint64_t)c.captures, (uint64_t)c.total,
			    "%" PRId64 " of %" PRId64 " captures", c.captures,
			    c.total);
	}
	if (progress)
		cli_progress_end();
	if (rc == SQLITE_TOOBIG)
		cli_die(EX_DATAERR,
		    "compact: capture %lld is longer than "
		    "--max-line",
		    (long long)c.last);
	if (rc != SQLITE_DONE)
		database_die(k.db, "compact");
	compact_report(k.db, &c, o);
	keeper_release(&k);
	return 0;
}

/* What people want to see of a run; in a pipe every column goes out. */
static const char runs_for_people[] =
    "select run_id as run, job, user_id as user, "
    "substr(replace(started_at, 'T', ' '), 1, 19) as started, status, "
    "captures, rows_read as \"rows\", rows_inserted as new, "
    "rows_updated as changed, rows_unchanged as same, refused, "
    "coalesce(reason, '') || coalesce('plays between ' || "
    "json_extract(gaps_json, '$[0].from') || ' and ' || "
    "json_extract(gaps_json, '$[0].to') || ' may be missing', '') as note "
    "from (select * from ingest_runs order by started_at desc, run_id desc "
    "limit ?1) order by started_at, run_id";
static const char runs_for_pipe[] =
    "select * from (select * from ingest_runs order by started_at desc, "
    "run_id desc limit ?1) order by started_at, run_id";

static int runs(const struct options *o)
{
	sqlite3 *db = database_open(o->db, STORE_READ);
	bool people = o->table || table_for_people();
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, people ? runs_for_people : runs_for_pipe, -1,
		&stmt, NULL) != SQLITE_OK)
		database_die(db, "list the runs");
	sqlite3_bind_int64(stmt, 1, o->limit);
	if (listing_print(stmt, "ingest_run", people) != SQLITE_DONE)
		database_die(db, "list the runs");
	sqlite3_finalize(stmt);
	store_close(db);
	return 0;
}

/* Whether rows of a table can be asked about by so many keys; says why not. */
static bool why_can(const struct table *t, const char *name, int keys)
{
	struct buf names = BUF_INIT(1 << 16);

	if (why_knows(t) && keys == (int)t->key_count)
		return true;
	for (unsigned i = 0; i < t->key_count; i++)
		buf_printf(&names, " %s", t->columns[t->keys[i]].name.p);
	if (t->kind == TABLE_UNKNOWN)
		cli_warn("why: there is no table '%s'", name);
	else if (!why_knows(t))
		cli_warn("why: table '%s': it is not made from captures", name);
	else
		cli_warn(
		    "why: table '%s': its key is%s", name, buf_cstr(&names));
	buf_release(&names);
	return false;
}

/* Print the captures whose numbers the statement gives. */
static int print_captures(sqlite3 *db, sqlite3_stmt *ids, struct buf *line)
{
	struct staging_reader reader;
	int rc = staging_reader_init(&reader);

	while (rc == SQLITE_OK && (rc = sqlite3_step(ids)) == SQLITE_ROW) {
		rc = staging_get(
		    &reader, db, sqlite3_column_int64(ids, 0), line);
		if (rc != SQLITE_ROW)
			break;
		rc = SQLITE_OK;
		if (reader.bad)
			cli_warn("why: %s: %s", buf_words(line), reader.bad);
		else if (!buf_putc(line, '\n'))
			rc = SQLITE_TOOBIG;
		/* What fails is met when stdout is closed. */
		else if (fwrite(line->p, 1, line->n, stdout) != line->n)
			rc = SQLITE_DONE;
	}
	staging_reader_release(&reader);
	return rc;
}

static void why_explain(const struct why *w)
{
	const char *what = w->present ? "it is not known when the row was told"
				      : "there is no such row";

	if (w->alike > 1)
		cli_warn("why: %" PRId64 " rows are meant by that: give the "
			 "whole key of one",
		    w->alike);
	else if (!w->found)
		cli_warn("why: %s, and no capture names its key", what);
	else if (!w->by_column)
		cli_warn("why: %s: these captures name its key", what);
}

/* Ask, print, and explain; a status of sp(7). */
static int why_answer(
    struct why *w, const struct options *o, sqlite3 *db, struct buf *line)
{
	sqlite3_stmt *answer;
	int rc;

	if (why_ask(w, db, o->capture, &answer) != SQLITE_OK)
		database_die(db, "look the row up");
	if (o->capture)
		rc = print_captures(db, answer, line);
	else if (!w->found)
		rc = SQLITE_DONE;
	else
		rc = listing_print(
		    answer, "why", o->table || table_for_people());
	sqlite3_finalize(answer);
	if (rc == SQLITE_TOOBIG) {
		cli_warn("why: a capture is longer than --max-line");
		return EX_DATAERR;
	}
	if (rc != SQLITE_DONE)
		database_die(db, "read staging_raw");
	why_explain(w);
	return w->found ? 0 : EX_DATAERR;
}

static int why(const struct options *o, int argc, char **argv)
{
	struct buf line = BUF_INIT(o->max_line);
	struct tables tables = {.db = NULL};
	const struct table *t;
	int status = EX_USAGE;
	sqlite3 *db;
	struct why w;

	if (argc < 1)
		cli_usage(usage, false);
	tables.db = db = database_open(o->db, STORE_READ);
	if (bodies_add_function(db) != SQLITE_OK)
		database_die(db, "read staging_bodies");
	t = tables_find(&tables, slice_of(argv[0]));
	if (!t)
		database_die(db, "read the schema");
	why_init(&w, t, argv + 1);
	if (why_can(t, argv[0], argc - 1))
		status = why_answer(&w, o, db, &line);
	why_release(&w);
	tables_release(&tables);
	store_close(db);
	buf_release(&line);
	return status;
}

static int prune(const struct options *o)
{
	struct prune_options p = o->prune;

	if (p.keep < 0)
		cli_die(EX_USAGE, "prune: --keep is needed: for how long "
				  "captures stay anyway, like 90d");
	if (p.dry && p.vacuum)
		cli_usage(usage, false);
	p.db = o->db;
	p.table = o->table || table_for_people();
	p.progress = cli_progress_wanted(o->progress);
	return prune_run(&p);
}

/* A time option as the written time that the database compares. */
static const char *time_option(
    const char *option, const char *arg, char text[CLOCK_TEXT])
{
	if (!clock_format(cli_time(option, arg), text))
		cli_die(EX_USAGE, "%s: out of range: '%s'", option, arg);
	return text;
}

/* Options up to the first operand; returns with optind at it. */
static void read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"db", required_argument, NULL, 'd'},
	    {"run", required_argument, NULL, 'r'},
	    {"endpoint", required_argument, NULL, 'e'},
	    {"user", required_argument, NULL, 'u'},
	    {"since", required_argument, NULL, 's'},
	    {"until", required_argument, NULL, 't'},
	    {"fetched-at", required_argument, NULL, 'f'},
	    {"refused", no_argument, NULL, 'R'},
	    {"limit", required_argument, NULL, 'l'},
	    {"table", no_argument, NULL, 'a'},
	    {"capture", no_argument, NULL, 'c'},
	    {"lock-wait", required_argument, NULL, 'w'},
	    {"max-line", required_argument, NULL, 'm'},
	    {"no-stage", no_argument, NULL, 'S'},
	    {"keep", required_argument, NULL, 'k'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"even-needed", no_argument, NULL, 'E'},
	    {"vacuum", no_argument, NULL, 'v'},
	    {"progress", no_argument, NULL, 'p'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	struct staging_filter *f = &o->filter;
	int c;

	while ((c = getopt_long(argc, argv, "+nhV", longs, NULL)) != -1)
		switch (c) {
		case 'd': o->db = optarg; break;
		case 'r': f->run = optarg; break;
		case 'e': f->endpoint = optarg; break;
		case 'u': f->user = optarg; break;
		case 's':
			f->since = time_option("--since", optarg, o->since);
			break;
		case 't':
			f->until = time_option("--until", optarg, o->until);
			break;
		case 'f':
			o->fetched_at = cli_time("--fetched-at", optarg);
			break;
		case 'l':
			o->limit = cli_number("--limit", optarg, 1, INT64_MAX);
			break;
		case 'w': database_lock_wait(optarg); break;
		case 'm': o->max_line = cli_size("--max-line", optarg); break;
		case 'a': o->table = true; break;
		case 'c': o->capture = true; break;
		case 'R': f->refused = true; break;
		case 'S': o->no_stage = true; break;
		case 'k': o->prune.keep = cli_duration("--keep", optarg); break;
		case 'n': o->prune.dry = true; break;
		case 'E': o->prune.even_needed = true; break;
		case 'v': o->prune.vacuum = true; break;
		case 'p': o->progress = true; break;
		case 'h': cli_usage(usage, true);
		case 'V': cli_version();
		default: cli_usage(usage, false);
		}
}

int main(int argc, char **argv)
{
	struct options o = {.max_line = LINES_MAX_DEFAULT,
	    .fetched_at = -1,
	    .limit = 20,
	    .prune = {.keep = -1}};
	const char *command = NULL;
	int status;

	cli_init("sp-stage");
	read_options(argc, argv, &o);
	if (optind < argc)
		command = argv[optind++];
	read_options(argc, argv, &o);
	argc -= optind;
	argv += optind;
	if (o.prune.dry && (!command || strcmp(command, "prune")))
		cli_usage(usage, false);
	if (!command)
		return filter(&o);
	if (!strcmp(command, "import"))
		return import(&o, argc, argv);
	if (!strcmp(command, "why"))
		return cli_close_stdout(why(&o, argc, argv));
	if (argc > 0)
		cli_usage(usage, false);
	if (!strcmp(command, "replay"))
		status = replay(&o);
	else if (!strcmp(command, "runs"))
		status = runs(&o);
	else if (!strcmp(command, "prune"))
		status = prune(&o);
	else if (!strcmp(command, "compact"))
		status = compact(&o);
	else
		cli_usage(usage, false);
	return cli_close_stdout(status);
}

/* A stage: what it passes, refuses and counts, and how it ends. */
#include "unit/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream/pipe.h"

#define RUN "{\"type\":\"run\",\"run\":\"r1\",\"job\":\"j\"}\n"
#define ROW                                                  \
	"{\"type\":\"row\",\"table\":\"t\",\"row\":{\"a\": " \
	"1},\"src\":\"r1/1\"}\n"
#define CAPTURE "{\"type\":\"capture\",\"run\":\"r1\",\"seq\":7,\"body\":{}}\n"
#define END                                                                   \
	"{\"type\":\"end\",\"run\":\"r1\",\"status\":\"complete\",\"x\":[1, " \
	"2]}\n"

/* What a stage does with the records of its type. */
enum plan { PASS, USE, REFUSE, PRODUCE };

/* A stage with its ends, and what came of it. */
struct trial {
	struct pipe st;
	struct out out;
	char path[32];
	char got[20000]; /* what it sent */
	int status;
	int refusals, cuts;
	char where[64], reason[200], src[64], cut_run[64];
};

static void on_refusal(void *ctx, const struct refusal *r)
{
	struct trial *t = ctx;

	t->refusals++;
	snprintf(t->where, sizeof(t->where), "%s", r->where);
	snprintf(t->reason, sizeof(t->reason), "%s", r->reason);
	snprintf(t->src, sizeof(t->src), "%.*s", (int)r->src.n,
	    r->src.p ? r->src.p : "");
}

static void on_truncated(void *ctx, const char *run)
{
	struct trial *t = ctx;

	t->cuts++;
	snprintf(t->cut_run, sizeof(t->cut_run), "%s", run);
}

static void work(struct trial *t, enum plan plan)
{
	struct record rec;

	while (pipe_next(&t->st, &rec, -1) == PIPE_RECORD) {
		if (rec.type != RECORD_CAPTURE || plan == PASS) {
			pipe_pass(&t->st, &rec);
		} else if (plan == REFUSE) {
			pipe_refuse(&t->st, &rec, "bad body", "no %s", "id");
		} else {
			pipe_use(&t->st, &rec);
			if (plan == PRODUCE)
				pipe_produce(&t->st, RECORD_ROW,
				    SLICE("{\"type\":\"row\"}"));
		}
	}
}

/* Send an input through a stage; the result lasts until the next trial. */
static struct trial *try(struct slice input, enum plan plan, size_t max)
{
	static struct trial t;
	int fds[2], fd;
	ssize_t n;

	memset(&t, 0, sizeof(t));
	strcpy(t.path, "/tmp/sp-stage-XXXXXX");
	fd = mkstemp(t.path);
	if (fd < 0 || pipe(fds) != 0 ||
	    write(fds[1], input.p, input.n) != (ssize_t)input.n)
		exit(71);
	close(fds[1]);
	out_init(&t.out, fd, 100);
	pipe_init(&t.st, "sp-x", RECORD_CAPTURE, fds[0], &t.out, max);
	t.st.on_refusal = on_refusal;
	t.st.on_truncated = on_truncated;
	t.st.ctx = &t;
	work(&t, plan);
	t.status = pipe_finish(&t.st);
	n = pread(fd, t.got, sizeof(t.got) - 1, 0);
	t.got[n > 0 ? n : 0] = '\0';
	pipe_release(&t.st);
	out_close(&t.out);
	out_release(&t.out);
	close(fds[0]);
	unlink(t.path);
	return &t;
}

#define TRY(text, plan) try(SLICE(text), plan, 1000)

static void test_passing(void)
{
	struct trial *t = TRY(ROW "\n" CAPTURE "\r\n"
				  "{\"type\":\"of later\"}",
	    PASS);

	is_text(slice_of(t->got), ROW CAPTURE "{\"type\":\"of later\"}\n",
	    "what is not for it is passed on as it was");
	is_int(t->status, 0, "all is well without a run");
	is_int((int64_t)t->st.records, 3, "blank lines are no records");
	t = TRY("{\"type\":\"row\" , \"a\" : 1}\r\n", PASS);
	is_text(slice_of(t->got), "{\"type\":\"row\" , \"a\" : 1}\n",
	    "but for a carriage return");
	t = TRY("", PASS);
	is_text(slice_of(t->got), "", "of nothing comes nothing");
	is_int(t->status, 0, "which is well");
}

static void test_run(void)
{
	struct trial *t = TRY(RUN CAPTURE CAPTURE ROW END, PRODUCE);
	struct buf why = BUF_INIT(1000);
	struct ledger_totals totals;
	struct record end;
	const char *reason, *last;
	size_t at;

	is_int(t->status, 0, "a run that ended");
	last = strstr(t->got, "{\"type\":\"end\"");
	is_text(slice_of(last),
	    "{\"type\":\"end\",\"run\":\"r1\",\"status\":\"complete\","
	    "\"x\":[1, 2],\"ledger\":[{\"stage\":\"sp-x\","
	    "\"takes\":\"capture\","
	    "\"in\":{\"run\":1,\"capture\":2,\"row\":1},"
	    "\"passed\":{\"run\":1,\"row\":1},\"used\":{\"capture\":2},"
	    "\"produced\":{\"row\":2}}]}\n",
	    "its end has the ledger, and all it had");
	ok(record_parse(
	       &end, (struct slice){last, strlen(last) - 1}, &reason, &at) &&
		ledger_check(record_raw(&end, "ledger"), &why, &totals),
	    "which balances");
	buf_release(&why);

	t = TRY(RUN "{\"type\":\"end\",\"run\":\"r1\",\"ledger\":"
		    "[{\"stage\":\"a\"}]}",
	    PASS);
	ok(strstr(t->got, "\"ledger\":[{\"stage\":\"a\"},{\"stage\":\"sp-x\""),
	    "its entry comes after those of the stages before");
	t = TRY(RUN END CAPTURE, USE);
	is_int(
	    (int64_t)t->st.ledger.in[RECORD_RUN], 0, "a ledger is of one run");
	is_int(
	    (int64_t)t->st.ledger.in[RECORD_CAPTURE], 1, "or of what has none");
}

static void test_cut(void)
{
	struct trial *t = TRY(RUN ROW, PASS);

	is_int(t->status, 65, "a run without its end was cut");
	is_int(t->cuts, 1, "and is reported");
	is_text(slice_of(t->cut_run), "r1", "by its name");
	ok(!strstr(t->got, "\"end\""), "no end is made up for it");
	t = TRY(RUN "{\"type\":\"run\",\"run\":\"r2\"}\n"
		    "{\"type\":\"end\",\"run\":\"r2\"}\n",
	    PASS);
	is_int(t->status, 65, "also when another one begins");
	is_text(slice_of(t->cut_run), "r1", "the first was cut");
	t = TRY(RUN ROW "{\"type\":\"end\",\"run\":\"r1\"", PASS);
	is_int(t->status, 65, "half an end is none");
	is_int(t->refusals, 1, "but a broken line");
}

static void test_refusing(void)
{
	struct trial *t = TRY(ROW "{broken\n" ROW, PASS);

	is_int(t->status, 1, "something was refused");
	is_int(t->refusals, 1, "once");
	is_text(slice_of(t->where), "stdin:2", "at its line");
	is_text(slice_of(t->reason),
	    "not a record: no name of a member at byte 2", "for a reason");
	is_text(slice_of(t->got),
	    ROW "{\"type\":\"error\",\"stage\":\"sp-x\",\"where\":\"stdin:2\","
		"\"code\":\"no record\",\"reason\":\"not a record: no name "
		"of a member at byte 2\",\"record\":\"{broken\"}\n" ROW,
	    "and sent on as an error");

	t = TRY(RUN CAPTURE END, REFUSE);
	is_int(t->status, 1, "a capture that cannot be used");
	is_text(slice_of(t->src), "r1/7", "is refused by name");
	is_text(slice_of(t->reason), "no id", "for its reason");
	ok(strstr(t->got, "\"run\":\"r1\",\"src\":\"r1/7\""),
	    "the error has the run");
	ok(!strstr(t->got, "\"record\""), "a capture is not repeated");
	ok(strstr(t->got, "\"refused\":{\"capture\":1}") &&
		strstr(t->got, "\"reasons\":{\"bad body\":1}"),
	    "the ledger counts it");

	t = try(SLICE(ROW "{\"type\":\"row\",\"row\":\"too long\"}\n" ROW),
	    PASS, sizeof(ROW) - 1 - 35);
	is_int(t->status, 1, "lines may be too long");
	t = try(SLICE("{\"type\":\"row\"}\n{\"type\":\"row\",\"a\":1}\n"), PASS,
	    14);
	is_text(slice_of(t->reason), "line longer than 14 bytes", "and say so");
	is_text(slice_of(t->where), "stdin:2", "where they are");
}

static void test_runs_refused(void)
{
	static const char *const bad[] = {"{\"type\":\"run\"}\n",
	    "{\"type\":\"run\",\"run\":\"\"}\n",
	    "{\"type\":\"run\",\"run\":5}\n",
	    "{\"type\":\"run\",\"run\":\"a\\u0000b\"}\n",
	    "{\"type\":\"run\",\"run\":\"0123456789012345678901234567890123"
	    "456789012345678901234567890123\"}\n",
	    END, "{\"type\":\"end\"}\n",
	    RUN "{\"type\":\"end\",\"run\":\"r2\"}\n" END};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct trial *t = try(slice_of(bad[i]), PASS, 1000);

		is_int(t->refusals, 1, "a bad run or end is refused, %zu", i);
		is_int(t->status, 1, "and no more");
	}
}

static void pass_ends(struct trial *t, int fd, const struct outcome *o)
{
	struct record rec;

	pipe_init(&t->st, "sp-x", RECORD_CAPTURE, fd, &t->out, 1000);
	while (pipe_next(&t->st, &rec, -1) == PIPE_RECORD)
		if (rec.type == RECORD_END)
			pipe_pass_end(&t->st, &rec, o);
		else
			pipe_pass(&t->st, &rec);
	pipe_finish(&t->st);
	pipe_release(&t->st);
}

static void test_outcome(void)
{
	static const char input[] =
	    RUN "{\"type\":\"end\",\"run\":\"r1\",\"status\":\"complete\","
		"\"n\":5}\n"
		"{\"type\":\"run\",\"run\":\"r2\"}\n"
		"{\"type\":\"end\",\"run\":\"r2\",\"status\":\"failed\","
		"\"exit\":77,\"reason\":\"first\"}\n";
	struct outcome late = {.exit = 75,
	    .reason = "rate limit",
	    .until = "2026-11-22T06:40:00.123Z"};
	struct trial t = {.status = 0};
	int in[2], out[2];
	ssize_t n;

	if (pipe(in) != 0 || pipe(out) != 0 ||
	    write(in[1], input, sizeof(input) - 1) < 0)
		exit(71);
	close(in[1]);
	out_init(&t.out, out[1], 1000);
	pass_ends(&t, in[0], &late);
	out_close(&t.out);
	n = read(out[0], t.got, sizeof(t.got) - 1);
	t.got[n > 0 ? n : 0] = '\0';
	ok(strstr(t.got, "\"run\":\"r1\",\"n\":5,\"status\":\"deferred\","
			 "\"exit\":75,\"reason\":\"rate limit\","
			 "\"until\":\"2026-11-22T06:40:00.123Z\""),
	    "a failed stage replaces a good outcome");
	ok(strstr(t.got, "\"status\":\"failed\",\"exit\":77,"
			 "\"reason\":\"first\""),
	    "a bad outcome from upstream stays");
	out_release(&t.out);
	close(in[0]);
	close(out[0]);
}

/* What is pending goes out before the stage waits. */
static void test_flushing(void)
{
	int in[2], out[2];
	struct record rec;
	struct pipe st;
	struct out o;
	char got[200];

	if (pipe(in) != 0 || pipe(out) != 0 ||
	    write(in[1], ROW, sizeof(ROW) - 1) < 0)
		exit(71);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	out_init(&o, out[1], 1 << 16);
	pipe_init(&st, "sp-x", RECORD_CAPTURE, in[0], &o, 1000);
	is_int(pipe_next(&st, &rec, 0), PIPE_RECORD, "a record");
	pipe_pass(&st, &rec);
	ok(read(out[0], got, sizeof(got)) < 0, "waits in the buffer");
	is_int(pipe_next(&st, &rec, 0), PIPE_TIMEOUT, "until there is time");
	is_int(
	    read(out[0], got, sizeof(got)), sizeof(ROW) - 1, "and is out then");
	close(out[0]);
	close(in[1]);
	pipe_release(&st);
	out_close(&o);
	out_release(&o);
	close(in[0]);
}

static void test_errors(void)
{
	struct record rec;
	struct pipe st;
	struct out o;
	int fd = open("/dev/full", O_WRONLY), in[2];

	if (fd < 0 || pipe(in) != 0)
		return;
	if (write(in[1], RUN ROW ROW, sizeof(RUN ROW ROW) - 1) < 0)
		exit(71);
	close(in[1]);
	out_init(&o, fd, 10);
	pipe_init(&st, "sp-x", RECORD_CAPTURE, in[0], &o, 1000);
	is_int(pipe_next(&st, &rec, -1), PIPE_RECORD, "a record");
	ok(!pipe_pass(&st, &rec), "that cannot be written");
	is_int(pipe_next(&st, &rec, -1), PIPE_DONE, "ends the stage");
	is_int(pipe_finish(&st), 74, "with its status");
	pipe_release(&st);
	out_close(&o);
	out_release(&o);
	close(in[0]);

	fd = open("/", O_RDONLY);
	pipe_init(&st, "sp-x", RECORD_CAPTURE, fd, NULL, 1000);
	is_int(pipe_next(&st, &rec, -1), PIPE_DONE, "nor can a folder be read");
	is_int(pipe_finish(&st), 74, "with its status");
	pipe_release(&st);
	close(fd);
}

int main(void)
{
	test_passing();
	test_run();
	test_cut();
	test_refusing();
	test_runs_refused();
	test_outcome();
	test_flushing();
	test_errors();
	return tap_done();
}

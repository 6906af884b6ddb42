/* The ledger: written, read back, balanced or not. */
#include "unit/tap.h"

#include "stream/ledger.h"

static struct ledger_totals totals;

static bool check(const char *array, struct buf *why)
{
	buf_clear(why);
	return ledger_check(slice_of(array), why, &totals);
}

static void balances(const char *array, const char *name)
{
	struct buf why = BUF_INIT(1000);

	ok(check(array, &why), "%s", name);
	is_text(buf_slice(&why), "", "without complaint");
	buf_release(&why);
}

static void does_not(const char *array, const char *want, const char *name)
{
	struct buf why = BUF_INIT(1000);

	ok(!check(array, &why), "%s", name);
	is_text(buf_slice(&why), want, "with the reason");
	buf_release(&why);
}

static void test_writing(void)
{
	struct ledger l = {.takes = RECORD_CAPTURE};
	struct buf b = BUF_INIT(4000);

	ok(ledger_put(&l, "sp-x", &b), "an empty ledger is written");
	is_text(buf_slice(&b), "{\"stage\":\"sp-x\",\"takes\":\"capture\"}",
	    "with nothing in it");
	l.in[RECORD_RUN] = l.passed[RECORD_RUN] = 1;
	l.in[RECORD_CAPTURE] = 5;
	l.used[RECORD_CAPTURE] = 3;
	ledger_refuse(&l, RECORD_CAPTURE, "bad body", 1);
	ledger_refuse(&l, RECORD_CAPTURE, "bad status", 1);
	ledger_refuse(&l, RECORD_OTHER, "bad body", 2);
	l.in[RECORD_OTHER] = 2;
	l.produced[RECORD_ROW] = 90;
	l.produced[RECORD_ERROR] = 4;
	buf_clear(&b);
	ok(ledger_put(&l, "sp-x", &b), "a full one too");
	is_text(buf_slice(&b),
	    "{\"stage\":\"sp-x\",\"takes\":\"capture\","
	    "\"in\":{\"other\":2,\"run\":1,\"capture\":5},"
	    "\"passed\":{\"run\":1},\"used\":{\"capture\":3},"
	    "\"refused\":{\"other\":2,\"capture\":2},"
	    "\"produced\":{\"row\":90,\"error\":4},"
	    "\"reasons\":{\"bad body\":3,\"bad status\":1}}",
	    "with its counts");
	ledger_clear(&l);
	ok(l.takes == RECORD_CAPTURE && l.refused[RECORD_CAPTURE] == 0 &&
		l.in[RECORD_CAPTURE] == 0 && !*l.reasons[0].name,
	    "cleared, only `takes` stays");
	buf_release(&b);
}

static void test_reasons(void)
{
	struct ledger l = {.takes = RECORD_ROW};
	struct buf b = BUF_INIT(4000);
	uint64_t sum = 0;

	for (int i = 0; i < 40; i++) {
		char reason[80];

		snprintf(reason, sizeof(reason), "reason %d", i);
		ledger_refuse(&l, RECORD_ROW, reason, 1);
	}
	for (int i = 0; i < LEDGER_REASONS_MAX; i++)
		sum += l.reasons[i].count;
	is_int((int64_t)sum, 40, "no refusal is lost for want of room");
	is_text(slice_of(l.reasons[LEDGER_REASONS_MAX - 1].name), "other",
	    "the last place holds the rest");
	ledger_refuse(&l, RECORD_ROW, "reason 3", 2);
	is_int((int64_t)l.reasons[3].count, 3, "known ones go to their own");

	ledger_clear(&l);
	ledger_refuse(&l, RECORD_ROW,
	    "a reason that is longer than there is room for it", 1);
	ok(strlen(l.reasons[0].name) == LEDGER_REASON_LEN - 1,
	    "a long reason is cut");
	ok(ledger_put(&l, "s", &b), "and written");
	buf_release(&b);
}

static void test_balanced(void)
{
	balances("[]", "no stage loses nothing");
	balances("[{\"stage\":\"a\"}]", "nor one that did nothing");
	balances("[{\"stage\":\"a\",\"in\":{\"row\":6},\"passed\":{\"row\":1},"
		 "\"used\":{\"row\":2},\"refused\":{\"row\":3}}]",
	    "all that came is accounted for");
	is_int((int64_t)totals.refused, 3, "refusals are summed");
	balances(
	    "[{\"stage\":\"a\",\"produced\":{\"request\":2}},"
	    "{\"stage\":\"b\",\"takes\":\"request\",\"in\":{\"request\":2},"
	    "\"used\":{\"request\":2},\"produced\":{\"capture\":7}},"
	    "{\"stage\":\"c\",\"takes\":\"capture\",\"in\":{\"capture\":7},"
	    "\"used\":{\"capture\":6},\"refused\":{\"capture\":1}}]",
	    "what each sent arrived at the next");
	is_int((int64_t)totals.requests, 2, "requests are counted once");
	is_int((int64_t)totals.captures, 7, "captures too");
	balances(
	    "[{\"stage\":\"a\",\"produced\":{\"row\":3}},"
	    "{\"stage\":\"b\",\"takes\":\"row\",\"in\":{\"row\":2,"
	    "\"other\":1},\"used\":{\"row\":2},\"refused\":{\"other\":1}}]",
	    "what broke on the way was refused by name");
	balances("[{\"stage\":\"a\",\"produced\":{\"row\":3}},"
		 "{\"stage\":\"b\",\"takes\":\"row\",\"in\":{\"row\":9},"
		 "\"used\":{\"row\":9}}]",
	    "a jq between may add");
	balances("[{\"stage\":\"a\",\"produced\":{\"row\":3}},"
		 "{\"stage\":\"b\",\"takes\":\"capture\"}]",
	    "and remove what the next one does not work on");
	balances("[{\"new\":{\"x\":[1]},\"stage\":\"a\",\"in\":{},"
		 "\"later\":true}]",
	    "what is not known is skipped");
}

static void test_unbalanced(void)
{
	does_not(
	    "[{\"stage\":\"a\",\"in\":{\"row\":6},\"passed\":{\"row\":5}}]",
	    "row records: a received 6, accounted for 5", "one is missing");
	does_not("[{\"stage\":\"a\",\"in\":{\"row\":4},\"used\":{\"row\":5}}]",
	    "row records: a received 4, accounted for 5", "one is too many");
	does_not(
	    "[{\"stage\":\"a\",\"produced\":{\"capture\":3}},"
	    "{\"stage\":\"b\",\"takes\":\"capture\",\"in\":{\"capture\":2},"
	    "\"used\":{\"capture\":2}}]",
	    "capture records: a sent 3, b received 2", "lost between two");
	does_not("[{\"stage\":\"a\",\"passed\":{\"capture\":3},"
		 "\"in\":{\"capture\":3}},"
		 "{\"stage\":\"b\",\"takes\":\"capture\"}]",
	    "capture records: a sent 3, b received 0",
	    "what was passed on must arrive too");
	does_not("[{\"stage\":\"a\",\"produced\":{\"error\":1}},"
		 "{\"stage\":\"b\",\"takes\":\"row\"}]",
	    "error records: a sent 1, b received 0", "errors must arrive");
	does_not(
	    "[{\"stage\":\"a\",\"produced\":{\"row\":3,\"error\":1}},"
	    "{\"stage\":\"b\",\"takes\":\"row\",\"in\":{\"row\":2,"
	    "\"other\":1},\"used\":{\"row\":2},\"refused\":{\"other\":1}}]",
	    "error records: a sent 1, b received 0",
	    "one broken line excuses one loss only");
	does_not(
	    "[{\"stage\":\"a\",\"produced\":{\"row\":1}},{\"stage\":\"b\"},"
	    "{\"stage\":\"c\",\"in\":{\"run\":1}}]",
	    "run records: c received 1, accounted for 0", "the third stage");
	does_not("[{\"stage\":\"a\",\"in\":{\"row\":1}},"
		 "{\"stage\":\"b\",\"in\":{\"row\":1}}]",
	    "row records: a received 1, accounted for 0",
	    "the first loss is reported");
}

static void test_no_ledger(void)
{
	static const char *const bad[] = {"[1]", "[[]]",
	    "[{\"in\":{\"row\":-1}}]", "[{\"in\":{\"row\":1.5}}]",
	    "[{\"in\":{\"row\":\"1\"}}]",
	    "[{\"in\":{\"row\":99999999999999999999}}]", "[{\"stage\":\"a\"}"};

	does_not("", "the end record has no ledger", "nothing is no ledger");
	does_not("{}", "the end record has no ledger", "nor an object");
	does_not("null", "the end record has no ledger", "nor null");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		does_not(bad[i], "the ledger is not an array of stage counts",
		    bad[i]);
	/* Counts that wrap around must not look like none. */
	does_not("[{\"stage\":\"a\",\"in\":{\"row\":9223372036854775807,"
		 "\"row\":9223372036854775807,\"row\":2}},"
		 "{\"stage\":\"b\"}]",
	    "the ledger is not an array of stage counts", "counts that wrap");
}

int main(void)
{
	test_writing();
	test_reasons();
	test_balanced();
	test_unbalanced();
	test_no_ledger();
	return tap_done();
}

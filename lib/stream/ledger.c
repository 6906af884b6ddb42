#include "stream/ledger.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "json/json.h"

void ledger_clear(struct ledger *l)
{
	*l = (struct ledger){.takes = l->takes};
}

void ledger_refuse(
    struct ledger *l, enum record_type type, const char *reason, uint64_t n)
{
	size_t i, len = strlen(reason);

	l->refused[type] += n;
	for (i = 0; i < LEDGER_REASONS_MAX - 1; i++)
		if (!*l->reasons[i].name || !strcmp(l->reasons[i].name, reason))
			break;
	if (i == LEDGER_REASONS_MAX - 1) {
		reason = "other";
		len = strlen(reason);
	}
	if (len > LEDGER_REASON_LEN - 1)
		len = LEDGER_REASON_LEN - 1;
	memcpy(l->reasons[i].name, reason, len);
	l->reasons[i].name[len] = '\0';
	l->reasons[i].count += n;
}

static void put_counts(
    struct buf *b, const char *name, const uint64_t counts[RECORD_TYPES])
{
	bool any = false;

	for (int t = 0; t < RECORD_TYPES; t++)
		any |= counts[t] != 0;
	if (!any)
		return;
	json_put_key(b, name);
	buf_putc(b, '{');
	for (int t = 0; t < RECORD_TYPES; t++)
		if (counts[t])
			json_put_member_int(b,
			    record_type_name((enum record_type)t),
			    (int64_t)counts[t]);
	buf_putc(b, '}');
}

bool ledger_put(const struct ledger *l, const char *stage, struct buf *b)
{
	buf_putc(b, '{');
	json_put_member(b, "stage", slice_of(stage));
	if (l->takes != RECORD_OTHER)
		json_put_member(
		    b, "takes", slice_of(record_type_name(l->takes)));
	put_counts(b, "in", l->in);
	put_counts(b, "passed", l->passed);
	put_counts(b, "used", l->used);
	put_counts(b, "refused", l->refused);
	put_counts(b, "produced", l->produced);
	if (*l->reasons[0].name) {
		json_put_key(b, "reasons");
		buf_putc(b, '{');
		for (int i = 0; i < LEDGER_REASONS_MAX; i++)
			if (*l->reasons[i].name)
				json_put_member_int(b, l->reasons[i].name,
				    (int64_t)l->reasons[i].count);
		buf_putc(b, '}');
	}
	return buf_putc(b, '}');
}

/* No count is as big, and no sum of a few such wraps around. */
#define LEDGER_COUNT_MAX (INT64_C(1) << 53)

/* One stage's entry as read back, and what it says of itself. */
struct ledger_entry {
	struct slice stage;
	enum record_type takes;
	uint64_t counts[5][RECORD_TYPES];
};

enum { LEDGER_IN, LEDGER_PASSED, LEDGER_USED, LEDGER_REFUSED, LEDGER_PRODUCED };
static const char *const count_names[] = {
    "in", "passed", "used", "refused", "produced"};

/* Read `{"run":1,…}`, whose opening brace has been read. */
static bool read_counts(struct json *j, uint64_t counts[RECORD_TYPES])
{
	enum json_type type;

	while ((type = json_next(j)) == JSON_NUMBER) {
		enum record_type t = record_type_of(j->key);
		int64_t n;

		if (!number_parse(j->text, &n) || n < 0 ||
		    n > LEDGER_COUNT_MAX - (int64_t)counts[t])
			return false;
		counts[t] += (uint64_t)n;
	}
	return type == JSON_OBJECT_END;
}

/* Read a stage's entry, whose opening brace has been read. */
static bool read_entry(struct json *j, struct ledger_entry *e)
{
	enum json_type type;

	memset(e, 0, sizeof(*e));
	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		int which = -1;

		if (type == JSON_STRING && slice_is(j->key, "stage"))
			e->stage = j->text;
		if (type == JSON_STRING && slice_is(j->key, "takes"))
			e->takes = record_type_of(j->text);
		for (int i = 0; i < 5; i++)
			if (slice_is(j->key, count_names[i]))
				which = i;
		if (which < 0 ? !json_skip(j, type)
			      : type != JSON_OBJECT ||
				    !read_counts(j, e->counts[which]))
			return false;
	}
	return type == JSON_OBJECT_END && e->stage.p;
}

/* in = passed + used + refused, for every type. */
static bool stage_balances(const struct ledger_entry *e, struct buf *why)
{
	for (int t = 0; t < RECORD_TYPES; t++) {
		uint64_t in = e->counts[LEDGER_IN][t];
		uint64_t out = e->counts[LEDGER_PASSED][t] +
			       e->counts[LEDGER_USED][t] +
			       e->counts[LEDGER_REFUSED][t];

		if (in == out)
			continue;
		buf_printf(why,
		    "%s records: %.*s received %" PRIu64
		    ", accounted for %" PRIu64,
		    record_type_name((enum record_type)t), (int)e->stage.n,
		    e->stage.p, in, out);
		return false;
	}
	return true;
}

/*
 * What one stage sent of the type that the next one takes must have arrived,
 * and every error. A line that broke on the way arrived as no record: it was
 * refused there by name, and so is not lost unseen.
 */
static bool arrived(const struct ledger_entry *from,
    const struct ledger_entry *to, struct buf *why)
{
	uint64_t broken = to->counts[LEDGER_REFUSED][RECORD_OTHER];

	for (int t = RECORD_RUN; t < RECORD_END; t++) {
		uint64_t sent = from->counts[LEDGER_PASSED][t] +
				from->counts[LEDGER_PRODUCED][t];
		uint64_t in = to->counts[LEDGER_IN][t];

		if (sent <= in || (t != (int)to->takes && t != RECORD_ERROR))
			continue;
		if (sent - in > broken) {
			buf_printf(why,
			    "%s records: %.*s sent %" PRIu64
			    ", %.*s received %" PRIu64,
			    record_type_name((enum record_type)t),
			    (int)from->stage.n, from->stage.p, sent,
			    (int)to->stage.n, to->stage.p, in);
			return false;
		}
		broken -= sent - in;
	}
	return true;
}

static void add_up(
    const struct ledger_entry *e, enum record_type type, uint64_t *sum)
{
	uint64_t in = e->counts[LEDGER_IN][type];
	uint64_t made = e->counts[LEDGER_PRODUCED][type];
	uint64_t most = in > made ? in : made;

	if (sum && *sum < most)
		*sum = most;
}

bool ledger_check(
    struct slice array, struct buf *why, struct ledger_totals *totals)
{
	struct ledger_entry e[2];
	struct json j;
	enum json_type type;
	bool ok = true;
	unsigned n = 0;

	*totals = (struct ledger_totals){0};
	json_init(&j, array);
	if (array.n == 0 || json_next(&j) != JSON_ARRAY) {
		buf_puts(why, "the end record has no ledger");
		return false;
	}
	for (; (type = json_next(&j)) == JSON_OBJECT; n++) {
		struct ledger_entry *now = &e[n % 2];

		if (!read_entry(&j, now))
			break;
		if (ok)
			ok = stage_balances(now, why) &&
			     (n == 0 || arrived(&e[(n + 1) % 2], now, why));
		totals->staged |= slice_is(now->stage, "sp-stage");
		for (int t = 0; t < RECORD_TYPES; t++)
			totals->refused += now->counts[LEDGER_REFUSED][t];
		add_up(now, RECORD_REQUEST, &totals->requests);
		add_up(now, RECORD_CAPTURE, &totals->captures);
	}
	if (type != JSON_ARRAY_END) {
		buf_puts(why, "the ledger is not an array of stage counts");
		return false;
	}
	return ok;
}

#include "stream/known.h"

#include <string.h>

#include "json/json.h"

void known_init(struct known *k, size_t max)
{
	*k = (struct known){.array = BUF_INIT(max)};
}

void known_release(struct known *k)
{
	buf_release(&k->array);
}

void known_take(struct known *k, const struct record *run)
{
	buf_clear(&k->array);
	buf_put_slice(&k->array, record_raw(run, "known"));
}

/* What a URL names, without its query; as store/refusals.h has it in SQL. */
static struct slice subject_of(struct slice url)
{
	for (struct slice at = url; at.n > 0; at = slice_from(at, 1))
		if (slice_starts(at, SLICE("/v1/"))) {
			url = at;
			break;
		}
	return slice_cut(&url, '?');
}

enum { ENDPOINT, SUBJECT, PLACE, REASON, PARTS };
static const char *const parts[PARTS] = {
    "endpoint", "subject", "place", "reason"};

/* Whether an object of the array, which is open, has just these texts. */
static bool matches(struct json *j, const struct slice want[PARTS])
{
	bool found[PARTS] = {false}, same = true;
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		for (int i = 0; i < PARTS; i++) {
			if (!json_text_is(
				j->key, j->key_escaped, slice_of(parts[i])))
				continue;
			found[i] = type == JSON_STRING;
			same &= found[i] && want[i].p &&
				json_text_is(j->text, j->escaped, want[i]);
		}
		json_skip(j, type);
	}
	for (int i = 0; i < PARTS; i++)
		same &= found[i] == (want[i].p != NULL);
	return same;
}

bool known_has(const struct known *k, const struct record *capture,
    struct slice place, struct slice reason)
{
	struct buf scratch = BUF_INIT(capture->line.n + 1);
	struct slice want[PARTS] = {[PLACE] = place, [REASON] = reason};
	bool has = false;
	struct json j;

	json_init(&j, buf_slice(&k->array));
	if (k->array.n == 0 || json_next(&j) != JSON_ARRAY)
		return false;
	if (record_string(capture, "endpoint", &scratch, &want[ENDPOINT]) &&
	    record_string(capture, "url", &scratch, &want[SUBJECT])) {
		if (want[SUBJECT].p)
			want[SUBJECT] = subject_of(want[SUBJECT]);
		while (!has && json_next(&j) == JSON_OBJECT)
			has = matches(&j, want);
	}
	buf_release(&scratch);
	return has;
}

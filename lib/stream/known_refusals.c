#include "stream/known_refusals.h"

#include "json/json.h"

/* What a URL names, without its query; as db/dead_letters.h has it in SQL. */
static struct slice subject_of(struct slice url)
{
	struct slice path = slice_find(url, SLICE("/v1/"));

	return slice_cut(path.p ? &path : &url, '?');
}

enum { KNOWN_ENDPOINT, KNOWN_SUBJECT, KNOWN_PLACE, KNOWN_REASON, KNOWN_PARTS };
static const char *const parts[KNOWN_PARTS] = {
    "endpoint", "subject", "place", "reason"};

/* Whether an object of the array, which is open, has just these texts. */
static bool matches(struct json *j, const struct slice want[KNOWN_PARTS])
{
	bool found[KNOWN_PARTS] = {false}, same = true;
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		for (int i = 0; i < KNOWN_PARTS; i++) {
			if (!json_text_is(
				j->key, j->key_escaped, slice_of(parts[i])))
				continue;
			found[i] = type == JSON_STRING;
			same &= found[i] && want[i].p &&
				json_text_is(j->text, j->escaped, want[i]);
		}
		json_skip(j, type);
	}
	for (int i = 0; i < KNOWN_PARTS; i++)
		same &= found[i] == (want[i].p != NULL);
	return same;
}

bool known_refusals_has(struct slice known, const struct record *capture,
    struct slice place, struct slice reason)
{
	struct buf scratch = BUF_INIT(capture->line.n + 1);
	struct slice want[KNOWN_PARTS] = {
	    [KNOWN_PLACE] = place, [KNOWN_REASON] = reason};
	bool has = false;
	struct json j;

	json_init(&j, known);
	if (known.n == 0 || json_next(&j) != JSON_ARRAY)
		return false;
	if (record_string(
		capture, "endpoint", &scratch, &want[KNOWN_ENDPOINT]) &&
	    record_string(capture, "url", &scratch, &want[KNOWN_SUBJECT])) {
		if (want[KNOWN_SUBJECT].p)
			want[KNOWN_SUBJECT] = subject_of(want[KNOWN_SUBJECT]);
		while (!has && json_next(&j) == JSON_OBJECT)
			has = matches(&j, want);
	}
	buf_release(&scratch);
	return has;
}

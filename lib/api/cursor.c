#include "api/cursor.h"

#include "base/clock.h"
#include "json/json.h"

/* The time of one item, INT64_MAX if it has none; its object is open. */
static int64_t played_at(struct json *j)
{
	int64_t time, at = INT64_MAX;
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_STRING && slice_is(j->key, "played_at") &&
		    clock_parse(j->text, &time))
			at = time;
		json_skip(j, type);
	}
	return at;
}

/* Whether one of the items, or their absence, reaches back to a time. */
static bool items_reach(struct json *j, int64_t time)
{
	bool empty = true, reached = false;
	enum json_type type;

	while ((type = json_next(j)) > JSON_END && type != JSON_ARRAY_END) {
		empty = false;
		if (type == JSON_OBJECT)
			reached |= played_at(j) <= time;
		else
			json_skip(j, type);
	}
	return empty || reached;
}

bool page_reaches_time(struct slice body, int64_t time)
{
	enum json_type type;
	struct json j;

	json_init(&j, body);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END) {
		if (type == JSON_ARRAY && slice_is(j.key, "items"))
			return items_reach(&j, time);
		json_skip(&j, type);
	}
	return false;
}

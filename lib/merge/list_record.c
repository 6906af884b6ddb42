#include "base/array.h"
#include "merge/list_record.h"

#include <inttypes.h>

#include "merge/row.h"

#define ITEMS_MAX 1000000000 /* far more than the API has */

const char *const item_names[ITEM_COLUMNS] = {
    "track_id", "uri", "added_at", "added_by", "kind"};

static const char *const kinds[] = {
    "track", "episode", "local", "unavailable", "refused"};

static bool reject(struct buf *why, const char *name, const char *what)
{
	buf_printf(why, "'%s' %s", name, what);
	return false;
}

static bool reject_member(
    struct buf *why, const char *what, const struct json *j)
{
	buf_printf(why, "%sunknown member '%.*s'", what,
	    (int)(j->key.n < 64 ? j->key.n : 64), j->key.p);
	return false;
}

/* Decode a string; null counts as absent, and so does an empty id. */
static bool read_text(const struct json *j, enum json_type type,
    const char *name, struct arena *arena, struct slice *to, struct buf *why)
{
	*to = (struct slice){NULL, 0};
	if (type == JSON_NULL)
		return true;
	if (type != JSON_STRING)
		return reject(why, name, "is not a string");
	if (j->text.n == 0)
		return true;
	row_text(j->text, j->escaped, arena, to);
	return true;
}

static bool read_number(const struct json *j, enum json_type type,
    const char *name, int64_t *to, struct buf *why)
{
	if (type == JSON_NUMBER && json_whole(j->text, to) && *to >= 0 &&
	    *to <= ITEMS_MAX)
		return true;
	return reject(why, name, "is not a whole number from 0 to 1000000000");
}

bool items_init(struct json *j, struct slice array)
{
	json_init(j, array);
	return json_next(j) == JSON_ARRAY;
}

static int item_column(const struct json *j)
{
	for (int i = 0; i < ITEM_COLUMNS; i++)
		if (json_text_is(
			j->key, j->key_escaped, slice_of(item_names[i])))
			return i;
	return -1;
}

static bool is_kind(struct slice text)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (slice_is(text, kinds[i]))
			return true;
	return false;
}

static bool read_item_member(struct json *j, enum json_type type,
    struct list_item *item, struct arena *arena, struct buf *why)
{
	int c = item_column(j);
	struct slice text;

	if (c < 0)
		return reject_member(why, "an item has an ", j);
	if (!read_text(j, type, item_names[c], arena, &text, why))
		return false;
	if (c == ITEM_ADDED_AT && text.p && !row_time(text, arena, &text))
		return reject(why, item_names[c],
		    "is not a time like 2026-11-22T06:40:00.123Z");
	item->values[c] = value_text(text);
	return true;
}

static int no_item(struct buf *why, const char *name, const char *what)
{
	reject(why, name, what);
	return -1;
}

int items_next(struct json *j, struct list_item *item, struct arena *arena,
    struct buf *why)
{
	enum json_type type = json_next(j);

	if (type == JSON_ARRAY_END)
		return 0;
	*item = (struct list_item){{VALUE_NONE}};
	if (type != JSON_OBJECT)
		return no_item(why, "items", "is not an array of objects");
	while ((type = json_next(j)) > JSON_END && type != JSON_OBJECT_END)
		if (!read_item_member(j, type, item, arena, why))
			return -1;
	if (type != JSON_OBJECT_END)
		return no_item(why, "items", "is incomplete");
	if (!is_kind(value_slice(&item->values[ITEM_KIND])))
		return no_item(why, "kind",
		    "is not track, episode, local, unavailable or refused");
	return 1;
}

static int item_cmp(const struct list_item *a, const struct list_item *b)
{
	int c = 0;

	for (int i = 0; i < ITEM_COLUMNS && c == 0; i++)
		c = value_cmp(&a->values[i], &b->values[i]);
	return c;
}

bool items_cmp(struct slice a, struct slice b, int *cmp)
{
	struct buf why = BUF_INIT(1000);
	struct arena arena = {0};
	struct list_item x, y;
	struct json i, j;
	bool good = items_init(&i, a) && items_init(&j, b);
	int p = 1, q = 1;

	*cmp = 0;
	while (good && *cmp == 0 && p > 0 && q > 0) {
		p = items_next(&i, &x, &arena, &why);
		q = items_next(&j, &y, &arena, &why);
		good = p >= 0 && q >= 0;
		*cmp = p > 0 && q > 0 ? item_cmp(&x, &y) : p - q;
	}
	arena_release(&arena);
	buf_release(&why);
	return good;
}

/* Count the items, and check that each is one. */
static bool check_items(
    struct list_record *p, struct arena *arena, struct buf *why)
{
	struct buf said = BUF_INIT(1000);
	struct list_item item;
	struct json j;
	int more;

	items_init(&j, p->items);
	while ((more = items_next(&j, &item, arena, &said)) > 0)
		p->count++;
	if (more < 0)
		buf_printf(why, "item %" PRId64 ": %s", p->count + 1,
		    buf_message(&said));
	buf_release(&said);
	return more == 0;
}

static bool is(const struct json *j, const char *name)
{
	return json_text_is(j->key, j->key_escaped, slice_of(name));
}

/* Null counts as absent. */
static bool read_bool(
    enum json_type type, const char *name, bool *to, struct buf *why)
{
	*to = type == JSON_TRUE;
	return type == JSON_TRUE || type == JSON_FALSE || type == JSON_NULL ||
	       reject(why, name, "is neither true nor false");
}

static bool read_page_member(
    struct list_record *p, struct json *j, enum json_type type, struct buf *why)
{
	if (is(j, "offset"))
		return read_number(j, type, "offset", &p->offset, why);
	if (is(j, "total"))
		return read_number(j, type, "total", &p->total, why);
	if (is(j, "check_due"))
		return read_bool(type, "check_due", &p->check_due, why);
	if (is(j, "last")) {
		p->more = type == JSON_FALSE;
		return read_bool(type, "last", &p->last, why);
	}
	if (!is(j, "items"))
		return reject_member(why, "", j);
	if (type != JSON_ARRAY)
		return reject(why, "items", "is not an array");
	if (!json_skip(j, type))
		return reject(why, "items", "is incomplete");
	p->items = j->text;
	return true;
}

static bool read_member(struct list_record *p, struct json *j,
    enum json_type type, struct arena *arena, struct buf *why)
{
	if (is(j, "playlist_id"))
		return read_text(
		    j, type, "playlist_id", arena, &p->playlist, why);
	if (is(j, "list"))
		return read_text(j, type, "list", arena, &p->list, why);
	if (is(j, "follows"))
		return read_text(j, type, "follows", arena, &p->follows, why);
	if (is(j, "snapshot_id"))
		return read_text(
		    j, type, "snapshot_id", arena, &p->snapshot, why);
	if (p->kind == LIST_OP_PAGE)
		return read_page_member(p, j, type, why);
	return reject_member(why, "", j);
}

/* Whether the record has every member that it needs. */
static bool whole(const struct list_record *p, struct buf *why)
{
	if (p->playlist.n == 0)
		return reject(why, "playlist_id", "is missing");
	if (p->kind == LIST_OP_CHECK)
		return true;
	if (p->offset < 0)
		return reject(why, "offset", "is missing");
	if (p->total < 0)
		return reject(why, "total", "is missing");
	return p->items.p || reject(why, "items", "is missing");
}

static bool read_list_record(struct list_record *p, struct slice object,
    struct arena *arena, struct buf *why)
{
	enum json_type type;
	struct json j;

	p->offset = p->total = -1;
	json_init(&j, object);
	if (json_next(&j) != JSON_OBJECT)
		return reject(why, "row", "is not an object");
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END)
		if (!read_member(p, &j, type, arena, why))
			return false;
	if (type != JSON_OBJECT_END)
		return reject(why, "row", "is incomplete");
	if (!whole(p, why))
		return false;
	/* Without a name, it is of the list of its time. */
	if (p->list.n == 0)
		p->list = p->at;
	if (p->kind == LIST_OP_CHECK)
		return true;
	if (!check_items(p, arena, why))
		return false;
	/* No page follows an empty one, or one past the total. */
	p->last |= p->count == 0 || p->offset >= p->total ||
		   (!p->more && p->offset + p->count >= p->total);
	return true;
}

bool list_record_read(struct list_record *p, struct slice object,
    struct arena *arena, struct buf *why)
{
	size_t from = why->n;

	buf_puts(why,
	    p->kind == LIST_OP_PAGE ? "page of a list: " : "check of a list: ");
	if (!read_list_record(p, object, arena, why))
		return false;
	why->n = from;
	return true;
}

#include "merge/tracklist_history.h"

#include "db/db.h"

#define URI_MAX ((size_t)1 << 30) /* of a value in SQLite */

static const char *const names[HISTORY_COLUMNS] = {
    [HISTORY_PLAYLIST] = "playlist_id",
    [HISTORY_URI] = "uri",
    [HISTORY_ADDED_AT] = "added_at",
    [HISTORY_ADDED_BY] = "added_by",
    [HISTORY_FIRST_SEEN] = "first_seen",
    [HISTORY_LAST_SEEN] = "last_seen",
};

int tracklist_history_init(
    struct tracklist_history *h, struct applier *applier, struct tables *tables)
{
	*h = (struct tracklist_history){.applier = applier,
	    .uri = BUF_INIT(URI_MAX),
	    .why = BUF_INIT(1000)};
	h->table = tables_find(tables, SLICE("playlist_item_history"));
	if (!h->table)
		return db_error(applier->db);
	for (int i = 0; i < HISTORY_COLUMNS; i++)
		h->columns[i] =
		    (unsigned)table_column(h->table, slice_of(names[i]));
	return SQLITE_OK;
}

void tracklist_history_release(struct tracklist_history *h)
{
	arena_release(&h->arena);
	buf_release(&h->uri);
	buf_release(&h->why);
}

/* The uri of an item, else that of its track; p == NULL if it has neither. */
static struct slice uri_of(
    struct tracklist_history *h, const struct list_item *item)
{
	struct slice uri = value_slice(&item->values[ITEM_URI]);
	struct slice track = value_slice(&item->values[ITEM_TRACK_ID]);

	if (uri.n > 0 || track.n == 0)
		return uri.n > 0 ? uri : (struct slice){NULL, 0};
	buf_clear(&h->uri);
	buf_puts(&h->uri, "spotify:track:");
	buf_put_slice(&h->uri, track);
	return buf_slice(&h->uri);
}

static int observe_item(struct tracklist_history *h,
    const struct list_record *p, const struct list_item *item)
{
	struct slice uri = uri_of(h, item);
	struct value values[HISTORY_COLUMNS];
	struct observation obs = {values, 0, false};

	if (!uri.p)
		return SQLITE_OK;
	values[HISTORY_PLAYLIST] = value_text(p->playlist);
	values[HISTORY_URI] = value_text(uri);
	values[HISTORY_ADDED_AT] = item->values[ITEM_ADDED_AT];
	if (values[HISTORY_ADDED_AT].type == VALUE_NULL)
		values[HISTORY_ADDED_AT] =
		    value_text(SLICE(TRACKLIST_ADDED_UNKNOWN));
	values[HISTORY_FIRST_SEEN] = value_text(p->at);
	values[HISTORY_LAST_SEEN] = value_text(p->at);
	values[HISTORY_ADDED_BY] = item->values[ITEM_ADDED_BY];
	for (int i = 0; i < HISTORY_COLUMNS; i++) {
		/* Who added it is not observed where the API does not say. */
		if (values[i].type == VALUE_NULL)
			continue;
		values[obs.count] = values[i];
		values[obs.count++].column = h->columns[i];
	}
	return apply_observation(h->applier, h->table, &obs, p->at, p->src);
}

int tracklist_history_observe(
    struct tracklist_history *h, const struct list_record *p)
{
	struct list_item item;
	int rc = SQLITE_OK, more;
	struct json j;

	if (p->kind != LIST_OP_PAGE)
		return SQLITE_OK;
	arena_clear(&h->arena);
	if (!items_init(&j, p->items))
		return SQLITE_CORRUPT;
	while (rc == SQLITE_OK &&
	       (more = items_next(&j, &item, &h->arena, &h->why)) != 0) {
		if (more < 0)
			return SQLITE_CORRUPT;
		rc = observe_item(h, p, &item);
	}
	return rc;
}

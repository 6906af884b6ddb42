/* Playlists and their items as the Web API writes them. */
#include "rehearse/render.h"
#include "rehearse/render_parts.h"

#include <stdio.h>

#define EMBEDDED 100 /* items of the first page inside of a playlist */

static void render_episode(
    const struct render_context *s, const struct episode *e, struct buf *b)
{
	buf_printf(b,
	    "{\"audio_preview_url\":null,\"description\":\"\","
	    "\"duration_ms\":%d,\"explicit\":false,",
	    e->duration);
	put_links(b, "episode", e->id);
	put_images(b, "ab6765630000", e->id);
	buf_puts(b, ",\"is_externally_hosted\":false,\"is_playable\":true,"
		    "\"language\":\"en\",\"languages\":[\"en\"]");
	put_member(b, "name", e->name);
	buf_puts(b, ",\"release_date\":\"2024-05-17\","
		    "\"release_date_precision\":\"day\",\"show\":{");
	put_links(b, "show", e->show_id);
	put_member(b, "name", e->show);
	if (render_has_all_fields(s))
		put_member(b, "publisher", "Nobody's Radio");
	buf_puts(b, "}}");
}

/*
 * The track or episode of an item. With `inside`, members of it say which of
 * the two it is.
 */
static void put_content(const struct render_context *s,
    const struct playlist_item *it, bool inside, struct buf *b)
{
	if (it->track != NULL)
		render_track(s, it->track, b);
	else if (it->episode != NULL)
		render_episode(s, it->episode, b);
	else
		buf_puts(b, "null");
	if (inside && (it->track != NULL || it->episode != NULL)) {
		put_reopen(b);
		buf_printf(b, ",\"track\":%s,\"episode\":%s}",
		    it->track != NULL ? "true" : "false",
		    it->track != NULL ? "false" : "true");
	}
}

/* An element of a playlist, under the names that the access mode gives it. */
static void put_item(const struct render_context *s,
    const struct playlist_item *it, struct buf *b)
{
	bool gone = it->track == NULL && it->episode == NULL;

	buf_puts(b, "{\"added_at\":");
	put_second(b, it->added_at);
	buf_puts(b, ",\"added_by\":");
	if (it->added_by != NULL || gone) {
		buf_puts(b, "{");
		put_user_links(b, gone ? "" : it->added_by->id);
		buf_puts(b, "}");
	} else {
		buf_puts(b, "null");
	}
	buf_printf(b,
	    ",\"is_local\":%s,\"primary_color\":null,"
	    "\"video_thumbnail\":{\"url\":null}",
	    it->track != NULL && it->track->local ? "true" : "false");
	if (s->access_mode != ACCESS_DEVELOPMENT) {
		buf_puts(b, ",\"track\":");
		put_content(s, it, false, b);
	}
	if (s->access_mode != ACCESS_EXTENDED) {
		buf_puts(b, ",\"item\":");
		put_content(s, it, true, b);
	}
	buf_puts(b, "}");
}

void render_items(const struct render_context *s,
    const struct playlist_version *e, const struct page_range *w, struct buf *b)
{
	int end = w->offset + w->limit;
	struct playlist_item it;

	end = end < e->total ? end : e->total;
	buf_printf(b, "{\"href\":\"%s%s?offset=%d&limit=%d\",\"items\":[",
	    s->base, w->path, w->offset, w->limit);
	for (int k = w->offset; k < end; k++) {
		buf_puts(b, k > w->offset ? "," : "");
		playlist_version_item(e, k, &it);
		put_item(s, &it, b);
	}
	buf_puts(b, "]");
	render_page_links(s, w, e->total, b);
}

/* The container of items that has this name, or the mention of it. */
static void put_contents(const struct render_context *s,
    const struct playlist_version *e, bool whole, const char *name, int most,
    struct buf *b)
{
	char path[96];
	struct page_range w = {path, 0, EMBEDDED, most};

	snprintf(path, sizeof(path), "/v1/playlists/%s/%s", e->list->id, name);
	buf_printf(b, ",\"%s\":", name);
	if (whole)
		render_items(s, e, &w, b);
	else if ((e->list->flags & PLAYLIST_UNCOUNTED) != 0)
		buf_printf(
		    b, "{\"href\":\"%s%s\",\"total\":null}", s->base, path);
	else
		buf_printf(b, "{\"href\":\"%s%s\",\"total\":%d}", s->base, path,
		    e->total);
}

static void put_cover(const struct playlist_version *e, struct buf *b)
{
	char name[32];

	snprintf(name, sizeof(name), "ab67706c%04x", (unsigned)e->cover);
	if ((e->list->flags & PLAYLIST_COVERLESS) != 0)
		buf_puts(b, ",\"images\":null");
	else
		put_images(b, name, e->list->id);
}

void render_playlist(const struct render_context *s,
    const struct playlist_version *e, bool whole, struct buf *b)
{
	const struct playlist *p = e->list;
	const struct person *owner = &s->catalogue->people[p->owner];
	const char *open = (p->flags & PLAYLIST_PUBLIC_NULL) != 0 ? "null"
			   : (p->flags & PLAYLIST_PUBLIC) != 0	  ? "true"
								  : "false";

	buf_puts(b, "{");
	put_links(b, "playlist", p->id);
	buf_printf(b, ",\"collaborative\":%s",
	    (p->flags & PLAYLIST_COLLABORATIVE) != 0 ? "true" : "false");
	put_member(b, "description", p->description);
	put_cover(e, b);
	put_member(b, "name", p->name);
	buf_puts(b, ",\"owner\":{");
	put_user_links(b, owner->id);
	put_member(
	    b, "display_name", owner->name[0] != '\0' ? owner->name : NULL);
	buf_printf(b, "},\"primary_color\":null,\"public\":%s", open);
	put_member(b, "snapshot_id", e->snapshot);
	if (whole)
		buf_puts(b, ",\"followers\":{\"href\":null,\"total\":1}");
	if (s->access_mode != ACCESS_DEVELOPMENT)
		put_contents(s, e, whole, "tracks", TRACKS_LIMIT, b);
	/* New apps see into their user's own playlists only. */
	if (s->access_mode != ACCESS_EXTENDED && (p->mine || !whole))
		put_contents(s, e, whole, "items", ITEMS_LIMIT, b);
	buf_puts(b, "}");
}

#include "base/clock.h"
#include "json/json.h"
#include "rehearse/export_json.h"
#include "rehearse/render_parts.h"

#include <stdio.h>
#include <string.h>

int64_t export_shown_ts(const struct day_stream *row)
{
	return row->ts - row->ts % CLOCK_SECOND;
}

/* 2026-11-22T12:00:00Z, or the first n characters of it. */
static void put_shown(struct buf *b, const char *key, int64_t ms, int n)
{
	char text[CLOCK_TEXT];

	if (!clock_format(ms, text))
		text[0] = '\0';
	json_put_key(b, key);
	buf_printf(b, "\"%.*s%s\"", n, text, n == 19 ? "Z" : "");
}

static void put_bool(struct buf *b, const char *key, bool value)
{
	json_put_key(b, key);
	buf_puts(b, value ? "true" : "false");
}

static const char *platform(const struct export_day *d, int device)
{
	static const char *const now[] = {"android", "windows", "cast_device"};
	static const char *const before[] = {
	    "Android OS 9 API 28 (Example, Pocket 3)",
	    "Windows 10 (10.0.18363; x64)",
	    "Partner example_audio Speaker;Model 1"};

	return (d->begins < 19663 * CLOCK_DAY ? before : now)[device];
}

/* What is heard: its names and its uri, NULL for what it does not have. */
struct export_names {
	const char *track, *artist, *album, *uri;
	const char *episode, *show, *episode_uri;
	const char *book, *chapter;
	char book_text[NAME_SIZE], chapter_text[NAME_SIZE], uri_text[64];
	char book_uri[64];
};

static void name_chapter(
    const struct catalogue *cat, int index, struct export_names *n)
{
	struct prng book = {
	    prng_derive(cat->seed, "audiobook", (uint64_t)index / 12)};
	char id[ID_SIZE];

	prng_id(prng_next(&book), id, SPOTIFY_ID_LEN);
	snprintf(n->book_uri, sizeof(n->book_uri), "spotify:show:%s", id);
	name_song(&book, n->book_text);
	prng_id(prng_next(&book) + (uint64_t)index, id, SPOTIFY_ID_LEN);
	snprintf(n->uri_text, sizeof(n->uri_text), "spotify:episode:%s", id);
	snprintf(n->chapter_text, sizeof(n->chapter_text), "Chapter %d",
	    index % 12 + 1);
	n->book = n->book_text;
	n->chapter = n->chapter_text;
}

static void name_track(
    const struct catalogue *cat, const struct track *t, struct export_names *n)
{
	const struct album *album = &cat->albums[t->album];

	n->track = t->name;
	n->artist = cat->artists[album->artist].name;
	n->album = album->name;
	n->uri = t->uri;
}

static void name_removed(
    const struct catalogue *cat, int index, struct export_names *n)
{
	char id[ID_SIZE];

	prng_id(prng_derive(cat->seed, "removed", (uint64_t)index), id,
	    SPOTIFY_ID_LEN);
	snprintf(n->uri_text, sizeof(n->uri_text), "spotify:track:%s", id);
	n->uri = n->uri_text;
}

static void name_episode(const struct episode *e, struct export_names *n)
{
	n->episode = e->name;
	n->show = e->show;
	n->episode_uri = e->uri;
}

static void name_row(const struct catalogue *cat, const struct day_stream *row,
    struct export_names *n)
{
	memset(n, 0, sizeof(*n));
	switch (row->kind) {
	case EXPORT_TRACK: name_track(cat, &cat->tracks[row->index], n); break;
	case EXPORT_REMOVED: name_removed(cat, row->index, n); break;
	case EXPORT_EPISODE: name_episode(&cat->episodes[row->index], n); break;
	case EXPORT_CHAPTER: name_chapter(cat, row->index, n); break;
	case EXPORT_LOCAL: break;
	}
}

static void put_audiobook(const struct export_names *n, struct buf *b)
{
	put_member(b, "audiobook_title", n->book);
	put_member(b, "audiobook_uri", n->book ? n->book_uri : NULL);
	put_member(b, "audiobook_chapter_uri", n->book ? n->uri_text : NULL);
	put_member(b, "audiobook_chapter_title", n->chapter);
}

static void put_names(
    const struct export_names *n, bool audiobooks, struct buf *b)
{
	put_member(b, "master_metadata_track_name", n->track);
	put_member(b, "master_metadata_album_artist_name", n->artist);
	put_member(b, "master_metadata_album_album_name", n->album);
	put_member(b, "spotify_track_uri", n->uri);
	put_member(b, "episode_name", n->episode);
	put_member(b, "episode_show_name", n->show);
	put_member(b, "spotify_episode_uri", n->episode_uri);
	if (audiobooks)
		put_audiobook(n, b);
}

/* The start, on the device's clock, in the unit of its year; 0: not known. */
static int64_t offline_timestamp(const struct day_stream *row, bool *millis)
{
	*millis = row->ts >= 16436 * CLOCK_DAY && row->ts < 18993 * CLOCK_DAY;
	if (row->start == INT64_MIN)
		return 0;
	return *millis ? row->start : row->start / CLOCK_SECOND;
}

static void put_offline_timestamp(
    const struct day_stream *row, bool endsong, struct buf *b)
{
	bool millis;
	int64_t at = offline_timestamp(row, &millis);

	if (at == 0 && !endsong)
		put_member(b, "offline_timestamp", NULL);
	else
		json_put_member_int(b, "offline_timestamp", at);
}

/* Whether it was skipped: nobody noticed from 2015 to 2022. */
static void put_skipped(
    const struct day_stream *row, bool endsong, struct buf *b)
{
	bool noticed = row->ts >= 19358 * CLOCK_DAY;

	if (!noticed && endsong)
		put_member(b, "skipped", NULL);
	else
		put_bool(b, "skipped",
		    noticed && strcmp(row->reason_end, "fwdbtn") == 0);
}

void export_put_row(const struct export_day *d, const struct day_stream *row,
    bool endsong, struct buf *b)
{
	int64_t day_of_year = d->begins / CLOCK_DAY % 365;
	struct export_names names;

	name_row(d->catalogue, row, &names);
	buf_putc(b, '{');
	put_shown(b, "ts", row->ts, 19);
	if (endsong)
		put_member(b, "username", d->catalogue->user);
	put_member(b, "platform", platform(d, row->device));
	json_put_member_int(b, "ms_played", row->heard);
	put_member(b, "conn_country",
	    day_of_year > 195 && day_of_year < 210 ? "PT" : "IE");
	put_member(b, endsong ? "ip_addr_decrypted" : "ip_addr",
	    row->device == 0 ? "203.0.113.77" : "192.0.2.14");
	if (endsong)
		put_member(b, "user_agent_decrypted", "unknown");
	put_names(&names, !endsong, b);
	put_member(b, "reason_start", row->reason_start);
	put_member(b, "reason_end", row->reason_end);
	put_bool(b, "shuffle", row->shuffle);
	put_skipped(row, endsong, b);
	put_bool(b, "offline", row->offline);
	put_offline_timestamp(row, endsong, b);
	put_bool(b, "incognito_mode", row->incognito);
	buf_putc(b, '}');
}

/* One member of a basic row, on a line of its own. */
static void put_line(struct buf *b, const char *key, const char *text)
{
	buf_printf(b, ",\n    \"%s\" : ", key);
	put_text(b, text);
}

void export_put_basic(
    const struct export_day *d, const struct day_stream *row, struct buf *b)
{
	struct export_names n;
	char text[CLOCK_TEXT];

	name_row(d->catalogue, row, &n);
	if ((n.track == NULL && n.episode == NULL && n.book == NULL) ||
	    !clock_format(row->ts, text))
		return;
	buf_printf(b, "{\n    \"endTime\" : \"%.10s %.5s\"", text, text + 11);
	if (n.track != NULL) {
		put_line(b, "artistName", n.artist);
		put_line(b, "trackName", n.track);
	} else if (n.episode != NULL) {
		put_line(b, "podcastName", n.show);
		put_line(b, "episodeName", n.episode);
	} else {
		put_line(b, "audiobookName", n.book);
		put_line(b, "chapterName", n.chapter);
		put_line(b, "authorName", "Ida Borrowed");
	}
	buf_printf(b, ",\n    \"msPlayed\" : %lld\n  }", (long long)row->heard);
}

void export_put_pair(
    const struct export_day *d, const struct day_stream *row, struct buf *b)
{
	const struct track *t;
	bool millis;
	int64_t at = offline_timestamp(row, &millis);

	if (row->played_at == INT64_MIN || row->kind != EXPORT_TRACK)
		return;
	t = &d->catalogue->tracks[row->index];
	buf_puts(b, "{\"played_at\":");
	put_time(b, row->played_at);
	put_member(b, "track_id", t->id);
	json_put_key(b, "ts");
	put_time(b, export_shown_ts(row));
	put_member(b, "item", t->uri);
	json_put_member_int(
	    b, "offline_timestamp", millis ? at : at * CLOCK_SECOND);
	json_put_member_int(b, "ms_played", row->heard);
	put_member(b, "rule", row->piece ? "piece" : "track");
	buf_puts(b, "}\n");
}

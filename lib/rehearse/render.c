#include "base/array.h"
#include "json/json.h"
#include "rehearse/render.h"
#include "rehearse/render_parts.h"

#include <stdio.h>
#include <string.h>

#define SAVED_TRACKS 73
#define LAST_SAVED ((int64_t)1790000000000) /* in September 2026 */

static const char markets[] =
    "AE AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW "
    "BY BZ CA CD CG CH CI CL CM CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG "
    "ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID "
    "IE IL IN IQ IS IT JM JO JP KE KG KH KI KM KN KR KW KZ LA LB LC LI LK LR "
    "LS LT LU LV LY MA MC MD ME MG MH MK ML MN MO MR MT MU MV MW MX MY MZ NA "
    "NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT PW PY QA RO RS RW "
    "SA SB SC SE SG SI SK SL SM SN SR ST SV SZ TD TG TH TJ TL TN TO TR TT TV "
    "TW TZ UA UG US UY UZ VC VE VN VU WS XK ZA ZM ZW";

bool render_has_all_fields(const struct render_context *s)
{
	return s->access_mode != ACCESS_DEVELOPMENT;
}

static void add_markets(const struct render_context *s, struct buf *b)
{
	if (!render_has_all_fields(s))
		return;
	buf_puts(b, ",\"available_markets\":[");
	for (const char *m = markets;; m += 3) {
		json_put_string(b, (struct slice){m, 2});
		if (m[2] == '\0')
			break;
		buf_put(b, ",", 1);
	}
	buf_put(b, "]", 1);
}

static void simple_artist(const struct artist *a, struct buf *b)
{
	buf_puts(b, "{");
	put_links(b, "artist", a->id);
	put_member(b, "name", a->name);
	buf_puts(b, "}");
}

static void simple_album(
    const struct render_context *s, const struct album *a, struct buf *b)
{
	bool local = a->id[0] == '\0';

	buf_puts(b, "{");
	put_links(b, "album", a->id);
	put_member(b, "album_type", local ? NULL : a->type);
	buf_puts(b, ",\"artists\":[");
	if (!local)
		simple_artist(&s->catalogue->artists[a->artist], b);
	buf_puts(b, "]");
	if (local)
		buf_puts(b, render_has_all_fields(s)
				? ",\"available_markets\":[]"
				: "");
	else
		add_markets(s, b);
	put_images(b, "ab67616d", a->id);
	put_member(b, "name", a->name);
	put_member(b, "release_date", local ? NULL : a->released);
	put_member(b, "release_date_precision", local ? NULL : a->precision);
	if (!local)
		buf_printf(b, ",\"total_tracks\":%d", a->tracks);
	buf_puts(b, "}");
}

/* What a track has inside and outside of its album, without braces. */
static void track_members(
    const struct render_context *s, const struct track *t, struct buf *b)
{
	buf_puts(b, "\"artists\":[");
	for (int i = 0; i < t->artist_count; i++) {
		buf_puts(b, i > 0 ? "," : "");
		simple_artist(&s->catalogue->artists[t->artists[i]], b);
	}
	buf_puts(b, "]");
	if (t->local)
		buf_puts(b, render_has_all_fields(s)
				? ",\"available_markets\":[]"
				: "");
	else
		add_markets(s, b);
	buf_printf(b,
	    ",\"disc_number\":%d,\"duration_ms\":%d,\"explicit\":%s,"
	    "\"external_urls\":",
	    t->local ? 0 : 1, t->duration, t->is_explicit ? "true" : "false");
	if (t->local)
		buf_puts(b, "{},\"href\":null,\"id\":null");
	else
		buf_printf(b,
		    "{\"spotify\":\"" WEB "/track/%s\"},\"href\":\"" API
		    "/tracks/%s\",\"id\":\"%s\"",
		    t->id, t->id, t->id);
	buf_printf(b, ",\"is_local\":%s", t->local ? "true" : "false");
	put_member(b, "name", t->name);
	buf_printf(b,
	    ",\"preview_url\":null,\"track_number\":%d,"
	    "\"type\":\"track\"",
	    t->number);
	put_member(b, "uri", t->uri);
}

void render_track(
    const struct render_context *s, const struct track *t, struct buf *b)
{
	buf_puts(b, "{\"album\":");
	simple_album(s, &s->catalogue->albums[t->album], b);
	buf_puts(b, ",");
	track_members(s, t, b);
	if (t->local)
		buf_puts(b, ",\"external_ids\":{}");
	else
		buf_printf(b, ",\"external_ids\":{\"isrc\":\"XXA%02d%07d\"}",
		    t->number % 100, t->duration);
	if (render_has_all_fields(s))
		buf_printf(b, ",\"popularity\":%d", t->popularity);
	buf_puts(b, "}");
}

void render_artist(
    const struct render_context *s, const struct artist *a, struct buf *b)
{
	buf_puts(b, "{");
	put_links(b, "artist", a->id);
	if (render_has_all_fields(s))
		buf_printf(b,
		    ",\"followers\":{\"href\":null,\"total\":%lld},"
		    "\"genres\":[\"imaginary pop\"],\"popularity\":%d",
		    (long long)a->followers, a->popularity);
	put_images(b, "ab676161", a->id);
	put_member(b, "name", a->name);
	buf_puts(b, "}");
}

void render_album(
    const struct render_context *s, const struct album *a, struct buf *b)
{
	simple_album(s, a, b);
	put_reopen(b); /* go on inside of the object */
	buf_printf(b,
	    ",\"copyrights\":[{\"text\":\"%.4s Nobody Records\","
	    "\"type\":\"C\"}],\"genres\":[]",
	    a->released);
	if (render_has_all_fields(s))
		buf_printf(b,
		    ",\"external_ids\":{\"upc\":\"%012d\"},\"label\":"
		    "\"Nobody Records\",\"popularity\":%d",
		    a->first_track * 7919, a->popularity);
	buf_printf(b,
	    ",\"tracks\":{\"href\":\"%s/v1/albums/%s/tracks?offset=0"
	    "&limit=50\",\"items\":[",
	    s->base, a->id);
	for (int i = 0; i < a->tracks; i++) {
		buf_puts(b, i > 0 ? ",{" : "{");
		track_members(s, &s->catalogue->tracks[a->first_track + i], b);
		buf_puts(b, "}");
	}
	buf_printf(b,
	    "],\"limit\":50,\"next\":null,\"offset\":0,"
	    "\"previous\":null,\"total\":%d}}",
	    a->tracks);
}

void render_play(
    const struct render_context *s, const struct play *p, struct buf *b)
{
	char uri[192];
	const char *type =
	    history_context(s->catalogue, p->context, uri, sizeof(uri));
	const char *id;

	buf_puts(b, "{\"track\":");
	render_track(s, &s->catalogue->tracks[p->track], b);
	buf_puts(b, ",\"played_at\":");
	put_time(b, p->played_at);
	if (type == NULL) {
		buf_puts(b, ",\"context\":null}");
		return;
	}
	id = strrchr(uri, ':');
	buf_printf(b, ",\"context\":{\"type\":\"%s\",\"href\":", type);
	if (strcmp(type, "collection") == 0)
		buf_puts(b, "\"" API "/me/tracks\",\"external_urls\":"
			    "{\"spotify\":\"" WEB "/collection/tracks\"}");
	else
		buf_printf(b,
		    "\"" API "/%ss/%s\",\"external_urls\":"
		    "{\"spotify\":\"" WEB "/%s/%s\"}",
		    type, id + 1, type, id + 1);
	put_member(b, "uri", uri);
	buf_puts(b, "}}");
}

void render_user(const struct person *p, struct buf *b)
{
	struct prng c = {prng_derive(0, p->id, 6)};
	bool pictured = prng_below(&c, 2) == 0;

	buf_puts(b, "{");
	put_member(b, "display_name", p->name[0] != '\0' ? p->name : NULL);
	buf_puts(b, ",");
	put_user_links(b, p->id);
	buf_printf(b, ",\"followers\":{\"href\":null,\"total\":%d}",
	    (int)prng_below(&c, 300));
	put_images(b, "ab6775700000", pictured ? p->id : "");
	buf_puts(b, "}");
}

void render_me(const struct render_context *s, struct buf *b)
{
	const struct catalogue *cat = s->catalogue;
	char account[ID_SIZE], email[NAME_SIZE + 16];

	prng_id(prng_derive(cat->seed, cat->user, 3), account, 22);
	snprintf(email, sizeof(email), "%s@example.com", cat->user);
	buf_puts(b, "{");
	put_member(b, "account_id", account);
	put_member(b, "display_name", cat->user_name);
	buf_puts(b, ",");
	put_user_links(b, cat->user);
	put_images(b, "ab6775700000", cat->user);
	if (render_has_all_fields(s)) {
		buf_puts(b, ",\"country\":\"SE\"");
		put_member(b, "email", email);
		buf_puts(b,
		    ",\"explicit_content\":{\"filter_enabled\":false,"
		    "\"filter_locked\":false},\"followers\":"
		    "{\"href\":null,\"total\":7},\"product\":\"premium\"");
	}
	buf_puts(b, "}");
}

static void put_page_link(const struct render_context *s, const char *path,
    int offset, int limit, struct buf *b)
{
	buf_printf(
	    b, "\"%s%s?offset=%d&limit=%d\"", s->base, path, offset, limit);
}

void render_page_links(const struct render_context *s,
    const struct page_range *w, int total, struct buf *b)
{
	buf_printf(b, ",\"limit\":%d,\"next\":", w->limit);
	if (w->offset + w->limit < total)
		put_page_link(s, w->path, w->offset + w->limit,
		    w->limit < w->most ? w->limit : w->most, b);
	else
		buf_puts(b, "null");
	buf_printf(b, ",\"offset\":%d,\"previous\":", w->offset);
	if (w->offset > 0)
		put_page_link(s, w->path,
		    w->offset > w->limit ? w->offset - w->limit : 0, w->limit,
		    b);
	else
		buf_puts(b, "null");
	buf_printf(b, ",\"total\":%d}", total);
}

void render_saved_tracks(
    const struct render_context *s, const struct page_range *w, struct buf *b)
{
	const struct catalogue *cat = s->catalogue;
	int end = w->offset + w->limit;

	end = end < SAVED_TRACKS ? end : SAVED_TRACKS;
	buf_puts(b, "{\"href\":");
	put_page_link(s, w->path, w->offset, w->limit, b);
	buf_puts(b, ",\"items\":[");
	for (int k = w->offset; k < end; k++) {
		buf_puts(b, k > w->offset ? "," : "");
		buf_puts(b, "{\"added_at\":");
		put_second(b, LAST_SAVED - k * (int64_t)86460123);
		buf_puts(b, ",\"track\":");
		render_track(s, &cat->tracks[cat->favourites[k]], b);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
	render_page_links(s, w, SAVED_TRACKS, b);
}

bool render_features(const struct track *t, struct buf *b)
{
	static const char *const names[] = {"danceability", "energy",
	    "speechiness", "acousticness", "instrumentalness", "liveness",
	    "valence"};
	static const uint64_t limits[] = {12, 17, 1000, 2, 130, 1000};
	struct prng c = {prng_derive(0, t->id, 5)};
	int draws[6];

	if (t->local || prng_below(&c, 40) == 0)
		return false;
	buf_puts(b, "{");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		buf_printf(
		    b, "\"%s\":0.%03d,", names[i], (int)prng_below(&c, 1000));
	for (size_t i = 0; i < 6; i++)
		draws[i] = (int)prng_below(&c, limits[i]);
	buf_printf(b,
	    "\"key\":%d,\"loudness\":-%d.%03d,\"mode\":%d,\"tempo\":%d.%03d,"
	    "\"type\":\"audio_features\",\"id\":\"%s\",\"uri\":\"%s\","
	    "\"track_href\":\"" API "/tracks/%s\",\"analysis_url\":\"" API
	    "/audio-analysis/%s\",\"duration_ms\":%d,\"time_signature\":4}",
	    draws[0], 3 + draws[1], draws[2], draws[3], 60 + draws[4], draws[5],
	    t->id, t->uri, t->id, t->id, t->duration);
	return true;
}

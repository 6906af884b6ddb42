#include "import/export_row.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "spotify/endpoint.h"

#define LONGEST_TEXT ((size_t)2 << 20)

const char *export_endpoint(enum export_form form)
{
	static const char *const names[] = {[EXPORT_NONE] = NULL,
	    [EXPORT_EXTENDED] = ENDPOINT_EXTENDED,
	    [EXPORT_BASIC] = ENDPOINT_BASIC};

	return names[form];
}

/* The members that are read. */
enum member_index {
	TS,
	MS_PLAYED,
	OFFLINE_TIMESTAMP,
	USERNAME,
	URI,		/* the first that is given is the item */
	NAME = URI + 4, /* else the names are, in this order */
	MEMBERS = NAME + 6,
	UNREAD = MEMBERS
};

enum { BASIC = 1, PRIVATE = 2 };

/* The members of the two forms, with those that are not read. */
static const struct known_member {
	struct slice name;
	int member;
	unsigned flags;
} known_members[] = {
    {{"ts", 2}, TS, 0},
    {{"ms_played", 9}, MS_PLAYED, 0},
    {{"offline_timestamp", 17}, OFFLINE_TIMESTAMP, 0},
    {{"username", 8}, USERNAME, PRIVATE},
    {{"spotify_track_uri", 17}, URI, 0},
    {{"spotify_episode_uri", 19}, URI + 1, 0},
    {{"audiobook_chapter_uri", 21}, URI + 2, 0},
    {{"audiobook_uri", 13}, URI + 3, 0},
    {{"master_metadata_album_artist_name", 33}, NAME, 0},
    {{"master_metadata_track_name", 26}, NAME + 1, 0},
    {{"episode_show_name", 17}, NAME + 2, 0},
    {{"episode_name", 12}, NAME + 3, 0},
    {{"audiobook_title", 15}, NAME + 4, 0},
    {{"audiobook_chapter_title", 23}, NAME + 5, 0},
    {{"endTime", 7}, TS, BASIC},
    {{"msPlayed", 8}, MS_PLAYED, BASIC},
    {{"artistName", 10}, NAME, BASIC},
    {{"authorName", 10}, NAME, BASIC},
    {{"trackName", 9}, NAME + 1, BASIC},
    {{"podcastName", 11}, NAME + 2, BASIC},
    {{"episodeName", 11}, NAME + 3, BASIC},
    {{"audiobookName", 13}, NAME + 4, BASIC},
    {{"chapterName", 11}, NAME + 5, BASIC},
    {{"ip_addr", 7}, UNREAD, PRIVATE},
    {{"ip_addr_decrypted", 17}, UNREAD, PRIVATE},
    {{"user_agent_decrypted", 20}, UNREAD, PRIVATE},
    {{"master_metadata_album_album_name", 32}, UNREAD, 0},
    {{"platform", 8}, UNREAD, 0},
    {{"conn_country", 12}, UNREAD, 0},
    {{"reason_start", 12}, UNREAD, 0},
    {{"reason_end", 10}, UNREAD, 0},
    {{"shuffle", 7}, UNREAD, 0},
    {{"skipped", 7}, UNREAD, 0},
    {{"offline", 7}, UNREAD, 0},
    {{"incognito_mode", 14}, UNREAD, 0},
};

#define ORDERED_MAX 64

/* The values of a row's members; type JSON_NULL for one that is absent. */
struct row_values {
	enum json_type type[MEMBERS];
	struct slice text[MEMBERS];
	bool escaped[MEMBERS];
	bool is_basic[MEMBERS];
	/* What the members of the last row were, in their order. */
	const struct known_member *order[ORDERED_MAX];
};

void export_row_init(struct export_row *r)
{
	*r = (struct export_row){.form = EXPORT_NONE,
	    .wants_key = true,
	    .values = mem_zero(1, sizeof(struct row_values)),
	    .username = BUF_INIT(LONGEST_TEXT),
	    .text = BUF_INIT(LONGEST_TEXT)};
}

void export_row_release(struct export_row *r)
{
	buf_release(&r->username);
	buf_release(&r->text);
	free(r->values);
}

static bool name_is(const struct json *j, struct slice name)
{
	if (j->key_escaped)
		return json_text_is(j->key, true, name);
	return slice_eq(j->key, name);
}

/* What a member is; NULL if it is of no known name. */
static const struct known_member *know_member(const struct json *j)
{
	for (size_t i = 0; i < COUNT_OF(known_members); i++)
		if (name_is(j, known_members[i].name))
			return &known_members[i];
	return NULL;
}

/* The same of the nth member of a row, mostly what it was in the last one. */
static const struct known_member *know_nth(
    struct row_values *v, size_t nth, const struct json *j)
{
	if (nth >= ORDERED_MAX)
		return know_member(j);
	if (!v->order[nth] || !name_is(j, v->order[nth]->name))
		v->order[nth] = know_member(j);
	return v->order[nth];
}

static bool is_private(const struct known_member *known)
{
	return known && known->flags & PRIVATE;
}

static void take_member(struct row_values *v, const struct known_member *known,
    const struct json *j, enum json_type type)
{
	if (!known || known->member == UNREAD)
		return;
	v->type[known->member] = type;
	v->text[known->member] = j->text;
	v->escaped[known->member] = j->escaped;
	v->is_basic[known->member] = known->flags & BASIC;
}

/* Note where a private member is. */
static void note_private(struct export_row *r, const struct json *j)
{
	struct row_part part = {.from = (size_t)(j->key.p - 1 - j->start),
	    .to = (size_t)(j->p - j->start)};

	if (r->private_count < EXPORT_PRIVATE_MAX)
		r->private_parts[r->private_count++] = part;
	else
		r->is_plain = false;
}

void export_row_scan(void *row, struct json *j)
{
	struct export_row *r = row;
	enum json_type type;

	for (int i = 0; i < MEMBERS; i++)
		r->values->type[i] = JSON_NULL;
	r->private_count = 0;
	type = json_next(j);
	/* Not one after a byte order mark. */
	r->is_plain = type == JSON_OBJECT && *j->start == '{';
	if (type != JSON_OBJECT) {
		json_skip(j, type);
		return;
	}
	for (size_t nth = 0;
	     (type = json_next(j)) > JSON_END && type != JSON_OBJECT_END;
	     nth++) {
		const struct known_member *known = know_nth(r->values, nth, j);

		take_member(r->values, known, j, type);
		if (!json_skip(j, type))
			return;
		r->is_plain &= type != JSON_OBJECT && type != JSON_ARRAY;
		if (is_private(known))
			note_private(r, j);
	}
	r->is_plain &= !j->spaced;
}

static enum export_form form_of(const struct row_values *v)
{
	if (v->type[TS] != JSON_STRING || v->type[MS_PLAYED] != JSON_NUMBER ||
	    v->is_basic[TS] != v->is_basic[MS_PLAYED])
		return EXPORT_NONE;
	return v->is_basic[TS] ? EXPORT_BASIC : EXPORT_EXTENDED;
}

static void put_text(const struct row_values *v, int i, struct buf *to)
{
	if (v->escaped[i])
		json_unescape(v->text[i], to);
	else
		buf_put_slice(to, v->text[i]);
}

/* An empty text is none, as in the mapping. */
static bool has_text(const struct row_values *v, int i)
{
	return v->type[i] == JSON_STRING && v->text[i].n > 0;
}

/* What was played: the uri, or else the names with tabs in between. */
static void put_item(const struct row_values *v, struct buf *to)
{
	const char *tab = "";

	for (int i = URI; i < NAME; i++)
		if (has_text(v, i)) {
			put_text(v, i, to);
			return;
		}
	for (int i = NAME; i < MEMBERS; i++) {
		if (!has_text(v, i))
			continue;
		buf_puts(to, tab);
		put_text(v, i, to);
		tab = "\t";
	}
}

static void cut_suffix(struct slice *text, struct slice suffix)
{
	size_t at = text->n - suffix.n;

	if (text->n > suffix.n && slice_eq(slice_from(*text, at), suffix))
		text->n = at;
}

/*
 * When the stream ended, in Unix milliseconds: a blank may be in the place of
 * the T, and the seconds and the zone, which is UTC, may be missing. -1 for
 * what is no such time.
 */
static int64_t ended_at(struct slice text)
{
	char copy[32];
	int64_t ms;
	size_t n;

	cut_suffix(&text, SLICE(" UTC"));
	cut_suffix(&text, SLICE("+00:00"));
	cut_suffix(&text, SLICE("Z"));
	n = text.n;
	if (n < 16 || n > sizeof(copy) - 4)
		return -1;
	memcpy(copy, text.p, n);
	if (copy[10] == ' ')
		copy[10] = 'T';
	if (n == 16) {
		memcpy(copy + n, ":00", 3);
		n += 3;
	}
	copy[n++] = 'Z';
	return clock_parse((struct slice){copy, n}, &ms) ? ms : -1;
}

/* offline_timestamp, of either scale, in Unix milliseconds; 0 if not known. */
static int64_t device_clock(const struct row_values *v)
{
	char copy[64];
	double value;
	struct slice text = v->text[OFFLINE_TIMESTAMP];

	if (v->type[OFFLINE_TIMESTAMP] != JSON_NUMBER || text.n >= sizeof(copy))
		return 0;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	value = strtod(copy, NULL);
	if (!(value > 0) || value > 9e15)
		return 0;
	return (int64_t)(value > 1e11 ? value : value * 1000 + 0.5);
}

static uint64_t key_of(const struct row_values *v, struct buf *scratch)
{
	int64_t parts[3] = {ended_at(v->text[TS]), device_clock(v), INT64_MIN};
	uint64_t hash = 0;

	json_whole(v->text[MS_PLAYED], &parts[2]);
	if (parts[0] < 0)
		hash = hash_bytes(hash, v->text[TS]);
	hash = hash_bytes(
	    hash, (struct slice){(const char *)parts, sizeof(parts)});
	buf_clear(scratch);
	put_item(v, scratch);
	return hash_bytes(hash, buf_slice(scratch));
}

void export_row_know(struct export_row *r)
{
	const struct row_values *v = r->values;

	buf_clear(&r->username);
	r->form = form_of(v);
	r->key = 0;
	if (r->form == EXPORT_NONE)
		return;
	if (r->wants_key)
		r->key = key_of(v, &r->text);
	if (v->type[USERNAME] == JSON_STRING)
		put_text(v, USERNAME, &r->username);
}

static void put_comma(struct buf *to, size_t start)
{
	char last = to->n > start ? to->p[to->n - 1] : '[';

	if (last != '[' && last != '{')
		buf_putc(to, ',');
}

/* Append a token, of a value without its name. */
static void put_token(const struct json *j, enum json_type type, struct buf *to)
{
	switch (type) {
	case JSON_ARRAY: buf_putc(to, '['); break;
	case JSON_ARRAY_END: buf_putc(to, ']'); break;
	case JSON_OBJECT: buf_putc(to, '{'); break;
	case JSON_OBJECT_END: buf_putc(to, '}'); break;
	case JSON_STRING:
		buf_putc(to, '"');
		buf_put_slice(to, j->text);
		buf_putc(to, '"');
		break;
	case JSON_NUMBER: buf_put_slice(to, j->text); break;
	case JSON_TRUE: buf_puts(to, "true"); break;
	case JSON_FALSE: buf_puts(to, "false"); break;
	default: buf_puts(to, "null"); break;
	}
}

/* Append a plain row but for its private parts. */
static void put_plain(
    const struct export_row *r, struct slice row, struct buf *to)
{
	size_t at = 0;

	for (size_t i = 0; i < r->private_count; i++) {
		const struct row_part *part = &r->private_parts[i];

		buf_put(to, row.p + at, part->from - at);
		at = part->to + (row.p[part->to] == ',');
	}
	/* The comma before what was the last member. */
	if (at > 0 && row.p[at] == '}' && to->n > 0 && to->p[to->n - 1] == ',')
		to->n--;
	buf_put_slice(to, slice_from(row, at));
}

/* Append any row, token by token. */
static void put_tokens(struct slice row, struct buf *to)
{
	bool in_object[JSON_DEPTH_MAX + 1] = {false};
	size_t start = to->n;
	enum json_type type;
	struct json j;

	json_init_lenient(&j, row);
	while ((type = json_next(&j)) > JSON_END) {
		bool opens = type == JSON_ARRAY || type == JSON_OBJECT;
		bool closes = type == JSON_ARRAY_END || type == JSON_OBJECT_END;

		if (!closes && in_object[j.depth - opens] &&
		    is_private(know_member(&j))) {
			json_skip(&j, type);
			continue;
		}
		if (!closes)
			put_comma(to, start);
		if (!closes && in_object[j.depth - opens]) {
			buf_putc(to, '"');
			buf_put_slice(to, j.key);
			buf_puts(to, "\":");
		}
		put_token(&j, type, to);
		if (opens)
			in_object[j.depth] = type == JSON_OBJECT;
	}
}

bool export_row_put_public(
    const struct export_row *r, struct slice row, struct buf *to)
{
	if (r->is_plain)
		put_plain(r, row, to);
	else
		put_tokens(row, to);
	return !to->failed;
}

#include "match/unmatched.h"

#include "base/array.h"
#include "db/statements.h"
#include "match/listening.h"

/* What changes of a table are about. */
enum unmatched_role {
	ROLE_NONE,
	ROLE_PLAY,
	ROLE_STREAM,
	ROLE_TRACK,
	ROLE_ARTIST,
	ROLE_TRACK_ARTIST
};

static const struct {
	const char *table;
	enum unmatched_role role;
	const char *columns[COUNT_OF(((struct unmatched *)0)->columns)];
} roles[] = {
    {"play_history", ROLE_PLAY, {"user_id", "played_at"}},
    {"streaming_history", ROLE_STREAM,
	{"user_id", "ts", "started_at", "ms_played", "reason_end", "form"}},
    {"tracks", ROLE_TRACK, {"track_id", "isrc", "name"}},
    {"artists", ROLE_ARTIST, {"name"}},
    {"track_artists", ROLE_TRACK_ARTIST, {"artist_id"}},
};

void unmatched_init(struct unmatched *u, sqlite3 *db)
{
	*u = (struct unmatched){.db = db};
	query_prepare_persistent(&u->isrc, db, &sql_streams_of_isrc);
	query_prepare_persistent(&u->title, db, &sql_streams_of_title);
	query_prepare_persistent(&u->artist, db, &sql_streams_of_artist_name);
	query_prepare_persistent(&u->artist_name, db, &sql_name_of_artist);
}

void unmatched_release(struct unmatched *u)
{
	query_finish(&u->isrc);
	query_finish(&u->title);
	query_finish(&u->artist);
	query_finish(&u->artist_name);
	spans_release(&u->spans);
	hash_set_release(&u->names);
}

int unmatched_begin(struct unmatched *u)
{
	struct query q;

	spans_clear(&u->spans);
	hash_set_clear(&u->names);
	query_prepare(&q, u->db, &sql_has_streams);
	if (query_step(&q)) {
		u->has_streams = query_int(&q, 0) != 0;
		u->has_named = query_int(&q, 1) != 0;
	}
	return query_finish(&q);
}

/* Note the window of a stream whose columns these are. */
static void note_stream(struct unmatched *u, struct slice user, struct slice ts,
    struct slice started_at, int64_t ms_played, struct slice reason_end,
    struct slice form)
{
	struct match_window w;
	int64_t start, end;

	if (!clock_parse(ts, &end))
		return;
	if (!clock_parse(started_at, &start))
		start = end - ms_played;
	w = match_window(match_start(start, end), end,
	    slice_starts(reason_end, SLICE("unexpected-exit")),
	    slice_is(form, "basic"));
	spans_add(&u->spans, user, w.from, w.to);
}

/* Note the streams that a query finds. */
static void note_found(struct unmatched *u, struct query *q)
{
	while (query_step(q))
		note_stream(u, query_text(q, 0), query_text(q, 1),
		    query_text(q, 2), query_int(q, 3), query_text(q, 4),
		    query_text(q, 5));
}

/* Note the streams that are known by a name; `seed` is different for each kind.
 */
static void note_name(
    struct unmatched *u, struct query *q, uint64_t seed, struct slice name)
{
	if (!name.p || !hash_set_add(&u->names, hash_bytes(seed, name)))
		return;
	query_bind_text(q, ":name", name);
	note_found(u, q);
}

static void note_isrc(
    struct unmatched *u, struct slice track, struct slice isrc)
{
	if (!isrc.p)
		return;
	query_bind_text(&u->isrc, ":track", track);
	query_bind_text(&u->isrc, ":isrc", isrc);
	note_found(u, &u->isrc);
}

/* Find out what changes of the table are about. */
static void know_table(struct unmatched *u, const struct table *t)
{
	u->table = t;
	u->role = ROLE_NONE;
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		if (!slice_is(t->name, roles[i].table))
			continue;
		u->role = roles[i].role;
		for (size_t c = 0; c < COUNT_OF(u->columns); c++)
			u->columns[c] =
			    table_column(t, slice_of(roles[i].columns[c]));
	}
}

/* The nth column that matters, of a row as it was or is; as text. */
static struct slice text_of(
    const struct unmatched *u, const struct stored_row *row, int nth)
{
	if (!row->present || u->columns[nth] < 0)
		return (struct slice){NULL, 0};
	return value_slice(&row->values[u->columns[nth]]);
}

/* The row that has the keys of a change: as it is, or as it was if deleted. */
static const struct stored_row *keys_of(const struct change *c)
{
	return c->after->present ? c->after : c->before;
}

static void note_stream_row(struct unmatched *u, const struct stored_row *row)
{
	if (row->present)
		note_stream(u, text_of(u, row, 0), text_of(u, row, 1),
		    text_of(u, row, 2), row->values[u->columns[3]].integer,
		    text_of(u, row, 4), text_of(u, row, 5));
}

static void note_play(struct unmatched *u, const struct stored_row *row)
{
	int64_t at;

	if (clock_parse(text_of(u, row, 1), &at))
		spans_add(&u->spans, text_of(u, row, 0), at, at);
}

static void note_track(struct unmatched *u, const struct change *c)
{
	struct slice before = text_of(u, c->before, 1);
	struct slice after = text_of(u, c->after, 1);

	if (!slice_eq(before, after)) {
		note_isrc(u, text_of(u, keys_of(c), 0), before);
		note_isrc(u, text_of(u, keys_of(c), 0), after);
	}
	before = text_of(u, c->before, 2);
	after = text_of(u, c->after, 2);
	if (u->has_named && !slice_eq(before, after)) {
		note_name(u, &u->title, 0, before);
		note_name(u, &u->title, 0, after);
	}
}

static void note_artist(struct unmatched *u, const struct change *c)
{
	struct slice before = text_of(u, c->before, 0);
	struct slice after = text_of(u, c->after, 0);

	if (slice_eq(before, after))
		return;
	note_name(u, &u->artist, 1, before);
	note_name(u, &u->artist, 1, after);
}

static void note_track_artist(struct unmatched *u, const struct change *c)
{
	query_bind_text(&u->artist_name, ":artist", text_of(u, keys_of(c), 0));
	if (query_step(&u->artist_name))
		note_name(u, &u->artist, 1, query_text(&u->artist_name, 0));
	query_reset(&u->artist_name);
}

void unmatched_change(struct unmatched *u, const struct change *c)
{
	if (c->table != u->table)
		know_table(u, c->table);
	if (c->kind == CHANGE_NONE || u->role == ROLE_NONE ||
	    (!u->has_streams && u->role != ROLE_STREAM))
		return;
	switch (u->role) {
	case ROLE_PLAY:
		/* Whatever else changes of a play, its key stays. */
		if (c->kind != CHANGE_UPDATE)
			note_play(u, keys_of(c));
		break;
	case ROLE_STREAM:
		note_stream_row(u, c->before);
		note_stream_row(u, c->after);
		break;
	case ROLE_TRACK: note_track(u, c); break;
	case ROLE_ARTIST:
		if (u->has_named)
			note_artist(u, c);
		break;
	case ROLE_TRACK_ARTIST:
		if (u->has_named)
			note_track_artist(u, c);
		break;
	default: break;
	}
}

int unmatched_note(sqlite3 *db, struct slice user, int64_t from, int64_t to)
{
	struct query q;

	query_prepare(&q, db, &sql_add_unmatched_span);
	query_bind_text(&q, ":user", user);
	query_bind_int(&q, ":from", from);
	query_bind_int(&q, ":to", to);
	query_run(&q);
	return query_finish(&q);
}

int unmatched_end(struct unmatched *u)
{
	const struct query *const used[] = {
	    &u->isrc, &u->title, &u->artist, &u->artist_name};

	for (size_t i = 0; i < COUNT_OF(used); i++)
		if (used[i]->rc != SQLITE_OK)
			return used[i]->rc;
	spans_tidy(&u->spans);
	for (size_t i = 0; i < u->spans.count; i++) {
		const struct span *s = &u->spans.list[i];
		int rc = unmatched_note(
		    u->db, u->spans.users.texts[s->user], s->from, s->to);

		if (rc != SQLITE_OK)
			return rc;
	}
	spans_clear(&u->spans);
	return SQLITE_OK;
}

int unmatched_all(sqlite3 *db)
{
	struct query q;

	query_prepare(&q, db, &sql_add_unmatched_users);
	query_bind_int(&q, ":from", MATCH_FIRST_TIME);
	query_bind_int(&q, ":to", MATCH_LAST_TIME);
	query_run(&q);
	return query_finish(&q);
}

int unmatched_drop_deleted(sqlite3 *db)
{
	return query_exec(db, &sql_drop_deleted_matches);
}

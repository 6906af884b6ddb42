/*
 * The tracks of a playlist are one value: whatever pages of whatever lists
 * come in whatever order, any number of times, to one process or to several,
 * the newest list of all that are complete is current, and the queue agrees.
 *
 * SEED=n in the environment draws others.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "db/db.h"
#include "db/schema.h"
#include "json/json.h"
#include "merge/tracklist.h"
#include "unit/tap.h"

#define HISTORIES 250
#define ORDERS 6
#define LISTS_MAX 5
#define SENT_ROWS_MAX 64
#define ITEMS_MAX 9

struct sent_row {
	const char *table;
	struct buf object;
	char at[CLOCK_TEXT];
	enum list_op list_op;
	bool removes;
};

/* A list as it was made. */
struct made {
	char playlist[2], id[3], follows[2];
	char at[CLOCK_TEXT];
	bool complete;
	bool unproven; /* whole, but for its check */
	int total;
	char items[ITEMS_MAX]; /* a letter each */
};

struct history {
	struct sent_row sent_rows[SENT_ROWS_MAX];
	size_t count;
	struct made lists[LISTS_MAX];
	size_t list_count;
};

static uint64_t seed;

/* xorshift64*: the same everywhere. */
static unsigned below(unsigned n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}

/* Few times, so that many rows have the same one. */
static void make_time(char text[CLOCK_TEXT], unsigned second)
{
	clock_format(1764000000000 + second * 1000, text);
}

static struct sent_row *new_row(
    struct history *h, const char *table, unsigned second)
{
	struct sent_row *t = &h->sent_rows[h->count++];

	*t = (struct sent_row){.table = table, .object = BUF_INIT(4096)};
	make_time(t->at, second);
	buf_putc(&t->object, '{');
	return t;
}

static const char *const kinds[] = {"track", "episode", "local", "unavailable"};

static void put_item(struct buf *b, char letter)
{
	char id[2] = {letter, '\0'};

	buf_putc(b, '{');
	if (letter % 4 == 0)
		json_put_member(b, "track_id", slice_of(id));
	if (letter % 4 != 3)
		json_put_member(b, "uri", slice_of(id));
	if (letter % 3)
		json_put_member(b, "added_at", SLICE("2020-01-01T00:00:00Z"));
	json_put_member(b, "kind", slice_of(kinds[letter % 4]));
	buf_putc(b, '}');
}

static void make_page(struct history *h, const struct made *m, int from,
    int count, int total, const char *snapshot, bool due, unsigned second)
{
	struct sent_row *t = new_row(h, "playlist_tracks", second);
	struct buf *b = &t->object;

	t->list_op = LIST_OP_PAGE;
	json_put_member(b, "playlist_id", slice_of(m->playlist));
	json_put_member(b, "list", slice_of(m->id));
	if (*m->follows)
		json_put_member(b, "follows", slice_of(m->follows));
	json_put_member_int(b, "offset", from);
	json_put_member_int(b, "total", total);
	if (snapshot)
		json_put_member(b, "snapshot_id", slice_of(snapshot));
	if (due)
		json_put_member_raw(b, "check_due", SLICE("true"));
	json_put_key(b, "items");
	for (int i = 0; i < count; i++) {
		buf_putc(b, i ? ',' : '[');
		put_item(b, m->items[from + i]);
	}
	buf_puts(b, count ? "]}" : "[]}");
}

static void make_check(struct history *h, const struct made *m,
    const char *snapshot, unsigned second)
{
	struct sent_row *t = new_row(h, "playlist_tracks", second);

	t->list_op = LIST_OP_CHECK;
	json_put_member(&t->object, "playlist_id", slice_of(m->playlist));
	json_put_member(&t->object, "list", slice_of(m->id));
	if (*m->follows)
		json_put_member(&t->object, "follows", slice_of(m->follows));
	if (snapshot)
		json_put_member(&t->object, "snapshot_id", slice_of(snapshot));
	buf_putc(&t->object, '}');
}

/* What is wrong with a list: mostly nothing. */
enum flaw { NONE, NONE_2, NONE_3, HOLE, TOTAL, OVERLAP, NO_CHECK, CHANGED };

/* Some lists have the items of the one before. */
static void draw_items(const struct history *h, struct made *m)
{
	if (h->list_count > 0 && below(2)) {
		m->total = m[-1].total;
		memcpy(m->items, m[-1].items, sizeof(m->items));
		return;
	}
	m->total = (int)below(ITEMS_MAX);
	for (int i = 0; i < ITEMS_MAX; i++)
		m->items[i] = (char)('a' + below(12));
}

/* The pages from here on are those of another request. */
static void resume_list(struct made *m)
{
	m->follows[0] = m->id[0];
	m->id[1] = '2';
}

static void make_list(struct history *h)
{
	struct made *m = &h->lists[h->list_count];
	enum flaw flaw = (enum flaw)below(8);
	unsigned second = below(5), earliest = 99, last = 0, nth = 0, cut;
	bool due = flaw >= NO_CHECK || below(2);
	static const char *const snapshots[] = {"s", "t", NULL};
	const char *snapshot = snapshots[below(3)];
	int size = 1 + (int)below(4), n;

	*m = (struct made){.playlist = {(char)('p' + below(2)), '\0'},
	    .id = {(char)('A' + h->list_count), '\0'}};
	draw_items(h, m);
	h->list_count++;
	cut = below(3) ? 0 : 1 + below(3);
	m->complete = true;
	for (int from = 0; nth == 0 || from < m->total; from += n) {
		int total = m->total, at = from;
		unsigned when = second + below(3);

		n = m->total - from < size ? m->total - from : size;
		if (cut > 0 && nth == cut)
			resume_list(m);
		if (nth++ > 0 && flaw == TOTAL)
			m->complete = false, total++;
		if (nth > 1 && flaw == OVERLAP)
			m->complete = false, at--;
		if (when > last)
			last = when;
		if (flaw == HOLE && (from + n >= m->total || below(3) == 0)) {
			m->complete = false;
			continue;
		}
		if (when < earliest)
			earliest = when;
		make_page(h, m, at, n, total, from ? NULL : snapshot,
		    due && from == 0, when);
	}
	make_time(m->at, earliest);
	if (flaw == CHANGED)
		make_check(h, m, "u", last + 1);
	else if ((due || *m->follows) && flaw != NO_CHECK)
		make_check(h, m, snapshot, last + 1);
	m->unproven = flaw >= NO_CHECK;
	m->complete &= !m->unproven;
}

static void make_other(struct history *h)
{
	unsigned kind = below(4);
	struct sent_row *t =
	    new_row(h, kind ? "playlist_ingest_queue" : "playlists", below(8));
	char id[2] = {(char)('p' + below(2)), '\0'};
	char user[2] = {(char)('k' + below(3)), '\0'}, at[CLOCK_TEXT];

	json_put_member(&t->object, "playlist_id", slice_of(id));
	t->removes = kind == 1;
	make_time(at, below(8));
	if (kind == 0) {
		json_put_member(&t->object, "snapshot_id", slice_of(user));
		if (below(2))
			json_put_member(
			    &t->object, "last_refreshed", slice_of(t->at));
	} else if (kind > 1) {
		if (below(2))
			json_put_member(&t->object, "played_at", slice_of(at));
		if (below(2))
			json_put_member(&t->object, "user_id", slice_of(user));
	}
	buf_putc(&t->object, '}');
	buf_cstr(&t->object);
}

static void make_history(struct history *h)
{
	unsigned lists = 1 + below(LISTS_MAX), others = below(8);

	h->count = h->list_count = 0;
	for (unsigned i = 0; i < lists; i++)
		make_list(h);
	for (unsigned i = 0; i < others; i++)
		make_other(h);
}

static void forget_history(struct history *h)
{
	for (size_t i = 0; i < h->count; i++)
		buf_release(&h->sent_rows[i].object);
}

/* --- sending it ---------------------------------------------------------- */

static const char *const all_tables[] = {"playlist_tracks", "playlists",
    "playlist_ingest_queue", "playlist_ingest_done", "playlist_pages"};
#define TABLES COUNT_OF(all_tables)

/* What a process holds. */
struct process {
	struct tables tables;
	struct applier applier;
	struct tracklists lists;
	struct batch batch;
};

static void start(struct process *p, sqlite3 *db)
{
	p->tables = (struct tables){.db = db};
	applier_init(&p->applier, db, false);
	tracklists_init(&p->lists, &p->applier, &p->tables);
	batch_init(&p->batch);
}

static bool write_batch(struct process *p)
{
	bool good = db_exec(p->applier.db, "begin") == SQLITE_OK &&
		    apply_batch(&p->applier, &p->batch) == SQLITE_OK &&
		    tracklists_apply(&p->lists, &p->batch) == SQLITE_OK &&
		    db_exec(p->applier.db, "commit") == SQLITE_OK;

	batch_clear(&p->batch);
	return good;
}

static bool stop(struct process *p)
{
	bool good =
	    write_batch(p) && tracklists_clear_seen(&p->lists) == SQLITE_OK;

	batch_release(&p->batch);
	tracklists_release(&p->lists);
	applier_release(&p->applier);
	tables_release(&p->tables);
	return good;
}

/* In the given order; `split` of a hundred end a batch, or all the process. */
static bool send_all(sqlite3 *db, const struct history *h,
    const unsigned *order, size_t n, unsigned split)
{
	struct buf why = BUF_INIT(1000);
	struct process p;
	bool good = true;

	start(&p, db);
	for (size_t i = 0; good && i < n; i++) {
		const struct sent_row *t = &h->sent_rows[order[i]];
		struct table *table =
		    tables_find(&p.tables, slice_of(t->table));
		struct row_record a = {.object = buf_slice(&t->object),
		    .at = slice_of(t->at),
		    .removes = t->removes,
		    .list_op = t->list_op};

		good = table && batch_add(&p.batch, table, &a, &why);
		if (!good || below(100) >= split)
			continue;
		if (below(2)) {
			good = write_batch(&p);
		} else {
			good = stop(&p);
			start(&p, db);
		}
	}
	good = stop(&p) && good;
	if (!good)
		fprintf(stderr, "# %s %s\n", sqlite3_errmsg(db),
		    why.n ? buf_cstr(&why) : "");
	buf_release(&why);
	return good;
}

/* --- what should come of it ---------------------------------------------- */

static int cmp_made(const struct made *a, const struct made *b)
{
	int c = strcmp(a->at, b->at);

	return c ? c : strcmp(a->id, b->id);
}

/* What an item is to sp-load: some letters make equal ones. */
static int meaning(char letter)
{
	return letter % 4 == 3 ? (letter % 3 ? 1 : 2) : letter;
}

/* Whether two lists have the same items. */
static bool agree(const struct made *a, const struct made *b)
{
	bool same = a->total == b->total;

	for (int i = 0; same && i < a->total; i++)
		same = meaning(a->items[i]) == meaning(b->items[i]);
	return same;
}

/* Whether a list is proven, or a newer one confirms it. */
static bool counts(const struct history *h, const struct made *m)
{
	for (size_t i = 0; m->unproven && i < h->list_count; i++) {
		const struct made *n = &h->lists[i];

		if (n->unproven && strcmp(n->playlist, m->playlist) == 0 &&
		    cmp_made(n, m) > 0 && agree(n, m))
			return true;
	}
	return m->complete;
}

/* The list of a playlist that is current in the end; NULL for none. */
static const struct made *winner(const struct history *h, const char *playlist)
{
	const struct made *best = NULL;

	for (size_t i = 0; i < h->list_count; i++) {
		const struct made *m = &h->lists[i];

		if (counts(h, m) && strcmp(m->playlist, playlist) == 0 &&
		    (!best || cmp_made(m, best) > 0))
			best = m;
	}
	return best;
}

/* Whether a playlist waits, by every row of the queue that was sent. */
static bool is_queued(const struct history *h, const char *playlist)
{
	const struct made *current = winner(h, playlist);
	struct slice done = current ? slice_of(current->at) : SLICE("");
	struct slice wanted = SLICE("");
	struct buf key = BUF_INIT(64);

	buf_printf(&key, "{\"playlist_id\":\"%s\"", playlist);
	for (size_t i = 0; i < h->count; i++) {
		const struct sent_row *t = &h->sent_rows[i];
		struct slice at = slice_of(t->at);
		const char *played;

		if (strcmp(t->table, "playlist_ingest_queue") != 0 ||
		    !slice_starts(buf_slice(&t->object), buf_slice(&key)))
			continue;
		played = strstr(t->object.p, "\"played_at\":\"");
		/* A play is never later than its row. */
		if (played && strncmp(played + 13, t->at, CLOCK_TEXT - 1) <= 0)
			at = (struct slice){played + 13, CLOCK_TEXT - 1};
		if (t->removes && slice_cmp(at, done) > 0)
			done = at;
		if (!t->removes && slice_cmp(at, wanted) > 0)
			wanted = at;
	}
	buf_release(&key);
	return slice_cmp(wanted, done) > 0;
}

static int put_line(void *ctx, int n, char **values, char **names)
{
	(void)names;
	for (int i = 0; i < n; i++)
		buf_printf(
		    ctx, "%s%s", i ? "|" : "", values[i] ? values[i] : "");
	buf_putc(ctx, '\n');
	return 0;
}

static void query(sqlite3 *db, const char *sql, struct buf *to)
{
	if (sqlite3_exec(db, sql, put_line, to, NULL) != SQLITE_OK)
		buf_printf(to, "%s\n", sqlite3_errmsg(db));
}

/* What ought to be in the tables, as against_rules asks for it. */
static void expect(
    const struct history *h, const char *playlist, struct buf *to)
{
	const struct made *m = winner(h, playlist);

	for (int i = 0; m && i < m->total; i++) {
		char c = m->items[i];

		buf_printf(to, "%d|", i);
		if (c % 4 == 0)
			buf_putc(to, c);
		buf_putc(to, '|');
		if (c % 4 != 3)
			buf_putc(to, c);
		buf_printf(to, "|%s|%s\n",
		    c % 3 ? "2020-01-01T00:00:00.000Z" : "", kinds[c % 4]);
	}
	if (m)
		buf_printf(to, "%s|%s\n", m->id, m->at);
	if (is_queued(h, playlist))
		buf_puts(to, "queued\n");
}

static bool against_rules(sqlite3 *db, const struct history *h)
{
	static const char *const playlists[] = {"p", "q"};
	struct buf want = BUF_INIT(1 << 16), got = BUF_INIT(1 << 16);
	bool good;

	for (int i = 0; i < 2; i++) {
		char sql[512];

		expect(h, playlists[i], &want);
		snprintf(sql, sizeof(sql),
		    "select position, track_id, uri, added_at, kind"
		    " from playlist_tracks where playlist_id = '%s';"
		    "select tracks_list, tracks_updated from playlists where"
		    " playlist_id = '%s' and tracks_list is not null;"
		    "select 'queued' from playlist_ingest_queue"
		    " where playlist_id = '%s'",
		    playlists[i], playlists[i], playlists[i]);
		query(db, sql, &got);
	}
	good = slice_eq(buf_slice(&want), buf_slice(&got));
	if (!good)
		fprintf(stderr, "# not what the rules say: got\n%s\nwant\n%s\n",
		    buf_cstr(&got), buf_cstr(&want));
	buf_release(&want);
	buf_release(&got);
	return good;
}

/* Of the pages that wait, those of lists that could still become current. */
static void dump(sqlite3 *db, const struct history *h, struct buf *to)
{
	char sql[128];

	for (size_t i = 0; i + 1 < TABLES; i++) {
		snprintf(sql, sizeof(sql), "select * from %s order by 1, 2",
		    all_tables[i]);
		query(db, sql, to);
	}
	for (size_t i = 0; i < h->list_count; i++) {
		const struct made *m = &h->lists[i];
		const struct made *current = winner(h, m->playlist);

		if (current && cmp_made(m, current) <= 0)
			continue;
		snprintf(sql, sizeof(sql),
		    "select * from playlist_pages where list = '%s'"
		    " order by page_offset",
		    m->id);
		query(db, sql, to);
	}
}

static void empty_database(sqlite3 *db)
{
	char sql[64];

	for (size_t i = 0; i < TABLES; i++) {
		snprintf(sql, sizeof(sql), "delete from %s", all_tables[i]);
		db_exec(db, sql);
	}
}

/* All rows in some order, some of them more than once. */
static size_t shuffle(unsigned *order, size_t n)
{
	size_t count = n + (n ? below((unsigned)n) : 0);

	for (size_t i = 0; i < count; i++)
		order[i] = i < n ? (unsigned)i : below((unsigned)n);
	for (size_t i = count; i > 1; i--) {
		size_t j = below((unsigned)i);
		unsigned t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
	return count;
}

static void show(const struct history *h, const unsigned *order, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "# %s %s %.*s\n", h->sent_rows[order[i]].at,
		    h->sent_rows[order[i]].table,
		    (int)h->sent_rows[order[i]].object.n,
		    h->sent_rows[order[i]].object.p);
}

static bool same_in_any_order(sqlite3 *db, const struct history *h)
{
	unsigned order[2 * SENT_ROWS_MAX];
	struct buf first = BUF_INIT(1 << 20), other = BUF_INIT(1 << 20);
	bool good = true;
	size_t n = h->count;

	for (size_t k = 0; k < n; k++)
		order[k] = (unsigned)k;
	for (int i = 0; good && i < ORDERS; i++) {
		struct buf *to = i ? &other : &first;

		n = i ? shuffle(order, h->count) : n;
		empty_database(db);
		buf_clear(to);
		good = send_all(db, h, order, n, below(3) * 30) &&
		       against_rules(db, h);
		dump(db, h, to);
		if (i && !slice_eq(buf_slice(&first), buf_slice(to))) {
			fprintf(stderr, "# first\n%s\n# now\n%s\n",
			    buf_cstr(&first), buf_cstr(&other));
			good = false;
		}
	}
	if (!good)
		show(h, order, n);
	buf_release(&first);
	buf_release(&other);
	return good;
}

static void test_orders(void)
{
	static struct history h;
	sqlite3 *db;
	int good = 0;

	if (sqlite3_open(":memory:", &db) || schema_create(db))
		abort();
	for (int i = 0; i < HISTORIES; i++) {
		bool same;

		make_history(&h);
		same = same_in_any_order(db, &h);
		forget_history(&h);
		if (!same)
			break;
		good++;
	}
	sqlite3_close(db);
	is_int(
	    good, HISTORIES, "lists sent in any order: the newest is current");
}

int main(void)
{
	const char *given = getenv("SEED");
	uint64_t start_at = given ? strtoull(given, NULL, 10) : 1;

	printf("# SEED=%" PRIu64 "\n", start_at);
	seed = start_at | 1;
	test_orders();
	if (tap_failures)
		fprintf(stderr, "# SEED=%" PRIu64 "\n", start_at);
	return tap_done();
}

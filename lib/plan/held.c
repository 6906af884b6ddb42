#include "plan/held.h"

#include "json/json.h"
#include "plan/plan.h"
#include "store/db.h"

#define HELD_MAX ((size_t)512 << 10) /* bytes of one request's etags */

/* Where the API was that this user's captures with etags came from last. */
static const char newest_url[] =
    "select url from staging_raw where etag is not null and user_id = :user "
    "and url is not null order by capture_id desc limit 1";

/*
 * The version of a page that came last, if its body is still there; and what
 * page followed it: a text, null for none, nothing where that is not known.
 */
static const char newest_version[] =
    "select etag, json_type(extra_json, '$.next'), "
    "json_extract(extra_json, '$.next') from staging_raw "
    "where url = ?1 and user_id = ?2 and etag is not null "
    "and body_id is not null and status in (200, 304) and not body_is_text "
    "order by capture_id desc limit 1";

/* Cut a URL down to what stands before its path. */
static void cut_to_origin(struct buf *url)
{
	const char *text = buf_cstr(url), *path = NULL;

	if (text && (path = strstr(text, "://")))
		path = strchr(path + 3, '/');
	url->n = path ? (size_t)(path - text) : 0;
}

static struct slice text(sqlite3_stmt *s, int i)
{
	const char *p = (const char *)sqlite3_column_text(s, i);

	return (struct slice){p, (size_t)sqlite3_column_bytes(s, i)};
}

static int find_origin(struct plan *p)
{
	sqlite3_stmt *s;
	int rc = plan_prepare(p, newest_url, 0, &s);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		buf_put_slice(&p->origin, text(s, 0));
		cut_to_origin(&p->origin);
		rc = p->origin.no_memory ? SQLITE_NOMEM : store_row_read(s);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static void put_one(struct buf *b, const char *url, sqlite3_stmt *s)
{
	struct slice next = text(s, 2);

	buf_puts(b, b->n ? "," : "{");
	json_put_string(b, slice_of(url));
	buf_puts(b, ":{");
	json_put_member(b, "etag", text(s, 0));
	if (next.p)
		json_put_member(b, "next", next);
	buf_putc(b, '}');
}

/*
 * Put down what is held of the page at `url`, and make that the URL of the
 * page that followed it. SQLITE_ROW if there is one, SQLITE_DONE if not.
 */
static int put_page(struct plan *p, sqlite3_stmt *s, const char *paging,
    struct buf *url, struct buf *etags)
{
	int rc;

	store_bind(s, 1, buf_slice(url));
	store_bind(s, 2, buf_slice(&p->user));
	rc = sqlite3_step(s);
	/* A page of several that may have been the last, or not, is no help. */
	if (rc == SQLITE_ROW && paging && !text(s, 1).p)
		rc = SQLITE_DONE;
	if (rc == SQLITE_ROW) {
		put_one(etags, buf_cstr(url), s);
		url->n = p->origin.n;
		if (text(s, 2).p)
			buf_put_slice(url, text(s, 2));
		if (store_row_read(s) || url->failed || etags->failed)
			rc = SQLITE_NOMEM;
		else if (url->n == p->origin.n)
			rc = SQLITE_DONE;
	}
	sqlite3_reset(s);
	return rc;
}

int held_collect(
    struct plan *p, const char *path, const char *paging, struct buf *etags)
{
	struct buf url = BUF_INIT(65536);
	sqlite3_stmt *s;
	int rc = SQLITE_OK;

	buf_clear(etags);
	if (!p->origin.n)
		rc = find_origin(p);
	if (rc != SQLITE_OK || !p->origin.n)
		return rc;
	rc = sqlite3_prepare_v2(p->db, newest_version, -1, &s, NULL);
	if (rc != SQLITE_OK)
		return rc;
	buf_put_slice(&url, buf_slice(&p->origin));
	buf_puts(&url, path);
	do
		rc = url.failed ? SQLITE_NOMEM
				: put_page(p, s, paging, &url, etags);
	while (rc == SQLITE_ROW && etags->n < HELD_MAX);
	if (etags->n && !buf_putc(etags, '}') && etags->no_memory)
		rc = SQLITE_NOMEM;
	sqlite3_finalize(s);
	buf_release(&url);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

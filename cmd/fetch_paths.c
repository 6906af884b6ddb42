/* sp-fetch PATH ...: a request for each operand. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fetch.h"
#include "json/json.h"

/*
 * Die of an operand that can be no path of the API: it is a mistake, and
 * nothing is requested instead. One may be a whole URL, as in a `next`.
 */
static void check_path(struct fetch *f, const char *operand)
{
	struct slice path = slice_of(operand);
	struct buf url = BUF_INIT(URL_MAX);
	const char *why = NULL;
	struct error error;

	if (strstr(operand, "://") && *operand != '/') {
		/* Without a login the API is not known, and nothing is sent. */
		if (session_open(&f->session, &error))
			why = url_resolve(&f->session.api, path, &url);
		path = url_path(path);
	}
	if (!why)
		why = url_path_error(path);
	if (why)
		cli_die(EX_USAGE,
		    "not a path of the API: '%s': %s: "
		    "a path is like /me or '/me/playlists?limit=50'",
		    operand, why);
	buf_release(&url);
}

/* Append the request of a path, in which /v1 may be left out. */
static void put_request(struct buf *b, const char *operand)
{
	struct buf url = BUF_INIT(URL_MAX);

	if (*operand == '/' && strncmp(operand, "/v1/", 4) != 0)
		buf_puts(&url, "/v1");
	buf_puts(&url, operand);
	buf_putc(b, '{');
	json_put_member(b, "type", SLICE("request"));
	json_put_member(
	    b, "endpoint", slice_of(endpoint_of(url_path(buf_slice(&url)))));
	json_put_member(b, "url", buf_slice(&url));
	buf_putc(b, '}');
	b->failed |= url.failed;
	buf_release(&url);
}

void fetch_paths(struct fetch *f, char **paths)
{
	struct buf line = BUF_INIT(4 * URL_MAX);
	struct record rec;
	const char *reason;
	size_t at;

	f->pipe.source = "argument";
	/* A refresh of the token may change them. */
	if (session_open(&f->session, &(struct error)ERROR_UNSET))
		fetch_set_scopes(f, slice_of(f->session.token.scope));
	for (char **path = paths; *path; path++)
		check_path(f, *path);
	for (size_t i = 0; paths[i] && !f->out.err; i++) {
		buf_clear(&line);
		put_request(&line, paths[i]);
		if (line.failed ||
		    !record_parse(&rec, buf_slice(&line), &reason, &at))
			cli_die(EX_USAGE, "not a path: '%s'", paths[i]);
		rec.number = i + 1;
		fetch_add_request(f, &rec);
	}
	fetch_drain(f);
	fetch_send_limit(f);
	if (f->has_scopes)
		fetch_report_scopes(f);
	buf_release(&line);
}

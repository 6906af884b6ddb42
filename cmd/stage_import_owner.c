#include "stage_import.h"

#include <string.h>
#include <strings.h>

#include "base/url.h"
#include "cli.h"
#include "database.h"
#include "db/statements.h"

#define NAME_MAX_TEXT ((size_t)1 << 20)

static void die_of_query(const struct import *im)
{
	database_die(im->writer.db, "cannot read the database");
}

void import_find_user(struct import *im)
{
	struct query q;

	im->user = im->o->filter.user;
	if (im->user || !im->writer.db)
		return;
	im->own_user.max = NAME_MAX_TEXT;
	query_prepare(&q, im->writer.db, &sql_own_users);
	if (query_step(&q))
		buf_set(&im->own_user, query_text(&q, 0));
	if (query_step(&q))
		buf_clear(&im->own_user);
	if (query_finish(&q) != SQLITE_OK)
		die_of_query(im);
	if (im->own_user.n > 0)
		im->user = buf_cstr(&im->own_user);
}

void import_check_user(const struct import *im)
{
	if (im->o->filter.user)
		return;
	if (!im->user)
		cli_die(EX_USAGE, "import: whose history is it? Say so "
				  "with --user ID, your Spotify user id");
	cli_warn("import: for %s, the only user of this database: "
		 "--user ID imports it for another one",
	    im->user);
}

/* A username as it is compared: decoded, and in lower case. */
static void put_plain_name(struct buf *to, const char *name)
{
	static const char prefix[] = "spotify:user:";

	if (strncasecmp(name, prefix, sizeof(prefix) - 1) == 0)
		name += sizeof(prefix) - 1;
	buf_clear(to);
	url_decode(to, slice_trim(slice_of(name)));
	for (size_t i = 0; i < to->n; i++)
		if (to->p[i] >= 'A' && to->p[i] <= 'Z')
			to->p[i] = (char)(to->p[i] - 'A' + 'a');
}

static bool is_same_name(const char *a, const char *b)
{
	struct buf x = BUF_INIT(NAME_MAX_TEXT), y = BUF_INIT(NAME_MAX_TEXT);
	bool same;

	put_plain_name(&x, a);
	put_plain_name(&y, b);
	same = slice_eq(buf_slice(&x), buf_slice(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

static bool is_own_name(const struct import *im, const char *name)
{
	const struct stage_options *o = im->o;

	if (is_same_name(name, im->user))
		return true;
	for (size_t i = 0; i < o->username_count; i++)
		if (is_same_name(name, o->usernames[i]))
			return true;
	return false;
}

/* Append an argument as a shell reads it. */
static void put_argument(struct buf *to, const char *arg)
{
	bool plain = *arg && *arg != '-' &&
		     !arg[strspn(arg, "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.@%+")];

	if (plain) {
		buf_puts(to, arg);
		return;
	}
	buf_putc(to, '\'');
	for (; *arg; arg++)
		if (*arg == '\'')
			buf_puts(to, "'\\''");
		else
			buf_putc(to, *arg);
	buf_putc(to, '\'');
}

/* Names in a history that are not known to be the user's. */
static void check_names(
    const struct import *im, const struct survey *s, struct buf *why)
{
	struct buf names = BUF_INIT(NAME_MAX_TEXT);
	struct buf options = BUF_INIT(NAME_MAX_TEXT);

	for (size_t i = 0; i < s->name_count; i++) {
		if (is_own_name(im, s->names[i]))
			continue;
		buf_printf(&names, "%s'%s'", names.n ? ", " : "", s->names[i]);
		buf_puts(&options, " --username ");
		put_argument(&options, s->names[i]);
	}
	if (s->has_more_names)
		buf_printf(why, "it has streams of more than %d users",
		    SURVEY_NAMES_MAX);
	else if (names.n > 0)
		buf_printf(why,
		    "its username is %s, and the user is '%s': if that is the "
		    "same person, add%s",
		    buf_message(&names), im->user, buf_message(&options));
	buf_release(&names);
	buf_release(&options);
}

/* An earlier import of the history as another user's. */
static void check_earlier(
    const struct import *im, const struct survey *s, struct buf *why)
{
	struct query q;

	query_prepare(&q, im->writer.db, &sql_other_owner);
	query_bind_text(&q, ":sha256", slice_of(s->sha256));
	query_bind_text(&q, ":user", slice_of(im->user));
	if (query_step(&q)) {
		const char *run = query_string(&q, 0);

		buf_printf(why,
		    "it is imported already, as the history of '%s': if that "
		    "is wrong, `sp-stage forget %s` undoes it",
		    query_string(&q, 1), run);
	}
	if (query_finish(&q) != SQLITE_OK)
		die_of_query(im);
}

bool import_is_of_user(
    const struct import *im, const struct survey *s, struct buf *why)
{
	check_names(im, s, why);
	if (why->n == 0 && im->writer.db)
		check_earlier(im, s, why);
	return why->n == 0;
}

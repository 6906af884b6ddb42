#include "fetch_account.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/token_file.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/os.h"
#include "cli.h"
#include "http/transfer.h"
#include "listing.h"
#include "local_time.h"

/* A warning is printed so many days before a login ends. */
#define WARN_DAYS 14

#define LINKS_MAX 8 /* symbolic links that are followed */

const char *account_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *ca_file_env(const char *name)
{
	const char *value = account_env(name);

	if (value && access(value, R_OK) != 0)
		cli_die(EX_CONFIG, "%s: cannot read '%s': %s", name, value,
		    strerror(errno));
	return value;
}

void account_set_ca(struct transfer_limits *l)
{
	l->ca_file = ca_file_env("CURL_CA_BUNDLE");
	if (l->ca_file)
		return;
	l->ca_file = ca_file_env("SSL_CERT_FILE");
	l->ca_folder = ca_file_env("SSL_CERT_DIR");
}

static const char *account_name(const struct account *a)
{
	const char *name = a->name;

	if (!name)
		name = account_env("SP_ACCOUNT");
	return name ? name : ACCOUNT_DEFAULT;
}

static const char *named_file(const struct account *a)
{
	if (!a->token_file && !a->name)
		return account_env("SP_TOKEN_FILE");
	return a->token_file;
}

static const char *find_path(const struct account *a, struct buf *path)
{
	const char *named = named_file(a), *account;
	char name[256];

	if (named)
		return named;
	account = account_name(a);
	if (*account == '\0' || *account == '.' || strchr(account, '/') ||
	    strlen(account) > 200)
		cli_die(EX_USAGE, "invalid account name: '%s'", account);
	snprintf(name, sizeof(name), "tokens/%s.json", account);
	if (os_config_path(path, name) && buf_cstr(path))
		return path->p;
	cli_die(EX_CONFIG, "no token file: give --token-file FILE, "
			   "or set SP_TOKEN_FILE, XDG_CONFIG_HOME or HOME");
}

/*
 * Resolve a symbolic link one step, relative to its folder; NULL if the path
 * is too long.
 */
static const char *resolve_link(struct buf *path, struct slice to)
{
	const char *name = buf_cstr(path);
	const char *slash = name ? strrchr(name, '/') : NULL;

	if (*to.p == '/' || !slash)
		path->n = 0;
	else
		path->n = (size_t)(slash - path->p) + 1;
	buf_put_slice(path, to);
	return buf_cstr(path);
}

const char *account_path(const struct account *a, struct buf *path)
{
	const char *file = find_path(a, path);
	char to[4096];
	ssize_t n = readlink(file, to, sizeof(to));

	if (n <= 0)
		return file;
	if (file != path->p) {
		buf_clear(path);
		buf_puts(path, file);
	}
	for (int i = 0; i < LINKS_MAX && n > 0; i++) {
		file = resolve_link(path, (struct slice){to, (size_t)n});
		if (!file)
			cli_die(EX_CONFIG, "the token file's name is too long");
		n = readlink(file, to, sizeof(to));
	}
	return file;
}

bool account_is_default_file(const struct account *a)
{
	return !named_file(a);
}

void account_put_option(const struct account *a, struct buf *b)
{
	if (a->token_file)
		buf_printf(b, " --token-file '%s'", a->token_file);
	else if (!named_file(a) &&
		 strcmp(account_name(a), ACCOUNT_DEFAULT) != 0)
		buf_printf(b, " --account %s", account_name(a));
}

bool account_warn_of_expiry(
    const struct account *a, const struct token *t, int64_t now)
{
	int64_t ends = token_login_expires_at(t), left = ends - now;
	struct buf option = BUF_INIT(8192);
	char day[LOCAL_TIME_TEXT];

	if (!ends || left > WARN_DAYS * CLOCK_DAY)
		return false;
	account_put_option(a, &option);
	cli_warn("the login of '%s' %s on %s: run `sp-fetch login%s`",
	    t->user_id, left > 0 ? "ends" : "ended", local_time_day(ends, day),
	    option.failed ? "" : buf_message(&option));
	buf_release(&option);
	return true;
}

/* The accounts listed so far. */
struct account_list {
	struct listing listing;
	bool table;
	size_t n;
	int status;
};

static void put_text(struct account_list *l, const char *text)
{
	listing_text(&l->listing, slice_of(text));
}

/* List a time, 0 for unknown. */
static void put_time(struct account_list *l, int64_t ms)
{
	char text[CLOCK_TEXT];

	put_text(l, ms && clock_format(ms, text) ? text : NULL);
}

static void put_account(struct account_list *l, const char *name,
    const char *path, const struct token *t)
{
	static const char *const names[] = {"account", "user_id", "expires_at",
	    "authorized_at", "authorization_ends", "scope", "file"};
	static const struct listing_layout layout = {
	    .columns = {{"account", NULL, LISTING_PLAIN, 0, 0},
		{"user_id", "user", LISTING_PLAIN, 0, 8},
		{"authorization_ends", "login ends", LISTING_UNTIL, 0, 0},
		{"authorized_at", "logged in", LISTING_TIME, 1, 0},
		{"file", NULL, LISTING_PLAIN, 2, 20},
		{"scope", NULL, LISTING_NOTE, 0, 0}}};

	if (l->n++ == 0)
		listing_begin(&l->listing, "account", l->table, &layout, names,
		    COUNT_OF(names));
	put_text(l, name);
	put_text(l, t->user_id);
	put_time(l, t->expires_at);
	put_time(l, t->authorized_at);
	put_time(l, token_login_expires_at(t));
	put_text(l, t->scope);
	put_text(l, path);
}

/* List a token file's account; `name` may be NULL. */
static void add(struct account_list *l, const char *name, const char *path)
{
	struct error error = ERROR_UNSET;
	struct token t = {.client_id = NULL};

	if (token_read(path, &t, &error)) {
		put_account(l, name, path, &t);
	} else {
		cli_warn("%s", error.why);
		if (!l->status)
			l->status = error.exit;
	}
	token_release(&t);
}

static int is_token(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && *entry->d_name != '.' &&
	       strcmp(entry->d_name + n - 5, ".json") == 0;
}

static void add_folder(struct account_list *l, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_token, alphasort);

	if (n < 0 && errno == ENOMEM)
		mem_exhausted();
	if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
		l->status = EX_CONFIG;
		cli_warn("%s: cannot read: %s", folder, strerror(errno));
	}
	for (int i = 0; i < n; i++) {
		struct buf path = BUF_INIT(8192);
		char *name = entries[i]->d_name;

		buf_printf(&path, "%s/%s", folder, name);
		name[strlen(name) - 5] = '\0';
		if (buf_cstr(&path))
			add(l, name, path.p);
		buf_release(&path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int account_list(const struct account *a, bool table)
{
	struct buf path = BUF_INIT(4096);
	struct account_list l = {.table = table};

	if (a->name || a->token_file) {
		add(&l, a->token_file ? NULL : a->name, account_path(a, &path));
	} else {
		if (named_file(a))
			add(&l, NULL, named_file(a));
		if (os_config_path(&path, "tokens") && buf_cstr(&path))
			add_folder(&l, path.p);
	}
	if (l.n > 0)
		listing_end(&l.listing);
	if (l.n == 0 && !l.status)
		cli_warn("not logged in: run `sp-fetch login --client-id ID`");
	buf_release(&path);
	return cli_close_stdout(l.status);
}

int account_logout(const struct account *a)
{
	struct buf path = BUF_INIT(4096);
	struct error error = ERROR_UNSET;
	struct token_file f;
	struct token t = {.client_id = NULL};
	const char *file = account_path(a, &path);
	bool ok;

	token_file_init(&f, file);
	/* A file that is accessible to others or invalid is removed as well. */
	ok = token_read(file, &t, &error) || error.exit != EX_NOPERM;
	ok = ok && token_file_lock_new(&f, &t, true, &error) &&
	     token_file_remove(&f, &error);
	token_file_release(&f);
	token_release(&t);
	if (!ok) {
		if (error.exit == EX_NOPERM)
			cli_warn("no login for account '%s': no file '%s'",
			    a->name, file);
		else
			cli_warn("%s", error.why);
	} else {
		cli_warn("removed '%s'; to withdraw the app's access as well, "
			 "see https://www.spotify.com/account/apps/",
		    file);
	}
	buf_release(&path);
	return ok ? 0 : error.exit;
}

/*
 * The table of endpoints, and that the mappings, their test cases and the
 * manual page have each of them, and no other.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/builtin.h"
#include "plan/jobs.h"
#include "spotify/denial.h"
#include "spotify/endpoint.h"
#include "unit/tap.h"

#define CASES "tests/data/filters"
#define PAGE "man/sp-stream.5"

static void test_table(void)
{
	for (const struct endpoint *e = endpoints; e->name; e++) {
		struct slice name = slice_of(e->name);

		ok(endpoint_named(name) == e, "%s has a name of its own",
		    e->name);
		ok(!e->path || endpoint_of(slice_of(e->path)) == e->name,
		    "%s has a path of its own", e->name);
		ok(!e->also || endpoint_of(slice_of(e->also)) == e->name,
		    "%s has its other path for itself", e->name);
		ok(!e->job || job_named(e->job), "%s is of a job", e->name);
		ok(!e->path || !strchr(e->path, '*') == !e->subject,
		    "%s has a subject if its path has an id", e->name);
	}
	ok(!endpoint_named(SLICE("")) && !endpoint_named(SLICE("plays")),
	    "no others");
}

static bool has_mapping(const char *name)
{
	for (const struct builtin_file *f = builtin_filters; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

static void test_mappings(void)
{
	for (const struct endpoint *e = endpoints; e->name; e++)
		ok(has_mapping(e->name), "%s has a mapping", e->name);
	for (const struct builtin_file *f = builtin_filters; f->name; f++)
		ok(strcmp(f->name, "prelude") == 0 ||
			endpoint_named(slice_of(f->name)),
		    "the mapping %s is of an endpoint", f->name);
}

/* Cases of several endpoints are in whole.json. */
static void test_cases(void)
{
	DIR *dir = opendir(CASES);
	const struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir))) {
		struct slice name = {
		    entry->d_name, strcspn(entry->d_name, ".")};

		if (name.n == 0 || slice_is(name, "whole"))
			continue;
		ok(endpoint_named(name) != NULL, "%s has cases of an endpoint",
		    entry->d_name);
		count++;
	}
	for (const struct endpoint *e = endpoints; e->name; e++)
		count--;
	ok(dir && count == 0, "each endpoint has cases in " CASES);
	if (dir)
		closedir(dir);
}

/* A path as the page has it, with ID for the subject's id. */
static void put_entry(struct buf *b, const struct endpoint *e)
{
	const char *star = e->path ? strchr(e->path, '*') : NULL;

	buf_printf(b, "\n.It Cm %s\n", e->name);
	if (star)
		buf_printf(b, ".Pa %.*sID%s\n", (int)(star - e->path), e->path,
		    star + 1);
	else if (e->path)
		buf_printf(b, ".Pa %s\n", e->path);
}

/* The section about endpoints; NULL if it cannot be read. */
static const char *read_page(char *text, size_t size)
{
	FILE *page = fopen(PAGE, "r");
	size_t n = page ? fread(text, 1, size - 1, page) : 0;
	char *from, *to;

	if (page)
		fclose(page);
	text[n] = '\0';
	from = strstr(text, "\n.Ss Endpoints\n");
	to = from ? strstr(from, "\n.El\n") : NULL;
	if (to)
		*to = '\0';
	return to ? from : NULL;
}

static void test_page(void)
{
	static char text[1 << 17];
	const char *section = read_page(text, sizeof(text));
	struct buf entry = BUF_INIT(4096);
	size_t count = 0;

	if (!ok(section != NULL, PAGE " has a list of endpoints"))
		return;
	for (const struct endpoint *e = endpoints; e->name; e++) {
		buf_clear(&entry);
		put_entry(&entry, e);
		ok(strstr(section, buf_cstr(&entry)) != NULL,
		    "the page has %s and its path", e->name);
		count++;
	}
	for (const char *p = section; (p = strstr(p, "\n.It Cm ")); p++)
		count--;
	is_int((int64_t)count, 0, "and no other endpoint");
	buf_release(&entry);
}

static void test_lists(void)
{
	struct buf b = BUF_INIT(4096);

	endpoints_put_of_bucket(BUCKET_PLAYLISTS, &b);
	is_text(buf_slice(&b), " my-playlists  playlist  playlist-items ",
	    "the endpoints of a bucket");
	buf_clear(&b);
	endpoints_put_of_job("profile", &b);
	is_text(buf_slice(&b), " me  followed-artists  user ",
	    "the endpoints of a job");
	buf_clear(&b);
	endpoints_put_scopes(&b);
	is_text(buf_slice(&b),
	    "user-read-recently-played playlist-read-private "
	    "playlist-read-collaborative user-follow-read",
	    "the scopes of all jobs");
	ok(endpoint_of_job(SLICE("play-history")) ==
		endpoint_named(SLICE("recently-played")),
	    "the endpoint of a job with one");
	ok(!endpoint_of_job(SLICE("profile")), "a job with several has none");
	buf_release(&b);
}

static void puts_path(const char *endpoint, const char *id, const char *path)
{
	struct buf b = BUF_INIT(4096);

	endpoint_put_path(endpoint_named(slice_of(endpoint)), slice_of(id), &b);
	is_text(buf_slice(&b), path, "the path of %s", endpoint);
	buf_release(&b);
}

static void denies(const char *endpoint, const char *words, const char *name)
{
	const char *got =
	    denial_name(denial_of(403, slice_of(endpoint), slice_of(words)));

	is_text(slice_of(got), name, "%s: '%s'", endpoint, words);
}

static void test_denials(void)
{
	denies("playlist", "Insufficient client SCOPE", "login");
	denies("me", "Insufficient client scope", "login");
	denies("playlist", "Active premium subscription required", "app");
	denies("user", "Not registered", "app");
	denies("playlist-items", "in developer mode", "app");
	denies("playlist", "quota", "app");
	denies("playlist", "Forbidden", "subject");
	denies("playlist", "", "subject");
	denies("audio-features", "in developer mode", "endpoint");
	denies("user", "Forbidden", "endpoint");
	denies("unknown", "", "endpoint");
	ok(denial_of(404, SLICE("playlist"), SLICE("scope")) == DENIAL_NONE &&
		!denial_name(DENIAL_NONE),
	    "404 is about nothing of these");
}

int main(void)
{
	test_table();
	test_mappings();
	test_cases();
	test_page();
	test_lists();
	puts_path("playlist", "a%2Fb", "/v1/playlists/a%2Fb");
	puts_path("playlist-items", "a", "/v1/playlists/a/items");
	puts_path("audio-features", "a", "/v1/audio-features/a");
	puts_path("audio-features", NULL, "/v1/audio-features");
	puts_path("me", NULL, "/v1/me");
	test_denials();
	return tap_done();
}

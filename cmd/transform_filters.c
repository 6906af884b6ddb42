#include "transform_filters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/builtin.h"
#include "base/os.h"
#include "cli.h"
#include "endpoint_list.h"
#include "spotify/endpoint.h"

#define FILTER_MAX ((size_t)1 << 20)

bool mapping_is_builtin(struct slice endpoint)
{
	return !slice_is(endpoint, "prelude") &&
	       builtin_find(builtin_filters, endpoint);
}

struct slice mapping_endpoint(const char *name, size_t n)
{
	struct slice job = {name, n};
	const struct endpoint *e = endpoint_of_job(job);

	return e ? slice_of(e->name) : job;
}

void mapping_unknown(const char *where, struct slice name)
{
	char text[128];

	snprintf(text, sizeof(text), "%.*s", (int)name.n, name.p);
	cli_unknown(where, "endpoint", text, endpoint_list);
}

int mapping_print(const char *name)
{
	const struct builtin_file *f =
	    builtin_find(builtin_filters, slice_of(name));

	if (!f)
		cli_unknown("--print-filter", "mapping", name, endpoint_list);
	fwrite(f->text, 1, f->len, stdout);
	return cli_close_stdout(0);
}

int mapping_list(void)
{
	struct cli_name name;

	for (size_t i = 0; endpoint_list->at(i, &name); i++)
		puts(name.name);
	return cli_close_stdout(0);
}

/* Whether a filter is for an endpoint; p == NULL is all others. */
static bool has_filter(const struct filter_set *s, struct slice endpoint)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->list[i].endpoint.p == !endpoint.p &&
		    slice_eq(s->list[i].endpoint, endpoint))
			return true;
	return false;
}

bool filter_set_maps(const struct filter_set *s, struct slice endpoint)
{
	return has_filter(s, (struct slice){NULL, 0}) ||
	       (endpoint.p && has_filter(s, endpoint));
}

const char *filter_set_general(const struct filter_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->list[i].endpoint.p)
			return s->list[i].file;
	return NULL;
}

void filter_set_add(struct filter_set *s, const char *arg)
{
	size_t n = strcspn(arg, "=/");
	struct mapper_filter f = {.file = arg};

	if (arg[n] == '=') {
		f.endpoint = mapping_endpoint(arg, n);
		f.file = arg + n + 1;
		if (!mapping_is_builtin(f.endpoint) &&
		    !slice_is(f.endpoint, ENDPOINT_UNKNOWN))
			mapping_unknown("-f", f.endpoint);
	}
	if (has_filter(s, f.endpoint))
		cli_die(EX_USAGE, "-f: given twice for %s%.*s%s: '%s'",
		    f.endpoint.p ? "endpoint '" : "all endpoints",
		    (int)f.endpoint.n, f.endpoint.p ? f.endpoint.p : "",
		    f.endpoint.p ? "'" : "", f.file);
	if (s->count == FILTERS_MAX)
		cli_die(EX_USAGE, "-f: given more than %d times", FILTERS_MAX);
	s->list[s->count++] = f;
}

/* The text of a filter's file; what is wrong with it is configuration. */
static struct slice read_file(const char *name, struct buf *text)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	text->max = FILTER_MAX;
	if (fd < 0)
		cli_die(
		    EX_CONFIG, "%s: cannot open: %s", name, strerror(errno));
	if (!os_read_all(fd, text)) {
		if (text->failed)
			cli_die(EX_CONFIG, "%s: longer than %zu bytes", name,
			    text->max);
		cli_die(
		    EX_CONFIG, "%s: cannot read: %s", name, strerror(errno));
	}
	close(fd);
	return buf_slice(text);
}

void filter_set_read(struct filter_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->list[i].text = read_file(s->list[i].file, &s->texts[i]);
}

void filter_set_release(struct filter_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		buf_release(&s->texts[i]);
}

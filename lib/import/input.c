#include "import/input.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define BLOCK ((size_t)64 << 10)

/* Times before are none: the first that a ZIP can write is of 1980. */
#define FIRST_TIME (INT64_C(946684800) * CLOCK_SECOND) /* 2000-01-01 */

void input_init(struct input *in, int fd, const char *name, int64_t time)
{
	*in = (struct input){.fd = fd,
	    .name = BUF_INIT((size_t)1 << 20),
	    .time = time,
	    .own_time = time};
	buf_puts(&in->name, name);
}

static void close_zip(struct input *in)
{
	struct input_zip *z = &in->zips[--in->depth];

	archive_read_free(z->zip);
	free(z->outer_block);
}

void input_release(struct input *in)
{
	while (in->depth > 0)
		close_zip(in);
	buf_release(&in->name);
}

/* The ZIP that the file at hand is in; NULL for a loose file. */
static struct input_zip *zip_of(struct input *in)
{
	return in->depth > 0 ? &in->zips[in->depth - 1] : NULL;
}

static void set_error(struct input *in, struct archive *zip)
{
	const char *why = archive_error_string(zip);

	if (archive_errno(zip) == ENOMEM)
		mem_exhausted();
	snprintf(in->error, sizeof(in->error), "%s",
	    why && *why ? why : "not readable");
	in->error[strcspn(in->error, "\n")] = '\0';
}

static long read_loose(struct input *in, char *to, size_t n)
{
	ssize_t got;

	do
		got = read(in->fd, to, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		snprintf(in->error, sizeof(in->error), "%s", strerror(errno));
	return (long)got;
}

/* Have the next block of the file at hand in a ZIP; false at its end. */
static bool next_block(struct input *in, struct input_zip *z)
{
	const void *block;
	size_t size = 0;
	la_int64_t offset;
	int rc;

	do
		rc = archive_read_data_block(z->zip, &block, &size, &offset);
	while (rc == ARCHIVE_OK && size == 0);
	/* The block is the last, and the file does not fit its checksum. */
	if (rc < ARCHIVE_OK) {
		set_error(in, z->zip);
		z->damaged = true;
	}
	if (rc == ARCHIVE_EOF || rc < ARCHIVE_WARN)
		return false;
	z->block = block;
	z->block_size = size;
	return size > 0;
}

/* Read of the file at hand in a ZIP, or of the loose one, what comes next. */
static long read_on(struct input *in, struct input_zip *z, char *to, size_t n)
{
	if (!z)
		return read_loose(in, to, n);
	if (z->block_size == 0 && (z->damaged || !next_block(in, z)))
		return z->damaged ? -1 : 0;
	if (n > z->block_size)
		n = z->block_size;
	memcpy(to, z->block, n);
	z->block += n;
	z->block_size -= n;
	return (long)n;
}

long input_read(void *ctx, char *to, size_t n)
{
	struct input *in = ctx;
	size_t left = in->head_size - in->head_at;

	if (left == 0)
		return read_on(in, zip_of(in), to, n);
	if (n > left)
		n = left;
	memcpy(to, in->head + in->head_at, n);
	in->head_at += n;
	return (long)n;
}

/* Read how the file at hand begins; input_read has these bytes again. */
static void read_head(struct input *in)
{
	in->head_size = in->head_at = 0;
	while (in->head_size < INPUT_HEAD) {
		long n =
		    read_on(in, zip_of(in), (char *)in->head + in->head_size,
			INPUT_HEAD - in->head_size);

		if (n <= 0)
			return;
		in->head_size += (size_t)n;
	}
}

/* Whether a file begins as a ZIP does, an empty or a split one, too. */
static bool begins_as_zip(const struct input *in)
{
	const unsigned char *p = in->head;

	return in->head_size == INPUT_HEAD && p[0] == 'P' && p[1] == 'K' &&
	       ((p[2] == 3 && p[3] == 4) || (p[2] == 5 && p[3] == 6) ||
		   (p[2] == 7 && p[3] == 8));
}

/* Read a ZIP that is a file of the ZIP before it in the list. */
static la_ssize_t read_inner(struct archive *zip, void *ctx, const void **block)
{
	struct input_zip *z = ctx;
	struct input *in = z->input;
	long n;

	*block = z->head;
	if (!z->head_read) {
		z->head_read = true;
		return INPUT_HEAD;
	}
	*block = z->outer_block;
	n = read_on(in, z - 1, z->outer_block, BLOCK);
	if (n < 0)
		archive_set_error(zip, EIO, "%s", in->error);
	return n;
}

/* Open the file at hand, which begins as a ZIP does; false if it is broken. */
static bool open_zip(struct input *in)
{
	struct input_zip *z = &in->zips[in->depth++];
	int rc;

	*z = (struct input_zip){.zip = mem_need(archive_read_new()),
	    .name_size = in->name.n,
	    .input = in};
	if (archive_read_support_format_zip(z->zip) < ARCHIVE_WARN)
		mem_exhausted();
	if (in->depth == 1) {
		lseek(in->fd, 0, SEEK_SET);
		rc = archive_read_open_fd(z->zip, in->fd, BLOCK);
	} else {
		memcpy(z->head, in->head, INPUT_HEAD);
		z->outer_block = mem_alloc(BLOCK);
		rc = archive_read_open(z->zip, z, NULL, read_inner, NULL);
	}
	in->head_size = in->head_at = 0;
	if (rc >= ARCHIVE_WARN)
		return true;
	set_error(in, z->zip);
	return false;
}

/* The entry's own time, unless it has none, or one that has not come yet. */
static int64_t time_of(const struct input *in, struct archive_entry *entry)
{
	int64_t time = (int64_t)archive_entry_mtime(entry) * CLOCK_SECOND;

	if (!archive_entry_mtime_is_set(entry) || time < FIRST_TIME)
		return in->own_time;
	return time < clock_now() ? time : clock_now();
}

static void set_name(struct input *in, struct archive_entry *entry)
{
	const char *path = archive_entry_pathname_utf8(entry);

	in->name.n = in->zips[in->depth - 1].name_size;
	in->name.failed = false;
	if (!path)
		path = archive_entry_pathname(entry);
	buf_putc(&in->name, '/');
	buf_puts(&in->name, path ? path : "(a name that cannot be read)");
}

static bool is_folder(const struct input *in, struct archive_entry *entry)
{
	return archive_entry_filetype(entry) == AE_IFDIR ||
	       in->name.p[in->name.n - 1] == '/';
}

/* The ZIP at hand ends here, well or with its error. */
static enum input_result end_zip(struct input *in, bool broken)
{
	in->name.n = in->zips[in->depth - 1].name_size;
	close_zip(in);
	return broken ? INPUT_BROKEN : INPUT_END;
}

/* Go to the next file of the ZIP at hand; INPUT_END at its end. */
static enum input_result next_entry(struct input *in)
{
	struct input_zip *z = zip_of(in);
	struct archive_entry *entry;
	int rc;

	do {
		rc = archive_read_next_header(z->zip, &entry);
		if (rc == ARCHIVE_EOF)
			return end_zip(in, false);
		if (rc < ARCHIVE_WARN) {
			set_error(in, z->zip);
			return end_zip(in, true);
		}
		set_name(in, entry);
	} while (is_folder(in, entry));
	in->number++;
	z->damaged = false;
	z->block_size = 0;
	in->time = time_of(in, entry);
	if (archive_entry_is_encrypted(entry))
		return INPUT_ENCRYPTED;
	read_head(in);
	return INPUT_FILE;
}

/* Go to the next file of the ZIPs that are open. */
static enum input_result next_in_zips(struct input *in)
{
	enum input_result result = INPUT_END;

	while (result == INPUT_END && in->depth > 0)
		result = next_entry(in);
	return result;
}

enum input_result input_next(struct input *in)
{
	enum input_result result = INPUT_FILE;

	if (in->started) {
		result = next_in_zips(in);
	} else {
		in->started = true;
		in->number++;
		read_head(in);
	}
	while (result == INPUT_FILE && begins_as_zip(in)) {
		if (in->depth == INPUT_ZIPS_MAX)
			return INPUT_TOO_DEEP;
		result = open_zip(in) ? next_in_zips(in) : end_zip(in, true);
	}
	return result;
}

/*
 * A source: a program that begins a stream. It opens a run, sends records,
 * and ends the run with its entry in the ledger.
 */
#ifndef SP_STREAM_SOURCE_H
#define SP_STREAM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/out.h"
#include "base/ulid.h"
#include "stream/ledger.h"
#include "stream/outcome.h"

struct source {
	const char *name; /* of the program */
	struct out *out;  /* borrowed */
	struct ledger ledger;
	char run[ULID_TEXT];
	char started_at[CLOCK_TEXT];
	bool more;	 /* another run will follow this one */
	struct buf line; /* the record in the making */
};

/* Set the run's id and start; false without a clock or random bytes. */
bool source_init(
    struct source *, const char *name, struct out *out, size_t max_line);
void source_release(struct source *);

/*
 * Begin a record, `{"type":…,"run":…`, to be continued with json_put_member
 * on the buf that is returned, and sent by source_send.
 */
struct buf *source_begin(struct source *, enum record_type);
bool source_send(struct source *, enum record_type);

/* Send a record that is whole already: a line without its newline. */
bool source_send_line(struct source *, enum record_type, struct slice);

/* End the run and flush. */
bool source_end(struct source *, const struct outcome *);

#endif

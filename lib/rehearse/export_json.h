/* The rows of an export, and the other files that come with it, as JSON. */
#ifndef SP_REHEARSE_EXPORT_JSON_H
#define SP_REHEARSE_EXPORT_JSON_H

#include "base/buf.h"
#include "rehearse/export_day.h"

/* Its time as the form writes it: whole seconds, or whole minutes. */
int64_t export_shown_ts(const struct day_stream *);

/*
 * A row of the extended form: of today, or with the members that it had while
 * the files were named endsong.
 */
void export_put_row(const struct export_day *, const struct day_stream *,
    bool endsong, struct buf *);

/* A row of the basic form, or nothing where that has no such rows. */
void export_put_basic(
    const struct export_day *, const struct day_stream *, struct buf *);

/*
 * A line of the true pairs: a play of the API, and the key of the stream that
 * is the same listening. Nothing where the API does not show it, or without
 * an id.
 */
void export_put_pair(
    const struct export_day *, const struct day_stream *, struct buf *);

/* A file that is no history: its path in the folder, and how it is written. */
struct export_other {
	const char *path;
	void (*put)(const struct catalogue *, struct buf *);
};

/* All of these, ended by one without a path. */
extern const struct export_other export_others[];

#endif

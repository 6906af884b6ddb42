/*
 * Which captures a list of tracks came from: the text of tracks_sources, an
 * array of [position, source] of its pages. Of a list that an older sp has
 * stored, pages become known as they come again, from the first one on:
 * [TRACKLIST_UNKNOWN, n] says that those from n on are not.
 */
#ifndef SP_MERGE_TRACKLIST_SOURCES_H
#define SP_MERGE_TRACKLIST_SOURCES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define TRACKLIST_UNKNOWN (-1)

/* Append the source of the next page; a list begins with an empty text. */
void tracklist_sources_add(struct buf *text, int64_t position, int64_t source);

/* The source at exactly that position; SOURCE_UNKNOWN where there is none. */
int64_t tracklist_sources_at(struct slice text, int64_t position);

/* Put a source in the place of the one at its position. */
void tracklist_sources_put(struct buf *text, int64_t position, int64_t source);

/* Note that so many items from a position on come from pages that are known. */
void tracklist_sources_know(
    struct buf *text, int64_t position, int64_t count, int64_t of);

#endif

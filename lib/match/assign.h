/*
 * Assigns plays to streams, one to one, the nearest first: of all pairs of a
 * stream and a play of its key within its window the first is taken, then the
 * first of those whose two sides are still free, and so on. Pairs are in the
 * order of streams that ended as `trackdone` before others, then of their
 * distance, then of the play, then of the stream.
 *
 * A stream is as far from a play as the nearer of its points, see
 * match_points. So the nearest pair of all is of a point and a play with
 * nothing between them, and pairs need not be listed, of which there may be a
 * square: points and plays are linked in the order of time, once for points
 * that look forward and once for those that look backward. Only neighbours are
 * compared, and new ones as what was between them goes. n log n, always.
 */
#ifndef SP_MATCH_ASSIGN_H
#define SP_MATCH_ASSIGN_H

#include <stddef.h>

#include "match/listening.h"

struct offer;
struct seeker;
struct list_node;
struct pair;

/* All zeros is empty and owns nothing. */
struct assignment {
	struct match_play *plays; /* private */
	struct offer *offers;
	struct seeker *seekers;
	struct list_node *nodes[2]; /* looking forward, and backward */
	struct pair *heap;
	bool *is_offered; /* by key */
	size_t offer_count, seeker_count, node_count, heap_count;
	size_t offer_room, seeker_room, nodes_room[2], heap_room, key_room;
};

/* Offer a play to the streams that seek one of this key; in their order. */
void assign_offer(struct assignment *, uint32_t key, uint32_t play);

/* Seek a play for a stream; in their order. */
void assign_seek(struct assignment *, uint32_t key, struct match_stream *);

/*
 * Assign what is free: mark the plays as taken, and write the play, the rule
 * and the distance into the streams. Then nothing is offered or sought any
 * more.
 */
void assign_run(struct assignment *, struct match_play *, enum match_rule);

void assign_release(struct assignment *);

#endif

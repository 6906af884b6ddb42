#include "match/assign.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NO_NODE SIZE_MAX

/* Those of one play follow each other. */
struct offer {
	uint32_t key, play;
	size_t nodes[2]; /* of it, by direction */
};

struct seeker {
	uint32_t key;
	struct match_stream *stream;
	struct match_points points;
	size_t nodes[2][2]; /* of each point, by direction */
};

/* A point of a seeker or an offer; backward, time is counted with a minus. */
struct list_node {
	uint32_t key;
	bool is_offer;
	uint32_t point; /* which one of a seeker */
	size_t who;	/* its seeker or offer */
	int64_t at;
	size_t prev, next; /* NO_NODE at the ends */
};

struct pair {
	int64_t distance;
	size_t offer, seeker;
};

void assign_offer(struct assignment *a, uint32_t key, uint32_t play)
{
	size_t known = a->key_room;

	a->offers = mem_grow(
	    a->offers, &a->offer_room, a->offer_count + 1, sizeof(*a->offers));
	a->offers[a->offer_count++] = (struct offer){.key = key, .play = play};
	a->is_offered = mem_grow(a->is_offered, &a->key_room, (size_t)key + 1,
	    sizeof(*a->is_offered));
	if (a->key_room > known)
		memset(a->is_offered + known, 0, a->key_room - known);
	a->is_offered[key] = true;
}

void assign_seek(
    struct assignment *a, uint32_t key, struct match_stream *stream)
{
	a->seekers = mem_grow(a->seekers, &a->seeker_room, a->seeker_count + 1,
	    sizeof(*a->seekers));
	a->seekers[a->seeker_count++] = (struct seeker){
	    .key = key, .stream = stream, .points = match_points(stream)};
}

void assign_release(struct assignment *a)
{
	free(a->offers);
	free(a->seekers);
	free(a->nodes[0]);
	free(a->nodes[1]);
	free(a->heap);
	free(a->is_offered);
	*a = (struct assignment){.plays = NULL};
}

/* --- the heap of pairs ---------------------------------------------------- */

static bool is_before(
    const struct assignment *a, const struct pair *x, const struct pair *y)
{
	uint32_t p = a->offers[x->offer].play, q = a->offers[y->offer].play;

	if (x->distance != y->distance)
		return x->distance < y->distance;
	return p != q ? p < q : x->seeker < y->seeker;
}

static void push(struct assignment *a, struct pair pair)
{
	size_t i = a->heap_count++;

	a->heap =
	    mem_grow(a->heap, &a->heap_room, a->heap_count, sizeof(*a->heap));
	for (; i > 0 && is_before(a, &pair, &a->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		a->heap[i] = a->heap[(i - 1) / 2];
	a->heap[i] = pair;
}

static struct pair pop(struct assignment *a)
{
	struct pair first = a->heap[0], last = a->heap[--a->heap_count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < a->heap_count) {
		if (child + 1 < a->heap_count &&
		    is_before(a, &a->heap[child + 1], &a->heap[child]))
			child++;
		if (!is_before(a, &a->heap[child], &last))
			break;
		a->heap[i] = a->heap[child];
		i = child;
	}
	a->heap[i] = last;
	return first;
}

/* --- neighbours ----------------------------------------------------------- */

static void unlink_node(struct list_node *nodes, size_t i)
{
	struct list_node *n = &nodes[i];

	if (n->prev != NO_NODE)
		nodes[n->prev].next = n->next;
	if (n->next != NO_NODE)
		nodes[n->next].prev = n->prev;
}

static bool is_within(const struct assignment *a, const struct list_node *point,
    const struct list_node *offer)
{
	const struct match_stream *s = a->seekers[point->who].stream;
	int64_t at = a->plays[a->offers[offer->who].play].at;

	return at >= s->start - MATCH_BEFORE && at <= match_window_of(s).to;
}

/*
 * Pair an offer with the point before it. A point that cannot reach its next
 * offer reaches none in this direction, and goes.
 */
static void meet(struct assignment *a, int direction, size_t i)
{
	struct list_node *nodes = a->nodes[direction], *n = &nodes[i];

	while (n->prev != NO_NODE && !nodes[n->prev].is_offer) {
		struct list_node *point = &nodes[n->prev];

		if (is_within(a, point, n)) {
			push(a, (struct pair){
				    n->at - point->at, n->who, point->who});
			return;
		}
		unlink_node(nodes, n->prev);
		point->who = NO_NODE;
	}
}

static void leave(struct assignment *a, int direction, size_t i)
{
	struct list_node *nodes = a->nodes[direction];
	size_t next = nodes[i].next;

	if (nodes[i].who == NO_NODE)
		return;
	unlink_node(nodes, i);
	nodes[i].who = NO_NODE;
	if (next != NO_NODE && nodes[next].is_offer)
		meet(a, direction, next);
}

/* --- building ------------------------------------------------------------- */

/*
 * By key and time; at one time points before offers, and the first stream and
 * the first play are those that meet.
 */
static int compare(const void *x, const void *y)
{
	const struct list_node *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->is_offer != b->is_offer)
		return a->is_offer ? 1 : -1;
	if (a->who != b->who)
		return (a->who < b->who) == a->is_offer ? -1 : 1;
	return (a->point > b->point) - (a->point < b->point);
}

static void add_node(struct assignment *a, struct list_node n)
{
	for (int d = 0; d < 2; d++) {
		a->nodes[d] = mem_grow(a->nodes[d], &a->nodes_room[d],
		    a->node_count + 1, sizeof(*a->nodes[d]));
		a->nodes[d][a->node_count] = n;
		n.at = -n.at;
	}
	a->node_count++;
}

/* Add the free offers, and those seekers that ended as trackdone or did not. */
static void add_nodes(struct assignment *a, bool trackdone)
{
	a->node_count = 0;
	for (size_t i = 0; i < a->seeker_count; i++) {
		const struct seeker *k = &a->seekers[i];

		if (k->stream->trackdone != trackdone ||
		    k->key >= a->key_room || !a->is_offered[k->key])
			continue;
		for (uint32_t p = 0; p < k->points.count; p++)
			add_node(a, (struct list_node){.key = k->key,
					.point = p,
					.who = i,
					.at = k->points.at[p]});
	}
	if (a->node_count == 0)
		return;
	for (size_t i = 0; i < a->offer_count; i++) {
		const struct match_play *p = &a->plays[a->offers[i].play];

		if (!p->taken)
			add_node(a, (struct list_node){.key = a->offers[i].key,
					.is_offer = true,
					.who = i,
					.at = p->at});
	}
}

/* Sort the nodes of a direction, link those of a key, and let all meet. */
static void link_nodes(struct assignment *a, int direction)
{
	struct list_node *nodes = a->nodes[direction];

	qsort(nodes, a->node_count, sizeof(*nodes), compare);
	for (size_t i = 0; i < a->node_count; i++) {
		struct list_node *n = &nodes[i];

		n->prev = i > 0 && n[-1].key == n->key ? i - 1 : NO_NODE;
		n->next = i + 1 < a->node_count && n[1].key == n->key ? i + 1
								      : NO_NODE;
		if (n->is_offer)
			a->offers[n->who].nodes[direction] = i;
		else
			a->seekers[n->who].nodes[direction][n->point] = i;
	}
	for (size_t i = 0; i < a->node_count; i++)
		if (nodes[i].is_offer)
			meet(a, direction, i);
}

/* --- taking --------------------------------------------------------------- */

static void leave_seeker(struct assignment *a, const struct seeker *k)
{
	for (int d = 0; d < 2; d++)
		for (unsigned p = 0; p < k->points.count; p++)
			leave(a, d, k->nodes[d][p]);
}

/* All offers of a play, of which this is one. */
static void leave_offers(struct assignment *a, size_t i)
{
	uint32_t play = a->offers[i].play;

	while (i > 0 && a->offers[i - 1].play == play)
		i--;
	for (; i < a->offer_count && a->offers[i].play == play; i++)
		for (int d = 0; d < 2; d++)
			leave(a, d, a->offers[i].nodes[d]);
}

static void take(struct assignment *a, struct pair pair, enum match_rule rule)
{
	struct seeker *k = &a->seekers[pair.seeker];
	uint32_t play = a->offers[pair.offer].play;

	if (a->plays[play].taken || k->stream->rule != MATCH_NOT)
		return;
	a->plays[play].taken = true;
	k->stream->play = play;
	k->stream->distance = pair.distance;
	k->stream->rule = rule;
	leave_seeker(a, k);
	leave_offers(a, pair.offer);
}

void assign_run(
    struct assignment *a, struct match_play *plays, enum match_rule rule)
{
	a->plays = plays;
	for (int last = 0; last < 2 && a->offer_count > 0; last++) {
		add_nodes(a, last == 0);
		if (a->node_count == 0)
			continue;
		link_nodes(a, 0);
		link_nodes(a, 1);
		while (a->heap_count > 0)
			take(a, pop(a), rule);
	}
	for (size_t i = 0; i < a->offer_count; i++)
		a->is_offered[a->offers[i].key] = false;
	a->offer_count = a->seeker_count = 0;
}

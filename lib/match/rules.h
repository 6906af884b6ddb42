/*
 * The rules by which streams are matched. In this order:
 *
 *	basic	A stream of a basic export is one of an extended export that
 *		ended in the same minute and has the same names, which
 *		replaces it.
 *	track	A stream and a play are of the same track, and the play is no
 *		earlier than 5 seconds before the stream's start, and no later
 *		than 15 minutes after its end, or a day if it ended with an
 *		unexpected exit. How far they are apart is the time between the
 *		play and the stream's end, or between the play and when the
 *		time that was heard had passed, whichever is less. The nearest
 *		are matched first, one to one, as match/assign.h has it.
 *	isrc	The same for what is left, of tracks with the same ISRC.
 *	names	The same for streams that are known by their names alone. Those
 *		of a basic export ended at some time in a minute: they are as
 *		far from a play as its middle is.
 *	piece	A stream without a play is a piece of the listening of a
 *		neighbour of the same track that has one, within 60 seconds: if
 *		the earlier one ended, or the later one began, as listening
 *		does that goes on elsewhere. So may be several in a row; the
 *		leader is the next one that has a play, or else the last one.
 *
 * A stream of less than 30 seconds has a play only if it ended as what was
 * heard to its end does, or what goes on elsewhere. Phantoms and streams of a
 * private session take no part, except that they may replace those of a basic
 * export.
 */
#ifndef SP_MATCH_RULES_H
#define SP_MATCH_RULES_H

#include "match/excerpt.h"

/* Match all streams that are touched. */
void rules_apply(struct excerpt *);

#endif

/* Made-up names, drawn from short lists of words. */
#ifndef SP_REHEARSE_MADE_UP_NAMES_H
#define SP_REHEARSE_MADE_UP_NAMES_H

#include "rehearse/prng.h"

#define NAME_SIZE 96 /* bytes of a name, with its NUL */

/* An adjective and a noun: an artist, an album, a show. */
void name_band(struct prng *, char name[NAME_SIZE]);

/* A verb and a noun: a track, an episode, a playlist. */
void name_song(struct prng *, char name[NAME_SIZE]);

#endif

#include "rehearse/made_up_names.h"

#include <stdio.h>

#include "base/array.h"

static const char *const adjectives[] = {"Paper", "Hollow", "Velvet", "Distant",
    "Copper", "Quiet", "Electric", "Northern", "Salted", "Crooked", "Golden",
    "Wandering", "Frozen", "Second", "Borrowed", "Invisible", "Slow", "Neon",
    "Broken", "Patient", "Midnight", "Tidal", "Glass", "Unfinished"};
static const char *const nouns[] = {"Lanterns", "Harbour", "Machines",
    "Orchard", "Satellites", "Rivers", "Kitchen", "Ghosts", "Parade", "Static",
    "Letters", "Mountains", "Clockwork", "Sparrows", "Gardens", "Elevators",
    "Thunder", "Postcards", "Wolves", "Ballroom", "Windows", "Tramlines",
    "Fireflies", "Dial Tone"};
static const char *const verbs[] = {"Leaving", "Waiting for", "Under",
    "Counting", "Return to", "Dancing with", "No More", "All My", "Beyond",
    "Letters from", "Fading", "Learning", "Goodbye,", "Somewhere near",
    "Underneath", "Chasing"};

/*
 * Each draw is a statement of its own: the order in which arguments are
 * evaluated is the compiler's.
 */
static void two_words(
    struct prng *c, const char *const *list, size_t n, char *name)
{
	const char *first = list[prng_below(c, n)];
	const char *noun = nouns[prng_below(c, COUNT_OF(nouns))];

	snprintf(name, NAME_SIZE, "%s %s", first, noun);
}

void name_band(struct prng *c, char name[NAME_SIZE])
{
	two_words(c, adjectives, COUNT_OF(adjectives), name);
}

void name_song(struct prng *c, char name[NAME_SIZE])
{
	two_words(c, verbs, COUNT_OF(verbs), name);
}

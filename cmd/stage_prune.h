/* sp-stage prune: removes the captures that inspect/prune.h finds. */
#ifndef SP_CMD_STAGE_PRUNE_H
#define SP_CMD_STAGE_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

struct prune_options {
	const char *db; /* of --db, or NULL */
	int64_t keep;	/* what is younger stays, in milliseconds */
	bool dry;	/* only list what would go, on stdout */
	bool even_needed;
	bool vacuum;
	bool table; /* list for people */
	bool progress;
};

/* Do so, and sum it up on stderr; a status of sp(7). */
int prune_run(const struct prune_options *);

#endif

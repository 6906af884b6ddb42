/* sp-stage prune: removes captures by inspect/prune.h. */
#ifndef SP_CMD_STAGE_PRUNE_H
#define SP_CMD_STAGE_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

struct prune_options {
	const char *db; /* of --db, or NULL */
	int64_t keep;	/* younger captures stay, in milliseconds */
	bool dry;	/* only list the plan on stdout */
	bool even_needed;
	bool vacuum;
	bool table; /* list in a table */
	bool progress;
};

/* Prune, and sum up on stderr; a status of sp(7). */
int prune_run(const struct prune_options *);

#endif

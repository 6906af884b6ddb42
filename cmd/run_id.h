/*
 * Ids of runs as people write them: whole, or the end or the beginning of one,
 * of four characters or more, if no other run has it. Tables show the end.
 */
#ifndef SP_CMD_RUN_ID_H
#define SP_CMD_RUN_ID_H

#include <sqlite3.h>

/*
 * The whole id, which the caller frees; what was given if there is no such run.
 * Dies if there are several, or they cannot be read.
 */
char *run_id_resolve(sqlite3 *, const char *command, const char *given);

/* The same for each of a list that NULL ends, until the program exits. */
void run_ids_resolve(sqlite3 *, const char *command, char **list);

#endif

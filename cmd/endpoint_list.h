/* The endpoints that have a mapping, for --help and messages. */
#ifndef SP_CMD_ENDPOINT_LIST_H
#define SP_CMD_ENDPOINT_LIST_H

#include "options.h"

/* One list, as the lists of a struct cli_program. */
extern const struct cli_list endpoint_list[];

#endif

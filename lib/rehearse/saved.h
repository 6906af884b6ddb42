/* Saved responses, served instead of generated ones. */
#ifndef SP_REHEARSE_SAVED_H
#define SP_REHEARSE_SAVED_H

#include "rehearse/exchange.h"

/*
 * Respond with the file of the folder that is named after the path: / is
 * written as _, as in me_player_recently-played.json. 404 if there is none.
 */
void saved_respond(
    const char *folder, const struct mock_request *, struct mock_response *);

#endif

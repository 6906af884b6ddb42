/* Opens the address of a login in the user's browser. */
#ifndef SP_CMD_FETCH_BROWSER_H
#define SP_CMD_FETCH_BROWSER_H

#include <stdbool.h>

/*
 * Open an address in a browser: by $BROWSER, commands separated by colons, in
 * which %s stands for the address; else in the desktop's default browser. No
 * shell is used. False if none was started.
 */
bool browser_open(const char *url);

#endif

#ifndef SP_CMD_FETCH_BROWSER_H
#define SP_CMD_FETCH_BROWSER_H

#include <stdbool.h>

/*
 * Open an address in the user's browser: $BROWSER, a list of commands separated
 * by colons, in which %s is replaced by the address; else the desktop's default
 * browser, if there is a desktop. No shell is used. False if none was started.
 */
bool browser_open(const char *url);

#endif

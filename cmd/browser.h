#ifndef SP_CMD_BROWSER_H
#define SP_CMD_BROWSER_H

#include <stdbool.h>

/*
 * Open an address in the user's browser: $BROWSER, a list of commands with
 * colons between, in which %s stands for the address; else what the desktop
 * has, if there is a desktop. No shell reads it. False if none was started.
 */
bool browser_open(const char *url);

#endif

/*
 * The HTTP server of the mock, on 127.0.0.1: a thread for each connection, so
 * that a slow response delays no other.
 */
#ifndef SP_REHEARSE_SERVER_H
#define SP_REHEARSE_SERVER_H

#include "rehearse/mock.h"

struct server;

/*
 * Bind port (0: any free one) without serving yet; the number goes to *bound.
 * Returns the socket, or -1 with errno set.
 */
int server_bind(int port, int *bound);

/*
 * Serve the mock, which is borrowed, on a socket from server_bind, which
 * is now the server's. NULL on failure; the socket is closed then, too.
 */
struct server *server_new(struct mock *, int fd);

/* Cut what is still being sent, and wait for every thread. */
void server_free(struct server *);

#endif

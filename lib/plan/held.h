/*
 * What is held of a request's pages: the entity tags that its answers came
 * with last, whose bodies are still in staging, so that the API need not send
 * these again. A chain of pages is followed as it stood then.
 */
#ifndef SP_PLAN_HELD_H
#define SP_PLAN_HELD_H

#include "base/buf.h"

struct plan;

/*
 * Write a request's member `etags`, an object from URL to `etag` and `next`,
 * into `etags`, cleared first; nothing where nothing is held. `path` is the
 * first page's to be asked, `paging` the request's or NULL. SQLite's result
 * code.
 */
int held_collect(
    struct plan *, const char *path, const char *paging, struct buf *etags);

#endif

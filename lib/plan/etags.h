/*
 * The entity tags of a request's pages: of their last answers, as far as the
 * bodies are still in staging, so that the API need not send these again. A
 * chain of pages is followed as it was then.
 */
#ifndef SP_PLAN_ETAGS_H
#define SP_PLAN_ETAGS_H

#include "base/buf.h"

struct plan;

/*
 * Write a request's member `etags`, an object from URL to `etag` and `next`,
 * into `etags`, cleared first; nothing if there are none. `path` is that of
 * the first page to be requested, `paging` the request's or NULL. SQLite's
 * result code.
 */
int etags_collect(
    struct plan *, const char *path, const char *paging, struct buf *etags);

#endif

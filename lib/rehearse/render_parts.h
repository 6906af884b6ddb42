/* Parts of the Web API's objects that several of them have. */
#ifndef SP_REHEARSE_RENDER_PARTS_H
#define SP_REHEARSE_RENDER_PARTS_H

#include "rehearse/put_json.h"

#define API "https://api.spotify.com/v1"
#define WEB "https://open.spotify.com"

/* "key":text, after a comma where one is due; NULL is null. */
void put_member(struct buf *, const char *key, const char *text);

/* external_urls, href, id, type and uri; all but the type null without id. */
void put_links(struct buf *, const char *type, const char *id);

/* ,"images":[...], none without id; what is the beginning of their names. */
void put_images(struct buf *, const char *what, const char *id);

/*
 * The same as put_links for a user, whose id may be anything: it is
 * percent-encoded in urls only.
 */
void put_user_links(struct buf *, const char *id);

/* A moment in ms, written in whole seconds; null if it is below 0. */
void put_second(struct buf *, int64_t ms);

#endif

# lib/merge/tracklist_pages.c: pages that wait are not put in order
/\[PAGES_READ\]/,/\[PAGES_FOLLOWERS\]/s/order by page_offset",$/order by page_offset desc",/

# lib/merge/tracklist_pages.c: pages that wait are not put in order
s/>= 0 order by page_offset",$/>= 0 order by page_offset desc",/

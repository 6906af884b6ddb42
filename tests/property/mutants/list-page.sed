# lib/store/list_pages.c: pages that wait are not put in order
s/" order by page_offset",$/" order by page_offset desc",/

# lib/store/list_pages.c: a list is held though a page is missing
s/if (j->end < j->total)/if (j->end < j->total - 100)/

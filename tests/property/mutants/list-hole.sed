# lib/merge/tracklist_pages.c: a list is held though a page is missing
s/if (!j->ended || j->end < j->least)/if (j->end < j->least - 100)/
s/ || j->end != j->total)/)/

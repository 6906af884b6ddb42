# lib/merge/tracklist_pages.c: a list becomes current though a page is missing
s/if (!j->ended || j->end < j->least)/if (j->end < j->least - 100)/
s/ || j->end != j->total)/)/

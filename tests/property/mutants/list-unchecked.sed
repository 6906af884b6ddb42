# lib/merge/tracklist_pages.c: a list becomes current without its check
s/if (!j->check_due)/if (!j->check)/

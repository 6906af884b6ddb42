# lib/merge/tracklist_pages.c: a list is held without its check
s/if (!j->check_due)/if (!j->check)/

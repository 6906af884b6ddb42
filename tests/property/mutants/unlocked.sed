# lib/db/db.c: two that write at once do not wait for each other
s/"begin immediate"/"begin"/

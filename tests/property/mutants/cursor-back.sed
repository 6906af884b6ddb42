# lib/merge/merge.c: a cursor goes back
s|has_cursor(t, s, was, o->at) ? value_cmp(v, was) : 1|has_cursor(t, s, was, o->at) ? 1 : 1|

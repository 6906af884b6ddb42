# lib/store/merge.c: a cursor goes where it is told to
s/c = s->present ? value_cmp(v, was) : 1/c = 1/

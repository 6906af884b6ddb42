# lib/merge/sources.c: captures come in the order in which they were loaded
s/return slice_cmp(s->runs.texts\[a->run\], s->runs.texts\[b->run\]) < 0;/return a->number < b->number;/
s/return a->seq < b->seq;/return a->number < b->number;/

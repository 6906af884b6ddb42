# lib/merge/merge.c: null erases no older value
s/if (slice_eq(\*was, o->at))/if (v->type == VALUE_NULL || slice_eq(*was, o->at))/

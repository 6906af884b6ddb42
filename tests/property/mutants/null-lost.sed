# lib/merge/merge.c: null erases nothing that was told before
s/if (slice_eq(\*was, o->at))/if (v->type == VALUE_NULL || slice_eq(*was, o->at))/

# lib/merge/merge.c: what comes last stands, whenever it was told
s/if (later(\*was, o->at))/if (was->n == 0)/

# lib/merge/merge.c: the row that comes last wins, whatever its time
s/if (later(\*was, o->at))/if (was->n == 0)/

# lib/merge/batch.c: of rows that come again the first time counts
s/if (last > 0 ||/if (o->at.n == 0 ||/

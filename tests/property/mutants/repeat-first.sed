# lib/merge/batch.c: of rows that come again the first time counts
s/if (last > 0)$/if (b->at.n == 0)/

# lib/merge/merge.c: of two values of one time the later one wins
s/if (c >= 0)$/if (c == 0)/

# lib/merge/merge.c: of two values told at one time the later stands
s/if (c >= 0)$/if (c == 0)/

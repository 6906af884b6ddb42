# lib/merge/batch.c: of rows that come again the first time counts
s/if (slice_cmp(b->at, e->last_at) > 0) {/if (b->at.n == 0) {/

# lib/merge/merge.c: whatever comes last, an add or a delete, counts
s/if (merge_is_deleted(t, s))/if (obs->removes)/

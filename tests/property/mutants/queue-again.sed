# lib/store/merge.c: whatever comes last, an add or a delete, counts
s/if (merge_is_done(t, s))/if (told->removes)/

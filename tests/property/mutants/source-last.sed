# lib/merge/merge.c: of captures with the same value the last one counts
s/return sources_first(o->sources, o->source, source);/return o->source;/

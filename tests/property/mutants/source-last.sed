# lib/merge/merge.c: of captures that tell the same the last one counts
s/return sources_first(o->sources, o->source, source);/return o->source;/

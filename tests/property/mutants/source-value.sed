# lib/merge/merge.c: a greater value keeps the source of the one before
/was = o->at;/,/source = o->source;/s/\*source = o->source;/*source = was->n \&\& *source > 0 ? *source : o->source;/

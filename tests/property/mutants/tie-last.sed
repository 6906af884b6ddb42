# lib/merge/merge.c: of two values told at one time the later stands
s/value_cmp(&s->values\[v->column\], v) >= 0/value_cmp(\&s->values[v->column], v) == 0/

# lib/merge/merge.c: created_at is of the row that comes last
s/if (v->type != VALUE_TEXT || later(v->text, o->at))/if (v->type != VALUE_TEXT || v->text.n > 0)/

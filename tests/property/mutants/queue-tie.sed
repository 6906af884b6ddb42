# lib/merge/merge.c: of two plays of one time, either one wins
s/if (t->columns\[i\].rule == RULE_TABLE)/if (t->columns[i].rule == RULE_NONE)/

# lib/merge/sources.c: captures come in the order in which they were loaded
s/return is_before(s, &y, &x) ? b : a;/return a < b ? a : b;/

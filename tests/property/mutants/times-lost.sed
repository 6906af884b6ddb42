# lib/merge/merge.c: when columns were told is forgotten
s/read_times(t, s);/(void)read_times;/

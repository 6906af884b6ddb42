# lib/merge/merge.c: the times of columns are lost
s/read_times(t, s);/(void)read_times;/

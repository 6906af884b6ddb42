# lib/merge/sources.c: captures come in the order in which they were loaded
s/ order by run_id, seq limit 1/ order by source_id limit 1/

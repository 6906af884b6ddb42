#!/bin/sh
# Others at the database: one that writes and takes its time, and a reader
# that never ends. The job completes all the same.
cd "$(dirname "$0")/../.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
api_start --user kim --seed 5 --clock 2026-11-01T08:00:00Z

run job
is "$status" 0 "a first run"

section "a writer that takes its time"
for job in play-history playlists; do
	api_post "clock?advance=5h"
	lock "begin immediate"
	job $job >"$tmp/said" 2>&1 9>&- &
	working=$!
	# Until it has fetched, and waits for the lock.
	sleep 0.5
	is "$(last_run)" complete "$job: nothing is on record of it yet"
	unlock "commit"
	wait $working
	is "$? $(cat "$tmp/said") $(last_run)" "0  complete" \
	    "$job waits for a writer, and completes"
done

section "a reader that never ends"
lock "begin; select count(*) from play_history"
for i in 1 2 3; do
	api_post "clock?advance=9h"
	for job in play-history playlists; do
		run job $job 9>&-
		is "$status $err $(last_run)" "0  complete" \
		    "$job, run $i, with a reader that never ends"
	done
done
is "$(sql 'select count(distinct played_at) > 50 from play_history')" 1 \
    "others see what was written"
# The log cannot be copied into the file while it is read: it grows by what
# is written, and no more, until the reader goes.
log_size() { [ ! -e "$SP_DB-wal" ] || wc -c <"$SP_DB-wal"; }
grown=$(log_size)
sp-stage replay 9>&- | sp-transform 9>&- | sp-load 9>&- 2>"$tmp/said"
is "$? $(($(log_size) - grown < 100000))" "0 1" \
    "what changes nothing adds next to nothing to its $grown bytes"
unlock "commit"
job >/dev/null 2>&1
is "$(log_size)" "" "the log is gone with the reader"
is "$(sql 'pragma integrity_check')" ok "the database is whole"

section "a writer that is killed, and a reader"
lock "begin immediate; delete from tracks"
job >"$tmp/said" 2>&1 9>&- &
working=$!
sleep 0.3
kill -9 $lock_pid
exec 9>&-
wait $lock_pid 2>/dev/null
wait $working
is "$? $(cat "$tmp/said")" "0 " "a writer that is killed lets the job go on"
is "$(sql 'pragma integrity_check; select count(*) > 0 from tracks')" "ok
1" "and has changed nothing"
finish

#!/bin/sh
# SIGINT and SIGTERM: each program ends by the signal, so that a loop of a
# shell ends with it.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
PATH=$build:$PATH
SP_DB=$tmp/music.db SP_TOKEN_FILE=$tmp/token.json
export SP_DB SP_TOKEN_FILE
mkfifo "$tmp/in"

# A shell's background jobs have SIGINT ignored.
heeding() { exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$@"; }

# is_idle PID PROGRAM: whether it is that program, and sleeps, which is when it
# waits for input.
is_idle() {
	grep -qsx "Name:.$2" "/proc/$1/status" &&
	    grep -qs '^State:.*S' "/proc/$1/status"
}
until_idle() {
	if [ -e /proc/self/status ]; then
		wait_until is_idle "$@"
	else
		sleep 0.3
	fi
}

for program in 'sp-queue add' sp-fetch sp-stage sp-transform sp-load \
    'sp-load -n'; do
	for signal in INT:130 TERM:143; do
		heeding $program <"$tmp/in" >/dev/null 2>&1 3>&- &
		pid=$!
		exec 3>"$tmp/in"
		printf '{"type":"run","run":"R"}\n' >&3
		until_idle $pid ${program%% *}
		sleep 0.1
		kill -s ${signal%:*} $pid
		wait $pid 2>/dev/null
		is $? "${signal#*:}" "$program ends by SIG${signal%:*}"
		exec 3>&-
	done
done

# What whoever starts it has ignored stays ignored.
sh -c 'trap "" INT; exec sp-load' <"$tmp/in" 2>"$tmp/err" 3>&- &
pid=$!
exec 3>"$tmp/in"
until_idle $pid sp-load
sleep 0.1
kill -INT $pid
printf '{"type":"run","run":"S"}\n{"type":"end","run":"S"}\n' >&3
exec 3>&-
wait $pid
is "$(cat "$tmp/err" | grep -c interrupted)" 0 "SIGINT stays ignored"

# Ctrl-C on a loop of pipelines, as a terminal does it to all of them.
if command -v bash >/dev/null; then
	cat >"$tmp/loop" <<-'END'
	for i in 1 2 3; do
		echo "round $i"
		cat "$1" | sp-stage | sp-transform | sp-load
	done
	echo "went on"
	END
	perl -e '$SIG{INT} = "DEFAULT"; setpgrp; exec @ARGV' \
	    bash "$tmp/loop" "$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
	pid=$!
	exec 3>"$tmp/in"
	printf '{"type":"run","run":"T"}\n' >&3
	wait_until prints 1 sqlite3 -cmd '.timeout 5000' "$SP_DB" \
	    "select count(*) from ingest_runs where run_id = 'T'"
	kill -s INT -- -$pid
	wait $pid
	is "$? $(cat "$tmp/out")" "130 round 1" "Ctrl-C ends a loop of pipelines"
	# The shell may be gone before sp-load is, which may see its input end
	# before it sees the signal.
	wait_until prints 0 sqlite3 "$SP_DB" "select count(*) from ingest_runs
	    where run_id = 'T' and reason like '%in progress%'"
	like "$(sqlite3 "$SP_DB" "select status, reason from ingest_runs
		where run_id = 'T'; pragma integrity_check" | xargs)" \
	    '^failed.(interrupted|no end record: the input is incomplete) ok$' \
	    "and the run is on record as failed"
	exec 3>&-
else
	skip "no bash" "Ctrl-C ends a loop of pipelines"
fi
finish

#!/bin/sh
# A database that another program keeps locked: who writes waits for as long
# as --lock-wait says, reports it, has done nothing, and can be run again.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh

at='"fetched_at":"2026-11-22T07:00:00.000Z"'
cat >"$tmp/captures" <<END
{"type":"run","run":"R","job":"profile","user":"kim"}
{"type":"capture","run":"R","seq":1,"endpoint":"me","user":"kim","url":"https://api.example/v1/me","status":200,$at,"body":{"id":"kim"}}
{"type":"end","run":"R","status":"complete"}
END
sp-transform <"$tmp/captures" >"$tmp/rows"
echo '{"id":"kim"}' >"$tmp/body"
sp-queue add 6rqhFgbbKwnb9MLmUQDhG6
is $? 0 "a database"

# locked SQL STATUS NAME COMMAND...: gives up in time, and can be run again.
locked() {
	lock "$1"
	name=$2
	shift 2
	began=$(date +%s%N)
	run timeout 10 "$@" <"$in" 9>&-
	took=$((($(date +%s%N) - began) / 1000000))
	is "$status $err" "75 $name: another program keeps the database locked" \
	    "$*: gives up"
	[ $took -ge 100 ] && [ $took -lt 10000 ]
	ok $? "after its time, not the usual one: $took ms"
	is "$(grep -c '"type":"\(capture\|end\)"' "$tmp/out")" 0 \
	    "it passes nothing on"
	unlock
	run "$@" <"$in"
	is "$status $err" "0 " "run again, it completes"
}
in=$tmp/captures
locked "begin immediate" "sp-stage: cannot lock the database" \
    sp-stage --lock-wait 100ms
in=/dev/null
locked "begin immediate" "sp-stage: cannot lock the database" sp-stage import \
    --lock-wait 100ms --endpoint me --fetched-at 2026-11-01 "$tmp/body"
locked "begin immediate" "sp-queue: cannot lock the database" \
    sp-queue add --lock-wait 100ms 37i9dQZF1DXcBWIGoYBM5M
in=$tmp/rows
locked "begin immediate" "sp-load: $SP_DB" sp-load --lock-wait 100ms
is "$(sqlite3 "$SP_DB" "select status from ingest_runs where run_id = 'R';
	select count(*) from users; pragma integrity_check" | xargs)" "complete 1 ok" \
    "all is there"
sqlite3 "$SP_DB" 'pragma journal_mode = delete' >/dev/null
locked "begin exclusive" "sp-load: $SP_DB" sp-load --lock-wait 100ms

# What opens the file waits for the lock as well as SQLite does: not twice.
sqlite3 "$SP_DB" 'pragma journal_mode = delete' >/dev/null
lock "begin immediate"
began=$(date +%s%N)
run sp-load --lock-wait 2s <"$tmp/rows" 9>&-
took=$((($(date +%s%N) - began) / 1000000))
unlock
[ "$status" -eq 75 ] && [ $took -ge 2000 ] && [ $took -lt 3900 ]
ok $? "two seconds are not four: $took ms"

run sp-load --lock-wait soon </dev/null
is "$status" 64 "--lock-wait wants a duration"

section "a signal does not wait for the lock"
lock "begin immediate"
began=$(date +%s)
perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' sp-load <"$tmp/rows" \
    2>"$tmp/err" 9>&- &
pid=$!
# Whether it has opened the database, and handles the signal.
has_begun() {
	ls -l /proc/$pid/fd 2>/dev/null | grep -q 'music.db$' &&
	    grep -q '^SigCgt:.*[2367abef]$' /proc/$pid/status
}
[ ! -e /proc/self/status ] || wait_until has_begun
sleep 0.1
kill -INT $pid
wait $pid
is "$? $(cat "$tmp/err")" \
    "130 sp-load: $SP_DB: another program keeps the database locked" \
    "SIGINT while it waits for a lock"
[ $(($(date +%s) - began)) -lt 10 ]
ok $? "ends it soon"
unlock

section "who waits for input"
mkfifo "$tmp/bodies"
sp-stage import --endpoint me --fetched-at 2026-11-22 "$tmp/body" - \
    <"$tmp/bodies" >"$tmp/imported" 2>"$tmp/import.err" &
importer=$!
exec 8>"$tmp/bodies"
wait_until grep -q '"seq":1,' "$tmp/imported"
run sp-queue add --lock-wait 100ms 6rqhFgbbKwnb9MLmUQDhG6
is "$status $err" "0 " "an import that waits for stdin locks nobody out"
is "$(grep -c '"type":"capture"' "$tmp/imported")" 1 \
    "and has passed on what it had"
echo '{"id":"lee"}' >&8
exec 8>&-
wait $importer
is "$? $(grep -c '"type":"capture"' "$tmp/imported") $(cat "$tmp/import.err")" \
    "0 2 " \
    "what comes later is staged, too"
finish

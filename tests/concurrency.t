#!/bin/sh
# Many at one database: several writers from the first moment on, a reader
# that never ends, someone who changes the schema, someone who takes the file
# away.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh
mkfifo "$tmp/rows"

# users NAME COUNT: rows, some of which others bring too.
users() {
	awk -v name="$1" -v n="$2" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "{\"type\":\"row\",\"table\":\"users\",\"row\":" \
			    "{\"user_id\":\"%s%d\",\"display_name\":\"%d\"}," \
			    "\"at\":\"2026-11-22T07:00:00.000Z\"}\n",
			    i % 3 ? name : "all", i, i
	}'
}

section "all at once, from the first moment on"
SP_DB=$tmp/new/folder/music.db
for n in 1 2 3 4; do
	users "load$n-" 300 >"$tmp/users$n"
	captures "run$n" 50 me "{\"id\":\"run$n-%d\"}" >"$tmp/captures$n"
done
pids=
for n in 1 2 3 4; do
	sp-load --batch-rows 7 <"$tmp/users$n" 2>"$tmp/load$n" 9>&- &
	pids="$pids $!"
	sp-stage <"$tmp/captures$n" >"$tmp/staged$n" 2>"$tmp/stage$n" &
	pids="$pids $!"
done
ends=
for pid in $pids; do
	wait "$pid"
	ends="$ends $?"
done
is "$ends$(cat "$tmp"/load? "$tmp"/stage?)" " 0 0 0 0 0 0 0 0" \
    "eight writers that begin together all end well"
is "$(sql 'pragma integrity_check; select count(*) from users;
	select count(*) from staging_raw')" "ok
900
200" "and all is there, once"
for n in 1 2 3 4; do
	cmp -s "$tmp/captures$n" "$tmp/staged$n" || break
done
ok $? "and was passed on"

section "a reader that never ends"
log_size() { stat -c %s "$SP_DB-wal" 2>/dev/null || echo 0; }
lock "begin; select count(*) from users"
pids=
for n in 5 6; do
	users "load$n-" 600 | sp-load --batch-rows 5 9>&- &
	pids="$pids $!"
	captures "run$n" 300 me "{\"id\":\"run$n-%d\"}" | sp-stage 9>&- >"$tmp/staged" &
	pids="$pids $!"
done
ends=
for pid in $pids; do
	wait "$pid"
	ends="$ends $?"
done
is "$ends" " 0 0 0 0" "nobody waits for a reader"
grown=$(log_size)
[ "$grown" -gt 1000000 ]
ok $? "while it reads, the log grows"
unlock
users last 1 | sp-load
is "$(log_size) $(sql 'pragma integrity_check; select count(*) from users')" \
    "0 ok
1800" "the log goes with the next that closes the database"

section "the schema changes on the way"
SP_DB=$tmp/music.db
users a 1 | sp-load
lock "begin; select count(*) from users"
sp-load --batch-time 20ms <"$tmp/rows" 2>"$tmp/err" 9>&- &
loader=$!
exec 8>"$tmp/rows"
loaded() { [ "$(sql "select count(*) from users where user_id like '$1'")" = 1 ]; }
users b 2 | tail -n 1 >&8
wait_until loaded b1
sql "alter table users add column mood text;
	create table moods (day text primary key, mood text,
	last_updated text, column_times text)"
users c 2 | tail -n 1 >&8
echo '{"type":"row","table":"moods","row":{"day":"monday","mood":"calm"}}' >&8
exec 8>&-
wait $loader
is "$? $(cat "$tmp/err")" "0 " \
    "a column and a table that come meanwhile disturb no load"
loaded c1
ok $? "what came after them is there"
is "$(sql 'select mood from moods')" calm "in the new table too"
echo "select count(*), 'again' from users;" >&9
wait_until grep -q again "$tmp/locked"
is "$(grep again "$tmp/locked")" "1|again" \
    "a reader with the old schema still sees what it saw"
unlock

section "the file goes away"
# taken COMMAND: takes the database away from one who waits for rows, who
# then gets one more.
taken() {
	fresh
	users a 1 | sp-load
	cp "$SP_DB" "$tmp/other.db"
	sp-load --batch-time 20ms <"$tmp/rows" 2>"$tmp/err" &
	loader=$!
	exec 8>"$tmp/rows"
	users b 2 | tail -n 1 >&8
	wait_until loaded b1
	eval "$1"
	users c 2 | tail -n 1 >&8
	exec 8>&-
	wait $loader
	is "$? $(cat "$tmp/err")" "74 sp-load: $SP_DB: the database was moved \
or deleted while in use" "sp-load says so: $1"
}
taken 'rm "$SP_DB" "$SP_DB-wal" "$SP_DB-shm"'
taken 'mv "$SP_DB" "$tmp/elsewhere"'
taken 'mv "$tmp/other.db" "$SP_DB"'

fresh
users a 1 | sp-load
captures gone 1 me '{"id":"gone"}' >"$tmp/captures"
rm "$tmp/staged"
sp-stage <"$tmp/rows" >"$tmp/staged" 2>"$tmp/err" &
stage=$!
exec 8>"$tmp/rows"
head -n 1 "$tmp/captures" >&8
wait_until [ -s "$tmp/staged" ]
rm "$SP_DB"
tail -n 2 "$tmp/captures" >&8
exec 8>&-
wait $stage
is "$? $(cat "$tmp/err")" "74 sp-stage: cannot commit captures: the database was \
moved or deleted while in use" "sp-stage says so"
is "$(wc -l <"$tmp/staged")" 1 "and passes on no capture that is not stored"
finish

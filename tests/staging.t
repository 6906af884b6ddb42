#!/bin/sh
# How bodies are stored: each once and small, read by others too, given back
# byte for byte; one that cannot be read is an error, and never empty.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

view() { sqlite3 -init examples/staging.sql "$SP_DB" "$@"; }
only_captures() { grep '^{"type":"capture"'; }

# Pages with much in them that repeats; each page comes in three runs.
awk -v pages=4 -v tracks=60 -v full=1 -f tests/bench/pages.awk |
    sed 's/\("seq":[0-9]*\),\("run":"01J"\)/\2,\1/' >"$tmp/pages"
for run in R1 R2 R3; do
	sed "s/\"run\":\"01J\"/\"run\":\"$run\"/" "$tmp/pages"
done >"$tmp/in"
cat >>"$tmp/in" <<'E2'
{"type":"capture","run":"R4","seq":1,"endpoint":"me","user":"kim","url":"https://a/v1/me","status":200,"fetched_at":"2026-11-22T06:40:00.456Z","body":{"n":[1.0,1e400,-0],"s":"\u0041\/\ud83d\ude00é"}}
{"type":"capture","run":"R4","seq":2,"endpoint":"me","status":502,"fetched_at":"2026-11-22T06:40:00.456Z","text":"<html>\"bad\" gateway\n\u0000behind a NUL"}
{"type":"capture","run":"R4","seq":3,"endpoint":"me","status":502,"fetched_at":"2026-11-22T06:40:00.456Z","text":""}
{"type":"capture","run":"R4","seq":4,"endpoint":"me","status":200,"fetched_at":"2026-11-22T06:40:00.456Z","body":7}
{"type":"capture","endpoint":"me","status":200,"fetched_at":"2026-11-22T06:40:00.456Z","body":{"of":"no run"}}
E2
awk 'BEGIN { printf "{\"type\":\"capture\",\"run\":\"R5\",\"seq\":1," \
	"\"endpoint\":\"x\",\"fetched_at\":\"2026-11-22T06:40:00.456Z\"," \
	"\"text\":\""; for (i = 0; i < 9000; i++)
	printf "a\\u0000\\\"é\\u0001"; print "\"}" }' >>"$tmp/in"

section "each once, and small"
run sp-stage <"$tmp/in"
is "$status" 0 "captures are staged"
sort "$tmp/in" >"$tmp/sorted"
cmp -s "$tmp/in" "$tmp/out"
ok $? "and passed on byte for byte"
is "$(sql "select count(*), count(distinct body_id) from staging_raw
	where run_id in ('R1', 'R2', 'R3')")" "12|4" "a body is stored once"
is "$(sql 'select count(*) from staging_raw where body_id is null')" 0 \
    "of every capture"
is "$(sql "select count(*) from staging_bodies where size > 100000
	and length(body) * 10 > size")" 0 "a page takes not a tenth of its size"
is "$(sql "select group_concat(typeof(body)) from (select b.body from
	staging_bodies b join staging_raw using (body_id)
	where run_id = 'R4' order by seq)")" "text,text,text,text" \
    "an incompressible body is stored as it is"
sp-stage replay | only_captures >"$tmp/back"
cmp -s "$tmp/in" "$tmp/back"
ok $? "every capture comes back byte for byte"
sp-stage <"$tmp/in" >/dev/null
is "$(sql 'select count(*) from staging_raw') $(sql \
    'select count(*) from staging_bodies')" "19 10" \
    "captures that have a name are not staged twice"
is "$(sql "select count(distinct sha256), sum(length(sha256) = 32)
	from staging_bodies")" "10|10" "bodies are identified by their digest"
sql 'delete from staging_raw where run_id is null'

section "read by others"
bodies() { only_captures | sed 's/.*,"body"://; s/}$//'; }
view "select body from staging where not body_is_text order by capture_id" \
    >"$tmp/seen"
grep -v '"text"\|no run' "$tmp/in" | bodies | cmp -s - "$tmp/seen"
ok $? "the sqlite3 shell reads them, with examples/staging.sql"
is "$(view "select status, json_extract(body, '$.n[0]') from staging
	where run_id = 'R4' and seq = 1")" "200|1.0" "as JSON, with the rest"
if command -v python3 >/dev/null; then
	python3 - "$SP_DB" >"$tmp/seen" <<'E2'
import sqlite3, sys, zlib
for (body,) in sqlite3.connect(sys.argv[1]).execute(
        "select b.body from staging_raw join staging_bodies b"
        " using (body_id) where not body_is_text order by capture_id"):
    print(zlib.decompress(body).decode() if type(body) is bytes else body)
E2
	grep -v '"text"\|no run' "$tmp/in" | bodies | cmp -s - "$tmp/seen"
	ok $? "python reads them"
else
	skip "no python3" "python reads them"
fi
is "$(sql "select count(*) from sqlite_master where instr(sql, 'sqlar') > 0
	or instr(sql, 'body_text') > 0")" 0 \
    "nothing in the database needs a function that a reader may lack"

grep -v 'no run' "$tmp/in" >"$tmp/named"

section "damaged"
rm -f "$SP_DB"*
sp-stage <"$tmp/named" >/dev/null
cp "$SP_DB" "$tmp/whole.db"
# damage SQL SRC...: what a replay then refuses, and that it sends the rest.
damage() {
	damage_sql=$1 what=$(echo "$1" | tr -s '\n\t' '  ')
	shift
	rm -f "$SP_DB"*
	cp "$tmp/whole.db" "$SP_DB"
	sql "$damage_sql"
	run sp-stage replay
	is "$status $(only_captures <"$tmp/out" | wc -l) $(jq -r \
		'select(.type == "error").src' "$tmp/out" | xargs)" \
	    "78 $((17 - $#)) $*" "an error: $what"
	is "$(echo "$err" | wc -l) $(echo "$err" | head -n 1)" \
	    "$# sp-stage: $1: $why" "by name"
	is "$(jq -c 'select(.type == "end") | [.status, .exit]' "$tmp/out")" \
	    '["failed",78]' "and the run has failed"
	run sp-stage why tracks tr0000000000000000000x
	is "$status $out $(echo "$err" | sed 's/row: [^:]*/row: NAME/')" \
	    "78  sp-stage: cannot look up the row: NAME: $why" \
	    "why cannot find what names a key"
}
one="where body_id = (select body_id from staging_raw where run_id = 'R1'
	and seq = 2)"
why='its body is damaged'
damage "update staging_bodies set size = size + 1 $one" R1/2 R2/2 R3/2
damage "update staging_bodies set size = size - 1 $one" R1/2 R2/2 R3/2
damage "update staging_bodies set size = 1 << 60 $one" R1/2 R2/2 R3/2
damage "update staging_bodies set size = -1 $one" R1/2 R2/2 R3/2
damage "update staging_bodies set body = cast(substr(body, 1, 900) as blob) $one" \
    R1/2 R2/2 R3/2
damage "update staging_bodies set body = cast(substr(body, 1, 900) || x'00' ||
	substr(body, 902) as blob) $one" R1/2 R2/2 R3/2
damage "update staging_bodies set body = x'' $one" R1/2 R2/2 R3/2
damage "update staging_bodies set body = zeroblob(5000) $one" R1/2 R2/2 R3/2
damage "update staging_bodies set body = '8' where body = '7'" R4/4
damage "update staging_bodies set size = 'x' where body = '7'" R4/4
why='its body is missing'
damage "delete from staging_bodies $one" R1/2 R2/2 R3/2
damage "update staging_raw set body_id = null where run_id = 'R4'
	and seq = 1" R4/1
sql "update staging_raw set run_id = null"
run sp-stage replay
is "$status $(jq -c 'select(.type == "error") | [.src, .where, .reason]' \
    "$tmp/out") $err" "78 [null,\"capture 13\",\"$why\"] \
sp-stage: capture 13: $why" "one that has no name too"

section "what is damaged, and comes again"
# again SQL: whether the same captures make good what it did.
again() {
	rm -f "$SP_DB"*
	cp "$tmp/whole.db" "$SP_DB"
	sql "$1"
	run sp-stage <"$tmp/named"
	sp-stage replay | only_captures | cmp -s - "$tmp/named"
	is "$status $?" "0 0" "staged again, it is whole: $1"
}
again "update staging_bodies set size = size + 1 $one"
again "update staging_bodies set body = x'' $one"
again "update staging_bodies set body = '8' where body = '7'"
rm -f "$SP_DB"*
cp "$tmp/whole.db" "$SP_DB"
sql "update staging_bodies set body = x'' $one"
sed -n 2p "$tmp/named" | sed 's/"R1"/"R9"/' | sp-stage >"$tmp/out"
is "$? $(sp-stage replay | only_captures | wc -l)" "0 18" \
    "so it is by another capture of the same body"
# lost SQL NAME: the capture is there, but nobody knows as what.
lost() {
	rm -f "$SP_DB"*
	cp "$tmp/whole.db" "$SP_DB"
	sql "$1"
	run sp-stage <"$tmp/named"
	is "$status $err" "78 sp-stage: $2" "staged again, it is an error: $1"
}
lost "delete from staging_bodies $one" "R1/2: its body is missing"
lost "update staging_raw set body_id = null where run_id = 'R2' and seq = 1" \
    "R2/1: its body is missing"
lost "update staging_bodies set sha256 = zeroblob(32) $one" \
    "R1/2: its body is damaged"

section "to the end"
rm -f "$SP_DB"*
cp "$tmp/whole.db" "$SP_DB"
sql "update staging_bodies set size = size + 1 $one"
sp-stage replay 2>/dev/null | "$build/sp-transform" 2>/dev/null |
    "$build/sp-load" --db "$tmp/loaded.db" 2>/dev/null
is "$? $(sqlite3 "$tmp/loaded.db" "select count(*), count(distinct src),
	min(reason) from ingest_errors where stage = 'sp-stage'")" \
    "78 3|3|its body is damaged" "a replay reports a damaged body and goes on"

# A run that is sent again because nobody has loaded it, ahead of the next one.
planned() { # RUN NAME
	begin_run "$1"
	capture me 200 "\"body\":{\"id\":\"kim\",\"display_name\":\"$2\"}" me "$1"
	end_run "$1"
}
rm -f "$SP_DB"*
planned P1 Kim | sp-stage >/dev/null
sql 'update staging_bodies set size = size + 1'
planned P2 Kay | sp-stage 2>"$tmp/err" | "$build/sp-transform" |
    "$build/sp-load" 2>/dev/null
is "$? $(cat "$tmp/err") $(sql "select status || ' ' || reason
	from ingest_runs where replay_of = 'P1'")" \
    "78 sp-stage: P1/1: its body is damaged failed stored captures cannot be read" \
    "nor does a run that is sent again end well without it"
is "$(sql 'select display_name from users')" Kay "and the next one is loaded"

section "found in bodies"
cp "$tmp/whole.db" "$SP_DB"
track=$(view "select json_extract(body, '$.items[0].track.id') from staging
	limit 1")
is "$(sp-stage why tracks "$track" 2>/dev/null | jq -r .run_id | sort -u | xargs)" "R1 R2 R3" \
    "why finds what is packed"
is "$(sp-stage why --capture tracks "$track" 2>/dev/null | sort | comm -13 "$tmp/sorted" -)" \
    "" "and prints it"

section "a row whose capture is damaged"
rm -f "$SP_DB"*
echo '{"id":"kim","display_name":"Kim"}' >"$tmp/body"
sp-stage import --endpoint me --fetched-at 2026-11-22 "$tmp/body" |
    "$build/sp-transform" | "$build/sp-load"
run sp-stage why --capture users kim
is "$status $(jq -r .body.id "$tmp/out")" "0 kim" "a row's capture"
sql 'update staging_bodies set size = size + 1'
run sp-stage why --capture users kim
like "$status $out $err" '^78  .*its body is damaged$' \
    "one that is damaged is named, and left out"
finish

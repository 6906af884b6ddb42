#!/bin/sh
# Records that were refused: stored once, sent again, gone when they load.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

errors() { sql "select src || ' ' ||
	replace(reason, 'mapping failed: ', '') from ingest_errors order by src"; }
# mapping NAME CONDITION [ROW]: refuses captures of which the condition holds.
mapping() {
	row=${3:-'{table: "tracks", row: {track_id: "t\(.body.n)"}}'}
	echo "if (.body.n | $2) then error(\"no \(.body.n)\") else $row end" \
	    >"$tmp/$1.jq"
}
again() { # MAPPING [OPTION...]: as one would after mending it
	mended=$1
	shift
	sp-stage replay --refused "$@" | sp-transform -f "$tmp/$mended.jq" | sp-load
}
mapping broken '. == 2 or . == 4'
mapping better '. == 4'
mapping good 'false'
mapping silent 'false' empty

section "stored once"
captures R1 5 track '{"n":%d}' >"$tmp/captures"
sp-stage <"$tmp/captures" | sp-transform -f "$tmp/broken.jq" 2>"$tmp/err" |
    tee "$tmp/rows" | sp-load
is "$? $(errors)" "1 R1/2 no 2
R1/4 no 4" "a refused record is stored"
sp-load <"$tmp/rows" 2>"$tmp/err"
is "$? $(errors | xargs)" "1 R1/2 no 2 R1/4 no 4" "a record that is refused twice is stored once"
printf 'garbage\n{"type":"row","table":"tracks","row":{"track_id":1}}\n' \
    >"$tmp/garbage"
sp-load <"$tmp/garbage" 2>"$tmp/err"
sp-load <"$tmp/garbage" 2>"$tmp/err"
printf '\ngarbage\n' | sp-load 2>"$tmp/err"
is "$(sql 'select place from ingest_errors where src is null' | xargs)" \
    "stdin:1 stdin:2 stdin:2" "what has no capture, once for each place"
sql 'delete from ingest_errors where src is null'

section "sent again"
is "$(sp-stage replay --refused | jq -c '[.type, .seq // .row.src]' | xargs)" \
    "[run,null] [row,R1/2] [row,R1/4] [capture,2] [capture,4] [end,null]" \
    "just those captures are sent again, and announced"
is "$(sp-stage replay --refused --until 2026-03-02 |
	jq -r 'select(.type == "capture").seq' | xargs)" 2 "of those chosen"
cp "$SP_DB" "$tmp/broken.db"
run again broken
is "$status $(errors | xargs)" "1 R1/2 no 2 R1/4 no 4" \
    "refused again they stay, and are not doubled"
run again good -- extra
is "$status" 65 "a pipeline whose head fails is not taken for success"
is "$(errors | xargs)" "R1/2 no 2 R1/4 no 4" "and nothing leaves"
run again better
is "$status $(errors)" "1 R1/4 no 4" "the one that loads leaves"
is "$(sql 'select count(*) from tracks where track_id = '"'t2'")" 1 "and is there"
cksum <"$SP_DB" >"$tmp/sum"
sp-stage replay --refused | sp-transform -f "$tmp/good.jq" | sp-load -n \
    >"$tmp/out" 2>"$tmp/err"
is "$? $(jq -r .change "$tmp/out") $(cksum <"$SP_DB")" \
    "0 insert $(cat "$tmp/sum")" "a dry run leaves them"
run again good
is "$status$err$(errors)" 0 "the other leaves too"
is "$(sql 'select count(*) from tracks')" 5 "all are loaded"
run again good
is "$status $err" "0 sp-stage: replay: no refused captures are left" \
    "nothing left to send is no failure"

section "who refuses, and what comes of it"
restore() { fresh; cp "$tmp/broken.db" "$SP_DB"; }
restore
run again silent
is "$status$(errors)" 0 "a capture of which no row comes any more"
restore
mapping wrong false '{table: "tracks", row: {track_id: .body.n}}'
run again wrong
is "$status $(sql 'select stage, src from ingest_errors order by src' | xargs)" \
    "1 sp-load|R1/2 sp-load|R1/4" "another stage refuses: the newer error stays"
run again wrong
is "$(sql 'select count(*) from ingest_errors')" 2 "once"
run again good
is "$status$(errors)" 0 "until it loads"
restore
sql "create trigger no2 before insert on tracks when new.track_id = 't2'
	begin select raise(abort, 'forbidden'); end"
run again good
is "$status $(errors | grep -c "^R1/2 .*cannot be written")" "1 1" \
    "a constraint forbids its row"
is "$(sql "select json_extract(record, '\$.key.track_id') from ingest_errors")" \
    t2 "a refused row is stored by its key"
run again good
is "$(sql 'select count(*) from ingest_errors')" 1 "once"
sql 'drop trigger no2'
run again good
is "$status$(errors)" 0 "until it may be written"
restore
sp-stage replay --refused | sp-transform -f "$tmp/good.jq" >"$tmp/rows"
head -n -1 "$tmp/rows" >"$tmp/cut"
run sp-load <"$tmp/cut"
is "$status $(errors | grep -c .)" "65 2" "of a run that was cut none leaves"
grep -v '"t4"' "$tmp/rows" >"$tmp/lossy"
run sp-load <"$tmp/lossy"
is "$status $(errors | grep -c .)" "65 2" "nor where rows were lost on the way"
run sp-load --db "$tmp/other.db" <"$tmp/rows"
is "$status $(errors | grep -c .)" "0 2" "nor by a load of another database"
sp-stage replay | sp-transform -f "$tmp/good.jq" | sp-load
is "$? $(errors | grep -c .)" "0 2" "a replay of all says nothing of them"
run sp-load <"$tmp/rows"
is "$status$(errors)" 0 "the whole stream does it"
run sh -c 'sed -n "s/.*\"op\":\"delete\".*/&/p" "$1" | sp-load' sh "$tmp/rows"
is "$status" 0 "by hand too, and when they have left"
for row in '{}' '{"src":1}' '{"src":"a","stage":"b"}' '{"src":""}'; do
	run sh -c 'echo "$1" | sp-load' sh \
	    '{"type":"row","table":"ingest_errors","op":"delete","row":'"$row}"
	is "$status" 1 "no announcement: $row"
	like "$err" "can only be deleted by 'src'" "it says so"
done
run sh -c 'echo "$1" | sp-load' sh \
    '{"type":"row","table":"ingest_errors","row":{"src":"a"}}'
is "$status" 1 "errors cannot be loaded"


# Others may delete errors meanwhile: no number is used again.
restore
mkfifo "$tmp/fifo"
sp-load --batch-time 5ms <"$tmp/fifo" 2>"$tmp/err" &
pid=$!
exec 3>"$tmp/fifo"
head -n 3 "$tmp/rows" >&3
echo '{"type":"row","table":"tracks","row":{"track_id":"here"}}' >&3
wait_until prints 1 sql "select count(*) from tracks where track_id = 'here'"
sql 'delete from ingest_errors'
sed -n '$p' "$tmp/rows" | sed 's/.*"run":"\([^"]*\)".*/\1/' >"$tmp/id"
echo '{"type":"error","stage":"sp-transform","src":"R1/2","reason":"no 2"}' >&3
echo '{"type":"end","run":"'"$(cat "$tmp/id")"'","status":"complete"}' >&3
exec 3>&-
wait $pid
is "$? $(errors)" "1 R1/2 no 2" "errors that others delete let none leave"

section "what is not staged"
restore
sed -n 2p "$tmp/captures" | sed 's/"n":1/"n":9/' | sp-stage 2>/dev/null |
    sp-load 2>"$tmp/err"
like "$(errors)" '^R1/1 another capture with this run and seq is staged' "refused before it was staged"
run again good
like "$status $(errors)" '^0 R1/1 another capture with this run and seq is staged' \
    "it is not among them, and stays"

section "lists of tracks"
fresh
page() { # OFFSET: of a list of two
	row playlist_tracks '{"playlist_id":"p","list":"L","offset":'"$1"',"total":2,
	    "items":[{"track_id":"t","kind":"track"}]}' 01 page
}
page 0 | sp-load 2>"$tmp/err"
is "$? $(sql 'select list, src from ingest_errors')" "1 L|" \
    "a list that is incomplete is named"
page 0 | sp-load 2>"$tmp/err"
is "$(sql 'select count(*) from ingest_errors')" 1 "once"
is "$(sp-stage replay --refused 2>/dev/null | jq -r .type | xargs)" "run end" \
    "it is no capture"
page 1 | sp-load
is "$?$(sql 'select list from ingest_errors')" 0 "and leaves when it is complete"

section "an older database"
restore
sql 'drop index ingest_errors_list; drop index ingest_errors_src;
	alter table ingest_errors drop column list'
is "$(sp-stage replay --refused | jq -r 'select(.type == "capture").seq' |
	xargs)" "2 4" "is brought up to date and read"
run again good
is "$status$(errors)" 0 "and be mended"
finish

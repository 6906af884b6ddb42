#!/bin/sh
# sp-load: merging rows, the run log, and the exit status.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

sum() { cksum <"$SP_DB"; }

put() { row "$@" | sp-load; }
# begin ID [MEMBERS], finish_run ID ROWS [MEMBERS]: around the rows of a run.
open_run() {
	printf '{"type":"run","run":"%s","job":"play-history"%s}\n' "$1" "$2"
}
close_run() {
	printf '{"type":"end","run":"%s",%s,"ledger":[{"stage":"sp-stage",' \
	    "$1" "${3:-\"status\":\"complete\"}"
	printf '"takes":"capture","in":{"capture":1},"passed":{"capture":1}},'
	printf '{"stage":"sp-transform",'
	printf '"in":{"capture":1},"used":{"capture":1},"produced":{"row":%s}}]}\n' \
	    "$2"
}
cursor_row() {
	row cursors '{"user_id":"kim","job":"play-history","value":'"$1"'}' "$2"
}
state() {
	sql "select status, exit_status, rows_read, rows_inserted, rows_updated,
		rows_unchanged, refused from ingest_runs where run_id = '$1'"
}

section "what comes in"
run sp-load </dev/null
is "$status" 65 "an empty input is a producer that died"
like "$err" '^sp-load: stdin: no records: nothing was loaded$' "and that is said"
is "$(stat -c %a "$SP_DB")" 600 "the database is its owner's alone"
run sh -c 'printf "\n\n" | "$1"' sh "$build/sp-load"
is "$status" 65 "blank lines are no record either"
run sp-load something </dev/null
is "$status" 64 "an argument too many"
run sp-load --batch-rows 0 </dev/null
is "$status" 64 "--batch-rows wants a number from 1"
like "$err" "--batch-rows: .*'0'" "and names it"

printf '%s\r\n%s' "$(row tracks '{"track_id":"a","name":"A"}' 01)" \
    "$(row tracks '{"track_id":"b","name":"B"}' 01)" >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $out$err" "0 " "rows without a run, without a last newline"
is "$(sql 'select track_id, name, created_at, last_updated from tracks')" \
    "a|A|2026-03-01T00:00:00.000Z|2026-03-01T00:00:00.000Z
b|B|2026-03-01T00:00:00.000Z|2026-03-01T00:00:00.000Z" "are loaded"
put artists '{"artist_id":"x"}'
is "$(sql "select abs(julianday('now') - julianday(last_updated)) < 0.01
	from artists")" 1 "a row without a time is observed now"

section "what is refused"
refused() { # NAME, LINE, REASON
	row tracks '{"track_id":"ok"}' 01 >"$tmp/in"
	printf '%s\n' "$2" >>"$tmp/in"
	row tracks '{"track_id":"ok2"}' 01 >>"$tmp/in"
	sql "delete from ingest_errors; delete from tracks"
	run sp-load <"$tmp/in"
	is "$status $(sql 'select count(*) from tracks')" "1 2" \
	    "$1 is refused, the rest goes on"
	like "$err" "^sp-load: stdin:2: .*$3" "and says: $3"
	like "$(sql "select stage || '|' || coalesce(place, src) || '|' || reason
		from ingest_errors")" "^sp-load\|(stdin:2|R/1)\|.*$3" "and is recorded"
}
refused "no JSON" '{"type":' "not a record"
refused "an unknown type" '{"type":"novelty"}' "unknown record type"
refused "a capture" '{"type":"capture","run":"R","seq":1,"body":{}}' \
    "pipe it through sp-transform"
refused "an unknown table" "$(row nothing '{}')" "no such table 'nothing'"
refused "a table in other letters" "$(row Tracks '{"track_id":"a"}')" \
    "no such table 'Tracks'"
refused "a table of the run log" "$(row ingest_runs '{"run_id":"a"}')" \
    "table 'ingest_runs' cannot be loaded"
refused "SQLite's own table" "$(row sqlite_master '{"name":"a"}')" \
    "sqlite_master"
refused "a row without its key" "$(row tracks '{"name":"a"}')" \
    "column 'track_id' is missing"
refused "a null key" "$(row tracks '{"track_id":null}')" "'track_id': must not be null"
refused "a play of nobody" "$(row play_history \
    '{"track_id":"a","played_at":"2026-01-01T00:00:00Z"}')" "--user ID"
refused "a user without an id" "$(row users '{"is_me":true}')" \
    "column 'user_id' is missing"
refused "an empty key" "$(row tracks '{"track_id":""}')" \
    "'track_id': must not be empty"
refused "an empty key of another kind" \
    "$(row cursors '{"user_id":"kim","job":"","value":1}')" \
    "'job': must not be empty"
refused "a number for a key" "$(row track_artists \
    '{"track_id":"a","artist_id":5}')" "'artist_id': must be a string"
refused "a cursor that is none" \
    "$(row cursors '{"user_id":"kim","job":"j","value":"1"}')" \
    "'value': must be a whole number"
refused "a key by another name" "$(row tracks '{"trackid":"a","name":1}')" \
    "no column 'trackid'; column 'name': must be a string; .*'track_id' is miss"
refused "no time" "$(row play_history \
    '{"user_id":"u","track_id":"a","played_at":"yesterday"}')" \
    "'played_at': must be a time"
refused "a row that is none" '{"type":"row","table":"tracks","row":[]}' \
    "'row' is not an object"
refused "a row of no table" '{"type":"row","row":{}}' "'table'"
refused "a bad time of a row" \
    '{"type":"row","table":"tracks","row":{"track_id":"a"},"at":"noon"}' \
    "'at' is not a time"
refused "an unknown op" \
    '{"type":"row","table":"tracks","op":"drop","row":{"track_id":"a"}}' "'op'"
refused "a delete where none is" \
    '{"type":"row","table":"tracks","op":"delete","row":{"track_id":"a"}}' \
    "rows cannot be deleted from table 'tracks'"
run sh -c '{ cat "$2"; head -c 5000 /dev/zero | tr "\0" x; echo; cat "$2"; } |
	"$1" --max-line 4096' sh "$build/sp-load" "$tmp/in"
is "$status" 1 "a line over --max-line"
like "$err" '^sp-load: stdin:4: line longer than 4096 bytes' "is refused"
echo '{"type":"error","stage":"sp-transform","src":"R1/7","where":"stdin:9","reason":"no track"}' >"$tmp/in"
run sp-load <"$tmp/in"
is "$status" 1 "what an earlier stage refused counts"
is "$(sql "select stage, src, place, reason from ingest_errors
	where stage <> 'sp-load'")" "sp-transform|R1/7||no track" \
    "and is recorded"
echo '{"type":"error","stage":"sp-transform","src":"R1/7","where":"stdin:9","place":"id t1","reason":"no track"}' >"$tmp/in"
run sp-load <"$tmp/in"
is "$(sql "select src, place, reason from ingest_errors
	where place = 'id t1'")" "R1/7|id t1|no track" \
    "with the part of the capture that it is about"

section "a row as sp-transform writes it"
# It is not read as a record first, so each must fare as one with a space does.
deep=$(printf '%0510d' 0)
cat >"$tmp/objects" <<END
{"track_id":"a1","name":"A"}
{ "track_id" : "a2" }
{"track_id":"a3","name":"A"
{"track_id":"a4"}}
{"track_id":"a5"},"row":{"track_id":"b"}
{"track_id":"a6"},"at":"2020-01-01T00:00:00Z"
{"track_id":"a7"},"op":"delete"
{"track_id":"a8","name":}
{"track_id":"a9" "name":"A"}
{"track_id":"b1","name":"\x"}
{"track_id":"b2","name":"$(printf '\001')"}
{"track_id":"b3","name":"$(printf '\377')"}
{"track_id":"b4","name":"\u00e9 \ud83d"}
{"track_id":"b5","vendor_json":{"a":01}}
{"track_id":"b6","vendor_json":$(echo "$deep" | tr 0 [)$(echo "$deep" | tr 0 ])}
{"track_id":"b7","vendor_json":[$(echo "$deep" | tr 0 [)$(echo "$deep" | tr 0 ])]}
{"track_id":"b8","name":1,"nothing":2}
{"track_id":"b8","name":1,"nothing":2}
{"track_id":"a1","name":"A"}
{"name":"A"}
[]
null
"a"

END
loaded() { # how each line begins
	sed "s|^|$1|;s|\$|,\"at\":\"2026-03-01T00:00:00.000Z\",\"src\":\"R/1\"}|" \
	    "$tmp/objects" >"$tmp/in"
	fresh
	sp-load <"$tmp/in" 2>&1 | sed 's/ at byte [0-9]*//'
	sql "select * from tracks; select reason from ingest_errors" |
		sed 's/ at byte [0-9]*//'
}
loaded '{ "type":"row","table":"tracks","row":' >"$tmp/want"
loaded '{"type":"row","table":"tracks","row":' >"$tmp/got"
is "$(diff "$tmp/want" "$tmp/got" && grep -c '^[ab][0-9]|' "$tmp/got")" 7 \
    "it is used, or refused, like any other"

section "columns that are refused"
spared() { # NAME, COLUMN, ITS VALUE, REASON
	fresh
	row tracks '{"track_id":"b"}' 01 >"$tmp/in"
	row tracks "{\"album_id\":\"al\",$2:$3,\"track_id\":\"a\"}" 01 |
	    sed 's/}$/,"src":"R1\/4"}/' >>"$tmp/in"
	run sp-load <"$tmp/in"
	is "$status $(sql 'select group_concat(track_id || coalesce(album_id, "-")) from tracks')" \
	    "1 aal,b-" "$1: the other columns are loaded"
	like "$err" "^sp-load: stdin:2: R1/4: tracks a: $4" "and it says: $4"
	like "$(sql "select src || '|' || place || '|' || reason
		from ingest_errors")" "^R1/4\|tracks a\|$4" "and it is recorded"
}
spared "an unknown column" '"mood"' 1 "table 'tracks' has no column 'mood'"
spared "a number for a text" '"name"' 1979 "column 'name': must be a string"
spared "an array for a text" '"name"' '["x"]' "column 'name': must be a string"
spared "a text for a number" '"duration_ms"' '"200000"' \
    "column 'duration_ms': must be a whole number"
spared "an object for a number" '"duration_ms"' '{"x":1}' \
    "column 'duration_ms': must be a whole number"
spared "a number too big" '"duration_ms"' 9223372036854775808 \
    "column 'duration_ms': must be a whole number"
spared "a fraction" '"duration_ms"' 5.5 \
    "column 'duration_ms': must be a whole number"
spared "2 for a boolean" '"is_local"' 2 \
    "column 'is_local': must be true or false"
spared "a number for JSON" '"audio_features_json"' 1 \
    "column 'audio_features_json': must be"
spared "a bookkeeping column" '"last_updated"' '"2026-01-01T00:00:00Z"' \
    "column 'last_updated': is set by sp-load"

fresh
cat >"$tmp/in" <<'E2'
{"type":"run","run":"R1","job":"test"}
{"type":"row","table":"tracks","row":{"track_id":"a","name":1,"popularity":"x","uri":"u"},"at":"2026-03-01T00:00:00.000Z","src":"R1/1"}
{"type":"row","table":"tracks","row":{"track_id":"a","name":1,"popularity":"x","uri":"u"},"at":"2026-03-01T00:00:00.000Z","src":"R1/2"}
{"type":"end","run":"R1","status":"complete"}
E2
run sp-load <"$tmp/in"
is "$status $(sql "select status, refused, rows_read, rows_inserted
	from ingest_runs")" "1 complete|4|2|1" "a run with bad columns: its ledger balances"
is "$(sql 'select src, reason from ingest_errors order by error_id')" \
    "R1/1|column 'name': must be a string
R1/1|column 'popularity': must be a whole number of 64 bits
R1/2|column 'name': must be a string
R1/2|column 'popularity': must be a whole number of 64 bits" \
    "each error of each capture is recorded"
run sp-load <"$tmp/in"
is "$(sql 'select count(*) from ingest_errors')" 4 "and once"

fresh
put tracks '{"track_id":"a","name":"A","album_id":"al","duration_ms":2.5e5,"popularity":41.0,"is_local":1.0}' 01
is "$(sql 'select duration_ms, popularity, is_local from tracks')" "250000|41|1" \
    "a whole number is one however it is written"
put tracks '{"track_id":"a","album_id":"","uri":"","name":"","duration_ms":1e3}' 02
is "$(sql 'select quote(name), quote(album_id), quote(uri), duration_ms
	from tracks')" "''|NULL|NULL|1000" "an id or a uri of nothing is null"
put endpoint_status '{"user_id":"kim","endpoint":"me","subject":"","status":200}'
is "$(sql 'select count(*) from endpoint_status')" 1 "a subject may be empty"
put tracks '{"track_id":"n\u0000","name":"x\u0000y\u0000"}' 01
is "$(sql "select hex(track_id), hex(name) from tracks where track_id > 'b'")" \
    "6EEFBFBD|78EFBFBD79EFBFBD" "U+FFFD takes the place of a NUL"

section "types"
fresh
put tracks '{"track_id":"t\u00e9\n","is_local":true,"duration_ms":-9223372036854775808,
	"audio_features_json":{"b":[1.0,1e400,"\u0000"]}}' 01 2>/dev/null
row tracks '{"track_id":"t\u00e9\n","is_local":true,"duration_ms":-9223372036854775808,"audio_features_json":{"b":[1.0,1e400,"\u0000"]}}' 01 | sp-load
is "$(sql 'select hex(track_id), is_local, duration_ms, audio_features_json
	from tracks')" \
    '74C3A90A|1|-9223372036854775808|{"b":[1.0,1e400,"\u0000"]}' \
    "values arrive as they are, JSON byte for byte"
row play_history '{"track_id":"t","played_at":"2026-03-01T01:00:00.5+02:00"}' |
    sp-load --user kim
is "$(sql 'select user_id, played_at from play_history')" \
    'kim|2026-02-28T23:00:00.500Z' "times get one form; --user says whose"
row users '{"display_name":"Kim"}' | sp-load --user kim 2>/dev/null
is "$? $(sql 'select count(*) from users')" "1 0" \
    "--user never names who a user is"

section "the merge"
fresh
columns="name, album_id, popularity, created_at, last_updated, column_times"
t1() { sql "select $columns from tracks where track_id = 't'"; }
put tracks '{"track_id":"t","name":"Tide","popularity":5}' 02
put tracks '{"track_id":"t","name":"Ebb","album_id":"b"}' 01
d=T00:00:00.000Z
is "$(t1)" "Tide|b|5|2026-03-01$d|2026-03-02$d|{\"album_id\":\"2026-03-01$d\"}" \
    "an older row says only what no newer one did"
put tracks '{"track_id":"t","popularity":null}' 03
is "$(t1)" "Tide|b||2026-03-01$d|2026-03-03$d|{\"album_id\":\"2026-03-01$d\",\"name\":\"2026-03-02$d\",\"popularity\":\"2026-03-03$d\"}" \
    "a null erases, unlike a missing column"
put tracks '{"track_id":"t","popularity":9}' 02
is "$(sql 'select popularity from tracks')" "" "an older value stays erased"
put tracks '{"track_id":"t","name":"Tidf"}' 02
put tracks '{"track_id":"t","name":"Tida"}' 02
is "$(sql 'select name from tracks')" Tidf "at one time the greater value wins"
before=$(sum)
put tracks '{"track_id":"t","name":"Ebb","album_id":"b"}' 01
is "$(sum)" "$before" "what is known already writes nothing"

put user_relationships '{"user_id":"k","other_id":"l","kind":"owner"}' 03
put user_relationships '{"user_id":"k","other_id":"l","kind":"owner"}' 01
is "$(sql 'select first_seen, last_seen from user_relationships')" \
    "2026-03-01$d|2026-03-03$d" "relationships: first and last seen"
cursor_row 5 02 | sp-load
cursor_row 3 03 | sp-load
is "$(sql 'select value, last_updated from cursors')" "5|2026-03-02$d" \
    "a cursor moves forward only"

queue() { row playlist_ingest_queue "$@" | sp-load; }
drop() {
	row playlist_ingest_queue '{"playlist_id":"p"}' "$1" |
	    sed 's/"row"}*,"table/"row","op":"delete","table/' | sp-load
}
queued() { sql 'select detected_at, played_at from playlist_ingest_queue'; }
queue '{"playlist_id":"p","played_at":"2026-03-05T00:00:00Z"}' 06
queue '{"playlist_id":"p","played_at":"2026-03-04T00:00:00Z"}' 07
queue '{"playlist_id":"p","played_at":"2026-03-05T00:00:00Z"}' 05
is "$(queued)" "2026-03-05$d|2026-03-05$d" \
    "the queue has the newest play, and who saw it first"
drop 04
is "$(queued)" "2026-03-05$d|2026-03-05$d" "done before that play: it stays"
drop 05
is "$(queued)" "" "done since: it leaves"
queue '{"playlist_id":"p","played_at":"2026-03-05T00:00:00Z"}' 09
is "$(queued)" "" "and the same play does not bring it back"
queue '{"playlist_id":"p","played_at":"2026-03-06T00:00:00Z"}' 06
is "$(queued)" "2026-03-06$d|2026-03-06$d" "but a newer one does"

section "a schema of one's own"
sql "alter table tracks add column mood text;
	alter table tracks add column stars integer not null default 3
		check (stars < 6);
	create table days (day text primary key, weather text, warmth real,
		last_updated text, column_times text);
	create table other (day text primary key)"
put tracks '{"track_id":"t","mood":"calm"}' 02
put tracks '{"track_id":"u","mood":"wild","stars":5}' 01
put tracks '{"track_id":"u","stars":1}' 02
put days '{"day":"monday","weather":"rain","warmth":7.5}' 01
is "$(sql 'select track_id, mood, stars from tracks' \
	'select day, weather, warmth from days')" "t|calm|3
u|wild|1
monday|rain|7.5" "columns and tables that a user added are loaded"
sql "alter table tracks add column nth numeric; alter table tracks add column
	seen date; alter table tracks add column note varchar(9)"
wrong=
for number in 1 1.0 -.5 +2. 1e3 ' 7 ' 0005 1.5e-7; do
	put tracks '{"track_id":"n","nth":"'"$number"'"}' 02 2>"$tmp/err" &&
		wrong="$wrong '$number'"
done
is "$wrong" "" "what SQLite would make a number of is refused"
like "$(cat "$tmp/err")" "column 'nth': has a numeric type, which would turn this text into a number" "and why"
for text in '' 1e 1e+ . - 1x 2026-03-01 '1 2' 0x10; do
	more='"note":"1.0","seen":"2026-03-01"}'
	put tracks '{"track_id":"n'"$text"'","nth":"'"$text"'",'"$more" 02 \
	    2>"$tmp/err" || wrong="$wrong '$text'"
done
is "$wrong $(sql "select distinct typeof(nth), typeof(seen), typeof(note)
	from tracks where nth is not null")" " text|text|text" \
    "other text stays as it is"
put other '{"day":"x"}' 2>"$tmp/err"
is "$?" 1 "but not a table that has no last_updated and column_times"
{
	open_run C1
	row tracks '{"track_id":"v","stars":7}' 01
	row tracks '{"track_id":"w","stars":4}' 01
	close_run C1 2
} >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $(sql "select group_concat(track_id) from tracks
	where track_id in ('v', 'w')")" "1 w" "a constraint refuses its row alone"
like "$err" "^sp-load: .*table 'tracks': row cannot be written: CHECK" \
    "and says why"
is "$(state C1)" "complete|1|2|1|0|0|1" "and the ledger knows"

section "runs"
fresh
play() {
	row play_history '{"user_id":"kim","track_id":"t'"$1"'","played_at":"2026-03-01T00:00:0'"$1"'Z"}' 02
}
covered() {
	row play_coverage '{"user_id":"'"${3:-kim}"'","covered_from":"'"$1"'T00:00:00Z","covered_to":"'"$2"'T00:00:00Z"}' 02
}
{
	open_run R1 ',"account":"default","user":"kim","cursor":1000,"started_at":"2026-03-02T00:00:00Z"'
	play 1
	play 2
	play 1
	cursor_row 2000 02
	covered 2026-01-31 2026-02-01
	covered 2026-02-02 2026-02-03
	close_run R1 6
} >"$tmp/run"
run sp-load <"$tmp/run"
is "$status" 0 "a complete run"
is "$err" "sp-load: run R1: plays between $(date -d "2026-02-01$d" '+%F %H:%M') and $(date -d "2026-02-02$d" '+%F %H:%M') may be missing: your export has them" \
    "names the gap that it found"
is "$(state R1)" "complete|0|6|5|0|1|0" "its counts are on record"
is "$(sql 'select job, account, user_id, started_at, cursor_before, cursor_after,
	requests, captures, gaps_json from ingest_runs')" \
    "play-history|default|kim|2026-03-02T00:00:00Z|1000|2000|0|1|[{\"from\":\"2026-02-01$d\",\"to\":\"2026-02-02$d\"}]" \
    "with cursors and gaps"
is "$(sql "select json_extract(ledger_json, '\$[2].used.row') from ingest_runs")" \
    6 "and the ledger with our own entry"
is "$(sql 'select account, user_id from accounts')" "default|kim" \
    "it is known whose the account is"
run sp-load <"$tmp/run"
is "$status $err$(state R1)" "0 complete|0|6|5|0|6|0" \
    "loaded again, nothing changes, and no gap is new"
# A gap is reported once, by the complete run, whoever's rows show it.
gaps() { sed -n 's/.*plays between \(.*\) ..:.. and \(.*\) ..:.. may.*/\1 \2/p' "$tmp/err"; }
{ open_run R2 ',"user":"kim"'; covered 2026-02-05 2026-02-06; close_run R2 1 \
    '"status":"deferred","exit":75,"reason":"later"'; } >"$tmp/in"
run sp-load <"$tmp/in"
is "$(gaps)" "" "a run that is cut short reports no gap"
{ open_run R3 ',"user":"kim"'; covered 2026-02-05 2026-02-06
    covered 2026-03-01 2026-03-01 lee; covered 2026-03-02 2026-03-02 lee
    close_run R3 3; } >"$tmp/in"
run sp-load <"$tmp/in"
is "$(gaps)" "2026-02-03 2026-02-05" "the next one does, for its own user"
{ open_run R4 ''; covered 2026-02-04 2026-02-04; close_run R4 1; } >"$tmp/in"
run sp-load <"$tmp/in"
is "$(gaps)" "2026-03-01 2026-03-02" "one of no user for all; what is left of a gap is not new"
is "$(sql "select gaps_json from ingest_runs where run_id = 'R4'")" \
    "[{\"from\":\"2026-03-01$d\",\"to\":\"2026-03-02$d\",\"user\":\"lee\"}]" \
    "and says whose it is"
is "$(sql "select group_concat(substr(gap_from, 6, 5) || ' ' || substr(gap_to,
    6, 5)) from play_gaps where user_id = 'kim'")" \
    "02-01 02-02,02-03 02-04,02-04 02-05" "play_gaps has what is left"
head -n 3 "$tmp/run" | sp-load 2>/dev/null
is "$? $(state R1)" "65 complete|0|6|5|0|6|0" \
    "cut when loaded again, a complete run stays complete"

cut_run() { sed '$d' "$tmp/run"; }
try() { # NAME STATUS RUN'S STATE, of what comes on stdin
	fresh
	run sp-load
	is "$status $(sql 'select status, exit_status, reason from ingest_runs' |
		tail -n 1)" "$2 $3" "$1"
	is "$(sql 'select count(*) from play_history')" 2 "its rows are stored"
	is "$(sql 'select count(*) from cursors')" "${4:-0}" \
	    "its cursor is as that says"
}
cut_run >"$tmp/in"
try "a run without its end" 65 "failed|65|no end record: the input is incomplete" <"$tmp/in"
like "$err" "^sp-load: run R1: no end record: the input is incomplete$" "is reported"
{ cut_run; close_run R1 6 '"status":"deferred","exit":75,"reason":"rate limited","until":"2026-03-03T00:00:00.000Z"'; } >"$tmp/in"
try "a deferred run" 75 \
    "deferred|75|rate limited, until 2026-03-03T00:00:00.000Z" <"$tmp/in"
{ cut_run; close_run R1 6 '"status":"deferred","exit":75,"reason":"limited until 2026-03-03T00:00:00.000Z","until":"2026-03-03T00:00:00.000Z"'; } >"$tmp/in"
try "a reason that says until when" 75 \
    "deferred|75|limited until 2026-03-03T00:00:00.000Z" <"$tmp/in"
{ cut_run; close_run R1 6 '"status":"failed","exit":77,"reason":"log in"'; } >"$tmp/in"
try "a failed run" 77 "failed|77|log in" <"$tmp/in"
like "$err" "^sp-load: run R1: failed: log in$" "is reported"
{ cut_run; close_run R1 6 '"status":"deferred","exit":75,"reason":"limited: try again at 2026-03-03T00:00:00.000Z"'; } >"$tmp/in"
run sp-load <"$tmp/in"
like "$err" '^sp-load: run R1: deferred: limited: try again at 2026-03-03 00:00, [0-9]+ days ago$' \
    "with local times"
now=$(sp-queue next --db "$tmp/none.db" play-history | jq -r .run | head -n 1)
sed "s/R1/$now/g" "$tmp/in" >"$tmp/live"
run sp-load <"$tmp/live"
is "$status $err" "75 " "a run of this hour: what met its failure reports it"
cut_run | sed "s/R1/$now/g" >"$tmp/live"
run sp-load <"$tmp/live"
is "$status $err" "65 sp-load: run $now: no end record: the input is incomplete" \
    "but not a cut stream"
{ cut_run; close_run R1 6 '"status":"failed"'; } >"$tmp/in"
try "a failed run without a status" 69 "failed|69|no reason was given" <"$tmp/in"
{ cut_run; close_run R1 6 '"status":"failed","exit":0'; } >"$tmp/in"
try "a failed run that says 0" 69 "failed|69|no reason was given" <"$tmp/in"
{ cut_run; close_run R1 6 '"status":"fine"'; } >"$tmp/in"
try "an end of an unknown status" 69 "failed|69|no reason was given" <"$tmp/in"
{ cut_run; close_run R1 7; } >"$tmp/in"
try "a ledger that does not balance" 65 \
    "failed|65|row records: sp-transform sent 7, sp-load received 6" <"$tmp/in"
{ cut_run; echo '{"type":"end","run":"R1","status":"complete"}'; } >"$tmp/in"
for ledger in '"none"' null 3 '{}' true '[null]' '["x"]' '[{"stage":5}]' \
    '[{"stage":"a","in":null}]'; do
	{
		open_run T1
		printf '{"type":"end","run":"T1","status":"complete","ledger":%s}\n' \
		    "$ledger"
	} >"$tmp/odd"
	run sp-load <"$tmp/odd"
	like "$status $err" '^65 .*run T1: failed: the ledger is not an array' \
	    "$ledger is no ledger"
done
try "an end without a ledger" 0 "complete|0|" 1 <"$tmp/in"
{ cut_run; close_run R2 6; } >"$tmp/in"
try "the end of another run" 65 "failed|65|no end record: the input is incomplete" <"$tmp/in"
{
	cut_run
	sed 's/R1/R2/' "$tmp/run"
	echo '{"type":"run","run":"R3"}'
	echo '{"type":"end","run":"R3","status":"deferred","exit":75,"reason":"later","ledger":[]}'
} >"$tmp/in"
try "several runs: the worst status wins" 65 "deferred|75|later" 1 <"$tmp/in"
is "$(sql "select run_id, status from ingest_runs order by 1")" "R1|failed
R2|complete
R3|deferred" "each has its own"
{
	row playlist_ingest_queue '{"playlist_id":"p"}' 01
	open_run Q1
	row playlist_ingest_queue '{"playlist_id":"p"}' 02 |
	    sed 's/"row",/"row","op":"delete",/'
} >"$tmp/in"
fresh
sp-load <"$tmp/in" 2>/dev/null
is "$(sql 'select count(*) from playlist_ingest_queue')" 1 \
    "a delete waits for a good end"
{ cat "$tmp/in"; close_run Q1 1; } | sp-load
is "$? $(sql 'select count(*) from playlist_ingest_queue')" "0 0" \
    "and goes with it"

section "a dry run"
fresh
put tracks '{"track_id":"t","name":"Tide"}' 01
before=$(sum)
{
	row tracks '{"track_id":"t","name":"Tide"}' 01
	row tracks '{"track_id":"n","name":"New","is_local":false,"audio_features_json":[1]}' 01
	row tracks '{"track_id":"t","name":"Flood"}' 02
	row tracks '{"track_id":"n","name":"Newer"}' 03
	row tracks '{"track_id":"n","name":"Newest"}' 02
	row nothing '{}'
} >"$tmp/in"
run sp-load -n --batch-rows 1 <"$tmp/in"
is "$status" 1 "a dry run refuses what a true one would"
is "$out" '{"type":"change","change":"unchanged","table":"tracks","key":{"track_id":"t"}}
{"type":"change","change":"insert","table":"tracks","key":{"track_id":"n"},"before":{},"after":{"name":"New","is_local":false,"audio_features_json":[1],"created_at":"2026-03-01T00:00:00.000Z","last_updated":"2026-03-01T00:00:00.000Z"}}
{"type":"change","change":"update","table":"tracks","key":{"track_id":"t"},"before":{"name":"Tide","last_updated":"2026-03-01T00:00:00.000Z"},"after":{"name":"Flood","last_updated":"2026-03-02T00:00:00.000Z"}}
{"type":"change","change":"update","table":"tracks","key":{"track_id":"n"},"before":{"name":"New","last_updated":"2026-03-01T00:00:00.000Z","column_times":null},"after":{"name":"Newer","last_updated":"2026-03-03T00:00:00.000Z","column_times":{"audio_features_json":"2026-03-01T00:00:00.000Z","is_local":"2026-03-01T00:00:00.000Z"}}}
{"type":"change","change":"unchanged","table":"tracks","key":{"track_id":"n"}}' \
    "and prints each change, later batches knowing of earlier ones"
is "$(sum) $(ls "$tmp" | grep -c music)" "$before 1" \
    "nothing is written, no file is left"
like "$err" '^sp-load: tracks: 5 rows: 1 inserted, 2 updated, 2 unchanged' \
    "stderr sums it up by table"
fresh
run sp-load -n <"$tmp/run"
is "$status $(echo "$out" | grep -c insert)" "0 5" "on a database that is not there"
[ ! -e "$SP_DB" ]
ok $? "which is not made"
sqlite3 "$SP_DB" "create table tracks (track_id text primary key, name text);
	insert into tracks values ('t', 'Tide')"
before=$(sum)
{
	row tracks '{"track_id":"t","name":"Ebb","popularity":3}' 01
	row users '{"user_id":"kim"}' 01
} >"$tmp/in"
run sp-load -n <"$tmp/in"
is "$status $out$(sum)" "78 $before" \
    "a database that is not of sp is not changed, nor taken for one"
like "$err" 'it lacks tables or columns' "and is refused"
run sp-load <"$tmp/in"
is "$status $(sql 'select name, popularity from tracks;
	select user_id, last_updated from users')" \
    "0 Ebb|3
kim|2026-03-01$d" "which a true run brings up to date"
row playlist_ingest_queue '{"playlist_id":"p"}' 01 | sp-load
row playlist_ingest_queue '{"playlist_id":"p"}' 02 |
    sed 's/"row",/"row","op":"delete",/' >"$tmp/in"
run sp-load -n <"$tmp/in"
like "$out" '"change":"delete".*"done_at":"2026-03-02' "a delete is shown"
is "$(sql 'select count(*) from playlist_ingest_queue')" 1 "and not done"
# As after a crash: what was committed last is in the log alone.
sqlite3 "$SP_DB" ".dbconfig no_ckpt_on_close on" \
    "insert into tracks (track_id, name) values ('log', 'Late')" >"$tmp/null"
before=$(cat "$SP_DB" "$SP_DB-wal" | cksum)
row tracks '{"track_id":"log","name":"Early"}' 01 >"$tmp/log"
run sp-load -n <"$tmp/log"
like "$out" '"before":{"name":"Late",' "a dry run reads a write-ahead log"
is "$(wc -c <"$SP_DB-wal" | xargs test 0 -lt; echo $?) $(
    cat "$SP_DB" "$SP_DB-wal" | cksum)" "0 $before" "and leaves it there"
# Root may write to everything.
mine=
[ "$(id -u)" -ne 0 ] || mine="setpriv --reuid 65534 --clear-groups"
if [ -z "$mine" ] || command -v setpriv >/dev/null; then
	# Where it was built may be for root alone.
	cp "$build/sp-load" "$tmp"
	as() { $mine "$tmp/sp-load" "$@"; }
	chmod a+rX "$tmp"
	for folder in 555 777; do
		mkdir "$tmp/ro"
		cp "$SP_DB" "$tmp/ro/music.db"
		chmod 444 "$tmp/ro/music.db"
		chmod $folder "$tmp/ro"
		run as -n --db "$tmp/ro/music.db" <"$tmp/in"
		is "$status" 0 \
		    "a dry run on a file that may only be read, in a folder: $folder"
		is "$(ls "$tmp/ro")" music.db "leaves nothing there"
		run as --db "$tmp/ro/music.db" <"$tmp/in"
		is "$status" 73 "a true run on such a file"
		like "$err" '^sp-load: .*/ro/music.db: the database is read-only' \
		    "says so"
		chmod 700 "$tmp/ro"
		rm -rf "$tmp/ro"
	done
else
	skip "no setpriv" "a file that may only be read"
fi
if [ -e /dev/full ]; then
	run sh -c '"$1" -n <"$2" >/dev/full' sh "$build/sp-load" "$tmp/run"
	is "$status" 74 "a dry run notices a full disk"
	like "$err" '^sp-load: stdout: ' "and says so"
fi

section "what can be wrong with a database"
for case in "echo this is no database, is it:78:not a SQLite database" \
    "sqlite3 $tmp/bad.db 'pragma user_version = 9':78:made by a newer sp" \
    "mkdir $tmp/bad.db:73:directory"; do
	rm -rf "$tmp/bad.db"
	eval "${case%%:*}" >"$tmp/words"
	[ -e "$tmp/bad.db" ] || cp "$tmp/words" "$tmp/bad.db"
	case=${case#*:}
	run sp-load --db "$tmp/bad.db" <"$tmp/run"
	is "$status" "${case%:*}" "${case#*:}: ${case%:*}"
	like "$err" "^sp-load: $tmp/bad.db: .*${case#*:}" "and names the file"
done
run sp-load --db "$tmp/run/x.db" <"$tmp/run"
is "$status" 73 "a folder that cannot be made"
sp-load --db "$tmp/new/folder/x.db" <"$tmp/run" 2>/dev/null
is "$? $(stat -c %a "$tmp/new/folder")" "0 700" "one that can be is private"

# A limit of the file's size acts as a full disk.
fresh
sp-load <"$tmp/run" 2>/dev/null
i=0
open_run F1 >"$tmp/in"
while [ $i -lt 2000 ]; do
	i=$((i + 1))
	row tracks '{"track_id":"'$i'","name":"a name that takes some space on disk","uri":"spotify:track:'$i'"}' 03
done >>"$tmp/in"
close_run F1 2000 >>"$tmp/in"
run bash -c 'trap "" XFSZ; ulimit -f 100; "$1" <"$2"' sh "$build/sp-load" \
    "$tmp/in"
is "$status" 74 "a full disk"
like "$err" "^sp-load: $SP_DB: " "is reported"
is "$(sql "select count(*) from tracks; select status from ingest_runs
	where run_id = 'F1'; pragma integrity_check")" "0
failed
ok" "no part of a batch is written, the run stays failed"

section "while it waits"
fresh
sp-load <"$tmp/run" 2>/dev/null
mkfifo "$tmp/fifo"
listen() { # starts sp-load on a fifo, kept open as descriptor 3
	# A shell's background jobs have SIGINT ignored.
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$build/sp-load" "$@" \
	    <"$tmp/fifo" 2>"$tmp/err" 3>&- &
	pid=$!
	exec 3>"$tmp/fifo"
}
# It sleeps with the database open once it has read all that there is.
idle() {
	ls -l "/proc/$pid/fd" | grep -q 'music.db-shm' &&
	    grep -q '^State:.*S' "/proc/$pid/status"
}
listen --batch-time 10ms
open_run W1 >&3
row tracks '{"track_id":"soon"}' 01 >&3
there() { [ "$(sql "select count(*) from tracks where track_id = '$1'")" = 1 ]; }
wait_until there soon
ok $? "a row can be seen while the input is still open"
is "$(sql "begin immediate; rollback; select status || ': ' || reason
	from ingest_runs where run_id = 'W1'")" \
    "failed: no end record yet: the run is in progress or was interrupted" \
    "no lock is taken, and the run counts as failed so far"
row tracks '{"track_id":"late"}' 01 >&3
cursor 9000 09 >&3
wait_until there late
kill -INT $pid
wait $pid 2>/dev/null
is "$? $(sql "select status, reason from ingest_runs where run_id = 'W1'")" \
    "130 failed|interrupted" "SIGINT: the run failed, the signal ends it"
like "$(cat "$tmp/err")" '^sp-load: run W1: interrupted' "and that is said"
is "$(sql "select count(*) from tracks where track_id in ('soon', 'late');
	select value from cursors")" "2
2000" "its rows are stored, its cursor is not moved"
exec 3>&-
listen --batch-time 1h
row tracks '{"track_id":"last"}' 01 >&3
cursor 9000 09 >&3
wait_until idle
kill -TERM $pid
wait $pid 2>/dev/null
is "$? $(sql "select count(*) from tracks where track_id = 'last';
	select value from cursors" | xargs)" "143 1 2000" \
    "SIGTERM without a run: rows are stored, a cursor is not moved"
exec 3>&-
listen --batch-time 10ms
open_run K1 >&3
row tracks '{"track_id":"killed"}' 01 >&3
wait_until there killed
kill -9 $pid
wait $pid 2>/dev/null
exec 3>&-
is "$(sql "select status from ingest_runs where run_id = 'K1';
	pragma integrity_check")" "failed
ok" "kill -9: the run is logged as failed"

# Somebody else writes: sp-load waits for its turn.
mkfifo "$tmp/lock"
sqlite3 "$SP_DB" <"$tmp/lock" >"$tmp/locked" &
locker=$!
exec 4>"$tmp/lock"
echo "begin immediate; select 'locked';" >&4
wait_until [ -s "$tmp/locked" ]
row tracks '{"track_id":"patient"}' 01 >"$tmp/in"
"$build/sp-load" <"$tmp/in" &
pid=$!
# The whole file is read: what is left to do is to write.
all_read() {
	grep -q "^pos:[^0-9]*$(wc -c <"$tmp/in")$" "/proc/$pid/fdinfo/0" && idle
}
wait_until all_read
is "$? $(kill -0 $pid 2>&1) $(sql "select count(*) from tracks where
	track_id = 'patient'")" "0  0" "sp-load waits while the database is locked"
echo "commit;" >&4
exec 4>&-
wait $locker
wait $pid
is "$? $(sql "select count(*) from tracks where track_id = 'patient'")" "0 1" \
    "and goes on when it is free"

run sp-load --progress <"$tmp/run"
like "$err" '6 rows: 0 inserted, 0 updated, 6 unchanged' \
    "--progress ends with a summary"

run "$build/sp-load" --digest --user kim
like "$status $err" "^64 sp-load: --user: not together with --digest" \
    "an option that --digest does not take"

section "a replay of runs that did not end well"
rm -f "$SP_DB" "$SP_DB-wal" "$SP_DB-shm"
{
	echo '{"type":"run","run":"R7","job":"replay","uncommitted":["R5","R6"]}'
	for run in R5 R56 R6; do
		echo "{\"type\":\"row\",\"table\":\"cursors\",\"row\":{\"user_id\":\"$run\",\"job\":\"play-history\",\"value\":1},\"at\":\"2026-03-01T00:00:00.000Z\",\"src\":\"$run/1\"}"
	done
	echo '{"type":"end","run":"R7","status":"complete","ledger":[]}'
} >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $(sql 'select user_id from cursors')" "0 R56" \
    "no cursor moves by a run that did not end well"
is "$(sql 'select rows_read, rows_inserted, rows_unchanged from ingest_runs')" \
    "3|1|2" "and that counts as nothing new"
finish

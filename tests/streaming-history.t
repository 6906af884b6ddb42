#!/bin/sh
# An export of the streaming history from its files to its receipt: nothing is
# lost, nothing is doubled, and what was read adds up.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

# rows FROM TO: so many rows of an export, four minutes apart, as kim's file has
# them. Every tenth is a podcast, the rows 3 and 1203 are phantoms, the row 5 is
# incognito.
rows() {
	jq -cn --argjson from "$1" --argjson to "$2" '[range($from; $to)
		| (1767211200 + 240 * .) as $ended
		| {ts: ($ended | todate), platform: "android", ms_played: 200000,
		conn_country: "IE", ip_addr: "192.0.2.77",
		offline_timestamp: ($ended - (if . % 1200 == 3 then 20 else 210 end)),
		reason_start: "trackdone", reason_end: "trackdone",
		shuffle: false, skipped: false, offline: false,
		incognito_mode: (. == 5)}
		+ if . % 10 == 9 then {spotify_track_uri: null,
			episode_name: "Knots \(.)", episode_show_name: "Rope Talk",
			spotify_episode_uri: "spotify:episode:e\(.)"}
		else {spotify_track_uri: "spotify:track:t\(. % 7)",
			master_metadata_track_name: "Tide \(. % 7)",
			master_metadata_album_artist_name: "The Gulls",
			master_metadata_album_album_name: "Mud Flats"} end]'
}
import() { sp-stage import --user kim "$@" | sp-transform | sp-load; }
last() { sql 'select run_id from ingest_runs order by started_at desc, run_id desc limit 1'; }
# receipt [RUN]: its lines, without what is 0.
receipt() {
	sp-stage runs "${1:-$(last)}" |
	    jq -c 'del(.type, .run_id) | with_entries(select(.value != 0))'
}
# Every receipt adds up, and its rows are those of the files.
adds_up() { # ROWS NAME
	is "$(sql "select coalesce(group_concat(run_id), '') from (
		select run_id, json_extract(value, '$.read') as \"read\",
			json_extract(value, '$.inserted') + json_extract(value, '$.updated')
			+ json_extract(value, '$.unchanged')
			+ json_extract(value, '$.refused') as parts
		from ingest_runs, json_each(receipt_json)) where \"read\" <> parts")" \
	    "" "$2: every receipt adds up"
	is "$(receipt | jq -s 'map(.read // 0) | add')" "$1" "to the rows of the files"
}
streams() { sql 'select count(*) from streaming_history'; }

section "an export"
a=$tmp/Streaming_History_Audio_2025-2026_0.json
b=$tmp/Streaming_History_Audio_2026_1.json
v=$tmp/Streaming_History_Video_2026.json
rows 0 1300 >"$a"
rows 1300 1400 >"$b"
rows 1400 1403 >"$v"
run import "$a" "$b" "$v"
is "$status $(streams)" "0 1403" "every row is a stream"
is "$(receipt | sed "s|$tmp/||")" \
    '{"file":"Streaming_History_Audio_2025-2026_0.json","year":2025,"read":60,"inserted":60,"phantoms":1,"incognito":1,"podcasts":6}
{"file":"Streaming_History_Audio_2025-2026_0.json","year":2026,"read":1240,"inserted":1240,"phantoms":1,"podcasts":124}
{"file":"Streaming_History_Audio_2026_1.json","year":2026,"read":100,"inserted":100,"podcasts":10}
{"file":"Streaming_History_Video_2026.json","year":2026,"read":3,"inserted":3,"videos":3}' \
    "its receipt is by file and year"
adds_up 1403 "it is whole"
like "$err" '^Audio_2025-2026_0 +2025 +60 +60 +0 +0 +0$' \
    "sp-load prints it, with short names"
like "$err" '^sum +1403 +1403 +0 +0 +0$' "with the sum"
like "$err" '^sum +2 +1 +140 +3$' "also of each kind"
is "$(echo "$err" | awk 'length > 80')" "" "in lines that fit a terminal"
printed=$err
run sp-stage runs --table "$(last)"
is "$out" "$(echo "$printed" | tail -n +2)" "and sp-stage shows it again"
run sp-stage runs 01NOSUCHRUN
is "$status" 65 "of no run there is none"
is "$(sql "select item, offline_timestamp, ms_played, nth, kind, track_id,
	started_at, ended_at, phantom, track_name, conn_country
	from streaming_history order by ts limit 1")" \
    "spotify:track:t0|1767210990000|200000|1|track|t0|2025-12-31T19:56:30.000Z|2025-12-31T20:00:00.000Z|0|Tide 0|IE" \
    "a stream has what the row says"
is "$(sql "select file_rows, sum(rows), min(covered_from), max(covered_to)
	from streaming_coverage group by sha256 order by 3")" \
    "1300|1300|2025-12-31T20:00:00.000Z|2026-01-04T10:36:00.000Z
100|100|2026-01-04T10:40:00.000Z|2026-01-04T17:16:00.000Z" \
    "the files cover their time, but for the videos"
is "$(sqlite3 "$SP_DB" .dump | grep -c '192\.0\.2\.77')" 0 \
    "nothing private is in the database"
digest >"$tmp/first"
rebuild | diff "$tmp/first" - >"$tmp/diff"
is "$(cat "$tmp/diff" "$tmp/rebuild.err")" "" \
    "rebuilt from its captures it is the same, without a word"

section "again"
run import "$v" "$b" "$a"
is "$status $(digest | diff "$tmp/first" -)" "0 " "it changes nothing"
is "$(receipt | jq -s -c 'map(.unchanged) | [add, length]')" "[1403,4]" \
    "and all is known already"
adds_up 1403 "it is whole"

section "an export that overlaps"
# An older row of the same stream names it differently; 100 rows are new.
rows 1350 1500 >"$tmp/endsong_0.json"
run import "$tmp/endsong_0.json"
is "$(receipt | jq -c '[.read, .inserted, .updated]')" "[150,97,53]" \
    "what is new is distinguished from what is known"
is "$(streams)" 1500 "the two are one history"
adds_up 150 "it is whole"
digest >"$tmp/first"
mv "$SP_DB" "$tmp/forward.db"
import "$tmp/endsong_0.json" "$v" 2>"$tmp/err"
import "$b" "$a" 2>"$tmp/err"
digest | grep streaming_history >"$tmp/backward"
grep streaming_history "$tmp/first" | diff - "$tmp/backward" >"$tmp/diff"
is "$(cat "$tmp/diff")" "" "in any order"

section "equal rows"
fresh
jq -c '[.[0], .[0], .[1], .[0]]' "$b" >"$tmp/equal.json"
import "$tmp/equal.json" "$b" 2>"$tmp/err"
is "$(sql "select group_concat(nth) from (select nth from streaming_history
	where ts < '2026-01-04T10:41' order by nth)")" "1,2,3" \
    "each of a file is a stream, and those of two files are the same ones"
is "$(streams)" 102 "the others are there once"
adds_up 104 "they are whole"

fresh
jq -c '[.[0] | .spotify_track_uri = (null, "", "") | .master_metadata_track_name =
	("Tide", "Ebb")]' "$b" >"$tmp/empty.json"
run import "$tmp/empty.json"
is "$status $(sql "select group_concat(n) from (select track_name || nth as n
	from streaming_history order by n)")" "0 Ebb1,Ebb2,Ebb3,Tide1,Tide2,Tide3" \
    "an empty uri is none"
adds_up 6 "they are whole"

section "rows that cannot be used"
fresh
jq -c '.[2].ts = "soon" | .[4].ms_played = null | .[6] = 7
	| .[8].skipped = "perhaps" | .[9].ts = 3
	| .[10].ms_played = 1e20' "$b" >"$tmp/odd.json"
run import "$tmp/odd.json"
is "$status $(receipt | jq -c '[.year, .read, .inserted // 0, .refused // 0]' | xargs)" \
    "1 [2026,95,95,0] [null,5,0,5]" "they are refused alone"
adds_up 100 "they are whole"
is "$(sql "select place || ': ' || reason from ingest_errors order by 1")" \
    "odd.json row 10: 'ts' is a number, not a string
odd.json row 11: has no valid 'ms_played'
odd.json row 3: has no valid 'ts'
odd.json row 5: has no valid 'ms_played'
odd.json row 7: is a number, not an object
odd.json row 9: 'skipped' is a string, not a number" \
    "and named by their number in the file"
is "$(sql "select sum(rows) from streaming_coverage")" 95 \
    "so that the file covers nothing"
head -c 5000 "$b" >"$tmp/cut.json"
run import "$tmp/cut.json"
is "$status $(receipt | jq -c '[.read, .inserted // 0, .updated // 0, .refused // 0]' | xargs)" \
    "1 [11,5,6,0] [1,0,0,1]" "a row that is cut is one of them"

section "a capture that is refused as a whole"
fresh
sp-transform --print-filter streaming-history |
    sed 's/^if ok then/if .first_row > 1000 then [range(1e9)] elif ok then/' \
    >"$tmp/dies.jq"
run sh -c 'sp-stage import --user kim "$1" "$2" | sp-transform \
    --memory 64M -f streaming-history="$3" | sp-load' - "$a" "$b" "$tmp/dies.jq"
is "$status $(receipt | jq -s -c '[(map(.read) | add), (map(.inserted // 0) | add),
	(map(.refused // 0) | add)]')" "1 [1400,1100,300]" "its rows are refused"
adds_up 1400 "the rest is whole"
sp-stage replay --refused | sp-transform | sp-load 2>"$tmp/err"
is "$(streams) $(sql 'select count(*) from ingest_errors')" "1400 0" \
    "a replay brings them"
adds_up 300 "what was replayed is whole"

section "sp-load is killed"
fresh
mkfifo "$tmp/fifo"
sp-stage import --user kim "$a" "$b" | sp-transform >"$tmp/stream"
sp-load --batch-rows 100 <"$tmp/fifo" 2>"$tmp/err" &
pid=$!
exec 8>"$tmp/fifo"
head -n 700 "$tmp/stream" >&8
some() { [ "$(sql 'select count(*) from streaming_history' 2>&1)" -ge 600 ] 2>"$tmp/err"; }
wait_until some
kill -9 $pid
exec 8>&-
wait $pid 2>"$tmp/err"
run import "$a" "$b"
is "$status $(streams)" "0 1400" "run again, the import is whole"
adds_up 1400 "of what it read"
ok "$(receipt | jq -s 'map(.unchanged // 0) | if add >= 600 then 0 else 1 end')" \
    "of which some is known"

section "plays of the API, and gaps"
fresh
row play_history '{"user_id":"kim","track_id":"t1","played_at":"2026-01-04T10:52:00.123Z"}' \
    04 >"$tmp/rows"
for time in 10:00:00.000Z 16:00:00.000Z 17:00:00.000Z 18:00:00.000Z; do
	row play_coverage "{\"user_id\":\"kim\",\"covered_from\":\"2026-01-04T$time\",\"covered_to\":\"2026-01-04T$time\"}"
done >>"$tmp/rows"
sp-load <"$tmp/rows" 2>"$tmp/err"
run import "$b"
is "$(sql "select count(*) from play_matches where play_id is not null")" 1 \
    "a play and a stream are one listening"
is "$(receipt | jq -c '[.matched // 0, .gaps_closed // 0]')" "[1,1]" \
    "those that an import matched and closed are in its receipt"
like "$err" '^FILE .* MATCHED  GAPS CLOSED$' "and printed"

section "what is no import"
fresh
row tracks '{"track_id":"t1"}' | sp-load
is "$(sql "select count(receipt_json) from ingest_runs")" 0 "it has no receipt"
import "$b" 2>"$tmp/err"
run sh -c 'sp-stage replay | sp-transform | sp-load'
is "$status $err" "0 " "a replay prints none"
run sh -c 'sp-stage import --user kim "$1" | sp-transform | sp-load -n' - "$b"
is "$status" 0 "a dry run reads a file again"
like "$err" '^sum +100 +0 +0 +100 +0' "and prints what it would bring"
like "$err" "captures are stored: .*sp-stage forget removes them" \
    "and says that its captures are stored"
finish

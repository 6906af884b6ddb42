#!/bin/sh
# Rows whose captures nobody kept cannot be rebuilt: that is said.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

stream() { # RUN [STATUS]: as sp-fetch sends it
	cat <<J
{"type":"run","run":"$1","job":"profile","account":"default","user":"kim","started_at":"2026-03-01T00:00:00.000Z"}
{"type":"capture","run":"$1","seq":1,"endpoint":"track","user":"kim","status":200,"fetched_at":"2026-03-01T00:00:00.000Z","body":{"id":"t","name":"Song"}}
{"type":"end","run":"$1","status":"${2:-complete}","ledger":[{"stage":"sp-queue","produced":{"run":1,"request":1}},{"stage":"sp-fetch","takes":"request","in":{"run":1,"request":1},"passed":{"run":1},"used":{"request":1},"produced":{"capture":1}}]}
J
}
why='its captures did not pass sp-stage: its rows cannot be rebuilt'
reason() { sql "select coalesce(reason, '') from ingest_runs where run_id = '$1'"; }
stages() { sql "select group_concat(json_extract(value, '\$.stage'), ' ')
    from ingest_runs, json_each(ledger_json) where run_id = '$1'"; }

stream R1 | sp-transform >"$tmp/rows"
run sp-load <"$tmp/rows"
is "$status $err" "0 sp-load: run R1: $why" "without sp-stage it is said"
is "$(reason R1)" "$why" "and kept"
is "$(stages R1)" "sp-queue sp-fetch sp-transform sp-load" \
    "with the stages that it passed"
run sp-load -n <"$tmp/rows"
is "$status $(echo "$err" | grep -c rebuilt)" "0 0" "a dry run makes none"
stream R2 failed | sp-transform >"$tmp/rows"
run sp-load <"$tmp/rows"
is "$(reason R2)" "no reason was given; $why" "a run that failed has two reasons"

section "no false alarm"
stream R3 | sp-stage | sp-transform >"$tmp/rows"
run sp-load <"$tmp/rows"
is "$status$err$(reason R3)" 0 "what passed sp-stage"
stream R4 | sp-stage --db "$tmp/apart.db" | sp-transform >"$tmp/rows"
run sp-load <"$tmp/rows"
is "$status$err$(reason R4)" 0 "into another database"
stream R5 >"$tmp/archive"
sp-stage <"$tmp/archive" >"$tmp/out"
sp-transform <"$tmp/archive" >"$tmp/rows"
run sp-load <"$tmp/rows"
is "$status$err$(reason R5)" 0 "an archive whose captures are staged"
sql 'delete from staging_raw'
sp-stage <"$tmp/archive" | sp-transform | sp-load
sql 'delete from staging_raw'
run sp-load <"$tmp/rows"
is "$status$err$(reason R5)" 0 "nor once they were pruned"
sp-stage <"$tmp/archive" >"$tmp/out"
sp-stage replay --run R5 | sp-transform >"$tmp/rows"
run sp-load <"$tmp/rows"
is "$status$err" 0 "a replay"
sed -n 2p "$tmp/archive" | sp-transform >"$tmp/rows"
run sp-load <"$tmp/rows"
is "$status$err" 0 "captures without a run"
run sp-load <<J
{"type":"row","table":"tracks","row":{"track_id":"x"}}
J
is "$status$err" 0 "rows typed by hand"
run sp-load <<J
{"type":"run","run":"R6"}
{"type":"row","table":"tracks","row":{"track_id":"x"}}
{"type":"end","run":"R6","status":"complete"}
J
is "$status$err$(reason R6)" 0 "in a run, too"
finish

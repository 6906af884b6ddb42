#!/bin/sh
# What people see in a terminal: one progress line a pipeline, and tables that
# fit the window.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh
. tests/lib/api.sh

export TERM=xterm LC_ALL=C.UTF-8
unset COLUMNS

# terminal COLUMNS NAME COMMAND: tests/lib/terminal.py, into $tmp/NAME.*
terminal() { python3 tests/lib/terminal.py "$1" "$tmp/$2" "$3"; }
raw() { cat "$tmp/$1.raw"; }

section "progress"
api_start --user kim --seed 5 --latency 300ms
slow="sp-fetch --parallel 1 /me /me /me /me"
terminal 80 file "$slow >'$tmp/out'; echo done" &
runs=$!
terminal 40 pipe "$slow | sp-stage | sp-transform | sp-load; echo done" &
runs="$runs $!"
terminal 80 stdout "$slow" &
runs="$runs $!"
TERM=dumb terminal 80 dumb "$slow >'$tmp/out.dumb'" &
runs="$runs $!"
# shellcheck disable=SC2086
wait $runs
like "$(cat "$tmp/file.drawn")" \
    '^sp-fetch: [1-4] requests?, [0-4] captures?, 0.0 MB, [0-9.]+ a second$' \
    "a line says how far it is"
is "$(cat "$tmp/file.screen")" "done" "and is erased in the end"
like "$(raw pipe)" '^\^M\^\[\[Ksp-fetch: [^^]*\^M\^M\^\[\[Ksp-' \
    "a pipeline has one, erased before each change"
is "$(grep -c 'sp-[str][a-z]*: [0-9]* \(capture\|record\)' "$tmp/pipe.raw")" 0 \
    "of one program"
is "$(grep -c "sp-fetch.*wrapped" "$tmp/pipe.drawn")" 0 "which fits a narrow window"
like "$(cat "$tmp/pipe.screen")" '^sp-load: 4 rows: .*
done$' "and leaves only the summary"
is "$(grep -c sp-fetch "$tmp/stdout.raw")" 0 \
    "none is shown where the records are"
is "$(raw dumb)" "" "nor on a dumb terminal"
echo '{"type":"novelty"}' >"$tmp/in"
terminal 80 short "sp-transform <'$tmp/in' >'$tmp/out'"
is "$(raw short)" "" "nor for less than half a second"

section "erasing the line"
erase='^M^[[K' unknown='{"type":"novelty"}'
terminal 80 message "sp-queue next frob"
is "$(raw message | head -n 1 | cut -c 1-15)" "${erase}sp-queue:" \
    "a message erases the line first"
TERM=dumb terminal 80 message "sp-queue next frob"
is "$(raw message | head -n 1 | cut -c 1-9)" "sp-queue:" "not on a dumb terminal"
terminal 80 filter "echo '$unknown' | sp-transform"
is "$(raw filter)" "$erase$unknown" "so does a filter in a pipeline"
terminal 80 filter "sp-transform <'$tmp/in'"
is "$(raw filter)" "$unknown" "but not one that reads a file"

section "tables"
export TZ=Europe/Berlin
run=01M81J18G0000000013333
for end in 3AAAA 4AAAA 5BBBB; do
	sql "insert into ingest_runs (run_id, job, user_id, started_at, status,
	    reason, captures, rows_inserted, rows_updated, rows_unchanged, refused)
	    values ('$run$end', 'play-history', 'kim',
	    '2026-11-22T12:00:00.000Z', 'failed',
	    'no end record: the input is incomplete', 1, 20, 3, 4, 0)"
done
terminal 80 runs "sp-stage runs"
is "$(sed -n 1,3p "$tmp/runs.screen")" \
    "RUN    JOB           STARTED (CET)     STATUS  INSERTED  UPDATED  REFUSED  USER
3AAAA  play-history  2026-11-22 13:00  failed        20        3        0  kim
    no end record: the input is incomplete" "fit 80 columns, in local time"
terminal 40 runs "sp-stage runs; sp-queue status; sp-stage prune -n --keep 1d"
is "$(grep -v '^sp-' "$tmp/runs.screen" | grep -c wrapped)" 0 "and 40"
is "$(sed -n 2p "$tmp/runs.screen")" "3AAAA  play-history  failed        20" \
    "with the most useful columns"
like "$(sp-stage runs --table)" 'CAPTURES +USER +NOTE
.* no end record' "in a file no column is left out"
is "$(COLUMNS=40 sp-stage runs --table)" "$(head -n 10 "$tmp/runs.screen" |
    sed '/^Jobs/,$d;/^sp-stage/d')" "unless COLUMNS says how wide it is"
is "$(sp-stage runs --json)" "$(sp-stage runs)" "--json is as in a pipe"
terminal 80 json "sp-stage runs --json"
like "$(raw json)" '^\{"type":"ingest_run"' "also in a terminal"

row playlists '{"playlist_id":"p","name":"夜 e\u0301 一二三四五六七八九十一二三四五六七八九十"}' 01 |
    sp-load
terminal 60 wide "sp-stage why playlists p --table"
is "$(grep -c wrapped "$tmp/wide.screen")" 0 "wide characters take two columns"

section "short ids"
run sp-stage runs 5bbbb
like "$err" "run '${run}5BBBB' has no receipt" "the end of an id names a run"
run sp-stage runs aaaa
is "$status$err" "65sp-stage: runs: several runs match 'aaaa': ${run}3AAAA, ${run}4AAAA" \
    "an end of several is refused"
run sp-stage redate -n --by 1h "${run}5"
like "$out" "\"run_id\":\"${run}5BBBB\"" "so does a beginning"

finish

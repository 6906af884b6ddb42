#!/bin/sh
# Captures of a run whose clock was wrong are moved in time; then the tables
# are rebuilt as if it had been right.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
SP_ACCOUNT=default
export SP_ACCOUNT

redate() { run sp-stage redate "$@"; }
staged() { sql "select seq, fetched_at, extra_json from staging_raw
    where run_id = '$1' order by seq"; }
# ahead FILE: the stream of a run whose clock was 40 days ahead.
ahead() {
	jq -c 'def ahead: (.[0:19] + "Z" | fromdate + 3456000 | todate)[0:19]
		+ .[19:];
	    if .fetched_at then .fetched_at |= ahead else . end |
	    if .retry_at then .retry_at |= ahead else . end |
	    if .started_at then .started_at |= ahead else . end' "$1"
}
load() { sp-stage | sp-transform | sp-load; }

section "of two runs, the first with a wrong clock"
api_start --user kim --seed 7
for n in 1 2; do
	sp-queue next play-history | sp-fetch >"$tmp/$n"
	load <"$tmp/$n"
	sp-queue next --force playlists | sp-fetch >"$tmp/lists$n"
	load <"$tmp/lists$n"
done
right=$tmp/right.db wrong=$tmp/wrong.db
for n in 1 lists1 2 lists2; do
	SP_DB=$right load <"$tmp/$n"
	case $n in
	*1) ahead "$tmp/$n" | SP_DB=$wrong load ;;
	*) SP_DB=$wrong load <"$tmp/$n" ;;
	esac
done 2>"$tmp/err"
sp-load --digest --db "$right" >"$tmp/digest"
SP_DB=$wrong
run_id=$(jq -r 'select(.type == "run").run' "$tmp/1")
lists=$(jq -r 'select(.type == "run").run' "$tmp/lists1")
rebuild "$wrong" | cmp -s - "$tmp/digest"
is "$?" 1 "times of the future are in the tables"
before=$(staged "$run_id" && staged "$lists")
redate -n --by -40d "$run_id" "$lists"
is "$status $(echo "$out" | jq -r .run_id | xargs)" "0 $run_id $lists" \
    "a dry run lists the runs"
is "$(echo "$out" | jq -r .first_moved | head -n 1)" \
    "$(jq -r 'select(.fetched_at).fetched_at' "$tmp/1" | head -n 1)" \
    "and what their times would be"
is "$(staged "$run_id" && staged "$lists")" "$before" "and changes nothing"
plan=$out
redate --by -40d "$run_id" "$lists"
is "$status $out" "0 $plan" "the same is listed when they are moved"
is "$(sql "select fetched_at from staging_raw where run_id = '$lists'
    order by seq")" \
    "$(jq -r 'select(.fetched_at).fetched_at' "$tmp/lists1")" \
    "captures have their right times"
is "$(sql "select started_at from ingest_runs where run_id = '$run_id'")" \
    "$(jq -r 'select(.type == "run").started_at' "$tmp/1")" "and the run"
is "$(rebuild "$wrong" | diff "$tmp/digest" -)" "" \
    "the rebuilt tables are those of a right clock"
is "$(sp-stage prune -n --keep 0 2>/dev/null | jq -s 'map(.needed) | add')" \
    "$(sql "select count(*) from staging_raw")" \
    "prune leaves captures that were moved"
cp "$wrong" "$tmp/place.db"
(SP_DB=$tmp/place.db
{ sp-load --digest | jq -r '"delete from \(.table);"'
	echo 'delete from playlist_pages;'; } | sql
sp-stage replay | sp-transform | sp-load) 2>"$tmp/redate.err"
is "$(sp-load --digest --db "$tmp/place.db" | diff "$tmp/digest" -)" "" \
    "in place, too"
redate --by 40d "$run_id" "$lists"
is "$status $(staged "$run_id" && staged "$lists")" "0 $before" \
    "moved back, they are as they were"

section "what else has a time, and other spans"
fresh
cat >"$tmp/in" <<'E3'
{"type":"run","run":"R1","job":"profile","started_at":"2026-03-01T00:00:00.000Z"}
{"type":"capture","run":"R1","seq":1,"endpoint":"me","user":"kim","status":429,"fetched_at":"2026-03-01T00:00:00.123Z","page":1,"retry_at":"2026-03-01T00:01:00.456Z","body":{}}
{"type":"capture","run":"R1","seq":2,"endpoint":"me","user":"kim","status":200,"fetched_at":"2026-02-28T23:59:59.999Z","body":[]}
{"type":"end","run":"R1","status":"complete","ledger":[]}
E3
load <"$tmp/in" 2>"$tmp/err"
redate --by +1500ms R1
is "$(staged R1)" '1|2026-03-01T00:00:01.623Z|{"page":1,"retry_at":"2026-03-01T00:01:01.956Z","redated":1500}
2|2026-03-01T00:00:01.499Z|{"redated":1500}' "deadlines move, too"
redate --by -1500ms R1
is "$(staged R1)" '1|2026-03-01T00:00:00.123Z|{"page":1,"retry_at":"2026-03-01T00:01:00.456Z"}
2|2026-02-28T23:59:59.999Z|' "and back"
redate --by -3000000d R1
like "$status $err" "^64 sp-stage: --by: a time would leave the years 0000 to 9999" \
    "a span that is too long"
redate --by 1d R1 R2
is "$status $err" "65 sp-stage: redate: no such run: 'R2'" "an unknown run"
is "$(sql "select count(*) from staging_raw
    where extra_json like '%redated%'")" 0 "changes nothing"
for bad in "R1" "--by 1d" "--by soon R1" "--by 0 R1" "--by 1d --endpoint me R1"; do
	# shellcheck disable=SC2086
	redate $bad
	is "$status" 64 "usage: $bad"
done
finish

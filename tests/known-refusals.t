#!/bin/sh
# What is refused is reported once: an odd item that is met again and again is
# counted. A run whose answer could not be used leaves its job due.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
SP_ACCOUNT=default
export SP_ACCOUNT

ago() { date -u -d "@$(($(date +%s) - $1))" +%Y-%m-%dT%H:%M:%S.000Z; }
# answer RUN JOB ENDPOINT PATH BODY [SECONDS]: a planned run that fetched it,
# so many seconds ago, as sp-queue has planned it.
answer() {
	at=$(ago "${6:-0}")
	sp-queue next --user kim "$2" 2>/dev/null | head -n 1 |
	    jq -c --arg run "$1" --arg at "$at" '.run = $run | .started_at = $at
		| .user = "kim"'
	printf '{"type":"capture","run":"%s","seq":1,"endpoint":"%s"' "$1" "$3"
	printf ',"user":"kim","url":"https://api.example/v1%s","status":200' "$4"
	printf ',"fetched_at":"%s","body":%s}\n' "$at" "$5"
	printf '{"type":"end","run":"%s","status":"complete","ledger":[]}\n' "$1"
}
load() { # [TRANSFORM OPTION...]
	sp-stage <"$tmp/in" | sp-transform "$@" | sp-load
}
take() { answer "$@" >"$tmp/in"; run load; }
state() { sp-queue status | jq -r --arg job "$1" 'select(.type == "job_status" and .job == $job).state'; }
due() { sp-queue next all | jq -r 'select(.type == "run").job' | grep -cx "$1"; }
counts() { sql "select refused, exit_status from ingest_runs where run_id = '$1'"; }
errors() { sql 'select count(*) from ingest_errors'; }

section "an answer that cannot be used"
bad='{"error":{"status":500,"message":"odd"}}'
sql_account() {
	sql "insert or replace into accounts (account, user_id, last_updated)
	    values ('default', 'kim', '2026-01-01T00:00:00Z')"
}
take A1 profile me /me "$bad" 3500
is "$status $(echo "$err" | grep -c .)" "1 1" "an answer that is refused is reported"
sql_account
is "$(counts A1) $(due profile) $(state profile)" "1|1 0 refused" \
    "within the hour the job is not asked again"
sql "update ingest_runs set started_at = '$(ago 3700)'"
is "$(due profile) $(state profile)" "1 due" "after it, it is due"
take A2 profile me /me "$bad" 3700
is "$status$err $(counts A2)" "0 1|0" "a known refusal is counted, and not reported"
sql "update ingest_runs set started_at = '$(ago 7500)' where run_id = 'A1'"
is "$(due profile)" 0 "then the job waits for two hours"
sql "update ingest_runs set started_at = '$(ago 7300)' where run_id = 'A2'"
is "$(due profile)" 1 "and is due"
take A3 profile me /me '[]' 7300
is "$status $(echo "$err" | grep -c .)" "1 1" "another reason is reported"
is "$(due profile)" 0 "twice as long each time"
for n in 1 2 3 4 5 6 7 8 9; do
	sql "insert into ingest_runs (run_id, job, account, status, started_at)
	    values ('B$n', 'profile', 'default', 'complete',
	    '$(ago $((3600 * 24 * 29 + 600 * n)))');
	    insert into ingest_errors (run_id, stage, src, reason, seen_at)
	    values ('B$n', 'sp-transform', 'B$n/1', 'odd', '')"
done
sql "delete from ingest_runs where run_id like 'A%'"
is "$(due profile)" 1 "after nine times it is due within"
sql "insert into ingest_runs (run_id, job, account, status, started_at)
    select 'C' || substr(run_id, 2), job, account, status,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at, '+8 days') from ingest_runs
    where run_id like 'B%'"
sql "insert into ingest_errors (run_id, stage, src, reason, seen_at)
    select run_id, 'sp-transform', run_id || '/1', 'odd', ''
    from ingest_runs where run_id like 'C%'"
is "$(due profile)" 0 "but it never waits longer than its interval"
sql "update ingest_runs set started_at = strftime('%Y-%m-%dT%H:%M:%fZ',
    started_at, '-10 days')"
is "$(due profile)" 1 "which has an end"
take D1 profile me /me '{"id":"kim"}'
is "$status$err $(due profile) $(state profile)" "0 0 fresh" \
    "an answer that can be used ends it"

section "every job"
for job in 'play-history recently-played /me/player/recently-played?limit=50' \
    'playlists my-playlists /me/playlists?limit=50&offset=0' \
    'profile followed-artists /me/following?type=artist' \
    'audio-features audio-features /audio-features?ids=t'; do
	# shellcheck disable=SC2086 # name, endpoint, path
	set -- $job
	for body in '{}' "$bad" '[]' 3 '"x"'; do
		fresh
		take "E$(date +%N)" "$1" "$2" "$3" "$body" 60
		is "$status $(state "$1" | grep -c fresh)" "1 0" \
		    "$1: $body leaves it due"
	done
done

section "an item that is odd"
fresh
cat >"$tmp/item.jq" <<'J'
.body.items[] | if .id == null then {refuse: "it has no id", place: .at} else
	{table: "tracks", row: {track_id: .id, duration_ms: .ms}} end
J
plays='/me/player/recently-played?limit=50'
meet() { # RUN ITEMS [PATH]
	answer "$1" play-history recently-played "${3:-$plays}" "{\"items\":[$2]}" >"$tmp/in"
	run load -f "$tmp/item.jq"
}
odd='{"at":"2026-03-01","x":1}' good='{"id":"t1","ms":1}'
meet F1 "$odd,$good"
is "$status $(echo "$err" | grep -c 'it has no id')" "1 1" "an odd item is reported"
sql_account
is "$(state play-history)" refused "once it leaves its job due"
meet F2 "$good,$odd"
is "$status$err $(counts F2)" "0 1|0" "met again, elsewhere on a page, it is known"
is "$(state play-history)" fresh "and leaves the job as it is"
meet F3 "$odd" "$plays&after=1000"
is "$status$err" 0 "whatever else was asked for"
meet F4 "$odd,{\"at\":\"2026-03-02\"}"
is "$status $(echo "$err" | grep -c .)" "1 1" "of two odd items only the new one is reported"
meet F5 "$odd" /me/player/other
is "$status" 1 "an odd item of another subject is reported"
sp-stage replay | sp-transform -f "$tmp/item.jq" 2>"$tmp/err" | sp-load 2>>"$tmp/err"
is "$? $(grep -c 'it has no id' "$tmp/err")" "1 6" "a replay reports all refusals"
is "$(errors)" 6 "refusals of a replay are stored once"
is "$(state play-history)" refused "nor changes what was new"

section "a column that sp-load refuses"
fresh
meet G1 '{"id":"t1","ms":"odd"}'
is "$status $(echo "$err" | grep -c duration_ms)" "1 1" "an odd column is reported"
meet G2 '{"id":"t1","ms":"odd"}'
is "$status$err $(counts G2)" "0 1|0" "and known from then on"
meet G3 '{"id":"t2","ms":"odd"}'
is "$status $(echo "$err" | grep -c duration_ms)" "1 1" "an odd column of another track is reported"
sql "create trigger no3 before insert on tracks when new.track_id = 't3'
	begin select raise(abort, 'forbidden'); end"
meet H1 '{"id":"t3","ms":3}'
is "$status $(echo "$err" | grep -c forbidden)" "1 1" "a row that a trigger forbids is reported"
meet H2 '{"id":"t3","ms":3}'
is "$status$err $(counts H2)" "0 1|0" "once"

section "what nobody planned"
fresh
echo '{}' >"$tmp/me.json"
for n in 1 2; do
	sp-stage import --endpoint me --user kim "$tmp/me.json" |
	    sp-transform 2>"$tmp/err" | sp-load
	is "$? $(grep -c . "$tmp/err")" "1 1" "import $n reports what is refused"
done
# A run that was not loaded brings what is known quietly.
fresh
take J1 profile me /me "$bad"
answer J2 profile me /me "$bad" | sp-stage >"$tmp/out"
take J3 profile me /me '{"id":"kim"}'
is "$status$err $(errors)" "0 2" "a known refusal that is sent again is not reported"
finish

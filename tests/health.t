#!/bin/sh
# sp-queue health: what is wrong, in a line, an exit status, JSON and metrics.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
export TZ=UTC
api_start --user kim --seed 3
health() {
	run sp-queue health "$@"
	got="$status $out$err"
}
# aged D: as if all runs had been D (as SQLite has it) earlier.
aged() {
	sql "update ingest_runs set
		started_at = strftime('%Y-%m-%dT%H:%M:%fZ', started_at, '-$1'),
		ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', ended_at, '-$1')"
}
login_ends() { # MODIFIER of SQLite
	sql "update accounts
		set login_ends = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '$1')"
}

section "before the first run"
health
is "$status" 73 "there is no database"
sp-load </dev/null 2>/dev/null
health
is "$got" "1 have a look: account 'default' had no run yet: run \`sp-run\`" \
    "no run"
sql "insert into ingest_runs (run_id, job, account, started_at, ended_at, status)
	values ('A', 'all', 'default', '2999-01-01T00:00:00.000Z',
	'2999-01-01T00:00:01.000Z', 'complete')"
health
like "$got" '^1 have a look: account .default. had no run yet' \
    "a run in the future, of a wrong clock, is none"
sql "insert into ingest_runs (run_id, job, account, started_at, ended_at, status,
	reason) values ('B', 'profile', 'default', '2026-01-01T00:00:00.000Z',
	'2026-01-01T00:00:00.000Z', 'failed', 'x' || char(155, 10) ||
	replace(hex(zeroblob(400)), '0', char(233)))"
health
like "$got" '^1 have a look: .*profile: the last run failed: x\?\?éé' \
    "a reason has no control characters"
printf %s "$out" | iconv -f UTF-8 -t UTF-8 >/dev/null
ok $? "and is UTF-8, although it is cut"
sql "delete from ingest_runs"

section "the login"
SP_TOKEN_FILE=$tmp/none.json sp-run 2>/dev/null
health
is "$got" "77 log in: not logged in: there is no token file '$tmp/none.json': run \`sp-fetch login --client-id ID\`" \
    "the first reason is the login, once for all jobs"
sql "insert into ingest_runs (run_id, job, account, started_at, status, requests)
	values ('ZZ', 'catalogue', 'default', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
	'complete', 0)"
health
is "$status" 77 "a run without requests needs none"
month=$(date -u -d '-160 days' +%FT%TZ)
jq --arg at "$month" '.authorized_at = $at' "$SP_TOKEN_FILE" >"$tmp/dated.json"
chmod 600 "$tmp/dated.json"
SP_TOKEN_FILE=$tmp/dated.json sp-run
ends=$(SP_TOKEN_FILE=$tmp/dated.json sp-fetch accounts |
    jq -r .authorization_ends)
is "$(sql 'select login_ends from accounts')" "$ends" \
    "the end of the login is stored with the account"
health
is "$got" "0 ok: the login ends on ${ends%T*}" "all is well"
login_ends '+9 days'
health
is "$got" "1 have a look: the login of account 'default' ends on $(date -u -d '+9 days' +%F): run \`sp-fetch login\`" \
    "two weeks before its end"
login_ends '-1 hour'
health
like "$got" '^77 log in: the login .* ended on 20..-..-..: run `sp-fetch login`$' \
    "after its end"
sql 'update accounts set login_ends = null'

section "access denied"
# denied QUERY: run with this fault, and look.
denied() {
	api_post "fault?kind=403&times=0&$1"
	sp-run --force 2>"$tmp/said"
	api_post 'fault?clear=1'
	health
}
denied 'message=User+not+registered&path=/v1/me/player'
like "$got" "^1 have a look: HTTP 403: User not registered: is the user on the app's list\? [^;]*$" \
    "logging in does not help: what does"
like "$(cat "$tmp/said")" "^sp-fetch: /v1/me/player/[^ ]*: HTTP 403: User not registered: is the user on the app's list\?" \
    "and the run says so"
is "$(wc -l <"$tmp/said")" 1 "once for all its jobs"
denied 'message=Premium+required'
like "$got" '^1 have a look: [^;]*: the owner of the app needs Spotify Premium$' \
    "nor without Premium"
denied 'message=Insufficient+client+scope&path=/v1/me/player'
like "$got" "^77 log in: [^;]*scope 'user-read-recently-played': log in again: sp-fetch login$" \
    "it does where a scope is missing, even if other jobs went well"
is "$(sp-queue health --json | jq -c '[.health, .exit]')" '["log in",77]' \
    "in JSON, too"

section "failed runs"
sp-run --force >/dev/null
api_post 'fault?kind=500&times=0'
sp-queue next all --force | sp-fetch --retries 0 2>"$tmp/said" | sp-stage |
    sp-transform | sp-load 2>>"$tmp/said"
api_post 'fault?clear=1'
health
like "$got" '^1 have a look: play-history: the last run failed: HTTP 500: [^:;]*; playlists, [a-z, ]*: the last run failed: giving up: [^:;]*$' \
    "for the same reason are named together"
is "$(grep -c '^sp-load' "$tmp/said")" 0 "sp-fetch reports them, sp-load does not"
sp-run --force >/dev/null

section "late jobs"
sp-run --force play-history
health
is "$got" "0 ok" "just run"
aged '20 hours'
health
is "$status" 0 "a night without a run is none"
aged '8 hours'
health
like "$got" "^1 have a look: play-history: last complete run on 20..-..-..$" \
    "more than a day is"
aged '8 days'
health
like "$got" '^1 have a look: play-history: .*; playlists: last complete run on ' \
    "all reasons are in the line"
is "$(sp-queue health --json | jq -c '.reasons | length')" \
    "$(sp-queue health | tr ';' '\n' | wc -l)" "and in the JSON"
SP_TOKEN_FILE=$tmp/none.json sp-run play-history 2>/dev/null
health
like "$got" '^77 log in: not logged in: .*; playlists: last complete' \
    "the worst one first"
api_post 'fault?kind=429&retry_after=90000&path=/v1/me/player'
sp-run 2>/dev/null
health
like "$got" '^1 have a look: play-history: .*, blocked until 20..-..-.. ..:..(;|$)' \
    "a deadline that makes a job late is named"
is "$(sp-queue health --json |
	jq -r '.jobs[] | select(.blocked_until) | .job')" play-history \
    "and is in the JSON"
sql "update ingest_runs set ended_at = strftime('%Y-%m-%dT%H:%M:%fZ')
	where job = 'play-history' and status = 'complete'"
health
like "$got" '^1 have a look: play-history: blocked until 20..-..-.. ..:..(;|$)' \
    "and so is one by which it will be"
[ "$(sql "select count(*) from ingest_errors
	where reason like 'not sent: %'")" -gt 0 ]
ok $? "requests that were not sent are dead letters"
sp-queue unblock 2>/dev/null
sp-run
health
is "$got" "0 ok" "what was not sent for a limit is no refused record"
is "$(sql 'select count(*) from ingest_errors')" 0 \
    "and no error any more once the job is complete"
sp-queue next --force play-history |
    sp-fetch --api http://127.0.0.1:1 --retries 0 2>/dev/null |
    sp-stage | sp-transform | sp-load 2>/dev/null
is "$(sql "select count(*) from ingest_errors
	where reason like '%: no answer: %'")" 1 "a request without an answer is one"
sp-run --force play-history
health
is "$got $(sql 'select count(*) from ingest_errors')" "0 ok 0" \
    "until the job is complete: the network was away for an hour"

section "what is missing"
sql "insert into ingest_errors (stage, src, reason, seen_at, user_id, endpoint)
	values ('sp-transform', 'R/1', 'odd', strftime('%Y-%m-%dT%H:%M:%fZ', 'now',
	'-1 day'), 'kim', 'me'), ('sp-transform', 'S/1', 'odd',
	strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'kim', 'me');
    insert into ingest_runs (run_id, job, account, started_at, status, reason)
	values ('X', 'playlists', 'default', '2026-01-01T00:00:00.000Z', 'failed', 'no end');
    insert into staging_raw (run_id, seq, endpoint) values ('X', 1, 'me'),
	('X', 2, 'me')"
health
is "$got" "1 have a look: 2 captures are not loaded: see sp-stage runs; 1 record was refused: see ingest_errors" \
    "captures, and a refusal once"
health --since "$(date -u -d '-1 hour' +%FT%TZ)"
like "$got" '^1 have a look: 2 captures[^;]*$' "--since: of a shorter time"
sql "delete from ingest_errors; delete from staging_raw where run_id = 'X'"
api_post 'clock?advance=10d'
sp-run --force play-history 2>/dev/null
health
like "$got" '1 gap in which plays may be missing' "a gap"

section "metrics"
SP_ACCOUNT='od"d\' sp-run 2>/dev/null
cat >"$tmp/check.py" <<'END'
# Parse the text format: each sample has HELP and TYPE before it, once, and all
# samples of a metric follow each other.
import re, sys
text = sys.stdin.read()
assert text.endswith("\n")
seen, name, values = set(), None, {}
for line in text.splitlines():
    if line.startswith("# HELP "):
        _, _, name, _ = line.split(" ", 3)
        assert name not in seen and re.fullmatch("sp_[a-z_]+", name), line
        seen.add(name)
    elif line.startswith("# "):
        assert line == f"# TYPE {name} gauge", line
    else:
        m = re.fullmatch(r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\["\\n])*",?)+)\} (\d+)', line)
        assert m and m[1] == name and not m[2].endswith(","), line
        assert (name, m[2]) not in values, line
        values[name, m[2]] = int(m[3])
assert any(n.endswith("_seconds") for n, _ in values)
for key in sys.argv[1:]:
    print(sum(v for (n, _), v in values.items() if n == key))
END
for account in default 'od"d\'; do
	run sp-queue health --prometheus --account "$account"
	is "$status $(printf '%s\n' "$out" | python3 "$tmp/check.py" sp_health_status \
	    sp_open_gaps | xargs)" "0 $(sp-queue health --account "$account" \
	    --json | jq -r '"\(.exit) \(.open_gaps)"')" \
	    "they parse, and agree with the JSON: $account"
done
is "$(sp-queue health --prometheus | python3 "$tmp/check.py" \
    sp_job_last_complete_timestamp_seconds)" \
    "$(sql "select sum(t) from (select max(strftime('%s', ended_at)) as t
	from ingest_runs where status = 'complete' and account = 'default'
	and job <> 'all' group by job)")" "times are in seconds"
run sh -c 'sp-queue health --json >/dev/full'
is "$status" 74 "a full disk"
finish

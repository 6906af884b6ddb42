#!/bin/sh
# Deadlines from wherever they come: of the token endpoint, of a login whose
# user is not known yet, of a run that was never loaded. Nothing is requested
# before they have passed, or are lifted.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh

unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
pipeline() {
	"$build/sp-queue" next "$1" | "$build/sp-fetch" --backoff 5ms |
	    "$build/sp-stage" | "$build/sp-transform" | "$build/sp-load"
}
heard() { log | jq -s length; }
planned() { "$build/sp-queue" next "$@" 2>/dev/null | jq -r .type | xargs; }
# blocked NAME: another run requests nothing, until it is unblocked.
blocked() {
	asked=$(heard)
	for job in play-history playlists profile; do
		run "$build/sp-queue" next --force $job
		is "$status $(echo "$out" | jq -r .type | xargs)" "75 run end" \
		    "$1: the next plan of $job is empty"
	done
	run pipeline all
	is "$status $(($(heard) - asked))" "75 0" "$1: nothing is requested"
	run "$build/sp-queue" unblock
	is "$status" 0 "$1: unblock"
	run pipeline play-history
	is "$status $(sql 'select count(*) > 0 from play_history')" "0 1" \
	    "$1: then it goes on"
}

api_start --user kim --seed 7
fault 'kind=429&retry_after=7200&path=/v1/me'
run pipeline play-history
is "$status $(heard)" "75 1" "a limit before the user is known"
is "$(sql "select endpoint, status, coalesce(user_id, 'unknown') from staging_raw")" \
    "me|429|unknown" "is staged"
is "$(sql "select count(*) from ingest_errors where stage <> 'sp-fetch'")" 0 \
    "as no error"
blocked "a user who is not known"

for answer in 'kind=429&retry_after=7200' 'kind=503&retry_after=7200' \
    'kind=429&retry_after=1764480000'; do
	sql "delete from play_history; delete from ingest_runs"
	api_post expire
	fault "$answer&path=/api/token"
	run pipeline play-history
	is "$status" 75 "the token endpoint: $answer"
	is "$(sql "select user_id, subject, round((julianday(retry_at) -
		julianday(last_updated)) * 24) from endpoint_status
		where endpoint = 'token'")" \
	    "kim||$(case $answer in *=7200) echo 2 ;; *) echo 48 ;; esac).0" \
	    "its deadline is stored"
	is "$(grep -c "$(token refresh_token)" "$SP_DB")" 0 "and no secret"
	blocked "the token endpoint, $answer"
done

# Killed before sp-load: staged, and never loaded.
sql "delete from play_history; delete from ingest_runs"
fault 'kind=429&retry_after=7200&path=/v1/me/player/recently-played'
"$build/sp-queue" next --force play-history | "$build/sp-fetch" 2>/dev/null |
    "$build/sp-stage" >/dev/null
is "$(planned play-history)" "run end" "a staged limit that nobody loaded"
like "$(planned --force profile)" 'request' "of its bucket"
"$build/sp-queue" unblock recently-played 2>/dev/null
like "$(planned play-history)" 'request' "can be lifted as well"

section "what a success leaves"
fault 'kind=429&retry_after=1&message=Slow+down&path=/v1/me&times=9'
run pipeline profile
"$build/sp-queue" unblock 2>/dev/null
fault clear=1
"$build/sp-queue" next --force profile | "$build/sp-fetch" |
    "$build/sp-stage" | "$build/sp-transform" | "$build/sp-load"
is "$(sql "select status, reason, retry_at from endpoint_status
    where endpoint = 'me'")" "200||" "a success has no reason and no deadline"
"$build/sp-stage" replay | "$build/sp-transform" >"$tmp/rows" 2>/dev/null
for order in cat tac 'sort -R'; do
	$order "$tmp/rows" | jq -c 'select(.table == "endpoint_status")' |
	    "$build/sp-load" --db "$tmp/$order.db" >/dev/null 2>&1
	is "$(sqlite3 "$tmp/$order.db" "select status, reason, retry_at
	    from endpoint_status where endpoint = 'me'")" "200||" \
	    "loaded through '$order'"
done
is "$(digest "$tmp/cat.db" | grep endpoint_status)" \
    "$(digest "$tmp/sort -R.db" | grep endpoint_status)" "all the same"
finish

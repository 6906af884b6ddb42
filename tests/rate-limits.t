#!/bin/sh
# A job that a rate limit stops: what is in the database is not asked for
# again, however often it is stopped.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh

unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
playlists_job() {
	"$build/sp-queue" next "$@" playlists | "$build/sp-fetch" |
	    "$build/sp-stage" | "$build/sp-transform" | "$build/sp-load"
}
# The deadline passes.
later() { sql "update endpoint_status set retry_at = '2020-01-01T00:00:00.000Z'"; }
# What was answered well, without the checks of snapshots.
answered() {
	log | jq -r 'select(.status == 200 and (.url | test("fields=") | not)) |
	    .url | select(startswith("/v1/'"$1"'"))'
}

api_start --user kim --seed 7 --playlists 120 --access-mode extended
fault 'kind=429&retry_after=86400&path=/v1/me/playlists&skip=1'
run playlists_job
is "$status $(answered me/playlists | wc -l)" "75 1" \
    "a limit in the middle of the list"
run playlists_job
is "$status $(log | jq -s 'map(select(.status == 429)) | length')" "75 1" \
    "before the deadline nothing is asked"
later
fault 'kind=429&retry_after=86400&path=/v1/playlists&skip=20'
run playlists_job
is "$status" 75 "then it goes on, to a limit in the middle of the playlists"
is "$(answered me/playlists | sed 's/.*offset=//' | xargs)" "0 50 100" \
    "each page of the list was asked once"
stored=$(sql 'select count(*) from playlists where tracks_updated is not null')
[ "$stored" -gt 5 ]
ok $? "some playlists are stored ($stored)"
tries=0
later
until [ "$tries" -eq 10 ] || ! "$build/sp-queue" next playlists |
    grep -q '^{"type":"request".*"/v1/playlists/'; do
	tries=$((tries + 1))
	run playlists_job
	later
done
[ "$tries" -gt 0 ] && [ "$tries" -lt 10 ]
ok $? "later runs bring the rest ($tries)"
is "$(answered playlists/ | sort | uniq -d)" "" \
    "no page of any playlist came twice"
is "$(sql 'select count(*) from playlists where tracks_updated is null
    and last_refreshed is null and playlist_id not in
    (select subject from endpoint_status where status in (403, 404))')" 0 \
    "and none is missing"

# An exhausted quota stops every job.
sql "update playlists set last_refreshed = null, snapshot_id = null"
fault 'kind=429&retry_after=86400&reason=QUOTA_EXCEEDED&path=/v1/playlists&skip=2'
run playlists_job
is "$status" 75 "an exhausted quota"
for other in play-history profile playlists; do
	run "$build/sp-queue" next $other
	is "$status $(echo "$out" | jq -r .type | xargs)" "75 run end" \
	    "holds up $other"
done

# It is the app's: another login by the same one is limited as well.
robin() {
	"$build/sp-queue" next --account robin "$1" |
	    "$build/sp-fetch" --token-file "$tmp/login/robin.json" |
	    "$build/sp-stage" | "$build/sp-transform" | "$build/sp-load"
}
jq '.user_id = "robin"' "$tmp/login/token.json" >"$tmp/login/robin.json"
chmod 600 "$tmp/login/robin.json"
run robin play-history
is "$status" 0 "another login is not known to be of the same app"
run robin profile
is "$status" 75 "but for its first run"
later
run robin profile
is "$status" 0 "until the deadline"
soon=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%S.000Z)
sql "update endpoint_status set retry_at = '$soon'
    where user_id = 'kim'; update accounts set client_id = 'another'
    where account = 'robin'"
run "$build/sp-queue" next --account robin --force profile
is "$status" 0 "one by another app is not"
is "$("$build/sp-queue" status | jq -r 'select(.job == "profile").blocked_until')" \
    "$soon" "status shows it"
finish

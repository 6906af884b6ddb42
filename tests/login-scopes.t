#!/bin/sh
# The scopes of a login: what they leave out is said once, stored, and never
# treated as removed.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh

# scopes SCOPE...: what the login has from now on; its token is renewed.
scopes() {
	api_post "scope?scope=$(echo "$*" | tr ' ' +)"
	api_post expire
}
asked() {
	curl -fsS "$api_url/rehearse/requests" | jq -r .url | grep -c "$1"
}
stored() { sql "select scopes from accounts"; }
reason() {
	sql "select status || ': ' || coalesce(reason, '') from ingest_runs
	    order by started_at desc, run_id desc limit 1"
}
listed() { sql "select count(*) from user_playlists where user_id = 'kim'"; }
plays='user-read-recently-played'
private='playlist-read-private'
collab='playlist-read-collaborative'
follow='user-follow-read'

api_start --user kim --seed 7 --scope "$plays $private $collab $follow"
run job playlists
is "$status $err $(reason)" "0  complete: " "a login with all scopes"
is "$(stored)" "$plays $private $collab $follow" "they are stored"
full=$(listed)

section "a shorter list"
scopes $plays $collab $follow
run job --force playlists
is "$status" 0 "a login without $private"
is "$err" "sp-fetch: the scopes of the login have changed: '$plays $collab $follow'
sp-fetch: playlists: the login lacks the scope '$private': private playlists are left out: log in again: sp-fetch login" \
    "what is missing is said"
like "$(reason)" "^complete: the login lacks the scope '$private': private playlists are left out" \
    "and is in the record of the run"
is "$(jq -r .scope "$tmp/login/token.json") $(stored)" \
    "$plays $collab $follow $plays $collab $follow" "they are stored"
is "$(listed)" "$full" "what is not listed is not gone"
is "$(sql "select count(*) > 0 from endpoint_status
    where endpoint = 'playlist' and status = 403")" 1 \
    "a private playlist is answered with 403"
sql "delete from playlist_ingest_queue; insert into playlist_ingest_queue
    (playlist_id, detected_at, played_at, user_id) select subject, '2026-01-01T00:00:00.000Z', null, 'kim' from endpoint_status
    where endpoint = 'playlist' and status = 403 limit 1"
run job --force playlists
is "$status $err $(sql 'select count(*) from playlist_ingest_queue')" "0  1" \
    "which is said once, and leaves nothing from the queue"
like "$(sp-queue status --table)" "^default  kim   20[-0-9]* [:0-9]*  $plays $collab $follow$" \
    "sp-queue status shows them"
is "$(sp-queue status | jq -r 'select(.type == "account").scopes') $(sp-fetch \
    accounts --token-file "$tmp/login/token.json" | jq -r .scope)" \
    "$plays $collab $follow $plays $collab $follow" "so does sp-fetch accounts"

sp-queue next playlists | jq -c '.scopes // empty' >"$tmp/planned"
is "$(cat "$tmp/planned")" "\"$plays $collab $follow\"" \
    "a run record has those known before"

section "what cannot be done"
scopes $private $collab
run job profile
is "$status $(reason)" \
    "0 complete: the login lacks the scope '$follow': followed artists cannot be read" \
    "a profile without $follow"
is "$err" "sp-fetch: the scopes of the login have changed: '$private $collab'
sp-fetch: profile: the login lacks the scope '$follow': followed artists cannot be read: log in again: sp-fetch login" \
    "a scope that a whole job needs is named when that is refused"
is "$(sql "select count(*) from endpoint_status where endpoint = 'me'") $(sql \
    "select count(*) from users where is_me")" "1 1" "the rest of it is done"
run job play-history
is "$status $(reason)" "77 failed: recently-played: the login lacks the scope '$plays': log in again: sp-fetch login" \
    "plays without $plays"
like "$err" "^sp-fetch: recently-played: the login lacks the scope '$plays': log in again: sp-fetch login$" \
    "say so"
is "$(asked recently-played)" 0 "and are not asked for"
{ sp-queue next play-history; sp-queue next --force profile; } >"$tmp/plan"
run sp-fetch <"$tmp/plan"
is "$status $(jq -r 'select(.type == "end").status' "$tmp/out" | xargs)" \
    "77 failed complete" "which does not stop the next job"
run sp-fetch '/me/tracks?limit=1'
is "$status $err" "77 sp-fetch: saved-tracks: the login lacks the scope 'user-library-read': log in again: sp-fetch login --scope '$private $collab user-library-read'" "a path that needs another scope"

sp-queue next play-history | jq -c '.user |= (values | "robin")' >"$tmp/plan"
is "$(sp-fetch <"$tmp/plan" 2>/dev/null | jq -r 'select(.type == "end") |
    "\(.exit) \(.scopes)"')" "78 null" "a run of another user has no scopes"

section "scopes that are not known"
(umask 077; jq 'del(.scope)' "$tmp/login/token.json" >"$tmp/t" &&
    mv "$tmp/t" "$tmp/login/token.json")
run job play-history
is "$status $(asked recently-played)" "77 1" "unknown scopes: the API says no"
like "$err" "HTTP 403: Insufficient client scope: the login lacks the scope '$plays': log in again" \
    "and what is missing is said"
is "$(stored)" "$private $collab" "what is known is not erased"
run job --force profile
is "$status $(reason)" \
    "0 complete: the login lacks the scope '$follow': followed artists cannot be read" \
    "a profile does the rest of it"

section "all of them again"
scopes $plays $private $collab $follow
run job --force playlists
is "$status $(reason) $(stored)" "0 complete:  $plays $private $collab $follow" \
    "all scopes again"
is "$(sql "select count(*) from endpoint_status
    where endpoint = 'playlist' and status = 403")" 0 "and all playlists"

section "databases"
sql "update accounts set scopes = null"
sqlite3 "$SP_DB" "alter table accounts drop column scopes"
run sp-queue status
is "$status $err" "0 " "a database that does not know of scopes"
run job
is "$status $(stored)" "0 $plays $private $collab $follow" "learns of them"
end() { # RUN TIME USER [SCOPES]
	printf '{"type":"run","run":"%s","job":"x","account":"a","user":"%s","started_at":"2026-11-22T06:40:0%s.000Z"}\n' \
	    "$1" "$3" "$2"
	printf '{"type":"end","run":"%s","status":"complete",%s"ledger":[]}\n' \
	    "$1" "${4:+\"scopes\":\"$4\",}"
}
last() { sql "select scopes from accounts where account = 'a'"; }
end R2 2 lee "two" | sp-load
end R1 1 lee "one" | sp-load
is "$(last)" two "the newest run's scopes count, in any order"
end R3 3 lee | sp-load
is "$(last)" two "a run without them erases nothing"
end R4 4 robin | sp-load
is "$(last)" "" "but another user has scopes of their own"

finish

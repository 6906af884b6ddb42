#!/bin/sh
# The job catalogue: tracks known by their ids only, and what only full objects
# have, are filled in within a limit, in each access mode, and no other job pays
# for it.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh

none=$(printf %022d 0)	# an id of the right form, which nobody has

# streams TIMES: rows of an export in which kim played each id of stdin so often.
streams() {
	jq -Rc --argjson times "$1" '. as $id | range($times)
		| {type: "row", table: "streaming_history", row: {user_id: "kim",
		kind: "track", track_id: $id, item: "spotify:track:\($id)",
		ts: "2020-03-01T00:00:00.000Z", ms_played: 60000,
		offline_timestamp: ., nth: 1}}'
}
# The URLs that a job would request; and those that the API received since the
# last look.
urls() {
	sp-queue next "$@" 2>/dev/null |
	    jq -r 'select(.type == "request").url'
}
received() {
	curl -fsS "$api_url/rehearse/requests" | jq -r .url |
	    grep -E '^/v1/(track|album|artist)s'
	api_post 'requests?clear=1'
}
answers() {
	sql "select status, count(*) from catalogue_answers
	    group by 1 order by 1" | xargs
}
due() { sp-queue next "$@" all | jq -r 'select(.type == "run").job' | xargs; }
status() {
	sp-queue status "$@" | jq -c 'select(.job == "catalogue" and .state)
		| [.state, .waiting, .days]'
}
blocked() {
	sp-queue status | jq -r --arg job "$1" \
	    'select(.job == $job and .state).blocked_until'
}
# begin MODE: the listener's plays are loaded, and an export names 60 tracks
# that are in none of them, the last of them as the most played.
begin() {
	fresh
	api_start --user kim --seed 3 --access-mode "$1"
	api_post 'clock?advance=1s'
	job
	curl -fsS "$api_url/rehearse/playlists" |
	    jq -r '.items[].uri // "" | select(startswith("spotify:track:"))
		| .[14:]' | sort -u |
	    grep -vxF "$(sql 'select track_id from tracks')" |
	    head -n 60 >"$tmp/exported"
	most=$(tail -n 1 "$tmp/exported")
	{
		streams 1 <"$tmp/exported"
		echo "$most" | streams 3
	} | sp-load
	others=$(sql "select count(*) from catalogue_open where kind <> 'track'")
	albums=$(sql "select (count(*) + 19) / 20 from catalogue_open
	    where kind = 'album'")
	again
}
# again: what begin made, and the API without faults that are left over.
again() {
	[ -f "$tmp/before.db" ] || cp "$SP_DB" "$tmp/before.db"
	cp "$tmp/before.db" "$SP_DB"
	received >"$tmp/out"
}

section "an app that may use batches"
begin extended
printf '%s\n' $none not-an-id spotify:local:a:b:c:1 | streams 2 | sp-load
is "$(status)" "[\"due\",$((61 + others)),1]" \
    "what is open waits, but for ids of other forms"
is "$(urls catalogue | head -n 1 | cut -c 1-60)" \
    "/v1/tracks?ids=$most,$none" "what was played most comes first"
cp "$SP_DB" "$tmp/before.db"
run job catalogue
is "$status $err $(last_run)" "0  complete" "one run, with an id that nobody has"
is "$(received | cut -c 1-11 | uniq -c | xargs)" \
    "2 /v1/tracks? 1 /v1/artists $albums /v1/albums?" "in few requests"
filled="200|$((60 + others)) 404|1"
is "$(answers)" "$filled" "what the API answered is remembered"
is "$(sql "select count(*) from streaming_history join tracks using (track_id)
	where name is null")" 0 "every track has its name"
is "$(urls catalogue | grep -c tracks)" 0 "no track is requested again"
is "$(urls --catalogue-age 0 catalogue | head -n 1)" "/v1/tracks?ids=$none" \
    "but after a long time what the answers lacked"
is "$(urls --catalogue-age 0 catalogue)" "$(urls --force catalogue)" \
    "or with --force"
like "$(status)" '^."fresh",[1-9][0-9]*,1.$' \
    "artists and albums of these tracks wait for the next day"
rebuild | grep -v streaming >"$tmp/a"
is "$(digest | grep -v streaming | diff "$tmp/a" -)" "" \
    "a rebuild gives the same"
for day in 2 3; do job catalogue; done
is "$(status) $(due | grep -c catalogue)" '["fresh",0,0] 0' \
    "then nothing is left to do"

section "the limit"
again
is "$(sp-queue budget --catalogue-limit 2 catalogue |
    jq -c '[.requests, .open, .days]')" \
    "[2,$((61 + others)),$(((4 + albums) / 2))]" \
    "budget has the days that all of it takes"
job --catalogue-limit 1 catalogue
is "$(answers)" "200|49 404|1" "one request"
run sp-queue next --catalogue-limit 1 catalogue
is "$status $(echo "$out" | grep -c '"type":"request"')" "0 0" "then none"
like "$err" "1 requests were sent within 24 hours, of at most 1: more after 20" \
    "it says why, and until when"
is "$(due --catalogue-limit 1 | grep -c catalogue) $(due |
    grep -c catalogue)" "0 1" "it is due if the limit allows more"
sql "update accounts set client_id = 'app';
	insert into accounts (account, user_id, client_id) values
	('lee', 'lee', 'app'), ('ann', 'ann', 'another')"
is "$(urls --catalogue-limit 2 --account lee catalogue | wc -l) $(
    urls --catalogue-limit 2 --account ann catalogue | wc -l)" "1 2" \
    "accounts of one app share the limit"
is "$(urls --catalogue-limit 0 catalogue | wc -l)" 0 "a limit of 0 is none at all"
api_post 'clock?advance=23h'
job play-history
is "$(urls --catalogue-limit 1 catalogue | wc -l)" 0 "none 23 hours later"
api_post 'clock?advance=2h'
job play-history
is "$(urls --catalogue-limit 1 catalogue | wc -l)" 1 "one 25 hours later"

section "a rate limit"
again
api_post 'fault?kind=429&retry_after=1&path=/v1/tracks'
run job catalogue
is "$status $(last_run) $(received | wc -l)" "75 deferred 1" \
    "the first 429 ends it, without a wait"
is "$(sql "select julianday(retry_at) - julianday(last_updated) < 0.0001
	from endpoint_status where endpoint = 'tracks'")" 1 \
    "the deadline is the API's"
job play-history
run sp-queue next catalogue
is "$status $(echo "$out" | grep -c '"type":"request"')" "75 0" \
    "for a day no more is sent"
is "$(blocked catalogue)" "$(sql "select strftime('%Y-%m-%dT%H:%M:%fZ',
	last_updated, '+1 day') from endpoint_status where endpoint = 'tracks'")" \
    "and status says so"
run sp-queue next all
is "$status $(echo "$out" | grep -c catalogue) $(blocked play-history)" \
    "0 0 null" "which blocks no other job"
like "$(sp-queue unblock catalogue 2>&1)" 'lifted: tracks' "unblock lifts it"
run job catalogue
is "$status $(answers | grep -o '404.*')" "0 404|1" "then it goes on"

section "an exhausted quota"
again
api_post 'fault?kind=429&retry_after=3600&reason=QUOTA_EXCEEDED&path=/v1/tracks'
job catalogue >"$tmp/out" 2>&1
is "$(blocked play-history)" "$(sql "select retry_at from endpoint_status
	where endpoint = 'tracks'")" "plays wait as long as the API says"

section "an id that the API does not take"
again
api_post 'fault?kind=400&path=/v1/tracks?ids='
run job --catalogue-limit 2 catalogue
is "$status $(last_run) $(received | cut -c 1-11 | xargs)" \
    "0 complete /v1/tracks?" "a batch with it is no failure, and the last one"
is "$(urls catalogue | grep tracks | cut -c 1-11 | uniq -c | xargs)" \
    "50 /v1/tracks/" \
    "then its ids are requested one by one"
api_post "fault?kind=400&path=/v1/tracks/$most"
run job --catalogue-limit 5 catalogue
is "$status $(sql "select status from catalogue_answers where id = '$most'")" \
    "0 400" "that finds it"
is "$(urls catalogue | grep tracks | cut -c 1-11 | uniq -c | xargs) $(
    urls catalogue | grep -c "$most")" "2 /v1/tracks? 0" "and there are batches without it"

section "killed on the way"
again
sp-queue next catalogue | sp-fetch 2>"$tmp/job.err" | sp-stage >"$tmp/lost"
is "$(urls catalogue | wc -l)" 0 \
    "what was fetched and not loaded is not requested again"
received >"$tmp/out"
run job catalogue
is "$status $(answers) $(received | wc -l)" "0 $filled 0" \
    "but loaded by the next run"

section "an app that may not use batches"
rm "$tmp/before.db"
begin development
run job catalogue
like "$status $err" '^0 sp-fetch: /v1/tracks.*HTTP 403' "batches are refused"
is "$(received | cut -c 1-11 | xargs)" "/v1/tracks? /v1/artists /v1/albums?" \
    "after one of each kind"
cp "$SP_DB" "$tmp/before.db"
job --catalogue-limit 12 catalogue
is "$(received | cut -c 1-11 | uniq -c | xargs)" "9 /v1/tracks/" \
    "then one by one, within the limit"
left=$(($(sql "select count(*) from catalogue_open")))
is "$(answers) $(status --catalogue-limit 12)" \
    "200|9 [\"fresh\",$left,$(((left + 11) / 12))]" \
    "and the rest another day"
api_post 'fault?kind=404&path=/v1/tracks'
run job catalogue
is "$status $(last_run) $(sql "select status, count(*) from catalogue_answers
	where kind = 'track' group by 1" | xargs)" \
    "0 complete 200|59 404|1" "a 404 is no loss"

section "an app that may use neither"
again
api_post 'fault?kind=403&times=0&message=Forbidden&path=/v1/tracks/'
run job catalogue
is "$status $(received | grep -c tracks)" "0 1" "the first refusal ends it"
is "$(urls catalogue | grep -c tracks)" 0 "and is remembered"
like "$(sp-queue next catalogue 2>&1 >"$tmp/out")" \
    'catalogue: tracks are not available to this app' "which it says"
like "$(urls --force catalogue | head -n 1)" '^/v1/tracks.ids=' "but for --force"

finish

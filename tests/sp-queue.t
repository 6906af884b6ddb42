#!/bin/sh
# sp-queue: what it plans, and the queue of playlists by hand.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
unset SP_ACCOUNT


section "next on a database that is not there"
run sp-queue next play-history
is "$status" 0 "next without a database"
is "$(echo "$out" | jq -r .type | xargs)" "run request end" \
    "a run, a request, an end"
is "$(echo "$out" | jq -c 'select(.type == "run") |
	[.job, .account, has("user"), has("cursor")]')" \
    '["play-history","default",false,false]' "the run says what is known"
is "$(echo "$out" | jq -r 'select(.type == "request") | .url, .paging')" \
    "/v1/me/player/recently-played?limit=50
next" "without a cursor it requests all plays"
is "$(echo "$out" | jq -r .run | sort -u | wc -l)" 1 "one run's id everywhere"
is "$(echo "$out" | jq -c 'select(.type == "end") | [.status, .ledger]')" \
    '["complete",[{"stage":"sp-queue","produced":{"run":1,"request":1}}]]' \
    "the end has the ledger"
[ ! -e "$SP_DB" ]
ok $? "planning creates nothing"
a=$(sp-queue next play-history | jq -r 'select(.type == "run").run')
b=$(sp-queue next play-history | jq -r 'select(.type == "run").run')
[ "$a" != "$b" ] && [ "${#a}" -eq 26 ]
ok $? "each run has an id of its own"

section "next from a cursor"
sp-queue add 6rqhFgbbKwnb9MLmUQDhG6
sql "insert into accounts (account, user_id, last_updated)
	values ('default', 'kim', '2026-01-01T00:00:00.000Z'),
	('other', 'lee', '2026-01-01T00:00:00.000Z');
     insert into cursors (user_id, job, value) values
	('kim', 'play-history', 1795329600123),
	('lee', 'play-history', 1000), ('kim', 'something-else', 7)"
run sp-queue next play-history
is "$(echo "$out" | jq -c 'select(.type == "run") | [.user, .cursor]')" \
    '["kim",1795329600123]' "the account's user and cursor"
is "$(echo "$out" | jq -r 'select(.type == "request").url')" \
    "/v1/me/player/recently-played?limit=50" \
    "it requests all that the API has"
is "$(echo "$out" | jq -r 'select(.type == "request").cursor')" \
    1795329600123 "back to the cursor, in milliseconds"
is "$(sp-queue next --after 2026-11-22T06:40:00.5Z play-history |
	jq -c 'select(.type == "request") | [.url, has("cursor")]')" \
    '["/v1/me/player/recently-played?limit=50&after=1795329600500",false]' \
    "--after: from a time on, to the newest"
is "$(sp-queue next --force play-history | jq -c 'select(.type != "end")
	| has("cursor")' | xargs)" "true false" "--force: to the last page"
is "$(sp-queue next --after 1969-01-01 play-history |
	jq -r 'select(.type == "request").url')" \
    "/v1/me/player/recently-played?limit=50&after=0" "time begins in 1970"
is "$(sp-queue next --account other play-history |
	jq -r 'select(.type == "request").cursor')" 1000 \
    "another account has its own cursor"
is "$(SP_ACCOUNT=other sp-queue next play-history |
	jq -r 'select(.type == "run").user')" lee "SP_ACCOUNT"
is "$(sp-queue next --user new play-history |
	jq -c 'select(.type == "run") | [.user, has("cursor")]')" \
    '["new",false]' "--user plans for a user without a cursor"

section "next under a rate limit"
soon=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:00.000Z)
at_soon='(20..-..-.. )?'"$(date -d "$soon" +%H:%M), in (59|60) min"
sql "insert into endpoint_status (user_id, endpoint, subject, status, retry_at)
	values ('kim', 'recently-played', '', 429, '$soon')"
run sp-queue next play-history
is "$status" 75 "before a deadline next ends with 75"
like "$err" "^sp-queue: play-history: rate limited: try again at $at_soon \(sp-queue unblock lifts it\)$" \
    "and says until when, and how to go on"
is "$(echo "$out" | jq -r .type | xargs)" "run end" "it plans nothing"
is "$(echo "$out" | jq -c 'select(.type == "end") | [.status, .exit, .until]')" \
    '["deferred",75,"'"$soon"'"]' "the end says so too"
sql "update endpoint_status set retry_at = '2020-01-01T00:00:00.000Z'"
run sp-queue next play-history
is "$status" 0 "a deadline in the past blocks nothing"

sql "update endpoint_status set endpoint = 'me', status = 429,
	retry_at = '$soon'"
is "$(sp-queue next play-history | jq -r .type | xargs)" "run request end" \
    "nor does one of another bucket"
run sp-queue next profile
is "$status $(echo "$out" | jq -r 'select(.type == "request").endpoint' |
	xargs)" "75 followed-artists" "a deadline blocks its whole bucket"
like "$err" "^sp-queue: profile: users: rate limited: try again at $at_soon \(sp-queue unblock" "by name"
sql "update endpoint_status set reason = 'QUOTA_EXCEEDED: Too many requests'"
run sp-queue next profile
is "$status $(echo "$out" | jq -r .type | xargs)" "75 run end" \
    "an exhausted quota blocks all"
run sp-queue next all --force
like "$err" "^sp-queue: play-history, playlists, [a-z, -]*profile[a-z, -]*: rate limited: try again at $at_soon \([^:]*$" \
    "which is said once"
is "$(sp-queue status | jq -c 'select(.type == "job_status").blocked_until' |
	sort -u)" "\"$soon\"" "as status shows"
sql "update endpoint_status set status = 200"
run sp-queue next profile
is "$status" 0 "a deadline before an answer that was good is over"
sql "update endpoint_status set status = 503, endpoint = 'playlist-items',
	subject = 'p', reason = null"
run sp-queue next playlists
is "$status $(echo "$out" | jq -r .type | xargs)" "75 run end" \
    "the deadline of a 503 of one playlist blocks the playlists"
sql "update endpoint_status set status = 408"
run sp-queue next playlists
is "$status" 75 "so does one of a 408"
far=$(date -u -d '+49 hours' +%Y-%m-%dT%H:%M:%S.000Z)
sql "update endpoint_status set retry_at = '$far'"
run sp-queue next playlists
is "$status" 0 "one that is further away than any can be is void"
sql "update endpoint_status set retry_at = '$soon', status = 429,
	endpoint = 'token', subject = ''"
for job in play-history playlists profile; do
	run sp-queue next $job
	is "$status $(echo "$out" | jq -r .type | xargs)" "75 run end" \
	    "one of the token endpoint blocks all: $job"
done

section "one that is staged, of a run that was not loaded"
# limit ENDPOINT USER AT EXTRA: a capture of a 429.
limit() {
	sql "insert into staging_raw (run_id, seq, endpoint, user_id, status,
		fetched_at, extra_json) values ('L$1', 1, '$1', $2, 429, '$3',
		'{\"retry_at\":\"$soon\"$4}')"
}
at=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
planned() { sp-queue next "$@" 2>/dev/null | jq -r .type | xargs; }
sql "delete from endpoint_status"
limit recently-played "'kim'" "$at"
is "$(planned play-history)/$(planned profile)" \
    "run end/run request request end" "a staged 429 is a deadline of its bucket"
is "$(planned --account other play-history)" "run request end" \
    "not of other users"
sql "insert into endpoint_status (user_id, endpoint, subject, status,
	last_updated) values ('kim', 'recently-played', '', 200, '$at')"
is "$(planned play-history)" "run request end" "nor once it is loaded"
sql "delete from endpoint_status; update staging_raw
	set extra_json = json_set(extra_json, '$.quota', json('true'))"
is "$(planned play-history)/$(planned profile)" "run end/run end" \
    "an exhausted quota blocks all"
sql "update staging_raw set user_id = null, endpoint = 'me'"
is "$(planned profile)/$(planned --account new profile)" \
    "run request request end/run end" \
    "one of an unknown user blocks unknown accounts"
is "$(sqlite3 "$SP_DB" "explain query plan select 1 from staging_raw
	where (status in (408, 429) or status >= 500) and fetched_at > 'x'" |
	grep -c staging_raw_limits)" 1 "they are found by an index"

section "unblock"
run sp-queue unblock --account new
like "$status $out$err" "^0 sp-queue: lifted: me: until $at_soon$" "unblock"
is "$(planned --account new profile)" "run request request end" "lifts it"
run sp-queue unblock --account new
is "$status $err" "0 sp-queue: no deadline to lift" "there is none any more"
sql "delete from staging_raw;
	insert into endpoint_status (user_id, endpoint, subject, status,
	retry_at, last_updated) values
	('kim', 'playlist', 'p', 429, '$soon', '$at'),
	('kim', 'playlist-items', 'q', 429, '$soon', '$at'),
	('kim', 'me', '', 503, '$soon', '$soon'),
	('lee', 'me', '', 429, '$soon', '$at')"
is "$(planned playlists)/$(planned profile)" "run end/run request end" \
    "(two buckets are blocked)"
run sp-queue unblock playlist
like "$status $err $(planned playlists)" \
    "^0 sp-queue: lifted: playlist: until $at_soon run end$" \
    "one endpoint, but its bucket has another deadline"
run sp-queue unblock playlists users
like "$status $(echo "$err" | xargs) $(planned playlists)/$(planned profile)" \
    "^0 sp-queue: lifted: me: until $at_soon sp-queue: lifted: playlist-items: until $at_soon run request request end/run request request end$" \
    "buckets, by name; a deadline that was set ahead of our time too"
is "$(planned --account other profile)" "run request end" \
    "those of another user stay"
run sp-queue unblock --user lee
is "$status $(planned --account other profile)" "0 run request request end" \
    "--user names one"
sql "update endpoint_status set last_updated =
	strftime('%Y-%m-%dT%H:%M:%fZ', last_updated, '+2 hours')"
is "$(planned playlists)" "run end" "one that is set afterwards counts"
run sp-queue unblock nothing
is "$status $(echo "$err" | grep -c "unblock: unknown endpoint or bucket 'nothing': expected recently-played, .* or catalogue")" "64 1" \
    "what is none is refused"
sql "delete from endpoint_status; delete from lifted_deadlines;
	insert into endpoint_status (user_id, endpoint, subject, status)
	values ('kim', 'playlist-items', 'p', 503)"

section "the other jobs"
urls() { sp-queue next "$@" | jq -r 'select(.type == "request").url'; }
old=2026-01-01T00:00:00.000Z new=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
sql "delete from playlist_ingest_queue; delete from endpoint_status;
insert into user_playlists (user_id, playlist_id, first_seen, last_seen)
	values ('kim', 'never', '$new', '$new'),
	('kim', 'stale', '$new', '$new'), ('kim', 'fresh', '$new', '$new'),
	('kim', 'same', '$new', '$new'), ('kim', 'refused', '$new', '$new'),
	('kim', 'left', '$old', '$old'), ('lee', 'lees', null, null);
insert into playlists (playlist_id, owner_id, last_refreshed, snapshot_id,
	tracks_snapshot_id, tracks_updated) values
	('never', 'ann', null, 'a', null, null),
	('stale', 'bob', '$old', 'b', 'a', '$old'),
	('fresh', 'kim', '$new', 'b', 'a', '$new'),
	('same', 'cat', '$old', 'a', 'a', '$old'),
	('left', 'cat', '$old', 'a', 'a', '$old'),
	('refused', 'dan', null, null, null, null),
	('lees', 'lee', null, null, null, null),
	('unseen', 'bob', '$new', 'a', null, null),
	('nobodys', 'eve é', '$old', 'a', 'a', '$old');
insert into playlist_ingest_queue (playlist_id, detected_at, user_id) values
	('queued', '$new', 'kim'), ('fresh', '$new', null),
	('lees2', '$new', 'lee'), ('same', '$new', 'kim'),
	('unseen', '$new', 'kim');
insert into endpoint_status (user_id, endpoint, subject, status, last_updated)
	values ('kim', 'playlist', 'refused', 404, '$new'),
	('kim', 'playlist', 'never', 404, '$old')"
run sp-queue next playlists
is "$(echo "$out" | jq -r 'select(.type == "request") |
	[.seq, .endpoint, .paging, .optional, .url] | join(" ")')" \
    "1 my-playlists offset  /v1/me/playlists?limit=50&offset=0
2 playlist playlist true /v1/playlists/fresh
3 playlist playlist true /v1/playlists/left
4 playlist playlist true /v1/playlists/never
5 playlist playlist true /v1/playlists/nobodys
6 playlist playlist true /v1/playlists/queued
7 playlist playlist true /v1/playlists/stale" \
    "playlists: the list, and each that is due for this account"
is "$(echo "$out" | jq -c '.dequeue | values')" '["same","unseen"]' \
    "one whose tracks cannot be read leaves the queue"
is "$(echo "$out" | jq -r 'select(.dequeue).endpoint')" my-playlists \
    "with the account's list, so that a capture says so"
is "$(sp-queue next --force playlists | grep -c dequeue)" 0 "but not if it is requested all the same"
is "$(urls --playlist-age 0 playlists | grep -c /same)" 0 \
    "an unchanged snapshot is skipped at any age"
is "$(urls --refusal-age 0 playlists | grep -c /refused)" 1 "--refusal-age"
is "$(urls --force playlists | xargs -n1 basename | xargs)" \
    "playlists?limit=50&offset=0 fresh left never nobodys queued refused same stale unseen" \
    "--force requests all that may be this account's"
is "$(urls --account other playlists | xargs -n1 basename | xargs)" \
    "playlists?limit=50&offset=0 fresh lees lees2 nobodys" \
    "another account requests its own"

sql "insert into tracks (track_id, is_local, audio_features_json) values
	('t1', 0, null), ('t2', null, null), ('t3', 0, '{}'),
	('spotify:local:x', 1, null), ('t4', 0, null);
insert into endpoint_status (user_id, endpoint, subject, status, last_updated)
	values ('kim', 'audio-features', 't4', 404, '$new')"
is "$(urls audio-features)" "/v1/audio-features?ids=t1,t2" \
    "audio-features: a batch of those that miss them and may be known"
sql "insert into endpoint_status (user_id, endpoint, subject, status,
	last_updated) values ('kim', 'audio-features', '', 403, '$new')"
is "$(urls audio-features)" "/v1/audio-features/t1" \
    "a batch was refused: one track is tried alone"
sql "insert into endpoint_status (user_id, endpoint, subject, status,
	last_updated) values ('kim', 'audio-features', 't0', 200, '$new')"
is "$(urls audio-features | xargs)" \
    "/v1/audio-features/t1 /v1/audio-features/t2" "that went well: one by one"
sql "update endpoint_status set status = 403 where subject = 't0'"
run sp-queue next audio-features
is "$status $(echo "$out" | jq -r .type | xargs)" "0 run end" \
    "both were refused: no request, and no failure"
like "$(echo "$out" | jq -r 'select(.type == "end").reason')" \
    'not available to this app' "the end says so"
sql "update endpoint_status set denied = 'app'
	where endpoint = 'audio-features' and subject = ''"
is "$(urls audio-features)" "/v1/audio-features?ids=t1,t2" \
    "what the app was denied altogether says nothing of audio features"
sql "delete from endpoint_status where endpoint = 'audio-features' and subject != 't4'"
i=0
while [ $i -lt 150 ]; do
	i=$((i + 1))
	echo "insert into tracks (track_id, is_local) values ('many$i', 0);"
done | sql
is "$(urls audio-features | tr -cd ',\n' | awk '{ print length + 1 }' | xargs)" \
    "100 52" "batches of a hundred"

# Captures without a user, so that nothing is noted of how the requests went.
for user in "ann $new" "bob $old"; do
	echo "{\"type\":\"capture\",\"endpoint\":\"user\",\"status\":200,
		\"fetched_at\":\"${user#* }\",\"body\":{\"id\":\"${user% *}\"}}" |
		jq -c . | "$build/sp-transform" | "$build/sp-load"
done
is "$(urls profile)" "/v1/me
/v1/me/following?type=artist&limit=50
/v1/users/bob
/v1/users/cat
/v1/users/dan
/v1/users/eve%20%C3%A9
/v1/users/lee" "profile: me, the artists, and users not requested lately"
sql "insert into endpoint_status (user_id, endpoint, subject, status,
	last_updated) values ('kim', 'user', 'cat', 404, '$new')"
is "$(urls profile | grep -c -e /users/ -e cat)" 4 "not one that is unknown"
sql "insert into endpoint_status (user_id, endpoint, subject, status,
	last_updated) values ('kim', 'user', 'x', 404, '$new'),
	('kim', 'user', 'y', 404, '$new')"
is "$(urls profile | grep -c /users/)" 0 "none where the app may not"
sql "update endpoint_status set status = 403, denied = 'app'
	where endpoint = 'user'"
is "$(urls profile | grep -c /users/)" 5 "but what it was denied altogether"
sql "update endpoint_status set denied = 'endpoint' where endpoint = 'user'"
is "$(urls profile | grep -c /users/)" 0 "a 403 of users is enough"
sql "update endpoint_status set status = 404, denied = null
	where endpoint = 'user'"

sql "insert into ingest_runs (run_id, job, account, status, started_at)
	values ('r1', 'play-history', 'default', 'complete', '$new'),
	('r2', 'playlists', 'default', 'failed', '$new'),
	('r3', 'audio-features', 'default', 'complete', '$new'),
	('r4', 'profile', 'default', 'complete', '$old')"
is "$(sp-queue next all | jq -r 'select(.type == "run").job' | xargs)" \
    "playlists profile" "all: what is due, a run each"
sql "update ingest_runs set started_at =
	strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-46 minutes') where run_id = 'r1'"
is "$(sp-queue next all | jq -r 'select(.type == "run").job' | xargs)" \
    "play-history playlists profile" \
    "all, every hour: plays each time, even where a timer is early"
sql "update ingest_runs set started_at = '$new' where run_id = 'r1'"
is "$(sp-queue next all | jq -c 'select(.type == "end").more')" 'true
null' "all but the last say that another follows"
for stage in sp-stage sp-transform sp-load; do
	run env SP_DB="$tmp/cut.db" "$build/$stage" <<-END
	{"type":"run","run":"$stage","job":"profile"}
	{"type":"end","run":"$stage","status":"complete","more":true,"ledger":[]}
	END
	is "$status $err" \
	    "65 $stage: input ended, but another run was announced" \
	    "$stage reports a stream that is cut between two runs"
done
is "$(sp-queue next --account other all | jq -r 'select(.type == "run").job' |
	xargs)" "play-history playlists audio-features profile" \
    "by account"
run sp-queue due
is "$status $out" "0 $(sp-queue status | jq -r 'select(.state == "due").job')" \
    "due: the names of the jobs that are due, as status says"
run sp-queue due playlists
is "$status $out" "0 playlists" "and of one job"
run sp-queue due --force catalogue
is "$status $out" "0 catalogue" "all are with --force"
sqlite3 "$SP_DB" ".backup $tmp/idle.db"
sqlite3 "$tmp/idle.db" "delete from playlist_ingest_queue;
	update ingest_runs set status = 'complete', account = 'idle',
	started_at = '$new'"
is "$(sp-queue next --db "$tmp/idle.db" --account idle all |
	jq -r '"\(.type) \(.job) \(.status)"')" "run all null
end null complete" "all, with nothing due: a run without requests"
run sp-queue due --db "$tmp/idle.db" --account idle
is "$status $out$err" "1 " "due: nothing, and 1"
idle() { sp-queue next --db "$tmp/idle.db" --account idle all |
	jq -r 'select(.type == "run").job'; }
sqlite3 "$tmp/idle.db" "insert into playlist_ingest_queue
	(playlist_id, detected_at, user_id) values ('lees2', '$new', 'lee')"
is "$(idle)" all "what another account's play queued makes nothing due"
is "$(sp-queue status --db "$tmp/idle.db" --account idle | jq -c 'select(
	.type == "job_status" and .job == "playlists") | [.state, .waiting]')" '["fresh",0]' "nor waits"
sqlite3 "$tmp/idle.db" "update playlist_ingest_queue set user_id = null"
is "$(idle)" playlists "what was queued by hand does"
sqlite3 "$SP_DB" ".backup $tmp/both.db"
sqlite3 "$tmp/both.db" "insert into user_playlists (user_id, playlist_id,
	first_seen, last_seen) values ('kim', 'both', '$new', '$new');
insert into playlists (playlist_id, last_refreshed, snapshot_id,
	tracks_snapshot_id, tracks_updated) values
	('both', '$new', 'b', 'a', '$new');
insert into playlist_ingest_queue (playlist_id, detected_at, user_id)
	values ('both', '$new', 'lee');
insert into tracks (track_id) values ('spotify:local:y');
insert into endpoint_status (user_id, endpoint, subject, status, last_updated)
	values ('lee', 'audio-features', 't1', 404, '$new'),
	('kim', 'audio-features', 't2', 404, '$old')"
is "$(urls --db "$tmp/both.db" playlists | grep -c /both) $(urls \
	--db "$tmp/both.db" --account other playlists | grep -c /both)" "0 1" \
    "a listed playlist that another's play named is that one's to ask for"
is "$(sp-queue status --db "$tmp/both.db" | jq -c 'select(
	.type == "job_status" and .job == "audio-features").waiting')" "$(urls --db "$tmp/both.db" \
	audio-features | tr -cd ',\n' | awk '{ n += length + 1 } END { print n }')" \
    "as many features wait as would be requested"
is "$(sp-queue status | jq -c 'select(.type == "job_status") |
	[.job, .state, .waiting]')" '["play-history","fresh",null]
["playlists","due",4]
["audio-features","fresh",152]
["profile","due",null]
["catalogue","fresh",0]' "status: what is due and what waits"
is "$(sp-queue status | jq -c 'select(.type == "refusal") |
	[.endpoint, .status, .subjects]')" '["audio-features",404,1]
["playlist",404,2]
["user",404,3]' "what was refused"
is "$(sp-queue status | jq -r 'select(.type == "ingest_run").run_id' | wc -l)" 4 \
    "and the last runs"
like "$(sp-queue status --table)" 'JOB +STATE +LAST RUN' "--table aligns"
# The page names each type and its members, in their order.
members() {
	{ sp-queue status; sp-queue list; } |
	    jq -r 'keys_unsorted[1:] as $k | "\(.type) \($k | join(" "))"' |
	    sort -u
}
named() {
	awk '/^\.It Cm|^\.Cm queued/ { at = $NF }
	/^\.(El|Xr)/ { at = "" }
	at && /^\.Va/ { all[at] = all[at] " " $2 }
	END { for (at in all) print at all[at] }' man/sp-queue.1 |
	    grep -E '^(job_status|refusal|ingest_run|account|queued) ' | sort
}
is "$(members)" "$(named)" "the records are as the page has them"
sql "delete from playlist_ingest_queue"
sp-queue add 6rqhFgbbKwnb9MLmUQDhG6

# What is gone leaves the queue; what the app may not have just now stays.
sql "insert into playlist_ingest_queue (playlist_id, detected_at, user_id)
	values ('gone', '$new', 'kim'), ('fresh', '$new', 'kim');
insert into endpoint_status (user_id, endpoint, subject, status, denied,
	last_updated) values ('kim', 'playlist', 'gone', 403, 'subject', '$new'),
	('kim', 'playlist', 'fresh', 403, 'app', '$new')"
is "$(sp-queue next playlists | jq -r '.dequeue | values[]' |
    grep -e gone -e fresh) $(urls playlists | grep -c -e gone -e fresh)" "gone 1" \
    "what was refused for what it is leaves the queue, unasked"
sql "delete from playlist_ingest_queue where playlist_id in ('gone', 'fresh');
	delete from endpoint_status where subject in ('gone', 'fresh')"

section "going on where a limit stopped"
list() {
	sp-queue next playlists | jq -r 'select(.endpoint == "my-playlists") |
	    .next // .url | sub(".*offset="; "")'
}
day() { date -u -d "$1 hours ago" +%Y-%m-%dT%H:%M:%S.000Z; }
page() { # RUN SEQ OFFSET STATUS NEXT [LIST]
	sql "insert into staging_raw (run_id, seq, endpoint, url, status,
	    extra_json) values ('$1', $2, 'my-playlists',
	    'https://a/v1/me/playlists?limit=50&offset=$3', $4,
	    json_object('request', 1, 'page', $3 / 50 + 1
	    ${6:+, 'list', '$6'} ${5:+, 'next', $5}))"
}
next() { echo "'/v1/me/playlists?limit=50&offset=$1'"; }
stopped() { # RUN HOURS-AGO STATUS
	sql "insert into ingest_runs (run_id, job, account, user_id, status,
	    started_at) values ('$1', 'playlists', 'default', 'kim', '$3',
	    '$(day "$2")')"
}
sql "update ingest_runs set user_id = 'kim', started_at = '$old'
	where job = 'playlists'"
stopped s1 30 deferred
page s1 1 0 200 "$(next 50)"
page s1 2 50 429
is "$(list)" 50 "the list goes on at the page that was refused"
is "$(urls --force playlists | sed -n 's/.*offset=//p')" 0 "but for --force"
stopped s2 5 deferred
is "$(list)" 50 "a run that came to nothing changes nothing"
stopped s3 4 deferred
page s3 1 50 200 "$(next 100)" s1/1
is "$(list)" 100 "behind the last page that came"
is "$(sp-queue next playlists | jq -c 'select(.next) | [.url, .page, .list]')" \
    '["/v1/me/playlists?limit=50&offset=0",3,"s3/1"]' "after the pages of its own"
page s3 2 100 200 null s1/1
is "$(list)" "" "a complete list is not requested again"
like "$(urls playlists)" /v1/playlists/ "its playlists are"
stopped s4 3 failed
sql "update ingest_runs set captures = 0 where run_id = 's4'"
is "$(list)" "" "nor after a run that failed with nothing"
sql "update ingest_runs set captures = 1 where run_id = 's4'"
is "$(list)" 0 "after another run it begins anew"
sql "update ingest_runs set started_at = '$old' where run_id like 's%'"
stopped s5 50 deferred
page s5 1 0 200 "$(next 50)"
stopped s6 40 deferred
page s6 1 50 200 "$(next 100)" s5/1
is "$(list)" 0 "as it does two days after it began"
sql "delete from ingest_runs where run_id like 's%'; delete from staging_raw"
stopped s7 10 deferred
sql "insert into playlists (playlist_id, snapshot_id, tracks_total)
	values ('long', 'one', 400);
insert into playlist_pages (playlist_id, list, page_offset, told_at,
	snapshot_id) values ('long', 's7/4', 0, '$(day 10)', 'one');
insert into staging_raw (run_id, seq, endpoint, url, status, extra_json)
	values ('s7', 1, 'playlist', 'https://a/v1/playlists/long', 200,
	json_object('request', 4, 'page', 1, 'next',
		'/v1/playlists/long/items?offset=100&limit=50')),
	('s7', 2, 'playlist', 'https://a/v1/playlists/longer', 200,
	json_object('request', 5, 'page', 1, 'next', null)),
	('s7', 3, 'playlist-items',
	'https://a/v1/playlists/long/items?offset=100&limit=50', 200,
	json_object('request', 4, 'page', 2, 'next',
		'/v1/playlists/long/items?offset=150&limit=50')),
	('s7', 4, 'playlist-items',
	'https://a/v1/playlists/long/items?offset=150&limit=50', 429,
	json_object('request', 4, 'page', 3))"
long() {
	sp-queue next playlists | jq -c 'select(.url == "/v1/playlists/long") |
	    [.next, .page, .list]'
}
is "$(long)" '["/v1/playlists/long/items?offset=150&limit=50",3,"s7/4"]' \
    "a playlist goes on where its pages end"
sql "update playlists set snapshot_id = 'two' where playlist_id = 'long'"
is "$(long)" "[null,null,null]" "unless it has changed since"
sql "update playlists set snapshot_id = 'one' where playlist_id = 'long';
	delete from playlist_pages"
is "$(long)" "[null,null,null]" "or its pages were not loaded"
sql "delete from ingest_runs where run_id like 's%'; delete from staging_raw;
	delete from playlists where playlist_id = 'long'"

section "budget"
budget() { sp-queue budget "$@" | jq -c '[.planned, .requests, .unknown]'; }
sql "delete from playlist_ingest_queue; delete from endpoint_status;
	update playlists set snapshot_id = null"
is "$(urls playlists | wc -l) $(budget playlists)" "7 [7,7,6]" \
    "budget: what is planned, of a length that is not known"
like "$(sp-queue budget --table playlists)" \
    'playlists +7 or more +6 lists of unknown length$' "as a table"
sql "update playlists set tracks_total = 100;
	update playlists set tracks_total = 101 where playlist_id = 'never';
	update playlists set tracks_total = 400 where playlist_id = 'stale'"
is "$(budget playlists)" "[7,16,0]" "pages: 1, 1 + 1 + 1, 1 + 6 + 1, and so on"
i=0
while [ $i -lt 100 ]; do
	i=$((i + 1))
	echo "insert into user_playlists (user_id, playlist_id) values
	    ('kim', 'more$i');
	    insert into playlists (playlist_id, last_refreshed)
	    values ('more$i', '$new');"
done | sql
is "$(budget playlists)" "[7,18,0]" "of the list itself, too"
is "$(budget play-history)" "[1,1,0]" "budget: play-history"
is "$(budget profile)" "[$(urls profile | wc -l),$(urls profile | wc -l),1]" \
    "budget: profile"
is "$(sp-queue budget all | jq -r .job | xargs)" "playlists profile" \
    "budget of all that is due"
is "$(sp-queue budget --table playlists)" "JOB        REQUESTS
playlists        18" "as a table"
n=$(urls profile | wc -l)
like "$(sp-queue budget --table profile)" \
    "profile +$n or more +1 list of unknown length" "with an unknown length"
sql "insert into ingest_runs (run_id, job, account, status, started_at,
	captures) values ('p1', 'playlists', 'default', 'complete', '$old', 3),
	('p2', 'profile', 'default', 'complete', '$old', 2),
	('p3', 'profile', 'other', 'complete', '$old', 2),
	('p4', 'profile', 'default', 'complete', '$old', 1);
insert into staging_raw (run_id, seq, endpoint, fetched_at) values
	('p1', 1, 'x', '2026-01-01T00:00:00.000Z'),
	('p1', 2, 'x', '2026-01-01T00:00:01.500Z'),
	('p1', 3, 'x', '2026-01-01T00:00:02.000Z'),
	('p2', 1, 'x', '2026-01-01T00:10:00.000Z'),
	('p2', 2, 'x', '2026-01-01T00:10:04.000Z'),
	('p3', 1, 'x', '2026-01-01T00:10:00.000Z'),
	('p3', 2, 'x', '2026-01-01T01:10:04.000Z'),
	('p4', 1, 'x', '2026-01-01T02:10:00.000Z')"
is "$(sp-queue budget playlists)" \
    '{"type":"budget","job":"playlists","planned":7,"requests":18,"unknown":0,"pace":0.500,"seconds":36}' \
    "the pace is that of the last runs: 3 steps in 6 seconds"
like "$(sp-queue budget --table playlists)" 'playlists +18  36 s$' "as a table"
sql "insert into endpoint_status (user_id, endpoint, subject, status, retry_at)
	values ('kim', 'playlist', 'p', 429, '$soon')"
run sp-queue budget playlists
is "$status $(echo "$out" | jq -c '[.requests, .until]')" \
    '0 [0,"'"$soon"'"]' "a blocked job costs nothing yet"
like "$(sp-queue budget --table playlists)" \
    "playlists +0  playlists: rate limited: try again at $(date -d "$soon" '+%F %H:%M')" "and says so"
sql "delete from endpoint_status where subject = 'p';
	delete from ingest_runs where run_id like 'p%';
	delete from staging_raw; delete from user_playlists"
sp-queue add 6rqhFgbbKwnb9MLmUQDhG6

section "the queue by hand"
id=000000000000000000
run sp-queue list
is "$(echo "$out" | jq -c '[.type, .playlist_id]')" \
    '["queued","6rqhFgbbKwnb9MLmUQDhG6"]' "list gives NDJSON in a pipe"
like "$(sp-queue list --table)" '^PLAYLIST +DETECTED' "--table aligns"
run sp-queue add spotify:playlist:AAAA$id spotify:user:k%20m:playlist:BBBB$id \
    "https://open.spotify.com/playlist/CCCC$id?si=x" AAAA$id \
    open.spotify.com/intl-de/playlist/CCCC$id/ http://open.spotify.com/playlist/CCCC$id
is "$status" 0 "add takes ids, URIs and links"
is "$(sql 'select group_concat(playlist_id) from
	(select playlist_id from playlist_ingest_queue order by 1)')" \
    "6rqhFgbbKwnb9MLmUQDhG6,AAAA$id,BBBB$id,CCCC$id" "and no id twice"
is "$(sp-queue count)" 4 "count"
is "$(sp-queue count --json) $(sp-queue count --table | xargs)" \
    '{"type":"count","playlists":4} PLAYLISTS 4' "as JSON and as a table"
run sp-queue add 'not an id' tooshort DDDD$id spotify:user:kim:collection ''
is "$status" 1 "what is no playlist is refused alone"
is "$(echo "$err" | wc -l)" 4 "each by name"
like "$err" "not a playlist 'not an id'" "with the subject"
is "$(sp-queue count)" 5 "and the rest is added"
run sp-queue drop DDDD
is "$status$err $(sp-queue count)" "0 4" "an id may be shortened"
run sp-queue drop DDDD
is "$status $err" "1 sp-queue: drop: not in the queue 'DDDD'" \
    "but what it names must be there"
sql "insert into playlists (playlist_id)
	values ('DDDD$id'), ('HHHH1$id'), ('HHHH2$id')"
run sp-queue add DDDD
is "$status$err $(sp-queue count)" "0 5" "one that is known can be added so"
run sp-queue add HHHH HHH
is "$(echo "$status $err $(sp-queue count)" | head -n 1)" "1 sp-queue: add:\
 several playlists match 'HHHH': HHHH1$id, HHHH2$id" "what several have is refused"
like "$err" "not a playlist 'HHH'" "and what is shorter than four characters"
printf "EEEE$id\n\nspotify:playlist:FFFF$id" | sp-queue add
is "$(sp-queue count)" 7 "add reads stdin, a blank line and no last newline"
printf "EEEE$id\r\n\r\nGGGG$id\r\n" | sp-queue add
is "$? $(sp-queue count)" "0 8" "and the lines of a DOS file"
sp-queue drop GGGG$id
run sh -c "echo 'b a d' | '$build/sp-queue' add"
is "$status" 1 "a bad line of stdin"
like "$err" "stdin:1: not a playlist 'b a d'" "is named by number"
run sp-queue drop AAAA$id never-there BBBB$id
is "$status" 1 "drop says what was not there"
is "$(sp-queue count)" 5 "and drops the rest"
sp-queue add AAAA$id
is "$(sp-queue count)" 6 "what was dropped can be added again"

section "errors"
for bad in '' 'next' 'next none' 'next play-history more' 'status x' 'sing' \
    'next --after soon play-history' 'list more' '--no-such' \
    budget 'budget none' 'budget playlists profile'; do
	# shellcheck disable=SC2086
	run sp-queue $bad
	is "$status" 64 "usage: '$bad'"
done
echo "this is not a database, it is a text of some length" >"$tmp/text"
run sp-queue next --db "$tmp/text" play-history
is "$status" 78 "a file that is no database"
like "$err" "sp-queue: $tmp/text: .*not a SQLite database" "is named"
is "$out" "" "and nothing is planned"
if [ -e /dev/full ]; then
	for command in 'next play-history' 'budget play-history' list count \
	    --help; do
		# shellcheck disable=SC2086
		status=0
		"$build/sp-queue" $command >/dev/full 2>"$tmp/err" || status=$?
		is "$status" 74 "$command to a full disk"
	done
fi

section "times of the future"
# A clock was wrong once: what it wrote counts neither as recent nor as a
# deadline.
ahead=$(date -u -d '+40 days' +%FT%T.000Z)
far=$(date -u -d '+49 hours' +%FT%T.000Z)
SP_DB=$tmp/future.db
sp-queue add "$(printf %022d 1)" && sp-queue drop "$(printf %022d 1)"
sql "insert into accounts (account, user_id) values ('default', 'kim');
insert into ingest_runs (run_id, job, account, user_id, status, started_at,
    ended_at, captures) select job, job, 'default', 'kim', 'complete', '$ahead',
    '$ahead', 1 from (select 'play-history' as job union select 'playlists'
    union select 'audio-features' union select 'profile'
    union select 'catalogue');
insert into artists (artist_id) values ('0000000000000000000001');
insert into catalogue_answers (kind, id, status, last_updated)
    values ('artist', '0000000000000000000001', 200, '$ahead');
insert into tracks (track_id) values ('t1');
insert into playlists (playlist_id, owner_id, last_refreshed, snapshot_id,
    tracks_snapshot_id, tracks_updated) values
    ('p1', 'lee', '$ahead', 's', 's', '$ahead'),
    ('p2', 'lee', '$ahead', 's', null, null), ('p3', 'lee', null, 's', null, null);
insert into users (user_id, last_refreshed) values ('lee', '$ahead');
insert into user_playlists (user_id, playlist_id, first_seen, last_seen)
    values ('kim', 'p1', '$ahead', '$ahead');
insert into endpoint_status (user_id, endpoint, subject, status, last_updated,
    retry_at) values ('kim', 'audio-features', '', 403, '$ahead', null),
    ('kim', 'audio-features', 't1', 404, '$ahead', null),
    ('kim', 'playlist', 'p3', 404, '$ahead', null),
    ('kim', 'user', 'x', 403, '$ahead', null),
    ('kim', 'recently-played', '', 429, '$ahead', '$far'),
    ('kim', 'me', '', 429, '$ahead', '$ahead'),
    ('kim', 'playlist', 'p1', 503, '$ahead', '9999-12-31T23:59:59.999Z')"
run sp-queue next all
is "$status $(echo "$out" | jq -r 'select(.type == "request").url' |
    grep -v recently-played | xargs)" \
    "0 /v1/me/playlists?limit=50&offset=0 /v1/playlists/p1 /v1/playlists/p2 /v1/playlists/p3 /v1/audio-features?ids=t1 /v1/me /v1/me/following?type=artist&limit=50 /v1/users/lee /v1/artists?ids=0000000000000000000001" \
    "all that was done in the future is due"
is "$(sp-queue status | jq -r 'select(.type == "job_status")
    | "\(.state) \(.last_complete) \(.last_run) \(.blocked_until)"' | sort -u)" \
    "due null null null" "and status says so"
is "$(sp-queue budget all | jq -r 'select(.reason).job')" "" "as does budget"
sql "update endpoint_status set retry_at = '$soon' where endpoint = 'me'"
run sp-queue next profile
is "$status" 75 "a deadline within two days defers"
sql "update accounts set last_updated = '$ahead'"
{
	echo '{"type":"run","run":"R1","account":"default","user":"lee","started_at":"'"$(date -u +%FT%TZ)"'"}'
	echo '{"type":"end","run":"R1","status":"complete","ledger":[]}'
} | "$build/sp-load"
is "$(sql 'select user_id from accounts')" lee \
    "whose an account is, a later run can say"
SP_DB=$tmp/music.db

section "options of other commands"
for bad in 'add --after 2026-11-22 x' 'list --force' 'next --table profile' \
    '--account me count' 'budget --lock-wait 1s profile'; do
	# shellcheck disable=SC2086
	run "$build/sp-queue" $bad </dev/null
	like "$status $err" "^64 sp-queue: .*not an option here: '--" \
	    "sp-queue $bad"
done
finish

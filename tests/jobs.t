#!/bin/sh
# The playlist, audio features and profile jobs, in the three access modes that
# the API has: the tables are what the API has, and what it refuses is reported.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh

# The true items of the listener's playlists: of those that can be read and are
# in the list, or were named by a known play.
truth() {
	sql "select distinct replace(context_uri, 'spotify:playlist:', '')
	    from play_history where context_uri like '%:playlist:%'" |
	    sed 's/.*://' >"$tmp/played"
	curl -fsS "$api_url/rehearse/playlists" |
	    jq -r --rawfile played "$tmp/played" '($played | split("\n")) as $known
		| select(.readable and (.listed or (.id | IN($known[]))))
		| .id as $id | .items | to_entries[] | [$id, .key, .value.kind,
		.value.uri // "", .value.added_at // "", .value.added_by // ""]
		| join("|")' | sort
}
stored() {
	sql "select playlist_id, position, kind, coalesce(uri, ''),
	    coalesce(substr(added_at, 1, 19) || 'Z', ''), coalesce(added_by, '')
	    from playlist_tracks" | sort
}

# What differs between the stored lists and the true ones: nothing.
differs() {
	truth >"$tmp/true"
	stored | diff "$tmp/true" - | head -n 3
}

# How many users the next profile run would ask for.
users_asked() { sp-queue next "$@" profile | grep -c '"url":"/v1/users/'; }

for mode in extended development grandfathered; do
	fresh
	api_start --user kim --seed 11 --access-mode $mode
	run job play-history
	is "$status $err" "0 " "$mode: plays"
	queued=$(sp-queue count)
	[ "$queued" -gt 0 ]
	ok $? "$mode: playlists wait in the queue"
	job playlists >"$tmp/out" 2>&1
	run job playlists
	is "$status $err" "0 " "$mode: playlists"
	is "$(differs)" "" "$mode: every list that can be read is stored, item by item"
	is "$(sp-queue count)" 0 "$mode: the queue is empty"
	is "$(sql "select count(*) from playlists where name is null
		and playlist_id in (select playlist_id from playlist_tracks)")" 0 \
	    "$mode: every list has its name"
	is "$(sql "select count(*) from playlist_tracks p left join tracks t
		using (track_id) where p.kind in ('track', 'local')
		and t.name is null")" 0 "$mode: every item's track is known"
	is "$(sql "select count(*) from playlists left join users u
		on u.user_id = owner_id where name is not null
		and u.user_id is null")" 0 "$mode: every owner is known"
	run sh -c 'sp-queue next playlists | jq -r "select(.type == \"request\").url"'
	is "$out" "/v1/me/playlists?limit=50&offset=0" \
	    "$mode: nothing but the list is requested again"
	# A new app cannot have the one that is Spotify's and in no list.
	is "$(sql "select count(*) from endpoint_status
		where endpoint = 'playlist' and status = 404")" \
	    "$([ $mode = development ] && echo 1 || echo 0)" \
	    "$mode: a playlist that cannot be fetched is remembered"

	run job audio-features
	is "$status $(last_run)" "0 complete" "$mode: audio features"
	missing=$(sql "select count(*) from tracks where audio_features_json
		is null and is_local is not 1")
	run sh -c 'sp-queue next audio-features 2>/dev/null |
		jq -r "select(.type == \"request\").url"'
	case $mode in
	development)
		job audio-features >"$tmp/out" 2>&1
		is "$(sp-queue next audio-features 2>/dev/null | grep -c request)" \
		    0 "$mode: an app without access requests no more"
		like "$(sql "select reason from ingest_runs
			where job = 'audio-features'")" '403' \
		    "$mode: the run log says why audio features are refused"
		;;
	*)
		is "$out" "" "$mode: none is requested twice"
		is "$(sql "select count(*) from endpoint_status
			where endpoint = 'audio-features' and status = 404")" \
		    "$missing" "$mode: tracks without audio features are remembered"
		;;
	esac

	run job profile
	is "$status" 0 "$mode: profile"
	is "$(sql "select user_id, is_me from users where is_me")" "kim|1" \
	    "$mode: who is me"
	[ "$(sql "select count(*) from user_relationships
		where kind = 'follows-artist'")" -gt 50 ]
	ok $? "$mode: followed artists, more than a page"
	is "$(sql "select count(*) from user_relationships r left join artists a
		on a.artist_id = other_id where kind = 'follows-artist'
		and a.name is null")" 0 "$mode: followed artists have their names"
	[ "$(sql "select count(*) from user_relationships
		where kind = 'follows-playlist-of' and user_id = 'kim'")" -gt 1 ]
	ok $? "$mode: owners of followed playlists"
	[ "$(sql "select count(*) from user_relationships
		where kind = 'added-to-playlist-of'")" -gt 0 ]
	ok $? "$mode: who added to whose playlist"
	is "$(users_asked)" 0 "$mode: no user is requested again"
	is "$(users_asked --profile-age 0)" "$(sql "select count(*)
		from endpoint_status where endpoint = 'user' and status = 200
		and subject <> 'kim'")" "$mode: a user fetched long ago is requested again"

	run sh -c 'sp-stage replay | sp-transform | sp-load --db "$1"' sh \
	    "$tmp/rebuilt.db"
	is "$status" 0 "$mode: a rebuild from staging"
	dump "$SP_DB" >"$tmp/a"
	dump "$tmp/rebuilt.db" >"$tmp/b"
	is "$(diff "$tmp/a" "$tmp/b" | head -n 4)" "" "$mode: a rebuild gives the same tables"
	rm -f "$tmp"/rebuilt.db*
done

section "days of plays and playlists: what leaves the queue unasked is replayed"
# The clocks of the API and of the programs follow the simulated clock.
fresh
faked=$(ls /usr/lib*/*/faketime/libfaketime.so.1 \
    /usr/lib*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
echo +0d >"$tmp/offset"
export FAKETIME_TIMESTAMP_FILE="$tmp/offset" FAKETIME_NO_CACHE=1 \
    FAKETIME_DONT_FAKE_MONOTONIC=1 ASAN_OPTIONS=verify_asan_link_order=0 \
    LD_PRELOAD="$faked"
api_start --user kim --seed 5 --clock "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
for day in 1 2 3 4; do
	api_post 'clock?advance=24h'
	echo "+${day}d" >"$tmp/offset"
	# More is played in a day than the API returns: gaps are reported.
	job 2>/dev/null && job playlists
	is "$day $?" "$day 0" "day $day"
done
[ "$(sql "select count(*) from staging_raw where
	json_array_length(extra_json, '\$.dequeue') > 0")" -gt 0 ]
ok $? "what was stored left the queue without a request"
unset LD_PRELOAD
sp-stage replay | sp-transform | sp-load --db "$tmp/rebuilt.db" 2>/dev/null
sp-load --digest >"$tmp/a"
is "$(sp-load --digest --db "$tmp/rebuilt.db" | diff "$tmp/a" -)" "" \
    "a rebuild gives the same queue, and all else"
rm -f "$tmp"/rebuilt.db*

section "a list that changes while it is read"
fresh
api_start --user kim --seed 12
job playlists && job playlists
stored >"$tmp/before"
for mode in '' '&mode=swap'; do
	api_post "fault?kind=change&path=/v1/playlists$mode"
	run job --force playlists
	is "$status $(last_run)" "1 complete" "a change on the way$mode: refused"
	like "$err" "playlist '[0-9A-Za-z]+': its length or snapshot changed while it was being fetched, and no other fetch has the same items yet: keeping the stored track list" "a change on the way$mode: an error names it"
	is "$(sql "select count(distinct playlist_id) from playlist_tracks")" \
	    "$(cut -d'|' -f1 "$tmp/before" | sort -u | wc -l)" \
	    "a change on the way$mode: no list is lost"
	run job --force playlists
	is "$status $(differs)" "0 " "the next run brings what is true"
done

section "a list with another snapshot at each request"
# unsteady FILTER JOB: the pipeline, of what an API answers whose snapshots are
# never the same; the filter changes a playlist's items, too.
unsteady() {
	sp-queue next "$2" | sp-fetch 2>"$tmp/err" | jq -c 'if .type == "capture" and
	    (.url | test("/v1/playlists/")) then . as $c |
	    (.body.snapshot_id | values) |= "\($c.run)/\($c.seq)" | '"$1"' else .
	    end' | sp-stage | sp-transform | sp-load
}
fresh
api_start --user kim --seed 12 --playlists 6 --big-playlist 260
job playlists
requests() { sp-queue next "$1" | jq -r 'select(.url).url' | grep "$big"; }
run unsteady . playlists
is "$status" 1 "a long list whose snapshot never stays is not proven"
big=$(sql "select playlist_id from playlists where tracks_updated is null
	and tracks_total = 260")
is "$(requests all)" "/v1/playlists/$big" "it is due again at once"
run unsteady . all
is "$status $err" "0 " "once more, and nothing is wrong"
is "$(sql "select count(*) from playlist_tracks where playlist_id = '$big'")" \
    260 "then it is stored"
is "$(requests all)" "" "and is requested no more"
is "$(sql 'select count(*) from ingest_errors')" 0 "nor reported"
sp-stage replay | sp-transform | sp-load --db "$tmp/rebuilt.db"
is "$? $(sp-load --digest >"$tmp/a"; sp-load --digest --db "$tmp/rebuilt.db" |
    diff "$tmp/a" -)" "0 " "a rebuild gives the same"
rm -f "$tmp"/rebuilt.db*
run sp-stage prune --keep 0
is "$status" 0 "captures are removed"
sp-stage replay | sp-transform | sp-load --db "$tmp/rebuilt.db" 2>"$tmp/err"
is "$? $(sqlite3 "$tmp/rebuilt.db" "select count(*), tracks_list =
    '$(sql "select tracks_list from playlists where playlist_id = '$big'")'
    from playlist_tracks join playlists using (playlist_id)
    where playlist_id = '$big'")" "0 260|1" "both fetches that agree stay"
rm -f "$tmp"/rebuilt.db*
# It changes for good, at each request.
sql "update playlists set last_refreshed = '2020-01-01T00:00:00.000Z'
	where playlist_id = '$big'"
mixed='if (.body.items | type) == "array"
    then .body.items[0].added_by = {id: $c.run} else . end'
for n in 1 2; do
	run unsteady "$mixed" playlists
	is "$status" 1 "one that changes for good, $n"
done
is "$(requests all)$(requests playlists)" "" "is left alone for a while"
sql "update playlist_pages set told_at = '2020-01-01T00:00:00.000Z'"
is "$(requests playlists)" "/v1/playlists/$big" "and is then tried again"

section "time goes by"
fresh
api_start --user kim --seed 12
job playlists && job playlists
api_post "clock?advance=30d"
before=$(stored)
job playlists
[ "$before" = "$(stored)" ]
ok $? "a fresh playlist is left alone for seven days"
sql "update playlists set last_refreshed = '2020-01-01T00:00:00.000Z'"
run job playlists
is "$status $(differs)" "0 " "one that is due, and has changed, is requested"

section "killed on the way"
fresh
job playlists
sp-queue next playlists | sp-fetch 2>"$tmp/err" | sp-stage >"$tmp/captures"
lied=
for lines in 3 5 9 14; do
	cp "$SP_DB" "$tmp/cut.db"
	head -n $lines "$tmp/captures" | sp-transform 2>/dev/null |
	    sp-load --db "$tmp/cut.db" 2>/dev/null
	[ $? -eq 65 ] || lied="$lied $lines:status"
	[ "$(sqlite3 "$tmp/cut.db" "select count(*) from playlists p
		where tracks_updated is not null and tracks_total !=
		(select count(*) from playlist_tracks t
		where t.playlist_id = p.playlist_id)")" = 0 ] ||
		lied="$lied $lines:half"
	sp-transform <"$tmp/captures" | sp-load --db "$tmp/cut.db"
	[ -z "$(SP_DB=$tmp/cut.db differs)" ] || lied="$lied $lines:stored"
	rm -f "$tmp"/cut.db*
done
is "$lied" "" "cut anywhere: no list is half there, and a replay completes it"

section "many, and big"
fresh
api_start --user kim --seed 13 --playlists 300 --big-playlist 10000
job playlists && run job playlists
is "$status" 0 "hundreds of playlists, and one of 10,000"
is "$(differs)" "" "all of it is there"

section "two accounts"
fresh
job play-history
cp "$tmp/login/token.json" "$tmp/kim.json"
kim=$api_url
api_pid_kim=$api_pid
api_pid=
api_start --user lee --seed 14
SP_ACCOUNT=lee job play-history
is "$(sql "select group_concat(account || '=' || user_id, ' ') from
	(select * from accounts order by 1)")" "default=kim lee=lee" \
    "two accounts in one database"
is "$(sql "select count(distinct user_id) || ' ' || count(*) from cursors")" \
    "2 2" "each with its cursor"
run sh -c 'sp-queue next --account default play-history | sp-fetch 2>&1 |
	sp-stage | sp-transform | sp-load'
is "$status" 78 "one's run with the other's login is refused"
kill "$api_pid_kim"
# All that is due, from nothing, by somebody whose plays name no playlist.
fresh
api_start --user kim --seed 11 --plays-per-day 0
run job all
planned() {
	sp-queue next all | jq -r 'select(.type == "run").job' |
	    grep -v catalogue | xargs
}
is "$status $(sql 'select count(*) > 5, count(last_refreshed) from playlists')" \
    "0 1|0" "all brings the list of playlists"
is "$(planned)" playlists "what it brought is due at once, and not in a week"
run job all
is "$status $(sql 'select count(*) > 5 from playlists
    where last_refreshed is not null')" "0 1" "and is what the second brings"
is "$(planned)" audio-features \
    "then the features of the tracks that came are due, before that there were none"
run job all
is "$status $(sql 'select count(*) > 5 from tracks
    where audio_features_json is not null')" "0 1" "which the third brings"
is "$(planned)" all "then nothing is due"
finish

#!/bin/sh
# What a rate limit cut short goes on where it stopped: no page is requested
# twice, and the tables are those of a run that nothing stopped.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy

job_at_once() {
	sp-queue next "$@" >"$tmp/plan"
	sp-fetch --backoff 5ms --max-wait 0 <"$tmp/plan" | sp-stage |
	    sp-transform | sp-load
}
# The deadline passes: it is a second away by the API's clock, and may not be
# waited out by sp-fetch.
later() { sleep 1.1; }
limit() { fault "kind=429&retry_after=1&$1"; }
quota() { limit "reason=QUOTA_EXCEEDED&$1"; }
# stop NAME JOB: a run that a limit stops, and then its deadline.
stop() {
	run job_at_once "$2"
	is "$status" 75 "$1"
	later
}
# The pages that got a 200; those that got it more than once.
answered() {
	log | jq -r 'select(.status == 200 and (.url | test("^/v1/'"$1"'"))).url'
}
twice() { answered "$1" | sort | uniq -d; }
load() { sp-transform | SP_DB=$1 sp-load 2>"$tmp/load.err"; }
# same NAME: the database is rebuilt from its captures in any order, and but for
# the limits' own rows equals that of a single run.
same() {
	digest "$SP_DB" >"$tmp/live"
	rm -f "$tmp"/again.db* "$tmp"/back.db* "$tmp"/one.db*
	sp-stage replay | load "$tmp/again.db"
	is "$(digest "$tmp/again.db" | diff - "$tmp/live")" "" \
	    "$1: a replay gives the same"
	sp-stage replay | awk '/"type":"capture"/ { captures[++n] = $0; next }
	    /"type":"end"/ { while (n) print captures[n--] } { print }' |
	    load "$tmp/back.db"
	is "$(digest "$tmp/back.db" | diff - "$tmp/live")" "" \
	    "$1: and backwards, too"
	sp-stage replay | jq -c 'select(.type != "capture" or .status == 200) |
	    if .type == "end" then .ledger = [] else . end' |
	    load "$tmp/one.db"
	digest "$tmp/one.db" | grep -v endpoint_status >"$tmp/one"
	is "$(grep -v endpoint_status "$tmp/live" | diff - "$tmp/one")" "" \
	    "$1: as does a run that nothing stops"
}

section "playlists, and their list"
api_start --user kim --seed 7 --playlists 60 --big-playlist 420
quota 'path=/v1/me/playlists&skip=1'
stop "the quota ends in the middle of the list" playlists
quota 'path=/v1/playlists&skip=3'
stop "then among the playlists" playlists
big=$(curl -fsS "$api_url/rehearse/playlists" |
    jq -r 'select(.name == "Everything, Ever").id')
limit "path=/v1/playlists/$big/&skip=1"
stop "a limit comes in the middle of a playlist" playlists
limit "path=/v1/playlists/$big/&skip=1"
stop "another one two pages later" playlists
is "$(sql "select tracks_updated is null from playlists
    where playlist_id = '$big'")" 1 "nothing is stored of it yet"
limit "path=/v1/playlists/$big?fields"
stop "and one before it is checked" playlists
left=$(sp-queue budget playlists | jq -c '[.requests, .unknown]')
was=$(asked)
run job_at_once playlists
is "$status [$(($(asked) - was)),0]" "0 $left" \
    "then it comes to its end, by as many requests as the budget says"
is "$(sql "select count(*), tracks_snapshot_id is snapshot_id from playlists
    join playlist_tracks using (playlist_id) where playlist_id = '$big'")" \
    "420|1" "and is stored, with all its tracks"
is "$(twice '(me/)?playlists')" "" "no page was requested twice"
same playlists

section "two that were planned before either ran"
# The same list is resumed twice, and the playlist changes in between. Whichever
# runs first, and whichever is loaded first, the list is one that once was.
big_items() {
	curl -fsS -H "Authorization: Bearer $(token access_token)" \
	    "$api_url/v1/playlists/$big/items?limit=50&offset=$1" |
	    jq -r '.items[] | (.track // .item).uri // ""'
}
now_big() { for at in 0 50 100 150 200 250; do big_items $at; done; }
stored_big() {
	sqlite3 "$1" "select uri from playlist_tracks where playlist_id = '$big'
	    order by position"
}
for how in 'first second' 'second first'; do
	api_start --user kim --seed 7 --playlists 4 --big-playlist 260
	fresh
	job_at_once playlists
	limit "path=/v1/playlists/$big/&skip=1"
	stop "a limit comes in the middle of a playlist ($how)" playlists
	sp-queue next playlists >"$tmp/first.plan"
	sp-queue next playlists >"$tmp/second.plan"
	# Another playlist may have been under way, too.
	is "$(cat "$tmp"/*.plan | jq -c 'select(.next and
	    (.url | endswith("'"$big"'"))) | [.url, .page]' | uniq -c |
	    tr -s ' ')" " 2 [\"/v1/playlists/$big\",3]" \
	    "two plans resume it"
	now_big >"$tmp/before"
	sp-fetch <"$tmp/${how% *}.plan" >"$tmp/${how% *}.captures"
	fault "kind=change&mode=swap&path=/v1/playlists/$big"
	sp-fetch <"$tmp/${how#* }.plan" >"$tmp/${how#* }.captures"
	rm -f "$tmp"/[12].db*
	for order in "$how" "${how#* } ${how% *}"; do
		db=$tmp/1.db
		[ "$order" = "$how" ] || db=$tmp/2.db
		sqlite3 "$SP_DB" "vacuum into '$db'"
		for part in $order; do
			sp-stage --db "$db" <"$tmp/$part.captures" |
			    sp-transform | sp-load --db "$db" 2>"$tmp/err"
		done
		stored_big "$db" | diff - "$tmp/before" >"$tmp/diff"
		is "$? $(cat "$tmp/diff")" "0 " "loaded as '$order', it is one"
	done
	digest "$tmp/2.db" >"$tmp/live"
	is "$(digest "$tmp/1.db" | diff - "$tmp/live")" "" "the same in both"
	for order in cat 'shuf --random-source=README.md' 'sort -R'; do
		rm -f "$tmp"/again.db*
		sp-stage replay --db "$tmp/1.db" >"$tmp/all"
		{ head -n 1 "$tmp/all"; sed '1d; $d' "$tmp/all" | $order
			tail -n 1 "$tmp/all"; } | load "$tmp/again.db"
		is "$? $(cat "$tmp/load.err") $(digest "$tmp/again.db" |
		    diff - "$tmp/live")" "0  " "a replay through '$order', too"
	done
	# It has changed: when it is due it is fetched once more.
	SP_DB=$tmp/1.db job_at_once --playlist-age 0s playlists
	is "$? $(stored_big "$tmp/1.db" | diff - "$tmp/before" | wc -l)" \
	    "0 $(now_big | diff - "$tmp/before" | wc -l)" "the next run has it as it is"
done

section "artists, and who the account is"
fresh
reset
limit 'path=/v1/me/following&skip=1'
stop "a limit comes in the middle of the artists" profile
is "$(sp-queue budget profile | jq -c '[.planned, .requests, .unknown]')" \
    "[1,1,1]" "budget: of a length that is not known yet"
run job_at_once profile
is "$status $(sql "select count(*) from user_relationships
    where kind = 'follows-artist'")" "0 57" "all of them come"
is "$(twice '')" "" "no page was requested twice"
same artists

section "plays"
# Plays since the one at T that the API has, and that are not stored.
missing() {
	now=$(curl -fsS "$api_url/rehearse/clock" | jq -r .clock)
	curl -fsS "$api_url/rehearse/plays" |
	    jq -r --arg since "$1" --arg now "$now" 'select(.played_at > $since
		and .visible_at <= $now).played_at' >"$tmp/true"
	sql "select played_at from play_history" | grep -vxFf - "$tmp/true"
}
newest() { sql "select max(played_at) from play_history"; }
# Plays can arrive late: what a limit cut short begins again with the newest.
api_start --user kim --seed 7 --plays-per-day 400 --clock 2026-11-20T12:00:00Z
fresh
limit 'path=/v1/me/player&skip=1'
stop "a limit comes behind the first fifty plays" play-history
first=$(newest)
is "$(cursor)" "" "which leaves no cursor"
digest "$SP_DB" >"$tmp/live"
rm -f "$tmp"/again.db*
sp-stage replay | load "$tmp/again.db"
is "$(digest "$tmp/again.db" | diff - "$tmp/live")" "" \
    "nor does a replay: the plays behind are still to come"
sp-stage replay | load "$SP_DB"
is "$(cursor)" "" "not even here"
api_post 'clock?advance=2h'
limit 'path=/v1/me/player&skip=1'
stop "another one before the older ones" play-history
is "$(missing "$first")" "" "what was played since has come"
is "$(cursor)" "" "and leaves none either"
run job_at_once play-history
is "$status $(missing "$first")" "0 " "then all comes"
is "$(cursor)" "$(newest)" "the cursor is the newest of all"
same plays

gaps() { sql 'select gap_from, gap_to from play_gaps'; }
api_post 'clock?advance=6h'
was=$(cursor)
limit 'path=/v1/me/player&skip=1'
stop "a limit comes in the middle of the plays since the cursor" play-history
is "$(cursor)" "$was" "which stays"
is "$(grep -c missing "$tmp/err")" 0 "no gap is reported before all pages came"
same "plays up to a limit"
api_post 'clock?advance=1h'
run job_at_once play-history
is "$status $(cursor)" "0 $(newest)" "then the rest comes, and moves the cursor"
like "$err" "between $(date -d "$was" '+%F %H:%M') and .* may be missing" "what is lost is reported"
is "$(missing "$was" | awk -v gap="$(gaps)" \
    '{ split(gap, g, "|") } $1 < g[1] || $1 > g[2]')" "" "all of it"
same "plays since"
finish

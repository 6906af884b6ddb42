#!/bin/sh
# Conditional requests: a body that is held does not come again, and nothing
# but that is different.
cd "$(dirname "$0")/.." || exit
. tests/tap.sh
. tests/api.sh
. tests/fetch.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy

# fixed STEP: a run of sp-fetch under a name and at times that do not differ.
fixed() {
	jq -c --arg run "R$1" --arg day "2020-01-$1T00:" '
	    (if .run then .run = $run else . end)
	    | if .type == "capture" then .fetched_at = $day +
		("0\(.seq / 60 | floor)"[-2:]) + ":" +
		("0\(.seq % 60)"[-2:]) + ".000Z"
	    elif .type == "run" then .started_at = $day + "00:00.000Z"
	    else . end'
}
# step NN JOB [OPTION...]: a run of a job, whatever was asked before.
step() {
	step=$1
	shift
	sp-queue next --playlist-age 0s --profile-age 0s "$@" >"$tmp/plan"
	sp-fetch --parallel 1 --backoff 5ms <"$tmp/plan" | fixed "$step" |
	    tee "$tmp/fetched.$step" | sp-stage | tee "$tmp/staged.$step" |
	    sp-transform | sp-load
}
digest() { sp-load --digest --db "${1:-$SP_DB}"; }
# How many answers had a status, and the bytes of all bodies.
answers() { log | jq -s --argjson s "$1" 'map(select(.status == $s)) | length'; }
bytes() { log | jq -s 'map(select(.url | startswith("/v1/")).bytes) | add'; }
captures() { jq -c 'select(.type == "capture")' "$@"; }

# --- the same tables, with fewer bytes ----------------------------------
# life OPTION...: some weeks of an account, as digests after each.
life() {
	api_start --port "${port:-0}" --user kim --seed 7 --playlists 55 \
	    --big-playlist 220 --clock 2026-11-01T08:00:00Z --regime "$regime"
	port=$(cat "$tmp/port")
	fresh
	for day in 1 2 3 4; do
		step "1$day" "$@" playlists
		step "2$day" "$@" profile
		digest
		[ "$day" != 2 ] || api_post 'clock?advance=5d'
	done
}
port=
for regime in extended development; do
	life --unconditional >"$tmp/plain.digest" 2>"$tmp/err"
	plain=$(bytes)
	is "$(answers 304) $(grep -c etags "$tmp/plan")" "0 0" \
	    "$regime: --unconditional has every body sent"
	asked=$(asked)
	cp "$SP_DB" "$tmp/plain.db"
	life >"$tmp/cond.digest" 2>"$tmp/err"
	[ "$(answers 304)" -gt 20 ]
	ok $? "$regime: some answers are 304 ($(answers 304) of $(asked))"
	is "$(asked)" "$asked" "$regime: the same requests are made"
	[ "$(bytes)" -lt "$plain" ]
	ok $? "$regime: fewer bytes come ($(bytes) of $plain)"
	cmp -s "$tmp/plain.digest" "$tmp/cond.digest"
	ok $? "$regime: and the tables are the same after every run"
	sp-stage replay >"$tmp/replayed"
	sp-transform <"$tmp/replayed" | sp-load --db "$tmp/again.db"
	digest >"$tmp/last"
	is "$(digest "$tmp/again.db" | diff - "$tmp/last")" "" \
	    "$regime: a rebuild from staging gives them, too"
	rm -f "$tmp/again.db"*
	for file in "$tmp"/staged.*; do captures "$file"; done | sort >"$tmp/a"
	captures "$tmp/replayed" | sort | cmp -s - "$tmp/a"
	ok $? "$regime: a replay is byte for byte what was passed on"
done
is "$(sql "select count(*) > 20, sum(body_id not in (select body_id from
	staging_raw where status = 200)) from staging_raw where status = 304")" \
    "1|0" \
    "in staging_raw they are what they were, and no body is kept twice"
is "$(sql "select count(*) from staging_raw where etag is not null
	and json_extract(extra_json, '$.revalidated') is not (status = 304)
	and (status = 304 or json_extract(extra_json, '$.revalidated'))")" 0 \
    "and are marked, and nothing else is"
is "$(sp-stage why --capture users kim | jq -c '[.status, .revalidated,
	.endpoint, .body.id]')" '[200,true,"me","kim"]' \
    "why: a profile that did not change was told again"
is "$(sql "select count(*) from endpoint_status where status = 304")" 0 \
    "no mapping met a 304"

# --- what is offered ----------------------------------------------------
offers() { sp-queue next --playlist-age 0s --profile-age 0s "$@" | jq -c '.etags // empty'; }
run offers profile
is "$(echo "$out" | jq -sr 'add | keys[]' | sed 's/[a-z]*:..[^/]*//' | sed 3q)" \
    "/v1/me
/v1/me/following?type=artist&after=$(log | sed -n \
    's/.*following?type=artist&after=\([^&]*\)&.*/\1/p' | head -n 1)&limit=50
/v1/me/following?type=artist&limit=50" "what is held is said page by page"
is "$(echo "$out" | jq -c 'select(has("'"$api_url"'/v1/me"))[]' |
	sed 's/W.*[0-9a-f]/E/')" '{"etag":"E\""}' \
    "by the whole URL: one that has one page"
is "$(offers playlists | head -n 1 | jq -c '[.[].next]')" \
    '["/v1/me/playlists?limit=50&offset=50",null]' "and one that has two"
is "$(offers --unconditional profile)$(offers --force profile)" "" \
    "--unconditional and --force: none"
is "$(offers play-history; offers --user someone-else profile)" "" \
    "nor of plays, nor of another user"
run sp-queue budget profile
is "$status" 0 "a budget needs none"
cp "$SP_DB" "$tmp/keep.db"
# without SQL NAME: once that is done, /v1/me is not offered.
without() {
	sql "$1"
	run offers profile
	is "$status $(echo "$out" | grep -c '/v1/me"')" "0 0" "not offered: $2"
	rm -f "$SP_DB"*
	cp "$tmp/keep.db" "$SP_DB"
}
without "update staging_raw set body_id = null where endpoint = 'me'" \
    "one whose body has gone"
without "update staging_raw set etag = null where endpoint = 'me'" \
    "one without an etag"
without "update staging_raw set body_is_text = 1 where endpoint = 'me'" \
    "one that is no JSON"
without "update staging_raw set status = 404 where endpoint = 'me'" \
    "one that was no answer"
sql "update staging_raw set extra_json = json_remove(extra_json, '$.next')
    where url like '%following%'"
is "$(offers profile | grep -c following)" 0 \
    "nor pages of which it is not known what followed them"

# --- a list that changes while it is read -------------------------------
big=$(curl -fsS "$api_url/rehearse/playlists" |
    jq -r 'select(.total == 220).id')
truth() { curl -fsS "$api_url/rehearse/playlists?id=$big" |
	jq -r '.items[] | .uri // ""'; }
held() { sql "select coalesce(uri, '') from playlist_tracks
	where playlist_id = '$big' order by position"; }
# again NN: the playlist, which was told to have changed, is asked for.
again() {
	sql "update playlists set snapshot_id = 'older' where playlist_id = '$big'"
	api_post 'requests?clear=1'
	step "$1" playlists
	log | jq -r 'select(.url | test("'"$big"'")) | .status' | xargs
}
is "$(again 25)" "304 304 304 304 200" \
    "a playlist of several pages, all of them held, and its check"

[ "$(held)" = "$(truth)" ]
ok $? "is held as it is"
day=25
for mode in swap add; do
	held >"$tmp/before"
	fault "kind=change&mode=$mode&path=/v1/playlists/$big/&skip=1"
	is "$(again $((day + 1)) 2>"$tmp/err" | cut -d ' ' -f 1-3)" "304 304 200" \
	    "$mode: it changes after two pages that did not"
	held | cmp -s - "$tmp/before"
	ok $? "$mode: no list is made of old pages and new ones"
	like "$(again $((day + 2)))" '^200 200' "$mode: it is read anew"
	[ "$(held)" = "$(truth)" ]
	ok $? "$mode: and held as it is now"
	day=$((day + 2))
done
digest >"$tmp/last"
sp-stage replay | sp-transform | sp-load --db "$tmp/again.db" 2>/dev/null
is "$(digest "$tmp/again.db" | diff - "$tmp/last")" "" "a rebuild agrees"
finish

#!/bin/sh
# Conditional requests: a body that is held does not come again, and nothing
# but that is different.
cd "$(dirname "$0")/.." || exit
. tests/tap.sh
. tests/api.sh
. tests/fetch.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy

# fixed STEP: a run of sp-fetch under a name and at times that do not differ,
# a step being a day; "now" leaves it as it is.
fixed() {
	[ "$1" != now ] || { cat; return; }
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
	for day in 1 2 3; do
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
	[ "$(answers 304)" -gt 15 ]
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
is "$(sql "select count(*) > 15, sum(body_id not in (select body_id from
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

# --- a limit after a page that is held ----------------------------------
sql "update playlists set tracks_snapshot_id = 'older' where playlist_id = '$big'"
fault "kind=429&retry_after=86400&path=/v1/playlists/$big/&skip=1"
api_post 'requests?clear=1'
step now playlists 2>"$tmp/err"
is "$?" 75 "a limit among pages that are held"
sql "update endpoint_status set retry_at = '2020-01-01T00:00:00.000Z'"
step now playlists 2>"$tmp/err"
is "$(log | jq -r 'select(.url | test("'"$big"'")) | .status' | xargs)" \
    "304 304 429 304 304 200" "is gone on from, and the rest of them is held too"
[ "$(held)" = "$(truth)" ]
ok $? "and the list is whole"

# --- what is sent, and what is taken ------------------------------------
api_start --user kim --seed 7 --regime extended
known() { # URL [ETAG [NEXT]]: a request of /v1/me with that in its etags
	jq -nc --arg url "$1" --arg etag "$2" --arg next "${3-}" '{endpoint:
	    "me", url: "/v1/me", paging: "next", etags: {($url): ({etag: $etag}
	    + if $next == "" then {} else {next: $next} end)}}'
}
sent() { log | jq -r 'select(.url == "/v1/me").if_none_match' | xargs -0 echo; }
etag() { captures "$tmp/out" | jq -r '.etag'; }
echo "$me" | try >/dev/null # whose login it is
is "$(echo "$me" | try) $(etag | tr '0-9a-f' x)" \
    '0: complete 0 balanced: 200:  W/"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"' \
    "an answer's etag is in its capture"
e=$(etag)
reset
is "$(known "$api_url/v1/me" "$e" | try) $(sent)" \
    "0: complete 0 balanced: 304:  $e" "sent back, it is answered with 304"
is "$(captures "$tmp/out" | jq -c 'keys_unsorted')" \
    '["type","run","seq","endpoint","user","url","status","fetched_at","etag","request","page","next"]' \
    "a capture without a body"
is "$(known "$api_url/v1/me" "${e#W/}" | try)" \
    "0: complete 0 balanced: 304: " "compared weakly"
is "$(known "$api_url/v1/me" '"other"' | try)" \
    "0: complete 0 balanced: 200: " "one that is out of date brings the body"
reset
for url in /v1/me https://evil.example/v1/me http://127.0.0.1:1/v1/me \
    "$api_url/v1/me?" "$api_url/v1/me/"; do
	known "$url" "$e" | try >/dev/null
	is "$(sent)" null "held of $(echo "$url" | sed 's/:[0-9]*/:N/'): not sent"
	reset
done
# Whoever wrote the stream: nothing but an entity tag is ever in the header.
long=$(printf '%257s' '' | tr ' ' x)
for bad in '' x '*' '"a", "b"' '"a' 'W/"a"b' 'w/"a"' '"a b"' "\"$long\"" '"é"' \
    '"a"
X-Evil: yes' "\"a$(printf '\r\n')X-Evil: yes\"" "$(printf '"a\001b"')" \
    "$(printf '"a\177b"')"; do
	is "$(known "$api_url/v1/me" "$bad" | try 2>/dev/null) $(asked)" \
	    "1: complete 0 balanced: : bad request 0" \
	    "no entity tag: $(printf '%.20s' "$bad" | LC_ALL=C tr -c ' -~' '?')"
done
like "$(cat "$tmp/err")" "its 'etags' is no entity tag" "it is said"
is "$(jq -nc '{endpoint: "me", url: "/v1/me", etags: ["x"]}' | try 2>/dev/null)" \
    "1: complete 0 balanced: : bad request" "no object of etags"

# Whatever the server says: what is no entity tag is none.
for bad in x "W/$long" '"a"b' '%22a%01b%22' '%22a%7fb%22' '%22a%c3%a9%22' \
    "%22$long%22" ''; do
	fault "kind=etag&etag=$bad"
	is "$(echo "$me" | try) $(etag)" "0: complete 0 balanced: 200:  null" \
	    "an answer's etag that is none: $(printf '%.20s' "$bad")"
done
fault 'kind=etag&etag=%22%1b%5d0;evil%22'
run fetch /me
is "$(printf '%s' "$out$err" | tr -d '\n' | LC_ALL=C tr -d ' -~')" "" \
    "no control character of one gets out"
reset
fault 'kind=304'
is "$(echo "$me" | try) $(asked)" "69: failed 69 balanced: : no answer 1" \
    "a 304 that nobody asked for is a fault"
like "$(cat "$tmp/err")" '/v1/me: unexpected HTTP 304: no etag was sent' "and is named"
fault 'kind=304&etag=%22other%22'
is "$(known "$api_url/v1/me" "$e" | try)" \
    "69: failed 69 balanced: : no answer" "so is one for another version"
like "$(cat "$tmp/err")" 'HTTP 304 for etag "other", but .* was sent' "and is named"
fault 'kind=304'
is "$(known "$api_url/v1/me" "$e" | try) $(etag)" \
    "0: complete 0 balanced: 304:  $e" "one that does not say which will do"
fault 'kind=503'
fault 'kind=401'
is "$(known "$api_url/v1/me" "$e" | try)" "0: complete 0 balanced: 304: " \
    "it is sent again when the request is"
for next in https://evil.example/v1/x "$api_url@evil.example/v1/x" /v1/me; do
	reset
	is "$(known "$api_url/v1/me" "$e" "$next" | try 2>/dev/null)" \
	    "69: failed 69 balanced: 304: bad next page" \
	    "what was next is refused: $(echo "$next" | sed 's/:[0-9]*/:N/')"
	log | jq -r .url | grep -q evil.example/v1
	is $? 1 "and is not followed"
done
is "$(etag)" null "a page whose next one was refused is not held"

# --- the body in its place ----------------------------------------------
fresh
b='"a":[1.0,"\u0041"],"id":"kim"'
# capture SEQ STATUS [MEMBERS]: of /v1/me at a time of its own.
capture() {
	printf '{"type":"capture","run":"R","seq":%d,"endpoint":"me",%s' "$1" \
	    "\"user\":\"${user:-kim}\",\"url\":\"https://a.example/v1/me${at-}\","
	printf '"status":%d,"fetched_at":"2026-03-01T00:00:%02d.000Z"%s}\n' \
	    "$2" "$1" "${3-}"
}
stage() { sp-stage "$@" 2>"$tmp/err"; }
v1=',"etag":"\"1\"","page":1' v2=',"etag":"W/\"2\""'
capture 1 200 "$v1,\"body\":{$b}" >"$tmp/one"
stage <"$tmp/one" | cmp -s - "$tmp/one"
ok $? "a capture with an etag goes through as it is"
capture 2 304 "$v1" >"$tmp/two"
capture 2 200 "$v1,\"revalidated\":true,\"body\":{$b}" >"$tmp/want"
stage <"$tmp/two" >"$tmp/out"
is "$(cat "$tmp/out")" "$(cat "$tmp/want")" \
    "one of 304 gets the body, status 200 and its mark, and keeps its time"
is "$(stage <"$tmp/two")" "$(cat "$tmp/want")" "again, and it is passed on again"
is "$(stage <"$tmp/want")" "$(cat "$tmp/want")" "so is what was passed on"
is "$(sql 'select count(*), count(distinct body_id) from staging_raw')" "2|1" \
    "neither is staged twice, nor is the body"
is "$(sql 'select status, etag from staging_raw where seq = 2')" '304|"1"' \
    "it is staged as what it is"
is "$(stage replay | captures)" "$(cat "$tmp/one" "$tmp/want" | jq -c .)" \
    "both are replayed"
is "$(stage replay | sed -n 3p)" "$(cat "$tmp/want")" "byte for byte"
is "$(stage replay | stage --db "$tmp/other.db" | sed -n 3p)" \
    "$(cat "$tmp/want")" "into another database too"
is "$(stage replay --db "$tmp/other.db" | sed -n 3p)" "$(cat "$tmp/want")" \
    "and out of that"
rm -f "$tmp/other.db"*
{ capture 3 200 "$v2,\"body\":{\"id\":\"kim\",\"n\":2}" && capture 4 304 "$v1" &&
	capture 5 304 "$v2"; } | stage | jq -c '[.status, .body.n]' >"$tmp/out"
is "$(xargs <"$tmp/out")" "[200,2] [200,null] [200,2]" \
    "each version has its body, one of the same stream too"
stage <"$tmp/two" >/dev/null
is "$?" 0 "a later version with another body is no other capture"
is "$(sed 's/"run":"R","seq":2,//' "$tmp/two" | stage | jq -c '[.run, .body.id]')" \
    '[null,"kim"]' "one of no run"
echo '{"ours": (.status == 200 and .revalidated)}
    | {table: "t", row: {n: .ours}}' >"$tmp/mine.jq"
is "$(sp-transform -f "$tmp/mine.jq" <"$tmp/want" | jq -c .row)" '{"n":true}' \
    "a mapping of one's own sees an answer"

# lost NAME: the capture of $tmp/in stands for a body that is not there.
lost() {
	{ printf '{"type":"run","run":"R"}\n' && cat "$tmp/in" &&
		printf '{"type":"end","run":"R","status":"complete","ledger":[]}\n'
	} | stage >"$tmp/out"
	is "$? $(jq -rs 'map(.code // .exit // .type) | join(" ")' "$tmp/out")" \
	    "1 run no body 65" "refused, and the run has failed: $1"
}
capture 9 304 ',"etag":"\"3\""' >"$tmp/in"
lost "another etag"
like "$(cat "$tmp/err")" \
    'stdin:2: R/9: status 304, but this database has no body for that etag: plan again with sp-queue next --unconditional$' \
    "the reason says what to do"
capture 9 304 >"$tmp/in"
lost "no etag"
user=lee capture 9 304 "$v1" >"$tmp/in"
lost "another user"
at=x capture 9 304 "$v1" >"$tmp/in"
lost "another URL"
capture 9 304 ',"etag":"1"' >"$tmp/in"
lost "an etag without its quotes"
{ capture 6 404 ',"etag":"\"6\"","body":{}' &&
	capture 7 200 ',"etag":"\"7\"","text":"x"'; } | stage >/dev/null
capture 9 304 ',"etag":"\"6\""' >"$tmp/in"
lost "a body that was no answer"
capture 9 304 ',"etag":"\"7\""' >"$tmp/in"
lost "a body that is no JSON"
is "$(capture 8 304 ',"text":""' | stage | jq -c '[.status, .text]')" '[304,""]' \
    "a 304 with a text is what it says"
sql "update staging_bodies set body = 'no' where body_id = (select body_id
	from staging_raw where seq = 2)"
stage <"$tmp/two" >"$tmp/out"
is "$? $(jq -r .code "$tmp/out")" "1 no body" "a body that is damaged"

# Without sp-stage nobody has it.
{ printf '{"type":"run","run":"R","job":"profile"}\n' && cat "$tmp/two" &&
	printf '{"type":"end","run":"R","status":"complete","ledger":[]}\n'
} >"$tmp/in"
for filter in '' "-f $tmp/mine.jq"; do
	# shellcheck disable=SC2086
	run sp-transform $filter <"$tmp/in"
	is "$status $(echo "$out" | jq -rs 'map(.code // .exit // .type) |
	    join(" ")')" "1 run no body 65" \
	    "without sp-stage it is refused${filter:+, by any mapping}"
	like "$err" 'R/2: no body: status 304: only sp-stage can supply the body' \
	    "by a reason that names sp-stage"
done
sp-transform <"$tmp/in" 2>/dev/null | sp-load --db "$tmp/none.db" 2>/dev/null
is "$? $(sqlite3 "$tmp/none.db" 'select status from ingest_runs')" "65 failed" \
    "and the run has failed"
finish

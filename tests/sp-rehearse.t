#!/bin/sh
# sp-rehearse: the made-up service behaves, tells the truth, and breaks when
# it is asked to.
set -u
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")/.." && pwd)
bin=${SP_BUILD:-$here/build}/sp-rehearse
tmp=$(mktemp -d) || exit 1
servers=
trap 'kill $servers 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
cd "$tmp" || exit 1

n=0
ok() { # name; the status of the command before decides
	s=$?
	n=$((n + 1))
	[ $s -eq 0 ] && echo "ok $n - $1" || echo "not ok $n - $1"
	return $s
}
is() { # got wanted name
	[ "$1" = "$2" ]
	ok "$3" || printf '#  got    %s\n#  wanted %s\n' "$1" "$2"
}
# Start a server: sets url, pid, token. It is ready when its line comes.
start() {
	rm -f ready
	mkfifo ready
	"$bin" --token-file "$tmp/login/token.json" "$@" >ready 2>>err.all &
	pid=$!
	servers="$servers $pid"
	read -r url <ready
	token=$(jq -r .access_token login/token.json)
}
stop() {
	servers=$(echo "$servers " | sed "s/ $pid / /")
	kill -s "${1:-TERM}" "$pid"
	wait "$pid"
}
get() { # path, then options of curl
	path=$1
	shift
	curl -sS --max-time 20 -H "Authorization: Bearer $token" "$@" \
		"$url$path"
}
post() {
	curl -sS --max-time 20 -X POST "$url$1"
}
code() { # path, then options of curl: the status alone
	get "$@" -o body -w '%{http_code}'
}
recent=/v1/me/player/recently-played

# --- the command line ---------------------------------------------------
"$bin" --help >out 2>err
is "$? $(head -c 18 out) $(wc -c <err)" "0 usage: sp-rehearse 0" "--help"
if command -v mandoc >/dev/null; then
	mandoc -Tutf8 "$here/man/sp-rehearse.1" | sed "s/.$(printf '\010')//g" |
		sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' | sed '1d;$d' |
		xargs >page
	is "$(sed 's/^usage://' out | xargs)" "$(cat page)" \
		"the usage is the page's synopsis"
else
	ok "the usage is the page's synopsis # SKIP no mandoc"
fi
is "$("$bin" -V)" "$("$bin" --version)" "-V is --version"
for bad in --no-such '--port x' '--port 65536' '--seed -1' '--clock noon' \
	'--regime none' '--fault kind=nonsense' '--fault times=2' \
	'--fault kind=429&tims=2' '--plays-per-day many' '--user=' extra; do
	# shellcheck disable=SC2086
	"$bin" $bad >out 2>err </dev/null
	is "$? $(wc -c <out)" "64 0" "usage: $bad"
	grep -q '^sp-rehearse: \|^usage: ' err
	ok "usage: $bad: says why"
done
"$bin" --serve "$tmp/nowhere" 2>err
is $? 74 "a folder that is not there"
"$bin" --port-file "$tmp/no/such/port" >out 2>err
is "$? $(wc -c <out)" "73 0" "a port file that cannot be written"
if [ -c /dev/full ]; then
	"$bin" >/dev/full 2>err
	is $? 74 "stdout is full"
fi

# --- starting and ending ------------------------------------------------
start --port-file "$tmp/port"
is "$url" "http://127.0.0.1:$(cat port)" "the port file and the line agree"
is "$(ls -l login/token.json | cut -c1-10) $(ls -ld login | cut -c1-10)" \
	"-rw------- drwx------" "the token is for its owner alone"
is "$(jq -r '[keys[]]|join(",")' login/token.json)" \
	access_token,api_url,client_id,expires_at,refresh_token,scope,token_url \
	"the token file's members"
is "$(jq '(.expires_at|sub("\\.[0-9]+Z";"Z")|fromdate)-now
	| . > 3500 and . <= 3600' login/token.json)" true \
	"the token ends by the real clock"
"$bin" --port "$(cat port)" >out 2>err
is "$? $(cat out)" "69 " "a port in use"
grep -q "^sp-rehearse: cannot listen on port '$(cat port)': " err
ok "a port in use: says so"

# --- recently played ----------------------------------------------------
is "$(code "$recent")" 200 "recently played"
is "$(jq -c '[.limit,(.items|length)]' body)" "[20,20]" "twenty by default"
get "$recent?limit=50" >all
is "$(jq '.items|length' all)" 50 "fifty at most"
is "$(jq -c '[.items[].played_at]|.==(sort|reverse) and .==(unique|reverse)' \
	all)" true "newest first, none twice"
is "$(jq '[.items[].played_at|test("^2026-11-2[0-9]T[0-9:]{8}\\.[0-9]{3}Z$")]
	|all' all)" true "played_at in milliseconds"
for bad in limit=0 limit=51 limit=x after=1\&before=2 before=x after=1.5; do
	is "$(code "$recent?$bad") $(jq .error.status body)" "400 400" \
		"refused: $bad"
done
# The truth as the service shows it: visible, the last fifty.
get /rehearse/plays >truth
now=$(post /rehearse/clock | jq -r .clock)
is "$(jq -sc --arg now "$now" '[.[]|select(.visible_at<=$now)][-50:]|reverse
	|map([.played_at,.uri,.track_id,.context])' truth)" \
	"$(jq -c '[.items[]|[.played_at,.track.uri,.track.id,.context.uri]]' \
	all)" "the ceiling: the last fifty that are visible"
[ "$(wc -l <truth)" -gt 400 ]
ok "there are more plays than can be asked for"

# Backwards by next until nothing is left.
follow() { # path: every page's items, one a line; the last page is in page
	next=$url$1
	while [ "$next" != null ]; do
		get "${next#"$url"}" >page
		jq -c '.items[]|[.played_at,.track.uri]' page
		next=$(jq -r .next page)
	done
}
follow "$recent?limit=7" >walked
is "$(cat walked)" "$(jq -c '.items[]|[.played_at,.track.uri]' all)" \
	"next leads back through all of them"
get "$recent?before=$(jq -r .cursors.before all)&limit=10" >page
is "$(jq -c '[.items,.next,.cursors]' page)" "[[],null,null]" \
	"past the ceiling: no items, null cursors"
follow "$recent?limit=8&after=0" | sort >walked
is "$(cat walked)" "$(jq -c '.items[]|[.played_at,.track.uri]' all | sort)" \
	"after=0 leads forward through all of them"
get "$recent?limit=8&after=0" >page
is "$(jq -c '[.items[].played_at]' page)" \
	"$(jq -c '[.items[-8:][].played_at]' all)" \
	"after: the oldest first, newest first within the page"
is "$(jq -r '.next|sub(".*\\?";"")' page)" \
	"after=$(jq -r .cursors.after page)&limit=8" "after: next goes forward"
newest=$(jq -r .cursors.after all)
is "$(jq -r '.items[0].played_at|.[0:19]+"Z"|fromdate' all)" \
	"${newest%???}" "cursors.after is the newest play"
get "$recent?after=$newest" >page
is "$(jq -c '[.items,.next,.cursors]' page)" "[[],null,null]" \
	"after is exclusive: nothing new yet"
get "$recent?limit=50&after=$((newest - 1))" >page
is "$(jq -c '[.items[].played_at]' page)" \
	"$(jq -c '[.items[0].played_at]' all)" "after, one ms less: the newest"
get "$recent?before=$newest&limit=1" >page
is "$(jq -c '.items[0].played_at' page)" "$(jq -c '.items[1].played_at' all)" \
	"before is exclusive"

# --- the clock ------------------------------------------------------------
is "$(post '/rehearse/clock?advance=6h' | jq -r .clock)" \
	2026-11-22T18:00:00.000Z "the clock goes forward"
get /rehearse/plays >later
is "$(head -n "$(wc -l <truth)" later)" "$(cat truth)" \
	"what was played stays as it was"
get "$recent?limit=50&after=$newest" >page
is "$(jq -c '.items|length' page)" \
	"$(jq -c --arg since "$(jq -r '.items[0].played_at' all)" \
	'select(.played_at>$since
	and .visible_at<="2026-11-22T18:00:00.000Z")' later | wc -l)" \
	"the hours' plays have come"
is "$(jq -sc 'map(.played_at)|.==unique' later)" true \
	"played_at only ever grows"
jq -c 'select(.visible_at>.played_at)' later >late
share=$(($(wc -l <late) * 100 / $(wc -l <later)))
[ $share -ge 1 ] && [ $share -le 12 ]
ok "a small share comes late ($share %)"
# A late play is hidden until its time, and shown from then on.
at=$(jq -r 'select(.played_at>"2026-11-15")|.played_at' late | head -n 1)
seen=$(jq -r --arg at "$at" 'select(.played_at==$at)|.visible_at' late)
post "/rehearse/clock?set=$at" >/dev/null
get "$recent?limit=1" >page
[ "$(jq -r '.items[0].played_at' page)" != "$at" ]
ok "a late play is not there when it was played"
post "/rehearse/clock?set=$seen" >/dev/null
get "$recent?limit=50" | jq -e --arg at "$at" \
	'[.items[].played_at]|index($at)' >/dev/null
ok "it is there when it becomes visible"
is "$(curl -s -o body -w '%{http_code}' -X POST \
	"$url/rehearse/clock?advance=soon")" 400 "a bad span is refused"
post '/rehearse/clock?set=2026-11-22T18:00:00Z' >/dev/null

# What a history must hold to be worth practising on.
get /rehearse/plays >later
for what in '.context==null' '.track_id==null' \
	'(.context//"")|startswith("spotify:playlist:")' \
	'(.context//"")|startswith("spotify:album:")' \
	'(.context//"")|startswith("spotify:artist:")' \
	'(.context//"")|test("^spotify:user:[^:]+:collection$")' \
	'(.context//"")|startswith("spotify:user:quietdesk:playlist:")' \
	'(.context//"")|startswith("spotify:user:jörg_m:playlist:")' \
	'(.context//"")|startswith("spotify:user:ana%20maria:playlist:")' \
	'(.context//"")=="spotify:playlist:37i9dQZF1EYkqdzj48dyYq"'; do
	[ -n "$(jq -c "select($what)" later)" ]
	ok "some plays have $what"
done
[ -n "$(jq -sc '[.[1:],.[:-1]]|transpose[]|select(.[0].uri==.[1].uri)' \
	later)" ]
ok "some are paused and resumed: the same track twice"

# --- plays by hand, and tokens -------------------------------------------
id=$(jq -r '[.items[].track.id//empty][0]' all)
post "/rehearse/play?uri=spotify:track:$id&played_at=2026-11-22T17:59:59.001Z" \
	>/dev/null
is "$(get "$recent?limit=1" | jq -c '.items[0]|[.played_at,.track.id]')" \
	"[\"2026-11-22T17:59:59.001Z\",\"$id\"]" "a play by hand"
is "$(get /v1/me | jq -c '[.id,.type]')" '["rehearsal","user"]' "/v1/me"
is "$(code "/v1/tracks/$id") $(jq -r .id body)" "200 $id" "/v1/tracks/{id}"
is "$(get "/v1/tracks?ids=$id,x" | jq -c '.tracks|[.[0].id,.[1]]')" \
	"[\"$id\",null]" "/v1/tracks?ids="
for kind in album artist; do
	other=$(jq -r --arg k $kind '[.items[].track|.album,.artists[0]
		|select(.type==$k)|.id//empty][0]' all)
	is "$(code "/v1/${kind}s/$other") $(jq -r .id body)" "200 $other" \
		"/v1/${kind}s/{id}"
done
is "$(code /v1/tracks/nobody) $(jq -r .error.message body)" \
	"404 Resource not found" "an id that nobody has"
is "$(code /v1/no/such) $(jq -r .error.status body)" "404 404" "no such path"
is "$(code /v1/me -X PUT)" 405 "only reading"
is "$(curl -s "$url/v1/me")" \
	'{"error":{"status":401,"message":"No token provided"}}' "no token"
is "$(curl -s -H 'Authorization: Bearer x' "$url/v1/me")" \
	'{"error":{"status":401,"message":"The access token expired"}}' \
	"an unknown token"
post /rehearse/expire >/dev/null
is "$(code /v1/me)" 401 "expired on demand"
client=$(jq -r .client_id login/token.json)
refresh=$(jq -r .refresh_token login/token.json)
renew() { # refresh token, client id: the answer is in body
	curl -sS -o body -w '%{http_code}' -d grant_type=refresh_token \
		-d "refresh_token=$1" -d "client_id=$2" "$url/api/token"
}
old=$token
is "$(renew "$refresh" "$client") $(jq -c '[.token_type,.expires_in,
	has("refresh_token")]' body)" '200 ["Bearer",3600,false]' \
	"refreshed, without a new refresh token"
token=$(jq -r .access_token body)
[ "$token" != "$old" ] && [ "$(code /v1/me)" = 200 ]
ok "the new token opens"
is "$(renew wrong "$client") $(cat body)" '400 {"error":"invalid_grant","error_description":"Refresh token revoked"}' \
	"a wrong refresh token"
is "$(renew "$refresh" nobody) $(jq -r .error body)" "400 invalid_client" \
	"a wrong client"
is "$(curl -s -d grant_type=magic "$url/api/token" | jq -r .error)" \
	unsupported_grant_type "a grant that is none"
post '/rehearse/fault?kind=rotate' >/dev/null
renew "$refresh" "$client" >/dev/null
token=$(jq -r .access_token body)
new=$(jq -r .refresh_token body)
is "$(renew "$refresh" "$client") $(renew "$new" "$client")" "400 200" \
	"rotated: the old refresh token is worth nothing, the new one is"

# --- the log of requests ---------------------------------------------------
curl -s -X POST "$url/rehearse/requests?clear=1" >/dev/null
curl -s -A tester -H 'Accept-Encoding: gzip' \
	-H "Authorization: Bearer $token" "$url/v1/me?a=b" "$url/v1/me" \
	-o /dev/null -o /dev/null
curl -s "$url/v1/me" -o /dev/null
get /rehearse/requests >log
is "$(head -n 1 log | jq -c '[.method,.url,.status,.authorization,.user_agent,
	.accept_encoding,.fault]')" \
	'["GET","/v1/me?a=b",200,"bearer-ok","tester","gzip",null]' "the log"
is "$(jq -sc '[.[1].connection==.[0].connection,
	.[2].connection==.[1].connection,.[2].authorization]' log)" \
	'[true,false,"none"]' "the log tells connections apart"
! grep -q "$token" log
ok "the log keeps no token"

# --- faults ------------------------------------------------------------------
fault() {
	post "/rehearse/fault?$1" >/dev/null
}
fault 'kind=429&retry_after=7&times=2&path=/v1/me/player'
is "$(code /v1/me)" 200 "a fault keeps to its path"
is "$(code "$recent" -D heads) $(jq -r .error.message body)" \
	"429 Too many requests" "429"
is "$(tr -d '\r' <heads | grep -i '^retry-after')" "Retry-After: 7" \
	"429: Retry-After"
is "$(code "$recent") $(code "$recent")" "429 200" "as many times as asked"
fault 'kind=429&reason=QUOTA_EXCEEDED'
is "$(code "$recent" -D heads) $(jq -r .error.reason body)" \
	"429 QUOTA_EXCEEDED" "429: the reason"
! grep -qi '^retry-after' heads
ok "429: Retry-After can be missing"
fault 'kind=500&skip=2'
is "$(code /v1/me) $(code /v1/me) $(code /v1/me) $(code /v1/me)" \
	"200 200 500 200" "skip lets some pass"
fault kind=502
fault kind=503
is "$(code /v1/me) $(code /v1/me) $(code /v1/me)" "502 503 200" "faults queue"
fault 'kind=404&times=0'
is "$(code /v1/me) $(code /v1/me) $(code /v1/me)" "404 404 404" "for ever"
post '/rehearse/fault?clear=1' >/dev/null
is "$(code /v1/me)" 200 "until cleared"
fault kind=401
is "$(code /v1/me) $(jq -r .error.message body)" \
	"401 The access token expired" "401"
fault 'kind=403&plain=1&message=Active%20premium+subscription+required'
is "$(get /v1/me -o body -w '%{http_code} %{content_type}') $(cat body)" \
	"403 text/plain; charset=utf-8 Active premium subscription required" \
	"403 in plain text"
fault 'kind=400&path=/api/token'
is "$(renew "$new" "$client") $(jq -r .error body)" "400 invalid_grant" \
	"a refresh refused"
is "$(renew "$new" "$client")" 200 "and granted after all"
fault 'kind=slow&ms=300'
took=$(get /v1/me -o body -w '%{time_total}')
is "$(jq -n "$took >= 0.3") $(jq -r .id body)" "true rehearsal" "slow"
fault 'kind=drip&ms=1'
is "$(get /v1/me -w ' %{http_code} %{size_download}' -o drop)" \
	" 200 $(get /v1/me | wc -c)" "drip"
fault 'kind=cut&byte=10'
get /v1/me -o body 2>/dev/null
is "$? $(wc -c <body)" "18 10" "cut short"
fault 'kind=reset'
get /v1/me -o body 2>/dev/null
s=$?
[ $s = 52 ] || [ $s = 56 ]
ok "reset ($s)"
fault 'kind=html'
is "$(get /v1/me -o body -w '%{http_code} %{content_type}') $(head -c 9 body)" \
	"200 text/html; charset=utf-8 <!DOCTYPE" "html in place of JSON"
fault 'kind=badjson'
is "$(get /v1/me -o body -w '%{http_code} %{content_type}')" \
	"200 application/json; charset=utf-8" "badjson: looks well"
[ -s body ] && ! jq . body >/dev/null 2>&1
ok "badjson: is not"
fault 'kind=badnext'
is "$(get "$recent?limit=3" | jq -r '[.next,(.items|length)]|@tsv' |
	sed 's/before=[0-9]*/before=N/')" \
	"https://evil.example$recent?before=N&limit=3	3" "badnext"
fault 'kind=badnext&origin=http://127.0.0.1:1'
is "$(get "$recent?before=1" | jq -r .next)" \
	"http://127.0.0.1:1$recent?before=1" "badnext where there was none"
fault 'kind=selfnext'
is "$(get "$recent?limit=3" | jq -r .next)" "$url$recent?limit=3" "selfnext"
fault 'kind=redirect&to=https://evil.example/x'
is "$(get /v1/me -w '%{http_code} %{redirect_url}')" \
	"302 https://evil.example/x" "redirect"
fault 'kind=huge'
size=$(get /v1/me 2>/dev/null | head -c 3000000 | wc -c)
is "$size" 3000000 "huge never ends"
is "$(get /rehearse/requests | jq -r '.fault//empty' | tail -n 3 | xargs)" \
	"selfnext redirect huge" "the log names the fault"
is "$(curl -s -o body -w '%{http_code}' -X POST "$url/rehearse/fault?kind=x")" \
	400 "an unknown fault is refused"

# --- ending -----------------------------------------------------------------
fault 'kind=huge'
(get /v1/me >/dev/null 2>&1) &
busy=$!
stop
is $? 0 "ends cleanly on SIGTERM, in the middle of an answer"
wait $busy
start
stop INT
is $? 0 "ends cleanly on SIGINT"

# --- one seed, one history ----------------------------------------------------
start --seed 7 --user mia
cp login/token.json mia.json
miapid=$pid
get /rehearse/plays >one
get "$recent?limit=50" | sed "s|$url||g" >onepage
start --seed 7 --user mia
get /rehearse/plays >two
get "$recent?limit=50" | sed "s|$url||g" >twopage
cmp -s one two && cmp -s onepage twopage
ok "two servers, one seed: the same bytes"
is "$(jq -c '[.access_token,.refresh_token]' login/token.json)" \
	"$(jq -c '[.access_token,.refresh_token]' mia.json)" "the same tokens"
stop
start --seed 8 --user mia
get /rehearse/plays >two
! cmp -s one two
ok "another seed: another history"
stop
start --seed 7 --user tom
get /rehearse/plays >two
! cmp -s one two
ok "another user: another history"
stop
start --seed 7 --user mia --clock 2026-11-21T09:00:00Z
post '/rehearse/clock?advance=27h' >/dev/null
get /rehearse/plays?since=2026-11-20T00:00:00Z >two
jq -c 'select(.played_at>="2026-11-20")' one >three
cmp -s two three
ok "a clock set forward reveals what a later clock starts with"
stop
pid=$miapid
stop

# --- tokens end by themselves ---------------------------------------------------
start --expires 0
is "$(code /v1/me)" 401 "--expires 0: it has ended already"
stop

# --- regimes -----------------------------------------------------------------------
probe='[.items[0].track|has("available_markets","popularity"),
	(.album|has("available_markets"))]'
start --fault 'kind=503' --latency 1
is "$(code /v1/me) $(code /v1/me)" "503 200" "--fault at the start"
is "$(get "$recent?limit=1" | jq -c "$probe")" "[true,true,true]" \
	"extended: all fields"
is "$(get "$recent?limit=50" | jq '[.items[].track.available_markets|length]
	|max > 170')" true "extended: every market"
mine=$(get /v1/me/playlists | jq -r '.items[1].id')
theirs=$(get /v1/me/playlists | jq -r '.items[3].id')
is "$(get "/v1/playlists/$mine" | jq -c '[has("tracks","items"),
	(.tracks.items[0]|has("track","item")),(.tracks.items|length),
	.tracks.total]')" "[true,false,true,false,100,118]" \
	"extended: tracks hold track"
follow "/v1/playlists/$mine/tracks?limit=50" >/dev/null
is "$(jq -c '[.offset,(.items|length),.next]' page)" "[100,18,null]" \
	"a playlist's pages end"
is "$(code "/v1/audio-features/$id") $(code /v1/users/quietdesk)" "200 200" \
	"extended: audio features and users"
is "$(code '/v1/me/following?type=artist') $(code /v1/me/tracks)" "200 200" \
	"followed artists, saved tracks"
stop
start --regime development
is "$(get "$recent?limit=1" | jq -c "$probe")" "[false,false,false]" \
	"development: fewer fields"
is "$(get /v1/me | jq -c 'has("account_id","email","product")' | xargs)" \
	"true false false" "development: less of me"
is "$(get "/v1/playlists/$mine" | jq -c '[has("tracks","items"),
	(.items.items[0]|has("track","item")),.items.items[0].item.track]')" \
	"[false,true,false,true,true]" "development: items hold item"
is "$(get "/v1/playlists/$theirs" | jq -c '[has("tracks","items")]')" \
	"[false,false]" "development: nothing of another's playlist"
is "$(code "/v1/playlists/$theirs/items") $(code "/v1/playlists/$mine/tracks") $(code "/v1/playlists/$mine/items")" \
	"403 403 200" "development: items of one's own alone"
is "$(code "/v1/tracks?ids=$id") $(code "/v1/tracks/$id") $(code "/v1/audio-features/$id") $(code /v1/users/quietdesk) $(code /v1/playlists/37i9dQZF1EYkqdzj48dyYq)" \
	"403 200 403 403 404" "development: what is gone"
is "$(get /v1/me/playlists | jq -c '[.items[]|select(.==null)]|length')" 1 \
	"development: an element that is null"
stop
start --regime grandfathered
is "$(get "/v1/playlists/$mine" | jq -c '[has("tracks","items"),
	(.items.items[0]|has("track","item"))]')" "[true,true,true,true]" \
	"grandfathered: both"
stop
start --pretty
get "$recent" >pretty
[ "$(wc -l <pretty)" -gt 1000 ] && jq -e '.items|length==20' pretty >/dev/null
ok "--pretty: many lines, one value"
stop
start --plays-per-day 0
is "$(get "$recent" | jq -c '[.items,.next,.cursors]')" "[[],null,null]" \
	"nothing ever played"
stop
start --plays-per-day 5000
get /rehearse/plays | jq -sc 'map(.played_at)|[length>40000,.==unique]' >out
is "$(cat out)" "[true,true]" "a restless listener"
stop

# --- a folder of captures -----------------------------------------------------------
mkdir saved
cat >saved/a.ndjson <<'END'
{"type":"run","run":"1"}
{"type":"capture","run":"1","seq":1,"url":"https://api.spotify.com/v1/me/player/recently-played?limit=2","status":200,"body":{"items":[1, 2.50],"note":"\"next\":","next" : "https://api.spotify.com/v1/me/player/recently-played?limit=2&before=5"}}
{"type":"capture","body":{"items":[]},"url":"https:\/\/api.spotify.com/v1/me/player/recently-played?limit=2\u0026before=5","status":200}
{"type":"capture","url":"https://api.spotify.com/v1/tracks/a","status":200,"body":{"turn":1}}
{"type":"capture","url":"https://api.spotify.com/v1/tracks/a","status":429,"retry_after":9,"body":{"turn":2}}
{"type":"capture","url":"https://api.spotify.com/v1/artists/b","status":403,"text":"not \"allowed\""}
broken
{"type":"end"}
END
echo '{"id":"saved me"}' >saved/me.json
printf '{\n  "id": "a list"\n}\n' >saved/me_playlists.json
start --serve saved
is "$(get "$recent?limit=2" | sed "s|$url|HERE|")" \
	'{"items":[1, 2.50],"note":"\"next\":","next" : "HERE/v1/me/player/recently-played?limit=2&before=5"}' \
	"a capture as it was, its next leading here"
is "$(get "$recent?limit=2&before=5")" '{"items":[]}' "by path and query"
is "$(get "$recent?limit=9" | jq -c .items)" '[]' "else by path"
is "$(get /v1/tracks/a)$(code /v1/tracks/a -D heads)$(get /v1/tracks/a)" \
	'{"turn":1}429{"turn":2}' "in turn, the last again"
grep -qi '^retry-after: 9' heads
ok "with its Retry-After"
is "$(code /v1/artists/b) $(cat body)" '403 not "allowed"' "what was no JSON"
is "$(get '/v1/me?x=y' | jq -r .id) $(get /v1/me/playlists | jq -r .id)" \
	"saved me a list" "plain bodies by name"
is "$(code /v1/albums/c)" 404 "what was not saved"
stop
mkdir empty
"$bin" --serve empty 2>err
is $? 74 "a folder without answers"

echo "1..$n"

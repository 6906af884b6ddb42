#!/bin/sh
# sp-rehearse, the mock API: its endpoints, its simulated clock and history, and
# its faults.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
here=$PWD bin=$build/sp-rehearse
servers=
trap 'kill $servers 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit

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

section "the command line"
is "$("$bin" -V)" "$("$bin" --version)" "-V is --version"
for bad in --no-such '--port x' '--port 65536' '--seed -1' '--clock noon' \
	'--access-mode none' '--plays-per-day many' '--user=' extra \
	'--export x --export-form new' '--export x --export-since noon' \
	'--export-form basic' '--export x --export-since 2030-01-01' \
	'--playlists -1' '--big-playlist 100001' '--scope A'; do
	# shellcheck disable=SC2086
	"$bin" $bad >out 2>err </dev/null
	is "$? $(wc -c <out)" "64 0" "usage: $bad"
	grep -q '^sp-rehearse: \|^usage: ' err
	ok $? "usage: $bad: says why"
done
"$bin" --serve "$tmp/nowhere" 2>err
is $? 74 "a folder that is not there"
"$bin" --port-file "$tmp/no/such/port" >out 2>err
is "$? $(wc -c <out)" "73 0" "a port file that cannot be written"
if [ -c /dev/full ]; then
	"$bin" >/dev/full 2>err
	is $? 74 "stdout is full"
fi

section "starting and ending"
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
ok $? "a port in use: says so"

section "recently played"
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
	all)" "the last fifty visible plays"
[ "$(wc -l <truth)" -gt 400 ]
ok $? "there are more plays than can be asked for"

# Backwards by next until nothing is left.
follow() { # path: every page's items, one a line; the last page is in page
	next=$url$1
	while [ "$next" != null ]; do
		get "${next#"$url"}" >page
		jq -c '.next,(.items[]|[.played_at,.track.uri])' page >lines
		sed 1d lines
		next=$(head -n 1 lines | tr -d \")
	done
}
follow "$recent?limit=17" >walked
is "$(cat walked)" "$(jq -c '.items[]|[.played_at,.track.uri]' all)" \
	"next leads back through all of them"
get "$recent?before=$(jq -r .cursors.before all)&limit=10" >page
is "$(jq -c '[.items,.next,.cursors]' page)" "[[],null,null]" \
	"past the last of the plays: no items, null cursors"
follow "$recent?limit=19&after=0" | sort >walked
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

section "the clock"
post '/rehearse/clock?set=2026-03-04T05:06:07Z' >now
get /v1/me -D heads >body
grep -qi '^date: wed, 04 mar 2026 05:06:[01]' heads
ok $? "once it is set, it is the Date of responses"
is "$(grep -ci '^date:' heads)" 1 "and the only one"
post "/rehearse/clock?set=$now" >body
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
ok $? "a small share comes late ($share %)"
# A late play is hidden until its time, and shown from then on.
at=$(jq -r 'select(.played_at>"2026-11-15")|.played_at' late | head -n 1)
seen=$(jq -r --arg at "$at" 'select(.played_at==$at)|.visible_at' late)
post "/rehearse/clock?set=$at" >/dev/null
get "$recent?limit=1" >page
[ "$(jq -r '.items[0].played_at' page)" != "$at" ]
ok $? "a late play is not there when it was played"
post "/rehearse/clock?set=$seen" >/dev/null
get "$recent?limit=50" | jq -e --arg at "$at" \
	'[.items[].played_at]|index($at)' >/dev/null
ok $? "it is there when it becomes visible"
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
	ok $? "some plays have $what"
done
[ -n "$(jq -sc '[.[1:],.[:-1]]|transpose[]|select(.[0].uri==.[1].uri)' \
	later)" ]
ok $? "some are paused and resumed: the same track twice"

section "plays by hand, and tokens"
id=$(jq -r '[.items[].track.id//empty][0]' all)
post "/rehearse/play?uri=spotify:track:$id&played_at=2026-11-22T17:59:59.001Z" \
	>/dev/null
is "$(get "$recent?limit=1" | jq -c '.items[0]|[.played_at,.track.id]')" \
	"[\"2026-11-22T17:59:59.001Z\",\"$id\"]" "a play by hand"
is "$(get /v1/me | jq -c '[.id,.type]')" '["rehearsal","user"]' "/v1/me"
is "$(code "/v1/tracks/$id") $(jq -r .id body)" "200 $id" "/v1/tracks/{id}"
nobody=$(printf %022d 0)
is "$(get "/v1/tracks?ids=$id,$nobody" | jq -c '.tracks|[.[0].id,.[1]]')" \
	"[\"$id\",null]" "/v1/tracks?ids="
for kind in album artist; do
	other=$(jq -r --arg k $kind '[.items[].track|.album,.artists[0]
		|select(.type==$k)|.id//empty][0]' all)
	is "$(code "/v1/${kind}s/$other") $(jq -r .id body)" "200 $other" \
		"/v1/${kind}s/{id}"
done
is "$(code "/v1/tracks/$nobody") $(jq -r .error.message body)" \
	"404 Resource not found" "an id that nobody has"
is "$(code /v1/albums/nobody) $(code "/v1/tracks?ids=$id,nobody") $(
	jq -r .error.message body)" "400 400 Invalid base62 id" \
	"one id that is none, and a whole batch with it"
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
ok $? "the new token opens"
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

section "logging in"
verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk # of RFC 7636
challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
back=http://127.0.0.1:9/callback
authorize() { # what differs from a good request: the redirect, or the page
	set -- client_id="$client" redirect_uri=$back response_type=code \
		state='a%26b' code_challenge_method=S256 \
		code_challenge=$challenge scope=user-follow-read "$@"
	curl -sS -G -o body -w '%{http_code} %{redirect_url}' "$url/authorize" \
		$(printf -- '-d %s\n' "$@" | awk -F '[ =]' \
			'{ v[$2] = $0 } END { for (k in v) print v[k] }')
}
redeem() { # code, verifier, redirect
	curl -sS -o body -w '%{http_code} ' -d grant_type=authorization_code \
		-d "code=$1" -d "code_verifier=$2" -d "redirect_uri=$3" \
		-d "client_id=$client" "$url/api/token"
	jq -r '.error_description // .scope' body
}
granted() { authorize | sed 's/.*code=//; s/&.*//'; }
is "$(authorize | sed 's/AQ[A-Za-z0-9]*&/CODE\&/')" \
	"302 $back?code=CODE&state=a%26b" "/authorize sends a browser back"
is "$(authorize client_id=x) $(cat body)" \
	"400  INVALID_CLIENT: Invalid client" "no such app"
is "$(authorize redirect_uri=http://localhost:9/callback) $(cat body)" \
	"400  INVALID_CLIENT: Invalid redirect URI" "localhost is refused"
is "$(authorize code_challenge_method=plain)" \
	"302 $back?error=invalid_request&state=a%26b" "a challenge must be S256"
grant=$(granted)
is "$(redeem "$grant" $verifier $back)" "200 user-follow-read" \
	"a code brings tokens"
is "$(jq -r '[.refresh_token, .access_token, .token_type] |
	map(.[:2]) | join(" ")' body)" "AQ BQ Be" "a code brings an access and a refresh token"
token=$(jq -r .access_token body)
new=$(jq -r .refresh_token body)
is "$(code '/v1/me/following?type=artist') $(code /v1/me/tracks)" \
	"200 403" "tokens of a code have its scopes alone"
is "$(renew "$new" "$client") $(renew "$new" "$client")" "200 200" \
	"tokens of a code can be refreshed"
is "$(redeem "$grant" $verifier $back)" "400 Invalid authorization code" \
	"a code is good once only"
is "$(redeem "$(granted)" ${verifier%?}j $back)" \
	"400 code_verifier was incorrect" "another verifier"
is "$(redeem "$(granted)" $verifier ${back}s)" "400 Invalid redirect URI" \
	"another redirect"
post '/rehearse/fault?kind=denied' >/dev/null
is "$(authorize)" "302 $back?error=access_denied&state=a%26b" "denied"
post '/rehearse/fault?kind=wrong-state' >/dev/null
is "$(authorize | sed 's/.*&//')" "state=a%26c" "wrong-state"
redeem "$(authorize scope="$(jq -r .scope login/token.json | tr ' ' +)" |
	sed 's/.*code=//; s/&.*//')" $verifier $back >/dev/null
token=$(jq -r .access_token body)
is "$(code /v1/me/playlists)" 200 "more scopes, asked for anew"

section "the log of requests"
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
	'[true,false,"none"]' "the log numbers connections"
! grep -q "$token" log
ok $? "the log has no token"

section "faults"
fault() {
	post "/rehearse/fault?$1" >/dev/null
}
fault 'kind=429&retry_after=7&times=2&path=/v1/me/player'
is "$(code /v1/me)" 200 "a fault applies to its path alone"
is "$(code "$recent" -D heads) $(jq -r .error.message body)" \
	"429 Too many requests" "429"
is "$(tr -d '\r' <heads | grep -i '^retry-after')" "Retry-After: 7" \
	"429: Retry-After"
is "$(code "$recent") $(code "$recent")" "429 200" "a fault applies as many times as given"
fault 'kind=429&reason=QUOTA_EXCEEDED'
is "$(code "$recent" -D heads) $(jq -r .error.reason body)" \
	"429 QUOTA_EXCEEDED" "429: the reason"
! grep -qi '^retry-after' heads
ok $? "429: Retry-After can be missing"
fault 'kind=500&skip=2'
is "$(code /v1/me) $(code /v1/me) $(code /v1/me) $(code /v1/me)" \
	"200 200 500 200" "skip lets some pass"
fault kind=502
fault kind=503
is "$(code /v1/me) $(code /v1/me) $(code /v1/me)" "502 503 200" "faults queue"
fault 'kind=404&times=0'
is "$(code /v1/me) $(code /v1/me) $(code /v1/me)" "404 404 404" "times=0: a fault applies to every request"
post '/rehearse/fault?clear=1' >/dev/null
is "$(code /v1/me)" 200 "clear=1 removes all faults"
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
fault 'kind=slow&ms=100'
took=$(get /v1/me -o body -w '%{time_total}')
is "$(jq -n "$took >= 0.1") $(jq -r .id body)" "true rehearsal" "slow"
fault 'kind=drip&ms=1'
is "$(get /v1/no -w ' %{http_code} %{size_download}' -o drop)" \
	" 404 $(get /v1/no | wc -c)" "drip"
fault 'kind=cut&byte=10'
get /v1/me -o body 2>/dev/null
is "$? $(wc -c <body)" "18 10" "cut short"
fault 'kind=reset'
get /v1/me -o body 2>/dev/null
s=$?
[ $s = 52 ] || [ $s = 56 ]
ok $? "reset ($s)"
fault 'kind=html'
is "$(get /v1/me -o body -w '%{http_code} %{content_type}') $(head -c 9 body)" \
	"200 text/html; charset=utf-8 <!DOCTYPE" "html in place of JSON"
fault 'kind=badjson'
is "$(get /v1/me -o body -w '%{http_code} %{content_type}')" \
	"200 application/json; charset=utf-8" "badjson: status and type are as usual"
[ -s body ] && ! jq . body >/dev/null 2>&1
ok $? "badjson: the body is no JSON"
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
for bad in kind=x times=2 'kind=429&tims=2' 'kind=429&times=x' \
	'kind=change&mode=x'; do
	is "$(curl -s -o body -w '%{http_code}' -X POST \
		"$url/rehearse/fault?$bad")" 400 "an invalid fault: $bad"
done

section "ending"
fault 'kind=huge'
(get /v1/me >/dev/null 2>&1) &
busy=$!
stop
is $? 0 "ends cleanly on SIGTERM, in the middle of an answer"
wait $busy
start
stop INT
is $? 0 "ends cleanly on SIGINT"

section "one seed, one history"
start --seed 7 --user mia
cp login/token.json mia.json
miapid=$pid
get /rehearse/plays >one
get "$recent?limit=50" | sed "s|$url||g" >onepage
start --seed 7 --user mia
get /rehearse/plays >two
get "$recent?limit=50" | sed "s|$url||g" >twopage
cmp -s one two && cmp -s onepage twopage
ok $? "two servers, one seed: the same bytes"
is "$(jq -c '[.access_token,.refresh_token]' login/token.json)" \
	"$(jq -c '[.access_token,.refresh_token]' mia.json)" "the same tokens"
stop
start --seed 8 --user mia
get /rehearse/plays >two
! cmp -s one two
ok $? "another seed: another history"
stop
start --seed 7 --user tom
get /rehearse/plays >two
! cmp -s one two
ok $? "another user: another history"
stop
start --seed 7 --user mia --clock 2026-11-21T09:00:00Z
post '/rehearse/clock?advance=27h' >/dev/null
get /rehearse/plays?since=2026-11-20T00:00:00Z >two
jq -c 'select(.played_at>="2026-11-20")' one >three
cmp -s two three
ok $? "a clock set forward reveals what a later clock starts with"
stop
pid=$miapid
stop

section "several users"
start --user mia --users 3 --token-file "$tmp/users/%/token.json"
is "$(cd users && echo *)" "mia mia-2 mia-3" "each has a file with tokens"
mine() { # user, path, options of curl
	token=$(jq -r .access_token "users/$1/token.json")
	path=$2
	shift 2
	get "$path" "$@"
}
is "$(for u in mia mia-2 mia-3; do mine $u /v1/me | jq -r .id; done | xargs)" \
	"mia mia-2 mia-3" "a token says whose request it is"
for u in mia mia-2 mia-3; do
	mine $u "$recent?limit=50" | jq -r .items[].played_at | sort >shown.$u
	get "/rehearse/plays?user=$u" |
		jq -r 'select(.visible_at <= "2026-11-22T12").played_at' |
		sort | tail -n 50 >true.$u
done
cmp -s shown.mia true.mia && cmp -s shown.mia-2 true.mia-2 &&
	cmp -s shown.mia-3 true.mia-3
is "$? $(sort -u shown.* | wc -l | xargs)" "0 150" "each has plays of its own"
get /rehearse/plays >one
mine mia /rehearse/plays | cmp -s - one &&
	start --user mia && get /rehearse/plays | cmp -s - one
ok $? "the first is the one that is alone without the others"
start --user mia --users 3 --token-file "$tmp/users/%/token.json"
is "$(curl -s "$url/api/token" -d grant_type=refresh_token \
	-d "client_id=$(jq -r .client_id users/mia-3/token.json)" \
	-d "refresh_token=$(jq -r .refresh_token users/mia-3/token.json)" |
	jq -r .access_token | xargs -I% curl -s "$url/v1/me" \
	-H 'Authorization: Bearer %' | jq -r .id)" mia-3 "a login is renewed"
post '/rehearse/expire?user=mia-2' >/dev/null
is "$(mine mia-2 /v1/me | jq .error.status) $(mine mia-3 /v1/me | jq -r .id) $(
	code '/rehearse/plays?user=noor')" "401 mia-3 404" \
	"a control endpoint is about the user that it names"
"$bin" --users 2 --token-file x.json 2>err
is "$? $(head -n 1 err)" \
	"64 sp-rehearse: --token-file: several users, but no % in it: 'x.json'" \
	"one file for several users"

section "access modes"
probe='[.items[0].track|has("available_markets","popularity"),
	(.album|has("available_markets"))]'
start --latency 1ms
is "$(get "$recent?limit=1" | jq -c "$probe")" "[true,true,true]" \
	"extended: all fields"
is "$(get "$recent?limit=50" | jq '[.items[].track.available_markets|length]
	|max > 170')" true "extended: every market"
lists=/v1/me/playlists
get $lists?limit=50 >all
mine=$(jq -r '.items[1].id' all)
theirs=$(jq -r '.items[3].id' all)
is "$(get "/v1/playlists/$mine" | jq -c '[has("tracks","items"),
	(.tracks.items[0]|has("track","item")),(.tracks.items|length),
	.tracks.total]')" "[true,false,true,false,100,118]" \
	"extended: tracks hold track"
follow "/v1/playlists/$mine/tracks?limit=50" >/dev/null
is "$(jq -c '[.offset,(.items|length),.next]' page)" "[100,18,null]" \
	"a playlist's pages end"
is "$(code "/v1/playlists/$mine/items?limit=51") $(code "/v1/playlists/$mine/tracks?limit=100")" \
	"400 200" "fifty items a page, a hundred tracks"

# Every playlist as a client reads it, compared with the truth.
fetch() { # the paths come in; many answers by one curl
	sed "s|.*|url = \"$url&\"|" |
		curl -sS -K - -H "Authorization: Bearer $token" "$@"
}
read_lists() { # the ids come in: the truth as far as the API returns it
	sed 's|^|/v1/playlists/|' | fetch >pages
	cp pages more
	while jq -r '(.items|objects)//.tracks//.|.next//empty' more |
		sed "s|^$url||" >nexts && [ -s nexts ]; do
		fetch <nexts >more
		cat more >>pages
	done
	jq -c -n 'reduce inputs as $p ({}; (($p.items|objects)//$p.tracks//$p)
		as $page|($page.href|split("/")[5]) as $id
		|.[$id]|=(.//($p|{id,name,owner:.owner.id,snapshot_id,
			total:$page.total,items:[]}))
		|.[$id].items+=[$page.items[]|. as $e|(.item//.track)|if .==null
		then {uri:null,kind:"unavailable",added_at:$e.added_at,
			added_by:null}
		else {uri,kind:(if .uri|startswith("spotify:local:")
			then "local" else .type end),added_at:$e.added_at,
			added_by:($e.added_by|.id?)} end])|.[]' pages
}
get /rehearse/playlists >truth
plain='del(.listed,.played,.readable)'
jq -c "select(.readable)|$plain|del(.snapshot_id)" truth | jq -S . >wanted
jq -r 'select(.readable)|.id' truth | read_lists | jq -S 'del(.snapshot_id)' \
	>got
cmp -s got wanted
ok $? "every playlist, read page by page, is the truth"
is "$(jq -sc '[.[]|select(.listed)|.id]==$all[0]' --argjson all \
	"[$(jq -c '[.items[]|select(.!=null)|.id]' all)]" truth)" true \
	"the library lists what the truth lists"
for what in 'any(.items[];.kind=="episode")' 'any(.items[];.kind=="local")' \
	'any(.items[];.kind=="unavailable")' '.total==0' \
	'any(.items[];.kind=="track" and .added_at==null and .added_by==null)' \
	'([.items[].added_by]|unique|length)>=4' '.owner=="spotify"' \
	'([.items[].uri]|length)>([.items[].uri]|unique|length)' \
	'.listed and .owner!="rehearsal"' '.listed==false and .played'; do
	[ -n "$(jq -c "select($what)" truth)" ]
	ok $? "some playlist has $what"
done
is "$(jq -c '[(.items|length),.total,(.items|index(null)!=null),
	([.items[]|values|select(.tracks.total==null)]|length),
	([.items[]|values|select(.public==null)]|length),
	([.items[]|values|select(.images==null)]|length)]' all)" \
	"[12,12,true,1,1,2]" "nulls among the playlists"
is "$(jq -c '[.items[]|values|select(.collaborative)|.owner.id=="rehearsal"]
	|sort' all)" "[false,true]" "one's own is collaborative, and another's"
is "$(jq -r '[.items[]|values|.owner.display_name]|unique|length' all)" 7 \
	"owners have display names"
stranger=$(jq -r 'select(.listed==false and .owner!="spotify").id' truth)
is "$(get "/v1/playlists/$stranger" | jq -c .owner.display_name)" null \
	"one owner has no display name"
get "/v1/playlists/$mine" >page
is "$(jq -c '[.tracks.items[]|select(.track==null)][0]
	|[has("track"),.added_by.id]' page)" '[true,""]' \
	"an item that is gone was added by nobody"
is "$(jq -c '[.tracks.items[].track|values|select(.type=="episode")][0]
	|[has("show"),(.uri|startswith("spotify:episode:"))]' page)" \
	"[true,true]" "an episode"
is "$(jq -c '[.tracks.items[].track|values|select(.is_local?)][0]
	|[.id,.album.id,.artists[0].id]' page)" "[null,null,null]" \
	"a local file has no ids"
is "$(get "/v1/playlists/$mine?fields=id,snapshot_id" | jq -c '[.[]]')" \
	"$(jq -c '[.id,.snapshot_id]' page)" "fields selects members of a playlist"
is "$(get "$lists?limit=5" | jq -r .next)" \
	"$url/v1/users/rehearsal/playlists?offset=5&limit=5" \
	"extended: the library goes on below users"
follow_lists() { # path: the ids of all pages
	next=$1
	while [ "$next" != null ]; do
		get "$next" >page
		jq -c '.next,(.items[]|.id?)' page >lines
		sed 1d lines
		next=$(head -n 1 lines | tr -d \")
		next=${next#"$url"}
	done
}
is "$(follow_lists "$lists?limit=5")" "$(jq -c '.items[]|.id?' all)" \
	"extended: the pages below users can be read"
daylist=$(jq -r 'select(.listed and .owner=="spotify").id' truth)
[ "$(get "/v1/playlists/$daylist?fields=snapshot_id")" != \
	"$(get "/v1/playlists/$daylist?fields=snapshot_id")" ]
ok $? "the service's own playlist: a snapshot for every request"
is "$(get /v1/me/following?type=artist\&limit=50 | jq -c '.artists
	|[(.items|length),.total,(.next|test("after=")),
	.cursors.after==.items[-1].id]')" "[50,57,true,true]" \
	"followed artists: more than a page"
next=$(get /v1/me/following?type=artist\&limit=50 | jq -r .artists.next)
is "$(get "${next#"$url"}" | jq -c '.artists
	|[(.items|length),.next,.cursors.after]')" "[7,null,null]" \
	"followed artists: the last page"
is "$(get /v1/users/ana%20maria | jq -c '[.id,.display_name]')" \
	'["ana maria","Ana María"]' "extended: users"
is "$(code /v1/users/nobody) $(code /v1/users/nobody/playlists)" "404 404" \
	"a user who does not exist"
is "$(code "/v1/audio-features/$id") $(code /v1/audio-features/$nobody)" \
	"200 404" "extended: audio features"
get "$recent?limit=50" | jq -r '[.items[].track.id//empty]|unique|join(",")' >ids
is "$(get "/v1/audio-features?ids=$nobody,$(cat ids)" | jq -c '.audio_features
	|[length,.[0],(map(values|.id)|unique|length>20)]')" \
	"[$(($(tr , '\n' <ids | wc -l) + 1)),null,true]" \
	"audio features together: null for what is unknown"
fault 'kind=403&times=0&path=/v1/audio-features?ids='
is "$(code "/v1/audio-features?ids=$id") $(code "/v1/audio-features/$id")" \
	"403 200" "audio features one by one alone"
post '/rehearse/fault?clear=1' >/dev/null

# A playlist that changes while it is paged.
snapshot() {
	get "/v1/playlists/$mine?fields=snapshot_id" | jq -r .snapshot_id
}
titles() {
	jq -r '(.tracks//.).items[]|.track.uri' page
}
was=$(snapshot)
fault 'kind=change'
get "/v1/playlists/$mine" >page
is "$(jq -c '[.snapshot_id,.tracks.total]' page) $(get \
	"/v1/playlists/$mine/tracks?offset=0&limit=1" | jq .total)" \
	"[\"$was\",118] 118" "change: not at the first page"
titles >titles
next=$(jq -r .tracks.next page)
get "${next#"$url"}" >page
is "$(jq -c '[.total,(.items|length)]' page) $(titles | head -n 1)" \
	"[119,19] $(tail -n 1 titles)" "change: before the second"
now=$(snapshot)
[ "$now" != "$was" ] && [ "$now" = "$(snapshot)" ]
ok $? "change: the snapshot moved, once"
is "$(get "/rehearse/playlists?id=$mine" | jq -c '[.snapshot_id,.total,
	.items[0].added_at]')" "[\"$now\",119,\"2026-11-22T12:00:00Z\"]" \
	"change: the truth knows"
fault 'kind=change&mode=swap&times=2'
get "/v1/playlists/$mine/tracks?offset=50&limit=50" >page
is "$(jq -c .total page)" 119 "swap: the total stays"
get "/v1/playlists/$mine/tracks?offset=100&limit=50" >page
is "$(jq -c '[.total,(.items|length)]' page)" "[119,19]" "swap: the total stays a second time"
[ "$(snapshot)" != "$now" ]
ok $? "swap: the snapshot moved"
get "/rehearse/playlists?id=$mine" >swapped
is "$(jq -c '[.items[-1].uri,(.items|length)]' swapped)" \
	"$(jq -c --arg id "$mine" 'select(.id==$id)|[.items[-3].uri,119]' truth)" \
	"swap: the last ones left"
is "$(jq -r 'select(.readable and .owner!="spotify")|.id' truth |
	grep -v "$mine" | head -n 3 | read_lists | jq -r .snapshot_id)" \
	"$(grep -v "$mine" truth | head -n 3 | jq -r .snapshot_id)" \
	"what nobody changed has the snapshot of the truth"

# The clock changes playlists; back in time, they are what they were.
get /rehearse/playlists >truth
post '/rehearse/clock?advance=30d' >/dev/null
get /rehearse/playlists >later
jq -c --slurpfile was truth -n '[[$was,[inputs]]|transpose[]
	|.[1].snapshot_id as $new|{same:((.[0]|.items)==(.[1]|.items)),
	moved:(.[0].snapshot_id|.==null or .!=$new)}]' later >moves
is "$(jq -c '[any(.[];.same),any(.[];.same==false),
	all(.[];.same or .moved)]' moves)" "[true,true,true]" \
	"some playlists changed in a month, and their snapshots"
is "$(jq -r '.items[].added_at//empty' later | sort | tail -n 1 |
	cut -c1-7)" 2026-12 "what was added has a late date"
post '/rehearse/clock?set=2026-11-22T12:00:00Z' >/dev/null
get /rehearse/playlists | cmp -s - truth
ok $? "back in time, playlists are as before"
stop
start --clock 2026-12-22T12:00:00Z
get /rehearse/playlists | jq -c "select(.id!=\"$mine\")|del(.played,.listed)" \
	>got
jq -c "select(.id!=\"$mine\")|del(.played,.listed)" later | cmp -s - got
ok $? "a later clock starts with the same playlists"
stop

start --access-mode development
is "$(get "$recent?limit=1" | jq -c "$probe")" "[false,false,false]" \
	"development: fewer fields"
is "$(get /v1/me | jq -c 'has("account_id","email","product")' | xargs)" \
	"true false false" "development: less of me"
is "$(get "/v1/playlists/$mine" | jq -c '[has("tracks","items"),
	(.items.items[0]|has("track","item")),.items.items[0].item.track,
	.items.items[4].item.episode]')" \
	"[false,true,false,true,true,true]" "development: items hold item"
get /rehearse/playlists >truth
jq -c "select(.readable)|$plain" truth | jq -S . >wanted
jq -r 'select(.readable)|.id' truth | read_lists | jq -S . >got
cmp -s got wanted
ok $? "development: what can be read is the truth"
is "$(get "/v1/playlists/$theirs" | jq -c '[has("tracks","items")]')" \
	"[false,false]" "development: nothing of another's playlist"
is "$(code "/v1/playlists/$theirs/items") $(code "/v1/playlists/$theirs/tracks") $(code "/v1/playlists/$mine/tracks") $(code "/v1/playlists/$mine/items")" \
	"403 404 403 200" "development: items of one's own alone"
is "$(code "/v1/tracks?ids=$id") $(code "/v1/tracks/$id") $(code /v1/playlists/37i9dQZF1EYkqdzj48dyYq)" \
	"403 200 404" "development: what is gone"
for who in quietdesk ana%20maria rehearsal noor.listens b7k2zq0x9v1m; do
	echo "/v1/users/$who"
	echo "/v1/users/$who/playlists?offset=5"
done | fetch | jq .error.status | sort -u | xargs >out
is "$(cat out)" "403 404" "development: users are forbidden, or not found"
seq 20 | sed 's|^|/v1/audio-features/|' | fetch -w '%{http_code}\n' |
	sort -u >out
is "$(cat out)" '403
{"error":{"status":403,"message":"Forbidden"}}403
{"error":{"status":403}}403' \
	"development: audio features are refused, sometimes without a word"
is "$(get $lists | jq -c '[(.items|length),(.items|map(select(.==null))|length),
	.items[0].items.total,(.items[0]|has("tracks"))]')" "[12,2,32,false]" \
	"development: elements that are null, totals in items"
is "$(get "$lists?limit=5&offset=5" | jq -r .next)" \
	"$url/v1/users/rehearsal/playlists?offset=10&limit=5" \
	"development: next leads where it may not follow"
is "$(get "$lists?limit=5&offset=10" | jq -c '[(.items|length),.next]')" \
	"[2,null]" "development: by offset there is an end"
stop
start --access-mode grandfathered
is "$(get "/v1/playlists/$mine" | jq -c '[has("tracks","items"),
	(.items.items[0]|has("track","item"))]')" "[true,true,true,true]" \
	"grandfathered: both"
is "$(get "/v1/playlists/$theirs" | jq -c '[has("tracks","items")]')" \
	"[true,false]" "grandfathered: another's tracks alone"
is "$(follow_lists "$lists?limit=5" | wc -l) $(jq -r .previous page)" \
	"12 $url$lists?offset=5&limit=5" "grandfathered: next stays"
is "$(code "/v1/audio-features/$id") $(code /v1/users/quietdesk)" "200 200" \
	"grandfathered: audio features and users"
stop

# Many playlists, and a big one.
start --playlists 2000 --big-playlist 10000 --access-mode development
get "$lists?limit=50&offset=1990" >page
is "$(jq -c '[.total,(.items|length),.next]' page)" "[2000,10,null]" \
	"--playlists: thousands"
get /rehearse/playlists >truth
jq -r '"\(.id) \(.owner) \(.total)"' truth >out
is "$(cut -d ' ' -f 1 out | sort -u | wc -l)" "$(wc -l <truth)" \
	"--playlists: each its own"
[ "$(cut -d ' ' -f 2 out | sort -u | wc -l)" -gt 200 ]
ok $? "--playlists: many owners"
big=$(grep ' 10000$' out | cut -d ' ' -f 1)
seq 0 50 9999 | sed "s|.*|/v1/playlists/$big/items?offset=&\&limit=50|" |
	fetch | jq -c '.items[]|.item.uri' >got
grep "^{\"id\":\"$big\"" truth | jq -c '.items[].uri' | cmp -s - got
ok $? "--big-playlist: ten thousand items, page by page"
[ "$(sort -u got | wc -l)" -gt 500 ]
ok $? "--big-playlist: of many tracks"
stop
start --playlists 2
is "$(get $lists | jq -c '[.total,(.items|length)]')" "[2,2]" \
	"--playlists: few"
stop
start --plays-per-day 0
is "$(get "$recent" | jq -c '[.items,.next,.cursors]')" "[[],null,null]" \
	"nothing ever played"
stop
start --plays-per-day 2000
get /rehearse/plays | jq -sc 'map(.played_at)|[length>16000,.==unique]' >out
is "$(cat out)" "[true,true]" "a restless listener"
stop

section "saved responses"
mkdir saved
echo '{"items":[1, 2.50], "next" : null}' >saved/me_player_recently-played.json
echo 'no JSON' >saved/me.json
start --serve saved
is "$(get "$recent?limit=2")" "$(cat saved/me_player_recently-played.json)" \
	"a saved response is served as it is"
is "$(get '/v1/me?x=y')" 'no JSON' "a saved response can be any bytes"
is "$(code /v1/albums/c)" 404 "a path without a saved response"
stop
"$bin" --serve none 2>err
is "$? $(cat err)" \
	"74 sp-rehearse: none: cannot serve: No such file or directory" \
	"a folder that does not exist"

section "the export"
export_to() { # folder, then options
	"$bin" --seed 5 --plays-per-day 20 --clock 2026-11-22T12:00:00Z \
	    --export "$@" --export-truth "$1.truth" 2>err
}
history='Spotify Extended Streaming History'
export_to whole --export-since 2026-06-01 --export-file-rows 4000
is "$? $(cat err)" "0 " "it is written, and no server started"
export_to again --export-since 2026-06-01 --export-file-rows 4000
diff -r whole again >out && cmp -s whole.truth again.truth
ok $? "the same seed gives the same files"
is "$(find whole -name '*_2026*.json' | sed 's/.*\///' | sort | xargs)" \
	"Streaming_History_Audio_2026_0.json Streaming_History_Audio_2026_1.json Streaming_History_Audio_2026_2.json Streaming_History_Video_2026.json" \
	"the files have the names of today"
is "$(jq -s 'add | map(keys_unsorted | length) | unique | .[]' \
	"whole/$history"/*)" 23 "each row has 23 members"
jq -c '.[]' "whole/$history"/* | sort >whole.rows
"$bin" --seed 5 --plays-per-day 20 --clock 2026-10-01 --export early
jq -c '.[]' "early/$history"/* | sort | comm -23 - whole.rows >out
is "$(jq -r 'select(.ts >= "2026-06-01").ts' out)" "" \
	"an earlier export has rows of a later one, and no others"
start --seed 5 --plays-per-day 20 --clock 2026-11-22T12:00:00Z
get /rehearse/plays | jq -c 'select(.track_id != null and .visible_at
	<= "2026-11-22T11")|[.played_at, .track_id]' | sort >plays
jq -c 'select(.rule == "track")|[.played_at, .track_id]' whole.truth |
	sort >pairs
stop
is "$(wc -l <plays) $(comm -23 plays pairs)" "$(comm -12 plays pairs | wc -l) " \
	"every play of the API has its stream"
jq -sc 'add[] | [.ts[:19], .spotify_track_uri, .ms_played]' \
	"whole/$history"/* | sort -u >keys
jq -c '[.ts[:19], .item, .ms_played]' whole.truth | sort -u | comm -23 - keys >out
is "$(cat out)" "" "and every stream of the truth is in the files"
is "$(jq -s 'map(select(.rule == "track") |
	def ms: (.[:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber);
	(.played_at | ms) - (.ts | ms)) | (map(select(0 <= . and . <= 5000))
	| length) / length | . > 0.7 and . < 0.95' whole.truth)" true \
	"most plays are reported within five seconds"
export_to old --export-form endsong --export-since 2021-06-01
is "$(jq -c '.[0] | [(keys | length), .username, has("ip_addr_decrypted")]' \
	old/MyData/endsong_0.json)" '[21,"rehearsal",true]' "the form before 2023"
export_to basic --export-form basic
is "$(jq -c '.[0] | keys' basic/*/StreamingHistory_music_0.json)" \
	'["artistName","endTime","msPlayed","trackName"]' "the basic form"
"$bin" --export err/none 2>out
is "$? $(cat out)" "73 sp-rehearse: err/none/audio.part: cannot write: Not a directory" \
	"a folder that cannot be written"

finish

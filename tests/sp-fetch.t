#!/bin/sh
# sp-fetch: requests, waits, retries, refreshes the token, and reports truly
# about what it did not get.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
. tests/lib/server.sh

section "the command line"
run "$build/sp-fetch" --help
like "$status $out" '^0 sp-fetch: ' "--help"
for bad in --no-such '--retries x' '--retries -1' '--timeout 0' '--max-wait 9' \
    '--max-body 0' '--parallel 0' '--parallel 65' '--account a/b' '--account .x'; do
	# shellcheck disable=SC2086
	run "$build/sp-fetch" $bad </dev/null
	like "$status $out" '^64 $' "usage: $bad"
done
run env -u HOME -u XDG_CONFIG_HOME -u SP_TOKEN_FILE "$build/sp-fetch" </dev/null
is "$status" 78 "no place for a token file"

section "a good run"
api_start --user kim --seed 7
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
got=$(printf '%s\n' "$recent" "$me" | try --parallel 1)
is "$got" "0: complete 0 balanced: 200 200 200 200: " "a good run"
cp "$tmp/sent" "$tmp/good"
is "$(jq -c 'select(.type == "run")' "$tmp/good")" \
    '{"type":"run","run":"R1","job":"test","started_at":"2026-11-22T06:40:00.123Z","user":"kim","client":"'"$(token client_id)"'"}' \
    "the user and the app are filled in, the rest is as it was"
is "$(token user_id)" kim "the user is stored in the token file"
is "$(jq -c 'select(.type == "capture") | [.run, .seq, .request, .page,
	.endpoint, .user, .cursor]' "$tmp/good")" \
    '["R1",1,1,1,"recently-played","kim",1764000000000]
["R1",2,1,2,"recently-played","kim",null]
["R1",3,1,3,"recently-played","kim",null]
["R1",4,2,1,"me","kim",null]' "the captures are numbered, pages are followed"
is "$(jq -r 'select(.seq == 1) | keys_unsorted | join(" ")' "$tmp/good" |
    tail -n 1)" \
    "type run seq endpoint user url status fetched_at cursor request page next body" \
    "the members of a capture, its body last"
is "$(jq -r 'select(.type == "capture" and .request == 1).next' "$tmp/good" |
    xargs)" "$(jq -r 'select(.type == "capture" and .request == 1 and .page > 1)
	.url | sub("^[a-z]+://[^/]*"; "")' "$tmp/good" | xargs) null" \
    "each page says which is the next, the last one that none is"
is "$(jq 'select(.type == "capture" and .request == 2) | has("next")' "$tmp/good")" \
    false "what has no pages says nothing of them"
is "$(jq -r 'select(.seq == 1).url' "$tmp/good" | tail -n 1)" \
    "$api_url/v1/me/player/recently-played?limit=20" "its URL is absolute"
is "$(log | jq -r 'select(.url | startswith("/v1/")) | .connection' |
    sort -u | wc -l)" 1 "one connection does for all"
is "$(log | jq -r 'select(.url | startswith("/v1/")) |
	"\(.user_agent) \(.accept_encoding)"' | sort -u |
    grep -c "^sp/[0-9.]* .*gzip")" 1 "the agent and the encodings are named"
api_post 'requests?clear=1'
run fetch <"$tmp/good"
is "$(asked) $(wc -l <"$tmp/out")" "0 $(wc -l <"$tmp/good")" \
    "what is no request is passed on"
got=$(printf '%s\n' "$recent" | try)
is "$(log | jq -r .url | grep -c '/v1/me$')" 0 "a known user is not asked for"

# By offset, and never by the links of the pages.
fault 'kind=badnext&times=0'
got=$(echo '{"endpoint":"my-playlists","url":"/v1/me/playlists?offset=0&limit=5","paging":"offset"}' | try)
total=$(jq '.body.total // empty' "$tmp/out" | head -n 1)
is "$(jq -r 'select(.type == "capture").url' "$tmp/out" | sed 's/.*?//' | xargs)" \
    "$({ seq 0 5 $((total - 1)); echo "$total"; } |
	sed 's/.*/offset=&\&limit=5/' | xargs)" \
    "paging by offset asks for every page, and for one more if there is a link"
like "$got" "^0: complete 0 balanced: 200 200" "and is complete"
reset
on='{"endpoint":"my-playlists","url":"/v1/me/playlists?limit=5&offset=0","paging":"offset","next":"/v1/me/playlists?limit=5&offset=5","page":2,"list":"R0/1"}'
echo "$on" | try >"$tmp/got"
is "$(jq -rc 'select(.type == "capture") | [(.url | sub(".*/v1"; "")), .page,
	.list]' "$tmp/out" | head -n 2)" \
    '["/me/playlists?limit=5&offset=5",2,"R0/1"]
["/me/playlists?limit=5&offset=10",3,"R0/1"]' "a request goes on where another stopped"
is "$(echo "$on" | sed 's/"page":2/"page":1/' | try) $(echo "$on" |
    sed 's|"next":"|&https://evil.example|' | try)" \
    "1: complete 0 balanced: : bad request 1: complete 0 balanced: : bad url" \
    "but nowhere else"
is "$(echo '{"endpoint":"followed-artists","url":"/v1/me/following?type=artist&limit=20","paging":"next"}' |
    try | sed 's/200.*200/200 200/')" "0: complete 0 balanced: 200 200: " \
    "followed artists have their next page inside"

section "one-off looks"
run fetch /me /v1/me "$api_url/v1/me" '/me/player/recently-played?limit=1'
is "$status $(jq -rc '[.seq, .endpoint, .status, .run]' "$tmp/out" | xargs)" \
    "0 [1,me,200,null] [2,me,200,null] [3,me,200,null] [4,recently-played,200,null]" \
    "paths as arguments"
reset
for bad in me v1/me --account '' ' /me' '/me ' '/me you' //host/me / \
    http://other https://evil.example/v1/me "$api_url.evil.example/v1/me" \
    "$api_url/v1/me you" '/me#top' '/me%2' '/me/../users/x' /me/. \
    '/me\\x' /mé file:///etc/passwd acounts; do
	run fetch -- /me "$bad"
	is "$status $(asked) $out" "64 0 " "no path of the API: '$bad'"
done
like "$err" "not a path of the API: 'acounts': it does not begin with '/': a path is like /me" \
    "which is said, and what a path looks like"
run fetch https://evil.example/v1/me
like "$err" "evil.example/v1/me': not a URL of the API" "of whatever kind"
reset

section "numbers and texts as they were sent"
reset
mkdir "$tmp/saved"
odd='[1.0,1e400,12345678901234567890,-0,0.1000000000000000055511151231257827]'
printf '{ "id" : "kim",\n\t"n": %s, "s": "\\u0041\\/ \\ud83d\\ude00é" }\n' "$odd" \
    >"$tmp/saved/me.json"
cp "$tmp/login/token.json" "$tmp/token.kept"
api_start --user kim --seed 7 --serve "$tmp/saved"
run fetch /me
is "${out#*\"body\":}" \
    "{\"id\":\"kim\",\"n\":$odd,\"s\":\"\\u0041\\/ \\ud83d\\ude00é\"}}" \
    "a body passes byte for byte but for its white space"

section "rate limits"
api_start --user kim --seed 7
fetch /me >/dev/null # who it is
fault 'kind=429&retry_after=1'
is "$(echo "$me" | try)" "0: complete 0 balanced: 200: " \
    "a short limit is waited out"
like "$(cat "$tmp/err")" '^sp-fetch: /v1/me: rate limited.*waiting 1\.0 s' \
    "visibly"
reset
fault 'kind=429&retry_after=86400&path=/v1/me/player'
is "$(printf '%s\n' "$recent" "$me" "$recent" "$me" | try)" \
    "75: deferred 75 balanced: 429 200 200: come back later" \
    "a day-long limit defers the run"
is "$(log | jq -r 'select(.url | startswith("/v1/")).url' | grep -c player)" 1 \
    "no more is asked of its bucket, and the rest is"
like "$(cat "$tmp/err")" \
    '^sp-fetch: /v1/me/player/recently-played\?limit=20: rate limited: try again at 20..-..-.. ..:.., in 24 hours$' \
    "it says until when"
is "$(jq -r 'select(.type == "capture").retry_at // empty' "$tmp/out")" \
    "$(jq -r 'select(.type == "end").until' "$tmp/out")" \
    "and so do the capture and the end"
is "$(jq 'select(.type == "capture" and .status == 429) |
    (.retry_at[:19] + "Z" | fromdate) - (.fetched_at[:19] + "Z" | fromdate)' \
    "$tmp/out")" 86400 "which is a day after"
like "$(jq -r 'select(.type == "error").reason' "$tmp/out")" \
    '^not sent: rate limited: try again at 20..-..-..T[0-9:.]*Z$' "what is not sent is refused by name"
reset
fault 'kind=429&retry_after=86400&path=/v1/me/player'
fault 'kind=503&retry_after=600&path=/v1/me/playlists'
is "$(printf '%s\n' "$recent" "$lists" "$items" "$me" | try)" \
    "75: deferred 75 balanced: 429 503 200: come back later" \
    "each bucket has its own limit, that of a 5xx too"
like "$(cat "$tmp/err")" \
    'me/playlists.*: service unavailable: try again at .*, in 10 min$' \
    "which is reported"
is "$(jq -r 'select(.type == "end").until' "$tmp/out")" \
    "$(jq -r 'select(.status == 503).retry_at' "$tmp/out")" \
    "the end has the earlier deadline"
like "$(jq -r 'select(.type == "end").reason' "$tmp/out")" \
    '^rate limited: recently-played until 20[^ ]*Z, playlists until 20[^ ]*Z$' \
    "and names the buckets"
reset
fault 'kind=429&retry_after=86400&path=/v1/me/player'
{ printf '%s\n' "$recent" "$me" | plan
  echo "$me" | plan | sed 's/"R1"/"R2"/'
  echo "$recent" | plan | sed 's/"R1"/"R3"/'; } >"$tmp/two"
run fetch <"$tmp/two"
is "$status $(jq -r 'select(.type == "end").status' "$tmp/out" | xargs)" \
    "75 deferred complete deferred" "a later run is deferred only if it is met"
reset
fault 'kind=429&retry_after=86400&path=/v1/me/player'
is "$(printf '%s\n' "$items" "$recent" "$items" | jq -c 'del(.optional)' | try)" \
    "75: deferred 75 balanced: 404 429 404: " "a limit counts more than a failure"
reset
fault 'kind=429&retry_after=86400&path=/v1/me/player'
fault 'kind=403&path=/v1/me'
is "$(printf '%s\n' "$recent" "$me" "$me" | try)" \
    "77: failed 77 balanced: 429 403: not logged in" "and less than a halt"
reset
fault 'kind=429&retry_after=86400&reason=QUOTA_EXCEEDED'
is "$(printf '%s\n' "$recent" "$me" "$lists" | try)" \
    "75: deferred 75 balanced: 429: come back later come back later" \
    "an exhausted quota is a limit of all buckets"
is "$(asked)" 1 "nothing more is asked"
like "$(cat "$tmp/err")" 'the quota of the whole developer account$' \
    "and it is called so"
like "$(jq -r 'select(.type == "end") | "\(.reason) \(.until)"' "$tmp/out")" \
    '^rate limited: the whole developer account until (20[^ ]*) \1$' \
    "in the end too"
reset
fault 'kind=429&times=2'
is "$(echo "$me" | try)" "0: complete 0 balanced: 200: " \
    "a limit without a time is tried again"
fault 'kind=429&times=0'
is "$(echo "$me" | try)" "75: deferred 75 balanced: 429: " "and then deferred"
is "$(jq -r '.retry_at // .until // empty' "$tmp/out" | uniq | wc -l)" 1 \
    "(the capture and the end agree)"
is "$(jq -s '(map(select(.type == "end"))[0].until |
    .[:19] + "Z" | fromdate) - (map(select(.type == "capture"))[0].fetched_at |
    .[:19] + "Z" | fromdate)' "$tmp/out")" 30 "for half a minute"
reset
fault 'kind=503&retry_after=1&times=0'
is "$(echo "$me" | try --retries 1)" "75: deferred 75 balanced: 503: " \
    "an outage of a length that trying again does not end is deferred, too"
like "$(cat "$tmp/err")" 'service unavailable: try again at .*, in 30 s$' \
    "until then"
reset
# A bucket is asked again when its deadline is over: in the run, and the next.
fault 'kind=429&retry_after=1&path=/v1/me/player&times=1'
once=$(echo "$recent" | jq -c 'del(.paging)')
printf '%s\n' "$once" "$me" "$once" "$once" | plan >"$tmp/plan"
{
	sed 4q "$tmp/plan"
	wait_until asked_at_least 2
	sleep 2
	sed '1,4d' "$tmp/plan"
	echo "$once" | plan | sed 's/"R1"/"R2"/'
} | run fetch --max-wait 0
is "$status $(came)" \
    "75 deferred 75 balanced: 429 200 200 200: come back later" \
    "a bucket is asked again when its deadline is over"
is "$(jq -r 'select(.type == "end").status' "$tmp/out" | xargs)" \
    "deferred complete" "and the next run knows nothing of it"
reset
fault 'kind=429&retry_after=86400'
sed 's/"complete"/"failed","exit":70,"reason":"theirs"/' "$tmp/good" |
    jq -c 'if .type == "capture" then {type: "request", run: "R1",
	endpoint: "me", url: "/v1/me"} else . end' >"$tmp/plan"
run fetch <"$tmp/plan"
is "$status $(jq -rc 'select(.type == "end") | [.status, .exit, .reason]' "$tmp/out")" \
    '75 ["failed",70,"theirs"]' "an end that is worse already is not improved"

section "what the API denies"
reset
fault 'kind=403'
is "$(printf '%s\n' "$recent" "$me" | try)" \
    "77: failed 77 balanced: 403: not logged in" "403 ends the run"
like "$(cat "$tmp/err")" '^sp-fetch: /v1/me/player.*HTTP 403: Insufficient client scope' \
    "with the service's words"
is "$(printf '%s\n' "$items" "$me" | try)" \
    "0: complete 0 balanced: 404 200: " "404 of something optional is an answer"
fault 'kind=403&plain=1&message=Not+for+you'
is "$(printf '%s\n' "$items" "$me" | try)" \
    "0: complete 0 balanced: 403 200: " "and so is 403"
is "$(jq -r 'select(.status == 403).text' "$tmp/out")" "Not for you" \
    "which may be no JSON"
is "$(jq -c 'select(.type == "capture").denied' "$tmp/out")" '"subject"
null' "its capture says what it is about"
while read -r denied words; do
	reset
	fault "kind=403&message=$words"
	is "$(printf '%s\n' "$items" "$me" | try)" \
	    "77: failed 77 balanced: 403: not logged in" \
	    "unless it is of the app: $words"
	is "$(jq -r 'select(.status == 403).denied' "$tmp/out")" "$denied" \
	    "which its capture says"
done <<'WORDS'
app Active+premium+subscription+required+for+the+owner+of+the+app
app User+not+registered+in+the+Developer+Dashboard
login Insufficient+client+scope
WORDS
reset
is "$(printf '%s\n' "$items" "$me" | jq -c 'del(.optional)' | try)" \
    "69: failed 69 balanced: 404 200: " "404 of something else fails the run"

section "faults"
while read -r kind name; do
	reset
	fault "kind=$kind"
	is "$(echo "$me" | try --timeout 500ms)" "0: complete 0 balanced: 200: " \
	    "$name, once"
	like "$(cat "$tmp/err")" \
	    '^sp-fetch: /v1/me: .*: waiting 0\.[0-9] s, retry 1 of 3$' \
	    "$name is named"
done <<'FAULTS'
500 a server's error
503&retry_after=0 a service that is down
cut a cut body
reset a reset connection
html HTML and status 200
badjson half a JSON text
slow&ms=2000 a slow answer
drip&ms=20 an answer that drips
FAULTS
reset
fault 'kind=502&times=4'
is "$(printf '%s\n' "$me" "$recent" | try)" \
    "69: failed 69 balanced: 502 200 200 200: " \
    "a persistent error is a capture, and the rest goes on"
is "$(log | jq -s 'map(select(.status == 502)) | length')" 4 "after four tries"
fault 'kind=html&times=4'
is "$(echo "$me" | try)" "69: failed 69 balanced: 200: " "persistent HTML is a capture"
like "$(jq -r 'select(.status == 200).text' "$tmp/out")" '<html>' "as a text"
fault 'kind=reset&times=0'
is "$(echo "$me" | try --retries 0)" \
    "69: failed 69 balanced: : no answer" "no answer at all refuses the request"
printf '%s\n' "$me" "$me" "$me" "$me" "$me" | try --retries 0 >"$tmp/got"
is "$(cat "$tmp/got")" \
    "69: failed 69 balanced: : no answer no answer no answer service unavailable service unavailable" \
    "after three in a row the service is out"
like "$(cat "$tmp/err")" 'requests not sent: 2 of 5' "and says how many were not sent"
reset
fault 'kind=redirect&to=https://evil.example/'
is "$(printf '%s\n' "$me" "$me" | try)" \
    "69: failed 69 balanced: 302 200: redirect" "a redirect is not followed"
fault 'kind=huge'
is "$(printf '%s\n' "$me" "$me" | try --max-body 100K)" \
    "69: failed 69 balanced: 200: no answer" "a body without end is left"
like "$(cat "$tmp/err")" 'body of more than 102400 bytes' "by name"
run fetch --api http://127.0.0.1:1 --retries 1 /me
is "$status $out" "69 $(cat "$tmp/out")" "nobody listens"
like "$err" "connect" "and says so"

section "pages that lead astray"
reset
fault 'kind=badnext'
is "$(printf '%s\n' "$recent" "$me" | try)" \
    "69: failed 69 balanced: 200 200: bad next page" "a next page elsewhere"
like "$(cat "$tmp/err")" \
    "/recently-played\?limit=20: its next page is refused: not a URL of the API" \
    "is refused by name"
fault 'kind=selfnext'
is "$(echo "$recent" | try)" \
    "69: failed 69 balanced: 200: bad next page" "a next page that is this one"
is "$(echo "$recent" | try --max-pages 2)" \
    "69: failed 69 balanced: 200 200: bad next page" "--max-pages"

section "the login"
reset
api_post expire
old=$(token access_token) refresh=$(token refresh_token)
sed 's/^{/{"own":{"n":1.0,"kept":["x"]},/' "$tmp/login/token.json" >"$tmp/t"
cat "$tmp/t" >"$tmp/login/token.json"
is "$(echo "$me" | try)" "0: complete 0 balanced: 200: " \
    "a login that has ended is renewed"
is "$(refreshed) $(asked)" "1 2" "with one refresh and one more try"
[ "$(token access_token)" != "$old" ]
ok $? "the new token is saved"
is "$(token refresh_token)" "$refresh" "a refresh token that is not replaced stays"
like "$(cat "$tmp/login/token.json")" '^\{"own":\{"n":1\.0,"kept":\["x"\]\},"' \
    "and so do members of others in the file"
is "$(stat -c %a "$tmp/login/token.json")" 600 "it is its owner's alone"
is "$(ls "$tmp/login")" "token.json
token.json.lock" "nothing is left behind"
reset
soon=$(date -u -d '+20 seconds' +%Y-%m-%dT%H:%M:%SZ)
jq --arg t "$soon" '.expires_at = $t' "$tmp/login/token.json" >"$tmp/t"
cat "$tmp/t" >"$tmp/login/token.json"
is "$(echo "$me" | try) $(refreshed) $(asked)" \
    "0: complete 0 balanced: 200:  1 1" "a login about to end is renewed first"
reset
api_post expire
fault 'kind=rotate'
is "$(echo "$me" | try)" "0: complete 0 balanced: 200: " "a new refresh token"
[ "$(token refresh_token)" != "$refresh" ]
ok $? "is kept"
reset
api_post expire
fault 'kind=503&path=/api/token&times=2'
is "$(echo "$me" | try)" "0: complete 0 balanced: 200: " \
    "a token endpoint that is down is tried again"
api_post expire
cp "$tmp/login/token.json" "$tmp/before"
fault 'kind=503&path=/api/token&times=0'
is "$(printf '%s\n' "$me" "$me" | try)" \
    "69: failed 69 balanced: : service unavailable service unavailable" \
    "and then the service is out"
reset
fault 'kind=429&retry_after=600&path=/api/token'
is "$(echo "$me" | try)" "75: deferred 75 balanced: 429: come back later" \
    "a limit of the token endpoint defers"
fault 'kind=400&path=/api/token'
is "$(printf '%s\n' "$recent" "$me" | try)" \
    "77: failed 77 balanced: : not logged in not logged in" "a login taken back"
like "$(cat "$tmp/err")" '^sp-fetch: .*not logged in.*Refresh token revoked' \
    "asks to log in"
fault 'kind=400&error=invalid_client&path=/api/token'
is "$(echo "$me" | try)" "78: failed 78 balanced: : configuration" \
    "an app that is not known"
cmp -s "$tmp/login/token.json" "$tmp/before"
ok $? "no failed refresh touches the token file"
fault 'kind=401&times=0&path=/v1/'
is "$(echo "$me" | try) $(refreshed)" "77: failed 77 balanced: : not logged in 4" \
    "a new token that is refused"
reset
jq '.client_secret = "made-up-secret"' "$tmp/login/token.json" >"$tmp/t"
cat "$tmp/t" >"$tmp/login/token.json"
api_post expire
is "$(echo "$me" | try)" "0: complete 0 balanced: 200: " "an app with a secret"
is "$(log | jq -r 'select(.url == "/api/token").authorization')" other \
    "shows it to the token endpoint"

# Several find the login ended at the same time.
reset
api_post expire
fault 'kind=slow&ms=200&path=/api/token'
for i in 1 2 3 4; do
	"$build/sp-fetch" /me >"$tmp/many.$i" 2>&1 &
	eval "many$i=$!"
done
# shellcheck disable=SC2154
wait "$many1" && wait "$many2" && wait "$many3" && wait "$many4"
is "$? $(cat "$tmp"/many.* | jq -r .status | xargs) $(refreshed)" \
    "0 200 200 200 200 1" "of four at once one renews the login, for all"

chmod 640 "$tmp/login/token.json"
is "$(echo "$me" | try)" "78: failed 78 balanced: : configuration" \
    "a token file that others can read"
like "$(cat "$tmp/err")" "chmod 600" "and what to do"
chmod 600 "$tmp/login/token.json"
is "$(echo "$me" | try --token-file "$tmp/none.json")" \
    "77: failed 77 balanced: : not logged in" "no token file"
like "$(cat "$tmp/err")" "not logged in.*none.json" "is named"
head -c 100 "$tmp/before" >"$tmp/half.json"
chmod 600 "$tmp/half.json"
run fetch --token-file "$tmp/half.json" /me
like "$status $err" "^78 .*half.json: not a token file" "half a token file"
run fetch --token-file "$tmp/none.json" </dev/null
is "$status $err" "0 " "nothing to ask needs no login"
run env XDG_CONFIG_HOME="$tmp/config" "$build/sp-fetch" --account kim /me
like "$status $err" "^77 .*login --account kim --client-id ID" \
    "--account is named in what to do"
api_post expire
reset
# shellcheck disable=SC2016
run sh -c 'mkdir "$1.new"; exec "$2" /me' - "$tmp/login/token.json" \
    "$build/sp-fetch"
rmdir "$tmp"/login/token.json.new
is "$status $(refreshed)" "73 0" \
    "a file that cannot be replaced is known before the refresh"

section "whose data it is"
reset
echo "$me" | plan | sed '1s/}$/,"user":"someone"}/' >"$tmp/plan"
run fetch <"$tmp/plan"
is "$status: $(came)" \
    "78: failed 78 balanced: : configuration" "a run of another user"
like "$err" "'someone'.*'kim'" "names both"
is "$(asked)" 0 "and asks nothing"
cat "$tmp/plan" >"$tmp/two"
echo "$me" | plan | sed 's/"R1"/"R2"/' >>"$tmp/two"
run fetch <"$tmp/two"
is "$(jq -r 'select(.type == "end").status' "$tmp/out" | xargs)" \
    "failed complete" "the next run is its own"
is "$(jq -r 'select(.type == "capture") | "\(.run)/\(.seq)"' "$tmp/out")" \
    "R2/1" "and has its user's captures"
{ echo "$me" | plan; echo "$me" | plan | sed 's/"R1"/"R2"/'; } >"$tmp/two"
run fetch <"$tmp/two"
is "$(jq -r 'select(.type == "capture") | "\(.run)/\(.seq)"' "$tmp/out" | xargs)" \
    "R1/1 R2/1" "each run is numbered from 1"

# Somebody else logs in while a run is under way: one request wants a new
# token, and one waits to be tried again. Neither is asked with the other's.
reset
cp "$SP_TOKEN_FILE" "$tmp/kim.json"
mkfifo "$tmp/plan.fifo"
fetch <"$tmp/plan.fifo" >"$tmp/out" 2>"$tmp/err" &
pid=$!
printf '%s\n' "$me" "$lists" \
    '{"endpoint":"followed-artists","url":"/v1/me/following?type=artist"}' |
    plan >"$tmp/plan"
exec 8>"$tmp/plan.fifo"
sed -n 1,2p "$tmp/plan" >&8
wait_until asked_at_least 1
fault 'kind=429&retry_after=1&path=/v1/me/playlists'
fault 'kind=401&path=/v1/me/following'
jq '.user_id = "robin" | .access_token = "robins-token-of-old"' \
    "$tmp/kim.json" >"$SP_TOKEN_FILE"
sed -n '3,$p' "$tmp/plan" >&8
exec 8>&-
status=0
wait $pid || status=$?
is "$status $(log | jq -r .authorization | sort | uniq -c | xargs)" \
    "78 3 bearer-ok" "a login as another user: nothing is asked with it"
is "$(jq -r 'select(.type == "capture") | "\(.endpoint) \(.user)"' "$tmp/out")" \
    "me kim" "what had come stays whose it was"
like "$(cat "$tmp/err")" "'robin'.*'kim'" "both are named"
cat "$tmp/kim.json" >"$SP_TOKEN_FILE"

section "where the token may go"
run fetch --api http://api.example /me
is "$status" 78 "plain http to another machine"
run fetch --api "$api_url/v2" /me
is "$status" 78 "an API that is more than an origin"
run fetch --api ftp://127.0.0.1 /me
is "$status" 78 "an API of another kind"
http_proxy=http://127.0.0.1:1 run fetch /me
is "$status" 0 "no proxy comes between us and this machine"
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
	    -keyout "$tmp/key" -out "$tmp/cert" 2>/dev/null
	openssl s_server -accept 127.0.0.1:0 -key "$tmp/key" -cert "$tmp/cert" \
	    -www >"$tmp/tls" 2>&1 &
	tls=$!
	wait_until grep -q '^ACCEPT ' "$tmp/tls"
	run fetch --api "https://$(sed -n 's/^ACCEPT //p' "$tmp/tls")" /me
	kill $tls
	like "$status $err" '^69 .*certificate' "a certificate that is nobody's"
	is "$(echo "$err" | grep -c retry)" 0 "is not tried again"
else
	skip "no openssl" "a certificate that is nobody's"
fi

section "answers as they are on the wire"
# serve FILE...: a server that sends these bytes, a file a connection.
serve() {
	# shellcheck disable=SC2016
	server wire 'open(my $in, "<", shift @ARGV) or die; local $/;
		print $c scalar <$in>; exit unless @ARGV' "$@"
}
# answer FILE STATUS-LINE HEADER...: makes one, its body from stdin.
answer() {
	file=$1
	shift
	{ printf '%s\r\n' "$@" ''; cat; } >"$tmp/$file"
}
# wire OPTION...: fetch what is served.
wire() {
	run fetch --api "$wire" "$@" /v1/me
	kill "$wire_pid" 2>/dev/null
	wait "$wire_pid" 2>/dev/null
}
ok='HTTP/1.1 200 OK'
echo '{"id":"kim","n":1.0}' | gzip | answer gzip "$ok" 'Content-Encoding: gzip'
serve "$tmp/gzip"
wire
is "$status ${out#*\"body\":}" '0 {"id":"kim","n":1.0}}' "a compressed body"
{ printf '"'; head -c 3000000 /dev/zero | tr '\0' x; printf '"'; } | gzip |
    answer bomb "$ok" 'Content-Encoding: gzip'
serve "$tmp/bomb"
wire --max-body 1M
like "$status $out $err" '^69 .*"error".*body of more than 1048576 bytes' \
    "a body that is small until it is unpacked"
printf 'no gzip' | answer broken "$ok" 'Content-Encoding: gzip'
serve "$tmp/broken" "$tmp/gzip"
wire
is "$status $(echo "$err" | grep -c 'retry 1 of 3')" "0 1" \
    "a body that cannot be unpacked is asked for again"
{ cat "$tmp/gzip"; echo more; } >"$tmp/trailing"
serve "$tmp/trailing" "$tmp/gzip"
wire
like "$status $err" '^0 .*cannot be decompressed: waiting' \
    "so is one that does not end where it ought to"
date=$(LC_ALL=C date -u -d '+2 days' '+%a, %d %b %Y %H:%M:%S GMT')
echo '{}' | answer date 'HTTP/1.1 429 Later' "retry-AFTER: $date"
serve "$tmp/date"
wire
is "$status $(jq -r .retry_at "$tmp/out" | cut -c 1-16)" \
    "75 $(date -u -d "$date" +%Y-%m-%dT%H:%M)" "a Retry-After that is a date"
echo '{}' | answer soon 'HTTP/1.1 429 Later' 'Retry-After: soon'
serve "$tmp/soon" "$tmp/gzip"
wire
is "$status" 0 "a Retry-After that says nothing"
echo '{}' | answer later 'HTTP/1.1 429 Later'
{ printf '%s\r\n' 'HTTP/1.1 103 Early Hints' 'Retry-After: 9999' ''
  cat "$tmp/later"; } >"$tmp/early"
serve "$tmp/early" "$tmp/gzip"
wire
is "$status" 0 "the headers of an answer before the answer are not its own"
printf 'nonsense\r\n\r\n' >"$tmp/nonsense"
serve "$tmp/nonsense" "$tmp/nonsense" "$tmp/nonsense" "$tmp/nonsense"
wire
is "$status $(jq -r .code "$tmp/out")" "69 no answer" "what is no HTTP"
serve "$tmp/nonsense" "$tmp/gzip"
wire
is "$status $(echo "$err" | grep -c 'retry 1 of 3')" "0 1" "is asked again"
printf 'HTTP/1.1 1000 OK\r\n\r\n' >"$tmp/nonsense"
serve "$tmp/nonsense" "$tmp/gzip"
wire
is "$status $(echo "$err" | grep -c 'retry 1 of 3')" "0 1" \
    "so is what has a status that is none"
printf '' | answer empty 'HTTP/1.1 204 No Content'
serve "$tmp/empty"
wire
is "$status $(jq -r '[.status, .text] | @csv' "$tmp/out")" '69 204,""' \
    "an empty body is a capture, and no success"

section "the stream"
reset
run fetch </dev/null
is "$status $out$err" "0 " "empty input"
{
	echo 'no record'
	echo '{"type":"request","endpoint":"me"}'
	echo '{"type":"request","endpoint":"me","url":"/v1/me","paging":"x"}'
	echo '{"type":"request","endpoint":"me","url":"https://evil.example/"}'
	echo '{"type":"request","endpoint":"me","url":"//evil.example/v1/me"}'
	echo '{"type":"novelty","x":1.0}'
	printf '%s' '{"type":"request","endpoint":"me","url":"/v1/me"}'
} >"$tmp/plan"
run fetch <"$tmp/plan"
is "$status $(jq -r '.code // .type' "$tmp/out" | xargs)" \
    "69 no record bad request bad request bad url capture novelty capture" \
    "bad lines and requests are refused alone; no last newline"
is "$(jq -r 'select(.type == "capture") | .status' "$tmp/out" | xargs)" "404 200" \
    "two slashes are a path of the API"
like "$err" "^sp-fetch: stdin:1: not a record" "and named by their line"
{
	printf '{"type":"request","endpoint":"me","url":"/v1/me","x":"'
	head -c 2000 /dev/zero | tr '\0' x
	echo '"}'
	echo '{"type":"request","endpoint":"me","url":"/v1/me"}'
} >"$tmp/plan"
run fetch --max-line 1000 <"$tmp/plan"
is "$status $(jq -r '.code // .type' "$tmp/out" | xargs)" \
    "1 line too long capture" "an over-long line"
echo "$me" | plan | sed '$d' >"$tmp/plan"
run fetch <"$tmp/plan"
is "$status $(jq -r .type "$tmp/out" | xargs)" "65 run capture" \
    "a stream that was cut"
reset
for i in 1 2 3 4 5; do echo "$me"; done | plan >"$tmp/plan"
"$build/sp-fetch" <"$tmp/plan" >/dev/full 2>"$tmp/err"
is "$? $(sed 's/:.*:/:/' "$tmp/err")" "74 sp-fetch: No space left on device" \
    "a full disk"
is "$(asked)" 0 "and nothing more is asked"
{ "$build/sp-fetch" <"$tmp/plan" 2>/dev/null; echo $? >"$tmp/status"; } | true
like "$(cat "$tmp/status")" '^(141|74)$' "a closed reader"

# Interrupted while it waits, it leaves no end.
for signal in INT TERM; do
	reset
	fault 'kind=429&retry_after=3' && echo "$me" | plan >"$tmp/plan"
	rm -f "$tmp/err"
	# A shell's background jobs have SIGINT ignored.
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$build/sp-fetch" \
	    --max-wait 3s <"$tmp/plan" >"$tmp/out" 2>"$tmp/err" &
	wait_until grep -qs waiting "$tmp/err"
	kill -s $signal $!
	wait $! 2>/dev/null
	like "$? $(jq -r .type "$tmp/out" | xargs)" \
	    '^(130|143) run$' "SIG$signal while it waits"
done

# What there is goes out while more is waited for.
reset
mkfifo "$tmp/in.fifo" "$tmp/out.fifo"
"$build/sp-fetch" <"$tmp/in.fifo" >"$tmp/out.fifo" &
exec 3>"$tmp/in.fifo" 4<"$tmp/out.fifo"
echo '{"type":"request","endpoint":"me","url":"/v1/me"}' >&3
read -r line <&4
is "$(echo "$line" | jq -r .type)" capture "a capture goes out at once"
if [ -r "/proc/$!/limits" ]; then
	like "$(cat "/proc/$!/limits")" '^Max core file size +0 +0 ' \
	    "no core, which would hold the token, can be left"
else
	skip "no /proc" "no core can be left"
fi
fault 'kind=slow&ms=5000'
{
	echo '{"type":"novelty"}'
	echo '{"type":"request","endpoint":"me","url":"/v1/me"}'
} >&3
is "$(timeout 4 head -n 1 <&4)" '{"type":"novelty"}' \
    "what is passed on does not wait for the next answer"
kill $!
exec 3>&- 4<&-
wait $! 2>/dev/null

run fetch --progress <"$tmp/good"
like "$err" '^.?$' "nothing to ask shows no progress"
run fetch --progress /me
like "$err" '1 request, 1 capture' "--progress"

section "secrets"
sed 's/"access_token":"[^"]*"/"access_token":"BQmadeuptokenofmine"/' \
    "$tmp/login/token.json" >"$tmp/mine.json"
chmod 600 "$tmp/mine.json"
grep -q BQmadeuptokenofmine "$tmp/mine.json"
ok $? "(a token of our own)"
fault 'kind=403&plain=1&message=you+sent+BQmadeuptokenofmine'
run fetch --token-file "$tmp/mine.json" /v1/me
is "$(jq -r .text "$tmp/out")" "you sent *******************" \
    "a token that the server echoes is made unreadable"
fault 'kind=400&path=/api/token&message=bad+BQmadeuptokenofmine'
fault 'kind=401'
run fetch --token-file "$tmp/mine.json" /v1/me
like "$status $err" '^77 .*bad \*{19}' "in messages too"
run fetch --token-file "$tmp/mine.json" "$(printf '/me?\033[31m')"
is "$(echo "$err" | grep -c "$(printf '\033')")" 0 "no control character is shown"
jq -r '.access_token, .refresh_token, .client_secret // empty' "$tmp/logins" |
    sort -u >"$tmp/secrets"
[ "$(grep -c . "$tmp/secrets")" -gt 5 ] && [ -s "$tmp/everything" ]
ok $? "(there were secrets, and words)"
is "$(grep -cFf "$tmp/secrets" "$tmp/everything")" 0 \
    "no secret was in any output or message"
token access_token >>"$tmp/everything"
is "$(grep -cFf "$tmp/secrets" "$tmp/everything")" 1 \
    "(and this would have shown it)"

run "$build/sp-fetch" --retries 3 accounts
like "$status $err" "^64 sp-fetch: accounts: not an option here: '--retries'" \
    "an option of another command"
finish

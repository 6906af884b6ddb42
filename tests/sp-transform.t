#!/bin/sh
# sp-transform: rows of responses; order, ledger and exit status of the stream.
# Mappings that crash, hang or fail are in sp-transform-hazards.t.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/stream.sh
capture_at=2026-11-22T07:00:00.000Z
data=tests/data/transform


section "the command line"
for bad in '-j 2' '--engine jq' '--no-memo' '--timeout 0' '--memory 1M' '--max-line 0' \
    '--user kim' 'nonsense' 'me me' '--fetched-at noon me' \
    '--print-filter nonsense'; do
	# shellcheck disable=SC2086
	run sp-transform $bad </dev/null
	is "$status $out" "64 " "usage error: $bad"
done
run sp-transform --help
is "$status $err" "0 " "--help"
run sp-transform --version
like "$out" '^sp-transform [0-9.]+$' "--version"
run sp-transform --list-filters
like "$(echo "$out" | tr '\n' ' ')" '^album albums artist .*recently-played .*user $' \
    "--list-filters"
is "$(echo "$out" | grep -c prelude)" 0 "the prelude is no mapping"
for filter in $out prelude; do
	sp-transform --print-filter "$filter" | cmp -s - "lib/filters/$filter.jq"
	ok $? "--print-filter $filter"
done
run sp-transform me </dev/null
is "$status $err" "65 sp-transform: stdin: no response body: the input is empty" \
    "no response body"
run sp-transform </dev/null
is "$status $out$err" "0 " "no input, no output"

section "a user's filters, by endpoint"
cd "$tmp" || exit
mine() { # OPTION...: which mapping each of four captures met, by its table
	{
		capture me 200 '"body":{"id":"kim"}'
		capture user 200 '"body":{"id":"zed"}' users/zed
		capture unknown 200 '"body":{"id":"x"}' x
		capture user 404 '"body":{"error":{"status":404}}' users/no
	} | sp-transform "$@" 2>"$tmp/err" |
	    jq -r '.row.name // .table // .code' | uniq | xargs
}
for name in one two all a=b; do
	echo "{table: \"users\", row: {user_id: .url, name: \"$name\"}}" >$name.jq
done
is "$(mine)" "users endpoint_status users endpoint_status no mapping endpoint_status" \
    "without a filter, the built-in mappings"
is "$(mine -f me=one.jq)" "one users endpoint_status no mapping endpoint_status" \
    "a filter for one endpoint: the others keep their mapping"
is "$(mine -f me=one.jq --filter=user=two.jq)" "one two no mapping two" \
    "two filters, for any status"
is "$(mine -f unknown=one.jq -f user=./two.jq)" \
    "users endpoint_status two one two" "for an endpoint without a built-in mapping"
is "$(mine -f all.jq)" "all" "a filter for all endpoints"
is "$(mine -f user=two.jq -f all.jq)" "all two all two" \
    "a filter for all others"
is "$(mine -f all.jq -f ./a=b.jq 2>&1)" "" "two filters for all endpoints"
like "$(cat "$tmp/err")" "^sp-transform: -f: given twice for all endpoints: './a=b.jq'" \
    "are a usage error"
is "$(mine -f ./a=b.jq) $(mine -f user=a=b.jq -f "$tmp/all.jq")" \
    "a=b all a=b all a=b" "a file name with an equals sign"
echo '{"id":"kim"}' >page.json
is "$(sp-transform -f me=one.jq me <page.json | jq -r .row.name)" one \
    "a filter for a saved body"
is "$(sp-transform -f play-history=one.jq recently-played <page.json |
    jq -r .row.name)" one "a filter by the name of the job"
{ capture me 200 '"body":{"id":"kim"}'
	for playlist in 1 2; do
		capture playlist 200 '"body":{"id":{}}' playlists/$playlist
	done; } >mixed
echo '{table: "users", row: {user_id: ("u:" + .body.id)}}' >strict.jq
run sp-transform -f strict.jq <mixed
is "$status $(echo "$err" | tail -n 1) $(echo "$err" | wc -l | xargs)" \
    "1 sp-transform: strict.jq maps captures of all endpoints: -f ENDPOINT=strict.jq maps those of one 3" \
    "a filter for all endpoints that fits one of them"
run sp-transform -f me=strict.jq <mixed
is "$(echo "$err" | grep -c 'maps captures')" 0 "is not one for that alone"
for bad in users=one.jq '=one.jq' prelude=one.jq a=b.jq Me=one.jq; do
	run sp-transform -f "$bad" </dev/null
	is "$status $out" "64 " "usage error: -f $bad"
	like "$err" "unknown endpoint '${bad%%=*}': (expected album, .*user|did you mean '(user|me)')" \
	    "the message names the endpoints"
done
run sp-transform -f me=one.jq -f me=two.jq </dev/null
is "$status" 64 "usage error: two filters for one endpoint"
run sp-transform -f me=one.jq -f user=none.jq </dev/null
is "$status $err" \
    "78 sp-transform: none.jq: cannot open: No such file or directory" \
    "a missing file is named"
echo 'def x: ' >bad.jq
run sp-transform -f me=one.jq -f user=bad.jq </dev/null
like "$status $err" "^78 sp-transform: bad.jq: syntax error" "a filter that does not compile is named"
cd "$OLDPWD" || exit

section "recently-played"
run sp-transform --user kim --fetched-at 2026-11-22T07:00:00Z play-history \
    <$data/recently-played.json
is "$status $err" "0 " "a saved page, pretty-printed"
is "$(echo "$out" | sed -n 1p)" '{"type":"row","table":"tracks","row":{"track_id":"tr0000000000000000000A","album_id":"al0000000000000000000A","duration_ms":215000,"name":"Slow Tide","uri":"spotify:track:tr0000000000000000000A","popularity":41,"is_local":false,"explicit":false,"disc_number":1,"track_number":2,"isrc":"XX0000000001","vendor_json":{"external_ids":{"isrc":"XX0000000001"},"preview_url":null,"type":"track"}},"at":"2026-11-22T07:00:00.000Z"}' \
    "a row, byte for byte"
is "$(echo "$out" | rows)" "$(cat $data/recently-played.rows)" \
    "the rows of a page; absent values are left out"
is "$(echo "$out" | sort | uniq -d)" "" "no row twice"
run sp-transform play-history <$data/recently-played.json
is "$(echo "$out" | jq -c 'select(.row.user_id)')" "" \
    "without a user, plays have none"
is "$(echo "$out" | jq -r .table | sort -u | tr '\n' ' ')" \
    "album_artists albums artists play_history playlist_ingest_queue track_artists tracks " \
    "no cursor and no endpoint status either"
is "$(echo "$out" | jq -c 'select(has("at") or has("src"))')" "" \
    "without a time and a capture, rows have no at and src"

{
	printf '{"type":"run","run":"R","job":"play-history"}\n'
	capture recently-played 200 \
	    "\"request\":1,\"body\":$(jq -c . $data/recently-played.json)"
	printf '{"type":"end","run":"R","status":"complete"}\n'
} >"$tmp/run"
run sp-transform <"$tmp/run"
is "$(echo "$out" | sed -n '1p;$p')" '{"type":"run","run":"R","job":"play-history"}
{"type":"end","run":"R","status":"complete","ledger":[{"stage":"sp-transform","takes":"capture","in":{"run":1,"capture":1},"passed":{"run":1},"used":{"capture":1},"produced":{"row":24}}]}' \
    "a run, and its end with the ledger"
is "$(echo "$out" | jq -r 'select(.type == "row") | .src + " " + .at' |
	sort -u)" "R/1 2026-11-22T07:00:00.000Z" "rows have the time and the capture they came from"

played() { # items, and other members of the capture
	capture recently-played 200 "\"body\":{\"items\":[$1]}${2:+,$2}"
}
item() { # played_at track_id context
	printf '{"track":{"id":"%s"},"played_at":"%s","context":%s}' \
	    "$2" "$1" "${3:-null}"
}
played "null,{\"track\":null,\"played_at\":\"2026-11-22T06:40:00.000Z\"},$(
    item 2026-11-22T06:30:00.000Z t1),{\"track\":{\"id\":\"t2\"},\"played_at\":\"noon\"},{\"track\":{\"id\":null}}" >"$tmp/in"
run sp-transform <"$tmp/in"
is "$status $(echo "$err" | sed 's/.*R.[0-9]*: //' | tr '\n' ';')" \
    "1 item 1: holds no track;played_at 2026-11-22T06:40:00.000Z: holds no track;played_at noon: has no valid 'played_at';item 5: holds no track;" \
    "items without a track or a time are refused"
is "$(echo "$out" | rows)" 'tracks {"track_id":"t1"}
tracks {"track_id":"t2"}
play_history {"user_id":"kim","track_id":"t1","played_at":"2026-11-22T06:30:00.000Z","source":"spotify"}
endpoint_status {"user_id":"kim","endpoint":"recently-played","subject":"","status":200,"reason":null,"retry_at":null}' \
    "and the others are used"
like "$out" '"src":"R/1","where":"stdin:1","place":"played_at noon","code":"bad item","reason":"has no' \
    "an error goes on for each"
{
	echo '{"type":"run","run":"R","job":"play-history"}'
	played "null,$(item 2026-11-22T06:30:00.000Z t1)"
	echo '{"type":"end","run":"R","status":"complete"}'
} >"$tmp/in"
run sp-transform <"$tmp/in"
is "$(echo "$out" | tail -n 1 | jq -c '.ledger[0] | del(.stage, .takes)')" \
    '{"in":{"run":1,"capture":1},"passed":{"run":1},"used":{"capture":1},"produced":{"row":3,"error":1}}' \
    "the capture counts as used, and the ledger balances"

played "$(item 2026-11-22T06:40:00.5Z t1),$(item 2026-11-22T06:40:00Z t2),$(
    item 2026-11-22T06:39:59.123456Z t3),$(item 2024-02-29T23:59:59.999Z t4)" \
    '"request":1' >"$tmp/in"
run sp-transform <"$tmp/in"
is "$(echo "$out" | jq -r 'select(.row.played_at) | .row.played_at')" \
    "2026-11-22T06:40:00.500Z
2026-11-22T06:40:00.000Z
2026-11-22T06:39:59.123Z
2024-02-29T23:59:59.999Z" "times are put into one form"
is "$(echo "$out" | jq -c 'select(.table == "cursors") | .row.value')" \
    1795329600500 "the newest is found whatever the form"
for bad in 2023-02-29T00:00:00.000Z 2026-13-01T00:00:00.000Z \
    2026-11-31T00:00:00.000Z 2026-11-22T24:00:00.000Z 2026-11-22T06:40:00.000 \
    2026-11-22T06:40:00.Z 2026-11-22; do
	is "$(played "$(item $bad t1)" | sp-transform 2>/dev/null | rows |
		grep -c -e play_history -e cursors)" 0 "no time: $bad"
done
TZ=America/New_York sp-transform <"$tmp/run" >"$tmp/a"
TZ=UTC sp-transform <"$tmp/run" | cmp -s - "$tmp/a"
ok $? "the time zone does not matter"
run sp-transform <<EOF
$(played "")
EOF
is "$status $(echo "$out" | jq -r .table)" "0 endpoint_status" \
    "an empty page moves no cursor"
run sp-transform <<EOF
$(capture recently-played 200 '"body":{"items":null}')
$(capture recently-played 200 '"body":{}')
$(capture recently-played 200 '"body":[]')
EOF
is "$status $(echo "$err" | grep -c 'mapping failed')$(echo "$out" | rows)" \
    "1 3" "a body that is no page is refused, and gives no row"
run sp-transform <<EOF
$(capture recently-played 200 '"body":{"items":["x"]}')
$(played '{"track":true,"played_at":"2026-11-22T06:40:00.000Z"}')
EOF
is "$status $(echo "$out" | jq -r 'select(.type == "error")
	| .place + ": " + .reason')" "1 item 1: is a string, not an object
played_at 2026-11-22T06:40:00.000Z: holds no track" \
    "an item of another kind is refused alone"
for code in 201 203 206 299; do
	run sp-transform <<EOF
$(capture recently-played $code "\"body\":{\"items\":[$(
	    item 2026-11-22T06:30:00.000Z t1)]}")
EOF
	is "$status $(echo "$out" | rows | grep -c play_history)" "0 1" \
	    "a whole body of any good status is mapped"
done
run sp-transform <<EOF
$(capture recently-played 204 '"text":""')
$(capture recently-played 200 '"page":1')
EOF
is "$status $(echo "$err" | grep -c 'not JSON\|missing')$(echo "$out" | rows)" \
    "1 2" "a capture without a body is refused"

contexts() {
	for uri; do
		printf ',%s' "$(item 2026-11-22T06:30:00.000Z t1 \
		    "{\"type\":\"x\",\"uri\":\"$uri\"}")"
	done | cut -c2-
}
played "$(item 2026-11-22T05:00:00.000Z t1 \
    '{"type":"playlist","uri":"spotify:playlist:p1"}'),$(contexts \
	spotify:playlist:p1 spotify:user:a%3Ab:playlist:p2 \
	spotify:user:jörg:playlist:p3 spotify:user:jörg:collection \
	spotify:user:playlist:collection spotify:album:a1 spotify:playlist: \
	spotify:user:x:playlist: playlist:p4 spotify:playlist:p5:x),$(
	item 2026-11-22T06:00:00.000Z t1 \
    '{"type":"playlist","uri":"spotify:user:x:playlist:p1"}')" >"$tmp/in"
run sp-transform <"$tmp/in"
is "$(echo "$out" | rows | grep queue)" 'playlist_ingest_queue {"playlist_id":"p1","played_at":"2026-11-22T06:30:00.000Z","user_id":"kim"}
playlist_ingest_queue {"playlist_id":"p2","played_at":"2026-11-22T06:30:00.000Z","user_id":"kim"}
playlist_ingest_queue {"playlist_id":"p3","played_at":"2026-11-22T06:30:00.000Z","user_id":"kim"}' \
    "playlists are found in contexts, each once, with its newest play"
is "$(echo "$out" | jq -c 'select(.row.context_uri == "spotify:user:jörg:collection") | .row.context_type')" \
    '"x"' "a play has its context"

# Only a planned request gives a cursor and a covered period.
progress() { sp-transform | rows | grep -E '^(cursors|play_coverage)'; }
hours="$(item 2026-11-22T06:30:00.000Z t),$(item 2026-11-22T06:10:00.000Z t)"
is "$(played "$hours" '"request":1' | progress)" \
    'cursors {"user_id":"kim","job":"play-history","value":1795329000000}
play_coverage {"user_id":"kim","covered_from":"2026-11-22T06:10:00.000Z","covered_to":"2026-11-22T06:30:00.000Z"}' \
    "a planned page moves the cursor, and gives the period it covers"
for none in '"page":1' '"cursor":0' '"request":null' '"request":1,"user":null'; do
	is "$(played "$hours" "$none" | progress)" "" "neither without a plan: $none"
done
is "$(played '' '"request":1' | progress)" "" "nor an empty page"

section "the other endpoints"
{
	capture me 200 '"body":{"id":"kim","display_name":"Kim","uri":"spotify:user:kim","images":[{"url":"u","height":null,"width":64}],"followers":{"total":3}}'
	capture user 200 '"body":{"id":"j b","display_name":null,"uri":"spotify:user:j%20b"}' 'users/j%20%C3%BC?x=1'
	capture track 200 '"body":{"id":"t1","name":"One","artists":[{"id":"a1","name":"A"}],"album":{"id":"b1","artists":[]}}' tracks/t1
	capture tracks 200 '"body":{"tracks":[{"id":"t1","name":"One"},null,{"id":"t2","is_local":false}]}' 'tracks?ids=t1,t2,t3'
	capture album 200 '"body":{"id":"b1","name":"B","artists":[{"id":"a1","name":"A"}],"tracks":{"items":[{"id":"t1","name":"One","artists":[{"id":"a1","name":"A"}]},null]}}' albums/b1
	capture artist 200 '"body":{"id":"a1","name":"A","images":[],"genres":["x"]}' artists/a1
	capture saved-tracks 200 '"body":{"items":[{"added_at":"x","track":{"id":"t1"}},{"track":null}]}' me/tracks
	capture audio-features 200 '"body":{"audio_features":[{"id":"t1","energy":0.00902,"tempo":120.0},null]}' 'audio-features?ids=t1,t2'
	capture audio-features 200 '"body":{"id":"t1","key":-1}' audio-features/t1
	capture followed-artists 200 '"body":{"artists":{"items":[{"id":"a1","name":"A"},null],"cursors":{"after":null}}}' 'me/following?type=artist'
} >"$tmp/others"
run sp-transform <"$tmp/others"
is "$status $(echo "$err" | sed 's/.*: //')" "1 holds no track" "the other endpoints"
is "$(echo "$out" | rows)" "$(cat $data/others.rows)" "the rows of the other endpoints"
for e in me user track album artist audio-features; do
	run sp-transform <<EOF
$(capture $e 200 '"body":{}')
EOF
	is "$status $(echo "$err" | grep -c ': the body has no')" \
	    "1 1" "a body that is no $e is refused"
done

section "captures of other statuses"
run sp-transform <<EOF
$(capture track 404 '"body":{"error":{"status":404,"message":"Resource not found"}}' tracks/t1)
$(capture playlist-items 403 '"text":"Forbidden: premium"' 'playlists/p1/items?limit=50')
$(capture recently-played 429 '"retry_at":"2026-11-23T00:00:00.000Z","body":{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}')
$(capture me 502 '"text":""')
EOF
is "$status $err" "0 " "failed requests are no error of the stream"
is "$(echo "$out" | rows)" 'endpoint_status {"user_id":"kim","endpoint":"track","subject":"t1","status":404,"reason":"Resource not found","retry_at":null}
catalogue_answers {"kind":"track","id":"t1","status":404}
endpoint_status {"user_id":"kim","endpoint":"playlist-items","subject":"p1","status":403,"reason":"Forbidden: premium","retry_at":null,"denied":"app"}
endpoint_status {"user_id":"kim","endpoint":"recently-played","subject":"","status":429,"reason":"QUOTA_EXCEEDED: Too many requests","retry_at":"2026-11-23T00:00:00.000Z"}
endpoint_status {"user_id":"kim","endpoint":"me","subject":"","status":502,"reason":null,"retry_at":null}' \
    "each gives the status of its endpoint"
run sp-transform me <<'EOF'
{"error":{"status":404,"message":"Nothing here"}}
EOF
is "$status $out" '1 {"type":"error","stage":"sp-transform","where":"stdin:1","code":"mapping failed","reason":"mapping failed: status 404, and no user to record it for: Nothing here"}' \
    "an error saved as a body is no data"
run sp-transform <<EOF
$(capture nonsense 200 '"body":{}')
$(capture me 200 '"text":"<html>"')
$(capture me 200 '"x":1')
$(capture me 200 '"body":{"id":"x"}' | sed 's/"2026[^"]*"/"today"/')
$(capture me 200 '"body":{"id":"x"}' | sed 's/:200/:"200"/')
{"type":"capture","body":{}}
EOF
is "$status $(echo "$out" | jq -r .code | tr '\n' ,)" \
    "1 no mapping,not json,bad capture,bad capture,bad capture,bad capture," \
    "unusable captures are refused, with a fixed code"
like "$err" "no built-in mapping for endpoint 'nonsense': give one with -f" \
    "the message names the option that helps"

section "raw bodies"
run sp-transform user <<'EOF'
{"id": "a", "display_name": "}{ \" ["}{"id":"b"}
 {
"id":"c"}
EOF
is "$(echo "$out" | jq -r .row.user_id | tr '\n' ' ')" "a b c " \
    "bodies in a row"
run sp-transform user <<'EOF'
{"id":"a"}
{"id":"b",}
nonsense {"id":"x"}
{"id":"c"}
["d"
EOF
is "$status $(echo "$out" | jq -r '.row.user_id // .where' | tr '\n' ' ')" \
    "1 a stdin:2 stdin:3 c stdin:5 " \
    "text that is no body is refused by its line, and the rest is used"
run sp-transform --max-line 20 user <<'EOF'
{"id":"a"}
{"id":
"a very long name"}
{"id":"b"}
EOF
is "$status $(echo "$out" | jq -r '.row.user_id // .code' | tr '\n' ,)" \
    "1 a,line too long,b," "a body that is too long is refused"

section "the stream"
user() { # no user asked for it, so it gives one row
	capture user 200 "\"body\":{\"id\":\"$1\"}" | sed 's/"user":"kim",//'
}
ids() { jq -r '.row.user_id? // .type' | tr '\n' ' '; }
run sp-transform <<EOF
{"type":"request","url":"/v1/me"}
$(user a)
nonsense
{"type":"row","table":"users","row":{"user_id":"b"}}
$(user c)
{"type":"novelty"}
EOF
is "$(echo "$out" | ids)" "request a error b c novelty " \
    "records are sent in the order of the input"
is "$(echo "$err" | cut -d: -f1-3)" "sp-transform: stdin:3" \
    "a bad line is named by its number"
for i in $(seq 300); do user "u$i"; done >"$tmp/many"
is "$(sp-transform --engine libjq <"$tmp/many" | ids)" "$(seq 300 |
    sed 's/^/u/' | tr '\n' ' ')" "in libjq, too"
printf '%s' "$(user a)" >"$tmp/cut"
run sp-transform <"$tmp/cut"
is "$status $(echo "$out" | ids)" "0 a " "a last line without a newline"
run sp-transform --max-line 300 <<EOF
{"x":"$(printf '%400d' 0)"}
$(user a)
EOF
is "$status $(echo "$out" | ids)" "1 error a " "a line that is too long"
run sp-transform <<EOF
{"type":"run","run":"R"}
$(user a)
EOF
is "$status $(echo "$out" | ids)" "65 run a " \
    "a truncated stream has the status 65"
# The ledger of the second run is its own.
run sp-transform <<EOF
{"type":"run","run":"Q"}
$(user a)
$(user b)
{"type":"run","run":"R"}
$(user c)
{"type":"end","run":"R","status":"complete"}
EOF
is "$status $(echo "$out" | tail -n 1 | jq -c '.ledger[0].used')" \
    '65 {"capture":1}' "captures count for the run that they came in"
if [ -c /dev/full ]; then
	# shellcheck disable=SC2016
	run sh -c '"$0" <"$1" >/dev/full' "$build/sp-transform" "$tmp/run"
	is "$status $(echo "$err" | cut -d: -f1-2)" "74 sp-transform: stdout" \
	    "a full disk is an I/O error"
else
	skip "no /dev/full" "a full disk is an I/O error"
fi
user a >"$tmp/a"
yes "$(cat "$tmp/a")" | head -n 20000 | sp-transform 2>"$tmp/err" |
    head -n 1 >"$tmp/out"
is "$(ids <"$tmp/out")$(cat "$tmp/err")" "a " "a reader that is gone ends it"
mkfifo "$tmp/to" "$tmp/from"
"$build/sp-transform" <"$tmp/to" >"$tmp/from" &
pid=$!
exec 3>"$tmp/to" 4<"$tmp/from"
cat "$tmp/a" >&3
read -r line <&4
is "$(echo "$line" | ids)" "a " "a row comes while the input is still open"
kill -s TERM "$pid"
wait "$pid" 2>/dev/null
is $? 143 "a signal ends it"
cat <&4 >"$tmp/out"
ok $? "and nothing keeps a descriptor of its streams open"
exec 3>&- 4<&-

section "members after the body"
for status in 200 403; do
	src=$(printf '{"type":"capture","run":"R","seq":4,"endpoint":"me",%s}\n' \
	    "\"user\":\"kim\",\"status\":$status,\"body\":{\"id\":\"kim\"},\"seq\":5" |
		"$build/sp-transform" | jq -r .src | sort -u)
	is "$src" R/5 "status $status: the last of two that have one name"
done

section "numbers and strings"
echo '{table: "t", row: .body}' >"$tmp/f.jq"
body() {
	capture any 200 "\"body\":$1" | sp-transform -f "$tmp/f.jq" |
	    sed 's/.*"row"://; s/,"at":.*//'
}
deep=$(printf '%400s' '' | tr ' ' '[')1$(printf '%400s' '' | tr ' ' ']')
for same in '{"n":9007199254740992,"m":-9007199254740991,"z":-0}' \
    '{"a":0.00902,"b":1e+300,"c":0.1,"d":-1.5e-07,"e":123456.789}' \
    '{"s":"\u0000\u001f\"\\","t":"é🌙","":"","a\u0001":[{}],"e":[]}' \
    "{\"d\":$deep}"; do
	is "$(body "$same")" "$same" "as it was: $(echo "$same" | cut -c1-50)"
done
is "$(body '{"a":1.0,"b":1E2,"c":100000000000000000,"d":1e400,"e":-1e400}')" \
    '{"a":1,"b":100,"c":1e+17,"d":1.7976931348623157e+308,"e":-1.7976931348623157e+308}' \
    "numbers are doubles"
is "$(body ' { "a" : [ 1 , 2.5 , true ] , "b" : { "c" : null } } ')" \
    '{"a":[1,2.5,true],"b":{"c":null}}' "white space is no matter"
is "$(body '{"s":"\ud83c\udf19\/\u00e9"}')" '{"s":"🌙/é"}' "nor are escapes"
is "$(body '{"s":"\ud83c.\udf19\udf19\ud83c","\udf19":"\ud83c\ud83c\udf19"}')" \
    '{"s":"�.���","�":"�🌙"}' "nor are surrogates, alone or in pairs"
is "$(body '{"a":1,"a":2}')" '{"a":2}' "of two members with a name, the last"
for bad in '{"n":nan}' '{"n":Infinity}' '{"n":01}' '{"n":+1}' '{"n":.5}' \
    '{"s":"	"}' '{"s":"\ud80"}' "$(printf '%600s' '' | tr ' ' '[')"; do
	capture any 200 "\"body\":$bad" >"$tmp/in"
	run sp-transform -f "$tmp/f.jq" <"$tmp/in"
	is "$status $(jq -r .code "$tmp/out")" "1 no record" \
	    "refused by the strict reader: $(echo "$bad" | cut -c1-20)"
done

section "the engine"
body() { # ENGINE BODY
	capture any 200 "\"body\":$2" |
	    sp-transform --engine "$1" -f "$tmp/f.jq" |
	    sed 's/.*"row"://; s/,"at":.*//'
}
echo '{table: "t", row: (.body | .n += 1)}' >"$tmp/f.jq"
for engine in own libjq; do
	is "$(body $engine '{"n":41}')" '{"n":42}' "a filter in $engine"
done
echo '{table: "t", row: (.body | input_line_number)}' >"$tmp/f.jq"
echo '{table: "t", row: {n: (.body.s | test("a"))}}' >"$tmp/f.jq"
run sp-transform --engine own -f "$tmp/f.jq" </dev/null
like "$status $err" "^78 sp-transform: $tmp/f.jq: line 1: the engine has no 'test/1'" \
    "own: what the engine lacks is named"
is "$(body libjq '{"s":"a"}')" '{"n":true}' "libjq has it"
for engine in own libjq; do
	sp-transform --engine $engine <"$tmp/others" >"$tmp/$engine" 2>"$tmp/err"
	is "$?" 1 "built-in mappings in $engine"
done
cmp "$tmp/own" "$tmp/libjq"
ok $? "give the same"
# What is stored whole stays whole.
images='[{"url":"u","href":"h","type":"t","restrictions":{"href":"h"}}]'
capture track 200 '"body":{"id":"t1","album":{"id":"b1","images":'"$images"'}}' \
    tracks/t1 | sp-transform >"$tmp/out"
is "$(jq -c 'select(.table == "albums").row.images_json' "$tmp/out")" "$images" \
    "what is stored whole keeps all its members"

section "one pass"
# The body is not looked at twice: what is wrong in it is found all the same.
for bad in '{"a":1,}' '[1' '{"a":1}}' '{"a":1},"x":' '{"a":01}' '{"a":1} 2'; do
	{
		user a
		capture user 200 "\"body\":$bad"
		user b
	} >"$tmp/in"
	run sp-transform <"$tmp/in"
	is "$status $(echo "$out" | ids)" "1 a error b " "not JSON: $bad"
	like "$err" 'stdin:2: not a record: .* at byte [0-9]+$' "the place is named"
done
capture user 200 '"body":{"id":"x"},"body":{"id":"y"}' >"$tmp/in"
run sp-transform <"$tmp/in"
is "$status $(echo "$out" | ids)" "0 y kim " "the last of two bodies"
capture nonsense 200 '"body":{"id":"x"},"endpoint":"user"' >"$tmp/in"
run sp-transform <"$tmp/in"
is "$status $(echo "$out" | ids)" "0 x kim " "members after the body"
capture user 200 '"body":{"id":"x"},"type":"other"' >"$tmp/in"
run sp-transform <"$tmp/in"
is "$status $out" "0 $(cat "$tmp/in")" "another type after the body: no capture"
printf '%s' "$(user a)" | sed 's/"a"/"\xff"/' >"$tmp/in"
run sp-transform <"$tmp/in"
like "$status $err" '^0 sp-transform: stdin:1: .*UTF-8' "bytes that are no UTF-8 are repaired"

finish

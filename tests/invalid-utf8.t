#!/bin/sh
# Characters that are none: one of them costs no play, and the body that it is
# in is kept byte for byte. What is no JSON is refused, and kept whole.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy

api_start --user kim --seed 5
sp-fetch '/me/player/recently-played?limit=50' |
    jq -c '.body | .next = null | .items[7].track.name = "Slow Tide"' |
    tr -d '\n' >"$tmp/page.json"
is "$(jq '.items | length' "$tmp/page.json")" 50 "a page of 50 plays"
mkdir "$tmp/saved"
echo '{"id":"kim"}' >"$tmp/saved/me.json"
page=$tmp/saved/me_player_recently-played.json

# put BYTES: in the name of a track, in place of its space; as printf has them.
put() {
	python3 -c '
import sys
page = open(sys.argv[1], "rb").read()
name = b"Slow" + sys.argv[2].encode().decode("unicode_escape").encode(
    "latin-1") + b"Tide"
sys.stdout.buffer.write(page.replace(b"Slow Tide", name))' "$tmp/page.json" "$1"
}
serve() { api_start --user kim --serve "$tmp/saved"; }
# What is staged of the only capture: its form, and whether it is the page.
form() { sql 'select body_is_text from staging_raw'; }
body() { # its bytes, as a replay gives them
	sp-stage replay | python3 -c '
import base64, json, sys
for line in sys.stdin.buffer:
    c = json.loads(line)
    if c["type"] == "capture" and "body_base64" in c:
        sys.stdout.buffer.write(base64.b64decode(c["body_base64"]))
    elif c["type"] == "capture" and "text" in c:
        sys.stdout.buffer.write(c["text"].encode())
    elif c["type"] == "capture":
        sys.stdout.buffer.write(line[line.index(b"\"body\":") + 7:-2])'
}
name() { sql "select name from tracks where name like 'Slow_%Tide'"; }
rebuilt() { # whether a replay into a new database gives the same
	rm -f "$tmp"/new.db*
	sp-stage replay | sp-transform | sp-load --db "$tmp/new.db" &&
	    sp-load --digest --db "$tmp/new.db" >"$tmp/new" &&
	    sp-load --digest | cmp -s - "$tmp/new"
}

# try WHAT FORM NAME WARNING: fetches the page, which holds what is named.
try() {
	fresh
	run job
	is "$status $(sql 'select count(*) from play_history') $(form)" \
	    "0 50 $2" "$1: every play is stored"
	is "$(name)" "$3" "$1: the name"
	is "$err" "${4:+sp-fetch: /v1/me/player/recently-played?limit=50: $4 of the body}" \
	    "$1: said once, with its place"
	body | cmp - "$page" && rebuilt
	ok $? "$1: kept byte for byte, and rebuilt from that"
}
fffd=$(printf '\357\277\275')
at=$(($(grep -abo 'Slow Tide' "$tmp/page.json" | cut -d: -f1) + 5))
bad="invalid UTF-8 (taken as U+FFFD) at byte $at"
put ' ' >"$page"
serve
try "nothing" 0 "Slow Tide" ""
while IFS='|' read -r what bytes form name warning; do
	put "$bytes" >"$page"
	serve
	try "$what" "$form" "$(echo "$name" | sed "s/?/$fffd/g")" "$warning"
done <<EOF
half a pair of surrogates|\\\\ud83c|0|Slow?Tide|
the other half|\\\\udf19|0|Slow?Tide|
two halves the wrong way round|\\\\udf19\\\\ud83c|0|Slow??Tide|
a byte of another encoding|\\xe9|2|Slow?Tide|$bad
a byte that is never UTF-8|\\xff|2|Slow?Tide|$bad
an overlong slash|\\xc0\\xaf|2|Slow??Tide|$bad
a sequence cut short|\\xf0\\x9f\\x8c|2|Slow?Tide|$bad
a surrogate in UTF-8|\\xed\\xa0\\xbc|2|Slow???Tide|$bad
one too high|\\xf4\\x90\\x80\\x80|2|Slow????Tide|$bad
EOF
{ printf '\357\273\277'; cat "$tmp/page.json"; } >"$page"
serve
try "a byte order mark" 2 "Slow Tide" "byte order mark (skipped) at byte 1"

section "what is no JSON"
# refuse WHAT FORM REASON: what is served is refused, and kept whole.
refuse() {
	fresh
	serve
	run job
	is "$status $(sql 'select count(*) from play_history') $(form)" \
	    "69 0 $2" "$1: no JSON"
	like "$err" "$3" "$1: why"
	body | cmp - "$page"
	ok $? "$1: kept whole, $(wc -c <"$page") bytes"
}
put '\x01' >"$page"
refuse "a control character" 1 \
    "the body is not JSON: control character in a string at byte $at"
{ cat "$tmp/page.json"; echo "<!-- 17 ms -->"; } >"$page"
refuse "garbage after it" 1 "the body is not JSON"
{ cat "$tmp/page.json"; printf '\377'; } >"$page"
refuse "a byte after it" 2 "the body is not JSON"
{ cat "$tmp/page.json"; printf '\0'; } >"$page"
refuse "a NUL after it" 1 "the body is not JSON: more than one value"
iconv -f UTF-8 -t UTF-16 "$tmp/page.json" >"$page"
refuse "UTF-16" 2 "the body is not JSON: UTF-16, not UTF-8 at byte 1"
sp-stage replay | sp-transform >"$tmp/out" 2>"$tmp/err"
like "$(cat "$tmp/err")" "not json: UTF-16, not UTF-8 at byte 1 of the body" \
    "sp-transform reports what the body is"
# What is kept can be mapped, once there is a mapping for it.
{ cat "$tmp/page.json"; echo "<!-- 17 ms -->"; } >"$page"
refuse "garbage, again" 1 "the body is not JSON"
echo '.text | sub("<!--[^>]*>"; "") | fromjson.items[].track |
    select(.id) | {table: "tracks", known: {track_id: .id, name: .name}}' >"$tmp/text.jq"
run sh -c 'sp-stage replay | sp-transform -f "recently-played=$1" | sp-load' \
    sh "$tmp/text.jq"
is "$status $(name)" "0 Slow Tide" "by a mapping of one's own"

section "lines of other programs"
# wrapped: a capture made of the page, as a shell makes one.
wrapped() {
	printf '{"type":"capture","run":"%s","seq":1,"user":"kim",' "${1:-F}"
	printf '"endpoint":"recently-played","status":200,'
	printf '"fetched_at":"2026-11-22T07:00:00.000Z","body":'
	cat "$page"
	echo '}'
}
put '\xe9' >"$page"
fresh
wrapped >"$tmp/line"
run sh -c 'sp-stage <"$1" | sp-transform | sp-load' sh "$tmp/line"
is "$status $(sql 'select count(*) from play_history') $(form) $(name)" \
    "0 50 2 Slow${fffd}Tide" "a line with an invalid byte in its body"
is "$err" "sp-stage: stdin:1: F/1: invalid UTF-8 (taken as U+FFFD) at byte $(($(
	LC_ALL=C grep -abo 'Slow.Tide' "$tmp/line" | cut -d: -f1) + 5))" \
    "is said once"
body >"$tmp/body"
cmp "$page" "$tmp/body" && rebuilt
ok $? "and kept byte for byte"
sp-load --digest >"$tmp/want"
rm -f "$tmp"/new.db*
sp-transform <"$tmp/line" 2>"$tmp/err" | sp-load --db "$tmp/new.db"
sp-load --digest --db "$tmp/new.db" | cmp - "$tmp/want" &&
    grep -q '^sp-transform: stdin:1: F/1: invalid UTF-8' "$tmp/err"
ok $? "the same without sp-stage"
track=$(sql "select track_id from tracks where name like 'Slow_Tide'")
sp-stage why --capture tracks "$track" >"$tmp/why"
rm -f "$tmp"/new.db*
run sh -c 'sp-transform <"$1" | sp-load --db "$2"' sh "$tmp/why" "$tmp/new.db"
is "$status$(sp-load --digest --db "$tmp/new.db" | cmp - "$tmp/want")" 0 \
    "why --capture prints it"
is "$(sp-stage why tracks "$track" | jq -r 'select(.column == "name") |
    "\(.value) \(.run_id)/\(.seq)"')" "Slow${fffd}Tide F/1" "and why finds it"
sp-stage prune --keep 1d >"$tmp/out" 2>&1
is "$(sql 'select count(*) from staging_raw')" 1 "prune keeps it"
rebuilt
ok $? "and all can be rebuilt"
run sp-stage <"$tmp/line"
is "$status $(sql 'select count(*) from staging_raw')" "0 1" \
    "what is staged already is known"

# Another stage passes it on, as sp-stage would.
sp-fetch <"$tmp/line" >"$tmp/out" 2>"$tmp/err"
is "$(jq -r '.body_base64' "$tmp/out" | base64 -d | cmp - "$tmp/body")" "" \
    "sp-fetch passes it on"
fresh
{ printf '\357\273\277'; cat "$tmp/rows" 2>/dev/null
echo '{"type":"row","table":"tracks","row":{"track_id":"t1","name":"Tide"}}'
printf '{"type":"row","table":"tracks","row":{"track_id":"t2","name":"a\351b"}}\n'
printf '{"type":"row","table":"tracks","row":{"track_id":"t3","name":"a\001b"}}\n'
echo '{"type":"row","table":"tracks","row":{"track_id":"t4","name":"\ud800"}}'
} >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $(sql 'select name from tracks order by 1' | xargs)" \
    "1 Tide a${fffd}b $fffd" "rows: a mark, an invalid byte, a surrogate"
like "$err" '^sp-load: stdin:1: byte order mark \(skipped\) at byte 1$' \
    "the mark is said"
like "$err" '^sp-load: stdin:2: invalid UTF-8 \(taken as U\+FFFD\) at byte 64$' \
    "the byte too"
like "$err" '^sp-load: stdin:3: not a record: control character in a string at byte 64$' \
    "a control character is refused"
long=$(printf '%200000s' '' | tr ' ' 'x')
fresh
printf '{"type":"row","table":"tracks","row":{"track_id":"%s\001"}}\n' "$long" |
    sp-load 2>"$tmp/err"
is "$(sql 'select length(record) from ingest_errors')" 200054 \
    "and kept whole"

section "saved bodies"
for what in bytes mark pretty; do
	case $what in
	bytes) put '\xe9' >"$page" ;;
	mark) { printf '\357\273\277'; put '\xe9'; } >"$page" ;;
	pretty) jq . "$tmp/page.json" | sed "s/Slow Tide/Slow$(printf '\351')Tide/" \
	    >"$page" ;;
	esac
	fresh
	run sh -c 'sp-stage import --endpoint recently-played --user kim \
	    --fetched-at 2026-11-22 "$1" | sp-transform | sp-load' sh "$page"
	is "$status $(sql 'select count(*) from play_history') $(name)" \
	    "0 50 Slow${fffd}Tide" "import, $what"
	is "$(echo "$err" | grep -c ' at byte ')" 1 "import, $what: said once"
	body >"$tmp/body"
	[ $what != pretty ] || echo >>"$tmp/body"
	cmp "$tmp/body" "$page" && rebuilt
	ok $? "import, $what: kept byte for byte"
	sp-load --digest | grep -v '"staging' >"$tmp/want"
	rm -f "$tmp"/new.db*
	run sh -c 'sp-transform --user kim --fetched-at 2026-11-22 play-history \
	    <"$1" | sp-load --db "$2"' sh "$page" "$tmp/new.db"
	is "$status $(echo "$err" | grep -c ' at byte .* of the body')" "0 1" \
	    "sp-transform, $what"
	sp-load --digest --db "$tmp/new.db" | cmp - "$tmp/want"
	ok $? "sp-transform, $what: the same"
done
for bad in '123\0' '{}\0' '{"a":"\001"}' '{}x' '\377\376{\0}\0' '{"a":"\351",}'; do
	# shellcheck disable=SC2059
	printf "$bad" >"$tmp/bad.json"
	run sp-stage import --no-stage --endpoint me "$tmp/bad.json"
	like "$status $err" '^1 sp-stage: .*bad.json: not JSON: .* at byte [0-9]+$' \
	    "import refuses $bad"
	run sp-transform me <"$tmp/bad.json"
	is "$status $(jq -r 'select(.type == "error").code' "$tmp/out" | tail -n 1)" \
	    "1 not json" "and so does sp-transform"
done
run sp-transform me <"$tmp/saved/me.json"
is "$status $err" "0 " "a good one says nothing"

section "base 64 by hand"
typed() { # TEXT: a capture that has it as its body_base64
	printf '{"type":"capture","endpoint":"user","status":200,"url":"/v1/users/zed","fetched_at":"2026-11-22T07:00:00.000Z","body_base64":"%s"}\n' "$1"
}
names() { jq -r 'select(.table == "users").row.display_name // .code // empty'; }
text='{"id":"zed","display_name":"Zed with a name long enough for lines"}'
is "$(typed "$(echo "$text" | base64 -w 40 | sed 's/$/\\n/' | tr -d '\n')" |
    sp-transform | names)" "Zed with a name long enough for lines" \
    "what is JSON without a flaw, in lines"
is "$(typed 'e30*' | sp-transform 2>"$tmp/err" | names)" "bad capture" \
    "what is no base 64"
like "$(cat "$tmp/err")" "bad capture: 'body_base64' is not base 64" "is said"
fresh
typed 'e30*' | sp-stage 2>"$tmp/err" | names >"$tmp/out"
is "$(cat "$tmp/out") $(sql 'select count(*) from staging_raw')" \
    "bad capture 0" "nor is it staged"
is "$(typed "$(printf '<html>\351' | base64)" | sp-transform 2>"$tmp/err" |
    names)" "not json" "what is no JSON"
typed "$(echo "$text" | base64 -w 0)" | sp-stage >"$tmp/out"
is "$(sp-stage replay | jq -r '.body_base64 // empty' | base64 -d)" "$text" \
    "it is replayed as it came"

section "sizes"
# The longest way that a body can be written still fits the other programs.
head -c 60000000 /dev/zero | tr '\0' '\001' >"$page"
refuse "60 MB of control characters" 2 "the body is not JSON"
run sp-fetch --max-body 192M /me
is "$status" 64 "a body that would not fit is not fetched"
like "$err" '--max-body: more than [0-9]+ bytes, the most that' "which is said"
run sp-fetch --max-body 191M /me
is "$status" 0 "up to the most that does"
finish

#!/bin/sh
# Every program's ways to fail: the status of sp(7), and a message that names
# the place and the reason. `make valgrind T=error-messages` looks at the same for
# memory that is read before it is written, or after it is gone.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
unset SP_ACCOUNT SP_CLIENT_ID SP_API SP_TOKEN_URL
XDG_CONFIG_HOME=$tmp/config XDG_DATA_HOME=$tmp/data
export XDG_CONFIG_HOME XDG_DATA_HOME
in=/dev/null

# fails STATUS MESSAGE COMMAND...: with $in for its input. All that it says is
# printable text, a line each, and begins with its name.
fails() {
	want=$1 message=$2
	shift 2
	run "$@" <"$in"
	like "$status $err" "^$want $message" "$*"
	is "$(grep -vE "^(sp-[a-z]+: |try 'sp-|usage: |  +|retry|$)" "$tmp/err")" "" \
	    "says no more than that"
	iconv -f UTF-8 -t UTF-8 "$tmp/err" >/dev/null 2>&1 &&
	    ! grep -q "$(printf '[\001-\010\013-\037]')" "$tmp/err"
	ok $? "in plain text"
}
text() { printf "$1" >"$tmp/text"; in=$tmp/text; }

section "arguments"
for command in 'sp-queue' 'sp-queue bogus' 'sp-queue next bogus' \
    'sp-queue next all extra' 'sp-queue add --table x' 'sp-fetch me' \
    'sp-fetch login extra' 'sp-fetch --parallel 0' \
    'sp-stage bogus' 'sp-stage import --endpoint x' 'sp-stage replay --since noon' \
    'sp-stage why' 'sp-stage prune --keep soon' \
    'sp-transform bogus' 'sp-transform --engine x' 'sp-load extra' \
    'sp-load --batch-rows x' 'sp-rehearse --port x' 'sp-rehearse --clock noon'; do
	fails 64 '(usage: )?sp-[a-z]+' $command
done

section "files"
echo 'no database' >"$tmp/no.db"
mkdir "$tmp/folder"
fails 78 'sp-queue: .*not a SQLite database' sp-queue next all --db "$tmp/no.db"
fails 78 'sp-stage: .*not a SQLite database' sp-stage --db "$tmp/no.db"
fails 78 'sp-load: .*not a SQLite database' sp-load --db "$tmp/no.db"
fails 73 'sp-load: .*cannot open|unable to open' sp-load --db "$tmp/folder"
fails 78 'sp-transform: .*No such file' sp-transform -f "$tmp/none.jq"
echo '.[' >"$tmp/bad.jq"
fails 78 'sp-transform: .*bad.jq' sp-transform -f "$tmp/bad.jq"
fails 1 'sp-stage: .*No such file' sp-stage import \
    --endpoint me "$tmp/none.json"
fails 74 'sp-rehearse: .*' sp-rehearse --serve "$tmp/none"

for command in 'sp-queue status' 'sp-queue list' 'sp-queue count' \
    'sp-queue drop 37i9dQZF1DXcBWIGoYBM5M' 'sp-queue unblock' \
    'sp-stage runs' 'sp-stage replay' 'sp-stage why tracks x' 'sp-load --digest' \
    'sp-load --rematch'; do
	fails 73 "${command%% *}: .*/none.db: no such database: the first sp-run" \
	    $command --db "$tmp/none.db"
done
[ ! -e "$tmp/none.db" ]
ok $? "and none of them creates it"

section "logins"
fails 77 'sp-fetch: not logged in' sp-fetch /me
for token in '' '{' '[]' '3' 'null' '{}' '{"access_token":5}' \
    '{"access_token":"a","refresh_token":[]}' '{"client_id":"\\ud800"}'; do
	printf %s "$token" >"$tmp/token.json"
	fails '(77|78)' 'sp-fetch: ' sp-fetch --token-file "$tmp/token.json" /me
done

section "answers"
mkdir "$tmp/saved"
for body in '[]' 3 null '"x"' true '{}' '{"id":5}' '{"id":""}' '{"id":null}' \
    '{"error":{"status":500}}'; do
	printf %s "$body" >"$tmp/saved/me.json"
	api_start --serve "$tmp/saved"
	# By a plan, of a user who is not known: it is found out first.
	echo '{"type":"run","run":"R","job":"play-history","account":"default"}
{"type":"request","run":"R","seq":1,"endpoint":"recently-played","url":"/v1/me/player/recently-played"}
{"type":"end","run":"R","status":"complete","ledger":[]}' >"$tmp/plan"
	in=$tmp/plan
	fails '(1|65|69|77)' 'sp-fetch: ' sp-fetch --backoff 1ms --retries 1
	in=/dev/null
done
rm "$tmp/saved/me.json"
echo '{"items":[]}' >"$tmp/saved/me_player_recently-played.json"
api_start --serve "$tmp/saved"
for status in 204 400 401 403 404 429 500 503; do
	[ $status -ge 400 ] || continue
	api_post "fault?kind=$status&times=0&retry_after=90000"
	fails '(69|75|77|1|0)' '(sp-fetch: .*|$)' \
	    sp-fetch --backoff 1ms --retries 1 /me
	api_post 'fault?clear=1'
done
for kind in reset cut html badjson huge redirect; do
	api_post "fault?kind=$kind&times=0"
	fails '(1|69)' 'sp-fetch: ' sp-fetch --backoff 1ms --retries 1 \
	    --timeout 2s --max-body 64K /me/player/recently-played
	api_post 'fault?clear=1'
done
fails 69 'sp-fetch: ' sp-fetch --api http://127.0.0.1:9 --backoff 1ms \
    --retries 1 /me

section "lines"
# What is no record, or one that is broken, for each that reads a stream.
for program in sp-fetch sp-stage sp-transform sp-load; do
	for line in 'none' '{' '{"type":' '[1,2' '{"type":"row"}' \
	    '{"type":"capture"}' '{"type":"capture","body":{}}' \
	    '{"type":"capture","endpoint":5,"body":{}}' \
	    '{"type":"capture","endpoint":"none","body":{}}' \
	    '{"type":"capture","endpoint":"me","user":[],"body":{}}' \
	    '{"type":"capture","endpoint":"me","fetched_at":"noon","body":{}}' \
	    '{"type":"row","table":5,"row":{}}' \
	    '{"type":"row","table":"tracks","row":[]}' \
	    '{"type":"row","table":"tracks","row":{"track_id":null}}' \
	    '{"type":"row","table":"tracks","row":{"track_id":{"a":1}}}' \
	    '{"type":"row","table":"playlist_tracks","op":"page","row":{}}' \
	    '{"type":"row","table":"playlist_tracks","op":"page","row":{"items":5}}' \
	    '{"type":"row","table":"cursors","row":{"user_id":"k","job":"j","value":"x"}}' \
	    '{"type":"request"}' '{"type":"request","url":5}' \
	    '{"type":"request","url":"//evil.example/v1"}' \
	    '{"type":"run"}' '{"type":"run","run":5}' '{"type":"end"}' \
	    '{"type":"error"}' '{"type":"error","reason":5,"src":[]}' \
	    "$(printf '{"a":"\001"}')" "$(printf '{"a":"\377"}')"; do
		printf '%s\n' "$line" >"$tmp/line"
		run timeout 60 "$program" <"$tmp/line"
		case $status in
		0 | 1 | 65 | 77) good=0 ;;
		*) good=1 ;;
		esac
		# An error was reported by the program that sent it.
		case $status:$err:$line in
		[1-9]*::*'"error"'*) ;;
		[1-9]*::*) good=1 ;;
		esac
		ok $good "$program: $line: $status"
	done
done
text '{"type":"run","run":"R","job":"profile"}\n'
fails 65 'sp-load: .*R: .*' sp-load
text '{"id":'
fails 1 'sp-transform: stdin:1: not json' sp-transform me
fails 1 'sp-stage: ' sp-stage import --endpoint me -
printf '%s\n' '{"type":"capture","endpoint":"me","user":"kim","status":200,"body":{"id":"kim"}}' >"$tmp/text"
for filter in '.[' 'error("no")' 'error(null)' '1' '{table:5}' '{table:"x"}' \
    '{table:"users",row:5}' '[range(1e9)]' 'def f: f; f' '0|strftime(1)'; do
	echo "$filter" >"$tmp/bad.jq"
	case $filter in
	'.[') continue ;;
	esac
	fails '(1|65)' 'sp-transform: ' sp-transform --timeout 9s -f "$tmp/bad.jq"
done
finish

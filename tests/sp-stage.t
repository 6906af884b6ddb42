#!/bin/sh
# sp-stage: captures are kept before they go on, and come back as they were.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh


body='{"n":[1.0,1e400,12345678901234567890,-0],"s":"\u0041\/\ud83d\ude00é"}'
cat >"$tmp/in" <<E2
{"type":"run","run":"R1","job":"play-history","account":"default","user":"kim","started_at":"2026-11-22T06:40:00.123Z"}
{"type":"request","run":"R1","seq":1,"url":"/v1/me"}
{"type":"capture","run":"R1","seq":1,"endpoint":"recently-played","user":"kim","url":"https://api.spotify.com/v1/me","status":200,"fetched_at":"2026-11-22T06:40:00.456Z","page":1,"body":$body}
{"type":"capture","run":"R1","seq":2,"endpoint":"me","user":"kim","url":"https://api.spotify.com/v1/me","status":502,"fetched_at":"2026-11-23T06:40:00.456Z","text":"<html>\"bad\" gateway"}
{"type":"novelty","x":1}
{"type":"row","table":"tracks","row":{}}
{"type":"error","stage":"sp-fetch","reason":"none"}
{"type":"end","run":"R1","status":"complete","ledger":[]}
E2

section "the filter"
run sp-stage <"$tmp/in"
is "$status" 0 "a good stream"
is "$(echo "$out" | head -n 7)" "$(head -n 7 "$tmp/in")" \
    "all but the end is passed on byte for byte"
is "$(echo "$out" | tail -n 1 | jq -c .ledger)" \
    '[{"stage":"sp-stage","takes":"capture","in":{"other":1,"run":1,"request":1,"capture":2,"row":1,"error":1},"passed":{"other":1,"run":1,"request":1,"capture":2,"row":1,"error":1}}]' \
    "the end has the ledger, which balances"
is "$(sql -init examples/staging.sql "select body from staging
	where seq = 1")" "$body" \
    "a body is kept byte for byte"
is "$(sql "select user_id, url, status, fetched_at, body_is_text, extra_json
	from staging_raw where seq = 1")" \
    'kim|https://api.spotify.com/v1/me|200|2026-11-22T06:40:00.456Z|0|{"page":1}' \
    "and what else the capture says"
is "$(sql "select run_id, job, user_id, status from ingest_runs")" \
    "R1|play-history|kim|failed" "the run is on record, as failed so far"
run sp-stage <"$tmp/in"
is "$status $(sql 'select count(*) from staging_raw')" "0 2" \
    "a capture is not staged twice"
sed -n 3p "$tmp/in" | sed 's/"page":1,"body":.*/"body":{"other":1}}/' >"$tmp/other"
run sp-stage <"$tmp/other"
is "$status" 1 "another body under the same run and seq is refused"
like "$out" '"type":"error".*"src":"R1/1".*"code":"bad capture"' "with an error"

section "another capture under the same run and seq"
own="to stage this one too, give it a run of its own"
for change in endpoint:.endpoint='"me"' user:.user='"lee"' \
    url:.url='"/v1/x"' status:.status=404 page:.page=2 \
    user:.user=null 'page:del(.page)' 'list:{list:"L"}+.' \
    fetched_at:.fetched_at='"2026-11-22T06:40:00.457Z"'; do
	sed -n 3p "$tmp/in" | jq -c "${change#*:}" |
	    sed 's/"body":.*//' >"$tmp/head"
	printf '%s"body":%s}\n' "$(cat "$tmp/head")" "$body" >"$tmp/changed"
	run sp-stage <"$tmp/changed"
	like "$status $err" "^1 .*staged, with another '${change%%:*}': $own" \
	    "${change#*:} is refused, and how to stage it said"
done
is "$(sed 's/"run":"R1"/"run":"R1b"/' "$tmp/changed" | sp-stage | jq -r .run)" R1b \
    "with a run of its own it is"
sql "delete from staging_raw where run_id = 'R1b'"
sed -n 3p "$tmp/in" | sed 's/"page":1,//; s/{"type"/{"b":[1, 2],"page":1,"type"/
    s/R1/R5/' >"$tmp/order"
sed 's/"b":\[1, 2\],"page":1/"page":1,"b":[1,2]/' "$tmp/order" >"$tmp/order2"
is "$(cat "$tmp/order" "$tmp/order2" | sp-stage | wc -l | tr -d ' ')" 2 \
    "the order of other members, and white space in them, say nothing"
is "$(sql "select count(*) from staging_raw where run_id = 'R5'")" 1 \
    "so that it is the same capture"
sql "delete from staging_raw where run_id = 'R5'"

section "when a capture was fetched"
sed -n 3p "$tmp/in" | sed 's/R1/R6/; s/"fetched_at":"[^"]*",//' >"$tmp/timeless"
run sp-stage <"$tmp/timeless"
at=$(echo "$out" | jq -r .fetched_at)
like "$at" '^20[0-9-]*T[0-9:]*\.[0-9]{3}Z$' "one without a time gets one"
is "$(sql "select fetched_at from staging_raw where run_id = 'R6'")" "$at" \
    "which is stored"
is "$(sp-stage replay --run R6 | jq -r 'select(.seq).fetched_at')" "$at" \
    "and comes back"
is "$(sp-stage <"$tmp/timeless" | jq -r .fetched_at)" "$at" \
    "staged again, it has that time"
sql "delete from staging_raw where run_id = 'R6'"
n=0
for at in 2026-11-22T06:40:00Z 2026-11-22T07:40:00+01:00 \
    2026-11-22T06:40:00.000000Z 2026-11-21T22:40:00.000-08:00; do
	n=$((n + 1))
	sed -n 3p "$tmp/in" | sed "s/R1/R7/; s/\"seq\":1/\"seq\":$n/
	    s/\"fetched_at\":\"[^\"]*\"/\"fetched_at\":\"$at\"/"
done >"$tmp/spellings"
is "$(sp-stage <"$tmp/spellings" | jq -r .fetched_at | uniq)" \
    2026-11-22T06:40:00.000Z "times go on in one form"
for options in "4 --since 2026-11-22T06:40:00Z" "0 --since 2026-11-22T06:40:00.001Z" \
    "0 --until 2026-11-22T06:40:00Z" "4 --until 2026-11-22T06:40:00.001Z" \
    "4 --since 2026-11-22T07:40:00+01:00" "4 --until 2026-11-22T07:40:00.5+01:00"; do
	# shellcheck disable=SC2086
	is "$(sp-stage replay --run R7 ${options#* } 2>/dev/null |
	    grep -c '"type":"capture"')" "${options%% *}" "${options#* } compares times"
done
is "$(sp-stage <"$tmp/spellings" | wc -l | tr -d ' ')" 4 \
    "in any spelling it is the same capture"
sql "delete from staging_raw where run_id = 'R7'"
for at in '"yesterday"' '""' '"2026-11-22"' '"2026-13-01T00:00:00Z"' \
    '"9999-12-31T23:59:59-01:00"' 1795329600 '{}'; do
	sed -n 3p "$tmp/in" | sed "s/R1/R8/; s/\"fetched_at\":\"[^\"]*\"/\"fetched_at\":$at/"
done | sp-stage >"$tmp/out" 2>"$tmp/err"
is "$(sort -u "$tmp/out" | jq -r .code | uniq -c | xargs)" "7 bad capture" \
    "what is no time is refused"
is "$(sql "select count(*) from staging_raw where run_id = 'R8'")" 0 \
    "and spoils no replay"

section "replay"
run sp-stage replay
is "$(echo "$out" | sed -n '2,3p')" \
    "$(grep '"type":"capture"' "$tmp/in")" "captures come back byte for byte"
is "$(echo "$out" | jq -r .type | xargs)" "run capture capture end" \
    "as a run of their own"
is "$(echo "$out" | jq -c 'select(.type == "run") | [.job, .captures]')" \
    '["replay",2]' "which says how many will come"
uncommitted() { sp-stage replay | jq -c 'select(.type == "run").uncommitted'; }
is "$(uncommitted)" '["R1"]' "and that their run did not end well"
sql "update ingest_runs set status = 'complete'"
is "$(uncommitted)" '[]' "unless it did"
sql "insert into ingest_runs (run_id, job, user_id, status, started_at)
    select 'R9', job, user_id, 'complete', '2026-11-29' from ingest_runs;
    update ingest_runs set status = 'deferred' where run_id = 'R1'"
is "$(uncommitted)" '["R1"]' "whatever a later one of its job did"
sql "delete from ingest_runs where run_id = 'R9'"
is "$(echo "$out" | jq -c 'select(.type == "end").ledger')" \
    '[{"stage":"sp-stage","produced":{"run":1,"capture":2}}]' "and its ledger"
seqs() { sp-stage replay "$@" | jq -r 'select(.type == "capture").seq' | xargs; }
is "$(seqs --endpoint me)" 2 "--endpoint"
is "$(seqs --run R1)" "1 2" "--run"
is "$(seqs --user kim)" "1 2" "--user"
is "$(seqs --since 2026-11-23)" 2 "--since a date"
is "$(seqs --until 2026-11-23T00:00:00Z)" 1 "--until"
is "$(seqs --until 2026-11-22)" 1 "--until a day, which it includes"
is "$(TZ=Asia/Tokyo; export TZ; seqs --until '2026-11-23 15:40')" 1 "a local time"
is "$(TZ=Asia/Tokyo; export TZ; seqs --until '2026-11-23 15:41')" "1 2" \
    "and a minute later"
is "$(seqs --since 2026-11-22T06:40:00.456Z)" "1 2" "--since takes the moment"
is "$(seqs --until 2026-11-23T06:40:00.456Z)" 1 "--until does not"
run sp-stage replay --run none
is "$status $out" "65 " "nothing chosen is a failure, with no output"
sp-stage replay | sp-stage --db "$tmp/copy.db" >/dev/null
is "$(sqlite3 "$tmp/copy.db" 'select * from staging_raw')" \
    "$(sql 'select * from staging_raw')" "a replay stages the same elsewhere"
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	echo "{\"type\":\"capture\",\"run\":\"R2\",\"seq\":$i,\"endpoint\":\"me\",\"body\":{}}"
done | sp-stage >/dev/null
is "$(sp-stage replay --run R2 | jq -r 'select(.type == "capture").seq' | xargs)" \
    "$(seq 200 | xargs)" "many captures come back in order"

section "rows of an exported file"
fresh
exported='"endpoint":"me","user":"kim","sha256":"ab","first_row":1'
echo "{\"type\":\"capture\",\"run\":\"E1\",\"seq\":4,$exported,\"rows\":2,
    \"fetched_at\":\"2026-01-02T00:00:00.000Z\",\"file\":\"a\",\"body\":[1,2]}" |
    tr -d '\n' >"$tmp/first"
sed 's/E1/E2/; s/:4/:9/; s/2026/2027/; s/"a"/"b"/' "$tmp/first" >"$tmp/again"
sp-stage <"$tmp/first" >"$tmp/out"
is "$(sp-stage <"$tmp/again" | jq -cS .)" "$(jq -cS . "$tmp/out")" \
    "the same rows go on as they came first"
is "$(sql 'select count(*) from staging_raw')" 1 "and are stored once"
is "$(sp-stage replay | jq -cS 'select(.seq)')" "$(jq -cS . "$tmp/out")" \
    "a replay has all members"
for other in user:robin sha256:cd first_row:3 rows:1; do
	jq -c --arg other "$other" '($other / ":") as $o | .run = $other
	    | .[$o[0]] = ($o[1] | tonumber? // .)' "$tmp/first" | sp-stage >/dev/null
done
is "$(sql 'select count(*) from staging_raw')" 5 \
    "of another user, file, row or number they are others"

section "import"
fresh
printf '{\n  "items" : [ 1.0,\t{"a": "b  c"} ]\n}\n' >"$tmp/page1.json"
printf '{"x":1} {"y":2}\n[3]' >"$tmp/many.json"
printf '<html>' >"$tmp/page.html"
: >"$tmp/empty"
touch -d 2026-05-04T03:02:01Z "$tmp/page1.json"
run sp-stage import --endpoint recently-played --user kim "$tmp/page1.json" \
    "$tmp/page.html" "$tmp/many.json" "$tmp/nowhere" "$tmp/empty"
is "$status" 1 "files that are no JSON are refused"
is "$(echo "$out" | grep '"type":"capture"' | sed 's/.*"body"://; s/}$//')" \
    '{"items":[1.0,{"a":"b  c"}]}
{"x":1}
{"y":2}
[3]' "each body is a capture, several in a file too"
is "$(echo "$out" | jq -c 'select(.seq == 1) |
	[.user, .endpoint, .status, .fetched_at]')" \
    '["kim","recently-played",200,"2026-05-04T03:02:01.000Z"]' \
    "fetched when the file was written"
is "$(echo "$err" | sed "s|$tmp/||")" \
    "sp-stage: page.html: not JSON: no value at byte 1
sp-stage: nowhere: cannot read: No such file or directory
sp-stage: empty: empty" "each refusal names file and reason"
is "$(echo "$out" | jq -r 'select(.type == "error").code' | sort | uniq -c |
	xargs)" "3 bad body" "and is an error in the stream"
is "$(sql 'select count(*) from staging_raw')" 4 "the bodies are staged"
run sp-stage import --endpoint me --fetched-at 2026-01-02T03:04:05Z <"$tmp/page1.json"
is "$(echo "$out" | jq -r 'select(.type == "capture").fetched_at')" \
    "2026-01-02T03:04:05.000Z" "--fetched-at, and a body from stdin"
fresh
run sp-stage import --no-stage --endpoint me "$tmp/page1.json"
[ ! -e "$SP_DB" ]
ok $? "--no-stage touches no database"
for name in recently-playd:recently-played play-list:playlist \
    Me:me; do
	run sp-stage import --endpoint "${name%%:*}" "$tmp/page1.json"
	like "$status $out$err" "^64 .*unknown endpoint '${name%%:*}': did you mean '${name#*:}'" \
	    "an endpoint without a mapping: ${name%%:*}"
done
for name in '' prelude unknown "$(printf '%070d' 0)"; do
	run sp-stage import --endpoint "$name" "$tmp/page1.json"
	is "$status $out" "64 " "nor is one '$name'"
done
run sp-stage import --no-stage --any-endpoint --endpoint unknown "$tmp/page1.json"
is "$status $(echo "$out" | jq -r 'select(.seq).endpoint')" "0 unknown" \
    "--any-endpoint takes any"

section "what is broken"
fresh
for bad in '{"type":"capture","run":"B","seq":1,"body":{}}' \
    '{"type":"capture","run":"B","seq":1,"endpoint":"me"}' \
    '{"type":"capture","run":"B","seq":"1","endpoint":"me","body":{}}' \
    '{"type":"capture","run":7,"seq":1,"endpoint":"me","body":{}}'; do
	echo "$bad" >"$tmp/bad"
	run sp-stage <"$tmp/bad"
	is "$status" 1 "refused: $bad"
	like "$err" '^sp-stage: stdin:1: ' "by line"
done
printf '%s\n' garbage '{"type":"capture","endpoint":"me","body":1}' '[]' >"$tmp/bad"
run sp-stage <"$tmp/bad"
is "$status $(sql 'select count(*) from staging_raw')" "1 1" \
    "bad lines are refused alone"
is "$(echo "$err" | grep -c 'stdin:[13]: not a record')" 2 "by number"
{
	head -c 3000000 /dev/zero | tr '\0' x
	printf '\n{"type":"capture","endpoint":"long","body":1}'
} >"$tmp/long"
run sp-stage --max-line 1M <"$tmp/long"
is "$status $(sql "select count(*) from staging_raw where endpoint = 'long'")" \
    "1 1" "an over-long line is skipped, a last line needs no newline"
like "$err" 'stdin:1: line longer than 1048576 bytes' "and named"
run sp-stage </dev/null
is "$status $out" "0 " "empty input"
head -n 3 "$tmp/in" >"$tmp/cut"
run sp-stage <"$tmp/cut"
is "$status" 65 "a run without its end was cut"
like "$err" 'run R1: no end record: the input is incomplete' "which is said"
is "$(sql "select count(*) from staging_raw where run_id = 'R1'")" 1 \
    "what had come is kept"

section "the world is broken"
run sp-stage --db /proc/no/such.db <"$tmp/in"
is "$status $out" "73 " "a database that cannot be created: nothing passes"
if [ -e /dev/full ]; then
	status=0
	sp-stage <"$tmp/in" >/dev/full 2>"$tmp/err" || status=$?
	is "$status" 74 "stdout is a full disk"
	is "$(sql "select count(*) from staging_raw where run_id = 'R1'")" 2 \
	    "what was taken in is staged all the same"
	status=0
	sp-stage replay >/dev/full 2>/dev/null || status=$?
	is "$status" 74 "replay to a full disk"
	status=0
	sp-stage runs >/dev/full 2>/dev/null || status=$?
	is "$status" 74 "runs to a full disk"
fi
if command -v timeout >/dev/null; then
	# More than a pipe holds, so that it has to meet the closed end.
	i=0
	while [ $i -lt 2000 ]; do
		i=$((i + 1))
		echo "{\"type\":\"capture\",\"run\":\"R3\",\"seq\":$i,\"endpoint\":\"me\",\"body\":{}}"
	done | sp-stage >/dev/null
	{ timeout 20 "$build/sp-stage" replay 2>/dev/null; echo $? >"$tmp/rc"; } |
	    head -n 1 >"$tmp/head"
	[ "$(cat "$tmp/rc")" -ne 124 ] && [ "$(cat "$tmp/rc")" -ne 0 ]
	ok $? "a closed reader ends it: $(cat "$tmp/rc")"
else
	skip "no timeout here" "a closed reader ends it"
fi

# A capture goes on only when it is committed; there is no lock meanwhile.
fresh
mkfifo "$tmp/fifo"
: >"$tmp/passed"
# The program itself, and not a shell that runs it: it is to be killed.
"$build/sp-stage" <"$tmp/fifo" >>"$tmp/passed" 2>/dev/null &
pid=$!
exec 3>"$tmp/fifo"
sed -n '1,3p' "$tmp/in" >&3
wait_until prints 3 grep -c . "$tmp/passed"
is "$(sql 'select count(*) from staging_raw')" 1 \
    "what came out is in the database, while input stays open"
sql -cmd '.timeout 2000' "insert into cursors (user_id, job, value)
    values ('k', 'j', 1)"
ok $? "there is no write lock while sp-stage waits for input"
kill -9 $pid
exec 3>&-
wait $pid 2>/dev/null
is "$(sql 'select count(*) from staging_raw')" 1 "kill -9 loses nothing of it"
is "$(sql 'pragma integrity_check')" ok "and breaks nothing"

section "runs"
is "$(sp-stage runs | jq -c '[.type, .run_id, .status]')" \
    '["ingest_run","R1","failed"]' "runs gives NDJSON in a pipe"
like "$(sp-stage runs --table)" '^RUN +JOB +STARTED \(UTC\) +STATUS' "--table aligns"
is "$(sp-stage runs --limit 1 | wc -l)" 1 "--limit"
note() { # REASON GAPS: the note on a run with these
	sql "update ingest_runs set reason = $1, gaps_json = $2"
	sp-stage runs --table | sed -n '2s/.*  //p'
}
gap() { echo "{\"from\":\"2026-01-0$1\",\"to\":\"2026-01-0$2\"}"; }
is "$(note "'a reason'" null)" "a reason" "a note: the reason"
lost="plays between 2026-01-01 and 2026-01-02 may be missing"
sql "insert into play_coverage (user_id, covered_from, covered_to) values
    ('kim', '2025-12-31', '2026-01-01'), ('kim', '2026-01-02', '2026-01-03'),
    ('kim', '2026-01-04', '2026-01-05'), ('kim', '2026-01-06', '2026-01-07')"
is "$(note null "'[$(gap 1 2)]'")" "$lost" "a gap"
is "$(note "'a reason'" "'[$(gap 1 2)]'")" "a reason; $lost" "or both"
is "$(note null "'[$(gap 1 2),$(gap 3 4)]'")" "$lost, and 1 more gap" \
    "of two gaps, that there is another"
is "$(note "''" "'[$(gap 1 2),$(gap 3 4),$(gap 5 6)]'")" \
    "$lost, and 2 more gaps" "of three, two"
is "$(note null "'[$(gap 2 3),$(gap 1 2),$(gap 4 5)]'")" "$lost" \
    "a gap that was closed is none"
run sp-stage runs --db "$tmp/none.db"
is "$status" 73 "runs of no database"
for bad in 'sing' 'replay more' '--no-such' 'replay --since soon' \
    '--max-line none' 'runs --limit 0'; do
	# shellcheck disable=SC2086
	run sp-stage $bad </dev/null
	is "$status" 64 "usage: '$bad'"
done

section "long bodies"
{ printf '{"id":"'; head -c 70000000 /dev/zero | tr '\0' x; echo '"}'; } \
    >"$tmp/long.json"
run "$build/sp-stage" import --no-stage --max-line 64M --endpoint me \
    "$tmp/long.json"
like "$status $err" '^1 .*longer than --max-line' "a body of 70 MB is too long"
run sh -c "'$build/sp-stage' import --no-stage --endpoint me \
    '$tmp/long.json' | wc -c"
like "$status $err $out" '^0  7[0-9]{7}$' "but not for the default"
rm "$tmp/long.json"

section "options of other commands"
for bad in '--refused --since 2026-01-01' 'runs --since 2026-01-01' \
    'replay --limit 1' 'replay --vacuum' '--no-stage' 'replay -n' \
    '--keep 1d replay' 'why --refused tracks t1'; do
	# shellcheck disable=SC2086
	run "$build/sp-stage" $bad </dev/null
	like "$status $err" "^64 sp-stage: .*not an option here: '--" \
	    "sp-stage $bad"
done
finish

#!/bin/sh
# No play is lost, and none in silence: late ones, pages that are not full,
# dates of the future, pages fetched by hand, clocks that are wrong.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
SP_TOKEN_FILE=$tmp/login/token.json
export SP_TOKEN_FILE
mkdir -m 700 "$tmp/login"
plays=$tmp/plays
: >"$plays"
python3 -B tests/plays.py "$tmp/port" "$SP_TOKEN_FILE" "$plays" "$tmp/log" &
server=$!
trap 'kill $server; clean_up' EXIT
wait_until [ -s "$tmp/port" ]

# All is as of three days ago, so that none of it is of the future.
began=$(($(date +%s) / 3600 * 3600 - 3 * 24 * 3600))
# at HOURS [SECONDS]: that time.
at() { date -u -d "@$((began + $1 * 3600 + ${2:-0}))" +%FT%T.000Z; }
# shown HOURS [SECONDS]: the same, as messages and tables show it.
shown() { date -d "$(at "$@")" "+%F %H:%M"; }
# some FROM TO [ID]: a play every ten minutes, from one hour to another.
some() {
	i=$(($1 * 6))
	while [ $i -lt $(($2 * 6)) ]; do
		echo "$(at 0 $((i * 600))) ${3:-t}$i"
		i=$((i + 1))
	done
}
load() { sp-stage | sp-transform | sp-load; }
job() { sp-queue next "$@" play-history | sp-fetch --backoff 5ms | load; }
by_hand() { sp-fetch "$1" | load; }
asked() { sed 's/[^?]*?//' "$tmp/log"; : >"$tmp/log"; }
count() { sql 'select count(*) from play_history'; }
gaps() { sql "select gap_from || ' ' || gap_to from play_gaps"; }
note() { sp-stage runs --limit 1 --table | sed -n '2s/.*  \(plays\)/\1/p'; }
# missing: plays that were to be seen, and are not in the table.
missing() {
	sql 'select played_at, track_id from play_history' | tr '|' ' ' |
	    sort >"$tmp/stored"
	sort -u "$tmp/shown" | comm -23 - "$tmp/stored"
}
# show: what the API has now, the limits first.
show() { cat >"$plays"; grep -v '^[a-z]' "$plays" >>"$tmp/shown"; }
begin() {
	fresh
	: >"$tmp/log"
	: >"$tmp/shown"
}
# same NAME: the captures give the same once more, and backwards.
same() {
	sp-load --digest >"$tmp/live"
	for order in cat tac; do
		rm -f "$tmp"/again.db*
		sp-stage replay >"$tmp/replay"
		{
			head -n 1 "$tmp/replay"
			sed '1d;$d' "$tmp/replay" | $order
			tail -n 1 "$tmp/replay"
		} | sp-transform | sp-load --db "$tmp/again.db" 2>"$tmp/rebuilt.err"
		is "$(sp-load --digest --db "$tmp/again.db" |
		    diff "$tmp/live" -)" "" "$1: a rebuild is the same ($order)"
	done
}

section "late plays"
begin
lost='' reported=''
for hour in $(seq 1 34); do
	{
		[ "$hour" -lt 31 ] || for i in 1 2 3 4 5 6 7 8; do
			echo "$(at $((i * 2)) 100) phone$i"
		done
		seq 1 "$hour" | while read -r i; do
			echo "$(at "$i" -60) speaker$i"
		done
	} | show
	run job
	reported=$reported$err
	lost=$lost$(missing)
done
is "$lost" "" "of a phone that was offline for 30 hours all plays are stored"
is "$(sql "select count(*) from play_history where track_id like 'phone%'")" 8 \
    "eight of them"
is "$reported $(gaps)" " " "and no gap is reported"
is "$(asked | sed '1,2d' | sort | uniq -c | sed 's/^ *//')" "33 limit=50" \
    "each run has sent one request, for all that the API has"
same "late plays"

section "pages that are not full"
begin
{ echo 'page 43'; some 0 8; } | show
job
{ echo 'hold 43'; echo 'page 43'; some 9 19; } | show
run job
lost="plays between $(shown 0 $((47 * 600))) and $(shown 0 $((71 * 600))) may be missing"
like "$status $err" "^0 .*$lost" "a page of 43 that does not reach back: a gap"
is "$(gaps)" "$(at 0 $((47 * 600))) $(at 0 $((71 * 600)))" "is in play_gaps"
is "$(sql "select json_extract(gaps_json, '\$[0].from') from ingest_runs
    where gaps_json is not null")" "$(at 0 $((47 * 600)))" "and in its run"
is "$(note)" "$lost" "runs names it"
run job
is "$status $err" "0 " "a gap is reported once"
same "a gap"
like "$(cat "$tmp/rebuilt.err")" "$lost" "a rebuild reports the gap, too"
some 7 14 | show
run job
is "$(gaps)" "" "late plays close it"
sp-stage runs --table >"$tmp/runs"
is "$(grep -c missing "$tmp/runs")" 0 "and runs does not name it any more"
same "a closed gap"

begin
{ echo 'page 7'; some 0 2; } | show
job
is "$(count) $(asked | grep -c before)" "12 2" \
    "pages are asked for as long as they are not empty"
{ echo 'page 7'; some 0 5; } | show
job
is "$(missing) $(gaps) $(asked | grep -c .)" "  3" \
    "then back to the cursor, and no further"
same "pages that join"

section "from a time on"
begin
{ echo 'page 7'; some 0 6; } | show
job --after "$(at 2)"
is "$(count) $(gaps)" "23 " "--after: the plays since then, in pages that join"
is "$(asked | head -n 1)" \
    "limit=50&after=$(date -d "$(at 2)" +%s)000" "asked for by their time"
some 0 6 | show
job
is "$(count) $(gaps)" "36 " "then all others"
same "plays from a time on"

section "dates of the future"
for when in '10 hours' '1 month' '2099-01-01'; do
	ahead=$(date -u -d "$when" +%FT%T.000Z)
	begin
	{ some 0 5; echo "$ahead ahead"; } | show
	job
	is "$(missing) $(cursor)" " $(at 0 $((29 * 600)))" \
	    "$when ahead: the play is stored, and the cursor is the newest other"
	{ some 4 12; echo "$ahead ahead"; } | show
	run job
	is "$status $err $(missing)" "0  " "and later ones come"
	{ some 14 23; echo "$ahead ahead"; } | show
	run job
	like "$err" "between $(shown 0 $((71 * 600))) and .* may be missing" \
	    "a gap behind it is reported"
	same "$when ahead"
done

# A database that was led astray before heals.
begin
some 0 5 | show
job
for value in 4070908800000 -5 9223372036854775807 1e30 "'x'"; do
	sql "update cursors set value = $value"
	is "$(sp-queue next play-history |
	    jq -c 'select(.type != "end") | .cursor')" "null
null" "a cursor that cannot be counts as absent: $value"
	run job
	is "$status $(cursor)" "0 $(at 0 $((29 * 600)))" "and is replaced"
done
sql "update cursors set value = 4070908800000, last_updated = null"
is "$(sp-queue next play-history | grep -c cursor)" 0 "one without its time, too"
job
is "$(cursor)" "$(at 0 $((29 * 600)))" "which is replaced as well"
echo '{"type":"row","table":"cursors","row":{"user_id":"kim",
    "job":"play-history","value":4070908800000}}' | tr -d '\n' | sp-load
is "$(cursor)" "$(at 0 $((29 * 600)))" "a row cannot move it beyond its time"

section "pages by hand"
begin
some 0 8 | show
job
was=$(cursor)
some 8 17 | show
: >"$tmp/shown"
by_hand /me/player/recently-played
is "$(cursor) $(gaps)" "$was " "a page by hand moves no cursor, and covers nothing"
sp-queue next play-history | grep '"type":"request"' | sed 's/limit=50/limit=20/' |
    sp-fetch | load
is "$(cursor) $(gaps)" "$was " "nor does a line that was copied from a plan"
is "$(sql "select count(*) from staging_raw where json_extract(extra_json,
    '\$.request') is not null")" 2 "which is of no run"
some 8 11 | show
curl -fsS "http://127.0.0.1:$(cat "$tmp/port")/v1/me/player/recently-played" |
    sp-stage import --endpoint recently-played --user kim |
    sp-transform | sp-load
is "$(cursor) $(gaps)" "$was " "nor does an import"
sp-stage replay | sp-transform | sp-load
is "$(cursor) $(gaps)" "$was " "nor do all of them, replayed"
some 8 17 | show
run job
is "$(missing) $(cursor)" " $(at 0 $((101 * 600)))" "the job stores all of them"
like "$err" "between $(date -d "$was" '+%F %H:%M') and" "a gap that may be one is reported as unknown"
same "pages by hand"

section "a clock that is wrong"
begin
some 0 5 | show
faked=$(ls /usr/lib*/*/faketime/libfaketime.so.1 \
    /usr/lib*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)
run env LD_PRELOAD="$faked" FAKETIME=+40d \
    ASAN_OPTIONS=verify_asan_link_order=0 FAKETIME_DONT_FAKE_MONOTONIC=1 \
    sh -c 'sp-queue next play-history | sp-fetch | sp-stage | sp-transform |
	sp-load'
is "$status $err $(missing) $(cursor)" "0   $(at 0 $((29 * 600)))" \
    "a run with the clock 40 days ahead stores the plays"
{ some 3 6; date -u -d '+20 days' +'%FT%T.000Z ahead'; } | show
is "$(sp-queue next all | jq -r 'select(.type == "run").job' | head -n 1)" \
    play-history "after it plays are due"
run job
is "$status $err $(missing) $(cursor)" "0   $(at 0 $((35 * 600)))" \
    "and go on as if nothing had been"
finish

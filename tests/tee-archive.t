#!/bin/sh
# An archive made with tee: each file of it works alone, without sp-stage, and
# all of them together are the database.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
. tests/lib/fetch.sh
. tests/lib/stream.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy

section "every run of weeks, as fetched"
api_start --user kim --seed 7 --playlists 55 --big-playlist 220 \
    --clock 2026-11-01T08:00:00Z
fresh
n=100
for week in 1 2 3; do
	for job in play-history playlists profile; do
		n=$((n + 1))
		sp-queue next --playlist-age 0s --profile-age 0s "$job" \
		    >"$tmp/plan.$n"
		sp-fetch --backoff 5ms <"$tmp/plan.$n" 2>"$tmp/err" | tee "$tmp/fetched.$n" |
		    sp-stage | tee "$tmp/staged.$n" | sp-transform |
		    tee "$tmp/mapped.$n" | sp-load 2>>"$tmp/err"
		jq -c 'select(.type == "row")' "$tmp/mapped.$n" >"$tmp/rows.$n"
	done
	[ "$week" = 3 ] || api_post 'clock?advance=7d'
done
is "$(cat "$tmp"/plan.* | jq -s 'map(select(.type == "request") | keys[]) |
	unique | map(select(test("etag|match|modified")))' | tr -d '\n')" "[]" \
    "no request is conditional"
is "$(cat "$tmp"/fetched.* | jq -s 'map(select(.type == "capture") |
	select(has("body") | not)) | length')" 0 \
    "each capture is a whole answer"
for i in $(seq 101 $n); do
	for name in fetched staged; do
		captures="$tmp/$name.$i"
		sp-transform <"$captures" >"$tmp/out" 2>"$tmp/err"
		is "$? $(jq -c 'select(.type == "row")' "$tmp/out" |
		    cmp - "$tmp/rows.$i" 2>&1)" "0 " \
		    "run $((i - 100)): sp-transform needs nothing but what was $name"
	done
done
sp-load --digest >"$tmp/want"
for i in $(seq $n -1 101); do
	sp-transform <"$tmp/fetched.$i" | sp-load --db "$tmp/other.db" \
	    2>>"$tmp/err"
done
sp-load --digest --db "$tmp/other.db" | diff - "$tmp/want" >"$tmp/differ"
is "$(cat "$tmp/differ")" "" "the archive alone, newest first, is the database"
rm -f "$tmp/other.db"*

section "a 304 that nobody asked for"
sql "vacuum into '$tmp/taken.db'"
# unasked REQUEST: what becomes of one.
unasked() {
	reset
	name=$(echo "$1" | jq -r .endpoint)
	fault 'kind=304'
	is "$(echo "$1" | try) $(asked)" \
	    "69: failed 69 balanced: 304: redirect 1" \
	    "$name: an unasked 304 fails the run, and is not tried again"
	like "$(cat "$tmp/err")" 'HTTP 304, but no request is conditional' \
	    "$name: it is said"
	fresh
	cp "$tmp/taken.db" "$SP_DB"
	sp-stage <"$tmp/out" | sp-transform | sp-load 2>"$tmp/err"
	is "$? $(sql "select status from ingest_runs where run_id = 'R1'")" "69 failed" \
	    "$name: to the end"
	sp-load --digest | diff - "$tmp/want" | grep '^[<>]' |
	    grep -v '"endpoint_status"' >"$tmp/differ"
	is "$(cat "$tmp/differ")" "" "$name: nothing is taken from it"
}
unasked "$me"
unasked "$recent"
unasked "$lists"

answer() {
	begin_run R
	capture me "$1" "$2"
	end_run R
}
echo '{table: "t", row: {n: .status}}' >"$tmp/mine.jq"
for code in 304 200 404; do
	for by in sp-stage sp-transform "sp-transform -f $tmp/mine.jq"; do
		# shellcheck disable=SC2086
		got=$(answer $code '"etag":"\"1\""' | $by 2>"$tmp/err" |
			jq -r '.code // .type' | xargs)
		is "$got: $(grep -c "R/1: .*'body', 'text' and 'body_base64' are missing" \
		    "$tmp/err")" "run bad capture end: 1" \
		    "${by%% *}: a $code with neither body nor text is refused"
	done
done
answer 200 '"etag":"\"1\"","body":{"id":"kim"}' | sp-stage >/dev/null
is "$(sp-stage replay --run R | jq -c 'select(.type == "capture") |
    [.etag, .body.id]')" '["\"1\"","kim"]' \
    "a member etag of a foreign capture is kept as it is"
finish

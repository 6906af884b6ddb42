#!/bin/sh
# sp-stage forget: what a run or a person brought is taken back, and the tables
# are as if it had never been loaded. SEED=n makes another history, HISTORIES=n
# more of them.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

# of JOB RUN DAY ENDPOINT BODY [MEMBERS]: a run with one capture, of user $user.
user=kim
of() {
	printf '{"type":"run","run":"%s","job":"%s","user":"%s"}\n' "$2" "$1" "$user"
	capture "$4" 200 "${6:+$6,}\"body\":$5" "$4" "$2" 1 "$3" |
	    sed "s/\"user\":\"kim\"/\"user\":\"$user\"/"
	end_run "$2"
}
# ROWS in the order of sp-stage, through the whole pipeline.
pipe() { sp-stage | sp-transform | sp-load; }
# forget ARGUMENT...: the whole pipeline; its status, and what forget said.
forget() {
	status=0
	sp-stage forget "$@" 2>"$tmp/err" | sp-transform 2>/dev/null | sp-load \
	    2>"$tmp/load.err" || status=$?
	err=$(cat "$tmp/err")
}
track() { sql "select name, popularity, created_at from tracks where track_id = '$1'"; }
# differs: in what the tables and their sources differ from a rebuild.
differs() {
	rebuild >"$tmp/want"
	digest | diff - "$tmp/want"
	python3 tests/lib/provenance.py "$SP_DB" "$tmp/rebuilt.db"
}
plays() { # TIME TRACK...: a page of plays
	printf '{"items":['
	for plays_track in $2; do
		printf '{"played_at":"%s","track":{"id":"%s","name":"Song","type":"track","uri":"spotify:track:%s","artists":[{"id":"a%s","name":"Artist"}],"album":{"id":"b","name":"Album"}}}%s' \
		    "$1" "$plays_track" "$plays_track" "$plays_track" "${3-}"
	done
	printf ']}'
}

section "column by column"
{
	of import R1 01 track '{"id":"t","name":"Old","popularity":1}'
	of import R2 05 track '{"id":"t","name":"Wrong"}'
	of import R3 03 track '{"id":"u","name":"Other"}'
	of import R4 07 track '{"id":"u","name":"Other"}'
} | pipe
run sp-stage forget -n --table R2
is "$out" "TABLE        ROWS  VALUES  PRUNED
staging_raw     1       0       0
tracks          0       1       0" "-n lists what would go"
is "$(track t)" "Wrong|1|2026-03-01T00:00:00.000Z" "and removes nothing"
run sp-stage forget -n R2
is "$(echo "$out" | tail -n 1)" \
    '{"type":"forget","table":"tracks","rows":0,"values":1,"pruned":0}' \
    "in a pipe it is JSON"
like "$err" '^sp-stage: forget: 1 capture and 1 value would be removed' \
    "and summed up"
forget R2
is "$status $(track t)" "0 Old|1|2026-03-01T00:00:00.000Z" \
    "what it had replaced is back"
like "$err" '1 capture and 1 value removed' "what went is said"
is "$(differs)" "" "as a rebuild"
is "$(sql "select status, reason from ingest_runs where run_id = 'R2'" |
    sed 's/on [-0-9]*/on DAY/')" \
    "forgotten|forgotten on DAY: 1 captures were removed" "the log says it"
is "$(sql "select job, status from ingest_runs order by run_id limit 1")" \
    "forget|complete" "and what replayed the rest"
is "$(sql "select count(*) from staging_raw
    where run_id = 'R2'")$(sql "select count(*) from sources
    where run_id = 'R2'")" 00 "no capture and no source of it is left"
forget R1
is "$status $(track t)" "0 " "a row that nothing asserts goes"
forget R3
is "$(track u)" "Other||2026-03-07T00:00:00.000Z" \
    "a row that another asserts is as new as that"
is "$(differs)" "" "as a rebuild, too"
forget R3
is "$status$err" \
    "0sp-stage: forget: no captures and no values are left of it" \
    "once more is nothing"

section "again"
of import R2 05 track '{"id":"t","name":"Right"}' | pipe
is "$(track t)" "Right||2026-03-05T00:00:00.000Z" "it can be loaded again"
is "$(sql "select status from ingest_runs where run_id = 'R2'")" complete \
    "and is no longer forgotten"

section "refused"
run sp-stage forget R9
is "$status $err" "65 sp-stage: forget: no such run: 'R9'" "an unknown run"
of play-history P1 09 recently-played \
    "$(plays 2026-03-08T10:00:00.000Z t)" | pipe
run sp-stage forget P1
is "$status" 64 "a run that was fetched"
like "$err" "P1 was fetched: the API may no longer have its plays: --even-plays" \
    "and why"
is "$(sql 'select count(*) from play_history')" 1 "nothing is removed"
forget --even-plays P1
is "$status $(sql 'select count(*) from play_history')" "0 0" \
    "with --even-plays it is taken back"
for options in "" "R1 --user kim" "--user kim --even-plays"; do
	# shellcheck disable=SC2086
	run sp-stage forget $options
	is "$status" 64 "the options '$options'"
done
# The process of this shell works on it.
of import R5 09 track '{"id":"w","name":"Now"}' | pipe
mkfifo "$tmp/busy"
sp-load <"$tmp/busy" 2>/dev/null &
exec 8>"$tmp/busy"
of import R6 09 track '{"id":"x"}' | sp-stage | sp-transform | head -n 1 >&8
wait_until [ "$(sql "select 1 from ingest_runs where run_id = 'R6'
    and process is not null")" = 1 ]
run sp-stage forget R5 8>&-
is "$status $err" "75 sp-stage: forget: run R6 is being loaded: try again when it has ended" \
    "while captures are being imported"
exec 8>&-
wait
is "$(sql "select count(*) from tracks where track_id = 'w'")" 1 \
    "and nothing is removed"

section "killed"
fresh
{
	for day in 01 02 03 04; do
		of import "K$day" $day track '{"id":"t'$day'","name":"One"}'
		of import "L$day" $day track '{"id":"s","name":"By '$day'"}'
	done
} | pipe
lock 'begin immediate'
sp-stage forget L04 >"$tmp/out" 2>"$tmp/err" 9>&- &
kill -9 $!
wait $! 2>/dev/null
unlock rollback
is "$(track s)" "By 04||2026-03-01T00:00:00.000Z" \
    "before it removes anything, nothing happened"
sp-stage forget L04 2>/dev/null | sp-transform >"$tmp/rows"
is "$(track s)" "||2026-03-01T00:00:00.000Z" "if sp-load never ran, it is removed"
like "$(sp-stage runs --table | grep ' forget ')" 'completes it' "sp-stage runs says so"
like "$(sp-queue status | grep '"job":"forget"')" 'the same sp-stage forget completes it' \
    "and sp-queue status"
mkfifo "$tmp/rest"
sp-load --batch-rows 1 --batch-time 0 <"$tmp/rest" 2>/dev/null &
exec 8>"$tmp/rest"
head -n 3 "$tmp/rows" >&8
wait_until [ "$(sql "select 1 from ingest_runs where job = 'forget'
    and process is not null")" = 1 ]
kill -9 $!
exec 8>&-
wait $! 2>/dev/null
forget L04
is "$status $(track s)" "0 By 03||2026-03-01T00:00:00.000Z" \
    "the same command completes what was killed"
is "$(differs)" "" "as a rebuild"
is "$(sql "select count(*), max(status) from ingest_runs
    where job = 'forget'")" "1|complete" "and its run is complete"

section "what was pruned"
fresh
{
	of play-history P1 01 track '{"id":"t","name":"First"}'
	of play-history P2 02 track '{"id":"t","name":"Second"}'
	of play-history P3 03 track '{"id":"t","name":"Third"}'
	of play-history P4 03 track '{"id":"new","name":"New"}'
} | pipe
run sp-stage forget -n P3
like "$out" '"tracks","rows":0,"values":1,"pruned":0' "nothing was"
sp-stage prune --keep 0 2>/dev/null
run sp-stage forget -n P3
like "$out" '"tracks","rows":0,"values":1,"pruned":1' \
    "a value whose earlier capture was pruned is counted"
like "$err" 'up to 4 of these values had replaced others of pruned captures' \
    "and that is said"
run sp-stage forget -n P4
like "$out" '"tracks","rows":1,"values":2,"pruned":0' \
    "a new row has no earlier one"
forget --even-plays P3
is "$(track t)" "First||2026-03-01T00:00:00.000Z" \
    "what is left comes back"

section "of unknown source"
fresh
sqlite3 "$SP_DB" </dev/null
{
	of import U1 01 track '{"id":"t","name":"Old"}'
	of import U2 05 track '{"id":"t","name":"Wrong","popularity":3}'
	of import U3 06 track '{"id":"u","name":"Other"}'
} | pipe
sql "update tracks set row_source = null, first_source = -1, column_sources = null"
forget U2
is "$(track t)" "Old||2026-03-01T00:00:00.000Z" \
    "values of the time of its captures go"
is "$(track u)" "Other||2026-03-06T00:00:00.000Z" "and others stay"

section "tables of one's own"
fresh
of import O1 01 me '{"id":"kim"}' | pipe
sql "create table moods (day text not null primary key, mood text,
    energy integer not null default 7, last_updated text, column_times text,
    row_source integer, column_sources text)"
cat >"$tmp/moods.jq" <<'END'
{table: "moods", row: ({day: .body.day, mood: .body.mood} +
	(if .body.energy then {energy: .body.energy} else {} end))}
END
own() { sp-stage | sp-transform -f "$tmp/moods.jq" | sp-load; }
{
	of import O2 02 mood '{"day":"monday","mood":"blue"}'
	of import O3 03 mood '{"day":"monday","mood":"red","energy":3}'
	of import O4 04 mood '{"day":"friday","mood":"red"}'
} | own
sql "insert into moods (day, mood) values ('sunday', 'mine')"
sp-stage forget O3 O4 2>/dev/null | sp-transform -f "$tmp/moods.jq" 2>/dev/null |
    sp-load 2>/dev/null
is "$(sql 'select day, mood, energy from moods order by day')" "monday|blue|7
sunday|mine|7" "are treated alike, and what was typed stays"

section "a person"
fresh
{
	of import A1 01 recently-played "$(plays 2026-02-01T10:00:00.000Z "t")"
	of import A2 02 me '{"id":"kim","display_name":"Kim"}'
	user=lee
	of import B1 03 recently-played "$(plays 2026-02-01T10:00:00.000Z "t")"
	of import B2 04 me '{"id":"lee","display_name":"Lee"}'
	of import B3 05 my-playlists '{"items":[{"id":"p","name":"Mine","owner":{"id":"lee"}},{"id":"q","name":"Hers","owner":{"id":"kim"}}],"offset":0,"total":2}'
} | pipe
user=kim
sql "insert into accounts (account, user_id) values ('hers', 'kim'), ('his', 'lee');
    insert into cursors (user_id, job, value, row_source)
    values ('kim', 'play-history', 1, 0);
    insert into lifted_deadlines values ('kim', 'me', '2026-03-01T00:00:00.000Z');
    insert into ingest_errors (stage, reason, seen_at, user_id)
    values ('sp-load', 'odd', '2026-03-01T00:00:00.000Z', 'kim')"
forget --user kim
is "$status" 0 "is removed"
left=
for table in play_history user_playlists cursors lifted_deadlines accounts \
    ingest_errors ingest_runs staging_raw user_relationships; do
	[ "$(sql "select count(*) from $table where user_id = 'kim'")" = 0 ] ||
	    left="$left $table"
done
is "$left" "" "from every table"
is "$(sql "select user_id, track_id from play_history")" "lee|t" \
    "the plays of others stay"
is "$(sql "select owner_id from playlists where playlist_id = 'q'")" kim \
    "and what others follow"
is "$(sql "select display_name from users where user_id = 'kim'")" "" \
    "without what only the person's data had"
is "$(sql "select account from accounts")" his "other accounts stay"
is "$(differs)" "" "as a rebuild"
is "$(grep -c Kim "$SP_DB")" 0 "nothing is left in the file"

section "an export"
fresh
# stream SECOND TRACK: a row of an export, a listening of 200 s.
stream() {
	printf '{"ts":"2026-02-01T10:00:%sZ","platform":"ios","ms_played":200000,"conn_country":"SE","master_metadata_track_name":"Song","master_metadata_album_artist_name":"A","master_metadata_album_album_name":"B","spotify_track_uri":"spotify:track:%s","episode_name":null,"episode_show_name":null,"spotify_episode_uri":null,"reason_start":"trackdone","reason_end":"trackdone","shuffle":false,"skipped":false,"offline":false,"offline_timestamp":null,"incognito_mode":false}' "$1" "$2"
}
one=1111111111111111111111 two=2222222222222222222222 three=3333333333333333333333
echo "[$(stream 10 $one),$(stream 20 $two)]" >"$tmp/early.json"
echo "[$(stream 20 $two),$(stream 30 $three)]" >"$tmp/late.json"
of play-history A 09 recently-played "$(plays 2026-02-01T10:00:11.500Z $one)" | pipe
for file in early late; do
	sp-stage import --user kim "$tmp/$file.json" 2>/dev/null | sp-transform |
	    sp-load 2>/dev/null
done
late=$(sql "select max(run_id) from ingest_runs where job = 'import'")
streams() { sql "select substr(track_id, 1, 1), count(play_id) from streaming_history
    left join play_matches using (stream_id) group by 1" | tr '\n' ' '; }
is "$(streams)" "1|1 2|0 3|0 " "two that overlap, and a play"
sp-stage forget "$late" 2>/dev/null >"$tmp/captures"
is "$(jq -r 'select(.type == "capture").endpoint' "$tmp/captures")" \
    streaming-history "only captures of exports are replayed"
sp-transform <"$tmp/captures" | sp-load 2>/dev/null
is "$(streams)" "1|1 2|0 " "what both have stays"
is "$(differs)" "" "as a rebuild"
forget --even-plays A
is "$(streams)" "1|0 2|0 " "a play that goes leaves its stream"
is "$(differs)" "" "as a rebuild of that"
sp-stage import --user kim "$tmp/late.json" 2>/dev/null | sp-transform |
    sp-load 2>/dev/null
is "$(streams)" "1|0 2|0 3|0 " "the file can be imported again"

section "random histories"
# Loaded in any order of runs, of two people; then a run is forgotten, or one of
# the two.
n=0 differ='' changed=0
seed=${SEED:-1} last=$((${SEED:-1} + ${HISTORIES:-2}))
while [ "$seed" -lt $last ]; do
	fresh
	python3 tests/history.py "$seed" 1790000000 |
	    sed -E '/"run":"h[0-9]+-[0-9]*[13579]"/s/"user":"kim"/"user":"lee"/; 50,$d' |
	    sp-stage 2>/dev/null | sp-transform 2>/dev/null |
	    awk -v seed="$seed" 'BEGIN { srand(seed) }
		/"type":"run"/ { order = rand() }
		{ print order "\t" NR "\t" $0 }' | sort -n -k1,1 -k2,2 |
	    cut -f3- | sp-load 2>/dev/null
	run=$(sql "select run_id from staging_raw where run_id is not null
	    group by run_id order by (min(capture_id) * 7919 + $seed) % 101 limit 1")
	was=$(digest)
	[ $((seed % 2)) -eq 0 ] && set -- --user lee || set -- --even-plays "$run"
	forget "$@"
	[ "$(digest)" = "$was" ] || changed=$((changed + 1))
	[ -z "$(differs)" ] || differ="$differ $seed:$run"
	seed=$((seed + 1)) n=$((n + 1))
done
is "$differ" "" "tables and sources of $n are those of a rebuild"
[ $changed -gt 0 ]
ok $? "and they had been others in some"

finish

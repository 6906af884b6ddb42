#!/bin/sh
# What is staged gets loaded: captures that a killed sp-load left come with
# the next planned run, without anybody asking for them.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

# tracks_run RUN N...: a planned run that fetched the tracks tN, with a cursor
# after each.
tracks_run() {
	id=$1 seq=0
	shift
	begin_run "$id" playlists
	for n in "$@"; do
		seq=$((seq + 1))
		capture track 200 "\"body\":{\"id\":\"t$n\",\"name\":\"Song $n\"}" \
		    "tracks/t$n" "$id" "$seq" "0$n"
		printf '{"type":"row","table":"cursors","row":{"user_id":"kim"'
		printf ',"job":"playlists","value":%d},"src":"%s/%d"}\n' \
		    "$n" "$id" "$seq"
	done
	end_run "$id"
}
# The same, that was staged and not loaded; no earlier one goes ahead of it.
lost() {
	tracks_run "$@" | sed 's/"account":"default",//' | sp-stage >"$tmp/lost"
	sql "update ingest_runs set account = 'default' where run_id = '$1'"
}
pipeline() {
	tracks_run "$@" >"$tmp/plan"
	sp-stage <"$tmp/plan" | tee "$tmp/staged" | sp-transform |
	    tee "$tmp/rows" | sp-load
}
tracks() { sql 'select track_id from tracks order by 1' | xargs; }
sent() { jq -r 'select(.type == "capture") | "\(.run)/\(.seq)"' "$tmp/staged" | xargs; }
attempts() { sql "select count(*) from ingest_runs where replay_of = '$1'"; }
reason() { sql "select reason from ingest_runs where run_id = '$1'"; }

section "one that was killed"
lost R1 1 2
is "$(tracks)" "" "what was staged and not loaded is in no table"
run pipeline R2 3
is "$status$err" 0 "the next planned run says nothing"
is "$(tracks)" "t1 t2 t3" "and brings it"
is "$(sent)" "R1/1 R1/2 R2/1" "ahead of its own"
is "$(jq -r 'select(.type == "run" or .type == "end") | "\(.type)" +
    if .more then " more" else "" end' "$tmp/staged" | xargs)" \
    "run end more run end" "as a run of its own"
is "$(sql "select status, job, replay_of, captures from ingest_runs
    where replay_of is not null")" "complete|replay|R1|2" "with its own ledger"
like "$(reason R1)" '^interrupted: its captures were loaded by run 0' \
    "the run says which one loaded its captures"
is "$(sql "select created_at from tracks where track_id = 't1'")" \
    "2026-03-01T00:00:00.000Z" "as of when they were fetched"
digest >"$tmp/live"
dump >"$tmp/live.rows"
sp-stage replay | sp-transform | SP_DB=$tmp/again.db sp-load
is "$(SP_DB=$tmp/again.db digest | grep -v cursors |
    diff - "$tmp/live" | grep -v cursors | grep '^[<>]')" "" \
    "a rebuild is the same"
is "$(dump "$tmp/again.db" | diff - "$tmp/live.rows" | grep -v cursors |
    grep '^[<>]')" "" "in every column"
run pipeline R3 4
is "$status$err $(sent)" "0 R3/1" "nothing goes out once more"

section "cursors"
fresh
lost R1 5
run pipeline R2
is "$status$err $(tracks) $(sql 'select count(*) from cursors')" "0 t5 0" \
    "a cursor is no part of it"
# What a mapping says of the capture waits for the good end of its own run.
cat >"$tmp/cursor.jq" <<'J'
{table: "tracks", row: {track_id: .body.id}},
{table: "cursors", row: {user_id: .user, job: "playlists", value: 7}},
{table: "playlist_ingest_queue", op: "delete", row: {playlist_id: "p"}}
J
fresh
echo '{"type":"row","table":"playlist_ingest_queue","row":{"playlist_id":"p","detected_at":"2026-01-01T00:00:00Z"}}' |
    sp-load
lost R1 5
tracks_run R2 | sp-stage | sp-transform -f "$tmp/cursor.jq" | sp-load
is "$? $(tracks) $(sql 'select (select count(*) from cursors),
    (select count(*) from playlist_ingest_queue)')" "0 t5 0|1" \
    "nor is one that a mapping makes, nor what leaves the queue"

section "a replay of a run that failed, whatever came later"
cat >"$tmp/queue.jq" <<'J'
{table: "cursors", row: {user_id: .user, job: "playlists",
    value: (.body.id[1:] | tonumber)}},
{table: "playlist_ingest_queue", row: {playlist_id: .body.id}},
{table: "playlist_ingest_queue", op: "delete", row: {playlist_id: .body.id}}
J
fresh
for n in 7 6; do
	tracks_run R$n $n | grep -v cursors |
	    sed "$([ $n = 6 ] || echo 's/"complete"/"failed","exit":69/')" |
	    sp-stage | sp-transform -f "$tmp/queue.jq" | sp-load 2>"$tmp/err"
done
is "$(sql "select group_concat(status, ' ') from ingest_runs")" \
    "complete failed" "a run failed, and a later one of its job did not"
is "$(sql 'select value from cursors
    union all select playlist_id from playlist_ingest_queue')" "6
t7" "what waited for its good end came to nothing"
digest >"$tmp/live"
rm -f "$tmp"/again.db*
sp-stage replay | sp-transform -f "$tmp/queue.jq" |
    SP_DB=$tmp/again.db sp-load 2>"$tmp/err"
is "$(SP_DB=$tmp/again.db sp-load --digest | diff "$tmp/live" -)" "" \
    "nor does it in a replay"

section "its own end may still come"
fresh
tracks_run R1 1 2 >"$tmp/all"
grep -v cursors "$tmp/all" | sp-stage | sp-transform -f "$tmp/cursor.jq" >"$tmp/slow"
run pipeline R2 3
is "$status$err $(tracks)" "0 t1 t2 t3" "a run in progress is brought quietly"
run sp-load <"$tmp/slow"
is "$status$err" 0 "and loads quietly itself"
is "$(sql "select value from cursors where job = 'playlists'")" 7 \
    "with its cursor"
is "$(sql "select status, coalesce(reason, '') from ingest_runs
    where run_id = 'R1'")" "complete|" "and its end"
run pipeline R3 4
is "$(sent)" "R3/1" "and is done with"
# While a program is at work on it, it is left to that.
fresh
tracks_run R1 1 | sp-stage | sp-transform >"$tmp/slow"
mkfifo "$tmp/slowly"
sp-load <"$tmp/slowly" 2>"$tmp/slow.err" &
slow=$!
exec 8>"$tmp/slowly"
process_of() { sql "select process from ingest_runs where run_id = '$1'"; }
was=$(process_of R1)
head -n 1 "$tmp/slow" >&8
wait_until not prints "$was" process_of R1
for n in 2 3 4 5 6; do run pipeline "R$n" "$n" 8>&-; done
is "$status$err $(sent) $(attempts R1)" "0 R6/1 0" \
    "a run that is being loaded is not sent"
sed 1d "$tmp/slow" >&8
exec 8>&-
wait $slow
is "$?$(cat "$tmp/slow.err") $(tracks)" "0 t1 t2 t3 t4 t5 t6" "it comes by itself"
# What came after it was brought is brought, too.
fresh
tracks_run R1 1 2 >"$tmp/all"
sed 3,5d "$tmp/all" | sed '$d' | sp-stage >"$tmp/out" 2>&1
run pipeline R2 3
is "$(sent)" "R1/1 R2/1" "what there is of a run that goes on"
sp-stage <"$tmp/all" >"$tmp/out"
run pipeline R4 4
is "$status$err $(sent) $(tracks)" "0 R1/1 R1/2 R4/1 t1 t2 t3 t4" \
    "and what came later"

section "what does not come"
fresh
echo '{"id":"t8"}' >"$tmp/t8.json"
sp-stage import --endpoint track "$tmp/t8.json" >"$tmp/out"
tracks_run R0 9 | grep '"capture"' | sp-stage >"$tmp/out"
tracks_run R5 7 | sed 's/"account":"default",//' | sp-stage >"$tmp/out"
run pipeline R6 1
is "$(sent) $(tracks)" "R6/1 t1" "neither an import nor what was fetched by hand"
run pipeline R7 2
for run in deferred failed; do
	tracks_run "L$run" 3 | sed 's/"complete"/"'$run'","exit":69/' | sp-stage |
	    sp-transform | sp-load 2>"$tmp/err"
	run pipeline "A$run" 4
	is "$(sent)" "A$run/1" "a run that ended $run was loaded"
done
tracks_run R8 1 | sed 's/"id":"t1"/"id":7/' | sp-stage | sp-transform 2>"$tmp/err" |
    sp-load 2>"$tmp/err"
run pipeline R9 1
is "$(sent)" "R9/1" "and so was one of which something was refused"
tracks_run R10 1 | sp-stage | sp-transform | grep -v tracks |
    sp-load 2>"$tmp/err"
is "$?" 65 "one that lost rows was not"
run pipeline R11 1
is "$status$err $(sent)" "0 R10/1 R11/1" "it comes once more"

section "one that cannot be loaded"
fresh
lost R1 1
lost R2 2
# As a capture does that sp-load or sp-transform dies of.
deadly() {
	tracks_run "$@" >"$tmp/plan"
	sp-stage <"$tmp/plan" | tee "$tmp/staged" |
	    sed '/"id":"t1"/,$d' | sp-transform | sp-load
}
run deadly R3 3
is "$status $(tracks)" "65 " "what kills stops all behind it"
run deadly R4 4
is "$status $(sent) $(tracks)" "65 R2/1 R3/1 R1/1 R4/1 t2 t3" \
    "but goes last from then on"
run deadly R5 5
is "$(tracks) $(attempts R1) $(attempts R2)" "t2 t3 t4 3 2" \
    "and only it is to blame"
run deadly R6 6
is "$status $(sent)" "1 R5/1 R6/1" "after three times it stays where it is"
like "$err" "run R1: its captures were not loaded in 3 attempts" "which is said"
is "$(tracks)" "t2 t3 t4 t5 t6" "all others are loaded"
is "$(reason R1)" "its captures were not loaded: sp-stage replay sends them" \
    "and what to do is on record"
run deadly R7 7
is "$status$err $(sent)" "0 R7/1" "it is said once"
sp-stage replay --run R1 | sp-transform | sp-load
is "$? $(tracks)" "0 t1 t2 t3 t4 t5 t6 t7" "a replay can still bring it"

section "many, of which one cannot be loaded"
fresh
for n in 1 2 3 4 5; do lost "R$n" "$n"; done
for n in 6 7 8 9; do run deadly "R$n" "$n"; done
is "$(tracks)" "t2 t3 t4 t5 t6 t7 t8 t9" "none is given up for another's fault"

section "no sp-load, or one of another database"
fresh
elsewhere() {
	tracks_run "$@" >"$tmp/plan"
	sp-stage --db "$tmp/apart.db" <"$tmp/plan" | tee "$tmp/staged" |
	    sp-transform | sp-load
}
apart() { sqlite3 "$tmp/apart.db" "$@"; }
for n in 1 2 3 4; do run elsewhere "R$n" "$n"; done
is "$status$err $(sent)" "0 R3/1 R1/1 R2/1 R4/1" \
    "staged elsewhere, captures go out once more"
run elsewhere R5 5
is "$status $(sent)" "1 R5/1" "but not for ever"
like "$err" "4 earlier runs were not loaded into this database" "which is said"
run elsewhere R6 6
run elsewhere R7 7
is "$status$err $(sent)" "0 R7/1" "once"
is "$(tracks)" "t1 t2 t3 t4 t5 t6 t7" "nothing is lost"
is "$(apart 'select count(*) from ingest_runs where replay_of is not null')" 6 \
    "nor do attempts add up"

section "while others are dead"
# A run stores all that it fetches, though nobody reads it any more: what
# stops the pipeline does not stop the captures.
fresh
lost R1 1
{
	tracks_run R2 2 3 | head -n 3
	wait_until [ -e "$tmp/gone" ]
	tracks_run R2 2 3 4 5 | sed 1,3d
} | sp-stage 2>"$tmp/err" | { head -n 1 >"$tmp/out"; exec <&-; : >"$tmp/gone"; }
is "$(sql "select count(*) from staging_raw where run_id = 'R2'")" 4 \
    "without a reader, captures are stored still"
run pipeline R3 6
is "$status$err $(tracks)" "0 t1 t2 t3 t4 t5 t6" "and come with the next run"

fresh
tracks_run R1 1 2 3 | while read -r line; do
	echo "$line"
	sleep 0.01
done | sp-stage >&- 2>"$tmp/err"
is "$(sql "select count(*) from staging_raw where run_id = 'R1'")" 3 \
    "nor is any lost to a closed stdout"

section "interrupted itself"
fresh
lost R1 1 2 3
tracks_run R2 4 | sp-stage | sed '4,$d' | sp-transform 2>"$tmp/err" |
    sp-load 2>>"$tmp/err"
is "$(attempts R1)" 1 "an attempt is on record before it is sent"
run pipeline R3 5
is "$status$err $(tracks)" "0 t1 t2 t3 t4 t5" "the next one brings all"
fresh
lost R1 1
tracks_run R2 2 | sp-stage >&- 2>"$tmp/err"
is "$?" 74 "a closed stdout is an error"
run pipeline R3 3
is "$status$err" 0 "after which the next run is as good as any"
is "$(tracks | tr ' ' '\n' | grep -c 't[13]')" 2 "and brings what was staged"
fresh
tracks_run R1 1 >"$tmp/plan"
sed '2s/"Song 1"/"'"$(printf '%05000d' 0)"'"/' "$tmp/plan" |
    sp-stage >"$tmp/out"
tracks_run R2 2 | sp-stage --max-line 4K | sp-transform | sp-load 2>"$tmp/err"
is "$? $(tracks)" "65 t2" "a line that is too long stops no other run"

section "plays, as they were fetched"
# Hour by hour some program is killed: all plays come, no gap is
# reported where there is none, and the tables are what a rebuild makes, in every column.
. tests/lib/api.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL http_proxy
fresh
api_start --user kim --seed 7 --plays-per-day 150 --clock 2026-11-20T12:00:00Z
fetched() { sp-queue next play-history | sp-fetch 2>"$tmp/fetch.err" | sp-stage "$@"; }
job >"$tmp/out" 2>&1
for hour in 1 2 3; do
	api_post 'clock?advance=2h'
	fetched >"$tmp/rows" # and no more: what follows was killed
done
api_post 'clock?advance=1h'
run job
is "$status$err" 0 "hours that were not loaded come quietly"
is "$(sql 'select count(*) from play_gaps')" 0 "and leave no gap"
api_plays | cut -d' ' -f1 | sort -u >"$tmp/true"
now=$(curl -fsS "$api_url/rehearse/clock" | jq -r .clock)
sql 'select played_at from play_history' | sort -u >"$tmp/have"
oldest=$(head -n 1 "$tmp/have")
is "$(curl -fsS "$api_url/rehearse/plays" | jq -r --arg now "$now" \
    --arg from "$oldest" 'select(.played_at >= $from and
	.visible_at <= $now).played_at' | sort -u | comm -23 - "$tmp/have")" "" \
    "every play is there"
dump "$SP_DB" >"$tmp/live"
rm -f "$tmp"/again.db*
sp-stage replay | sp-transform | SP_DB=$tmp/again.db sp-load 2>"$tmp/err"
dump "$tmp/again.db" | diff "$tmp/live" - >"$tmp/diff"
is "$? $(cat "$tmp/diff")" "0 " "a rebuild is equal in every column"
finish

#!/bin/sh
# The whole job: nothing lost, nothing doubled, and a status that is true,
# whatever happens to the stages.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh

plays() {
	sql "select p.played_at, t.uri from play_history p
	    join tracks t using (track_id) order by 1" | tr '|' ' '
}
cursor_ms() { sql "select value from cursors"; }

section "the job, run after run"
api_start --user kim --seed 3 --clock 2026-11-01T08:00:00Z --plays-per-day 40
run job
is "$status $err" "0 " "the first run"
is "$(sql 'select count(*) from play_history')" 50 \
    "has all that the API remembers"
is "$(last_run)" complete "and is on record as complete"
is "$(plays)" "$(api_plays | tail -n 50)" "the plays are the true ones"
is "$(sql "select max(played_at) from play_history")" \
    "$(sql "select strftime('%Y-%m-%dT%H:%M:%S', value / 1000, 'unixepoch') ||
	'.' || substr('00' || value % 1000, -3) || 'Z' from cursors")" \
    "the cursor is the newest play, to the millisecond"
first=$(plays | head -n 1)
lost=0
for hours in 5 1 7 2 11 3 6 8 4 12; do
	api_post "clock?advance=${hours}h"
	job >"$tmp/out" 2>&1 || lost=1
done
is "$lost $(cat "$tmp/out")" "0 " "ten more runs, hours apart"
# Late plays show up within three hours; the last run may not see them yet.
api_post "clock?advance=4h"
job
is "$(plays)" "$(api_plays | sed -n "/^$first\$/,\$p")" \
    "no play is lost and none doubled, late ones included"
before=$(plays)
run job
is "$status $(plays)" "0 $before" "a run with nothing new changes nothing"
is "$(sql "select count(*) from ingest_runs where status != 'complete'")" 0 \
    "every run is complete"
like "$(sql "select group_concat(playlist_id) from playlist_ingest_queue")" \
    '^[0-9A-Za-z,]+$' "playlists are queued by their ids"
is "$(sql "select count(*) from track_artists ta
	left join tracks t using (track_id) left join artists a using (artist_id)
	where t.name is null or a.name is null")" 0 \
    "every track and artist of a play has its name"

section "from raw captures once more"
sp-stage replay | sp-transform | sp-load --db "$tmp/rebuilt.db"
is "$?" 0 "a rebuild from staging"
dump "$SP_DB" >"$tmp/a"
dump "$tmp/rebuilt.db" >"$tmp/b"
cmp -s "$tmp/a" "$tmp/b"
ok $? "is the same in every table"
sp-stage replay | sp-transform | sp-load
dump "$SP_DB" >"$tmp/b"
cmp -s "$tmp/a" "$tmp/b"
ok $? "a replay into the database itself changes nothing"
run sh -c 'sp-stage replay | sp-transform | sp-load --dry-run |
	jq -r .change | sort | uniq -c | wc -l'
is "$out" 1 "and a dry run knows it beforehand"

section "jq between any two stages"
cp "$SP_DB" "$tmp/jq.db"
api_post "clock?advance=5h"
run sh -c 'export SP_DB="$1"; sp-queue next play-history | jq -c . | sp-fetch |
	jq -c . | sp-stage | jq -c . | sp-transform | jq -c . | sp-load' sh \
    "$tmp/jq.db"
is "$status $(clockless <"$tmp/err")" "0 " "jq between any two stages"
job
is "$(sqlite3 "$tmp/jq.db" 'select count(*) from play_history')" \
    "$(sql 'select count(*) from play_history')" "changes nothing"

section "cut at every line"
fresh
api_start --user kim --seed 4 --clock 2026-11-01T08:00:00Z
sp-queue next play-history >"$tmp/1"
sp-fetch 2>"$tmp/err" <"$tmp/1" >"$tmp/2"
sp-stage <"$tmp/2" >"$tmp/3"
sp-transform <"$tmp/3" >"$tmp/4"
lied=
from() { # stage number, its input
	case $1 in
	1) sp-fetch <"$2" | sp-stage | sp-transform | sp-load ;;
	2) sp-stage <"$2" | sp-transform | sp-load ;;
	3) sp-transform <"$2" | sp-load ;;
	4) sp-load <"$2" ;;
	esac >/dev/null 2>&1
}
for i in 1 2 3 4; do
	lines=$(wc -l <"$tmp/$i")
	n=0
	while [ $n -lt "$lines" ]; do
		fresh
		head -n $n "$tmp/$i" >"$tmp/cut"
		from $i "$tmp/cut"
		s=$?
		[ $s -eq 65 ] || lied="$lied $i/$n:status=$s"
		[ $n -eq 0 ] || [ "$(last_run)" = failed ] ||
			lied="$lied $i/$n:run"
		[ -z "$(cursor 2>/dev/null)" ] || lied="$lied $i/$n:cursor"
		[ "$n" -lt 8 ] && n=$((n + 1)) || n=$((n + 1 + lines / 12))
	done
	# Within the last line: half an end is none.
	fresh
	head -c -20 "$tmp/$i" >"$tmp/cut"
	from $i "$tmp/cut"
	[ $? -eq 65 ] && [ -z "$(cursor_ms)" ] || lied="$lied $i/half"
	fresh
	from $i "$tmp/$i"
	s=$?
	[ $s -eq 0 ] && [ -n "$(cursor_ms)" ] || lied="$lied $i/whole:$s"
done
is "$lied" "" "cut between any two stages, anywhere: 65, failed, no cursor"

section "a record lost on the way"
fresh
grep -v '"table":"albums"' "$tmp/4" >"$tmp/lossy"
run sp-load <"$tmp/lossy"
is "$status $(cursor_ms)" "65 " "rows lost between two stages fail the run"
like "$err" 'row records: sp-transform sent [0-9]+, sp-load received [0-9]+' \
    "and the ledger says where"
like "$(sql 'select reason from ingest_runs')" 'sp-transform sent' "on record"
fresh
sed '/"table":"albums"/s/^{/#/' "$tmp/4" >"$tmp/broken"
run sp-load <"$tmp/broken"
is "$status $(last_run)" "1 complete" \
    "rows broken on the way are refused by name instead"
is "$(sql "select count(*) from ingest_errors")" \
    "$(grep -c '^#' "$tmp/broken")" "each refused record is stored"

section "each stage killed in turn, in a live pipeline"
mkfifo "$tmp/f1" "$tmp/f2" "$tmp/f3" "$tmp/f4"
live() { # which stage to kill: 1 to 5
	api_post "fault?clear=1"
	api_post "fault?kind=slow&ms=5000&times=1&path=/v1/me/player"
	sp-queue next play-history >"$tmp/f1" & p1=$!
	sp-fetch <"$tmp/f1" >"$tmp/f2" 2>/dev/null & p2=$!
	sp-stage <"$tmp/f2" >"$tmp/f3" 2>/dev/null & p3=$!
	sp-transform <"$tmp/f3" >"$tmp/f4" 2>/dev/null & p4=$!
	sp-load <"$tmp/f4" >/dev/null 2>&1 & p5=$!
	tries=0
	until [ "$(sql 'select count(*) from ingest_runs' 2>/dev/null)" = "$2" ]; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || break
		sleep 0.02
	done
	eval "kill -9 \$p$1 2>/dev/null"
	wait $p5
	s=$?
	kill -9 $p1 $p2 $p3 $p4 2>/dev/null
	wait 2>/dev/null
	return $s
}
fresh
sp-load --db "$SP_DB" </dev/null 2>/dev/null
kills=0
for i in 2 3 4 5; do
	kills=$((kills + 1))
	# wait of the api's own process would never end
	( live $i $kills ) 2>/dev/null
	s=$?
	[ $s -ne 0 ]
	ok $? "stage $i killed: sp-load ends with $s"
	is "$(last_run) $(cursor_ms)" "failed " "stage $i killed: failed, no cursor"
	is "$(sql 'pragma integrity_check')" ok "stage $i killed: the file is whole"
done
api_post "fault?clear=1"
run job
is "$status $(sql 'select count(*) from play_history')" "0 50" \
    "running the job again completes it"

section "two loads at once"
fresh
sp-load --batch-rows 20 <"$tmp/4" & a=$!
sp-load --batch-rows 30 <"$tmp/4" & b=$!
wait $a
sa=$?
wait $b
is "$sa $?" "0 0" "two sp-loads at once on one database"
is "$(sql 'select count(*), count(distinct played_at) from play_history')" \
    "50|50" "double nothing"

section "what the API does"
fresh
job
api_post "clock?advance=9d"
run job
is "$status" 0 "a run after more plays than the API remembers"
like "$err" 'plays between 20..-..-.. ..:.. and 20..-..-.. ..:.. may be missing: your export has them$' "names the gap"
is "$(sql "select count(*) from ingest_runs where gaps_json is not null")" 1 \
    "and records it in the run"
api_post "clock?advance=2h"
api_post "fault?kind=429&retry_after=86400&path=/v1/me/player"
at=$(cursor_ms)
run job
is "$status" 75 "a limit of a day: come back later"
is "$(last_run) $(cursor_ms)" "deferred $at" "the run is deferred, the cursor unmoved"
run job
is "$status" 75 "the next run asks nothing before the deadline"
like "$err" '^sp-queue: play-history: rate limited: try again at [^,]*, in [0-9]+ hours [^:]*$' \
    "and says so once, in one line"
"$build/sp-queue" unblock 2>/dev/null
for fault in 'kind=500&times=9:69' 'kind=html&times=9:69' 'kind=cut&times=9:69' \
    'kind=badjson&times=9:69' 'kind=reset&times=9:69' 'kind=403:77'; do
	api_post "fault?clear=1"
	api_post "fault?${fault%:*}&path=/v1/me/player"
	run job
	is "$status $(last_run) $(cursor_ms)" "${fault#*:} failed $at" \
	    "fault ${fault%:*}: the last program says ${fault#*:}"
done
api_post "fault?clear=1"
sql "delete from cursors"
api_post "fault?kind=badnext&path=/v1/me/player"
run job
is "$status $(last_run) $(cursor_ms)" "69 failed " \
    "a next page that is needed and leads elsewhere: 69"
api_post "fault?kind=500&times=1&path=/v1/me/player"
run job
is "$status $(last_run)" "0 complete" "one 500 is asked again"
section "a cut stream"
{ sp-queue next --force profile | head -n 2 | sp-fetch | sp-stage |
    sp-transform | sp-load; } 2>"$tmp/err"
is "$? $(clockless <"$tmp/err" | sed 's/run [^:]*/run R/')" \
    "65 sp-load: run R: no end record: the input is incomplete" \
    "is reported once, by the last program"

finish

#!/bin/sh
# The examples do what they say.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
top=$PWD
unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS
api_start --user kim --seed 6 --plays-per-day 30 --clock 2026-11-22T12:00:00Z
db=$SP_DB
jobs() { make -s -f "$top/examples/jobs.mk" DB="$db" "$@"; }

section "make"
run jobs play-history
is "$status $(sql 'select count(*) from play_history')" "0 50" \
    "jobs.mk: play-history"
like "$(jobs runs)" 'play-history.*complete' "jobs.mk: runs"
run jobs rebuild NEW="$tmp/new.db"
is "$status $(sqlite3 "$tmp/new.db" 'select count(*) from play_history')" \
    "0 50" "jobs.mk: rebuild"
like "$(jobs help)" 'jobs.mk play-history' "jobs.mk: help"
api_post "fault?kind=429&retry_after=86400&path=/v1/me/player"
run jobs play-history
like "$err" 'Error 75' "jobs.mk: make prints the status of a failed job"
SP_DB="$db" "$build/sp-queue" unblock 2>/dev/null

section "sh"
api_post "clock?advance=3h"
run env SP_DB="$db" sh examples/play-history.sh "$tmp/records"
is "$status $out" "0 done" "play-history.sh"
is "$(jq -r .type "$tmp/records/requests.ndjson" | xargs)" "run request end" \
    "play-history.sh saves the records between the stages"
api_post "fault?kind=429&retry_after=86400&path=/v1/me/player"
run env SP_DB="$db" sh examples/play-history.sh "$tmp/records"
is "$status" 75 "its status is the last program's"
SP_DB="$db" "$build/sp-queue" unblock 2>/dev/null

section "a mapping"
sql 'alter table play_history add column weekday text'
run sh -c 'export SP_DB="$1"; sp-stage replay --endpoint recently-played |
	sp-transform -f examples/weekdays.jq | sp-load' sh "$db"
is "$status" 0 "weekdays.jq"
is "$(sql "select count(*) from play_history where weekday is not
	substr('SunMonTueWedThuFriSat',
	    1 + 3 * strftime('%w', played_at), 3)")" 0 \
    "every play has its day of the week"

section "a mapping that takes the place of another"
compare() { run sh examples/compare.sh "$@"; }
sp-transform --print-filter recently-played |
    sed 's/item_track | track_rows),/item_track | track_rows |\
	if .table == "tracks" then .known.name = (.of.name | ascii_upcase) else . end),/' \
    >"$tmp/my.jq"
cp "$db" "$tmp/place.db"
again() { # what the page says, but for the column that is emptied
	sed -n '/^sqlite3 .*name = null/{n;p;}' man/sp-transform.1 |
	    (cd "$tmp" && SP_DB=$tmp/place.db sh -s)
}
names() {
	compare "$tmp/place.db" -f "recently-played=$tmp/my.jq"
	echo "$status $(echo "$out" | grep -c '"table":"tracks"')"
}
again
like "$(names)" '^1 [1-9]' "loading does not undo the values of another mapping"
sqlite3 "$tmp/place.db" 'update tracks set name = null'
again
like "$(names)" '^[01] 0$' "emptied first, the column is as the new mapping has it"

section "what a mapping no longer produces"
sum=$(cksum <"$db")
compare "$db"
is "$(echo "$out" | jq -r .table | sort | uniq -c | xargs) $status" \
    "1 lifted_deadlines $(($(sql 'select count(*) from play_history') * 2)) play_history 1" \
    "compare.sh: a rebuild lacks what was made and deleted by hand"
is "$(cksum <"$db")" "$sum" "it writes nothing"
sp-stage replay --db "$db" | sp-transform | sp-load --db "$tmp/one.db"
cp "$tmp/one.db" "$tmp/it's two.db"
compare "$tmp/one.db" "$tmp/it's two.db"
is "$status$out$err" 0 "the same"
sqlite3 "$tmp/it's two.db" "alter table tracks add column mood text;
	delete from albums where album_id = (select min(album_id) from albums);
	update artists set name = 'Nobody' where artist_id =
	(select max(artist_id) from artists); create table \"my own\" (x, \"y z\");
	insert into \"my own\" values (1, 2); update play_history set
	play_id = play_id + 1000; drop table user_relationships"
compare "$tmp/one.db" "$tmp/it's two.db"
is "$status $(echo "$out" | jq -r '"\(.in) \(.table)"' | sort | xargs)" \
    "1 new artists new my own old albums old artists" "what is only here or there"
is "$(echo "$out" | jq -r 'select(.in == "new" and .table == "artists").row.name
	')$(echo "$out" | jq -c 'select(.table == "my own").row')" \
    'Nobody{"x":1,"y z":2}' "row by row"
like "$err" '^1 albums only in the old$' "and summed up"
echo '{table: "users", row: {user_id: "zed"}}' >"$tmp/my.jq"
compare "$tmp/one.db" "$tmp/it's two.db" && compare "$db" -f "$tmp/my.jq"
is "$status $(echo "$out" | jq -r 'select(.in == "new").row.user_id')" "1 zed" \
    "a mapping of one's own"
# A mapping of one endpoint that leaves something out.
sp-transform --print-filter recently-played >"$tmp/plays.jq"
sed 's/item_track | track_rows),/item_track | track_rows | select(.table != "albums")),/' \
    "$tmp/plays.jq" >"$tmp/my.jq"
compare "$db"
echo "$out" | sort >"$tmp/anyway"
compare "$db" -f "recently-played=$tmp/plays.jq"
is "$(echo "$out" | sort | cmp - "$tmp/anyway")" "" \
    "compare.sh: one endpoint with the mapping that it has anyway"
compare "$db" -f "recently-played=$tmp/my.jq"
is "$status $(echo "$out" | sort | comm -3 - "$tmp/anyway" |
	jq -r '"\(.in) \(.table)"' | sort | uniq -c | xargs)" \
    "1 $(sql 'select count(*) from albums') old albums" \
    "one endpoint with another: what that no longer makes, and no more"
echo '{table: "users", row: {user_id: "zed"}}' >"$tmp/my.jq"
for bad in "$tmp/none.db" "$tmp/my.jq"; do
	compare "$db" "$bad"
	is "$status $out" "2 " "a failure has another status than a difference"
done
compare "$tmp/none.db"
is "$status $out" "2 " "and so is a replay that fails"

section "what a timer runs"
for file in crontab sp-run.service; do
	case $file in
	crontab) line=$(sed -n 's/^7 .* \* *\(sp-run.*\)/\1/p' examples/$file) ;;
	*) line=$(sed -n "s|^ExecStart=/usr/bin/env ||p" examples/$file) ;;
	esac
	api_post "clock?advance=2h"
	run env SP_DB="$db" sh -c "${line:?}"
	is "$status" 0 "the command of $file"
done
# It hands on what the unit is to understand, and does not hammer.
service=$line
api_post "clock?advance=2h"
api_post 'fault?kind=429&retry_after=86400&path=/v1/me/player'
sql "update ingest_runs set started_at = '2026-01-01T00:00:00.000Z'
    where job = 'play-history'"
run env SP_DB="$db" sh -c "$service"
is "$status" 75 "a limit: come back later"
api_post 'requests?clear=1'
run env SP_DB="$db" sh -c "$service"
is "$status $(curl -fsS "$api_url/rehearse/requests" | wc -l)" "75 0" \
    "started again before the deadline, it asks nothing"
sql "update endpoint_status set retry_at = '2020-01-01T00:00:00.000Z'"
run env SP_DB="$db" SP_TOKEN_FILE="$tmp/nobody.json" sh -c "$service"
is "$status" 77 "no login: not logged in"
like "$(grep ^SuccessExitStatus examples/sp-run.service) " \
    '=([0-9]+ )*75 SIGTERM ' "to the unit, the one is no failure, nor is a stop"
grep -q '^SuccessExitStatus.*77' examples/sp-run.service
is $? 1 "and the other is"
if command -v systemd-analyze >/dev/null; then
	mkdir -p -m 700 "$tmp/units" "$tmp/run"
	cp examples/sp-* "$tmp/units"
	for unit in "$tmp"/units/*; do
		XDG_RUNTIME_DIR=$tmp/run systemd-analyze --user --man=no verify "$unit"
	done >"$tmp/verified" 2>&1
	is "$(cat "$tmp/verified")" "" "systemd takes the units"
else
	skip "no systemd here" "systemd takes the units"
fi

# What mails the health does so only if it has changed.
line=$(sed -n 's/^37 .* \* *\(cd .*\)/\1/p' examples/crontab)
mkdir -p "$tmp/home/.local/share/sp"
run env SP_DB="$db" sh -c "cd '$tmp/home' && ${line:?}"
like "$status $out" '^0 (ok|have a look|log in)' "the health in the crontab"
run env SP_DB="$db" sh -c "cd '$tmp/home' && $line"
is "$status $out" "0 " "is mailed once"
line=$(sed -n 's/^# \*.* cd [^ ]* && \(.*\)/\1/p' examples/crontab)
run env SP_DB="$db" sh -c "cd '$tmp' && ${line:?}"
like "$status $(cat "$tmp/sp.prom")" '^sp_health_status' \
    "the metrics in the crontab"

section "the other jobs"
run jobs playlists audio-features profile catalogue
is "$status" 0 "jobs.mk: playlists, audio-features, profile, catalogue"
is "$(sql "select count(distinct playlist_id) > 5 from playlist_tracks")" 1 \
    "jobs.mk: one target fetches the list and its playlists"
err=$(jobs prune 2>&1 >"$tmp/out")
like "$err" "^sp-stage: prune: 0 captures removed" "jobs.mk: prune"
run jobs all
is "$status" 0 "jobs.mk: all, when some is due"
like "$(jobs status)" '^profile +fresh' "jobs.mk: status"

section "the graph"
run sqlite3 "$db" ".read examples/graph.sql"
is "$status $err" "0 " "graph.sql"
like "$out" '^kim\|' "who shares playlists with whom"
like "$out" '\|[0-9]\|kim > ' "and the shortest paths"
run sh examples/graph.sh "$db"
is "$status" 0 "graph.sh"
is "$(echo "$out" | grep -c ' -> ')" \
    "$(sql 'select count(*) from connections')" "an edge a connection"
late='late" -> "user:kim'
sql "insert into playlist_tracks (playlist_id, position, added_by) select
    playlist_id, 100, 'late' from playlists where owner_id = 'kim' limit 1"
like "$(sh examples/graph.sh "$db")" "$late" "those of later pages as well"
like "$(sqlite3 "$db" ".read examples/graph.sql")" 'late\|1\|kim > late' \
    "and paths through them"
if command -v dot >/dev/null; then
	echo "$out" | dot -Tsvg >"$tmp/graph.svg"
	ok $? "graphviz takes the graph"
else
	skip "no graphviz here" "graphviz takes the graph"
fi

section "the demo"
mkdir "$tmp/demo" && cd "$tmp/demo" || exit
run env PATH="${PATH#"$build":}" sh "$top/examples/demo.sh" "$build"
is "$status" 0 "demo.sh"
is "$err" "" "demo.sh has no message"
like "$out" '^50 plays, ' "the first run brings what the API returns"
# The mock makes up some plays that are like no stream of its export.
like "$out" '^both +[|]? *(4[0-9]|50) |^│ both +│ (4[0-9]|50) ' \
    "an export has these, too"
is "$(echo "$out" | grep -c '^[A-Z].* [0-9]+* *[0-9]*  █')" 10 "the top artists"
like "$out" '^Sat  ( |░|▒|▓|█)+$' "a chart of the week"
like "$out" '^rebuilt from raw captures: equal' "an equal rebuild"
is "$(echo "$out" | python3 -c 'import sys
for line in sys.stdin.buffer.read().decode().splitlines():
    if len(line) > 80: print(line)')" "" "it fits 80 columns"
is "$(sqlite3 demo.db 'select count(*) > 20000 from listens')" 1 \
    "it leaves a database of two years"
like "$(head -c 100 demo.html)" '^<!doctype html>|^<!DOCTYPE html>' \
    "and a report"
echo "$out" | sed -n '/^Now explore it/,$s/^  \(PATH=.*\|sp-.*\|sqlite3 .*\)/\1/p' \
    >"$tmp/try"
run env PATH="${PATH#"$build":}" sh -e "$tmp/try"
is "$status $(grep -c . "$tmp/try")" "0 4" \
    "the commands at its end work, if the programs are not in the path, too"
[ "$status" -eq 0 ] || diag "$err"
finish

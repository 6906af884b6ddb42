#!/bin/sh
# Run all jobs from end to end against the mock API, sp-rehearse(1), with a
# simulated listener. Needs no Spotify account, and no network.
#
#	demo.sh [FOLDER OF THE PROGRAMS]
set -eu
PATH=$(cd "${1:-build}" && pwd):$PATH
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
api=

cleanup() {
	[ -z "$api" ] || kill "$api" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n# %s\n' "$*"; }

# Print a command line as it would be typed, then run it.
run() {
	printf '$ %s\n' "$*"
	sh -c "$*"
}

# Let the simulated listener play a known track at this time.
play() {
	curl -fsS -X POST "$url/rehearse/play?uri=$(sqlite3 "$SP_DB" "select uri
	    from tracks order by track_id limit 1 offset $1")&played_at=$2" \
		>/dev/null
}

clock=$(jq -nr 'now | floor | todate')
say "The mock API, with a simulated listener"
sp-rehearse --port-file "$dir/port" --token-file "$dir/token.json" \
	--user kim --seed 7 --clock "$clock" >/dev/null &
api=$!
tries=0
while [ ! -s "$dir/port" ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || { echo "demo: sp-rehearse did not start" >&2; exit 1; }
	sleep 0.1
done
url=http://127.0.0.1:$(cat "$dir/port")
export SP_DB="$dir/music.db" SP_TOKEN_FILE="$dir/token.json"
echo "sp-rehearse is listening at $url"

rest='sp-fetch | sp-stage | sp-transform | sp-load'
job="sp-queue next play-history | $rest"

count="sqlite3 \$SP_DB 'select count(*), max(played_at) from play_history'"

say "The first run: the last 50 plays, all that the API returns"
run "$job"
run "$count"

say "Two more plays, and a late one from a phone that was offline: its time is
# earlier than that of stored plays. One request fetches all three"
now=$(curl -fsS "$url/rehearse/clock" | jq .ms)
play 0 "$(jq -nr "$now / 1000 | floor - 1 | todate")"
play 1 "$(jq -nr "$now / 1000 | floor | todate")"
play 2 "$(sqlite3 "$SP_DB" "select
    strftime('%Y-%m-%dT%H:%M:%SZ', played_at, '+1 second')
    from play_history order by played_at desc limit 1 offset 9")"
run "$job"
run "$count"

say "The playlists: first their list, then those in the list and in the queue"
run "sp-queue next playlists | $rest"
run "sp-queue next playlists | $rest"

say "Audio features of tracks without them, and user profiles"
run "sp-queue next audio-features | $rest"
run "sp-queue next profile | $rest"

say "The number of rows in each table"
for table in play_history tracks albums artists track_artists playlists \
    playlist_tracks playlist_ingest_queue users user_relationships; do
	printf '%8d %s\n' "$(sqlite3 "$SP_DB" "select count(*) from $table")" $table
done

say "The last plays, as a query"
run "sqlite3 -column -header \$SP_DB \"
  select substr(p.played_at, 1, 16) as played, substr(t.name, 1, 28) as track,
         substr(group_concat(a.name, ', '), 1, 28) as artists,
         coalesce(l.name, p.context_type, '-') as context
  from play_history p join tracks t using (track_id)
  left join track_artists using (track_id) left join artists a using (artist_id)
  left join playlists l on l.uri = p.context_uri
  group by p.play_id order by p.played_at desc limit 8\""

say "The whole history: the same listener's export, as Spotify sends it on request.
# The receipt says what was read, and how many plays of the API are in it, too"
run "sp-rehearse --user kim --seed 7 --clock $clock --export $dir/export \\
  --export-since $(jq -nr 'now - 30 * 86400 | todate')"
run "sp-stage import --user kim $dir/export/*/Streaming*.json | sp-transform | sp-load" 2>&1

say "Each listening once: what the API knows, what the export knows, or both"
run "sqlite3 -column -header \$SP_DB \"
  select source, count(*) as listenings, sum(counts) as counted,
         round(sum(ms_played) / 3.6e6, 1) as hours
  from listens group by source\""

say "Filling in what the export names by id only: most played first"
run "sp-queue budget --table catalogue"
run "sp-queue next catalogue | $rest"

say "Which users are connected"
run "sqlite3 -column -header \$SP_DB <$here/graph.sql" | head -n 12

say "The results of the runs, and what is due"
run "sp-stage runs --table"
run "sp-queue status --table"

say "Rebuild all tables from the raw captures, in a second database"
run "sp-stage replay | sp-transform | sp-load --db $dir/rebuilt.db"
run "sp-load --digest >$dir/a"
run "sp-load --digest --db $dir/rebuilt.db >$dir/b"
run "diff $dir/a $dir/b" || {
	echo "demo: the rebuilt database differs" >&2
	exit 1
}
run "jq -r '[.rows, .digest, .table] | @tsv' $dir/b"
echo "equal: all $(wc -l <"$dir/a") tables of both databases"

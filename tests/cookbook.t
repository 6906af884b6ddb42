#!/bin/sh
# Every recipe of sp-cookbook(7) gives what it promises: on a listener whose
# listens are known one by one, and on the playlists of the mock API.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
top=$PWD
api_start --user kim --seed 7
export HOME="$tmp/home" TZ=Europe/Berlin
unset SP_DB
db=$HOME/.local/share/sp/spotify.db
mkdir -p "$HOME"
year=$(date +%Y)
sql() { sqlite3 "$db" "$@"; }

# recipe TITLE [MODE]: its commands, typed into bash in the home; tables come as lists, or in
# another mode of sqlite3. Other machines are other homes here.
recipes=
recipe() {
	recipes="$recipes$1
"
	awk -v title="$1" '/^\.S[sh] / { on = substr($0, 5) == title }
	on && /^\.Ed/ { block = 0 }
	block { gsub(/\\e/, "\\"); print }
	on && /^\.Bd -literal$/ { block = 1 }' "$top/man/sp-cookbook.7" |
	    sed "s/sqlite3 -box/sqlite3 -${2:-list}/
		s/0123456789abcdef0123456789abcdef/${client:-}/; s/^man .*/true/
		s|ssh \([a-z]*\) |HOME=$tmp/\1 sh -c |
		s|/usr/local/share/sp|$top|" >"$tmp/recipe"
	[ -s "$tmp/recipe" ] || echo "echo no recipe $1 >&2; exit 1" >"$tmp/recipe"
	cd "$HOME" || exit
	run env PS1= PS2= setsid bash --norc -e -i <"$tmp/recipe"
	cd "$top" || exit
	[ "$status" -eq 0 ] || diag "$err"
}

# stream TIME SECONDS TRACK ARTIST [SKIPPED]: a row of an export.
stream() {
	jq -cn --arg ts "$1" --argjson s "$2" --arg track "$3" --arg artist "$4" \
	    --argjson skipped "${5:-false}" '{ts: $ts, ms_played: ($s * 1000),
		platform: "linux", conn_country: "DE",
		master_metadata_track_name: $track,
		master_metadata_album_artist_name: $artist,
		master_metadata_album_album_name: ($track + " LP"),
		spotify_track_uri: ("spotify:track:" +
		    ($track + "0000000000000000000000")[:22]),
		reason_start: "clickrow",
		reason_end: (if $skipped then "fwdbtn" else "trackdone" end),
		shuffle: false, skipped: $skipped, offline: false,
		offline_timestamp: null, incognito_mode: false}'
}
# A track that was loved eight years ago, one that is liked, and one that is not.
{
	for day in 01 02 03 04 05 06 07 08 09 10 11; do
		stream "$((year - 8))-03-${day}T10:00:00Z" 200 Ebb "Old Rivers"
	done
	for day in 05 06 08; do # near midnight, which is another day in Berlin
		stream "$year-01-${day}T23:30:00Z" 190 Tide "Salt, \"Sand\""
	done
	for minute in 10 11 12 13 14 15 16 17 18; do
		stream "$year-01-20T12:$minute:00Z" 5 Skit Noise true
	done
	stream "$year-01-20T12:20:00Z" 60 Skit Noise
} | jq -s . >"$tmp/Streaming_History_Audio_0.json"
sp-stage import --user kim "$tmp/Streaming_History_Audio_0.json" |
    sp-transform | sp-load 2>/dev/null || echo "Bail out! no history"
for round in 1 2; do
	sp-queue next playlists | sp-fetch 2>/dev/null | sp-stage | sp-transform |
	    sp-load
done

section "listening"
recipe "Top artists this year"
is "$out" 'Salt, "Sand"|3|0.2
Noise|1|0.0' "artists"
sed -i 's/2026-11-%/%-01-%/' "$tmp/recipe"
recipe "Top tracks of a month"
is "$status$out" 0 "nothing was heard in that month"
recipe "Top albums"
is "$(echo "$out" | head -n 2)" "Ebb LP|11|1|0.6
Tide LP|3|1|0.2" "albums"
recipe "The hours of the day"
is "$(echo "$out" | cut -d'|' -f1,2 | xargs)" "0|3 11|11 13|1" \
    "hours, in local time"
is "$(echo "$out" | cut -d'|' -f3 | awk '{ print length }' | xargs)" "11 41 4" \
    "with bars"
recipe "A chart of the months"
is "$(echo "$out" | cut -d'|' -f1,2 | xargs)" "$((year - 8))-03|11 $year-01|4" \
    "months"
recipe "What I heard on a day"
is "$status$out" 0 "a day without anything"
recipe "On this day in earlier years"
is "$status$out" "0$(sql "select local_day, track, artists, count(*) from plays
    where counts and substr(local_day, 6) = '$(date +%m-%d)' group by 1, 2")" \
    "this day"
recipe "When I first heard someone"
is "$out" "Old Rivers|$((year - 8))-03-01 11:00:00|11" "first heard"
recipe "Discoveries a month"
is "$out" "$((year - 8))-03|1|1
$year-01|2|2" "discoveries"
recipe "Forgotten tracks"
is "$out" "Ebb|Old Rivers|11|$((year - 8))-03-11" "forgotten"
recipe "Skip rates"
is "$(echo "$out" | grep Skit)" "Skit|Noise|10|9|90" "skips"
recipe "Days in a row"
is "$(echo "$out" | head -n 2)" "$((year - 8))-03-01|$((year - 8))-03-11|11
$year-01-06|$year-01-07|2" "days in a row"

section "playlists"
# What the mock says is in them, for those that have been read.
lists=$(sql "select count(*) from playlists")
curl -fsS "$api_url/rehearse/playlists" >"$tmp/lists"
uris() {
	jq -r --arg id "$1" 'select(.id == $id).items[].uri // empty' "$tmp/lists"
}
road=$(sql "select playlist_id from playlists where name = 'Road Trip'")
recipe "A playlist as an M3U file"
is "$(head -n 1 "$HOME/road-trip.m3u8")" "#EXTM3U" "an M3U file"
is "$(grep -c '^#EXTINF:[0-9]*,..* - ..*' "$HOME/road-trip.m3u8")" \
    "$(uris "$road" | grep -c :track:)" "with all tracks"
is "$(grep ^https "$HOME/road-trip.m3u8")" \
    "$(uris "$road" | sed -n 's|spotify:track:|https://open.spotify.com/track/|p')" \
    "in their order"
recipe "Each playlist as a file of links"
is "$status $(find "$HOME/playlists" -type f | wc -l)" "0 $lists" "a file a playlist"
is "$(cat "$HOME/playlists/Road_Trip-$road.txt")" "$(uris "$road")" \
    "with all of its links"
is "$(find "$HOME/playlists" -name '*[!A-Za-z0-9_.-]*' |
	LC_ALL=C.UTF-8 grep -vE '/[[:alnum:]_-]+\.txt$')" "" "whose names are safe"
recipe "All playlists as one CSV file"
is "$(python3 -c 'import csv, sys; print(len(list(csv.reader(sys.stdin))))' \
    <"$HOME/playlists.csv")" "$(($(sql 'select count(*) from playlist_tracks') + 1))" \
    "a line for each item"
recipe "What changed in my playlists"
is "$(echo "$out" | grep -c '|added|')" 20 "changes"
recipe "Tracks in several playlists" json
is "$status $(printf %s "$out" | jq 'map(.playlists) | length, max, min' | xargs)" \
    "0 $(jq -rs '[.[] | .id as $id | .items[] | select(.kind == "track")
	| {uri, $id}] | unique | group_by(.uri) | map(length)
	| map(select(. > 1)) | sort | .[-20:] | length, max, min' \
	"$tmp/lists" | xargs)" "tracks of several"
recipe "Playlist tracks that I never hear" json
is "$status $(printf %s "$out" | jq length)" "0 20" "unheard tracks"

section "charts"
recipe "A page to look at"
like "$(tail -n 1 "$HOME/report.html")" '</html>' "a page"
recipe "With Vega-Lite"
is "$(jq '[.data.values[].listens] | add' "$HOME/months.vl.json")" 15 \
    "Vega-Lite, with the data in it"
if command -v gnuplot >/dev/null; then
	recipe "With gnuplot"
	like "$(cat "$HOME/days.svg")" '</svg>' "gnuplot draws it"
else
	recipes="${recipes}With gnuplot
"
	skip "no gnuplot" "gnuplot draws it"
fi

section "other programs"
recipe "Everything as CSV"
is "$(python3 -c 'import csv, sys
rows = list(csv.DictReader(sys.stdin))
print(len(rows), rows[-1]["artists"])' <"$HOME/plays.csv")" "24 Noise" "CSV"
recipe "Everything as JSON"
is "$(jq -r .track "$HOME/plays.ndjson" | sort | uniq -c | xargs)" \
    "11 Ebb 10 Skit 3 Tide" "JSON"
recipe "ListenBrainz"
is "$(jq -rs 'length, (.[11] | .listened_at, (.track_metadata |
	.artist_name, .track_name, .release_name,
	.additional_info.spotify_id))' "$HOME/listens.jsonl")" "15
$(date -u -d "$year-01-05 23:26:50" +%s)
Salt, \"Sand\"
Tide
Tide LP
https://open.spotify.com/track/Tide000000000000000000" \
    "ListenBrainz: the start, names and links"
is "$(jq -c 'select(.listened_at == null or (.track_metadata | .artist_name == ""
	or .track_name == ""))' "$HOME/listens.jsonl")" "" "every line is complete"
recipe "Scrobbles as CSV"
is "$(sed -n 12p "$HOME/scrobbles.csv")" \
    '"Salt, ""Sand""","Tide LP",Tide,"05 Jan '"$year"' 23:30"' "scrobbles"
# Each of its queries runs, with any value that a reader may type.
jq -r '.databases.spotify.queries[].sql' examples/datasette.json >"$tmp/queries"
while IFS= read -r query; do
	run sql ".parameter set :from \"'2000-01-01'\"" \
	    ".parameter set :to \"'2100-01-01'\"" \
	    ".parameter set :day \"'$year-01-06'\"" \
	    ".parameter set :artist 'rivers'" "$query"
	[ "$query" = "${query#*play_gaps}" ] || out=none
	is "$status$err ${out:+some}" "0 some" "datasette.json: ${query%% from*}"
done <"$tmp/queries"
for table in $(jq -r '.databases.spotify.tables | keys[]' examples/datasette.json); do
	run sql "select 1 from $table limit 1"
	is "$status$err" 0 "datasette.json: $table"
done
recipes="${recipes}Datasette
"
query=$(awk '/^\.Ss Grafana/ { on = 1 } on && /^\.Ed/ { exit }
    block { print } on && /^\.Bd/ { block = 1 }' man/sp-cookbook.7 |
    sed "s/\\\$__from/(strftime('%s', '$year-01-01') * 1000)/
	s/\\\$__to/(strftime('%s', '$year-02-01') * 1000)/")
is "$(sql "$query" | cut -d'|' -f1,2 | tr '\n' ' ')" \
    "$(for day in 06 07 09 20; do
	printf '%s|1 ' "$(date -u -d "$year-01-$day" +%s)"
    done)" "Grafana: a point a day"
recipes="${recipes}Grafana
"

section "machines and people"
recipe "Copy everything to another machine"
is "$(sp-load --digest --db "$tmp/server/.local/share/sp/spotify.db")" \
    "$(sp-load --digest --db "$db")" "another machine has the same"
recipe "Two machines that both fetch"
is "$(sp-load --digest --db "$tmp/laptop/.local/share/sp/spotify.db")" \
    "$(sp-load --digest --db "$db")" "both machines have the same"

client=$(jq -r .client_id "$SP_TOKEN_FILE")
unset SP_TOKEN_FILE
export SP_API="$api_url" SP_AUTH_URL="$api_url/authorize" \
    SP_TOKEN_URL="$api_url/api/token" BROWSER="curl -sSLo page.html"
recipe "A second person"
is "$status $(sql "select account from accounts where account = 'robin'")" \
    "0 robin" "a second person"
is "$(sqlite3 "$HOME/.local/share/sp/robin.db" 'select count(*) from play_history')" \
    50 "who has a database of their own, too"

section "the database"
recipe "Back it up"
for copy in "$HOME/backup.db" "$HOME/spotify-$(date +%F).db"; do
	is "$(sp-load --digest --db "$copy")" "$(sp-load --digest --db "$db")" \
	    "a copy: ${copy##*/}"
	is "$(find "$copy" -perm 600)" "$copy" "which nobody else can read"
done
recipe "Move it"
is "$status$out" 0 "the moved one is the same"
is "$(find "$HOME/music/spotify.db" -perm 600)" "$HOME/music/spotify.db" \
    "and nobody else can read it"
recipe "Repair it"
is "$status $(sp-load --digest --db "$HOME/repaired.db")" \
    "0 $(sp-load --digest --db "$db")" "made again from its captures"
is "$(sp-stage replay --db "$HOME/repaired.db" | grep -c '^{"type":"capture"')" \
    "$(sql 'select count(*) from staging_raw')" "which it has, too"

section "the page"
# Those of programs that are rarely here, and what only has to run.
if command -v duckdb >/dev/null; then
	recipe DuckDB
	is "$status" 0 "DuckDB"
fi
if python3 -c 'import pandas' 2>/dev/null; then
	recipe pandas
	is "$status" 0 "pandas"
fi
recipe "What each column means"
is "$status" 0 "the meaning of columns"
titles=$(sed -n 's/^\.Ss //p' man/sp-cookbook.7 | sort | grep -vxe DuckDB -e pandas)
is "$(printf %s "$recipes" | sort -u | grep -vxe DuckDB -e pandas)" "$titles" \
    "every recipe is checked"
finish

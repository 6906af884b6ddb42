#!/bin/sh
# sp-stage why: the captures that it names give the whole row.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh

why() { sp-stage why "$@"; }
api_start --user kim --seed 9 --clock 2026-11-01T08:00:00Z --plays-per-day 40
job
api_post "clock?advance=5h"
for name in play-history playlists playlists audio-features profile; do
	job $name 2>/dev/null
done

section "the captures found make the row again"
# Some rows of each table. A list of tracks may have come in more pages, and
# what comes with the whole list of a playlist is not compared.
wrong='' rows=0 parts=0
for table in tracks albums artists playlists users play_history cursors \
    endpoint_status user_playlists user_relationships track_artists \
    play_coverage; do
	key=$(sql "select group_concat(name, ' || char(9) || ') from
	    (select name from pragma_table_info('$table') where pk order by pk)")
	[ $table != play_history ] ||
		key='user_id || char(9) || played_at || char(9) || track_id'
	columns=$(sql "select group_concat(name) from pragma_table_info('$table')
	    where name <> 'play_id' and name not like '%\_source%' escape '\' and ('$table' <> 'playlists' or
	    name not in ('tracks_list', 'tracks_snapshot_id', 'tracks_updated',
	    'last_refreshed', 'column_times'))")
	sql "select $key from $table order by substr($key, -9) limit 4" >"$tmp/keys"
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		rm -f "$tmp/again.db"*
		oldifs=$IFS
		IFS='	'
		# shellcheck disable=SC2086
		set -- $line
		case $line in *'		'*) set -- "$1" "$2" "" ;; esac
		case $line in *'	') set -- "$1" "$2" "" ;; esac
		IFS=$oldifs
		why --capture "$table" "$@" | sp-transform |
		    sp-load --db "$tmp/again.db" 2>/dev/null
		select="select $columns from $table where $key = '$line'"
		[ "$(sqlite3 "$tmp/again.db" "$select")" = "$(sql "$select")" ] ||
			wrong="$wrong $table:$*"
		rows=$((rows + 1))
		parts=$((parts + $(why --capture "$table" "$@" | wc -l)))
	done <"$tmp/keys"
done
is "$wrong" "" "each row is rebuilt from its captures alone"
ok "$((! (rows > 25 && parts > rows)))" "of $rows rows, from $parts captures"

section "column by column"
track=$(sql "select track_id from tracks where audio_features_json is not null
	limit 1")
why tracks "$track" >"$tmp/why"
is "$(jq -r 'select(.column == "audio_features_json").endpoint' "$tmp/why")" \
    audio-features "audio features come from one endpoint"
is "$(jq -r 'select(.column == "name").endpoint' "$tmp/why" |
	grep -cE '^(recently-played|playlist|playlist-items)$')" 1 \
    "the name comes from another endpoint"
is "$(jq -r 'select(.column == "name") | "\(.run_id) \(.seq) \(.reported_at)"' \
	"$tmp/why")" "$(sql "select run_id || ' ' || seq || ' ' || fetched_at
	from staging_raw where capture_id = $(jq 'select(.column == "name")
	.capture_id' "$tmp/why")")" "run, seq and time are those of the capture"
is "$(jq -r 'select(.column == "duration_ms").value' "$tmp/why")" \
    "$(sql "select duration_ms from tracks where track_id = '$track'")" \
    "each column with its stored value"
like "$(why --table tracks "$track")" '^COLUMN +VALUE' "--table aligns"
play=$(sql -init examples/staging.sql \
    "select body from staging where capture_id = 1" |
	jq -r '.items[0] | "\(.played_at) \(.track.id // .track.uri)"')
printf '{"type":"capture","run":"0","seq":1,"endpoint":"track","body":{}}\n' |
    sp-stage >"$tmp/out"
sql "update staging_raw set capture_id = -1, fetched_at = (select fetched_at
	from staging_raw where capture_id = 1) where run_id = '0'"
# shellcheck disable=SC2086
is "$(why play_history kim $play | jq .capture_id | sort -n | head -n 1)" 1 \
    "of two captures of one time the source is listed"

section "items of playlists"
# Of each list the first items, the last, and those around the ends of pages.
wrong='' items=0
sql "select playlist_id, position, coalesce(uri, '') from playlist_tracks i
    where position in (0, 1, 49, 50, 99, 100, 101, 149, 150) or not exists
    (select 1 from playlist_tracks n where n.playlist_id = i.playlist_id and
    n.position = i.position + 1)" | tr '|' ' ' >"$tmp/items"
while read -r playlist position uri; do
	said=$(why --capture playlist_tracks "$playlist" "$position" |
	    jq -r --arg n "$position" '(.body.tracks // .body.items // .body)
		as $page | (if $page | type == "array" then .body else $page end)
		| .items[($n | tonumber) - (.offset // 0)]
		| (.item // .track).uri // ""' 2>/dev/null)
	[ "$said" = "$uri" ] || wrong="$wrong $playlist/$position"
	items=$((items + 1))
done <"$tmp/items"
is "$wrong" "" "the page that has the item is found"
ok "$((! (items > 20)))" "of $items items"
playlist=$(sql "select playlist_id from playlist_tracks where position = 101
	limit 1")
is "$(why playlist_tracks "$playlist" 101 | jq -r .column | sort | xargs)" \
    "added_at added_by kind track_id uri" "each column of an item is listed"
is "$(why playlist_tracks "$playlist" 101 | jq -r .url | sort -u |
	grep -c offset=100)" 1 "from the second page"
run why playlist_tracks "$playlist" 99999
is "$status $(echo "$out" | jq -r .became | sort -u)" "0 loaded" \
    "past the end of the list: the captures of the playlist"

is "$(why playlist_ingest_done "$playlist" | jq -r .endpoint)" playlist \
    "a tombstone comes from a capture"

section "keys as people write them"
# shellcheck disable=SC2086
set -- $play
whole=$(why play_history kim "$1" "$2")
for time in "${1%.*}Z" "${1%.*}" "$(echo "${1%.*}" | tr T ' ')" "${1%:*}" \
    "$(echo "$1" | sed 's/Z$/+00:00/')"; do
	is "$(why play_history kim "$time" "$2")" "$whole" "played_at: '$time'"
done
for id in "spotify:track:$2" "https://open.spotify.com/track/$2?si=abc" \
    "open.spotify.com/intl-de/track/$2/"; do
	is "$(why play_history kim "$1" "$id")" "$whole" "track_id: '$id'"
done
for id in "$(echo "$2" | cut -c 1-8)" "$(echo "$2" | cut -c 1-8)…" \
    "spotify:track:$(echo "$2" | cut -c 1-8)"; do
	is "$(why play_history kim "$1" "$id")" "$whole" "track_id: '$id'"
done
track=$(sql 'select min(track_id) from tracks')
is "$(why tracks "$(echo "$track" | cut -c 1-12)")" "$(why tracks "$track")" \
    "a shortened id of a track"
for pair in playlist:playlists artist:artists album:albums; do
	id=$(sql "select min(${pair%:*}_id) from ${pair#*:}")
	is "$(why "${pair#*:}" "$(echo "$id" | cut -c 1-12)")" \
	    "$(why "${pair#*:}" "$id")" "of a row of ${pair#*:}"
done
pair=$(sql "select track_id || ' ' || artist_id from track_artists limit 1")
is "$(why track_artists "$(echo "${pair% *}" | cut -c 1-12)" \
	"$(echo "${pair#* }" | cut -c 1-12)")" \
    "$(why track_artists "${pair% *}" "${pair#* }")" "two of a row"
list=$(sql 'select min(playlist_id) from playlist_tracks')
is "$(why playlist_tracks "$(echo "$list" | cut -c 1-12)" 3)" \
    "$(why playlist_tracks "$list" 3)" "an item of a shortened playlist"
sql "insert into tracks (track_id, name) values ('aaaa1', 'x'), ('aaaa2', 'x'),
	('aaaa', 'x')"
run why tracks aaaa
is "$status $(echo "$out" | jq -r .value)" "0 x" "a whole id is that row"
sql "delete from tracks where track_id = 'aaaa'"
run why tracks aaaa
is "$status $out $err" "65  sp-stage: why: 2 rows match: give the whole key: aaaa1, aaaa2" \
    "a shortened one that several have"
sql "delete from tracks where track_id like 'aaaa%'"
sql "insert into play_history (user_id, played_at, track_id) values
	('lee', '2020-01-01T00:00:01.001Z', 't'),
	('lee', '2020-01-01T00:00:01.002Z', 't')"
run why play_history lee 2020-01-01T00:00:01Z t
is "$status $out" "65 " "a key that several rows may have"
is "$err" "sp-stage: why: 2 rows match: give the whole key:\
 lee 2020-01-01T00:00:01.001Z t, lee 2020-01-01T00:00:01.002Z t" \
    "an incomplete key is reported, with the rows that have it"
sql "delete from play_history where user_id = 'lee'"
sql "insert into play_history (user_id, played_at, track_id)
	values ('kim', '${1%.*}.9999Z', '$2')"
for option in '' --capture; do
	# shellcheck disable=SC2086
	run why $option play_history kim "${1%.*}Z" "$2"
	is "$status $out $err" "65  sp-stage: why: 2 rows match: give the whole key: kim $1 $2, kim ${1%.*}.9999Z $2" \
	    "and none is answered for, though captures name the key $option"
done
sql "delete from play_history where played_at = '${1%.*}.9999Z'"

section "captures of one time"
# Two answers that came in the same millisecond, each of which has a part.
{
	echo '{"id":"twin","popularity":7}'
	echo '{"id":"twin","name":"Twin"}'
	echo '{"id":"other","name":"Other"}'
} | awk '{ print "{\"type\":\"capture\",\"run\":\"R\",\"seq\":" NR ",\"endpoint\":" \
	"\"track\",\"fetched_at\":\"2026-01-01T00:00:00.000Z\",\"body\":" $0 "}" }' |
	sp-stage --db "$tmp/twin.db" | sp-transform | sp-load --db "$tmp/twin.db"
is "$(why --db "$tmp/twin.db" tracks twin |
	jq -r 'select(.column == "name" or .column == "popularity")
	| "\(.column) \(.value) \(.seq)"' | xargs)" \
    "name Twin 2 popularity 7 1" "each value has its own source"
why --db "$tmp/twin.db" --capture tracks twin >"$tmp/out"
is "$(jq -c .seq "$tmp/out" | xargs)" "1 2" "--capture prints each capture once"
is "$(sp-transform <"$tmp/out" |
	jq -r 'select(.row.popularity == 7).src')" R/1 \
    "and the rows mapped from them agree"
# The same value at one time from several: the first counts, in any order.
i=0
for order in 'R/2 Q/10 Q/9' 'Q/9 R/2 Q/10' 'Q/10 Q/9 R/2'; do
	i=$((i + 1))
	rm -f "$tmp/same.db"*
	for src in $order; do
		echo '{"type":"row","table":"tracks","row":{"track_id":"t",
		    "name":"T"},"at":"2026-01-01T00:00:00Z","src":"'"$src"'"}' |
		    jq -c . | sp-load --db "$tmp/same.db"
	done
	is "$(why --db "$tmp/same.db" tracks t | jq -r '"\(.run_id)/\(.seq)"' |
		sort -u)" Q/9 "the first of the captures with the same value: $order"
done
sqlite3 "$tmp/twin.db" "update tracks set row_source = null,
    first_source = null, column_sources = null"
is "$(why --db "$tmp/twin.db" tracks twin |
	jq -r 'select(.column == "name").seq' | xargs)" "1 2 3" \
    "a value of unknown source may come from any capture of its time"

section "rows that are not there"
echo 'if .endpoint == "recently-played" then error("bad day") else empty end' \
    >"$tmp/bad.jq"
rm -f "$tmp/again.db"*
sp-stage replay | sp-stage --db "$tmp/again.db" |
    sp-transform -f "$tmp/bad.jq" 2>/dev/null |
    sp-load --db "$tmp/again.db" 2>/dev/null
# shellcheck disable=SC2086
run why --db "$tmp/again.db" play_history kim $play
is "$status $(echo "$out" | jq -r '"\(.seq) \(.stage) \(.reason)"' | head -n 1)" \
    "0 1 sp-transform mapping failed: bad day" \
    "an absent play: its capture, and why it was refused"
# shellcheck disable=SC2086
is "$(why --db "$tmp/again.db" play_history kim ${1%.*} $2 2>"$tmp/err" |
	jq -r .became 2>"$tmp/err" | head -n 1)" refused "a time without a fraction finds it"
sqlite3 "$tmp/again.db" "delete from ingest_errors; update ingest_runs
	set status = 'failed', reason = 'no end record: the input is incomplete'"
is "$(why --db "$tmp/again.db" play_history kim "$1" "$2" 2>"$tmp/err" |
	jq -r .became | head -n 1)" "not loaded" "a capture whose run was not loaded"
like "$err" 'no such row: these captures contain its key' "a message says that the row is absent"
run why tracks
like "$status $err" "^64 .*table 'tracks': its key is track_id" \
    "without a key, a message names its columns"
run why --table play_history kim 2020-01-01T00:00:00.000Z nothing
is "$status $out" "65 " "a key that no capture contains"
like "$err" 'no such row, and no staged capture contains its key' "a message says so"
echo '{"type":"row","table":"tracks","row":{"track_id":"typed","name":"T"}}' |
    sp-load
is "$(why tracks typed | jq -c 'select(.column == "name") | [.value, .run_id]')" \
    '["T",null]' "a row typed by hand comes from no capture"

section "by hand, after a capture"
q=qqqqqqqqqqqqqqqqqqqqqq
echo '{"type":"row","table":"playlist_ingest_queue","op":"delete","src":"R/1",
    "row":{"playlist_id":"qqqqqqqqqqqqqqqqqqqqqq"},"at":"2020-01-01T00:00:00Z"}' | jq -c . | sp-load
is "$(why playlist_ingest_done $q | jq -r .run_id)" R "a capture removes it"
sp-queue add $q
is "$(why playlist_ingest_queue $q | jq -r .run_id | sort -u)" null "added by hand"
sp-queue drop $q
is "$(why playlist_ingest_done $q | jq -r .run_id | sort -u)" null \
    "and removed by hand"

section "it only reads, and reports errors"
sql 'pragma wal_checkpoint(truncate)' >/dev/null
sum=$(cksum <"$SP_DB")
why tracks "$track" >"$tmp/out"
why tracks none >"$tmp/out" 2>&1
is "$(cksum <"$SP_DB")" "$sum" "it writes nothing"
for bad in 'tracks' '' 'nothing a' 'tracks a b' 'ingest_runs a' \
    'playlist_tracks a' 'accounts a'; do
	# shellcheck disable=SC2086
	run why $bad
	is "$status $out" "64 " "usage: '$bad'"
done
like "$err" "table 'accounts': not loaded from captures" "a table that is not loaded is reported"
if [ -e /dev/full ]; then
	status=0
	why tracks "$track" >/dev/full 2>/dev/null || status=$?
	is "$status" 74 "stdout is a full disk"
	status=0
	why --capture tracks "$track" >/dev/full 2>/dev/null || status=$?
	is "$status" 74 "captures to a full disk"
fi
finish

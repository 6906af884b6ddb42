#!/bin/sh
# sp-load --digest: equal where the tables are, and nowhere else.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh

# differ FILE: the tables whose lines differ from those in $tmp/before.
differ() {
	digest "$1" | diff "$tmp/before" - | sed -n 's/^>.*"table":"\([^"]*\)".*/\1/p'
}
same() { # NAME
	differ "$SP_DB" >"$tmp/out"
	is "$?$(cat "$tmp/out")" "0" "$1"
}

section "the same rows, in any order and any number of times"
awk 'BEGIN { srand(4); for (i = 0; i < 400; i++) {
	n = int(rand() * 40); day = sprintf("2026-03-%02dT00:00:00.000Z",
	    1 + int(rand() * 28))
	at = "\"at\":\"" day "\"}"
	r = int(rand() * 4)
	if (r == 0) row = "tracks\",\"row\":{\"track_id\":\"t" n "\",\"name\":\"n" i "\"}"
	if (r == 1) row = "tracks\",\"row\":{\"track_id\":\"t" n "\",\"duration_ms\":" i "}"
	if (r == 2) row = "play_history\",\"row\":{\"user_id\":\"kim\",\"track_id\":\"t" \
	    n "\",\"played_at\":\"" day "\"}"
	if (r == 3) row = "playlist_ingest_queue\",\"row\":{\"playlist_id\":\"p" n "\"}"
	print "{\"type\":\"row\",\"table\":\"" row "," at
}}' >"$tmp/rows"
sp-load <"$tmp/rows"
digest >"$tmp/before"
is "$(jq -s -c 'map(.type) | unique' "$tmp/before")" '["digest"]' \
    "a record for each table"
is "$(jq -r 'select(.rows > 0) | "\(.table) \(.rows)"' "$tmp/before" | xargs)" \
    "$(for t in play_history playlist_ingest_queue tracks; do
	echo "$t $(sqlite3 "$SP_DB" "select count(*) from $t")"; done | xargs)" \
    "says how many rows it has"
is "$(jq -r .table "$tmp/before" | sort -c 2>&1)" "" "in the order of names"
is "$(jq -r .table "$tmp/before" |
	grep -cE '^(ingest_|staging_|accounts|playlist_pages|sources|sqlite_)')" 0 \
    "the logs of runs, the captures and what waits are left out"
cp "$SP_DB" "$tmp/first.db"
for order in tac 'sort -R' 'sort'; do
	fresh
	$order "$tmp/rows" >"$tmp/order"
	cat "$tmp/order" "$tmp/rows" | sp-load --batch-rows 7
	same "loaded through '$order' and twice, it is the same"
done
sqlite3 "$SP_DB" "update play_history set play_id = play_id + 1000;
	pragma journal_mode = delete; pragma page_size = 1024; vacuum;
	insert into ingest_runs (run_id, status) values ('R', 'failed');
	insert into ingest_errors (stage, reason, seen_at) values ('s', 'r', 'n');
	insert into accounts values ('a', 'kim', null, null, null, null);
	create index mine on tracks (name)" >/dev/null
same "play_id, pages, indexes and the logs of runs do not matter"
echo '{"type":"row","table":"tracks","row":{"track_id":"t1","name":"z"},"at":"2026-04-01T00:00:00Z"}' |
	sp-load
is "$(differ "$SP_DB")" tracks "a row with a newer time has another digest"

section "any change of any column"
fresh
echo '{"type":"row","table":"tracks","row":{"track_id":"a"}}' | sp-load
sqlite3 "$SP_DB" "create table moods (day text primary key, mood text, stars
	real, last_updated text, column_times text); delete from tracks"
# play_matches has the keys of other tables, see below.
digest() { sp-load --digest --db "${1:-$SP_DB}" | grep -v '"play_matches"'; }
covered=$(digest | jq -r .table)
columns() {
	sqlite3 "$SP_DB" "select name from pragma_table_info('$1')
	    where name not in ('play_id', 'stream_id', 'row_source', 'first_source',
	    'column_sources', 'tracks_sources')"
}
for table in $covered; do
	names=$(columns "$table" | paste -sd ,)
	sqlite3 "$SP_DB" "with n(i) as (values (1), (2), (3)) insert into $table
	    ($names) select $(columns "$table" |
		sed "s/.*/'&' || i/" | paste -sd ,) from n"
done
digest >"$tmp/before"
is "$(jq -s 'map(.rows) | unique[]' "$tmp/before")" 3 "all tables have rows"
wrong='' count=0
for table in $covered; do
	for column in $(columns "$table"); do
		case $column in
		*_id|position) values="'x'" ;;
		*) values="'x' null" ;;
		esac
		for value in $values; do
			cp "$SP_DB" "$tmp/changed.db"
			sqlite3 "$tmp/changed.db" "update $table set $column = $value
			    where $column like '%2'" 2>/dev/null || continue
			count=$((count + 1))
			[ "$(differ "$tmp/changed.db")" = "$table" ] ||
				wrong="$wrong $table.$column=$value"
		done
	done
done
is "$wrong" "" "a change of any column changes the digest of its table"
ok "$((! (count > 150)))" "of $count columns and values"
change() { # SQL, NAME
	cp "$SP_DB" "$tmp/changed.db"
	sqlite3 "$tmp/changed.db" "$1"
	is "$(differ "$tmp/changed.db")" "${3-tracks}" "$2"
}
change "delete from tracks where track_id like '%2'" "so does a row less"
change "insert into tracks (track_id) values ('b')" "a row more"
change "update tracks set name = uri, uri = name" "two columns exchanged"
change "update tracks set name = 'name2' where name = 'name1';
	update tracks set name = 'name1' where name = 'name2' and track_id like
	'%2'" "values exchanged between two rows"
change "update tracks set name = 'na', uri = 'me1' || uri
	where track_id like '%1'" "a value that moves over into the next"
sqlite3 "$SP_DB" "update tracks set name = 'x', uri = null"
digest >"$tmp/before"
change "update tracks set name = null, uri = 'x' where track_id like '%2'" \
    "a value that is another column's"
change "update moods set mood = 1 where mood = 'mood1'; update moods set
	mood = cast('1' as text) where mood = 'mood2'" "a table of one's own" moods
change "update moods set stars = 1.5; update moods set stars = 'stars' ||
	substr(day, 4)" "and put back, it is the same" ""

section "matches"
digest() { sp-load --digest --db "${1:-$SP_DB}" | grep '"play_matches"'; }
sqlite3 "$SP_DB" "insert into play_matches
	select stream_id, 2, 1, 'track', 5 from streaming_history limit 2"
digest >"$tmp/before"
change "update play_matches set play_id = 7 where play_id = 2;
	update play_history set play_id = 7 where play_id = 2;
	update play_matches set stream_id = stream_id + 7, leader_id = 8;
	update streaming_history set stream_id = stream_id + 7" \
    "numbers of streams and plays do not matter" ""
for set in play_id=3 play_id=null leader_id=2 "rule='isrc'" distance_ms=6; do
	change "update play_matches set $set where stream_id = 1" \
	    "but the match does: $set" play_matches
done
change "update streaming_history set nth = 'x'" "and the keys do" play_matches
unset -f digest
. tests/lib/db.sh

section "databases of another age"
sqlite3 "$SP_DB" 'update playlists set tracks_list = null'
digest >"$tmp/before"
cp "$SP_DB" "$tmp/old.db"
sqlite3 "$tmp/old.db" 'drop view connections;
	drop view playlist_contents; drop view plays; drop view top_tracks;
	drop view top_albums; drop view top_artists; drop view listening_by_day;
	drop view listening_by_hour; alter table playlists drop column tracks_list;
	drop table play_coverage'
is "$(differ "$tmp/old.db")" play_coverage \
    "a missing column is like an empty one"
is "$(digest "$tmp/old.db" | jq -c 'select(.table == "play_coverage").rows')" 0 \
    "a table that is not there is empty"
observed() { # a database: rows with times of their own for two columns
	for day in 1 2 3; do
		case $day in 1) c='"energy":1' ;; 2) c='"name":"n"' ;; 3) c='"uri":"u"' ;; esac
		echo '{"type":"row","table":"tracks","row":{"track_id":"a",'"$c"'},"at":"2026-03-0'$day'T00:00:00Z"}'
	done | sp-load --db "$1"
}
echo '{"type":"row","table":"users","row":{"user_id":"a"},"at":"2026-03-01T00:00:00Z"}' |
	tee "$tmp/one" | sp-load --db "$tmp/late.db"
sqlite3 "$tmp/late.db" 'alter table tracks add column energy real'
sqlite3 "$tmp/early.db" 'create table tracks (energy real, track_id text not
	null primary key, uri text, name text)'
sp-load --db "$tmp/early.db" <"$tmp/one"
observed "$tmp/late.db"
observed "$tmp/early.db"
digest "$tmp/late.db" >"$tmp/before"
is "$(sqlite3 "$tmp/late.db" 'select column_times from tracks' | grep -c energy)$(
    differ "$tmp/early.db")" 1 "the order of columns does not matter"

section "it only reads"
like "$(sp-load --digest --table)" '^TABLE +ROWS +DIGEST' "a table in a pipe"
mkdir "$tmp/ro"
cp "$tmp/old.db" "$tmp/ro/music.db"
before=$(cksum <"$tmp/ro/music.db")
chmod 500 "$tmp/ro"
run sp-load --digest --db "$tmp/ro/music.db"
is "$status $(cksum <"$tmp/ro/music.db") $(ls "$tmp/ro")" "0 $before music.db" \
    "a read-only folder, and nothing is written"
chmod 700 "$tmp/ro"
run sp-load --digest --db "$tmp/none.db"
is "$status $out" "73 " "no database"
echo 'this is no database, whatever it is' >"$tmp/text"
run sp-load --digest --db "$tmp/text"
is "$status $out" "78 " "no database by content"
run sp-load --digest -n
is "$status" 64 "--digest is no dry run"
if [ -e /dev/full ]; then
	status=0
	digest >/dev/full 2>"$tmp/err" || status=$?
	is "$status" 74 "stdout is a full disk"
fi
finish

#!/bin/sh
# The outbox of examples/warehouse: what is noted, and when. `make check-warehouse`
# tests how it is sent.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh
folder=examples/warehouse
outbox() { sqlite3 -bail "$SP_DB" <$folder/outbox.sql; }
noted() { sql "select table_name, key from outbox order by seq" | xargs; }
sent() { sql "delete from outbox"; }

section "files made of the schema"
for file in schema outbox; do
	sh $folder/generate.sh $file lib/schema/schema.sql |
	    diff - $folder/$file.sql >"$tmp/diff"
	is "$? $(head -n 5 "$tmp/diff")" "0 " \
	    "$file.sql is what generate.sh prints (its comment says how)"
done

section "the outbox"
fresh
row tracks '{"track_id":"a"}' 01 | sp-load
run outbox
is "$status $(sql 'select count(*) from outbox where key is null') $(
	sql 'select count(*) from outbox_tables')" "0 19 19" \
    "at first, whole tables are noted"
sent
run outbox
is "$status $(noted)" "0 " "then nothing, if it is installed again"
{
	row tracks '{"track_id":"a","name":"A"}' 02
	row tracks '{"track_id":"b\"1"}' 02
	row play_history '{"user_id":"kim","track_id":"a","played_at":"2026-01-01T00:00:00Z"}' 02
} >"$tmp/rows"
sp-load -n <"$tmp/rows" >/dev/null 2>&1
is "$(noted)" "" "a dry run leaves no note"
sp-load <"$tmp/rows" 2>/dev/null
is "$(sql 'select key from outbox order by key')" '["a"]
["b\"1"]
["kim",1]' "inserted and updated rows are noted, by their keys"
sent
sp-load <"$tmp/rows" 2>/dev/null
is "$(noted)" "" "what is unchanged is not"
sql "begin; update tracks set name = 'x'; rollback"
is "$(noted)" "" "what is rolled back is not"
sql "delete from tracks where track_id = 'a'; update tracks set track_id = 'c'"
is "$(sql 'select key from outbox order by key')" '["a"]
["b\"1"]
["c"]' "what is deleted is, and both keys of a row that gets another one"
sent
sql "insert into playlist_tracks values ('p', 0, 'a', 'u', null, null, 'track');
    insert or replace into playlist_tracks
	values ('p', 0, 'b', 'u', null, null, 'track')"
is "$(noted)" 'playlist_tracks|[p,0] playlist_tracks|[p,0]' "a row that is replaced is"
run sh $folder/push.sh "$tmp/none.db" kim
is "$status $err" "73 push.sh: kim: $tmp/none.db: cannot read" "no database"
finish

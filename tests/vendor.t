#!/bin/sh
# What full objects contain is kept: by whichever order of loading, beside
# simplified ones, in a database that was made before, and after pruning.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

full='"body":{"id":"t1","name":"Tide","type":"track","explicit":true,
	"external_ids":{"isrc":"XXA012600001"},"available_markets":["SE"],
	"preview_url":null,"artists":[{"id":"ar1"},{"id":"ar2"}],
	"album":{"id":"al1","name":"Shore","artists":[{"id":"ar2"}]}}'
simplified='"body":{"id":"al1","name":"Shore","artists":[{"id":"ar2"}],
	"tracks":{"items":[{"id":"t1","name":"Tide","type":"track",
	"preview_url":"x","artists":[{"id":"ar2"},{"id":"ar1"}]}]}}'
one() { capture track 200 "$full" tracks/t1 R 1 01 | one_line; }
other() { capture album 200 "$simplified" albums/al1 R 2 "$1" | one_line; }
load() { sp-stage | sp-transform | sp-load; }
query="select isrc, explicit, vendor_json from tracks"
want='XXA012600001|1|{"external_ids":{"isrc":"XXA012600001"},"preview_url":null,"type":"track"}'

section "a full object and a simplified one"
{ one; other 02; } | load
is "$(sql "$query")" "$want" "the simplified one does not change the columns"
is "$(sql "select artist_id from track_artists order by position")" "ar2
ar1" "the places of artists are the latest ones"
is "$(sql "select album_id, artist_id, position from album_artists")" \
    "al1|ar2|0" "and the artists of the album are there"
digest >"$tmp/forward"
fresh
{ other 02; one; } | load
is "$(digest)" "$(cat "$tmp/forward")" "the other order gives the same tables"
fresh
{ one; other 01; } | load
is "$(sql "$query")" "$want" "nor does one of the same time"

section "an older database"
sql "update tracks set isrc = null, explicit = null, vendor_json = null,
	column_times = null; update albums set vendor_json = null"
sp-stage replay | sp-transform | sp-load
is "$(sql "$query")" "$want" "a replay fills the columns"

section "--include"
run sp-stage replay
echo "$out" | sp-transform --include available_markets >"$tmp/rows"
is "$(rows "$tmp/rows" | grep -c '"vendor_json":{"available_markets":\["SE"\],')" \
    1 "keeps a member that is left out"
run sp-transform --include isrc </dev/null
like "$status $err" "^64 .*--include: not one of the members" \
    "no other member can be named"

section "a mapping with columns of its own"
cat >"$tmp/own.jq" <<'EOF'
{table: "tracks", known: {track_id: "t9", name: "MINE", isrc: null}, of: .body}
EOF
capture track 200 '"body":{"id":"t9","name":"Theirs","explicit":true,
	"external_ids":{"isrc":"X"}}' tracks/t9 | one_line |
    sp-transform -f "$tmp/own.jq" >"$tmp/out"
is "$(jq -c .row "$tmp/out")" '{"track_id":"t9","name":"MINE","explicit":true}' \
    "they take the place of the object's, and null leaves one out"

section "episodes"
list='"body":{"id":"p1","name":"Talk","tracks":{"total":1,"next":null,
	"items":[{"added_at":null,"track":{"id":"e1","name":"Fog, part 1",
	"type":"episode","uri":"spotify:episode:e1","duration_ms":60000,
	"show":{"id":"s1","name":"Fog"}}}]}}'
capture playlist 200 "$list" playlists/p1 R 3 03 | one_line | load
is "$(sql "select track, show, duration_ms, episode_id
	from playlist_contents")" "Fog, part 1|Fog|60000|e1" \
    "a playlist names them, and their shows"
is "$(rebuild)" "$(digest)" "a rebuild has all of it"
run sp-stage prune --keep 0d
is "$status $(rebuild)" "0 $(digest)" "and so it has after pruning"
finish

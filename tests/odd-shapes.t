#!/bin/sh
# Values of an unexpected kind: in a good capture of each endpoint, each value is
# replaced by odd ones in turn, and all other items give the same rows.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh


# Captures of three items each. The second one is made odd.
cat >"$tmp/good" <<'E2'
{"endpoint":"recently-played","at":["items"],"body":{"items":[{"played_at":"2026-11-22T06:41:00.000Z","context":null,"track":{"id":"t1","name":"One","uri":"spotify:track:t1"}},{"played_at":"2026-11-22T06:40:00.000Z","context":{"type":"album","uri":"spotify:album:al2"},"track":{"id":"t2","name":"Two","uri":"spotify:track:t2","duration_ms":1000,"popularity":3,"is_local":false,"album":{"id":"al2","name":"Low Water","release_date":"2011","uri":"spotify:album:al2","images":[{"url":"u"}],"artists":[{"id":"ar2","name":"Gull","uri":"spotify:artist:ar2"}]},"artists":[{"id":"ar2","name":"Gull","uri":"spotify:artist:ar2"},{"id":"ar4","name":"Tern","uri":"spotify:artist:ar4"}]}},{"played_at":"2026-11-22T06:39:00.000Z","context":null,"track":{"id":"t3","name":"Three","uri":"spotify:track:t3","album":{"id":"al3"},"artists":[{"id":"ar3"}]}}]}}
{"endpoint":"saved-tracks","at":["items"],"body":{"items":[{"added_at":"2019-05-02T10:00:00Z","track":{"id":"t1","uri":"spotify:track:t1"}},{"added_at":"2019-05-03T10:00:00Z","track":{"id":"t2","name":"Two","uri":"spotify:track:t2","album":{"id":"al2","artists":[{"id":"ar2"}]},"artists":[{"id":"ar2","name":"Gull"}]}},{"added_at":"2019-05-04T10:00:00Z","track":{"id":"t3","uri":"spotify:track:t3"}}]}}
{"endpoint":"tracks","at":["tracks"],"body":{"tracks":[{"id":"t1","uri":"spotify:track:t1"},{"id":"t2","name":"Two","uri":"spotify:track:t2","album":{"id":"al2","artists":[{"id":"ar2"}]},"artists":[{"id":"ar2","name":"Gull"}]},{"id":"t3","uri":"spotify:track:t3"}]}}
{"endpoint":"playlist-items","at":["items"],"url":"/v1/playlists/pl1/items","body":{"total":3,"offset":0,"next":null,"items":[{"added_at":"2019-05-02T10:00:00Z","track":{"id":"t1","uri":"spotify:track:t1"}},{"added_at":"2019-05-03T10:00:00Z","is_local":false,"added_by":{"id":"ola","uri":"spotify:user:ola"},"track":{"id":"t2","name":"Two","type":"track","uri":"spotify:track:t2","album":{"id":"al2","images":[{"url":"u"}]},"artists":[{"id":"ar2","name":"Gull"}]}},{"added_at":"2019-05-04T10:00:00Z","item":{"id":"t3","uri":"spotify:track:t3"}}]}}
{"endpoint":"playlist","at":["items","items"],"body":{"id":"pl1","name":"Mist","snapshot_id":"S","owner":{"id":"kim"},"items":{"total":3,"offset":0,"next":null,"items":[{"item":{"id":"t1","uri":"spotify:track:t1"}},{"added_at":"2019-05-03T10:00:00Z","added_by":{"id":"ola"},"item":{"id":"t2","name":"Two","uri":"spotify:track:t2","album":{"id":"al2"},"artists":[{"id":"ar2"}]}},{"item":{"id":"t3","uri":"spotify:track:t3"}}]}}}
{"endpoint":"my-playlists","at":["items"],"body":{"items":[{"id":"pl1"},{"id":"pl2","name":"Mist","uri":"spotify:playlist:pl2","description":"d","public":true,"collaborative":true,"snapshot_id":"S","images":[{"url":"u"}],"owner":{"id":"ola","display_name":"Ola","type":"user","uri":"spotify:user:ola"},"tracks":{"total":3}},{"id":"pl3"}]}}
{"endpoint":"followed-artists","at":["artists","items"],"body":{"artists":{"items":[{"id":"ar1"},{"id":"ar2","name":"Gull","uri":"spotify:artist:ar2","images":[{"url":"u"}]},{"id":"ar3"}]}}}
{"endpoint":"audio-features","at":["audio_features"],"url":"/v1/audio-features?ids=t1,t2,t3","body":{"audio_features":[{"id":"t1","tempo":90},{"id":"t2","uri":"spotify:track:t2","tempo":91.5},{"id":"t3","tempo":92}]}}
{"endpoint":"album","at":["tracks","items"],"body":{"id":"whole","name":"Low Water","artists":[{"id":"ar1"}],"tracks":{"items":[{"id":"t1"},{"id":"t2","name":"Two","uri":"spotify:track:t2","artists":[{"id":"ar2","name":"Gull"}]},{"id":"t3"}]}}}
{"endpoint":"streaming-history","at":[],"body":[{"ts":"2024-03-09T21:14:05Z","ms_played":1,"spotify_track_uri":"spotify:track:t1"},{"ts":"2024-03-09T21:14:06Z","platform":"android","ms_played":201467,"conn_country":"IE","master_metadata_track_name":"Two","master_metadata_album_artist_name":"Gull","master_metadata_album_album_name":"Low Water","spotify_track_uri":"spotify:track:t2","episode_name":"e","audiobook_uri":"u","reason_start":"trackdone","shuffle":true,"skipped":1,"offline_timestamp":1710018641,"other":{"a":1}},{"ts":"2024-03-09T21:14:07Z","ms_played":1,"spotify_track_uri":"spotify:track:t3"}]}
{"endpoint":"streaming-history-basic","at":[],"body":[{"endTime":"2024-03-09 21:14","artistName":"Gull","trackName":"t1","msPlayed":1},{"endTime":"2024-03-09 21:15","artistName":"Gull","trackName":"t2","msPlayed":1,"other":{"a":1}},{"endTime":"2024-03-09 21:16","artistName":"Gull","trackName":"t3","msPlayed":1}]}
E2

# Each with one value of its second item replaced, and what it was.
jq -c '. as $good | (.at + [1]) as $item | .body | getpath($item) as $second
	| ([[]] + [$second | paths])[] as $path
	| (null, true, 5, 5.5, "", "x", [], {}, ["x"], {"x": 1}) as $odd
	| {type: "case", endpoint: $good.endpoint, path: $path, odd: $odd},
	({type: "capture", run: "R1", seq: 1, endpoint: $good.endpoint,
		user: "kim", url: $good.url, status: 200,
		fetched_at: "2026-11-22T12:00:00.000Z",
		body: ($good.body | setpath($item + $path; $odd))}
		| with_entries(select(.value != null)))' "$tmp/good" >"$tmp/in"
[ "$(grep -c '"capture"' "$tmp/in")" -gt 900 ]
ok $? "there are many odd captures"
sp-transform <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
is $? 1 "they are mapped"
is "$(grep -c '"code":"mapping failed"' "$tmp/out")" 0 "no capture is refused as a whole"
sp-transform --engine libjq <"$tmp/in" 2>"$tmp/err" | cmp - "$tmp/out"
ok $? "in libjq, the same rows"

# What came of each: rows that name another item, and what was refused.
jq -c -n 'foreach (inputs, {type: "case"}) as $r ({};
	if $r.type == "case" then {out: .now, now: ($r + {rows: [], refused: []})}
	elif $r.type == "row" then del(.out) | .now.rows += [$r]
	else del(.out) | .now.refused += [[$r.place, $r.reason]] end;
	.out // empty | select(.endpoint))' "$tmp/out" >"$tmp/cases"
others='[.rows[] | select(.row | tojson
	| test("\"(t|pl|ar|al)[13]\"")) | select(.op == null)
	| select(.row.position == null)]'
for endpoint in $(jq -r .endpoint "$tmp/good"); do
	jq -c --arg e "$endpoint" 'select(.endpoint == $e)' "$tmp/cases" \
	    >"$tmp/these"
	is "$(jq -c "$others" "$tmp/these" | sort -u | wc -l)" 1 \
	    "$endpoint: the other items give the same rows"
	# A value of a column may be taken as it is: sp-load refuses it.
	is "$(jq -c 'select(.refused == [] and .path == []
		and (.odd | . != null and . != "" and type != "object"))
		| [.path, .odd]' "$tmp/these")" "" \
	    "$endpoint: an item of another kind is refused"
done

is "$(jq -c 'select(.endpoint == "recently-played")
	| select(.path | length > 0 and .[0] != "played_at"
		and . != ["track"] and . != ["track", "id"])
	| select([.rows[] | select(.table == "play_history").row.track_id]
		!= ["t1", "t2", "t3"]) | [.path, .odd]' "$tmp/cases")" "" \
    "a play is loaded whatever else is odd in it"
is "$(jq -c 'select(.endpoint == "recently-played" and .path == ["track", "id"])
	| select(.odd | type != "string" or . == "")
	| [.rows[] | select(.table == "play_history").row.track_id]' \
	"$tmp/cases" | sort -u)" '["t1","t2","t3"]' "the uri replaces an odd id"
is "$(jq -c 'select(.endpoint | startswith("playlist"))
	| [.rows[] | select(.op == "page").row.items
		| length, .[0].track_id, .[2].track_id]' "$tmp/cases" | sort -u)" \
    '[3,"t1","t3"]' "an odd item of a list keeps its position"
is "$(jq -c 'select(.endpoint == "playlist-items" and .path == ["track"]
	and (.odd | type == "string"))
	| .refused, [.rows[] | select(.op == "page").row.items[1].kind]' \
	"$tmp/cases" | sort -u)" '["refused"]
[["added_at 2019-05-03T10:00:00Z","'"'track'"' is a string, not an object"]]' \
    "its kind is refused"
is "$(jq -c 'select(.endpoint == "recently-played"
	and .path == ["track", "album"] and .odd == 5) | .refused' "$tmp/cases")" \
    '[["played_at 2026-11-22T06:40:00.000Z","'"'track.album'"' is a number, not an object"]]' \
    "a refusal names its item and what is wrong"
# null, "", 0 and the like say nothing; of other kinds, each is refused.
is "$(jq -c 'select(.path | IN(["track","album"], ["track","artists"],
	["track","artists",0], ["track","id"], ["track","uri"],
	["track","album","images"], ["context"], ["context","uri"]))
	| select(.odd == true and .refused == []) | [.endpoint, .path]' \
	"$tmp/cases")" "" "each odd value is refused"
finish

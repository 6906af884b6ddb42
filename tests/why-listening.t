#!/bin/sh
# sp-stage why explains listenings: which stream is which play, or why none is.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh

why() { sp-stage why "$@"; }

# stream END TRACK MS [MEMBERS]: a row of an export, that began MS before its end.
stream() {
	printf '{"ts":"%s","ms_played":%s,"spotify_track_uri":"spotify:track:%s",
	    "master_metadata_track_name":"Tide","reason_start":"clickrow",
	    "reason_end":"%s","incognito_mode":%s,"offline_timestamp":%s}\n' \
	    "$1" "$3" "$2" "${4:-trackdone}" "${5:-false}" "${6:-null}"
}
# play TIME TRACK
play() { printf '{"played_at":"%s","track":{"id":"%s","name":"Tide"}}\n' "$1" "$2"; }

tide=4uLU6hMCjMI75M1A2tKUQC moor=3n3Ppam7vgaVa1iaRUc9Lp
{
	stream 2026-03-01T10:00:00Z $tide 200000
	stream 2026-03-01T11:00:00Z $tide 20000 remote
	stream 2026-03-01T11:03:10Z $tide 170000
	stream 2026-03-01T12:00:00Z $tide 12000 fwdbtn
	stream 2026-03-01T13:00:00Z $tide 200000 trackdone true
	stream 2026-03-01T14:00:00Z $tide 149000 trackdone false 1772373590
	stream 2026-03-01T15:00:00Z $tide 200000 endplay
	stream 2026-03-01T15:00:00Z $tide 200000 endplay
	stream 2026-03-01T16:00:00Z $tide 40000 trackdone
	stream 2026-03-01T16:05:00Z $tide 40000 trackdone
	echo '{"ts":"2026-03-01T17:00:00Z","ms_played":900000,
	    "spotify_episode_uri":"spotify:episode:5n3Ppam7vgaVa1iaRUc9Lp",
	    "episode_name":"Knots","episode_show_name":"Rope Talk"}'
	echo '{"ts":"2026-03-01T18:00:00Z","ms_played":61000}'
	stream 2026-02-01T10:00:00Z $tide 200000
	stream 2026-03-02T10:00:00Z $moor 200000
} | jq -s . >"$tmp/Streaming_History_Audio_2026.json"
{
	play 2026-03-02T08:00:00.100Z $tide
	play 2026-03-01T16:05:01.100Z $tide
	play 2026-03-01T11:03:11.400Z $tide
	play 2026-03-01T10:00:00.500Z $tide
	play 2026-02-28T10:00:00.500Z $moor
	play 2026-04-01T10:00:00.500Z $moor
	echo '{"played_at":"2026-03-01T18:00:01.000Z","track":{"id":null,
	    "uri":"spotify:local:a:b:c:61","is_local":true,"name":"c"}}'
} | jq -sc '{type: "capture", run: "R", seq: 1, endpoint: "recently-played",
    user: "kim", status: 200, fetched_at: "2026-04-02T00:00:00Z",
    body: {items: .}}' | sp-stage | sp-transform | sp-load
sp-stage import --user kim "$tmp/Streaming_History_Audio_2026.json" \
    2>"$tmp/err" | sp-transform | sp-load 2>"$tmp/err"
is "$(sql 'select count(*) from streaming_history') $(sql "select count(*)
	from play_history")" "14 7" "an export and plays of the API are loaded"

section "parts of a listening"
is "$(why listens kim 2026-03-01T10:00 $tide |
	jq -c '[.part, .reported_at, .rule, .distance_ms, .row, .endpoint]')" \
    '["play","2026-03-01T10:00:00.500Z","track",500,null,"recently-played"]
["stream","2026-03-01T10:00:00.000Z","track",500,1,"streaming-history"]' \
    "the play with its capture, and the stream with its row"
is "$(why listens kim 2026-03-01T10:00 $tide | jq -r .why)" \
    "the same track as the stream
the same track as the play" "and the rule in words"
is "$(why listens kim 2026-03-01T10:00 | jq -r '.file // empty | sub(".*/"; "")')" \
    Streaming_History_Audio_2026.json "the file that the stream is in"
is "$(why --capture listens kim 2026-03-01T10:00 |
	jq -r --arg t $tide 'select(.endpoint == "streaming-history")
	| .body[1 - .first_row].ts')" 2026-03-01T10:00:00Z \
    "--capture prints the captures: the row is in its place"
for time in '2026-03-01 11:00' 2026-03-01T11:03:11.400Z 2026-03-01T11:03:10Z; do
	is "$(why listens kim "$time" "spotify:track:$tide" |
		jq -c '[.part, .rule, .row]' | xargs)" \
	    "[play,track,null] [stream,piece,2] [stream,track,3]" \
	    "a listening in pieces is found by each of them: $time"
done
for id in "$(echo $tide | cut -c 1-8)" "$(echo spotify:track:$tide | cut -c 1-22)"; do
	is "$(why listens kim 2026-03-01T10:00 "$id")" \
	    "$(why listens kim 2026-03-01T10:00 $tide)" "a shortened id: $id"
done
run why listens kim 2026-03-01T15:00
like "$status $err" '^65 .*2 listens match: give the whole key: kim [^,]*, kim [^,]*$' \
    "two streams that differ in nothing are two listenings"
run why listens kim 2026-03-01T15:00 $tide
like "$status $err" '^65 .*2 listens match: give the whole key, of streaming_history' \
    "which have keys in their table"

section "a stream without a play"
reason() { why listens kim "$@" | jq -r .why; }
is "$(reason 2026-03-01T12:00)" \
    "no play: it was heard for 12.0 s and ended with 'fwdbtn'" "heard too short"
is "$(reason 2026-03-01T13:00)" \
    "no play: it is of a private session, which the API does not report" \
    "a private session"
is "$(reason 2026-03-01T14:00)" \
    "no play: it claims more time than passed, 149.0 s in 10.0" "a phantom"
like "$(reason 2026-03-01T16:00)" '^no play: the nearest one of this track, at 2026-03-01T16:05:01.100Z, is the stream that ended at 2026-03-01T16:05:00.000Z$' \
    "its play is that of another stream"
is "$(reason 2026-03-01T17:00)" \
    "no play: it is of an episode, and not of a track" "an episode"
is "$(reason 2026-03-01T18:00:00)" \
    "no play: the export does not say what it is of" "one without any name"
is "$(reason 2026-02-01T10:00)" \
    "no play: it is older than all plays that the API reported" "an old one"
is "$(reason 2026-03-02T10:00)" "no play: the API reported none of this track near\
 it; the nearest one is at 2026-02-28T10:00:00.500Z" "and one that is not reported"

section "a play without a stream"
is "$(reason 2026-03-02T08:00)" "no stream: the exports have none of this track\
 near it; the nearest one ended at 2026-03-01T16:05:00.000Z" "the nearest one"
is "$(reason 2026-04-01T10:00)" "no stream: no file of an export covers this\
 time; the nearest one ended at 2026-03-02T10:00:00.000Z" "no export has its time"
is "$(reason 2026-03-01T18:00:01)" \
    "no stream: an export does not say which local file was heard" "a local file"
echo '{"type":"row","table":"play_history","row":{"user_id":"lee",
    "played_at":"2026-03-01T10:00:00Z","track_id":"t"}}' | jq -c . | sp-load
is "$(why listens lee 2026-03-01 | jq -r .why)" \
    "no stream: no export of this user is loaded" "and no export at all"

section "local times"
TZ=Europe/Berlin
for time in '2026-03-01 11:00' 2026-03-01T11:00:00 2026-03-01T10:00Z; do
	is "$(why listens kim "$time" $tide | jq -r .reported_at)" \
	    "2026-03-01T10:00:00.500Z
2026-03-01T10:00:00.000Z" "a time is local, unless it has a zone: $time"
	run why play_history kim "$time" $tide
	is "$status $(echo "$out" | jq -r 'select(.column == "track_id").value')" \
	    "0 $tide" "of a row of a table, too"
	like "$err" 'the stream at 2026-03-01T10:00:00.000Z: the same track' \
	    "with its listen"
done
sql "insert into play_history (user_id, played_at, track_id) values
	('nia', '2026-05-01T21:59:59.999Z', 't'),
	('nia', '2026-05-01T22:00:00.000Z', 't'),
	('nia', '2026-05-02T22:00:00.000Z', 't')"
is "$(why listens nia 2026-05-02 | jq -r .reported_at)" \
    "2026-05-01T22:00:00.000Z" "a day is a local one"
sql "delete from play_history where user_id = 'nia'"
TZ=UTC

section "with the rows of tables"
run why play_history kim 2026-03-01T10:00 $tide
is "$status $(echo "$out" | jq -r 'select(.column == "track_id").endpoint')" \
    "0 recently-played" "why play_history lists columns"
like "$err" 'the stream at 2026-03-01T10:00:00.000Z: the same track as the play' \
    "and says which stream it is"
run why streaming_history kim 2026-03-01T12:00 spotify:track:$tide 0 12000 1
is "$status $(echo "$out" | jq -r 'select(.column == "reason_end").value')" \
    "0 fwdbtn" "why streaming_history lists columns"
like "$err" "no play: it was heard for 12.0 s" "and says why it is no play"
run why streaming_history kim 2026-03-01T15:00 spotify:track:$tide 0 200000 2
like "$err" 'the stream at 2026-03-01T15:00:00.000Z: no play: ' \
    "of one of two that end together, too"

section "keys"
for bad in 'listens' 'listens kim' 'listens kim 2026 a b'; do
	# shellcheck disable=SC2086
	run why $bad
	is "$status $out" "64 " "usage: '$bad'"
done
run why listens kim 2026-03-01T09 $tide
like "$status $err" '^65 .*no play and no stream at .2026-03-01T09.:' \
    "nothing is there"

finish

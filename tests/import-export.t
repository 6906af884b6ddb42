#!/bin/sh
# Files that are imported: a ZIP from Spotify or what is in it, known by content;
# what is in them is imported once, and whatever is not is named.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

export TMPDIR="$tmp"
python3 tests/import-export.py "$tmp" || echo "Bail out! no files to import"

# import ARGUMENT...: run it in the folder of the files.
with=
import() {
	# shellcheck disable=SC2086
	run env $with sh -c 'cd "$1" && shift && sp-stage import "$@"' - "$tmp" "$@"
}
# captures MEMBER...: these members of each capture of the last import
parts_of() {
	jq -c "select(.type == \"capture\") | [$*]" "$tmp/out"
}
fresh

section "an extended history"
import --user kim extended.json
is "$status $err" "0 " "is recognized by its content"
is "$(parts_of .seq,.endpoint,.user,.status,.file,.first_row,.rows,.file_rows)" \
    '[1,"streaming-history","kim",200,"extended.json",1,858,2300]
[2,"streaming-history","kim",200,"extended.json",859,856,2300]
[3,"streaming-history","kim",200,"extended.json",1715,586,2300]' \
    "and becomes captures of a bounded number of rows"
is "$(parts_of .sha256 | sort -u)" \
    "[\"$(sha256sum <"$tmp/extended.json" | cut -d' ' -f1)\"]" \
    "with the SHA-256 of the file"
is "$(parts_of .repeats | xargs)" "[{5:2,9:2}] [{142:3}] [null]" \
    "and which rows are repeated in the file, in any spelling"
is "$(parts_of .body | jq -c '.[][]' | md5sum)" \
    "$(jq -c '.[] | del(.username, .ip_addr, .ip_addr_decrypted,
	.user_agent_decrypted) | if .more then del(.more.ip_addr) else . end' \
	"$tmp/extended.json" | md5sum)" \
    "with all rows as they are, without private members"
is "$(grep -c '192\.0\.2\|a private agent' "$tmp/out")" 0 "none of which is printed"
is "$(sp-stage replay | grep -c '192\.0\.2\|a private agent')" 0 "or stored"
first=$(jq -c 'select(.type == "capture") | [.run, .seq, .file]' "$tmp/out")
cp "$tmp/extended.json" "$tmp/again.json"
import --user kim again.json
is "$status $(parts_of .run,.seq,.file)" "0 $first" \
    "imported again, its captures have their first run, seq and file"
is "$(sql 'select count(*) from staging_raw')" 3 "and are not stored again"
is "$(jq -c 'select(.type == "end").ledger' "$tmp/out")" \
    '[{"stage":"sp-stage","produced":{"run":1,"capture":3}}]' \
    "and the ledger has what was printed"


section "no file"
fresh
import none-here.zip
like "$status $err" '^1 .*none-here.zip: .*cannot (open|read)' "cannot be opened"
is "$(sp-stage runs)" "" "and its run, which has no capture, is not stored"
import --endpoint me none-here.json
is "$status $(sp-stage runs)" "1 " "nor is one of an endpoint"
sp-stage import "$tmp/none-here.zip" 2>"$tmp/err" | sp-transform |
    sp-load 2>>"$tmp/err"
is "$(sp-stage runs | jq -r '.job + " " + .status')" "import complete" \
    "but sp-load logs it"
fresh

section "a file"
# parts FILE [OPTION...]: import it; $got is the status, and the endpoint, first
# row, rows, and rows of the file, of each capture.
parts() {
	part=$1
	shift
	fresh
	import --user kim "$@" "$part"
	got="$status $(parts_of .endpoint[17:],.first_row,.rows,.file_rows | xargs)"
}
for name in few pretty mark escaped comma kinds; do
	want='0 [,1,4,4]'
	[ $name != kinds ] || want='0 [,1,3,3]'
	parts $name.json
	is "$got" "$want" "$name.json is a history"
done
is "$(sp-stage replay | grep -c 192.0.2)" 0 "none has private members"
parts joined.json
is "$got" '0 [,1,5,5]' "lists one after another are one"
for name in music podcast audiobook; do
	parts $name.json
	like "$got" '^0 \[-basic,1,(.),\1\]$' "$name.json is a basic one"
done
parts mixed.json
is "$got" '0 [,1,2,7] [-basic,3,3,7] [,6,2,7]' \
    "rows of both forms are in captures of their own"
parts few.json --keep-private
is "$got $(sp-stage replay | grep -c 192.0.2.8)" \
    '0 [,1,4,4] 1' "--keep-private keeps what is private"
jq -nc '{username: "kim", ip_addr: "192.0.2.8"} as $private
	| {ts: "2024-01-01T00:00:00Z", ms_played: 40000,
		spotify_track_uri: "spotify:track:a"} as $row
	| [$private + $row, $row + $private, $private, {ip_addr: ""} + $row
		+ {username: "kim"}, ($row | .ip_addr = 1 | .shuffle = true)]' \
    >"$tmp/private.json"
parts private.json
is "$got $(parts_of .body | jq -c '.[][]' | md5sum)" "0 [,1,5,5] $(jq -c \
    '.[] | del(.username, .ip_addr)' "$tmp/private.json" | md5sum)" \
    "private members are removed wherever they are in a row"
parts latin.json
is "$got $err" "0 [,1,1,1] sp-stage: latin.json: row 1: invalid\
 UTF-8 (taken as U+FFFD) at byte 130" "what is not UTF-8 is reported once"
parts none.json
is "$got $err" "0  sp-stage: none.json: left out: no rows" \
    "a list without rows is no error"
for bad in 'empty.json: empty' 'page.html: not JSON: no value at byte 1' \
    'nul.json: not JSON: UTF-16, not UTF-8 at byte 1' \
    'nowhere: cannot read: No such file or directory' \
    '.: cannot read: Is a directory: name the files in it' \
    'other.json: neither a streaming history nor a known response of the API' \
    'folder.zip: it has no streaming history'; do
	parts "${bad%%: *}"
	is "$got $err" "1  sp-stage: $bad" "refused: $bad"
done
import --user kim few.json music.json few.json other.json - <"$tmp/my.zip"
is "$status $(jq -r 'select(.seq).file' "$tmp/out" | sed 's/.*\///' | xargs)" \
    "0 few.json music.json" "several are imported together"
like "$err" "few.json: left out: the same as few.json
.*other.json: left out: neither a streaming history nor a known response of the API
.*stdin/MyData/StreamingHistory_music_0.json: left out: the same as music.json" \
    "each once, without what is none"
import --user kim other.json page.html
is "$status $(echo "$err" | grep -vc 'left out')" "1 2" "none of which has any"
mkdir -p "$tmp/a/old" "$tmp/b/old"
cp "$tmp/few.json" "$tmp/a/old/0.json"
cp "$tmp/comma.json" "$tmp/b/old/0.json"
fresh
import --user kim a/old/0.json b/old/0.json "$tmp/music.json"
is "$(parts_of .file | xargs)" "[a/old/0.json] [b/old/0.json] [music.json]" \
    "files are known by their names, with folders that make them unique"

section "a damaged file"
parts cut.json
is "$got $err" \
    "1 [,1,3,null] sp-stage: cut.json: row 4 at byte 393: cut" \
    "rows before a cut are imported"
is "$(jq -c 'select(.type == "error") | [.where, .rows, .code, .reason]' \
	"$tmp/out")" '["cut.json",1,"bad row","row 4 at byte 393: cut"]' \
    "and the rest is an error in the stream"
parts open.json
is "$got $err" "1 [,1,4,null] sp-stage: open.json: cannot read on after row 4,\
 byte 452: cut: its list does not end" "a list that does not end is reported"
parts quote.json
is "$got $err" \
    "1 [,2,3,null] sp-stage: quote.json: row 1 at byte 116: no comma" \
    "rows after a bad one are imported"
parts long.json
is "$got $(echo "$err" | head -n 1)" "1 [,1,4,null] [,7,1,null]\
 sp-stage: long.json: row 5 at byte 454: longer than 1 MiB" \
    "and those after one that is too long"
parts comma.json
is "$got $err" "0 [,1,4,4] sp-stage: comma.json: row 2: no comma\
 at byte 114" "a comma that is missing is reported once"

section "a ZIP"
parts my.zip
is "$got" '0 [,1,4,4] [-basic,1,3,3]' "has histories"
is "$(echo "$err" | sed 's/^sp-stage: my.zip\/.*\///')" \
    "ReadMeFirst.pdf: left out: not JSON: no value at byte 1
._Streaming_History_Audio_2024.json: left out: not JSON: NUL outside a string at byte 1
Userdata.json: left out: neither a streaming history nor a known response of the API
YourLibrary.json: left out: neither a streaming history nor a known response of the API
empty.json: left out: empty
none.json: left out: no rows" "and everything else is named"
is "$(parts_of .file,.fetched_at | head -n 1)" '["my.zip/Spotify Extended'\
' Streaming History/Streaming_History_Audio_2024.json","2024-03-04T05:06:08.000Z"]' \
    "its captures have the path and time of their file"
with='TZ=Asia/Tokyo LC_ALL=C'
parts names.zip
is "$got $(parts_of .file,.fetched_at | xargs)" \
    '0 [,1,4,4] [,1,1,1] [names.zip/Größe/\u001b[31m.json,2024-03-04T05:06:08.000Z]'\
' [names.zip/../../etc/x.json,2024-03-04T05:06:08.000Z]' \
    "names and times are read alike in any locale and zone"
parts my.zip --fetched-at 2024-05-01T00:00:00Z
is "$got $(parts_of .fetched_at | sort -u)" \
    '0 [,1,4,4] [-basic,1,3,3] ["2024-05-01T00:00:00.000Z"]' "--fetched-at sets it"
parts - <"$tmp/my.zip"
is "$got $(parts_of .file | head -n 1 | cut -c 1-15)" \
    '0 [,1,4,4] [-basic,1,3,3] ["stdin/Spotify' "from stdin"
cp "$tmp/out" "$tmp/from-file"
fresh
run sh -c "cat '$tmp/my.zip' | sp-stage import --user kim"
is "$status $(parts_of .file,.sha256 | cksum)" \
    "0 $(jq -c 'select(.seq) | [.file, .sha256]' "$tmp/from-file" | cksum)" \
    "and from a pipe"
is "$(find "$tmp" -name 'sp-*')" "" "which leaves no temporary file"
parts zip.zip
is "$got" '0 [,1,4,4] [-basic,1,3,3] [,1,1,1]' "with a ZIP in it"
parts deep.zip
is "$got $err" "1 [,1,1,1] sp-stage: deep.zip/3.zip/2.zip/1.zip: is a ZIP in\
 too many others: unpack it first" "with ZIPs in each other, up to a limit"
parts twice.zip
is "$got $(parts_of .file | sort -u)" \
    '0 [,1,4,4] [,1,1,1] ["twice.zip/a.json"]' "with two files of one name"
parts encrypted.zip
is "$got $err" "1 [,1,1,1] sp-stage: encrypted.zip/a.json: is\
 encrypted: unpack it with its password first" "with an encrypted file"
parts crc.zip
like "$got $err" "^1 \[,1,4,null\] sp-stage: crc.zip/a.json: cannot\
 read on after row 4, byte 452: .*CRC" "with a damaged file"
parts cut.zip
like "$got $err" "^1 \[,1,4,4\] \[,1,5,null\] sp-stage: cut.zip/b.json:\
 cannot read on after row 5, byte 3625: .*
sp-stage: cut.zip: cannot read on: " "that is cut"
parts list.zip
is "$got $err" "1 [,1,4,4] sp-stage: list.zip/b.json: not JSON: cut\
 at byte 8" "with what may have been a history"
parts library.zip
is "$got $(echo "$err" | tail -n 1)" \
    "1  sp-stage: library.zip: it has no streaming history" "without any"

section "memory"
# peak FILE: the most memory that an import of it takes, in MiB.
peak() {
	fresh
	python3 -c 'import resource, subprocess, sys
subprocess.run(["sp-stage", "import", "--user", "kim", sys.argv[1]],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$tmp/$1"
}
# Valgrind and the address sanitizer need more.
if [ "$(uname)" = Linux ] && ! grep -q '^#!\|__asan_init' "$build/sp-stage"; then
	for name in spaces.zip bodies.zip rows.zip; do
		[ "$(peak $name)" -lt 40 ]
		ok $? "$name takes less than is in it"
	done
	is "$(sql "select sum(json_extract(extra_json, '$.rows'))
	    from staging_raw")" 27000 "and all of it is stored"
fi

section "whose it is"
fresh
import few.json
is "$status $out $err" "64  sp-stage: import: whose history is it? Say so with\
 --user ID, your Spotify user id
try 'sp-stage import --help'" "nothing says so"
import --no-stage few.json
is "$status $out" "64 " "nor without a database"
row users '{"user_id":"kim","is_me":true}' 01 | sp-load
row users '{"user_id":"robin"}' 01 | sp-load
import few.json
is "$status $(parts_of .user) $(jq -r 'select(.type == "run").user' "$tmp/out")" \
    '0 ["kim"] kim' "the only user of the database's own"
like "$err" 'import: for kim, the only user' "which is said"
row users '{"user_id":"robin","is_me":true}' 02 | sp-load
import few.json
is "$status $out" "64 " "there are two"
import --user robin few.json pretty.json
is "$status $(parts_of .user,.file) $err" "1 [\"robin\",\"pretty.json\"]\
 sp-stage: few.json: it is imported already, as the history of 'kim': if that is\
 wrong, \`sp-stage forget $(sql 'select min(run_id) from staging_raw')\` undoes it"\
    "a file that is another user's"
fresh
row streaming_coverage '{"user_id":"lee","sha256":"00","first_row":1}' 01 | sp-load
import few.json
is "$status $(parts_of .user)" '0 ["lee"]' "the only user with an export"
fresh
import --user 11x few.json extended.json
is "$status $(parts_of .file) $err" "1 [\"few.json\"] sp-stage: extended.json: its\
 username is 'kim', and the user is '11x': if that is the same person, add\
 --username kim" "a file with another username is refused"
import --user 11x --username other --username KIM extended.json
is "$status $(parts_of .user | sort -u)" '0 ["11x"]' "unless --username says so"
fresh
jq '.[3].username = "it'"'"'s me" | .[4].username = "Kim" | .[0:5]' \
    "$tmp/extended.json" >"$tmp/two.json"
import --user kim two.json
like "$status $err" "^1 .*username is 'it's me', .* add --username 'it'\\\\''s me'$" \
    "one of two is another, and is quoted for the shell"

section "saved responses"
mkdir "$tmp/saved"
# saved NAME BODY
saved() { echo "$2" >"$tmp/saved/$1.json"; }
web=https://api.spotify.com/v1
saved recently-played '{"items":[],"href":"'$web'/me/player/recently-played?limit=50"}'
saved recently-played.2 '{"items":[{"played_at":"2026-01-02T03:04:05Z","track":{}}]}'
saved playlist '{"id":"p","type":"playlist","href":"'$web'/playlists/p"}'
saved playlist-items '{"href":"'$web'/playlists/p/tracks?offset=0","items":[]}'
saved my-playlists '{"href":"'$web'/users/kim/playlists?offset=0","items":[]}'
saved my-playlists.2 '{"href":"'$web'/me/playlists","items":[]}'
saved me '{"id":"kim","type":"user","country":"NZ","href":"'$web'/users/kim"}'
saved user '{"id":"robin","type":"user","href":"'$web'/users/robin"}'
saved followed-artists '{"artists":{"items":[],"href":"'$web'/me/following?type=artist"}}'
saved saved-tracks '{"items":[],"href":"'$web'/me/tracks?offset=0"}'
saved track '{"album":{"type":"album","id":"a","href":"'$web'/albums/a"},"artists":
    [{"id":"b","type":"artist","href":"'$web'/artists/b"}],"id":"t","type":"track"}'
saved tracks '{"tracks":[null,{"id":"t","type":"track","href":"'$web'/tracks/t"}]}'
saved album '{"id":"a","type":"album","href":"'$web'/albums/a","artists":[]}'
saved artist '{"id":"b","type":"artist","href":"'$web'/artists/b"}'
saved audio-features '{"audio_features":[{"type":"audio_features","id":"t"}]}'
saved audio-features.2 '{"type":"audio_features","id":"t","track_href":"'$web'/tracks/t"}'
run sh -c "cd '$tmp/saved' && sp-stage import --no-stage --user kim *.json"
is "$status $err" "0 " "are recognized by their links and shapes"
is "$(jq -r 'select(.seq) | (.file | split(".")[0]) + " " + .endpoint' "$tmp/out" |
	awk '$1 != $2')" "" "each as what it is"
is "$(jq -r 'select(.seq).endpoint' "$tmp/out" | sort -u | grep -c .)" 13 \
    "every endpoint that has bodies"
cat "$tmp"/saved/me.json "$tmp"/saved/track.json >"$tmp/both.json"
is "$(sp-stage import --no-stage --user kim "$tmp/both.json" | jq -c 'select(.seq) |
	[.endpoint, .user]' | xargs)" "[me,kim] [track,kim]" "several are in a file"
for doubt in '{"href":"'$web'/users/robin/playlists","items":[]}' '{"error":{}}' \
    '{"tracks":[{"uri":"spotify:track:t","track":"Tide"}]}' '[]{}'; do
	run sp-stage import --no-stage --user kim <<-E2
	$doubt
	E2
	is "$status $(jq -r 'select(.seq).endpoint' "$tmp/out")" "1 " "in doubt: $doubt"
done

section "through the pipeline"
fresh
import --user kim zip.zip extended.json
sp-transform <"$tmp/out" | sp-load
is "$? $(sql "select form, count(*), sum(nth > 1) from streaming_history
	group by form" | xargs)" "0 basic|3|0 extended|2305|3" \
    "every row of a file is a stream"
is "$(sql "select count(*), sum(rows) from streaming_coverage")" "6|2308" \
    "and is covered"
whole=$(digest)
is "$(rebuild)" "$whole" "a replay rebuilds the tables"
import --user kim extended.json my.zip
sp-transform <"$tmp/out" | sp-load
is "$? $(digest)" "0 $whole" "a second import changes nothing"

finish

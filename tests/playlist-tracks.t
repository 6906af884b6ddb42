#!/bin/sh
# The tracks of playlists: lists arrive in pages and are stored when complete.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh


row_run=R
# page LIST OFFSET TOTAL DAY ITEMS [MEMBERS]: of playlist $p, or of "p".
page() {
	row playlist_tracks "{\"playlist_id\":\"${p:-p}\",\"list\":\"$1\",
	    \"offset\":$2,\"total\":$3,\"items\":[$5]$6}" "$4" page
}
check() { # LIST SNAPSHOT DAY
	row playlist_tracks "{\"playlist_id\":\"${p:-p}\",
	    \"list\":\"$1\",\"snapshot_id\":\"$2\"}" "$3" check
}
# items ID...: tracks, separated.
items() {
	comma=
	for id; do
		printf '%s{"track_id":"%s","uri":"spotify:track:%s","kind":"track"}' \
		    "$comma" "$id" "$id"
		comma=,
	done
}
# a_run ID ROWS: what comes on stdin as rows of a run that ends well; in
# place of that, END is given.
a_run() {
	printf '{"type":"run","run":"%s","job":"playlists"}\n' "$1"
	cat
	printf '{"type":"end","run":"%s",%s,"ledger":[{"stage":"sp-stage"},{"stage":"sp-transform",' \
	    "$1" "${END:-\"status\":\"complete\"}"
	printf '"in":{"capture":1},"used":{"capture":1},"produced":{"row":%s}}]}\n' \
	    "$2"
}
run_state() {
	sql "select status, exit_status from ingest_runs where run_id = '$1'"
}
tracks() { sql "select group_concat(track_id, '') from (select track_id
	from playlist_tracks where playlist_id = '${p:-p}' order by position)"; }
waiting() { sql 'select count(*) from playlist_pages'; }

section "a list in pages"
{
	row playlists '{"playlist_id":"p","name":"Mix","snapshot_id":"s1"}' 02
	row playlist_ingest_queue '{"playlist_id":"p","played_at":"2026-03-01T00:00:00Z"}' 01
	page A 0 5 02 "$(items a b)" ',"check_due":true,"snapshot_id":"s1"'
	page A 2 5 03 "$(items c a)"
	page A 4 5 03 "$(items d)"
} >"$tmp/pages"
{ cat "$tmp/pages" && check A s1 04; } | a_run R 6 >"$tmp/whole"
run sp-load <"$tmp/whole"
is "$status $out$err" "0 " "a list of three pages and a check"
is "$(tracks)" abcad "a list is stored in order, with a track twice"
is "$(sql 'select name, snapshot_id, tracks_snapshot_id, tracks_updated,
	last_refreshed, tracks_list from playlists')" \
    "Mix|s1|s1|2026-03-02T00:00:00.000Z|2026-03-02T00:00:00.000Z|A" \
    "the playlist names its stored list and the time of it"
is "$(sql 'select count(*) from playlist_ingest_queue; select done_at
	from playlist_ingest_done')" "0
2026-03-02T00:00:00.000Z" "it has left the queue"
is "$(waiting) $(run_state R)" "0 complete|0" "and no page waits any more"
dump >"$tmp/before"
run sp-load <"$tmp/whole"
is "$status $err" "0 " "the same list loaded again"
dump | cmp -s - "$tmp/before"
ok $? "and nothing changes"
is "$(sql "select rows_unchanged > 4 from ingest_runs")" 1 "but is counted"

section "every kind of item"
page K 0 5 10 '{"track_id":"t","uri":"spotify:track:t","kind":"track",
	"added_at":"2020-01-02T03:04:05Z","added_by":"kim"},
	{"uri":"spotify:episode:e","kind":"episode","added_at":null},
	{"track_id":"spotify:local:x","uri":"spotify:local:x","kind":"local"},
	{"kind":"unavailable","added_by":"lee"},
	{"kind":"track","track_id":"\u00e9","uri":"\"q\""}' >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $err" "0 " "items of every kind"
is "$(sql 'select position, kind, track_id, uri, added_at, added_by
	from playlist_tracks order by position')" \
    "0|track|t|spotify:track:t|2020-01-02T03:04:05.000Z|kim
1|episode||spotify:episode:e||
2|local|spotify:local:x|spotify:local:x||
3|unavailable||||lee
4|track|é|\"q\"||" "all five items are stored as they are"

section "a newer list, tried first"
fresh
page A 0 4 01 "$(items a b c d)" | sp-load
sql 'pragma wal_checkpoint(truncate)' >"$tmp/null"
sum=$(cksum <"$SP_DB")
{ page B 0 3 02 "$(items b)" ',"snapshot_id":"s2"' &&
	page B 1 3 02 "$(items a c)"; } >"$tmp/new"
run sp-load -n <"$tmp/new"
is "$status" 0 "a dry run of a list that changed"
is "$(printf '%s\n' "$out" | jq -r 'select(.table == "playlist_tracks")
	| [.change, .key.playlist_id, .key.position, .before.track_id,
	.after.track_id] | map(. // "") | join("|")')" "update|p|0|a|b
update|p|1|b|a
unchanged|p|2||
delete|p|3|d|" "shows what becomes of each position"
is "$(printf '%s\n' "$out" | jq -r 'select(.table == "playlists")
	| .after.tracks_snapshot_id')" s2 "and of the playlist"
is "$(cksum <"$SP_DB")" "$sum" "and writes nothing"
run sh -c 'cat "$1" "$1" | "$2" -n' sh "$tmp/new" "$build/sp-load"
is "$(printf '%s\n' "$out" | grep -c '"update","table":"playlist_tracks"')" 2 \
    "a list given twice in a dry run changes once"
sp-load <"$tmp/new"
is "$(tracks)" bac "a newer list is stored: two have changed places, one is gone"
page A 0 4 01 "$(items a b c d)" | sp-load
is "$? $(tracks)" "0 bac" "an older list that arrives later changes nothing"
page C 0 3 02 "$(items x y z)" | sp-load
is "$(tracks)" xyz "of two lists of one time the greater name wins"
page B 0 3 02 "$(items b a c)" | sp-load
is "$(tracks)" xyz "the greater name wins in any order"
page D 0 0 03 '' | sp-load
is "$? $(tracks)" "0 " "an empty list is stored as empty"
is "$(sql 'select tracks_list from playlists')" D "an empty list is the current one"
page D 0 0 03 '' | sp-load -n >"$tmp/out" 2>"$tmp/err"
is "$? $(cat "$tmp/out")" "0 " "once more says nothing new"

# Without a database there is nothing to compare with; an older one lacks
# what lists need.
run sp-load -n --db "$tmp/none.db" <"$tmp/new"
is "$status $(printf '%s\n' "$out" |
    grep -c '"insert","table":"playlist_tracks"')" "0 3" \
    "a dry run without a database"
fresh
page A 0 4 01 "$(items a b c d)" | sp-load
sql 'drop table playlist_pages; drop view connections;
	drop view playlist_changes; alter table playlists drop column tracks_list;
	alter table playlists drop column tracks_updated'
run sp-load -n <"$tmp/new"
is "$status $(printf '%s\n' "$out" | grep -c '"table":"playlist_tracks"')" \
    "0 4" "a dry run on a database of an older sp, which is brought up to date"
sp-load <"$tmp/new"
is "$? $(tracks)" "0 bac" "the list is loaded after that"

section "what was in it, and when"
# changes: what the view says of the playlist.
changes() { sql "select change, not_before, not_after, substr(uri, 15), added_by
	from playlist_changes" | tr '\n' ' ' |
    sed 's/2026-03-0//g; s/T00:00:00.000Z//g; s/ $//'; }
history_digest() { sp-load --digest | grep playlist_item_history; }
# added ID DAY: a track that kim added on a day.
added() { printf '{"track_id":"%s","uri":"spotify:track:%s","kind":"track",
    "added_at":"2026-03-0%sT00:00:00Z","added_by":"kim"}' "$1" "$1" "$2"; }
page A 0 2 02 "$(added a 1),$(items b)" >"$tmp/one"
page B 0 1 04 "$(added a 1)" >"$tmp/two"
{ page C 0 3 06 "$(added a 1),$(added b 5)"; page C 2 3 07 "$(items c)"; } \
    >"$tmp/three"
fresh
cat "$tmp/one" "$tmp/two" "$tmp/three" | sp-load
is "$(changes)" "added|1|1|a|kim added||2|b| added|5|5|b|kim removed|2|6|b| added||7|c|" \
    "a track that leaves and comes again, and one that is added"
in_order=$(history_digest)
fresh
for part in three one two one; do sp-load <"$tmp/$part"; done
is "$(history_digest)" "$in_order" "is the same in another order"
is "$(sql "select first_seen, last_seen from playlist_item_history
	where uri = 'spotify:track:a'")" \
    "2026-03-02T00:00:00.000Z|2026-03-06T00:00:00.000Z" \
    "first_seen and last_seen are times of its pages"
page D 2 4 08 "$(items d)" | sp-load 2>/dev/null
is "$(sql "select count(*) from playlist_item_history
	where uri = 'spotify:track:d'") $(changes | grep -c removed)" "1 1" \
    "an item of an incomplete list was seen; nothing leaves by that list"

section "a mapping that knows more"
fresh
page A 0 2 01 '{"kind":"track","track_id":"a"}' >"$tmp/one"
page A 1 2 02 '{"kind":"track","track_id":"b"}' >>"$tmp/one"
sp-load <"$tmp/one"
{ page A 1 2 02 "$(items b)" && page A 0 2 01 "$(items a)"; } >"$tmp/two"
run sp-load <"$tmp/two"
is "$status $err" "0 " "a list from another mapping"
is "$(sql 'select track_id, uri from playlist_tracks')" "a|spotify:track:a
b|spotify:track:b" "what it knows more is added"
run sp-load <"$tmp/one"
is "$(sql 'select track_id, uri from playlist_tracks')" "a|spotify:track:a
b|spotify:track:b" "and the old one takes nothing away"
page S 0 1 05 '{"kind":"track","track_id":"a"}' | sp-load
page S 0 1 05 "$(items a)" | sp-load
page S 0 1 05 '{"kind":"track","track_id":"a"}' | sp-load
is "$(sql 'select track_id, uri from playlist_tracks')" "a|spotify:track:a" \
    "of one page too"

section "two of one name and time, as captures without a run may be"
{ page '' 0 1 01 "$(items a)" ',"snapshot_id":"s"' &&
	page '' 0 2 01 "$(items b c)" &&
	page '' 0 2 01 "$(items b c)" ',"snapshot_id":"u"' &&
	page '' 0 2 01 "$(items d a)" ',"snapshot_id":"t"'; } |
	sed 's/"list":"",//' >"$tmp/two"
for order in 'sed p' tac 'sort' 'sort -r' 'sort -R'; do
	fresh
	$order "$tmp/two" >"$tmp/order"
	while read -r line; do echo "$line" | sp-load; done <"$tmp/order"
	is "$(tracks) $(sql 'select tracks_snapshot_id from playlists')" "da t" \
	    "the longer list wins, then the greater one, whole, through '$order'"
done

section "two snapshots of one playlist, imported together"
# saved NAME PLAYLIST OFFSET TOTAL ID...: a page as curl saved it.
saved() {
	name=$1 of=$2 from=$3 total=$4
	shift 4
	printf '{"href":"https://api.spotify.com/v1/playlists/%s/tracks?%s","items":[' \
	    "$of" "offset=$from&limit=2" >"$tmp/$name"
	comma=
	for id; do
		printf '%s{"track":{"id":"%s"}}' "$comma" "$id"
		comma=,
	done >>"$tmp/$name"
	printf '],"total":%s}' "$total" >>"$tmp/$name"
}
saved p1 p 0 3 a b
saved p2 p 2 3 c
saved q1 p 0 3 x y
saved q2 p 2 3 z
saved other o 0 2 m
saved other2 o 1 2 n
fresh
cd "$tmp" || exit
# In one import they have one time, or each its own.
for at in --fetched-at=2026-03-01T00:00:00Z ''; do
	touch -d 2026-03-02T00:00:00Z p1 && touch -d 2026-03-02T00:00:01Z p2
	touch -d 2026-03-03T00:00:00Z q1 && touch -d 2026-03-03T00:00:01Z q2
	fresh
	"$build/sp-stage" import --endpoint playlist-items ${at:+"$at"} p1 other \
	    p2 other2 q1 q2 >imported
	"$build/sp-transform" <imported | tee rows | sp-load
	is "$? $(tracks) $(p=o tracks)" "0 xyz mn" "the later of two snapshots is stored"
	sp-load --digest >before
	wrong=
	for order in tac sort 'sort -r' 'sort -R' 'sort -R'; do
		fresh
		grep '"row"' rows | $order >again
		while read -r line; do echo "$line" | sp-load 2>err; done <again
		sp-load --digest | cmp -s - before || wrong="$wrong $order"
	done
	is "$wrong" "" "in any order"
done
fresh
"$build/sp-stage" import --endpoint playlist-items p2 p1 q2 q1 |
	"$build/sp-transform" | sp-load
is "$? $(tracks)" "0 xyz" "whatever the order of a snapshot's pages"
fresh
"$build/sp-stage" import --endpoint playlist-items p1 p2 q1 q2 >imported
sp-load --digest >before
fresh
"$build/sp-stage" <imported | "$build/sp-transform" | sp-load
"$build/sp-stage" replay | "$build/sp-transform" | sp-load --db again.db
sp-load --digest --db again.db >again
sp-load --digest | cmp - again
ok $? "as it is from staging_raw"
fresh
run sp-stage import --endpoint playlist-items --fetched-at 2026-03-01 p2 q1 q2
is "$status $err" "1 sp-stage: q2: the first page of this playlist is missing, or\
 is with another snapshot: import each snapshot alone" \
    "pages that may be mixed are reported"
printf '%s\n' "$out" | "$build/sp-transform" | sp-load
is "$(sql 'select stage, reason like "the first page%" from ingest_errors')" \
    "sp-stage|1" "and recorded"
fresh
"$build/sp-stage" import --endpoint playlist-items --fetched-at 2026-03-01 \
    p1 p2 q1 | "$build/sp-transform" | sp-load 2>err
is "$? $(tracks) $(grep -c '2 of 3 items' err)" "1 abc 1" \
    "a later snapshot of the same time lacks its last page: it is reported"
cd - >"$tmp/null" || exit

section "lists that are not complete"
# incomplete NAME, REASON: the rows in $tmp/rows leave the stored list.
incomplete() {
	fresh
	page A 0 2 01 "$(items a b)" | sp-load
	a_run R "$(grep -c . "$tmp/rows")" <"$tmp/rows" >"$tmp/in"
	run sp-load <"$tmp/in"
	is "$status $(run_state R)" "1 complete|1" "$1: status 1"
	is "$err" "sp-load: playlist 'p': $2: keeping the stored track list" "it is said"
	is "$(sql 'select run_id, stage, list, reason from ingest_errors')" \
	    "R|sp-load|B|playlist 'p': $2: keeping the stored track list" "$1: an error is recorded"
	is "$(tracks)" ab "$1: the stored list stays"
	sp-load -n <"$tmp/in" 2>"$tmp/err" >"$tmp/out"
	is "$? $(grep -c 'keeping the stored track list' "$tmp/err")" "1 1" \
	    "a dry run says so too"
}
CHANGED='the list changed while it was being fetched'
UNPROVEN='its length or snapshot changed while it was being fetched, and no other fetch has the same items yet'
{ page B 0 4 02 "$(items c)" && page B 2 4 02 "$(items d e)"; } >"$tmp/rows"
incomplete "a page is missing" "3 of 4 items were received"
is "$(waiting)" 2 "the pages that came stay"
page B 1 4 02 "$(items x)" | sp-load
is "$? $(tracks) $(waiting)" "0 cxde 0" "the missing page completes the list later"
{ page B 0 4 02 "$(items c)" && page B 1 4 02 "$(items d e)"; } >"$tmp/rows"
incomplete "the last page is short" "3 of 4 items were received"
{ page B 0 2 02 "$(items c)" && page B 1 3 02 "$(items d)"; } >"$tmp/rows"
incomplete "the last page announces more" "2 of 3 items were received"
{ page B 0 4 02 "$(items c)" && page B 1 3 02 "$(items d e)"; } >"$tmp/rows"
incomplete "totals contradict each other" "$UNPROVEN"
{ page B 0 3 02 "$(items c d)" && page B 1 3 02 "$(items d e)"; } >"$tmp/rows"
incomplete "pages overlap" "$CHANGED"
{ page B 0 2 02 "$(items c)" && page B 1 2 02 "$(items d e)"; } >"$tmp/rows"
incomplete "there are more than the total" "$UNPROVEN"
{
	page B 0 2 02 "$(items c)" ',"check_due":true,"snapshot_id":"s"'
	page B 1 2 02 "$(items d)"
	check B t 02
} >"$tmp/rows"
incomplete "the check differs" "$UNPROVEN"
{
	page B 0 2 02 "$(items c)" ',"check_due":true,"snapshot_id":"s"'
	page B 1 2 02 "$(items d)"
} >"$tmp/rows"
incomplete "the check is missing" \
    "the final snapshot check is missing"
check B s 03 | sp-load
is "$? $(tracks)" "0 cd" "the check completes the list later"
page B 0 2 02 "$(items c)" | sp-load 2>"$tmp/err"
is "$(cat "$tmp/err")" "" "a page of the stored list is no list of its own"

fresh
{
	page B 0 3 02 "$(items a)"
	page C 0 1 03 "$(items c)"
} | a_run R 2 | sp-load
is "$? $(tracks) $(waiting)" "0 c 0" \
    "an incomplete list that a newer one follows is no matter"
{ page B 2 3 05 "$(items d)" && page B 0 3 02 "$(items a)"; } |
	a_run R2 2 | sp-load
is "$? $(tracks) $(waiting)" "0 c 0" "the rest of the stored list is no list of its own"
{ page B 0 3 02 "$(items a)" && page B 2 3 05 "$(items d)" && check B s 06; } |
	a_run R3 3 | sp-load
is "$? $(tracks)" "0 c" "in any order"
run sp-load <<EOF
$(check Z s 07)
EOF
is "$status $err" "0 " "a check alone is no list"

# A clock may be put back while a list is read: then its check is the oldest.
{
	page B 0 2 06 "$(items a)" ',"check_due":true,"snapshot_id":"s"'
	page B 1 2 06 "$(items b)"
} >"$tmp/late"
page C 0 1 05 "$(items c)" >"$tmp/other"
check B s 04 >"$tmp/early"
got=''
for order in 'late early other' 'late other early' 'early late other' \
    'early other late' 'other late early' 'other early late'; do
	fresh
	for part in $order; do sp-load <"$tmp/$part" 2>"$tmp/err"; done
	# What waits is dropped by the next list.
	got="$got $(tracks)$(sql 'select tracks_updated from playlists' | cut -c9-10)"
done
is "$got" " c05 c05 c05 c05 c05 c05" \
    "a list is as old as the oldest of it, its check too, in any order"

fresh
{ printf '{"type":"run","run":"R","job":"playlists"}\n' &&
	page B 0 3 02 "$(items a)"; } >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $(waiting)" "65 1" "the pages of a run that is cut stay deferred"
is "$(printf '%s\n' "$err" | grep -c 'the stored track list')" 0 \
    "and says nothing of lists"
page B 0 3 02 "$(items a)" | END='"status":"deferred"' a_run R2 1 >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $(run_state R2)" "69 deferred|69" "a run that ended early"
like "$err" "1 of 3 items were received" "says what came"

section "a list that is resumed twice"
# any_order FILE...: loads the files in many orders, each by a process of its
# own; prints what is stored in the end, each different outcome once.
outcome() { echo "$(tracks) $(sql 'select tracks_list, tracks_updated,
	tracks_snapshot_id from playlists')"; }
orders() {
	python3 -c 'import itertools, sys
all = list(itertools.permutations(sys.argv[1:]))
for o in all[::max(1, len(all) // 12)] + all[-1:]: print(*o)' "$@"
}
any_order() {
	orders "$@" | while read -r order; do
		fresh
		for part in $order; do sp-load <"$tmp/$part" 2>"$tmp/err"; done
		outcome
	done | sort -u
}
# said FILE...: the words and the status when all is loaded at once, likewise.
said() {
	orders "$@" | while read -r order; do
		fresh
		for part in $order; do cat "$tmp/$part"; done |
		    sp-load 2>"$tmp/err" >"$tmp/out"
		echo "$? $(cat "$tmp/err")"
	done | sort -u
}
# Two fetches overlap, and each is complete: the one that began later is stored.
page A 0 2 01 "$(items a)" >"$tmp/a"
page B 0 2 02 "$(items c)" >"$tmp/b"
page B 1 2 03 "$(items d)" >"$tmp/c"
page A 1 2 04 "$(items b)" >"$tmp/d"
is "$(said a b c d) $(any_order a b c d)" "0  cd B|2026-03-02T00:00:00.000Z|" \
    "of two complete lists that overlap, the older one is passed over in silence"
resumed() { # LIST OFFSET TOTAL DAY ITEMS
	page "$1" "$2" "$3" "$4" "$5" ',"follows":"A/1"'
}
page A/1 0 4 02 "$(items a b)" ',"check_due":true,"snapshot_id":"s"' >"$tmp/a"
{ resumed B/1 2 4 03 "$(items c)" && resumed B/1 3 4 03 "$(items d)"; } >"$tmp/b"
{ resumed C/1 2 4 04 "$(items x)" && resumed C/1 3 4 04 "$(items y)"; } >"$tmp/c"
check B/1 s 05 | sed 's/"list"/"follows":"A\/1",&/' >"$tmp/b_check"
check C/1 t 05 | sed 's/"list"/"follows":"A\/1",&/' >"$tmp/c_check"
is "$(any_order a b b_check c c_check)" \
    "abcd B/1|2026-03-02T00:00:00.000Z|s" \
    "of two requests that resume a list, each has its own, in any order"
is "$(said a b b_check c c_check)" "0 " \
    "the one that never was is of no matter, in any order"
is "$(any_order a b c c_check | cut -c1-4 | sort -u) $(said a c c_check | cut -c1-2)" \
    "  1 " "without its check, or with another one, no list is stored"
check C/1 s 05 | sed 's/"list"/"follows":"A\/1",&/' >"$tmp/c_check"
is "$(any_order a b b_check c c_check)" \
    "abxy C/1|2026-03-02T00:00:00.000Z|s" "of two that are proven, the later name"
# A third request resumes the second.
resumed B/1 2 4 03 "$(items c)" >"$tmp/b"
page D/1 3 4 04 "$(items e)" ',"follows":"B/1"' >"$tmp/d"
check D/1 s 05 | sed 's/"list"/"follows":"B\/1",&/' >"$tmp/d_check"
is "$(any_order a b d d_check)" "abce D/1|2026-03-02T00:00:00.000Z|s" \
    "a list in three runs"
page B/1 2 4 03 "$(items c)" ',"follows":"A/1"' | sed 's/:"c"/:"cc"/' | sp-load
is "$(tracks)" "abcce" "one page of the stored list, loaded again"
page Z 0 1 06 "$(items z)" | sp-load
is "$(tracks) $(waiting)" "z 0" "a newer list replaces it whole"
# One whose first page asks for no check was still read over a longer time.
page A/1 0 4 02 "$(items a b)" >"$tmp/a"
{ resumed B/1 2 4 03 "$(items c)" && resumed B/1 3 4 03 "$(items d)"; } >"$tmp/b"
is "$(any_order a b)" " " "a resumed list is not stored without a check"

section "two fetches that agree"
# two_pages LIST DAY SNAPSHOT CHECK ID...: a list, and its check.
two_pages() {
	list=$1 day=$2 snapshot=$3 checked=$4
	shift 4
	page "$list" 0 $# "$day" "$(items "$1" "$2")" \
	    ',"check_due":true,"snapshot_id":"'"$snapshot"'"'
	total=$#
	shift 2
	page "$list" 2 "$total" "$day" "$(items "$@")"
	check "$list" "$checked" "$day"
}
two_pages U 02 s1 s2 a b c d >"$tmp/u"
two_pages V 03 s3 s4 a b c d >"$tmp/v"
two_pages W 04 s5 s6 a b c >"$tmp/w"
fresh
run sp-load <"$tmp/u"
is "$status $(tracks)" "1 " "a list whose snapshot is another one at each request"
like "$err" "^sp-load: playlist 'p': $UNPROVEN: " "a list whose snapshot is another one at each request is not stored"
run sp-load <"$tmp/v"
is "$status $err $(tracks)" "0  abcd" "a list that a second fetch confirms is stored"
is "$(sql 'select count(*) from ingest_errors')" 0 "nothing is left to say"
run sp-load <"$tmp/v"
is "$status $err" "0 " "nor when it comes again"
run sp-load <"$tmp/w"
is "$status $(tracks)" "1 abcd" "a list with other items replaces nothing"
is "$(any_order u v w)" "abcd U|2026-03-02T00:00:00.000Z|s1" "in any order"
is "$(said u v w | cut -c1-30)" "1 sp-load: playlist 'p': its l" \
    "in any order, the list that nothing confirms is reported"
two_pages X 05 s7 s8 a b c >"$tmp/x"
is "$(any_order u v w x)" "abc W|2026-03-04T00:00:00.000Z|s5" \
    "of two confirmed lists the newer one is stored"
is "$(said u v w x)" "0 " "and nothing is wrong"
two_pages Y 05 s7 s8 a b c d >"$tmp/y"
is "$(any_order u w y)" "abcd U|2026-03-02T00:00:00.000Z|s1" \
    "whatever lies between the two"
two_pages H 04 s s q r s >"$tmp/h"
is "$(any_order u v h)" "qrs H|2026-03-04T00:00:00.000Z|s" \
    "a newer one that is proven"
is "$(any_order u h y)" "qrs H|2026-03-04T00:00:00.000Z|s" \
    "what is older than a proven one confirms nothing"
is "$(said u v h)" "0 " "and nothing is said of it"
two_pages H 01 s s a b c d >"$tmp/h"
is "$(said h u)" "0 " "a list with the items of the stored one is no error"
# The other pages may begin elsewhere.
{
	page V 0 4 03 "$(items a)" ',"check_due":true,"snapshot_id":"s3"'
	page V 1 4 03 "$(items b c)"
	page V 3 4 03 "$(items d)"
} >"$tmp/v"
is "$(any_order u v)" "abcd U|2026-03-02T00:00:00.000Z|s1" \
    "its pages may be others, and its check missing"
# Two that share their first page are no two.
page A/1 0 4 02 "$(items a b)" ',"check_due":true,"snapshot_id":"s"' >"$tmp/a"
{ resumed B/1 2 4 03 "$(items c d)" && check B/1 t 05; } >"$tmp/b"
{ resumed C/1 2 4 04 "$(items c d)" && check C/1 t 05; } >"$tmp/c"
is "$(any_order a b c)" " " "two that resume one list do not confirm each other"
two_pages V 06 s3 s4 a b c d >"$tmp/v"
is "$(any_order a b c v)" "abcd C/1|2026-03-02T00:00:00.000Z|s" \
    "but one that was fetched by itself does"
head -n 2 "$tmp/v" >"$tmp/whole"
is "$(any_order a b c whole)" "abcd C/1|2026-03-02T00:00:00.000Z|s" \
    "and of those that it confirms, the newest is stored"
# All pages came, and the request that goes on has but the check left.
page A/1 2 4 02 "$(items c d)" >"$tmp/b"
check B/1 t 05 | sed 's/"list"/"follows":"A\/1",&/' >"$tmp/c"
is "$(any_order a b c v)" "abcd B/1|2026-03-02T00:00:00.000Z|s" \
    "a list that is confirmed may be resumed afterwards"
is "$(said a b c v | cut -c1-2)" "0 " "of which nothing is said"
# sources FILE...: the captures of the list, and of the queue's tombstone.
sources() {
	orders "$@" | while read -r order; do
		fresh
		for part in $order; do sp-load <"$tmp/$part" 2>"$tmp/err"; done
		sql "select tracks_list, (select group_concat(run_id || '/' || seq)
			from playlist_ingest_done d join sources s
			on s.source_id = d.row_source),
			(select group_concat(run_id || '/' || seq)
			from json_each(tracks_sources) j
			join sources s on s.source_id = j.value->>1)
			from playlists"
	done | sort -u
}
row_run=Q
two_pages U 02 s1 s2 a b c d >"$tmp/u"
row_run=R
two_pages V 02 s s a b c d >"$tmp/v"
head -n 2 "$tmp/v" >"$tmp/whole"
tail -n 1 "$tmp/v" >"$tmp/check"
is "$(sources u whole check)" "V|Q/2|R/2,R/2" \
    "of lists of one time, the source is the first, in any order"
page A/1 0 2 02 "$(items a)" ',"snapshot_id":"s"' >"$tmp/a"
resumed B/1 1 2 03 "$(items b)" >"$tmp/b"
check B/1 s 05 | sed 's/"list"/"follows":"A\/1",&/' >"$tmp/c"
row_run=Q
page A/1 0 2 02 "$(items a)" ',"snapshot_id":"s"' >"$tmp/again"
row_run=R
is "$(sources a b c again)" "B/1|Q/2|Q/2,R/3" \
    "a page that two captures have is of the first, in any order"
page L 0 2 04 "$(items a)" >"$tmp/a"
page L 0 2 05 "$(items a)" >"$tmp/b"
page L 1 2 03 "$(items b)" >"$tmp/c"
is "$(sources a b c)" "L|R/4|R/4,R/3" "also if a run fetches it twice"
page U 0 1 02 "$(items b)" ',"check_due":true' >"$tmp/u"
page U 0 1 03 "$(items a)" >"$tmp/v"
is "$(any_order u v)" "a U|2026-03-03T00:00:00.000Z|" \
    "a page that is older than the current list is none of it"

section "a total that is another one on each page"
flapping() { # LIST DAY TOTAL TOTAL [LAST]
	page "$1" 0 "$3" "$2" "$(items a b)" \
	    ',"check_due":true,"snapshot_id":"s"'
	page "$1" 2 "$4" "$2" "$(items c)" "${5:+,\"last\":$5}"
	check "$1" s "$2"
}
flapping U 02 4 3 >"$tmp/u"
flapping V 03 3 4 true >"$tmp/v"
is "$(said u | cut -c1-30) $(said v | cut -c1-30)" \
    "1 sp-load: playlist 'p': its l 1 sp-load: playlist 'p': its l" \
    "a total that changes proves nothing"
is "$(any_order u v) $(said u v)" "abc U|2026-03-02T00:00:00.000Z|s 0 " \
    "two such lists with the same items do"
flapping W 03 4 4 true >"$tmp/w"
is "$(any_order u w)" " " "fewer than all totals say is no list"

section "parts that are none"
refused() { # NAME, TABLE, OP, OBJECT, REASON
	fresh
	row "$2" "$4" 01 "$3" >"$tmp/in"
	run sp-load <"$tmp/in"
	is "$status $(sql 'select count(*) from ingest_errors')" "1 1" \
	    "$1 is refused"
	like "$err" "^sp-load: stdin:1: .*$5" "and says: $5"
}
good='"playlist_id":"p","list":"A","offset":0,"total":1'
refuse_page() { refused "$1" playlist_tracks page "{$2}" "$3"; }
refuse_page "a page without its playlist" \
    '"offset":0,"total":0,"items":[]' "'playlist_id' is missing"
refuse_page "one without an offset" \
    '"playlist_id":"p","total":0,"items":[]' "'offset' is missing"
refuse_page "one without a total" \
    '"playlist_id":"p","offset":0,"items":[]' "'total' is missing"
refuse_page "one without items" "$good" "'items' is missing"
refuse_page "a negative offset" \
    '"playlist_id":"p","offset":-1,"total":0,"items":[]' "'offset' is not a whole number"
refuse_page "a total that is none" \
    '"playlist_id":"p","offset":0,"total":"9","items":[]' "'total' is not a whole number"
refuse_page "items that are none" "$good,\"items\":{}" "'items' is not an array"
refuse_page "an item that is none" "$good,\"items\":[null]" \
    "item 1: 'items' is not an array of objects"
refuse_page "an item without a kind" \
    "$good,\"items\":[{\"kind\":\"track\"},{\"uri\":\"u\"}]" "item 2: 'kind' is"
refuse_page "an item of another kind" "$good,\"items\":[{\"kind\":\"ad\"}]" \
    "'kind' is not track, episode, local, unavailable or refused"
refuse_page "an item with something else" \
    "$good,\"items\":[{\"kind\":\"track\",\"mood\":1}]" "unknown member 'mood'"
refuse_page "a time that is none" \
    "$good,\"items\":[{\"kind\":\"track\",\"added_at\":\"now\"}]" \
    "'added_at' is not a time"
refuse_page "a number for an id" \
    "$good,\"items\":[{\"kind\":\"track\",\"track_id\":7}]" \
    "'track_id' is not a string"
refuse_page "a page with something else" "$good,\"items\":[],\"x\":1" "unknown member 'x'"
refuse_page "a check_due that is none" "$good,\"items\":[],\"check_due\":1" \
    "'check_due' is neither"
refuse_page "a last that is none" "$good,\"items\":[],\"last\":1" "'last' is neither"
refuse_page "a list followed that is none" "$good,\"items\":[],\"follows\":1" \
    "'follows' is not a string"
refused "a check with items" playlist_tracks check \
    '{"playlist_id":"p","items":[]}' "check of a list: unknown member 'items'"
refused "a row of the table itself" playlist_tracks '' \
    '{"playlist_id":"p","position":0}' "accepts only op page or check"
refused "a page of another table" tracks page '{"track_id":"a"}' \
    "table 'tracks' does not accept op page or check"
refused "another op" tracks replace '{"track_id":"a"}' "'op' is not upsert, delete, page or check"
refused "what only sp-load knows" playlists '' \
    '{"playlist_id":"p","tracks_list":"A"}' "'tracks_list': is set by sp-load"

fresh
row playlist_tracks '{"playlist_id":"p","offset":0,"total":2,
	"items":[{"kind":"track","track_id":"a"},{"kind":"unavailable"}]}' 01 page |
	tr -d '\n' | sp-load
is "$? $(sql 'select tracks_list from playlists')" \
    "0 2026-03-01T00:00:00.000Z" "a page without a list is of its time's"

section "playlists that cannot be had"
fresh
row playlist_ingest_queue '{"playlist_id":"gone"}' 01 | sp-load
{
	row endpoint_status '{"user_id":"kim","endpoint":"playlist",
		"subject":"gone","status":404}' 02
	row playlist_ingest_queue '{"playlist_id":"gone"}' 02 delete
} >"$tmp/rows"
END='"status":"failed"' a_run R 2 <"$tmp/rows" | sp-load 2>"$tmp/err"
is "$(sql 'select count(*) from playlist_ingest_queue')" 1 \
    "after a 404 it waits for a good end in the queue"
a_run R 2 <"$tmp/rows" | sp-load
is "$? $(sql 'select count(*) from playlist_ingest_queue;
	select done_at from playlist_ingest_done')" "0 0
2026-03-02T00:00:00.000Z" "and is then done with"
row playlist_ingest_queue '{"playlist_id":"p","user_id":"lee"}' 01 | sp-load
row playlist_ingest_queue '{"playlist_id":"p","user_id":"kim"}' 02 | sp-load
row playlist_ingest_queue '{"playlist_id":"p","user_id":"max"}' 01 | sp-load
is "$(sql 'select user_id from playlist_ingest_queue')" kim \
    "whose play it was goes with the newest"
page A 0 1 01 "$(items a)" | sp-load
is "$(sql 'select count(*) from playlist_ingest_queue')" 1 \
    "a list older than the play leaves it in the queue"

section "a constraint of the user's own"
fresh
page A 0 2 01 "$(items a b)" | sp-load
sql "create trigger no_x before insert on playlist_tracks
	when new.track_id = 'x' begin select raise(abort, 'no x here'); end"
{ page B 0 4 02 "$(items c d)" && page B 2 4 02 "$(items e x)"; } |
	a_run R 2 >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $(tracks)" "1 ab" "a list that a constraint forbids is refused whole"
like "$err" "row cannot be written: no x here" "and that is said"
{ page C 0 1 03 "$(items g)" && p=q page C 0 1 03 "$(items h)"; } | sp-load
is "$? $(tracks) $(p=q tracks)" "0 g h" "other lists are stored"
sql "create trigger no_y before insert on playlist_tracks
	when new.track_id = 'y' begin select raise(ignore); end"
page D 0 2 04 "$(items z y)" >"$tmp/in"
run sp-load <"$tmp/in"
is "$status $(tracks)" "1 g" "a list of which a trigger ignores an item is refused whole"
like "$err" "row cannot be written: a trigger of the database ignores" \
    "and that is said, too"

section "in any order, split over processes"
fresh
{
	for n in 1 2 3 4 5 6; do
		p=$((n % 2 + 1))
		page "L$n" 0 5 0$n "$(items a$n b$n)" \
		    ',"check_due":true,"snapshot_id":"s'$n'"'
		page "L$n" 2 5 0$n "$(items c$n d$n)"
		[ $n = 5 ] || page "L$n" 4 5 0$n "$(items e$n)"
		[ $n = 6 ] || check "L$n" "s$n" 0$n
		row playlist_ingest_queue \
		    '{"playlist_id":"'$p'","user_id":"u'$n'"}' 0$((n % 4 + 2))
	done
	row playlist_ingest_queue '{"playlist_id":"2"}' 01 delete
} >"$tmp/rows"
unset p
sp-load <"$tmp/rows" 2>"$tmp/err"
is "$?" 1 "six lists of two playlists, two of them incomplete"
dump >"$tmp/want"
like "$(sql "select playlist_id || tracks_list from playlists")" "1L4" \
    "the newest complete list is stored"
for seed in 1 2 3 4 5 6; do
	fresh
	awk -v seed="$seed" 'BEGIN { srand(seed) }
	    { print rand() "\t" $0; if (rand() < 0.3) print rand() "\t" $0 }' \
	    "$tmp/rows" | sort -n | cut -f2- >"$tmp/shuffled"
	split -l 9 "$tmp/shuffled" "$tmp/part."
	for part in "$tmp"/part.*; do
		sp-load --batch-rows "$seed" <"$part" 2>"$tmp/err"
	done
	rm "$tmp"/part.*
	dump | cmp - "$tmp/want" >"$tmp/diff" 2>&1
	is "$? $(cat "$tmp/diff")" "0 " "shuffled, doubled, split: $seed"
done

section "a long list, and kill -9"
fresh
awk 'BEGIN {
	for (o = 0; o < 10000; o += 100) {
		printf "{\"type\":\"row\",\"table\":\"playlist_tracks\",\"op\":"
		printf "\"page\",\"row\":{\"playlist_id\":\"p\",\"list\":\"L\","
		printf "\"offset\":%d,\"total\":10000,\"items\":[", o
		for (i = o; i < o + 100; i++)
			printf "%s{\"track_id\":\"t%d\",\"kind\":\"track\"}",
			    (i > o ? "," : ""), i
		print "]},\"at\":\"2026-03-02T00:00:00.000Z\"}"
	}
}' >"$tmp/long"
page A 0 3 01 "$(items a b c)" | sp-load
row playlist_ingest_queue '{"playlist_id":"p"}' 02 | sp-load
torn=0 late=0
mkfifo "$tmp/fifo"
for n in 1 9 18 27 36 45 54 63 72 81; do
	a_run R 100 <"$tmp/long" >"$tmp/in"
	"$build/sp-load" --batch-rows 9 <"$tmp/fifo" 2>"$tmp/err" 3>&- &
	pid=$!
	exec 3>"$tmp/fifo"
	head -n $((n + 10)) "$tmp/in" >&3
	# That many of its pages are there: it is in the midst of the list.
	wait_until prints 1 sql "select count(*) >= $n from playlist_pages
	    where list = 'L'"
	kill -9 $pid 2>/dev/null && late=$((late + 1))
	exec 3>&-
	wait $pid 2>/dev/null
	# All of the one or all of the other, and the queue agrees.
	case $(sql 'select count(*), (select count(*) from playlist_tracks
		where uri is null), (select count(*) from playlist_ingest_queue),
		(select tracks_list from playlists) from playlist_tracks') in
	'3|0|1|A' | '10000|10000|0|L') ;;
	*) torn=$((torn + 1)) ;;
	esac
done
is "$torn $late" "0 10" "killed while it loads, no list is torn"

# CPU time of a process in clock ticks, and what the whole load takes of it.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat" 2>/dev/null || echo 0; }
has_used() { [ "$(ticks $pid)" -gt "$1" ]; }
cp "$SP_DB" "$tmp/whole.db"
cat "$tmp/in" - <"$tmp/fifo" | "$build/sp-load" --db "$tmp/whole.db" 2>"$tmp/err" 3>&- &
pid=$!
exec 3>"$tmp/fifo"
wait_until prints L sqlite3 "$tmp/whole.db" 'select tracks_list from playlists'
whole=$(ticks $pid)
exec 3>&-
wait $pid

# The same, and surely in the middle: a trigger delays it there, longer
# than all of the load took.
fresh
page A 0 3 01 "$(items a b c)" | sp-load
row playlist_ingest_queue '{"playlist_id":"p"}' 02 | sp-load
sql 'create table slow (x); with recursive n (x) as (select 1 union all
	select x + 1 from n limit 1000) insert into slow select x from n'
busy='begin select count(*) from slow a, slow b, slow c where a.x + b.x + c.x = 1'
for point in 'insert on playlist_tracks when new.position = 5000' \
    'update on playlist_tracks when new.position = 2' 'update on playlists' \
    'delete on playlist_ingest_queue' 'delete on playlist_pages'; do
	sql "create trigger stop before $point $busy; end"
	"$build/sp-load" <"$tmp/in" 2>"$tmp/err" &
	pid=$!
	wait_until has_used $((2 * whole + 20))
	kill -9 $pid
	is "$?" 0 "killed before the $point"
	wait $pid 2>/dev/null
	is "$(sql 'select count(*), (select count(*) from playlist_tracks
		where uri is null), (select count(*) from playlist_ingest_queue),
		(select tracks_list from playlists) from playlist_tracks;
		drop trigger stop')" "3|0|1|A" "nothing of the list is there"
done
is "$(sql 'pragma integrity_check')" ok "nor is the database torn"
run sp-load <"$tmp/in"
is "$status $err" "0 " "the run again completes it"
is "$(sql 'select count(*), min(position), max(position), count(distinct
	track_id) from playlist_tracks') $(waiting)" "10000|0|9999|10000 0" \
    "ten thousand items, each in its place"
fresh
sort -t: -k8 -r "$tmp/long" | sp-load --batch-rows 1
is "$? $(sql 'select count(*) from playlist_tracks where track_id = "t" ||
	position')" "0 10000" "its last page first, too"

section "to look at"
fresh
{
	row tracks '{"track_id":"a","name":"Tide","album_id":"al",
	    "duration_ms":60000}' 01
	row albums '{"album_id":"al","name":"Shores"}' 01
	for id in y z; do
		row artists '{"artist_id":"'$id'","name":"Band '$id'"}' 01
		row track_artists '{"track_id":"a","artist_id":"'$id'"}' 01
	done
	row playlists '{"playlist_id":"p","name":"Mix"}' 01
	page A 0 3 01 "$(items b a),{\"kind\":\"unavailable\"}"
	for at in 01T05:59:59 01T23:00:00 02T05:00:00; do
		row play_history '{"user_id":"kim","track_id":"a",
		    "played_at":"2026-01-'$at'Z"}' 01 | tr -d '\n\t'
		echo
	done
	row play_history '{"user_id":"kim","track_id":"spotify:local:x",
	    "played_at":"2026-01-02T05:30:00Z"}' 01 | tr -d '\n\t'
} | sp-load
is $? 0 "something to look at"
is "$(sql 'select day, hour, track, artists, album from plays
	order by played_at')" "2026-01-01|5|Tide|Band y, Band z|Shores
2026-01-01|23|Tide|Band y, Band z|Shores
2026-01-02|5|Tide|Band y, Band z|Shores
2026-01-02|5|||" "plays, with names; what has none is there too"
is "$(sql 'select day, plays, tracks, ms from listening_by_day')" "2026-01-01|2|1|120000
2026-01-02|2|2|60000" "listening_by_day"
is "$(sql 'select hour, plays, tracks, ms from listening_by_hour')" "5|3|2|120000
23|1|1|60000" "listening_by_hour"
is "$(sql 'select track_id, track, plays, ms, last_played from top_tracks')" \
    "a|Tide|3|180000|2026-01-02T05:00:00.000Z
spotify:local:x||1|0|2026-01-02T05:30:00.000Z" "top_tracks"
is "$(sql 'select artist, plays, tracks, ms from top_artists')" \
    "Band y|3|1|180000
Band z|3|1|180000" "top_artists"
is "$(sql 'select album, plays, tracks, ms from top_albums')" \
    "Shores|3|1|180000" "top_albums"
is "$(sql 'select playlist, position, kind, track, artists, uri
	from playlist_contents')" "Mix|0|track|||spotify:track:b
Mix|1|track|Tide|Band y, Band z|spotify:track:a
Mix|2|unavailable|||" "playlist_contents"

# Who added to whose playlist, on whichever page of it: the second page does
# not say whose it is.
item() {
	printf '{"added_at":"2025-01-01T00:00:00Z","added_by":{"id":"%s"},%s}' \
	    "$1" "\"track\":{\"id\":\"t$1\",\"uri\":\"spotify:track:t$1\"}"
}
{
	capture playlist 200 "\"request\":1,\"body\":{\"id\":\"q\",\"name\":\"Ours\",
	    \"owner\":{\"id\":\"olá\"},\"snapshot_id\":\"s\",
	    \"tracks\":{\"offset\":0,\"total\":4,\"items\":[$(item early),
	    $(item olá)]}}" playlists/q | one_line
	capture playlist-items 200 "\"request\":1,\"body\":{\"offset\":2,\"total\":4,
	    \"items\":[$(item late),$(item early)]}" \
	    'playlists/q/items?offset=2' R 2 02 | one_line
	capture playlist 200 '"request":1,"check":true,"body":{"id":"q",
	    "snapshot_id":"s"}' playlists/q R 3 03 | one_line
	row user_relationships '{"user_id":"kim","other_id":"x",
	    "kind":"follows-artist"}' 04
} | "$build/sp-transform" | sp-load
is "$(sql "select user_id, other_id, kind, substr(first_seen, 1, 10),
	substr(last_seen, 1, 10) from connections order by 1")" \
    "early|olá|added-to-playlist-of|2026-03-01|2026-03-01
kim|x|follows-artist|2026-03-04|2026-03-04
late|olá|added-to-playlist-of|2026-03-01|2026-03-01" \
    "connections, also those of a later page"

sql "drop view plays; create view plays as /* sp */ select 1 as old;
	drop view top_tracks; create view top_tracks as select 1 as own;
	drop view top_albums"
row tracks '{"track_id":"b"}' 01 | sp-load
is "$(sql 'select count(artists) from plays')" 3 \
    "a view of an older sp is replaced"
is "$(sql 'select own from top_tracks')" 1 "one of the user's own is not"
is "$(sql 'select count(*) from top_albums')" 1 "one that is missing is made"

finish

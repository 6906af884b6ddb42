#!/bin/sh
# sp-stage prune: what is left makes the same tables. SEED=n makes another
# history, HISTORIES=n more of them.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh

staged() { sql 'select count(*) from staging_raw'; }
# made_again ROWS: the same, by the rows of all that was staged: quicker.
made_again() {
	sql "select '\"src\":\"' || run_id || '/' || seq || '\"'
	    from staging_raw" >"$tmp/left"
	rm -f "$tmp/again.db"*
	awk 'NR == FNR { left[$0]; next }
	/^."type":"row"/ && match($0, /"src":"[^"]*"/) &&
	    substr($0, RSTART, RLENGTH) in left' "$tmp/left" "$1" |
	    sp-load --db "$tmp/again.db" 2>"$tmp/err"
	sp-load --digest --db "$tmp/again.db"
}

section "random histories"
# Some are mapped by one that gives its own times of what was seen, and its own
# names of lists.
cat >"$tmp/own.jq" <<'END'
if .endpoint == "my-playlists" then .run as $run
	| (.seq - .body.offset) as $first | .body
	| {table: "playlist_tracks", op: "page", row: {playlist_id: "p",
		list: "mine \($run) \($first)", offset, total, items:
		[.items[] | {kind: "track", track_id: .id}]}},
	(.items[] | {table: "user_playlists", row: {user_id: "kim",
		playlist_id: .id, first_seen: "2019-05-05T00:00:00Z",
		last_seen: "2029-05-05T00:00:00Z"}})
else empty end
END
first=${SEED:-1} last=$((${SEED:-1} + ${HISTORIES:-12} - 1)) now=$(date +%s)
seed=$first
while [ "$seed" -le $last ]; do
	python3 tests/history.py "$seed" "$now" >"$tmp/history$seed"
	[ $((seed % 6)) -eq 0 ] && to=own || to=ours
	cat "$tmp/history$seed" >>"$tmp/$to"
	seed=$((seed + 1))
done
# Mapped all at once, which is quicker; a run's name says whose it is.
{
	sp-transform <"$tmp/ours"
	sp-transform -f "$tmp/own.jq" <"$tmp/own"
} 2>"$tmp/err" | awk -v tmp="$tmp" '
	match($0, /^."type":"run","run":"h[0-9]+/) {
		to = tmp "/rows" substr($0, 23, RLENGTH - 22)
	}
	{ print >to }'
n=0 gone=0 lists=0 differ='' again='' dry='' young='' touched='' bodies=''
seed=$first
while [ "$seed" -le $last ]; do
	fresh
	sp-stage <"$tmp/history$seed" >"$tmp/out" 2>"$tmp/err"
	# Of some runs that were cut, only the captures are left.
	if [ $((seed % 2)) -eq 0 ]; then
		cp "$tmp/rows$seed" "$tmp/loaded"
	else
		awk 'match($0, /"run":"[^"]*"/) { run = substr($0, RSTART, RLENGTH) }
		NR == FNR { if (/^."type":"end"/) ended[run]; next }
		run in ended || /^."type":"run"/' "$tmp/rows$seed" \
		    "$tmp/rows$seed" >"$tmp/loaded"
	fi
	sp-load <"$tmp/loaded" 2>"$tmp/err"
	sp-load --digest >"$tmp/digest"
	made_again "$tmp/rows$seed" >"$tmp/before"
	was=$(staged) days=$((seed * 37 % 250))
	[ $((seed % 6)) -ne 0 ] || days=0
	limit=$(date -u -d "@$((now - days * 86400))" +%Y-%m-%dT%H:%M:%S)
	newer="select count(*) from staging_raw where fetched_at > '$limit'"
	recent=$(sql "$newer")
	would=$(sp-stage prune -n --keep ${days}d 2>"$tmp/err" |
		jq -s 'map(.captures) | add // 0')
	sp-stage prune --keep ${days}d 2>"$tmp/err" || touched="$touched $seed"
	left=$(staged)
	n=$((n + 1)) gone=$((gone + was - left))
	[ "$would" -eq $((was - left)) ] || dry="$dry $seed"
	[ "$(sql "$newer")" -eq "$recent" ] || young="$young $seed"
	made_again "$tmp/rows$seed" | cmp -s - "$tmp/before" || differ="$differ $seed"
	sp-load --digest | cmp -s - "$tmp/digest" || touched="$touched $seed"
	[ "$(sql "select (select count(*) from staging_bodies where body_id not in
	    (select body_id from staging_raw)) + (select count(*) from staging_raw
	    where body_id not in (select body_id from staging_bodies))")" -eq 0 ] ||
		bodies="$bodies $seed"
	lists=$((lists + $(sql 'select count(tracks_list) from playlists')))
	sp-stage prune --keep ${days}d 2>"$tmp/err"
	[ "$(staged)" -eq "$left" ] || again="$again $seed"
	seed=$((seed + 1))
done
is "$differ" "" "a rebuild gives the same tables as before"
is "$touched" "" "the current values do not change"
is "$dry" "" "-n says how many captures go"
is "$bodies" "" "bodies stay as long as captures have them"
is "$young" "" "younger captures stay"
is "$again" "" "pruning again removes nothing"
ok "$((! (gone > 2 * n && lists > n)))" \
    "of $n histories went $gone captures, and $lists lists stay"

section "the captures that each column needs"
# history: captures of lines ENDPOINT URL BODY [MEMBERS], a day apart.
history() {
	echo '{"type":"run","run":"R1","job":"test"}'
	awk '{ n++; if ($4 !~ /status/) $4 = $4 ",\"status\":200"
	    if ($4 !~ /request/) $4 = $4 ",\"request\":" n
	    printf("{\"type\":\"capture\",\"run\":\"R1\",\"seq\":%d," \
	    "\"user\":\"kim\",\"endpoint\":\"%s\",\"url\":\"https://api%s\"," \
	    "\"fetched_at\":\"2026-01-%02dT00:00:00.000Z\"%s," \
	    "\"body\":%s}\n", n, $1, $2, n, $4, $3) }'
	echo '{"type":"end","run":"R1","status":"complete"}'
}
# stay SEQS NAME: which of the captures of $tmp/input stay; all tables do.
stay() {
	fresh
	history <"$tmp/input" | sp-stage | sp-transform 2>"$tmp/err" | tee "$tmp/rows" |
	    sp-load 2>"$tmp/err"
	made_again "$tmp/rows" >"$tmp/before"
	sp-stage prune --keep 0 2>"$tmp/err"
	is "$(sql "select group_concat(seq, ' ') from (select seq
	    from staging_raw order by seq)")" "$1" "$2"
	made_again "$tmp/rows" | cmp -s - "$tmp/before"
	ok $? "and a rebuild gives the same tables"
}
me() { echo "me /v1/me {\"id\":\"kim\"$1}"; }
{ me ',"display_name":"K"'; me ',"uri":"u"'; me ''; } >"$tmp/input"
stay "1 2 3" "each column's newest, and the newest status"
for name in K L M; do me ",\"display_name\":\"$name\""; done >"$tmp/input"
stay 3 "a value that a later capture repeats in full"
play='"track":{"id":"t"},"played_at":"2026-01-01T00:00:00Z"'
recent='recently-played /v1/me/player/recently-played'
context=',"context":{"type":"playlist","uri":"spotify:playlist:p"}'
{
	echo "$recent {\"items\":[{$play}]}"
	echo "$recent {\"items\":[]}"
	echo "$recent {\"items\":[{$play$context}]}"
	echo "$recent {\"items\":[{$play$context}]}"
	echo "$recent {\"items\":[{$play$context}]}"
} >"$tmp/input"
stay "1 3 5" "a play that was first reported without its playlist, which queues it"
error='{"error":{"status":404}}'
gone="playlist /v1/playlists/p $error"
{
	echo "$recent {\"items\":[{$play$context}]}"
	echo "$gone ,\"status\":404"
	echo "$gone ,\"status\":404"
	echo "$gone ,\"status\":429"
} >"$tmp/input"
stay "1 3 4" "when a playlist left the queue"
artist='"name":"T","artists":[{"id":"a"}]'
{
	echo "track /v1/tracks/t {\"id\":\"t\",\"name\":\"T\"}"
	echo "track /v1/tracks/t {\"id\":\"t\",$artist}"
	echo "track /v1/tracks/t {\"id\":\"t\",$artist}"
	echo "track /v1/tracks/t {\"id\":\"t\",\"name\":\"T\"}"
	echo "artist /v1/artists/a {\"id\":\"a\"}"
} >"$tmp/input"
stay "1 2 3 4 5" "the artists of a track, in their order"

section "what else stays"
item='{"track":{"id":"t"},"played_at":"2026-01-01T00:00:00Z"}'
{
	echo "$recent {\"items\":[{}]}"
	echo "$recent {\"items\":[]}"
	echo "$recent {\"items\":[]}"
} >"$tmp/input"
stay "1 3" "refused captures stay, to be sent again"
like "$(sp-stage prune -n --keep 0 2>/dev/null)" \
    '"old":2,"captures":0,"bytes":0,"needed":1,"refused":1,"unloaded":0}$' \
    "-n lists it as refused"
sp-transform --print-filter recently-played |
    sed 's/{place: place($i), refuse: "holds no track"}/empty/' >"$tmp/mended.jq"
sp-stage replay --refused | sp-transform -f "$tmp/mended.jq" | sp-load
is "$? $(sql 'select count(*) from ingest_errors')" "0 0" "replayed with a mapping that accepts it, it loads"
sp-stage prune --keep 0 2>"$tmp/err"
is "$(staged)" 1 "and can be removed"
fresh
for run in R1 R2 R3; do
	echo "$recent {\"items\":[$item]}" | history | sed "s/R1/$run/"
done >"$tmp/three"
sp-stage <"$tmp/three" | sp-transform >"$tmp/rows"
head -n -1 "$tmp/rows" | sp-load 2>"$tmp/err"
sp-stage prune --keep 0 2>"$tmp/err"
is "$(sql 'select group_concat(run_id) from staging_raw')" R1,R3 \
    "a run that was not loaded to its end, and the first that reports a value"
sp-load <"$tmp/rows"
sp-stage prune -n --keep 0 2>"$tmp/err" >"$tmp/out"
is "$(jq -c '[.old, .captures, .needed]' "$tmp/out")" "[2,1,1]" \
    "of several captures of one time only the source is needed"
sql "update tracks set row_source = null, first_source = null,
    column_sources = null"
sp-stage prune -n --keep 0 2>"$tmp/err" >"$tmp/out"
is "$(jq -c '[.old, .captures, .needed]' "$tmp/out")" "[2,0,2]" \
    "all are, for a value of unknown source"
fresh
echo "track /v1/tracks/t {\"id\":\"t\",\"name\":\"T\"}" >"$tmp/input"
history <"$tmp/input" | sed 's/"seq":1,/"seq":9223372036854775807,/' |
    sp-stage | sp-transform | sp-load
sp-stage prune --keep 0 2>"$tmp/err"
is "$(sql 'select seq from staging_raw join sources using (run_id, seq)')" \
    9223372036854775807 "a source with the greatest seq"
sql 'delete from sources'
sp-stage prune --keep 0 2>"$tmp/err"
is "$(staged)" 1 "all captures, while sources of values are missing"

section "even what is needed"
{
	echo "$recent {\"items\":[$item]}"
	echo "track /v1/tracks/t {\"id\":\"t\",\"name\":\"T\"}"
} >"$tmp/input"
stay "1 2" "needed captures stay"
run sp-stage prune -n --keep 0 --even-needed
is "$status $(staged)" "0 2" "-n only says what would be lost"
like "$err" "table 'play_history': 1 of 1 rows could no longer be rebuilt" \
    "the message counts rows by table"
run sp-stage prune --keep 0 --even-needed
is "$status $(staged) $(sql 'select count(*) from staging_bodies')" "0 0 0" \
    "--even-needed removes needed captures and their bodies"
like "$err" "table 'tracks': 1 of 1 rows can no longer be rebuilt" "the loss is reported"
is "$(sql 'select count(*) from play_history')" 1 "the tables stay"
items='"total":2,"items":[{"track":{"id":"t"}}]'
url=/v1/playlists/p
first="\"id\":\"p\",\"owner\":{\"id\":\"spotify\"}"
{
	echo "playlist $url {$first,\"tracks\":{\"offset\":0,$items}}"
	echo "playlist-items $url/tracks {\"offset\":1,$items}"
} | sed 's/$/ ,"request":1/' >"$tmp/input"
stay "1 2" "all pages of a list"
run sp-stage prune -n --keep 0 --even-needed
like "$err" "table 'playlist_tracks': 2 of 2 rows could" "--even-needed reports the rows of lists"

section "a body that cannot be read"
{
	echo 'me /v1/me {"id":"kim","display_name":"Kim"}'
	echo 'me /v1/me {"id":"kim","display_name":"Kay"}'
} >"$tmp/input"
history <"$tmp/input" >"$tmp/history"
fresh
sp-stage <"$tmp/history" | sp-transform | sp-load
sp-queue add 37i9dQZF1DXcBWIGoYBM5M
sql "update staging_bodies set size = size + 1 where body_id = 1"
run sp-stage prune --keep 0
is "$status $(staged)" "78 2" \
    "a body that cannot be read is not taken as empty"
like "$err" 'R1*/1: its body is damaged$' "and its capture is named"

section "a database of an older version"
{
	echo "track /v1/tracks/t {\"id\":\"t\",$artist}"
	echo "track /v1/tracks/t {\"id\":\"t\",$artist}"
	echo "track /v1/tracks/t {\"id\":\"t\",$artist}"
} >"$tmp/input"
history <"$tmp/input" >"$tmp/history"
fresh
sp-stage <"$tmp/history" | sp-transform | sp-load
sql 'alter table track_artists drop column created_at;
    alter table track_artists drop column last_updated;
    alter table track_artists drop column row_source'
run sp-stage prune --keep 0
is "$status $(staged)" "65 3" "rows with neither source nor time: nothing goes"
like "$err" "table 'track_artists': 1 row without update times: nothing can be pruned" "the table is named"
sp-stage replay | sp-transform | sp-load
run sp-stage prune --keep 0
is "$status $(staged)" "0 2" "after a replay their sources are known"

section "-n only reads, and errors are reported"
sql 'pragma wal_checkpoint(truncate)' >"$tmp/out"
sum=$(cksum <"$SP_DB")
sp-stage prune -n --keep 0 --even-needed >"$tmp/out" 2>&1
is "$(cksum <"$SP_DB")" "$sum" "-n writes nothing"
like "$(sp-stage prune -n --keep 0 --table 2>/dev/null)" '^ENDPOINT +OLD' \
    "--table aligns"
for bad in '' '--keep' '--keep x' '--keep 9 a' '-n --keep 1d --vacuum'; do
	# shellcheck disable=SC2086
	run sp-stage prune $bad
	is "$status $out" "64 " "usage: '$bad'"
done
run sp-stage replay -n
is "$status" 64 "-n is for prune alone"
run sp-stage prune --keep 0 --db "$tmp/none.db"
is "$status" 73 "a missing database"
[ ! -e "$tmp/none.db" ]
ok $? "is not created"
if [ -e /dev/full ]; then
	status=0
	sp-stage prune -n --keep 0 >/dev/full 2>"$tmp/err" || status=$?
	is "$status" 74 "stdout is a full disk"
fi

section "killed"
# Many captures of one thing: all but two may go, in many transactions.
fresh
i=0
while [ $i -lt 3000 ]; do
	i=$((i + 1))
	echo "me /v1/me {\"id\":\"kim\",\"display_name\":\"K$i\"}"
done | history | awk '{ sub(/2026-01-[0-9]*/, sprintf("20%02d-%02d-%02d",
	10 + NR / 336, 1 + NR / 28 % 12, 1 + NR % 28)); print }' >"$tmp/history"
sp-stage <"$tmp/history" | sp-transform | sp-load
rebuild >"$tmp/before"
bad='' kills=0
for round in 1 2 3; do
	was=$(staged)
	sp-stage prune --keep 0 2>"$tmp/err" &
	while [ "$(staged)" -eq "$was" ] && kill -0 $! 2>/dev/null; do :; done
	kill -9 $! 2>/dev/null && kills=$((kills + 1))
	wait $! 2>/dev/null
	[ "$(sql 'pragma integrity_check')" = ok ] || bad="$bad $round"
done
sp-stage prune --keep 0 2>"$tmp/err"
is "$bad$(staged)" 1 "killed at any time, $kills times, it can be done again"
rebuild | cmp -s - "$tmp/before"
ok $? "and a rebuild gives the same tables"

section "captures of the mock API"
fresh
api_start --user kim --seed 5 --clock 2026-11-01T08:00:00Z --plays-per-day 40
force=--force
for day in 1 2 3 4 5 6 7 8; do
	job
	# shellcheck disable=SC2086
	job $force playlists
	[ -z "$force" ] && force=--force || force=
	[ $((day % 4)) -ne 0 ] || job profile
	[ $((day % 4)) -ne 0 ] || job audio-features
	api_post "clock?advance=1d"
done >"$tmp/out" 2>&1
sp-stage replay | sp-transform | sp-load 2>"$tmp/err"
sp-load --digest >"$tmp/digest"
rebuild >"$tmp/same"
cmp -s "$tmp/same" "$tmp/digest"
ok $? "after eight days of jobs a rebuild is the same"
provenance >"$tmp/sources"
provenance "$tmp/rebuilt.db" | cmp -s - "$tmp/sources"
ok $? "and each value has the same source"
# As an sp has loaded it that kept no sources.
older=$tmp/older.db
sql ".backup '$older'"
forget_sources() {
	sqlite3 "$older" "select 'update ' || m.name || ' set ' || c.name ||
	    ' = null;' from sqlite_master m, pragma_table_info(m.name) c
	    where m.type = 'table' and c.name in ('row_source', 'first_source',
	    'column_sources', 'tracks_sources'); select 'delete from sources;'" |
	    sqlite3 "$older"
}
forget_sources
sp-stage replay --db "$older" | sp-transform | sp-load --db "$older" \
    2>"$tmp/err"
provenance "$older" | cmp -s - "$tmp/sources"
ok $? "a replay finds the sources of an older database"
forget_sources
sp-stage prune --keep 0 --db "$older" 2>"$tmp/err"
rebuild "$older" | cmp -s - "$tmp/digest"
ok $? "without sources, all captures that may be needed stay"
left=$(sqlite3 "$older" 'select count(*) from staging_raw')
ok "$((! (left < $(staged))))" "and others go"
was=$(staged)
run sp-stage prune --keep 0 --vacuum
is "$status $out" "0 " "--keep 0 prunes all ages"
left=$(staged)
ok "$((! (was - left > 10 && left > 10)))" "some go, $((was - left)) of $was"
like "$err" "^sp-stage: prune: $((was - left)) captures removed, .*B; \
$left older kept; the file has 0 B free\$" \
    "the message sums up, and --vacuum freed the space"
rebuild | cmp -s - "$tmp/digest"
ok $? "and a rebuild is still the same"
provenance "$tmp/rebuilt.db" | cmp -s - "$tmp/sources"
ok $? "with the same sources"
finish

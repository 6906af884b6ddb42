#!/bin/sh
# sp-stage prune: what is left makes the same tables. SEED=n makes another
# history, HISTORIES=n more of them.
cd "$(dirname "$0")/.." || exit
. tests/tap.sh
. tests/api.sh

# rebuild: all tables from what is staged; their digest.
rebuild() {
	rm -f "$tmp/again.db"*
	sp-stage replay | sp-transform 2>/dev/null |
	    sp-load --db "$tmp/again.db" 2>/dev/null
	sp-load --digest --db "$tmp/again.db"
}
captures() { sql 'select count(*) from staging_raw'; }

# --- random histories -------------------------------------------------------
# Some are mapped by one that tells its own times of what was seen, and its own
# names of lists.
{
	echo 'if .endpoint == "my-playlists" then .run as $run'
	echo '	| (.seq - .body.offset) as $first | .body'
	echo '	| {table: "playlist_tracks", op: "page", row: {playlist_id: "p",'
	echo '		list: "mine \($run) \($first)", offset, total, items:'
	echo '		[.items[] | {kind: "track", track_id: .id}]}},'
	echo '	(.items[] | {table: "user_playlists", row: {user_id: "kim",'
	echo '		playlist_id: .id, first_seen: "2019-05-05T00:00:00Z",'
	echo '		last_seen: "2029-05-05T00:00:00Z"}})'
	echo 'else empty end'
} >"$tmp/own.jq"
first=${SEED:-1} last=$((${SEED:-1} + ${HISTORIES:-24} - 1)) now=$(date +%s)
seed=$first
while [ "$seed" -le $last ]; do
	python3 tests/history.py $seed "$now" >"$tmp/history$seed"
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
# made_again: the digest of what is left, by its rows.
made_again() {
	sql "select '\"src\":\"' || run_id || '/' || seq || '\"'
	    from staging_raw" >"$tmp/left"
	rm -f "$tmp/again.db"*
	awk 'NR == FNR { left[$0]; next }
	/^."type":"row"/ && match($0, /"src":"[^"]*"/) &&
	    substr($0, RSTART, RLENGTH) in left' "$tmp/left" "$tmp/rows$seed" |
	    sp-load --db "$tmp/again.db" 2>"$tmp/err"
	sp-load --digest --db "$tmp/again.db"
}

n=0 gone=0 lists=0 differ='' again='' dry='' young='' touched=''
seed=$first
while [ "$seed" -le $last ]; do
	fresh
	sp-stage <"$tmp/history$seed" >"$tmp/out" 2>"$tmp/err"
	# Of some runs that were cut, nothing but the captures was kept.
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
	made_again >"$tmp/before"
	was=$(captures) days=$((seed * 37 % 250))
	limit=$(date -u -d "@$((now - days * 86400))" +%Y-%m-%dT%H:%M:%S)
	newer="select count(*) from staging_raw where fetched_at > '$limit'"
	kept=$(sql "$newer")
	would=$(sp-stage prune -n --keep ${days}d 2>"$tmp/err" |
		jq -s 'map(.captures) | add // 0')
	sp-stage prune --keep ${days}d 2>"$tmp/err" || touched="$touched $seed"
	left=$(captures)
	n=$((n + 1)) gone=$((gone + was - left))
	[ "$would" -eq $((was - left)) ] || dry="$dry $seed"
	[ "$(sql "$newer")" -eq "$kept" ] || young="$young $seed"
	made_again | cmp -s - "$tmp/before" || differ="$differ $seed"
	sp-load --digest | cmp -s - "$tmp/digest" || touched="$touched $seed"
	lists=$((lists + $(sql 'select count(tracks_list) from playlists')))
	sp-stage prune --keep ${days}d 2>"$tmp/err"
	[ "$(captures)" -eq "$left" ] || again="$again $seed"
	seed=$((seed + 1))
done
is "$differ" "" "a rebuild gives the same tables as before"
is "$touched" "" "what stands is not touched"
is "$dry" "" "-n says how many captures go"
is "$young" "" "what is not that old stays"
is "$again" "" "once more removes nothing"
ok "$((! (gone > 2 * n && lists > n)))" \
    "of $n histories went $gone captures, and $lists lists stay"

# --- what each column keeps -------------------------------------------------
# tell: captures of lines ENDPOINT URL BODY [MEMBERS], a day apart.
tell() {
	echo '{"type":"run","run":"R1","job":"test"}'
	awk '{ n++; if ($4 !~ /status/) $4 = $4 ",\"status\":200"
	    printf("{\"type\":\"capture\",\"run\":\"R1\",\"seq\":%d," \
	    "\"user\":\"kim\",\"endpoint\":\"%s\",\"url\":\"https://api%s\"," \
	    "\"request\":" n ",\"fetched_at\":\"2026-01-%02dT00:00:00.000Z\"%s," \
	    "\"body\":%s}\n", n, $1, $2, n, $4, $3) }'
	echo '{"type":"end","run":"R1","status":"complete"}'
}
# keeps SEQS NAME: which of the captures of $tmp/told stay; all tables do.
keeps() {
	fresh
	tell <"$tmp/told" | sp-stage | sp-transform 2>"$tmp/err" | sp-load 2>"$tmp/err"
	rebuild >"$tmp/before"
	sp-stage prune --keep 0 2>"$tmp/err"
	is "$(sql "select group_concat(seq, ' ') from (select seq
	    from staging_raw order by seq)")" "$1" "$2"
	rebuild | cmp -s - "$tmp/before"
	ok $? "and makes the same tables"
}
me() { echo "me /v1/me {\"id\":\"kim\"$1}"; }
{ me ',"display_name":"K"'; me ',"uri":"u"'; me ''; } >"$tmp/told"
keeps "1 2 3" "each column's newest, and the newest status"
{ me ',"display_name":"K"'; me ',"display_name":"L"'; me ',"display_name":"M"'; } >"$tmp/told"
keeps 3 "what was told again in full does not stand"
play='"track":{"id":"t"},"played_at":"2026-01-01T00:00:00Z"'
recent='recently-played /v1/me/player/recently-played'
context=',"context":{"type":"playlist","uri":"spotify:playlist:p"}'
{
	echo "$recent {\"items\":[{$play}]}"
	echo "$recent {\"items\":[]}"
	echo "$recent {\"items\":[{$play$context}]}"
	echo "$recent {\"items\":[{$play$context}]}"
	echo "$recent {\"items\":[{$play$context}]}"
} >"$tmp/told"
keeps "1 3 5" "a play that was first told without its playlist, which queues it"
error='{"error":{"status":404}}'
gone="playlist /v1/playlists/p $error"
{
	echo "$recent {\"items\":[{$play$context}]}"
	echo "$gone ,\"status\":404"
	echo "$gone ,\"status\":404"
	echo "$gone ,\"status\":429"
} >"$tmp/told"
keeps "1 3 4" "when a playlist left the queue"
artist='"name":"T","artists":[{"id":"a"}]'
{
	echo "track /v1/tracks/t {\"id\":\"t\",\"name\":\"T\"}"
	echo "track /v1/tracks/t {\"id\":\"t\",$artist}"
	echo "track /v1/tracks/t {\"id\":\"t\",$artist}"
	echo "track /v1/tracks/t {\"id\":\"t\",\"name\":\"T\"}"
	echo "artist /v1/artists/a {\"id\":\"a\"}"
} >"$tmp/told"
keeps "1 2 4 5" "who a track is by"
finish

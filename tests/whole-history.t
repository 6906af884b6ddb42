#!/bin/sh
# The whole history of one listener: the API, polled for two weeks, and the
# export, whose true pairs are known; in every order of loading.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
listener="--user kim --seed 13 --plays-per-day 10"
since=2026-09-10 half=2026-10-01T12:00:00Z whole=2026-10-07T12:00:00Z

# export_to FOLDER CLOCK OPTION...: the listener's export, with its truth.
export_to() {
	export_folder=$1
	shift
	# shellcheck disable=SC2086
	sp-rehearse $listener --export "$tmp/$export_folder" \
	    --export-truth "$tmp/$export_folder.truth" --clock "$@"
}
# pack FOLDER: a ZIP of it, FOLDER.zip.
pack() {
	(cd "$tmp/$1" && python3 -m zipfile -c "../$1.zip" ./*)
}

# The ways in: each loads into $SP_DB.
load_api() {
	sp-stage <"$tmp/$1" | sp-transform | sp-load 2>>"$tmp/load.err"
}
load_import() { # arguments of the import
	sp-stage import --user kim --fetched-at $whole "$@" 2>"$tmp/left-out" |
	    sp-transform | sp-load 2>"$tmp/receipt"
}
load_zip() { load_import "$tmp/$1.zip"; }
load_loose() { # folder, then options
	load_folder=$1
	shift
	load_import "$@" "$tmp/$load_folder"/*/*.json
}

# What was heard, by natural keys: it must not depend on the order of loading.
heard() {
	digest | jq -c 'select(.table == "streaming_history" or
	    .table == "play_matches" or .table == "play_history") | .digest'
	sql "select played_at, started_at, ended_at, kind, track_id, episode_id,
	    track, artists, ms_played, reason_end, shuffle, skipped, incognito,
	    platform, context_uri, source, counts from listens" | sort | cksum
	sql "select * from play_gaps where closed_by is null"
}

# loaded NAME: compares what was heard with the first order.
loaded() { is "$(heard)" "$(cat "$tmp/heard")" "$1"; }

# again NAME: from here on, in another database.
again() { SP_DB=$tmp/$1.db; }

section "polled"
# shellcheck disable=SC2086
api_start $listener --clock 2026-09-25T12:00:00Z
poll() { # day, file of its captures
	api_post "clock?set=2026-$1T12:00:00Z"
	sp-queue next play-history | sp-fetch 2>>"$tmp/fetch.err" |
	    tee -a "$tmp/$2" | sp-stage | sp-transform |
	    sp-load 2>>"$tmp/load.err"
}
poll 09-25 api.1
poll 09-28 api.1
poll 10-04 api.2
poll 10-07 api.2
plays=$(sql "select count(*) from play_history")
is "$(sql "select count(*) from play_gaps") $((plays > 120))" "1 1" \
    "plays of two weeks, with a gap"
section "the export"
export_to whole $whole --export-since $since
export_to half $half --export-since $since
pack whole
pack half
load_zip whole
is "$?" 0 "loaded after the API"
heard >"$tmp/heard"
like "$(sql "select closed_by from play_gaps")" '^whole.zip/.*_Audio_2026.json$' \
    "it closes the gap"
streams=$(sql "select count(*) from streaming_history")
jq -s . "$tmp/whole.truth" >"$tmp/truth.json"
# The true pairs of plays that the API has shown, as `pair` with its stream.
cat >"$tmp/truth.sql" <<END
create temp table truth as select
	json_extract(value, '\$.played_at') as played_at,
	json_extract(value, '\$.track_id') as track_id,
	json_extract(value, '\$.ts') as ts, json_extract(value, '\$.item') as item,
	json_extract(value, '\$.offline_timestamp') as offline_timestamp,
	json_extract(value, '\$.ms_played') as ms_played,
	json_extract(value, '\$.rule') as rule
from json_each(readfile('$tmp/truth.json'));
create temp table pair as select p.play_id, s.stream_id, t.rule,
	p.played_at, s.ts, s.offline
from truth t join play_history p using (played_at, track_id)
left join streaming_history s on s.ts = t.ts and s.item = t.item
	and s.offline_timestamp = t.offline_timestamp
	and s.ms_played = t.ms_played;
END
truth() { # SQL that may use the true pairs
	{ cat "$tmp/truth.sql" && echo "$1;"; } | sqlite3 "$SP_DB"
}
is "$(truth "select count(*) from play_history where track_id not like '%:local:%'
    and play_id not in (select play_id from pair where stream_id not null)")" 0 \
    "every play of the API is a stream of it, but for local files"
is "$(truth "select pair.* from pair left join play_matches m using (stream_id)
    where m.play_id is not pair.play_id")" "" "every true pair is matched"
is "$(truth "select * from play_matches where play_id not null and
    (play_id, stream_id) not in (select play_id, stream_id from pair)")" "" \
    "and nothing else"
like "$(truth "select count(*) from pair where rule = 'piece'")" '^[1-9]' \
    "of those in pieces, each piece"
is "$(sql "select count(*), count(distinct play_id) from listens
    where play_id not null")" "$plays|$plays" "no play is heard twice"
is "$(sql "select count(*) + (select count(*) from play_matches
    where leader_id <> stream_id) from listens where stream_id not null")" \
    "$streams" "no stream is lost"
like "$(truth "select count(*) from pair where offline
    and julianday(ts) - julianday(played_at) > 0.03")" '^[1-9]' \
    "a flight is matched, noticed long after it"
is "$(awk '/^sum/ { print $2, $3, $(NF - 1), $NF; exit }' "$tmp/receipt")" \
    "$streams $streams $(sql "select count(distinct play_id) from play_matches") 1" \
    "the receipt says what was read and new, plays matched and gaps closed"
is "$(rebuild)" "$(digest)" "a rebuild is the same"

section "in any order"
again before
load_loose whole
load_api api.1
load_api api.2
loaded "loose files before the API"
again between
load_zip half
load_api api.1
load_loose whole
load_api api.2
loaded "the API among two exports that overlap"
again twice
load_zip whole
load_zip half
load_api api.2
load_api api.1
load_loose whole
load_api api.1
loaded "everything twice, the latest first"
stored=$(sql "select count(*) from staging_raw")
load_zip whole
is "$(sql "select count(*) from staging_raw")" "$stored" \
    "a known file is not stored again"

section "the other forms"
again twice
export_to basic $whole --export-form basic --export-since $since
before=$(sql "select count(*), sum(ms_played) from listens")
load_loose basic
is "$(sql "select count(*), sum(ms_played) from listens")" "$before" \
    "the basic form adds no listening"
export_to old 2021-10-01 --export-form endsong --export-since 2021-09-01
export_to new 2021-10-01 --export-since 2021-09-01
again old-new
load_loose old --username kim
load_loose new
old_new=$(digest | grep streaming_history)
rows=$(sql "select count(*) from streaming_history")
again new-old
load_loose new
load_loose old --username kim
is "$(digest | grep streaming_history) $rows" \
    "$old_new $(jq -s 'map(length) | add' "$tmp"/new/*Ext*/*)" \
    "endsong and Streaming_History of one year are one, in either order"

section "local time"
again twice
# In Sydney, the clocks go from 2 to 3 at 16:00 UTC of October 3, 2026.
TZ=Australia/Sydney sql "select local_day || ' ' || local_hour, played_at
    from listens" >"$tmp/local"
TZ=Australia/Sydney python3 -c 'import sys, time, calendar
for line in sys.stdin:
    got, at = line.split("|")
    t = time.localtime(calendar.timegm(time.strptime(at[:19],
        "%Y-%m-%dT%H:%M:%S")))
    want = time.strftime("%Y-%m-%d ", t) + str(t.tm_hour)
    if got != want: print(at.strip(), got, want)' <"$tmp/local" >"$tmp/wrong"
is "$(cat "$tmp/wrong")" "" "each listening has its local day and hour"
if [ "$(TZ=Australia/Sydney date -d 2026-10-04T00:00Z +%H)" = 11 ]; then
	is "$(grep -c '^2026-10-04 2|' "$tmp/local")" 0 \
	    "no hour of the night when clocks go forward is made up"
else
	skip "no tzdata" "no hour of the night when clocks go forward is made up"
fi
is "$(TZ=Australia/Sydney digest | cksum)" "$(TZ=UTC digest | cksum)" \
    "nothing stored depends on the zone"

section "taken back"
again back
load_api api.1
load_api api.2
digest >"$tmp/polled"
load_zip whole
run_of_import=$(sql "select run_id from ingest_runs where job = 'import'")
sp-stage forget "$run_of_import" 2>"$tmp/err" | sp-transform | sp-load
is "$(digest | diff "$tmp/polled" -)" "" "what the API has is left as it was"

finish

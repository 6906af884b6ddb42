#!/bin/sh
# How costs grow: a database gets the plays of one user in the order of time. At
# SIZES="1000000 5000000 20000000" plays, it measures what the next 100,000 plays
# cost sp-load, with their tracks, albums and artists, and what everyday questions
# cost: the last ten plays, as README.md asks for them, the plays by day, the ten
# top tracks, sp-queue status, and a digest of all tables. CPU seconds, of the
# cheapest of RUNS=1 runs.
#
# At 20 million plays it needs 6 GB in TMPDIR.
# shellcheck disable=SC2046,SC2086,SC2183 # lists of names are split
set -eu
RUNS=${RUNS:-1}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"
export SP_DB="$tmp/music.db"
have=0

load_next() { # mode, plays, command...
	mode=$1 count=$2
	shift 2
	awk -v mode="$mode" -v from=$have -v plays="$count" -v year=1990 \
	    -v step=45 -f "$here/rows.awk" >"$tmp/rows"
	"$@" sp-load <"$tmp/rows"
	have=$((have + count))
}
fill_up() { # plays
	while [ $have -lt "$1" ]; do
		some=$(($1 - have))
		[ $some -lt 1000000 ] || some=1000000
		load_next plays $some env
	done
}

try_load() {
	load_next mixed 100000 measure load
}
ask() { # name, query
	measure "$1" sqlite3 "$SP_DB" "$2" >"$tmp/out"
}
try_last() {
	ask last 'select played_at, track, artists from plays
		order by played_at desc limit 10'
}
try_by_day() {
	ask by_day 'select * from listening_by_day'
}
try_top() {
	ask top 'select * from top_tracks order by plays desc limit 10'
}
try_status() {
	measure status sp-queue status >"$tmp/out"
}
try_digest() {
	measure digest sp-load --digest >"$tmp/out"
}

names='load last by_day top status digest'
printf '%10s %13s %10s %8s %10s %8s %8s %8s\n' plays 'next 100,000' \
    'last ten' 'by day' 'top tracks' status digest 'MB'
for size in ${SIZES:-1000000 5000000 20000000}; do
	fill_up "$size"
	measure_anew
	interleaved $(printf 'try_%s ' $names)
	printf '%10d %13.2f %10.3f %8.2f %10.2f %8.3f %8.2f %8d\n' "$size" \
	    $(for name in $names; do cpu_seconds $name; done) \
	    $(($(wc -c <"$SP_DB") / 1000000))
done

#!/bin/sh
# What sp does, on the mock API, sp-rehearse(1), with a made-up listener: needs
# no Spotify account, and no network.
#
#	demo.sh [FOLDER OF THE PROGRAMS [FOLDER FOR RESULTS]]
#
# Leaves demo.db, the database, and demo.html, a report, in the folder for
# results, or else in the working directory.
set -eu
programs=
if [ -n "${1:-}" ]; then
	programs=$(cd "$1" && pwd)
	[ "$(command -v sp-queue)" != "$programs/sp-queue" ] || programs=
	PATH=${programs:+$programs:}$PATH
fi
results=${2:+$2/}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit
api=

cleanup() {
	[ -z "$api" ] || kill "$api" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

die() { echo "demo: $*" >&2; exit 1; }
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
bold='' plain=''
[ ! -t 1 ] || [ -n "${NO_COLOR:-}" ] || [ "${TERM:-dumb}" = dumb ] ||
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')

# run COMMAND [AS]: print it as it would be typed, then run it, or what it is
# short for.
run() {
	printf '$ %s\n' "$1"
	sh -c "${2:-$1}" 2>&1 || die "that failed"
}

# The listener has been at it for two years, at about 18 tracks a day.
now=$(jq -nr 'now | floor | todate')
kim="--user kim --seed 7 --plays-per-day 18 --clock $now"
# shellcheck disable=SC2086
sp-rehearse $kim --port-file "$dir/port" --token-file "$dir/token.json" \
	>/dev/null &
api=$!
# shellcheck disable=SC2086
sp-rehearse $kim --export "$dir/my_spotify_data" \
	--export-since "$(jq -nr 'now - 730 * 86400 | todate')"
tries=0
while [ ! -s "$dir/port" ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || die "sp-rehearse did not start"
	sleep 0.1
done
db=${results}demo.db
rm -f "$db" "$db-wal" "$db-shm"
export SP_DB="$db" SP_TOKEN_FILE="$dir/token.json"
unset SP_ACCOUNT

echo "A made-up listener, Kim, on a mock of Spotify's API on this machine."
say "1. What the API has: the last 50 plays, playlists, artists, albums"
run "sp-run -v"
run "sqlite3 -column $db \"
    select time(played_at, 'localtime') as at, track, artists
    from plays order by played_at desc limit 5\""

say "2. The rest of the history: an export, which Spotify sends on request"
run "sp-stage import --user kim my_spotify_data/*/*.json |
    sp-transform | sp-load" "cd '$dir' &&
	SP_DB='$(cd "${results:-.}" && pwd)/demo.db' &&
	sp-stage import --user kim my_spotify_data/*/Streaming*.json |
	sp-transform | sp-load"
run "sqlite3 -box $db 'select source, count(*) as listens,
    sum(ms_played) / 3600000 as hours from listens group by source'"

say "3. Charts, from examples/charts.sql"
run "sqlite3 $db <examples/charts.sql" "sqlite3 '$db' <'$here/charts.sql'"

say "4. Everything can be rebuilt from the raw captures"
run "sp-stage replay | sp-transform | sp-load -q --db rebuilt.db" \
    "sp-stage replay | sp-transform | sp-load -q --db '$dir/rebuilt.db'"
sp-load --digest >"$dir/before"
sp-load --digest --db "$dir/rebuilt.db" >"$dir/after"
cmp -s "$dir/before" "$dir/after" || die "the rebuilt database differs"
echo "rebuilt from raw captures: equal"

say "5. A report to look at"
run "sp-report >${results}demo.html"

say "Now explore it:"
# A shell that does not find these programs needs their folder.
[ -z "$programs" ] || echo "  PATH=\"$programs:\$PATH\""
cat <<END
  xdg-open ${results}demo.html
  sqlite3 -box $db 'select plays, track from top_tracks limit 10'
  sp-queue status --db $db
  sp-stage why tracks --db $db $(sqlite3 "$db" 'select track_id from top_tracks limit 1')
END

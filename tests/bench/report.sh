#!/bin/sh
# sp-report on a made-up export of YEARS=5 years with PER_DAY=165 plays a day, of
# which about 90 % are heard for 30 seconds: the data, the page, and one year.
# CPU seconds, elapsed seconds, and the most memory of a process, of the best of
# RUNS=3 runs.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"
export SP_DB="$tmp/music.db" TZ=Europe/Berlin

sp-rehearse --export "$tmp/export" --user kim --clock 2026-11-22 \
    --plays-per-day "${PER_DAY:-165}" --export-file-rows 20000 \
    --export-since "$((2026 - ${YEARS:-5}))-11-22"
sp-stage import --user kim "$tmp"/export/*Extended*/*.json 2>"$tmp/left-out" |
	sp-transform | sp-load 2>"$tmp/receipt"
sp-rehearse --port 0 --port-file "$tmp/port" --user kim --clock 2026-11-22 \
    --plays-per-day "${PER_DAY:-165}" --token-file "$tmp/token" >"$tmp/log" 2>&1 &
trap 'kill $!; rm -rf "$tmp"' EXIT
until [ -s "$tmp/port" ]; do sleep 0.1; done
for round in 1 2; do
	SP_TOKEN_FILE="$tmp/token" sp-run 2>>"$tmp/log"
done

try_data() { measure data sp-report --json >"$tmp/data.json"; }
try_page() { measure page sp-report >"$tmp/page.html"; }
try_year() { measure year sp-report --year 2025 >"$tmp/year.html"; }
interleaved try_data try_page try_year
sqlite3 "$SP_DB" "select count(*) || ' listens of ' ||
	(select count(*) from streaming_history) || ' streams'
	from counted_listens"
for name in data page year; do
	printf '  %-8s %6.1f s of CPU %6.1f s %4d MiB\n' $name \
	    "$(cpu_seconds $name)" "$(elapsed_seconds $name)" \
	    "$(memory_mib $name)"
done

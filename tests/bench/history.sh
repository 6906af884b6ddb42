#!/bin/sh
# A whole history: a made-up export in a ZIP, with all its rows in one array, and
# then the plays of the API that are matched with it. ROWS=1000000 rows and, to
# see that time is linear, a tenth of them; PLAYS=200000 plays. The elapsed
# seconds, and the CPU seconds and the most memory of each program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"
rows=${ROWS:-1000000}
plays=${PLAYS:-200000}

cat >"$tmp/zip.py" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED,
                     compresslevel=1) as z:
    for path in sys.argv[2:]:
        z.write(path)
END

# A listener of 120 plays a day has about 229 rows a day.
make_export() { # rows
	rm -rf "$tmp/export" "$tmp/export.zip"
	sp-rehearse --export "$tmp/export" --export-truth "$tmp/truth" \
	    --user kim --plays-per-day 120 --export-file-rows 100000000 \
	    --clock 2026-11-22 --export-since "$(date -u +%Y-%m-%d \
	    -d "2026-11-22 $(($1 / 229)) days ago")"
	(cd "$tmp/export" && python3 "$tmp/zip.py" "$tmp/export.zip" ./*/*)
}

import() {
	measure stage sp-stage import --user kim "$tmp/export.zip" \
	    2>"$tmp/left-out" |
		measure transform sp-transform |
		measure load sp-load 2>"$tmp/receipt"
}
count() { sqlite3 "$SP_DB" "select count(*) from $1"; }

# What the programs cost that have run since the last report.
report() { # what, rows, names of the programs
	what=$1 count=$2
	shift 2
	# All end with the last one.
	awk -v what="$what" -v rows="$count" -v s="$(elapsed_seconds "$1")" \
	    'BEGIN { printf("%-34s %8.1f s %8.1f us/row\n", what, s,
		s / rows * 1e6) }'
	for name; do
		printf '  %-32s %8.1f s of CPU %4d MiB\n' "sp-$name" \
		    "$(cpu_seconds "$name")" "$(memory_mib "$name")"
	done
	measure_anew
}

# The newest true pairs, as rows of plays of the API.
api_plays() {
	grep '"rule":"track"' "$tmp/truth" | tail -n "$plays" |
	    awk -F '"' '{ printf("{\"type\":\"row\",\"table\":" \
		"\"play_history\",\"row\":{\"user_id\":\"kim\"," \
		"\"track_id\":\"%s\",\"played_at\":\"%s\"}," \
		"\"at\":\"2026-11-22T00:00:00.000Z\"}\n", $8, $4) }'
}

export SP_DB="$tmp/music.db"
for n in $((rows / 10)) "$rows"; do
	rm -f "$SP_DB"*
	make_export "$n"
	import
	n=$(count streaming_history)
	report "import of $n rows" "$n" load transform stage
done
import
report "the same again" "$n" load transform stage

api_plays >"$tmp/plays"
plays=$(wc -l <"$tmp/plays")
measure load sp-load <"$tmp/plays"
report "$plays plays, loaded and matched" "$plays" load
measure load sp-load --rematch
report "all matched anew" "$n" load
echo "matched: $(count 'play_matches where play_id is not null') streams," \
    "$(sqlite3 "$SP_DB" 'select count(distinct play_id) from play_matches') plays"

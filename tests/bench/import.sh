#!/bin/sh
# Importing a whole history: a made-up export in a ZIP, with all its rows in one
# array, and then the plays of the API that are matched with it. ROWS=1000000
# rows and, to see that time is linear, a tenth of them; PLAYS=200000 plays.
# Elapsed seconds; for each program, the most memory that was resident, and its
# CPU time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sp=${SP_BUILD:-$here/../../build}
PATH=$(cd "$sp" && pwd):$PATH
rows=${ROWS:-1000000}
plays=${PLAYS:-200000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

# What a program and its children took, as a line of $tmp/took.
cat >"$tmp/measure.py" <<'END'
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
took = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "a") as to:
    print("  %-32s %8.1f s of CPU %4d MiB" % (sys.argv[2],
        took.ru_utime + took.ru_stime, took.ru_maxrss // 1024), file=to)
sys.exit(status)
END
measure() { python3 "$tmp/measure.py" "$tmp/took" "$@"; }

cat >"$tmp/zip.py" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED,
                     compresslevel=1) as z:
    for path in sys.argv[2:]:
        z.write(path)
END

now() { date +%s.%N; }
# since TIME ROWS WHAT: how long it took since then, and which program how much
since() {
	echo "$1 $(now) $2" | awk -v what="$3" '{
		printf("%-34s %8.1f s %8.1f us/row\n", what, $2 - $1,
		    ($2 - $1) / $3 * 1e6) }'
	sort "$tmp/took"
	rm "$tmp/took"
}

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
	measure sp-stage import --user kim "$tmp/export.zip" 2>"$tmp/left-out" |
	    measure sp-transform | measure sp-load 2>"$tmp/receipt"
}
count() { sqlite3 "$SP_DB" "select count(*) from $1"; }

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
	begin=$(now)
	import
	n=$(count streaming_history)
	since "$begin" "$n" "import of $n rows"
done
begin=$(now)
import
since "$begin" "$n" "the same again"

api_plays >"$tmp/plays"
plays=$(wc -l <"$tmp/plays")
begin=$(now)
measure sp-load <"$tmp/plays"
since "$begin" "$plays" "$plays plays, loaded and matched"
begin=$(now)
measure sp-load --rematch
since "$begin" "$n" "all matched anew"
echo "matched: $(count 'play_matches where play_id is not null') streams," \
    "$(sqlite3 "$SP_DB" 'select count(distinct play_id) from play_matches') plays"

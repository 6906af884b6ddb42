#!/bin/sh
# Importing a whole history: a made-up export in a ZIP, with all its rows in one
# array, and then the plays of the API that are matched with it. ROWS=1000000
# rows and, to see that time is linear, a tenth of them; PLAYS=200000 plays.
# Elapsed seconds; the memory of a program is the most that was resident.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sp=${SP_BUILD:-$here/../../build}
PATH=$(cd "$sp" && pwd):$PATH
rows=${ROWS:-1000000}
plays=${PLAYS:-200000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

# The peak of a program's memory, and of its children's, as a line of $tmp/mem.
cat >"$tmp/measure.py" <<'END'
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "a") as to:
    print(sys.argv[2], kib // 1024, file=to)
sys.exit(status)
END
measure() { python3 "$tmp/measure.py" "$tmp/mem" "$@"; }

cat >"$tmp/zip.py" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED,
                     compresslevel=1) as z:
    for path in sys.argv[2:]:
        z.write(path)
END

now() { date +%s.%N; }
# since TIME ROWS WHAT: a line of how long it took since then
since() {
	echo "$1 $(now) $2" | awk -v what="$3" '{
		printf("%-34s %8.1f s %8.1f us/row\n", what, $2 - $1,
		    ($2 - $1) / $3 * 1e6) }'
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
	measure sp-stage import --user kim "$tmp/export.zip" 2>"$tmp/receipt" |
	    measure sp-transform | measure sp-load
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
	rm -f "$SP_DB"* "$tmp/mem"
	make_export "$n"
	begin=$(now)
	import
	n=$(count streaming_history)
	since "$begin" "$n" "import of $n rows"
	echo "resident, MiB:" "$(sed 's/.*\///' "$tmp/mem" | sort | xargs)"
done
begin=$(now)
import
since "$begin" "$n" "the same again"

api_plays >"$tmp/plays"
plays=$(wc -l <"$tmp/plays")
rm -f "$tmp/mem"
begin=$(now)
measure sp-load <"$tmp/plays"
since "$begin" "$plays" "$plays plays, loaded and matched"
begin=$(now)
measure sp-load --rematch
since "$begin" "$n" "all matched anew"
echo "resident, MiB:" "$(sed 's/.*\///' "$tmp/mem" | xargs)"
echo "matched: $(count 'play_matches where play_id is not null') streams," \
    "$(sqlite3 "$SP_DB" 'select count(distinct play_id) from play_matches') plays"

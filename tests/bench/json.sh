#!/bin/sh
# How fast lib/json checks lines, next to jq, python3 and wc: MB=200.
set -eu
here=$(dirname "$0")
build=${SP_BUILD:-build}
pages=$(mktemp)
trap 'rm -f "$pages"' EXIT
trap 'exit 130' INT TERM
python3 "$here/pages.py" "${MB:-200}" >"$pages"

# timed NAME COMMAND...: CPU seconds of a command, as MB/s.
timed() {
	name=$1
	shift
	{ time -p "$@" <"$pages" >/dev/null; } 2>"$pages.time"
	awk -v name="$name" -v bytes="$(wc -c <"$pages")" '
	/user|sys/ { s += $2 }
	END { printf "%-12s %6.0f MB/s\n", name, bytes / 1e6 / (s ? s : 0.01) }
	' "$pages.time"
	rm -f "$pages.time"
}

printf '%-12s %6s MB/s\n' lib/json \
	"$("$build/tests/json-check" --time "$pages" | cut -d' ' -f1)"
timed 'jq -c .' jq -c .
timed python3 python3 -c '
import json, sys
for line in sys.stdin:
    json.loads(line)'
timed 'wc -l' wc -l

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
	python3 - "$pages" "$@" <<-'END'
	import os, resource, subprocess, sys
	pages, name, *command = sys.argv[1:]
	with open(pages) as text:
	    subprocess.run(command, stdin=text, stdout=subprocess.DEVNULL,
	                   check=True)
	used = resource.getrusage(resource.RUSAGE_CHILDREN)
	rate = os.path.getsize(pages) / 1e6 / (used.ru_utime + used.ru_stime)
	print(f"{name:12} {rate:6.0f} MB/s")
	END
}

printf '%-12s %6s MB/s\n' lib/json \
	"$("$build/tests/json-check" --time "$pages" | cut -d' ' -f1)"
timed 'jq -c .' jq -c .
timed python3 python3 -c '
import json, sys
for line in sys.stdin:
    json.loads(line)'
timed 'wc -l' wc -l

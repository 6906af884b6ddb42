#!/bin/sh
# coverage.sh BUILD SOURCE...: after a run of a build with --coverage, prints
# how much of each source was reached, and leaves the .gcov files in BUILD.
set -eu
build=$(cd "$1" && pwd)
shift
out=$build/gcov
mkdir -p "$out"
for source in "$@"; do
	[ -e "$build/${source%.c}.gcda" ] || {
		printf '%6s  %s\n' none "$source"
		continue
	}
	gcov -o "$build/${source%.c}.o" -t "$source" > "$out/$(echo "$source" |
		tr / -).gcov" 2>/dev/null
	awk -v source="$source" '
	$2 == "0:Source:" source || /0:Source:/ { ours = index($0, source) }
	ours && $1 !~ /^-/ { lines++; if ($1 !~ /^#####|^=====/) hit++ }
	END { printf "%5.1f%%  %s\n", lines ? 100 * hit / lines : 0, source }
	' "$out/$(echo "$source" | tr / -).gcov"
done

#!/bin/sh
# Fixed streams and databases give the outputs that tests/data/golden/expected
# holds. UPDATE=1 writes there what differs, to be read in git diff.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/golden.sh

[ -f "$fixed_so" ] && fixed sp-queue -V >"$tmp/out" 2>&1 || {
	echo "1..0 # SKIP the clock cannot be stopped here"
	exit
}
for group in "$golden"/*.cases; do
	golden_group "$group"
done
is "$(cd "$golden/expected" && find . -type f | sort | sed 's|^\./||' |
	comm -3 - "$tmp/cases")" "" "every expected output has a case"
finish

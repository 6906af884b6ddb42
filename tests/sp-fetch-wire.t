#!/bin/sh
# sp-fetch, and what can go wrong on the wire: whatever comes, a request is used
# or refused, and the end record counts it so.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh

# Every fault once where it is quick, and a few runs with any of them.
run env SP_BUILD="$build" python3 -B tests/fault/wire.py --rounds 3
is "$status" 0 "answers that are spoiled"
diag "$out$err"
finish

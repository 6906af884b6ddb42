#!/bin/sh
# sp-fetch, and all that can go wrong on the wire: whatever comes, a request is
# answered truly or refused, and the end tells which.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh

# Every fault once where it is quick, and a few runs with any of them.
run env SP_BUILD="$build" python3 -B tests/fault/wire.py --rounds 3
is "$status" 0 "answers that are spoiled"
diag "$out$err"
finish

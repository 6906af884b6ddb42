#!/bin/sh
# run.sh ROUNDS: all that breaks the programs of $SP_BUILD: so many rounds of
# stages that are killed and of answers spoiled on the wire, a tenth as many
# calls of each kind that fail and rounds of power cuts, and what holds the
# database or takes a stream away.
cd "$(dirname "$0")/../.." || exit
calls=$(($1 / 10))
[ $calls -ge 3 ] || calls=3
failed=0
prove -j2 tests/fault/*.t || failed=1
python3 -B tests/fault/kill.py --rounds "$1" || failed=1
python3 -B tests/fault/inject.py --calls $calls || failed=1
python3 -B tests/fault/power.py --self-test || failed=1
python3 -B tests/fault/power.py --rounds $calls || failed=1
python3 -B tests/fault/wire.py --rounds "$1" || failed=1
exit $failed

#!/bin/sh
# run.sh ROUNDS [TIME]: all that breaks the programs of $SP_BUILD: so many
# rounds of stages that are killed and of answers spoiled on the wire, an
# allocation at every place of every command that fails, twice as many other
# calls of each, a tenth as many rounds of power cuts, and what holds the
# database, takes a stream away or fills the disk. With a time, as 1h, in place
# of that many: for a third of it each. What is drawn by chance is drawn anew
# every time, unless $SEED says what from.
cd "$(dirname "$0")/../.." || exit
rounds=$1
time=${2:-}
failed=0

# A third of the time, in seconds.
third() {
	case $time in
	*h) echo $((${time%h} * 1200)) ;;
	*m) echo $((${time%m} * 20)) ;;
	*) echo $((${time%s} / 3)) ;;
	esac
}

try() {
	python3 -B "tests/fault/$@" ${SEED:+--seed "$SEED"} || failed=1
}

prove -j2 tests/fault/*.t || failed=1
try wire.py --rounds "$rounds"
try power.py --self-test
if [ -n "$time" ]; then
	try kill.py --for "$(third)s"
	try inject.py --for "$(third)s"
	try power.py --seconds "$(third)"
else
	try kill.py --rounds "$rounds"
	try inject.py --fault malloc:ENOMEM
	try inject.py --most $((rounds * 2))
	try power.py --rounds $(((rounds + 9) / 10))
fi
exit $failed

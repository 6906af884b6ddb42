#!/bin/sh
# run.sh ROUNDS [TIME]: all that breaks the programs of $SP_BUILD: so many
# rounds of stages that are killed and of answers spoiled on the wire, twice
# as many calls of each command that fail, a tenth as many rounds of power
# cuts, and what holds the database, takes a stream away or fills the disk.
# With a time, as 1h: stages are killed and calls fail for half of it each.
cd "$(dirname "$0")/../.." || exit
cuts=$(($1 / 10))
[ $cuts -ge 3 ] || cuts=3
failed=0

# Half of a time, in seconds.
half() {
	case $1 in
	*h) echo $((${1%h} * 1800))s ;;
	*m) echo $((${1%m} * 30))s ;;
	*) echo $((${1%s} / 2))s ;;
	esac
}

prove -j2 tests/fault/*.t || failed=1
if [ -n "${2:-}" ]; then
	python3 -B tests/fault/kill.py --for "$(half "$2")" || failed=1
	python3 -B tests/fault/inject.py --calls 10 --for "$(half "$2")" ||
	    failed=1
else
	python3 -B tests/fault/kill.py --rounds "$1" || failed=1
	python3 -B tests/fault/inject.py --calls 10 --most $(($1 * 2)) ||
	    failed=1
fi
python3 -B tests/fault/wire.py --rounds "$1" || failed=1
python3 -B tests/fault/power.py --self-test || failed=1
python3 -B tests/fault/power.py --rounds $cuts || failed=1
exit $failed

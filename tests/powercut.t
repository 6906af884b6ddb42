#!/bin/sh
# What a power cut may leave: nothing that was acknowledged is lost, and the
# check of that can fail. `make fault` cuts it at many more instants.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh

# A sanitizer has to be loaded first, and wants to be. The loader takes a space
# for the end of a name.
[ -e "$build/tests/fault/power.so" ] &&
    cp "$build/tests/fault/power.so" "$tmp" &&
    LD_PRELOAD=$tmp/power.so "$build/sp-load" -V >"$tmp/out" 2>&1 &&
    ! grep -qv '^sp-load [0-9.]*$' "$tmp/out" || {
	echo "1..0 # SKIP nothing can be preloaded here"
	exit
}

power() {
	run python3 -B tests/fault/power.py "$@"
	ok "$status" "power.py $*"
	diag "$out$err"
}
power --self-test --seed 2 --images 36
power --rounds 2 --images 28 --seed 1
finish

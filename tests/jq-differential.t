#!/bin/sh
# lib/jq against libjq: cases of the language's constructs, known differences,
# and random programs. `make jq-differential` tries more of these.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
compare=$build/tests/jq/compare

# What was different, if anything.
show() { [ "$status" -eq 0 ] || printf "%s\n" "$out" | sed "s/^/# /" >&2; }

run "$compare" cases tests/data/jq/*.test
is "$status" 0 "both give what each case says"

show
[ "$(printf '%s\n' "$out" | sed -n 's/^\([0-9]*\) programs.*/\1/p')" -gt 500 ]
ok $? "there are many cases"
run "$compare" differences tests/data/jq/differences lib/jq/README.md
is "$status" 0 "known differences are as written, and on the page"
show

run "$compare" random --seed "${SEED:-1}" --count "${COUNT:-500}"
is "$status" 0 "random programs give the same"
show
run "$compare" syntax --seed "${SEED:-1}" --count "${SYNTAX_COUNT:-20}"
is "$status" 0 "changed texts of programs are taken or refused alike"
show

# A comparison that cannot fail proves nothing.
printf '.a\n{"a":1}\n2\n' >"$tmp/wrong"
run "$compare" cases "$tmp/wrong"
is "$status" 1 "a wrong case is noticed"

finish

#!/bin/sh
# Loading is a merge: some random histories, see tests/property/property.py;
# `make property` tries more. And that one which is broken does not go unseen.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh

try() { run python3 -B tests/property/property.py --keep "$tmp" "$@"; }
# They are the same each time. SEED draws others.
try --seed "${SEED:-1}" --rounds "${ROUNDS:-24}"
is "$status" 0 "histories are the same in any order"
diag "$out$err"

for mutant in last-wins list-hole; do
	[ -x "$build/mutants/$mutant/sp-load" ] || {
		skip "it is not built here" "a broken sp-load is seen: $mutant"
		continue
	}
	try --seed 5 --load "$build/mutants/$mutant/sp-load"
	is "$status" 1 "a broken sp-load is seen: $mutant"
	like "$out" '^# seed 5, history [0-9]+; once more:' "$mutant: the seed is printed"
	left=$(printf '%s\n' "$out" | sed -n 's/.*, \([0-9]*\) records$/\1/p')
	[ "${left:-99}" -le 3 ]
	ok $? "$mutant: shrunk to three records at most"
	[ "$(printf '%s\n' "$out" | grep -c '^{"type":"row"')" -le 9 ]
	ok $? "$mutant: the records are shown"
	# The files that are left: the two orders differ with the broken one only.
	ls "$tmp"/5-*/[ab]*.ndjson >"$tmp/files"
	for program in "$build/sp-load" "$build/mutants/$mutant/sp-load"; do
		rm -f "$tmp"/[ab].db*
		while read -r file; do
			db=$tmp/$(basename "$file" | cut -c1).db
			"$program" --db "$db" --batch-rows 1 <"$file" 2>"$tmp/err"
		done <"$tmp/files"
		dump "$tmp/a.db" >"$tmp/a"
		dump "$tmp/b.db" | cmp -s - "$tmp/a"
		echo $?
	done >"$tmp/out"
	is "$(xargs <"$tmp/out")" "0 1" "the files that are left show $mutant"
	rm -r "$tmp"/5-*
done
finish

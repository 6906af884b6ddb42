#!/bin/sh
# run.sh ROUNDS [MUTANT...]: each broken sp-load must be seen, and shrunk;
# then so many random histories, and as many whose streams are matched.
cd "$(dirname "$0")/../.." || exit
build=${SP_BUILD:-build} rounds=$1
shift
failed=0
for mutant; do
	if said=$(python3 -B tests/property/property.py --seed 5 --rounds 400 \
	    --load "$mutant" --keep "$build/mutants"); then
		echo "property: $mutant: is broken, and goes unseen" >&2
		failed=1
	else
		printf '%s: %s\n' "$(basename "$(dirname "$mutant")")" \
		    "$(printf '%s\n' "$said" | tail -n 1)"
	fi
done
python3 -B tests/property/property.py --rounds "$rounds" || failed=1
python3 -B tests/property/matching.py --rounds "$rounds" || failed=1
exit $failed

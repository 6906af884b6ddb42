#!/bin/sh
# mutate.sh MUTANT.sed OUT COMPILER...: compiles a source with one rule of it
# broken; the first line of the mutant says which source.
set -eu
mutant=$1 out=$2
shift 2
source=$(sed -n '1s/^# \([^:]*\): .*/\1/p' "$mutant")
sed -f "$mutant" "$source" >"$out.c"
if cmp -s "$source" "$out.c"; then
	echo "mutate.sh: $mutant: changes nothing in $source" >&2
	exit 1
fi
"$@" -c -o "$out" "$out.c"

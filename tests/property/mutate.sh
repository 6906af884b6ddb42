#!/bin/sh
# mutate.sh MUTANT.sed OUT COMPILER...: compiles a source with one rule of it
# broken; the first line of the mutant says which source. With one of SQL all
# statements are compiled.
set -eu
mutant=$1 out=$2
shift 2
source=$(sed -n '1s/^# \([^:]*\): .*/\1/p' "$mutant")
sed -f "$mutant" "$source" >"$out.${source##*.}"
if cmp -s "$source" "$out.${source##*.}"; then
	echo "mutate.sh: $mutant: changes nothing in $source" >&2
	exit 1
fi
case $source in
*.sql)
	others=$(find lib cmd -name '*.sql' ! -path 'lib/schema/*' ! -path "$source")
	# shellcheck disable=SC2086
	sh lib/statements.sh source $others "$out.sql" >"$out.c"
	;;
esac
"$@" -c -o "$out" "$out.c"

#!/bin/sh
# run.sh BUILD SECONDS [NAME]: runs each fuzz target on a corpus that grows in
# BUILD, from the seeds in tests/fuzz/corpus/. Finds are kept in BUILD/finds.
# What is tried is drawn anew every time, unless $SEED says what from.
set -eu
build=$1 seconds=$2 name=${3-}
here=$(dirname "$0")
export ASAN_OPTIONS="${ASAN_OPTIONS-}:allocator_may_return_null=1"
for source in "$here"/*.c; do
	target=$(basename "$source" .c)
	case $target in
	"$name"*) ;;
	*) continue ;;
	esac
	mkdir -p "$build/corpus/$target" "$build/finds"
	seeds=
	[ ! -d "$here/corpus/$target" ] || seeds=$here/corpus/$target
	echo "fuzz: $target for $seconds s"
	log=$build/finds/$target.log
	if ! "$build/tests/fuzz/$target" -max_total_time="$seconds" \
		-timeout=10 -rss_limit_mb=2048 -max_len=4096 -verbosity=1 \
		${SEED:+-seed="$SEED"} \
		-artifact_prefix="$build/finds/$target-" \
		"$build/corpus/$target" ${seeds:+"$seeds"} >"$log" 2>&1; then
		cat "$log" >&2
		echo "fuzz: $target failed: see $build/finds" >&2
		exit 1
	fi
	tail -n 1 "$log"
done

# For benchmarks: what commands cost, compared in interleaved runs.
#
# A script sets $here, its own folder, and sources this. It has the programs
# under test first in PATH, and $tmp, which is removed at the end. Then:
#
#	interleaved try_ours try_theirs   # runs each RUNS=3 times, by turns
#	report "reading" ours theirs
#
# where the functions call `measure NAME COMMAND...`: the cost of a name in a
# run is the sum of what was measured under it, and its cost in all is that of
# its cheapest run.
top=$(cd "$here/../.." && pwd)
build=$(cd "${SP_BUILD:-$top/build}" && pwd)
PATH=$build:$PATH
runs=${RUNS:-3}
run=1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/sp-bench.XXXXXX") || exit
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

# Runs a command, and notes its cost under a name.
measure() { # name, command...
	measured=$1
	shift
	"$build/tests/bench/measure" "$tmp/cost.$measured" "$run" "$@"
}

# Notes the CPU seconds of what measures itself.
note() { # name, CPU seconds
	echo "$run $2 0 $2" >>"$tmp/cost.$1"
}

# Runs functions by turns, so that they share what else the machine does.
interleaved() { # functions
	for run in $(seq "$runs"); do
		for try; do
			"$try"
		done
	done
}

# Forgets what was measured before.
measure_anew() {
	rm -f "$tmp"/cost.*
}

# A column of the costs of a name: the sum of each run, and the least of them.
least_of() { # name, column
	awk -v column="$2" '
		{ sum[$1] += $column }
		END {
			for (run in sum)
				if (least == "" || sum[run] < least)
					least = sum[run]
			print least
		}' "$tmp/cost.$1"
}
cpu_seconds() { # name
	least_of "$1" 2
}
elapsed_seconds() { # name
	least_of "$1" 4
}
memory_mib() { # name
	least_of "$1" 3 | awk '{printf "%.0f\n", $1 / 1024}'
}

difference() { # of two numbers
	awk -v a="$1" -v b="$2" 'BEGIN { print a - b }'
}
ratio() { # of two numbers, with one digit, or two below 2
	awk -v a="$1" -v b="$2" 'BEGIN {
		printf(a / b < 2 ? "%.2f\n" : "%.1f\n", a / b) }'
}

# Made-up captures of recently-played, of 50 plays each: with all fields, or
# with those of 2026, and with many repeated tracks or nearly none.
captures_of() { # full or 2026, many or none, pages
	full=0 tracks=10000000
	[ "$1" = 2026 ] || full=1
	[ "$2" = none ] || tracks=9000
	awk -v pages="$3" -v tracks=$tracks -v full=$full \
	    -f "$top/tests/bench/pages.awk"
}

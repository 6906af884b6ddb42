#!/bin/sh
# What keeping captures costs: sp-stage against bodies kept as they come, by
# python3 with executemany. CPU seconds, the best of RUNS=3 interleaved runs;
# PAGES=400 pages of 50 plays, each captured twice, as what has not changed is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
sp=${SP_BUILD:-$top/build}/sp-stage
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

cpu() { # what to run, on stdin's file: CPU seconds
	perl -e 'open STDIN, "<", shift or die; open STDOUT, ">", "/dev/null";
		open E, ">&", \*STDERR; system(@ARGV) == 0 or die;
		my @t = times; printf E "%.2f\n", $t[2] + $t[3]' "$in" "$@" 2>&1
}
ten() { # times the same, so that it can be measured at all
	cpu sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do "$@" || exit; done' sh "$@"
}
least() { # of two numbers, the first maybe empty
	awk -v a="$1" -v b="$2" 'BEGIN {print a == "" || b < a ? b : a}'
}
size() { wc -c <"$1"; }

cat >"$tmp/many.py" <<'END'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("pragma journal_mode = wal")
db.execute("pragma synchronous = full")
db.execute("create table c (run, seq, url, status, at, body)")
rows = []
def flush():
    db.execute("begin")
    db.executemany("insert into c values (?, ?, ?, ?, ?, ?)", rows)
    db.execute("commit")
    rows.clear()
for line in sys.stdin:
    c = json.loads(line)
    rows.append((c["run"], c["seq"], c["url"], c["status"], c["fetched_at"],
                 json.dumps(c["body"])))
    if len(rows) == 40:
        flush()
flush()
END

for full in 1 0; do
	in=$tmp/in
	awk -v pages="${PAGES:-400}" -v tracks="${TRACKS:-9000}" \
		-v full=$full -f "$here/pages.awk" >"$tmp/once"
	sed 's/"run":"01J"/"run":"01K"/' "$tmp/once" | cat "$tmp/once" - >"$in"
	write= many= replay=
	run=0
	while [ $run -lt "${RUNS:-3}" ]; do
		run=$((run + 1))
		rm -f "$tmp"/*.db*
		write=$(least "$write" "$(cpu "$sp" --db "$tmp/new.db")")
		many=$(least "$many" \
			"$(cpu python3 "$tmp/many.py" "$tmp/many.db")")
		replay=$(least "$replay" \
			"$(ten "$sp" replay --db "$tmp/new.db")")
	done
	[ $full = 1 ] && what='all fields' || what='fields of 2026'
	awk -v what="$what" -v all="$(size "$in")" \
	    -v new="$(size "$tmp/new.db")" -v plain="$(size "$tmp/many.db")" \
	    -v write="$write" -v many="$many" -v replay="$replay" 'BEGIN {
		mb = all / 1e6
		printf("captures, %s, %.0f MB, half of them once more:\n",
		    what, mb)
		printf("  %-28s %7.1f MB   x%.1f smaller than plain\n",
		    "database", new / 1e6, plain / new)
		printf("  %-28s %7.0f MB/s x%.1f python3\n", "staging", mb / write,
		    many / write)
		printf("  %-28s %7.0f MB/s\n", "replay", 10 * mb / replay)
	}'
done

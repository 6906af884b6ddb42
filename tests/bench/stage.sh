#!/bin/sh
# What keeping captures costs: sp-stage against bodies kept as they come, by
# python3 with executemany. CPU seconds, the best of RUNS=3 interleaved runs;
# PAGES=400 pages of 50 plays, each captured twice, as what has not changed is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"
captures=$tmp/captures

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

try_ours() {
	rm -f "$tmp"/ours.db*
	measure ours sp-stage --db "$tmp/ours.db" <"$captures" >"$tmp/out"
	measure replay sp-stage replay --db "$tmp/ours.db" >"$tmp/out"
}
try_python() {
	rm -f "$tmp"/python.db*
	measure python python3 "$tmp/many.py" "$tmp/python.db" <"$captures"
}
size() { wc -c <"$1"; }

for fields in full 2026; do
	captures_of $fields many "${PAGES:-400}" >"$tmp/once"
	sed 's/"run":"01J"/"run":"01K"/' "$tmp/once" |
		cat "$tmp/once" - >"$captures"
	measure_anew
	interleaved try_ours try_python
	awk -v what="$fields fields" -v all="$(size "$captures")" \
	    -v ours="$(size "$tmp/ours.db")" \
	    -v plain="$(size "$tmp/python.db")" \
	    -v write="$(cpu_seconds ours)" -v many="$(cpu_seconds python)" \
	    -v replay="$(cpu_seconds replay)" 'BEGIN {
		mb = all / 1e6
		printf("sp-stage: captures, %s, %.0f MB, half of them once " \
		    "more\n", what, mb)
		printf("  %-28s %7.1f MB   x%.1f smaller than plain\n",
		    "database", ours / 1e6, plain / ours)
		printf("  %-28s %7.0f MB/s x%.1f python3\n", "staging",
		    mb / write, many / write)
		printf("  %-28s %7.0f MB/s\n", "replay", mb / replay)
	}'
done

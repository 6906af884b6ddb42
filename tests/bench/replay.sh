#!/bin/sh
# A whole replay, from captures to a new database: sp-transform | sp-load
# against DuckDB with one thread, which loads the same columns of the same
# tables with replay.sql; all rows of both are compared. DuckDB checks nothing
# and keeps no provenance. CPU seconds, the best of RUNS=3 interleaved runs, of
# PAGES=2000 pages of recently-played, without what node needs to start; and the
# most memory: of ours that of both programs together.
#
# DuckDB is installed from npm into the build folder, the first time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"
version=1.5.6-r.1
pages=$tmp/pages

export NODE_PATH="$build/duckdb/$version/node_modules"
duckdb() { # database, file of SQL, input
	node "$here/duckdb.js" "$@"
}

# Whether DuckDB runs, once it is installed.
have_duckdb() {
	command -v node && command -v npm || return
	[ -d "$NODE_PATH" ] ||
		npm install --prefix "$build/duckdb/$version" --no-audit \
		    --no-fund "@duckdb/node-api@$version" || return
	duckdb :memory:
}

try_ours() {
	rm -f "$tmp"/ours.db*
	measure ours sp-transform <"$pages" |
		measure ours sp-load --db "$tmp/ours.db"
}
try_duckdb() {
	rm -f "$tmp"/theirs.db*
	measure duckdb node "$here/duckdb.js" "$tmp/theirs.db" \
	    "$here/replay.sql" "$pages"
}
try_start() {
	measure start node "$here/duckdb.js" :memory: >"$tmp/out"
}

same_rows() {
	sqlite3 "$tmp/ours.db" <"$here/replay-rows.sql" >"$tmp/ours"
	duckdb "$tmp/theirs.db" "$here/replay-rows.sql" >"$tmp/theirs"
	cmp "$tmp/ours" "$tmp/theirs"
}

if ! have_duckdb >"$tmp/out" 2>&1; then
	echo "DuckDB is left out: npm or node is missing, or there is no network"
	exit 0
fi
echo "replay: CPU seconds of ${PAGES:-2000} pages," \
    "DuckDB $(duckdb :memory:), node $(node --version)"
printf '%-31s %6s %8s %8s %12s %18s\n' '' MB ours DuckDB 'ours/DuckDB' \
    'MiB ours, DuckDB'
for fields in full 2026; do
	for repeats in many none; do
		captures_of $fields $repeats "${PAGES:-2000}" >"$pages"
		measure_anew
		interleaved try_ours try_duckdb try_start
		same_rows
		ours=$(cpu_seconds ours)
		theirs=$(difference "$(cpu_seconds duckdb)" "$(cpu_seconds start)")
		printf '%-31s %6d %8.2f %8.2f %12.2f %12d %5d\n' \
		    "$fields fields, $repeats repeated" \
		    $(($(wc -c <"$pages") / 1000000)) "$ours" "$theirs" \
		    "$(ratio "$ours" "$theirs")" \
		    "$(memory_mib ours)" "$(memory_mib duckdb)"
	done
done

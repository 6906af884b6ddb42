#!/bin/sh
# The import of an export of ROWS=200000 rows into a new database: sp-stage
# import | sp-transform | sp-load against import.py, a script that one would
# write with python3's json and executemany; and against the same script if it
# also keeps what it has read in the database, as sp-stage does. The rows of all
# are compared. The script refuses nothing and has no provenance. CPU seconds,
# the best of RUNS=3 interleaved runs, and the most memory: of ours, that of the
# three programs together.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"

# A listener of 120 plays a day has about 229 rows a day.
sp-rehearse --user kim --plays-per-day 120 --export "$tmp/export" \
    --clock 2026-11-22 --export-since "$(date -u +%Y-%m-%d \
    -d "2026-11-22 $((${ROWS:-200000} / 229)) days ago")"
mv "$tmp"/export/*Extended* "$tmp/files"

try_ours() {
	rm -f "$tmp"/ours.db*
	export SP_DB="$tmp/ours.db"
	measure stage sp-stage import --user kim "$tmp"/files/*.json \
	    2>"$tmp/left-out" |
		measure transform sp-transform |
		measure load sp-load 2>"$tmp/receipt"
	cat "$tmp/cost.stage" "$tmp/cost.transform" "$tmp/cost.load" \
	    >"$tmp/cost.ours"
}
script() { # name, database, option...
	name=$1 theirs=$2
	shift 2
	rm -f "$theirs"*
	{
		echo "pragma page_size = 8192; pragma journal_mode = wal;"
		cat "$top/lib/schema/schema.sql"
	} | sqlite3 "$theirs" >"$tmp/out"
	measure "$name" python3 -B "$here/import.py" "$@" "$theirs" \
	    "$tmp"/files/*.json
}
try_script() {
	script script "$tmp/script.db"
}
try_keeping() {
	script keeping "$tmp/keeping.db" --keep
}

rows_of() { # database
	columns=$(sqlite3 "$1" "select group_concat(name)
		from pragma_table_info('streaming_history')
		where name not in ('stream_id', 'created_at', 'last_updated',
			'column_times', 'row_source', 'first_source',
			'column_sources')")
	sqlite3 "$1" "select $columns from streaming_history
		order by user_id, ts, item, offline_timestamp, ms_played, nth"
}

interleaved try_ours try_script try_keeping
for name in ours script keeping; do
	rows_of "$tmp/$name.db" >"$tmp/rows.$name"
	cmp "$tmp/rows.$name" "$tmp/rows.ours"
done

echo "import: $(sqlite3 "$tmp/ours.db" 'select count(*)
	from streaming_history') rows"
ours=$(cpu_seconds ours)
for name in stage transform load ours script keeping; do
	case $name in
	stage) what='sp-stage import' ;;
	transform) what='sp-transform' ;;
	load) what='sp-load' ;;
	ours) what='the three together' ;;
	script) what='python3' ;;
	keeping) what='python3, what was read is kept' ;;
	esac
	cpu=$(cpu_seconds $name)
	printf '  %-32s %8.2f s of CPU %5d MiB   x%s\n' "$what" "$cpu" \
	    "$(memory_mib $name)" "$(ratio "$cpu" "$ours")"
done

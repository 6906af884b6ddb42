#!/bin/sh
# How fast sp-load loads, against what a user would write instead: sqlite3's
# own .import with upserts, and python3 with executemany. They take the newest
# row whole, and keep no times of columns and no sources: less than sp-load does.
# And against the limit, what SQLite alone takes for the same rows: load_limit.c.
# CPU seconds, the best of RUNS=3 interleaved runs; PLAYS=60000 plays, of 7 rows
# each: with tracks that repeat, as in a history, and without.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/measure.sh"
plays=${PLAYS:-60000}
db=$tmp/db

fresh() {
	rm -f "$db"*
	{
		echo "pragma page_size = 8192; pragma journal_mode = wal;"
		cat "$top/lib/schema/schema.sql"
	} | sqlite3 "$db" >"$tmp/out"
}

# Each table: its key, and what else its rows have.
tables='artists:artist_id:name,uri
albums:album_id:name,uri,release_date,images_json
tracks:track_id:name,uri,album_id,duration_ms,is_local,popularity
track_artists:track_id,artist_id:
play_history:user_id,played_at,track_id:context_type,context_uri,source'

# The upsert of a table, from `select` or `values`.
upsert() { # table, keys, columns, what is put in
	at=last_updated
	[ "$1" != play_history ] || at=ingested_at
	sets=$(echo "$3" | sed 's/\([a-z_]*\)/\1=excluded.\1/g')
	if [ -z "$3" ]; then
		echo "insert into $1 ($2) $4 on conflict do nothing"
	else
		echo "insert into $1 ($2,$3,$at) $4 on conflict ($2) do" \
		    "update set $sets,$at=excluded.$at" \
		    "where excluded.$at > $1.$at"
	fi
}

{
	echo "pragma synchronous = full; pragma cache_size = -65536;"
	echo "create temp table lines (line);"
	printf '%s\n' '.mode ascii' '.separator "\t" "\n"'
	echo ".import /dev/stdin lines"
	echo "begin;"
	echo "$tables" | while IFS=: read -r table keys columns; do
		from=$(echo "$keys${columns:+,$columns}" |
			sed "s/\([a-z_]*\)/line->>'\$.row.\1'/g")
		[ -z "$columns" ] || from="$from,line->>'\$.at'"
		upsert "$table" "$keys" "$columns" "select $from from lines
			where line->>'\$.table' = '$table'"
		echo ";"
	done
	echo "commit;"
} >"$tmp/import.sql"

cat >"$tmp/many.py" <<'END'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("pragma synchronous = full")
db.execute("pragma cache_size = -65536")
tables = {}
for line in open(sys.argv[2]):
    table, sql, *columns = line.split("\t")
    tables[table] = (sql, [c for c in columns[0].strip().split(",") if c], [])
def flush():
    db.execute("begin")
    for sql, _, rows in tables.values():
        db.executemany(sql, rows)
        rows.clear()
    db.execute("commit")
for n, line in enumerate(sys.stdin):
    record = json.loads(line)
    sql, columns, rows = tables[record["table"]]
    row = record["row"]
    values = [row.get(c) for c in columns]
    values = [json.dumps(v) if type(v) is list else v for v in values]
    if "insert or" not in sql and "nothing" not in sql:
        values.append(record["at"])
    rows.append(values)
    if n % 200000 == 199999:
        flush()
flush()
END
echo "$tables" | while IFS=: read -r table keys columns; do
	all=$keys${columns:+,$columns}
	marks=$(echo "$all${columns:+,at}" | sed 's/[a-z_]*/?/g;s/??/?/g')
	printf '%s\t%s\t%s\n' "$table" \
	    "$(upsert "$table" "$keys" "$columns" "values ($marks)")" "$all"
done >"$tmp/upserts"

try_ours() {
	fresh
	measure ours sp-load --db "$db" <"$tmp/rows"
	measure again sp-load --db "$db" <"$tmp/rows"
}
try_limit() {
	note limit "$("$build/tests/bench/load_limit" "$tmp/rows")"
}
try_shell() {
	fresh
	measure shell sqlite3 -init "$tmp/import.sql" "$db" "" <"$tmp/rows"
}
try_python() {
	fresh
	measure python python3 "$tmp/many.py" "$db" "$tmp/upserts" <"$tmp/rows"
}

# A line of results: CPU seconds, and how many times those of sp-load.
line() { # what, name
	printf '  %-28s' "$1"
	for mode in mixed unique; do
		cpu=$(cat "$tmp/$mode.$2")
		printf ' %8.2f %7s' "$cpu" \
		    "x$(ratio "$cpu" "$(cat "$tmp/$mode.ours")")"
	done
	echo
}

for mode in mixed unique; do
	awk -v plays="$plays" -v mode=$mode -f "$here/rows.awk" >"$tmp/rows"
	measure_anew
	interleaved try_ours try_limit try_shell try_python
	for name in ours again limit shell python; do
		cpu_seconds $name >"$tmp/$mode.$name"
	done
done
printf 'sp-load: %-21s %8s %16s\n' "$((plays * 7)) rows" mixed unique
line sp-load ours
line 'sp-load, all known' again
line 'SQLite alone, in memory' limit
line 'sqlite3 .import, ->>' shell
line 'python3 executemany' python

#!/bin/sh
# How fast sp-load loads, against what a user would write instead: sqlite3's
# own .import with upserts, and python3 with executemany. They take the newest
# row whole, and keep no times of columns: less than sp-load does. CPU seconds,
# the best of RUNS=3 interleaved runs; PLAYS=60000 plays, of 7 rows each.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
sp=${SP_BUILD:-$top/build}/sp-load
plays=${PLAYS:-60000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
db=$tmp/db

cpu() { # what to run, on stdin's file: CPU seconds
	perl -e 'open STDIN, "<", shift or die; open STDOUT, ">", "/dev/null";
		open E, ">&", \*STDERR; system(@ARGV) == 0 or die;
		my @t = times; printf E "%.2f\n", $t[2] + $t[3]' "$in" "$@" 2>&1
}
least() { # of two numbers, the first maybe empty
	awk -v a="$1" -v b="$2" 'BEGIN {print a == "" || b < a ? b : a}'
}
fresh() {
	rm -f "$db" "$db-wal" "$db-shm"
	{
		echo "pragma page_size = 8192; pragma journal_mode = wal;"
		cat "$top/lib/schema/schema.sql"
	} | sqlite3 "$db" >/dev/null
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

printf '%-26s %8s %8s\n' "$((plays * 7)) rows, krow/s of CPU" mixed unique
for mode in mixed unique; do
	in=$tmp/$mode
	awk -v plays="$plays" -v mode=$mode -f "$here/rows.awk" >"$in"
	load='' again='' import='' many=''
	run=0
	while [ $run -lt "${RUNS:-3}" ]; do
		run=$((run + 1))
		fresh
		load=$(least "$load" "$(cpu "$sp" --db "$db")")
		again=$(least "$again" "$(cpu "$sp" --db "$db")")
		fresh
		import=$(least "$import" \
			"$(cpu sqlite3 -init "$tmp/import.sql" "$db" "")")
		fresh
		many=$(least "$many" \
			"$(cpu python3 "$tmp/many.py" "$db" "$tmp/upserts")")
	done
	echo "$mode $load $again $import $many" >>"$tmp/result"
done
awk -v rows=$((plays * 7)) '
	function line(name, i) {
		printf("%-26s %8.0f %8.0f\n", name, rows / mixed[i] / 1000,
		    rows / unique[i] / 1000)
	}
	{ for (i = 2; i <= 5; i++)
		if ($1 == "mixed") mixed[i] = $i; else unique[i] = $i }
	END {
		line("sp-load", 2)
		line("sp-load, all known", 3)
		line("sqlite3 .import, ->>", 4)
		line("python3 executemany", 5)
		printf("%-26s %8.1f %8.1f\n", "x sqlite3", mixed[4] / mixed[2],
		    unique[4] / unique[2])
		printf("%-26s %8.1f %8.1f\n", "x python3", mixed[5] / mixed[2],
		    unique[5] / unique[2])
	}' "$tmp/result"

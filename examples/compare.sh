#!/bin/sh
# Print the rows that only one of two databases has, as NDJSON: what a mapping
# no longer produces, and what it produces instead. A summary goes to stderr.
#
#	compare.sh OLD.db NEW.db
#	compare.sh OLD.db [OPTION OF sp-transform ...]
#
# Without NEW.db, all tables are rebuilt from the captures in OLD.db, in a
# temporary database; with `-f recently-played=my.jq`, captures of that endpoint
# are mapped by my.jq, all others as usual. Nothing else is written. Captures,
# sources of values, runs, errors, incomplete lists and matches are not compared.
#
# Status: 0 equal, 1 different, 2 an error. Needs sqlite3.
set -eu
old=${1:?usage: compare.sh OLD.db [NEW.db | OPTION ...]}
shift
trouble() { echo "compare.sh: $*" >&2; exit 2; }

case ${1:--} in
-*)
	dir=$(mktemp -d) || exit
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 130' INT TERM
	new=$dir/new.db status=0
	sp-stage replay --db "$old" | sp-transform "$@" |
		sp-load --db "$new" || status=$?
	[ $status -le 1 ] || trouble "cannot rebuild the tables"
	;;
*) new=$1 ;;
esac
[ -r "$old" ] || trouble "$old: cannot read"
[ -r "$new" ] || trouble "$new: cannot read"

attach="attach '$(printf %s "$new" | sed "s/'/''/g")' as new;"

# A query for each table and side. A column that one side lacks counts as null, a
# table as empty.
queries="$attach
with tables as (
	select name from main.sqlite_master where type = 'table'
	union select name from new.sqlite_master where type = 'table'
), columns as (
	select t.name as tab, c.name as col, 1 as old, 0 as new
	from tables t, pragma_table_info(t.name, 'main') c
	union all select t.name, c.name, 0, 1
	from tables t, pragma_table_info(t.name, 'new') c
), sides as (
	select tab, max(old) as old, max(new) as new, group_concat(col) as cols,
		group_concat(case when old then col else 'null' end) as olds,
		group_concat(case when new then col else 'null' end) as news,
		group_concat(quote(name) || ',' || col) as pairs
	from (select tab, col as name, '\"' || replace(col, '\"', '\"\"') || '\"'
		as col, max(old) as old, max(new) as new
		from columns where tab || '.' || col not in ('play_history.play_id',
				'streaming_history.stream_id')
			and col not in ('row_source', 'first_source', 'column_sources',
				'tracks_sources')
		group by tab, name)
	where tab not like 'sqlite_%' and tab not in ('staging_raw', 'sources',
		'staging_bodies', 'ingest_runs', 'ingest_errors', 'accounts', 'playlist_pages',
		'play_matches', 'unmatched_spans')
	group by tab
), froms as (
	select tab, pairs, cols,
		'select ' || olds || ' from ' || case when old then 'main.\"' ||
			tab || '\"' else '(select 1 where 0)' end as old,
		'select ' || news || ' from ' || case when new then 'new.\"' ||
			tab || '\"' else '(select 1 where 0)' end as new
	from sides
)
select 'with rows(' || cols || ') as (' || old || ' except ' || new ||
	') select json_object(''type'', ''only'', ''in'', ''old'', ''table'', ' ||
	quote(tab) || ', ''row'', json_object(' || pairs || ')) from rows;' ||
	'with rows(' || cols || ') as (' || new || ' except ' || old ||
	') select json_object(''type'', ''only'', ''in'', ''new'', ''table'', ' ||
	quote(tab) || ', ''row'', json_object(' || pairs || ')) from rows;'
from froms order by tab;"

sql=$(sqlite3 -batch -readonly "$old" "$queries") || trouble "cannot compare"
{
	printf '%s\n' "$attach" "$sql" | sqlite3 -batch -bail -readonly "$old" &&
		echo compared
} | awk '
/^compared$/ { whole = 1; next }
{
	print
	split($0, part, "\"")
	count[part[12] " only in the " (part[8] == "old" ? "old" : "new")]++
	differ = 1
}
END {
	for (what in count) print count[what], what | "sort -k 2 >&2"
	exit whole ? differ : 2
}'

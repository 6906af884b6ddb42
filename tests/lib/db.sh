# db.sh: a database for a test, $SP_DB, and ways to it. Source it after tap.sh.

SP_DB=$tmp/music.db
export SP_DB

sql() { sqlite3 -cmd '.timeout 20000' "$SP_DB" "$@"; }
digest() { sp-load --digest --db "${1:-$SP_DB}"; }
fresh() { rm -f "$SP_DB" "$SP_DB-wal" "$SP_DB-shm"; }

# lock SQL: a connection that has run the SQL, and waits. Its pipe is file 9,
# which programs that are started meanwhile must close.
lock() {
	[ -p "$tmp/talk" ] || mkfifo "$tmp/talk"
	rm -f "$tmp/locked"
	sqlite3 -cmd '.timeout 20000' "$SP_DB" <"$tmp/talk" >"$tmp/locked" &
	lock_pid=$!
	exec 9>"$tmp/talk"
	echo "$1; select 'here';" >&9
	wait_until grep -qs here "$tmp/locked"
}

# unlock [SQL]: ends it, after the SQL.
unlock() {
	[ $# -eq 0 ] || echo "$1;" >&9
	exec 9>&-
	wait $lock_pid
}

# rebuild [DB]: the tables of a database, made again from its captures in
# $tmp/rebuilt.db; their digest.
rebuild() {
	rm -f "$tmp"/rebuilt.db*
	sp-stage replay --db "${1:-$SP_DB}" | sp-transform 2>/dev/null |
	    sp-load --db "$tmp/rebuilt.db" 2>"$tmp/rebuild.err"
	digest "$tmp/rebuilt.db"
}

# cursor: the high-water mark of the plays, as a time.
cursor() {
	sql "select strftime('%Y-%m-%dT%H:%M:%fZ', value / 1000.0, 'unixepoch')
	    from cursors"
}
# provenance [DB]: which capture each value comes from
provenance() { python3 tests/lib/provenance.py "${1:-$SP_DB}"; }
# dump [DB]: every column of the tables that captures make, without what only
# numbers rows, runs and captures; and where each value comes from. The matches
# of streams are derived, and a digest compares them.
dump() {
	for dump_table in playlist_pages $(digest "$@" | jq -r .table); do
		[ "$dump_table" != play_matches ] || continue
		dump_columns=$(sqlite3 "${1:-$SP_DB}" "select group_concat(name)
		    from pragma_table_info('$dump_table') where name not in
		    ('play_id', 'stream_id', 'row_source', 'first_source',
			'column_sources', 'tracks_sources')")
		sqlite3 "${1:-$SP_DB}" "select '$dump_table', $dump_columns
		    from $dump_table" | sort
	done
	provenance "$@"
}

#!/bin/sh
# The schema: documented whole, all of the design there, and only ever grown.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
page=man/sp-schema.5
. tests/lib/db.sh

load() {
	echo '{"type":"row","table":"tracks","row":{"track_id":"a"}}' |
		"$build/sp-load"
}

# Each column of each table and view, as "tracks.name".
columns_of() {
	sqlite3 "$1" "select m.name || '.' || c.name from sqlite_master m,
		pragma_table_xinfo(m.name) c where m.type in ('table', 'view')
		and m.name not like 'sqlite_%'" | sort
}
# The same by the page: the items of sections whose titles are names.
documented() {
	awk '/^\.S[sh] / { table = NF == 2 && $2 ~ /^[a-z_]+$/ ? $2 : "" }
	/^\.It Va/ && table {
		for (i = 3; i <= NF; i++)
			if ($i != ",") print table "." $i
	}' "$1" | sort
}

load || echo "Bail out! no database"
columns_of "$SP_DB" >"$tmp/real"
documented $page >"$tmp/documented"
is "$(comm -23 "$tmp/real" "$tmp/documented")" "" "every column is in the page"
is "$(comm -13 "$tmp/real" "$tmp/documented")" "" "and every other is none"
is "$(uniq -d "$tmp/documented")" "" "no column is there twice"
# An item that another one or the end of the list follows at once says nothing.
is "$(awk '/^\.S[sh] / { table = $2 }
	/^\.(It|El)/ && item { print table, item }
	{ item = /^\.It Va/ ? $0 : "" }' $page)" "" "every item says what it is"
ok "$((! $(grep -c . "$tmp/real") > 150))" "and there are many"

# What the page says is seen: without a line of it, it would not do.
grep -v '^\.It Va is_local' $page >"$tmp/less.5"
documented "$tmp/less.5" | comm -23 "$tmp/real" - >"$tmp/out"
is "$(cat "$tmp/out")" "tracks.is_local" "a missing item is found"

section "the design"
# TABLE: COLUMN TYPE, … as first designed; types as they were written.
design='
tracks track_id TEXT
tracks name TEXT
tracks album_id TEXT
tracks duration_ms INTEGER
tracks popularity INTEGER
tracks uri TEXT
tracks is_local BOOLEAN
tracks audio_features_json TEXT
tracks created_at TEXT
tracks last_updated TEXT
albums album_id TEXT
albums name TEXT
albums release_date TEXT
albums uri TEXT
albums images_json TEXT
albums last_updated TEXT
artists artist_id TEXT
artists name TEXT
artists uri TEXT
artists images_json TEXT
artists last_updated TEXT
track_artists track_id TEXT
track_artists artist_id TEXT
play_history play_id INTEGER
play_history user_id TEXT
play_history track_id TEXT
play_history played_at TEXT
play_history context_type TEXT
play_history context_uri TEXT
play_history source TEXT
play_history ingested_at TEXT
playlist_ingest_queue playlist_id TEXT
playlist_ingest_queue detected_at TEXT
playlists playlist_id TEXT
playlists name TEXT
playlists owner_id TEXT
playlists owner_type TEXT
playlists public BOOLEAN
playlists collaborative BOOLEAN
playlists description TEXT
playlists uri TEXT
playlists images_json TEXT
playlists last_refreshed TEXT
'
sql "select m.name || ' ' || c.name || ' ' || upper(c.type)
	from sqlite_master m, pragma_table_info(m.name) c
	where m.type = 'table'" | sort >"$tmp/types"
printf '%s' "$design" | grep . | sort >"$tmp/design"
is "$(comm -23 "$tmp/design" "$tmp/types")" "" "all of the design is there"
for table in playlist_tracks users user_relationships staging_raw \
    ingest_runs cursors ingest_errors; do
	grep -q "^$table\\." "$tmp/real"
	ok $? "and $table"
done
key() {
	sql "select group_concat(name) from (select name
		from pragma_table_info('$1') where pk order by pk)"
}
for table in tracks:track_id albums:album_id artists:artist_id \
    playlists:playlist_id playlist_ingest_queue:playlist_id \
    play_history:play_id track_artists:track_id,artist_id; do
	is "$(key "${table%:*}")" "${table#*:}" "the key of ${table%:*}"
done
is "$(sql "select group_concat(name) from (select x.name from
	pragma_index_list('play_history') i, pragma_index_info(i.name) x
	where i.\"unique\" order by x.name)")" "played_at,track_id,user_id" \
    "plays are unique by user, track and time"
is "$(sql "select count(*) from sqlite_master m,
	pragma_foreign_key_list(m.name)")" 0 "no foreign key is declared"

section "views"
ours="select group_concat(name) from (select name from sqlite_master
	where type = 'view' order by name)"
is "$(sql "$ours")" "catalogue_open,connections,counted_listens,\
counted_streams,episode_matches,listen_facts,listening_by_day,\
listening_by_hour,listening_by_track,listens,loaded_runs,new_refusals,play_gaps,\
playlist_changes,playlist_contents,plays,recordings,stream_pieces,\
streaming_files,top_albums,top_artists,top_recordings,top_tracks,unloaded_runs,\
unstreamed_plays" "the views are there"
is "$(sql "select name from sqlite_master where type = 'view'
	and sql not like '% as /* sp */%'")" "" "each with the mark of ours"
for view in $(sql "$ours" | tr , ' '); do
	sql "select * from $view" >"$tmp/out" 2>&1
	is "$? $(grep -i error "$tmp/out")" "0 " "$view can be read"
done
sqlite3 "$SP_DB" ".schema ingest_%" ".schema *loaded_runs" \
    ".schema new_refusals" | sqlite3 "$tmp/runs.db"
is "$(sqlite3 "$tmp/runs.db" "
	insert into ingest_runs (run_id, status, exit_status, ledger_json, replay_of)
	values ('broken', 'failed', null, null, null),
		('unbalanced', 'failed', 65, '[]', null),
		('balanced', 'failed', 70, '[]', null),
		('replayed', 'failed', null, null, null),
		('replay', 'failed', 70, '[]', 'replayed'),
		('half', 'failed', 65, '[]', 'broken');
	select 'not', run_id from unloaded_runs;
	select 'yes', run_id from loaded_runs where status = 'failed';
	insert into ingest_errors (run_id, src, endpoint, stage, reason, seen_at)
	values ('R1', 'R1/1', 'me', 'sp-load', 'odd', ''),
		('R2', 'R2/1', 'me', 'sp-load', 'odd', ''),
		('R2', 'R2/2', 'me', 'sp-load', 'new', '');
	select src from new_refusals" | tr '|\n' ' ,')" \
    "not broken,not unbalanced,yes balanced,yes replay,R1/1,R2/2," \
    "which runs are loaded, and which refusals are new"

section "an older database"
# Made with less, and with things of the user's own, it becomes whole again.
sql '.schema' >"$tmp/schema.sql"
sql 'drop view plays; create view plays as /* sp */ select 1 as a;
	drop view top_albums; create view top_albums as select 2 as mine;
	drop table playlist_pages; create view my_own as select 3 as b;
	alter table playlists drop column tracks_list;
	drop index play_history_unique; create unique index play_history_unique
	on play_history (user_id, played_at, track_id);
	alter table tracks add column mood text; create index my_index
	on tracks (mood)'
sql "pragma user_version = 2;
	alter table endpoint_status drop column denied;
	insert into endpoint_status (user_id, endpoint, subject, status, reason)
	values ('kim', 'playlist', 'a', 403, 'Insufficient client scope'),
	('kim', 'playlist', 'b', 403, 'Active premium needed'),
	('kim', 'playlist', 'c', 403, null), ('kim', 'playlist', 'd', 404, 'no'),
	('kim', 'user', 'e', 403, 'Forbidden')"
sql "drop view play_gaps;
	create table play_gaps (user_id text not null, gap_from text not null,
		gap_to text not null, created_at text,
		primary key (user_id, gap_from, gap_to)) without rowid;
	insert into play_gaps values ('kim', '2026-01-01', '2026-01-02', null);
	drop view playlist_changes; create table playlist_changes (mine);
	create view my_gaps as select gap_from from play_gaps"
load
is $? 0 "a database of an older sp is opened"
columns_of "$SP_DB" | comm -23 "$tmp/real" - | grep -Ev '^(top_albums|playlist_changes)' \
    >"$tmp/out"
is "$(cat "$tmp/out")" "" "what it lacked is added, an old view replaced"
is "$(sql 'select count(closed_by) from play_gaps; select * from my_gaps;
	select gap_to from former_play_gaps; select mine from playlist_changes')" \
    "0
2026-01-02" "a table that is a view now keeps its rows, and another name"
is "$(sql "select group_concat(name) from
	pragma_index_info('play_history_unique')")" "played_at,user_id,track_id" \
    "and an index of ours that was another one"
is "$(sql 'pragma user_version')" 4 \
    "and versions that would leave matches of streams stale refuse it"
is "$(sql "select group_concat(coalesce(denied, 'null'), ' ') from (select denied
	from endpoint_status order by subject)")" "login app subject null endpoint" \
    "and what its 403s are about is known"
sql 'delete from endpoint_status'
is "$(sql 'select mine, b from top_albums, my_own')" "2|3" \
    "views of the user's own stay"
is "$(sql "select count(*) from pragma_table_info('tracks')
	where name = 'mood'") $(sql "select count(*) from sqlite_master
	where name = 'my_index'")" "1 1" "and columns and indexes"
sql '.schema' >"$tmp/first"
load
sql '.schema' | cmp -s - "$tmp/first"
ok $? "opened again, it stays as it is"

# What only reads adds what it needs, where it may.
less='drop table playlist_pages; alter table playlists drop column tracks_list'
for command in 'sp-queue status' 'sp-queue next play-history' \
    'sp-queue budget all' 'sp-stage runs' 'sp-load --digest'; do
	sql "$less"
	$command >"$tmp/out" 2>"$tmp/err"
	is "$? $(sql '.schema' | diff "$tmp/first" - | grep -c '^<.*tracks_list')" \
	    "0 0" "$command brings an older database up to date"
done
sql "$less"
chmod 400 "$SP_DB"
if [ ! -w "$SP_DB" ]; then
	run sp-queue next play-history
	is "$status $out" "78 " "one that is read-only is refused"
	like "$err" 'lacks tables or columns' "and it is said why"
else
	skip "one can write everywhere" "one that is read-only is refused"
fi
chmod 600 "$SP_DB"

# A database of others, and an empty one.
for theirs in 'create table mine (a)' 'select 1'; do
	rm -f "$SP_DB"*
	sql "$theirs; vacuum"
	sum=$(cksum <"$SP_DB")
	run sp-queue next play-history
	is "$status $(printf '%s\n' "$out" | jq -r .type | xargs)" \
	    "0 run request end" "nothing of sp is there yet: $theirs"
	run sp-stage runs
	is "$status $(cksum <"$SP_DB")" "78 $sum" \
	    "and nothing can be listed of it, nor is it changed"
done

finish

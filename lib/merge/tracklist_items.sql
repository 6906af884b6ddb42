-- The items of current lists, rows of playlist_tracks. In a dry run that is a
-- temporary table, which hides the one of the database. The values of find,
-- insert and update are bound by position: they stay in this order.

-- name: items_length
select coalesce(max(position) + 1, 0) from playlist_tracks
where playlist_id = :playlist;

-- name: items_find
select track_id, uri, added_at, added_by, kind from playlist_tracks
where playlist_id = :playlist and position = :position;

-- name: items_insert
insert into playlist_tracks
	(track_id, uri, added_at, added_by, kind, playlist_id, position)
values (:track_id, :uri, :added_at, :added_by, :kind, :playlist, :position);

-- name: items_update
update playlist_tracks set track_id = :track_id, uri = :uri,
	added_at = :added_at, added_by = :added_by, kind = :kind
where playlist_id = :playlist and position = :position;

-- name: items_beyond
select track_id, uri, added_at, added_by, kind, position from playlist_tracks
where playlist_id = :playlist and position >= :position order by position;

-- name: items_truncate
delete from playlist_tracks
where playlist_id = :playlist and position >= :position;

-- name: items_compare
-- An array of items with those in a range of positions: items_cmp is a function
-- of ours.
select items_cmp(:items, (
	select json_group_array(json_object('track_id', track_id, 'uri', uri,
		'added_at', added_at, 'added_by', added_by, 'kind', kind))
	from (select * from playlist_tracks where playlist_id = :playlist
		and position >= :position and position < :end order by position)));

-- name: items_create_copy
create temp table playlist_tracks (
	playlist_id, position, track_id, uri, added_at, added_by, kind,
	primary key (playlist_id, position)
) without rowid;

-- name: items_copy
insert into temp.playlist_tracks
select playlist_id, position, track_id, uri, added_at, added_by, kind
from main.playlist_tracks where playlist_id = :playlist;

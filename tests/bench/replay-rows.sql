-- All rows that replay.sh compares, in the SQL of both SQLite and DuckDB. A time
-- is compared to the second.

select artist_id, name, uri, substr(cast(last_updated as text), 12, 8)
from artists
order by artist_id;

select album_id, name, uri, release_date, release_date_precision, album_type,
	total_tracks, images_json, substr(cast(last_updated as text), 12, 8)
from albums
order by album_id;

select track_id, name, uri, album_id, duration_ms, popularity,
	cast(is_local as integer), cast(explicit as integer), disc_number,
	track_number, isrc, vendor_json, substr(cast(created_at as text), 12, 8),
	substr(cast(last_updated as text), 12, 8)
from tracks
order by track_id;

select track_id, artist_id, position from track_artists
order by track_id, artist_id;

select album_id, artist_id, position from album_artists
order by album_id, artist_id;

select user_id, track_id, substr(cast(played_at as text), 1, 10),
	substr(cast(played_at as text), 12, 8), context_type, context_uri,
	source
from play_history
order by played_at, user_id, track_id;

select playlist_id, substr(cast(played_at as text), 1, 10),
	substr(cast(played_at as text), 12, 8), user_id
from playlist_ingest_queue
order by playlist_id;

select user_id, endpoint, subject, status from endpoint_status
order by user_id, endpoint, subject;

-- The queue of playlists, edited by hand: of no capture, the source 0.

-- name: queue_playlist
-- Does nothing if the playlist left the queue at that time or later.
insert into playlist_ingest_queue (playlist_id, detected_at, row_source)
select :playlist, :at, 0
where not exists (
	select 1 from playlist_ingest_done
	where playlist_id = :playlist and done_at >= :at)
on conflict (playlist_id) do update
set detected_at = :at, played_at = null, user_id = null, row_source = 0
where coalesce(played_at, detected_at) < :at;

-- name: insert_queue_tombstone
-- What was queued before that time stays out of the queue.
insert into playlist_ingest_done (playlist_id, done_at, row_source)
values (:playlist, :at, 0)
on conflict (playlist_id) do update set done_at = :at, row_source = 0
where done_at < :at;

-- name: dequeue_playlist
delete from playlist_ingest_queue
where playlist_id = :playlist and coalesce(played_at, detected_at) <= :at;

-- The playlists that the job `playlists` asks for.

-- name: playlists_to_request
-- The playlists that a user may ask for, in the order of their ids: those that
-- are due (:fresh = 0); those in the queue that need not be asked for
-- (:fresh = 1); or all (:all = 1).
--
-- A playlist is due when it waits in the queue, or was never refreshed, or not
-- since :stale_since; but not while it is fresh, nor soon after the API refused
-- it, or it changed while it was read, and then again.
--
-- It is fresh if the stored tracks have its newest known snapshot id, and that
-- id was confirmed recently: by the playlist itself, or by the newest list of
-- the account. Of a playlist whose tracks are not ours to see, a recent refresh
-- is enough. What is refused for what it is, and not for what the app or the
-- login is, counts as fresh.
with queued as (
	select playlist_id from playlist_ingest_queue
	where user_id is null or user_id = :user
),
-- Those of the user's own list, those that its plays named, and those that
-- nobody's list is known to hold.
mine as (
	select playlist_id from queued
	union
	select playlist_id from user_playlists where user_id = :user
	union
	select playlist_id from playlists
	where playlist_id not in (select playlist_id from user_playlists)
),
-- Those whose list changed while it was read: when last, and whether to ask
-- again at once, for two such lists with the same items are as good. That is
-- once; where two differ, more do.
unproven as (
	select playlist_id, at, n = 1 and not exists (
		select 1 from endpoint_status
		where endpoint = 'playlist' and subject = playlist_id
			and last_updated > at) as again
	from (
		select playlist_id, max(told_at) as at,
			count(distinct list) as n
		from playlist_pages
		where page_offset = -1 and list in (
			select list from ingest_errors where list is not null)
		group by playlist_id)
),
-- Those of the newest list of the account.
listed as (
	select playlist_id from user_playlists
	where user_id = :user and last_seen <= :now
		and julianday(last_seen) > (
			select julianday(max(last_seen)) - 1
			from user_playlists
			where user_id = :user and last_seen <= :now)
),
refused as (
	select subject as playlist_id from endpoint_status
	where user_id = :user and endpoint = 'playlist'
		and last_updated > :refused_since and last_updated <= :now
		and (status = 404 or status = 403 and denied = 'subject')
),
candidates as (
	select m.playlist_id, p.tracks_total, q.playlist_id is not null as queued,
		r.playlist_id is not null
		or not coalesce(u.again, 0)
			and coalesce(u.at > :stale_since and u.at <= :now, 0)
		or not coalesce(u.again, 0) and coalesce(case
			when p.tracks_updated is null
			then p.last_refreshed > :stale_since
				and p.last_refreshed <= :now
			else p.snapshot_id = p.tracks_snapshot_id
				and (p.last_refreshed > :stale_since
						and p.last_refreshed <= :now
					or m.playlist_id in (
						select playlist_id from listed))
			end, 0) as fresh
	from mine m
	left join playlists p using (playlist_id)
	left join queued q using (playlist_id)
	left join refused r using (playlist_id)
	left join unproven u using (playlist_id)
	where :all or q.playlist_id is not null or p.last_refreshed is null
		or p.last_refreshed <= :stale_since or p.last_refreshed > :now
		or u.again
)
select playlist_id, tracks_total from candidates
where :all or fresh = :fresh and (queued or not fresh)
order by playlist_id;

-- name: is_list_current
-- Whether the pages of a list, which may go on with those of another one, are
-- of the newest known snapshot of the playlist.
with recursive chain (name) as (
	values (:list)
	union
	select g.follows from playlist_pages g join chain on g.list = name
	where g.playlist_id = :playlist and g.follows is not null
)
select 1 from playlists p join playlist_pages g using (playlist_id)
where playlist_id = :playlist and list in (select name from chain)
	and page_offset = 0 and g.snapshot_id is p.snapshot_id;

-- name: count_listed_playlists
select count(*) from user_playlists where user_id = :user;

-- name: count_queued_playlists
select count(*) from playlist_ingest_queue
where user_id is null or user_id = :user;

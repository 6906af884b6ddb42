-- The playlists that the job `playlists` requests.

-- name: playlists_to_request
-- A user's playlists, in the order of their ids: those that are due
-- (:fresh = false), those in the queue that need no request (:fresh = true), or
-- all (:all = true).
--
-- A playlist is due if it waits in the queue, was never refreshed, or not since
-- :stale_since, unless it is fresh.
--
-- It is fresh if the stored tracks have its newest known snapshot id, and that
-- id was confirmed recently: by the playlist itself, or by the newest list of
-- the user. A playlist whose tracks the user may not see is fresh after a recent
-- refresh. Two more count as fresh: one that the API refused for what it is, and
-- not for what the app or the login is; and one that changed while it was read,
-- and did so again when it was requested again.
with queued as (
	select playlist_id from playlist_ingest_queue
	where user_id is null or user_id = :user
),
-- Those of the user's list, those that plays queued, and those in nobody's list.
mine as (
	select playlist_id from queued
	union
	select playlist_id from user_playlists where user_id = :user
	union
	select playlist_id from playlists
	where playlist_id not in (select playlist_id from user_playlists)
),
-- Those whose list of tracks changed while it was read: when last, and whether
-- to request it again at once, because two such lists with the same items
-- confirm each other. That is done once: where two lists differ, so will a third.
changed as (
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
-- Those of the newest list of the user.
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
	left join changed u using (playlist_id)
	where :all or q.playlist_id is not null or p.last_refreshed is null
		or p.last_refreshed <= :stale_since or p.last_refreshed > :now
		or u.again
)
select playlist_id, tracks_total from candidates
where :all or fresh = :fresh and (queued or not fresh)
order by playlist_id;

-- name: is_list_current
-- Whether a list of tracks, which may resume another one, is of the newest known
-- snapshot of the playlist: a row if it is.
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

-- name: are_playlists_urgent
-- Whether there are playlists that do not wait for the job's interval: those in
-- the queue; those that changed while they were read, to be requested again at
-- once, see playlists_to_request; and those that the last complete run found in
-- the user's list, too late to request them.
with mine as (
	select playlist_id from user_playlists where user_id = :user
	union
	select playlist_id from playlists
	where playlist_id not in (select playlist_id from user_playlists)
),
changed as (
	select playlist_id, max(told_at) as at
	from playlist_pages
	where page_offset = -1 and list in (
		select list from ingest_errors where list is not null)
	group by playlist_id
	having count(distinct list) = 1
),
last_run as (
	select user_id, max(started_at) as at from ingest_runs
	where job = :job and account = :account
		and status = 'complete' and started_at <= :now
)
select exists (
		select 1 from playlist_ingest_queue
		where user_id is null or user_id = :user)
	or exists (
		select 1 from changed join mine using (playlist_id)
		where not exists (
			select 1 from endpoint_status
			where endpoint = 'playlist' and subject = playlist_id
				and last_updated > at))
	or exists (
		select 1 from last_run r
		join user_playlists u
			on u.user_id = r.user_id and u.first_seen > r.at
		left join playlists using (playlist_id)
		where last_refreshed is null);

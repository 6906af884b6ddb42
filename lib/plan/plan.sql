-- What every job asks of the database.

-- name: user_of_account
select user_id from accounts where account = :account;

-- name: scopes_of_account
-- The scopes of the account's login, as the last run reported them.
select scopes from accounts where account = :account;

-- name: read_cursor
select value, last_updated from cursors where user_id = :user and job = :job;

-- name: is_job_due
-- Whether a job did not complete since :stale_since, or there is work for it
-- that does not wait for that. A run of audio-features that asked for nothing
-- began before there were any tracks, and does not count.
with queued as (
	select playlist_id from playlist_ingest_queue
	where user_id is null or user_id = :user
)
select not exists (
	select 1 from ingest_runs
	where job = :job and account = :account and status = 'complete'
		and started_at > :stale_since and started_at <= :now
		and (job <> 'audio-features' or coalesce(captures, 1) > 0))
or (:job = 'playlists' and exists (select 1 from queued))
-- Playlists to be asked for again at once, see playlists_to_request.
or (:job = 'playlists' and exists (
	select 1 from (
		select playlist_id, max(told_at) as at
		from playlist_pages
		where page_offset = -1 and list in (
			select list from ingest_errors where list is not null)
		group by playlist_id
		having count(distinct list) = 1)
	where not exists (
			select 1 from endpoint_status
			where endpoint = 'playlist' and subject = playlist_id
				and last_updated > at)
		and playlist_id in (
			select playlist_id from queued
			union
			select playlist_id from user_playlists
			where user_id = :user
			union
			select playlist_id from playlists
			where playlist_id not in (
				select playlist_id from user_playlists))))
-- Playlists that its last run discovered, it could not request.
or (:job = 'playlists' and exists (
	select 1 from (
		select user_id, max(started_at) as at from ingest_runs
		where job = :job and account = :account
			and status = 'complete' and started_at <= :now) r
	join user_playlists u
		on u.user_id = r.user_id and u.first_seen > r.at
	left join playlists using (playlist_id)
	where last_refreshed is null));

-- name: were_runs_refused
-- Of the last runs, the newest first: whether captures of it were refused as a
-- whole, or had parts refused that no earlier one had.
select exists (
	select 1 from ingest_errors e
	where e.src > r.run_id || '/' and e.src < r.run_id || '0'
		and ((e.place is null and e.stage <> 'sp-load')
			or not exists (
				select 1 from ingest_errors k
				where k.endpoint = e.endpoint
					and k.reason = e.reason
					and k.place is e.place
					and k.user_id is e.user_id
					and k.subject is e.subject
					and k.src < e.src)))
from (
	select run_id, started_at from ingest_runs
	where job = :job and account = :account and status = 'complete'
		and started_at <= :now
	order by started_at desc, run_id desc limit 16) r
order by started_at desc, run_id desc;

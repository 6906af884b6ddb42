-- Dead letters: ingest_errors.

-- name: insert_error
-- The new error_id is greater than :after, too, because SQLite reuses the
-- greatest one once its row is deleted. The subject is what the capture's URL
-- names, without its query.
insert into ingest_errors (run_id, stage, src, place, reason, record, seen_at,
	list, error_id, endpoint, user_id, subject)
select :run, :stage, :src, :place, :reason, :record, :seen_at, :list,
	1 + max(:after,
		(select coalesce(max(error_id), 0) from ingest_errors)),
	s.endpoint, s.user_id,
	substr(s.url, instr(s.url, '/v1/'), case instr(s.url, '?')
		when 0 then length(s.url) + 1
		else instr(s.url, '?') - instr(s.url, '/v1/') end)
from (select 1)
left join staging_raw s
	on s.run_id = substr(:src, 1, instr(:src, '/') - 1)
	and s.seq = cast(substr(:src, instr(:src, '/') + 1) as integer);

-- name: delete_same_error_of_list
-- Errors of a list of tracks that the error :error_id repeats.
delete from ingest_errors where list = :list and error_id < :error_id;

-- name: delete_same_error_of_capture
-- Errors of a capture that it repeats.
delete from ingest_errors
where src = :src
	and stage = :stage
	and place is :place
	and reason = :reason
	and record is :record
	and list is null
	and error_id < :error_id;

-- name: delete_same_error_of_run
-- Errors of a run, outside of captures, that it repeats.
delete from ingest_errors
where src is null
	and run_id is :run
	and stage = :stage
	and place is :place
	and reason = :reason
	and record is :record
	and list is null
	and error_id < :error_id;

-- name: is_error_known
-- Whether another capture of the same endpoint, user and subject had the same
-- part refused for the same reason. The subject is what the capture's URL
-- names, without its query.
select 1
from staging_raw s
join ingest_errors e on e.endpoint = s.endpoint
	and e.user_id is s.user_id
	and e.subject is substr(s.url, instr(s.url, '/v1/'),
		case instr(s.url, '?') when 0 then length(s.url) + 1
		else instr(s.url, '?') - instr(s.url, '/v1/') end)
	and e.place is :place
	and e.reason = :reason
	and e.src <> :src
where s.run_id = substr(:src, 1, instr(:src, '/') - 1)
	and s.seq = cast(substr(:src, instr(:src, '/') + 1) as integer)
limit 1;

-- name: known_errors
-- The newest errors of a user's captures.
select endpoint, subject, place, reason
from (select * from ingest_errors order by error_id desc limit 1000)
where user_id = :user and endpoint is not null
group by endpoint, subject, place, reason
order by max(error_id) desc;

-- name: latest_error
select max(error_id) from ingest_errors;

-- name: delete_errors_of_capture
-- What was refused before sp-transform is not what is staged under that name,
-- and remains. So do errors added since the replay was announced.
delete from ingest_errors
where src = :src and error_id <= :latest
	and list is null and stage not in ('sp-queue', 'sp-fetch', 'sp-stage');

-- name: delete_unsent
-- Errors of requests that earlier runs of the job of :run did not send, as for a
-- rate limit, or that got no answer: the job has planned anew what it needs.
delete from ingest_errors
where stage = 'sp-fetch'
	and (reason like 'not sent: %' or reason like '%: no answer: %')
	and exists (
		select 1 from ingest_runs o join ingest_runs r
			on r.job = o.job and r.account = o.account
			and r.started_at > o.started_at
		where o.run_id = ingest_errors.run_id and r.run_id = :run);

-- name: delete_errors_of_lists
-- Errors of lists of tracks of which no page waits: those of a current list may
-- be stored, but wait no more.
delete from ingest_errors
where list is not null and list not in (
	select list from playlist_pages
	where (playlist_id, list) not in (
		select playlist_id, tracks_list from playlists
		where tracks_list is not null));

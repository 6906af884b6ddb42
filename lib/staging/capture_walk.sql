-- Stored captures, to be read again.
--
-- :run, :endpoint, :user, :since, :until and :refused select captures; one that
-- is NULL does not restrict them. :last and :newest limit the capture_id.

-- name: capture_range
-- Where to look: the captures of one run are near each other.
select coalesce((
	select min(capture_id) - 1 from staging_raw where run_id = :run), 0),
	case when :run is null then (select max(capture_id) from staging_raw)
	else (select max(capture_id) from staging_raw where run_id = :run) end;

-- name: count_captures
select count(*) from staging_raw s
where capture_id > :last and capture_id <= :newest
	and (:run is null or run_id = :run)
	and (:endpoint is null or endpoint = :endpoint)
	and (:user is null or user_id = :user)
	and (:since is null or fetched_at >= :since)
	and (:until is null or fetched_at < :until)
	and (:refused is null or exists (
		select 1 from ingest_errors e
		where e.src = s.run_id || '/' || s.seq
			and e.list is null
			and e.stage not in ('sp-queue', 'sp-fetch', 'sp-stage')));

-- name: walk_captures
-- The same captures, :limit of them.
select capture_id, run_id || '/' || seq, run_id, seq, endpoint, user_id, url,
	status, fetched_at, file_sha256, first_row, extra_json, body_is_text,
	b.body, typeof(b.body) = 'blob', size, sha256
from staging_raw s
left join staging_bodies b using (body_id)
where capture_id > :last and capture_id <= :newest
	and (:run is null or run_id = :run)
	and (:endpoint is null or endpoint = :endpoint)
	and (:user is null or user_id = :user)
	and (:since is null or fetched_at >= :since)
	and (:until is null or fetched_at < :until)
	and (:refused is null or exists (
		select 1 from ingest_errors e
		where e.src = s.run_id || '/' || s.seq
			and e.list is null
			and e.stage not in ('sp-queue', 'sp-fetch', 'sp-stage')))
order by capture_id limit :limit;

-- name: uncommitted_runs
select json_group_array(run_id) from ingest_runs r
where status <> 'complete'
	and exists (select 1 from staging_raw where run_id = r.run_id);

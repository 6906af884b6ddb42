-- Captures moved in time. :runs is a JSON array of the ids of runs, :span a
-- modifier of SQLite's date functions, such as '+3600.000 seconds'.

-- name: redated_runs
-- The runs, their captures, and the times of the first and the last of these,
-- moved by :span_from and by :span_to.
select i.value as run_id, count(capture_id) as captures,
	min(strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, :span_from)) as first,
	min(strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, :span_to))
		as first_moved,
	max(strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, :span_from)) as last,
	max(strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, :span_to))
		as last_moved
from json_each(:runs) i
left join staging_raw s on s.run_id = i.value
group by i.value
order by min(i.key);

-- name: unknown_runs
select value from json_each(:runs)
where value not in (select run_id from ingest_runs)
	and not exists (select 1 from staging_raw where run_id = value);

-- name: leaves_years
-- Whether a capture would leave the years that can be written.
select 1 from staging_raw
where run_id in (select value from json_each(:runs))
	and fetched_at is not null
	and coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, :span), '-')
		not glob '[0-9]*';

-- name: move_accounts
-- An account is found by the start of its run, so it moves before that does.
-- Here and below what is not a time does not change.
update accounts set last_updated = coalesce(
	strftime('%Y-%m-%dT%H:%M:%fZ', last_updated, :span), last_updated)
where :by <> 0 and (account, last_updated) in (
	select account, started_at from ingest_runs
	where run_id in (select value from json_each(:runs)));

-- name: move_runs
update ingest_runs set
	started_at = coalesce(
		strftime('%Y-%m-%dT%H:%M:%fZ', started_at, :span), started_at),
	ended_at = coalesce(
		strftime('%Y-%m-%dT%H:%M:%fZ', ended_at, :span), ended_at)
where :by <> 0 and run_id in (select value from json_each(:runs));

-- name: move_errors
update ingest_errors set seen_at = coalesce(
	strftime('%Y-%m-%dT%H:%M:%fZ', seen_at, :span), seen_at)
where :by <> 0 and run_id in (select value from json_each(:runs));

-- name: move_captures
-- The member `redated` has the sum of all moves in milliseconds; it is removed
-- where that is 0.
update staging_raw set
	fetched_at = coalesce(
		strftime('%Y-%m-%dT%H:%M:%fZ', fetched_at, :span), fetched_at),
	extra_json = (
		select nullif(iif(json_extract(j, '$.redated') = 0,
			json_remove(j, '$.redated'), j), '{}')
		from (select json_set(j, '$.redated',
			coalesce(json_extract(j, '$.redated'), 0) + :by) as j
		from (select iif(json_type(j, '$.retry_at') = 'text',
			json_set(j, '$.retry_at', coalesce(
				strftime('%Y-%m-%dT%H:%M:%fZ',
					json_extract(j, '$.retry_at'), :span),
				json_extract(j, '$.retry_at'))), j) as j
		from (select coalesce(extra_json, '{}') as j))))
where :by <> 0 and run_id in (select value from json_each(:runs));

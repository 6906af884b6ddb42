-- Chains of pages that rate limits cut short.

-- name: resumable_chains
-- The chains of a job's deferred runs since :since, and since its last run that
-- had captures and was not deferred: the last page of each, and the URL of the
-- next one.
with recursive stopped as (
	select run_id from ingest_runs
	where user_id = :user and job = :job and status = 'deferred'
		and started_at > :since and started_at <= :now
		and started_at > coalesce((
			select max(started_at) from ingest_runs
			where user_id = :user and job = :job
				and status != 'deferred'
				and started_at <= :now
				and coalesce(captures, 1) > 0), '')
),
pages as (
	select json_extract(extra_json, '$.page') as page,
		run_id || '/' || json_extract(extra_json, '$.request') as list,
		json_extract(extra_json, '$.list') as follows,
		substr(url, instr(url, '/v1/')) as path,
		json_type(extra_json, '$.next') is not null as next_known,
		case json_type(extra_json, '$.next') when 'text'
			then json_extract(extra_json, '$.next') end as next
	from stopped join staging_raw using (run_id)
	where status between 200 and 299
),
-- Those of which the first page is there, too.
chains as (
	select list from pages where follows is null
	union
	select p.list from pages p join chains c on p.follows = c.list
)
-- With max(), the other columns are of the row with the greatest page.
select list, max(page), path, next_known, next
from pages join chains using (list)
where list not in (select follows from pages where follows is not null)
group by list order by list desc;

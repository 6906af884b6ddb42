-- Which jobs are due.

-- name: has_job_completed
-- Whether a run of the job completed since :stale_since. A run of
-- audio-features without requests began before there were any tracks, and does
-- not count.
select exists (
	select 1 from ingest_runs
	where job = :job and account = :account and status = 'complete'
		and started_at > :stale_since and started_at <= :now
		and (job <> 'audio-features' or coalesce(captures, 1) > 0));

-- name: were_runs_refused
-- For each of the last complete runs, the newest first: whether captures of it
-- were refused, or parts of them for a reason that was not known before.
select exists (
	select 1 from ingest_errors
	where src > r.run_id || '/' and src < r.run_id || '0'
		and place is null and stage <> 'sp-load')
	or exists (
	select 1 from new_refusals
	where src > r.run_id || '/' and src < r.run_id || '0')
from (
	select run_id, started_at from ingest_runs
	where job = :job and account = :account and status = 'complete'
		and started_at <= :now
	order by started_at desc, run_id desc limit 16) r
order by started_at desc, run_id desc;

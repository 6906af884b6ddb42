-- How fast earlier runs were, for sp-queue budget.

-- name: pace_of_runs
-- Captures a second in the account's last five runs with several captures: from
-- the first capture of a run to its last, waits included.
with last as (
	select run_id from ingest_runs
	where account = :account and captures > 1
	order by started_at desc, run_id desc limit 5
),
spans as (
	select count(*) - 1 as steps, 86400 * (julianday(max(fetched_at))
		- julianday(min(fetched_at))) as seconds
	from staging_raw where run_id in last group by run_id
)
select sum(steps) / sum(seconds) from spans where seconds > 0;

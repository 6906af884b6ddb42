-- name: pace_of_runs
-- Captures a second, from the first capture to the last, in the last five runs
-- of the account that made several. Waits are in it.
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

-- What sp-queue health looks at. Times in the future come from a wrong clock: runs
-- end by the clock of this machine.

-- name: health_of_job
-- When the job last completed, and how its last run ended: that began when,
-- has ended, status, reason, exit status.
select (
	select max(ended_at) from ingest_runs
	where job = :job and account = :account and status = 'complete'
		and ended_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	started_at, ended_at is not null, status, reason, exit_status
from (select 1) left join (
	select * from ingest_runs
	where job = :job and account = :account
		and started_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
	order by started_at desc, run_id desc limit 1) on true;

-- name: health_of_login
-- When the login ends; when the account's first run began; the exit status and
-- the reason of its last run that needed the login.
select (select login_ends from accounts where account = :account), (
		select min(started_at) from ingest_runs
		where account = :account
			and started_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	exit_status, reason
from (select 1) left join (
	select * from ingest_runs
	where account = :account
		and started_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
		and (requests > 0 or exit_status = 77)
	order by started_at desc, run_id desc limit 1) on true;

-- name: health_counts
-- Since a time: gaps that no export closes; what was refused and was not
-- before, without requests that were not sent; failed runs. And the captures
-- that wait to be loaded, of runs that no program can be working on.
select (
	select count(*) from play_gaps
	where user_id = :user and closed_by is null and gap_to > :since), (
	select count(*) from new_refusals
	where seen_at > :since
		and (user_id is null or user_id = :user)
		and not (stage = 'sp-fetch' and reason like 'not sent: %')), (
	select count(*) from ingest_runs
	where account = :account and status = 'failed'
		and started_at > :since), (
	select count(*)
	from unloaded_runs join staging_raw using (run_id)
	where started_at < :ended);

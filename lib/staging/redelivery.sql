-- Runs whose captures were not loaded, and the redeliveries that repeat them.
--
-- A run was not loaded if it failed and has no ledger, or its ledger did not
-- balance (exit status 65); the index ingest_runs_unloaded has those. :running
-- is a JSON array of the processes that run.

-- name: unloaded_processes
-- The processes that worked on such a run, to see which of them still run.
select distinct process from ingest_runs
where status = 'failed' and (ledger_json is null or exit_status = 65)
	and process is not null;

-- name: is_redelivery_halted
-- Whether the last :attempts redeliveries loaded nothing; and whether no run is
-- marked with :reason for it. Of the redeliveries that were sent together, the
-- first that was not loaded is to blame, unless a program still works on it.
with blamed as materialized (
	select min(run_id) as run_id, started_at, process
	from ingest_runs
	where replay_of is not null
		and status = 'failed' and (ledger_json is null or exit_status = 65)
	group by started_at
	having process is null
		or process not in (select value from json_each(:running))
)
select count(*) >= :attempts, not exists (
	select 1 from ingest_runs
	where status = 'failed' and (ledger_json is null or exit_status = 65)
		and reason = :reason)
from blamed
where started_at > coalesce((
	select max(ended_at) from loaded_runs), '');

-- name: runs_to_redeliver
-- The runs, except for :but, on which no program works, nor on a redelivery of
-- them; the last capture of each, and how often it was to blame.
with unloaded as materialized (
	select run_id, user_id, account, replay_of, started_at,
		process in (select value from json_each(:running)) as is_busy
	from ingest_runs
	where status = 'failed' and (ledger_json is null or exit_status = 65)
),
blamed as materialized (
	select min(run_id) as run_id, is_busy
	from unloaded where replay_of is not null
	group by started_at having not coalesce(is_busy, 0)
),
busy as materialized (
	select distinct started_at from unloaded
	where replay_of is not null and is_busy
),
staged as materialized (
	select run_id, user_id, (
		select max(capture_id) from staging_raw s
		where s.run_id = unloaded.run_id) as until
	from unloaded
	where account is not null and run_id <> :but
		and not coalesce(is_busy, 0)
)
select run_id, user_id, until, (
	select count(*) from ingest_runs i join blamed using (run_id)
	where i.replay_of = staged.run_id) as attempts
from staged
where until > coalesce((
		select max(replay_until) from loaded_runs l
		where l.replay_of = staged.run_id), 0)
	and not exists (
		select 1 from unloaded u join busy using (started_at)
		where u.replay_of = staged.run_id)
order by attempts, run_id;

-- name: give_up_redelivery
update ingest_runs set reason = :reason
where run_id = :run and reason is not :reason;

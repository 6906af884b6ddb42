-- The run log: ingest_runs and accounts.

-- name: store_account
-- The user and the app of an account. The newest run wins, unless it is in the
-- future.
insert into accounts (account, user_id, client_id, last_updated)
values (:account, :user, :client, :started_at)
on conflict (account) do update set
	user_id = excluded.user_id,
	client_id = coalesce(excluded.client_id, client_id),
	scopes = case when user_id = excluded.user_id then scopes end,
	login_ends = case when user_id = excluded.user_id then login_ends end,
	last_updated = excluded.last_updated
where coalesce(excluded.last_updated, '') > coalesce(last_updated, '')
	or last_updated > strftime('%Y-%m-%dT%H:%M:%fZ', 'now');

-- name: open_run
-- A run is inserted as failed, and updated when its end record arrives, so a
-- crash leaves the right status. One that was forgotten can come again.
insert into ingest_runs (run_id, job, account, user_id, started_at,
	cursor_before, replay_of, replay_until, process, status, reason)
values (:run, :job, :account, :user, :started_at, :cursor, :replay_of,
	nullif(:replay_until, 0), :process, 'failed',
	'no end record yet: the run is in progress or was interrupted')
on conflict (run_id) do update set process = excluded.process,
	status = 'failed',
	reason = iif(status = 'failed', reason, excluded.reason)
where status in ('failed', 'forgotten');

-- name: store_login
-- The scopes and the end of the login that a run was fetched with.
update accounts set scopes = coalesce(:scopes, scopes),
	login_ends = coalesce(:login_ends, login_ends)
from ingest_runs r
where r.run_id = :run
	and accounts.account = r.account
	and accounts.user_id = r.user_id
	and (accounts.scopes is null
		or coalesce(accounts.last_updated, '')
			<= coalesce(r.started_at, ''));

-- name: close_run
-- How a run ended. A complete run that is loaded again stays complete.
update ingest_runs set
	process = null,
	status = :status,
	reason = :reason,
	ended_at = :ended_at,
	exit_status = :exit_status,
	requests = coalesce(:requests, requests),
	captures = coalesce(:captures, captures),
	rows_read = :rows,
	rows_inserted = coalesce(rows_inserted, 0) + :inserted,
	rows_updated = coalesce(rows_updated, 0) + :updated,
	rows_unchanged = :unchanged,
	refused = :refused,
	cursor_after = coalesce(:cursor, cursor_after),
	gaps_json = coalesce(:gaps, gaps_json),
	ledger_json = coalesce(:ledger, ledger_json)
where run_id = :run and (status <> 'complete' or :status = 'complete');

-- name: is_run_staged
-- Whether so many captures of a run are staged, or passed sp-stage before.
select (select count(*) from staging_raw where run_id = :run) >= :captures
	or exists (select 1 from ingest_runs
		where run_id = :run
			and instr(ledger_json, '"stage":"sp-stage"'));

-- name: mark_replayed
-- Exit status 65 is that of a run whose ledger does not balance.
update ingest_runs
set reason = 'interrupted: its captures were loaded by run ' || :replay
where run_id = :run
	and status = 'failed'
	and (ledger_json is null or exit_status = 65);

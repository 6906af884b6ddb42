-- What sp-queue status, list and count print.

-- name: last_runs_of_job
-- When the job last completed, and how its last run ended. Times in the future
-- come from a wrong clock.
select (
	select max(ended_at) from ingest_runs
	where job = :job and account = :account and status = 'complete'
		and ended_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), (
	select status from ingest_runs
	where job = :job and account = :account
		and started_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
	order by started_at desc, run_id desc limit 1);

-- name: status_of_refusals
-- What the API refused, and is not requested again for a while.
select endpoint, status, count(*) as subjects,
	max(endpoint_status.last_updated) as last_refused,
	max(retry_at) as retry_at, max(reason) as reason
from endpoint_status join accounts using (user_id)
where account = :account and (status in (403, 404, 429) or status >= 500)
group by endpoint, status order by endpoint, status;

-- name: status_of_runs
-- The last runs of the account, and of imports, which have none.
select * from (
	select run_id, job, started_at, status, rows_inserted as inserted,
		refused, case when job = 'forget' and status <> 'complete'
			then reason || ': the same sp-stage forget completes it'
			else reason end as reason
	from ingest_runs
	where account = :account or account is null
	order by started_at desc, run_id desc limit 5)
order by started_at, run_id;

-- name: status_of_account
-- The user of the account, and the scopes of the login.
select account, user_id, last_updated, scopes
from accounts where account = :account;

-- name: list_queue
select playlist_id, detected_at, played_at, user_id
from playlist_ingest_queue order by detected_at, playlist_id;

-- name: count_queue
select count(*) as playlists from playlist_ingest_queue;

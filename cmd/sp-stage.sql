-- Runs, as sp-stage runs lists them.

-- name: runs_for_people
-- The last :limit runs as a table for people. Only those gaps of a run are named
-- that are not closed.
with left as materialized (
	select * from play_gaps where closed_by is null
),
last as (
	select * from ingest_runs
	order by started_at desc, run_id desc limit :limit
),
noted as (
	select last.*, (
		select json_group_array(json(t.value))
		from json_each(gaps_json) t
		where exists (
			select 1 from left g
			where g.gap_from < json_extract(t.value, '$.to')
				and g.gap_to > json_extract(t.value, '$.from')
				and g.user_id = coalesce(
					json_extract(t.value, '$.user'),
					last.user_id))) as gaps
	from last
)
select run_id, job, user_id, started_at, status, captures, rows_inserted,
	rows_updated, rows_unchanged, refused,
	coalesce(reason, '') || iif(job = 'forget' and status <> 'complete',
		': the same sp-stage forget completes it', '') || coalesce(iif(reason <> '', '; ', '')
		|| 'plays between ' || json_extract(gaps, '$[0].from')
		|| ' and ' || json_extract(gaps, '$[0].to')
		|| ' may be missing' || case json_array_length(gaps)
			when 1 then ''
			when 2 then ', and 1 more gap'
			else printf(', and %d more gaps',
				json_array_length(gaps) - 1) end, '') as note
from noted order by started_at, run_id;

-- name: runs_for_pipe
-- Every column of the last :limit runs.
select * from (
	select * from ingest_runs
	order by started_at desc, run_id desc limit :limit)
order by started_at, run_id;

-- name: receipt_of_run
-- What a run read of an export, NULL if it read nothing of one.
select receipt_json from ingest_runs where run_id = :run;

-- name: receipt_for_pipe
select :run as run_id, json_extract(value, '$.file') as file,
	json_extract(value, '$.year') as year,
	json_extract(value, '$.read') as "read",
	coalesce(json_extract(value, '$.inserted'),
			json_extract(value, '$.new')) as inserted,
	json_extract(value, '$.updated') as updated,
	coalesce(json_extract(value, '$.unchanged'),
			json_extract(value, '$.known')) as unchanged,
	json_extract(value, '$.refused') as refused,
	json_extract(value, '$.phantoms') as phantoms,
	json_extract(value, '$.incognito') as incognito,
	json_extract(value, '$.podcasts') as podcasts,
	json_extract(value, '$.audiobooks') as audiobooks,
	json_extract(value, '$.videos') as videos,
	json_extract(value, '$.matched') as matched,
	json_extract(value, '$.gaps_closed') as gaps_closed
from ingest_runs, json_each(receipt_json)
where run_id = :run order by key;

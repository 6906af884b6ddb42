-- Runs named by the end or the beginning of their ids.

-- name: run_id_length
-- How much of the end of an id is needed to name any run of ingest_runs: ids of
-- one day begin alike.
with recursive length (n) as (
	select 4
	union all
	select n + 1 from length
	where n < 26 and (
		select count(distinct substr(run_id, -n)) <> count(*)
		from ingest_runs)
)
select max(n) from length;

-- name: run_id_exists
select 1 from ingest_runs where run_id = :id
union all
select 1 from staging_raw where run_id = :id
limit 1;

-- name: run_id_find
-- Runs whose id ends or begins with :id, in either case.
with known (run_id) as (
	select run_id from ingest_runs union select run_id from staging_raw
)
select run_id from known
where length(:id) >= 4 and (
	substr(run_id, -length(:id)) = :id collate nocase
	or substr(run_id, 1, length(:id)) = :id collate nocase)
order by run_id limit 9;

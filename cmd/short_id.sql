-- Ids that are shortened: of runs to their end or beginning, others to their
-- beginning. A whole id is found alone.

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

-- name: run_id_find
with known (id) as (
	select run_id from ingest_runs union select run_id from staging_raw
),
found as (
	select id, id = :id as whole from known
	where id = :id or (length(:id) >= 4 and (
		substr(id, -length(:id)) = :id collate nocase
		or substr(id, 1, length(:id)) = :id collate nocase))
)
select id from found
where whole = (select max(whole) from found) order by id limit 9;

-- name: playlist_id_find
with known (id) as (
	select playlist_id from playlists
	union select playlist_id from playlist_ingest_queue
	union select playlist_id from user_playlists
)
select id from known
where length(:id) >= 4 and id between :id and :id || char(1114111)
order by id limit 9;

-- name: queued_id_find
with found as (
	select playlist_id as id, playlist_id = :id as whole
	from playlist_ingest_queue
	where playlist_id between :id and :id || char(1114111)
		and (playlist_id = :id or length(:id) >= 4)
)
select id from found
where whole = (select max(whole) from found) order by id limit 9;

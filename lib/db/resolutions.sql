-- Errors that leave ingest_errors. What stages before sp-transform refused is
-- not what is staged under that name, and stays.

-- name: last_error
select max(error_id) from ingest_errors;

-- name: delete_errors_of_capture
-- Those that were there when the capture's replay was announced.
delete from ingest_errors
where src = :src and error_id <= :known
	and list is null and stage not in ('sp-queue', 'sp-fetch', 'sp-stage');

-- name: delete_errors_of_lists
-- Those of lists of tracks of which no page waits any more.
delete from ingest_errors
where list is not null and list not in (select list from playlist_pages);

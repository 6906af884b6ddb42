-- Captures, stored as they come.

-- name: insert_capture
insert into staging_raw (run_id, seq, endpoint, user_id, url, status,
	fetched_at, body_id, body_is_text, extra_json, file_sha256, first_row)
values (:run, :seq, :endpoint, :user, :url, :status,
	:fetched_at, :body_id, :body_is_text, :extra, :file_sha256, :first_row);

-- name: compare_capture
-- The stored capture of a run and seq, and the member in which it differs from
-- this one, apart from fetched_at; NULL if there is none. The order of other
-- members, and the white space in them, do not matter.
select capture_id,
	case
	when endpoint is not :endpoint then 'endpoint'
	when user_id is not :user then 'user'
	when url is not :url then 'url'
	when status is not :status then 'status'
	when file_sha256 is not :file_sha256 then 'sha256'
	when first_row is not :first_row then 'first_row'
	when b.sha256 is not :sha256 or body_is_text is not :body_is_text
		then 'body'
	when extra_json is not :extra then (
		select key from (
			select key, type, value, 1 as side
			from json_each(extra_json)
			union all
			select key, type, value, 2 from json_each(:extra))
		group by key, type, value having count(distinct side) < 2
		limit 1)
	end,
	fetched_at, b.body, typeof(b.body) = 'blob', size, sha256
from staging_raw
left join staging_bodies b using (body_id)
where run_id = :run and seq = :seq;

-- name: known_capture
-- The first capture of the same rows of the same file, and whether its body is
-- the same, too: without private members it may be another.
select capture_id, b.sha256 is :sha256
from staging_raw
left join staging_bodies b using (body_id)
where file_sha256 = :file_sha256 and first_row = :first_row
	and user_id is :user and endpoint = :endpoint
	and json_extract(extra_json, '$.rows')
		is json_extract(:extra, '$.rows')
	and json_extract(extra_json, '$.file_rows')
		is json_extract(:extra, '$.file_rows')
order by capture_id limit 1;

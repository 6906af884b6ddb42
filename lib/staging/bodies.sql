-- Bodies of responses, each stored once.

-- name: find_body
select body_id, body, typeof(body) = 'blob', size, sha256
from staging_bodies where sha256 = :sha256;

-- name: store_body
-- A body of the same digest is replaced, because it is damaged.
insert into staging_bodies (sha256, size, body)
values (:sha256, :size, :body)
on conflict (sha256) do update set size = excluded.size, body = excluded.body
returning body_id;

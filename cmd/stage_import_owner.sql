-- Whose files `sp-stage import` imports.

-- name: own_users
-- The users of this database's own: of its accounts, of own profiles, and of
-- exports.
select user_id from users where is_me
union
select user_id from accounts where user_id is not null
union
select user_id from streaming_coverage
limit 2;

-- name: other_owner
-- The run and user of an earlier import of a file as another user's.
select run_id, user_id from staging_raw
where file_sha256 = :sha256 and user_id is not :user
limit 1;

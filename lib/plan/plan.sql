-- What every plan reads.

-- name: user_of_account
select user_id from accounts where account = :account;

-- name: scopes_of_account
-- The scopes of the account's login, as the last run reported them.
select scopes from accounts
where account = :account and scopes is not null;

-- name: read_cursor
select value, last_updated from cursors
where user_id = :user and job = :job and typeof(value) = 'integer';

-- name: newest_clock_correction
-- The newest capture says by how much sp-fetch corrected the clock.
select fetched_at, json_extract(extra_json, '$.clock_off')
from staging_raw order by capture_id desc limit 1;

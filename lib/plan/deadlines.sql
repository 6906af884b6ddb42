-- Deadlines: times before which the API is not to be asked.

-- name: deadlines
-- The deadlines that block a user, one row for each endpoint and user that got
-- one: those of :endpoints (each between spaces; NULL for all), and with
-- :for_all those that block every endpoint. `until` is the endpoint's latest
-- one; is_first marks one row of each endpoint. Captures that are not loaded yet
-- count, too. The users of an app share its quota.
--
-- Endpoints of :background can wait: after a 429 they do so for a day, for all
-- users of the app. That blocks no other endpoint: `retry_at` is the API's own.
with stored (user_id, endpoint, status, retry_at, at, quota) as (
	select user_id, endpoint, status, coalesce(retry_at, ''),
		coalesce(last_updated, ''),
		coalesce(reason like 'QUOTA_EXCEEDED%', 0)
	from endpoint_status
	where status in (408, 429) or status >= 500
	union all
	select coalesce(user_id, ''), endpoint, status,
		coalesce(json_extract(extra_json, '$.retry_at'), ''),
		coalesce(fetched_at, ''),
		coalesce(json_extract(extra_json, '$.quota'), 0)
	from staging_raw c
	where (status in (408, 429) or status >= 500)
		and fetched_at > :since
		and not exists (
			select 1 from endpoint_status s
			where s.user_id = c.user_id and s.endpoint = c.endpoint
				and s.last_updated >= c.fetched_at)
),
waits as (
	select user_id, endpoint, at, quota, retry_at,
		case when status = 429 and at <= :now
			and instr(:background, ' ' || endpoint || ' ')
			then strftime('%Y-%m-%dT%H:%M:%fZ', at, '+1 day')
			else '' end as rest_until
	from stored
),
deadlines as materialized (
	select user_id, endpoint, at, retry_at, rest_until,
		(quota or endpoint = 'token' or user_id = '')
			and retry_at > :now as is_for_all
	from waits t
	where max(retry_at, rest_until) > :now
		and retry_at <= :latest
		and (user_id = :user
			or ((quota or rest_until <> '') and user_id in (
				select b.user_id from accounts a
				join accounts b using (client_id)
				where a.user_id = :user)))
		and not exists (
			select 1 from lifted_deadlines l
			where l.user_id = t.user_id
				and l.endpoint = t.endpoint
				and l.lifted_at >= t.at)
)
select user_id, endpoint, max(at) as set_at,
	max(max(case when is_named then max(retry_at, rest_until)
		else retry_at end)) over (partition by endpoint) as until,
	row_number() over (partition by endpoint order by user_id) = 1
		as is_first
from (select *, :endpoints is null
		or instr(:endpoints, ' ' || endpoint || ' ') > 0 as is_named
	from deadlines)
where is_named or (is_for_all and :for_all)
group by endpoint, user_id
order by endpoint, user_id;

-- name: lift_deadline
-- Also lifts one that was set in the future, by a wrong clock.
insert into lifted_deadlines (user_id, endpoint, lifted_at)
values (:user, :endpoint, max(:set_at, :now))
on conflict do update set lifted_at = max(lifted_at, excluded.lifted_at);

-- Errors that are known.

-- name: is_error_known
-- Whether another capture of the same endpoint, user and subject had the same
-- part refused for the same reason. The subject is what the capture's URL
-- names, without its query.
select 1
from staging_raw s
join ingest_errors e on e.endpoint = s.endpoint
	and e.user_id is s.user_id
	and e.subject is substr(s.url, instr(s.url, '/v1/'),
		case instr(s.url, '?') when 0 then length(s.url) + 1
		else instr(s.url, '?') - instr(s.url, '/v1/') end)
	and e.place is :place
	and e.reason = :reason
	and e.src <> :src
where s.run_id = substr(:src, 1, instr(:src, '/') - 1)
	and s.seq = cast(substr(:src, instr(:src, '/') + 1) as integer)
limit 1;

-- name: known_errors
-- The newest errors of a user's captures.
select endpoint, subject, place, reason
from (select * from ingest_errors order by error_id desc limit 1000)
where user_id = :user and endpoint is not null
group by endpoint, subject, place, reason
order by max(error_id) desc;

-- name: unreported_gaps
-- The open gaps of the user of a run, or of all users, that no run has reported yet,
-- nor a greater one around them: each in words, and its entry for gaps_json, which
-- names the user where the run does not.
select gap_from || ' and ' || gap_to, case when g.user_id is u.user_id
	then json_object('from', gap_from, 'to', gap_to)
	else json_object('from', gap_from, 'to', gap_to, 'user', g.user_id) end
from play_gaps g
join (
	select (select user_id from ingest_runs where run_id = :run) as user_id) u
	on u.user_id is null or g.user_id = u.user_id
where g.closed_by is null and not exists (
	select 1 from ingest_runs r, json_each(r.gaps_json) t
	where r.gaps_json is not null
		and coalesce(json_extract(t.value, '$.user'), r.user_id)
			= g.user_id
		and json_extract(t.value, '$.from') <= gap_from
		and json_extract(t.value, '$.to') >= gap_to)
order by gap_from limit 1000;

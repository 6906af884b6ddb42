-- Whose listening a report is about, and of whom there could be one. The first is
-- :user; or else the user of the logins and exports, or of several that of the
-- account :account; NULL if there is none. Who only has listens counts if nobody
-- has logged in or been exported.
with own as (
	select user_id from users where is_me
	union select user_id from accounts where user_id is not null
	union select user_id from streaming_coverage
), listeners as (
	select user_id from play_history
	union select user_id from streaming_history
	union select user_id from episode_history
), people as (
	select user_id from own
	union
	select user_id from listeners
	where :user is not null or not exists (select 1 from own)
)
select case
	when :user is not null then (select user_id from people where user_id = :user)
	when count(*) < 2 then max(user_id)
	else (select user_id from accounts where account = :account)
	end
from people
union all
select group_concat(user_id, ' ') from people;

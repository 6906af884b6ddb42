-- Which users are connected through playlists. For the sqlite3 shell:
--
--	sqlite3 -column -header music.db < graph.sql
--
-- An edge is any connection between two users, in either direction.

create temp view edge as
	select user_id as a, other_id as b from connections
	where kind != 'follows-artist'
	union
	select other_id, user_id from connections
	where kind != 'follows-artist';

-- With whom each user shares playlists, and how.
select u.user_id as user, coalesce(v.display_name, r.other_id) as with_whom,
	group_concat(distinct r.kind) as how
from connections r
join users u using (user_id)
left join users v on v.user_id = r.other_id
where r.kind != 'follows-artist'
group by r.user_id, r.other_id
order by 1, 2;

-- The shortest path from me to every user who can be reached, breadth first.
with recursive path (user_id, steps, route) as (
	select user_id, 0, user_id from users where is_me
	union
	select e.b, p.steps + 1, p.route || ' > ' || e.b
	from path p join edge e on e.a = p.user_id
	where p.steps < 6 and instr(' > ' || p.route || ' > ',
		' > ' || e.b || ' > ') = 0
)
select user_id as user, min(steps) as steps, route
from path where steps > 0
group by user_id order by steps, user_id;

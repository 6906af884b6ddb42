-- The users that the job `profile` asks for: owners of playlists, and those
-- who added tracks to one.

-- name: due_users
-- Those that were not asked for since :stale_since. An app that was refused
-- with 403, or got 404 for three users and found none, may not ask for users at
-- all; else only those with a 404 of their own are left out. A 403 that is about
-- all that an app or a login asks for says nothing of users.
with s as (
	select subject, status from endpoint_status
	where user_id = :user and endpoint = 'user'
		and last_updated > :refused_since and last_updated <= :now
		and coalesce(denied, '') not in ('app', 'login')
),
met as (
	select owner_id as id from playlists
	union
	select added_by from playlist_tracks
	union
	select user_id from users
)
select id from met left join users u on u.user_id = id
where id is not null and id != '' and id != :user
	and (u.last_refreshed is null or u.last_refreshed <= :stale_since
		or u.last_refreshed > :now)
	and id not in (select subject from s where status in (403, 404))
	and not exists (select 1 from s where status = 403)
	and ((select count(*) from s where status = 404) < 3
		or exists (select 1 from s where status between 200 and 299))
order by id;

-- name: all_users
select owner_id as id from playlists where id != :user
union
select added_by from playlist_tracks where added_by != :user
order by 1;

-- name: count_followed_artists
select count(*) from user_relationships
where user_id = :user and kind = 'follows-artist';

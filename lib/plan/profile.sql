-- The users that the job `profile` requests: owners of playlists, and those who
-- added tracks to one.

-- name: due_users
-- Those not refreshed since :stale_since, without those that were not found. An
-- app that got a 403, or a 404 for three users and a 200 for none, has no access
-- to users at all: then there are none. A 403 about everything that an app or a
-- login requests says nothing of users.
with answers as (
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
	and id not in (select subject from answers where status in (403, 404))
	and not exists (select 1 from answers where status = 403)
	and ((select count(*) from answers where status = 404) < 3
		or exists (select 1 from answers where status between 200 and 299))
order by id;

-- name: all_users
select owner_id as id from playlists where id != :user
union
select added_by from playlist_tracks where added_by != :user
order by 1;

-- name: count_followed_artists
select count(*) from user_relationships
where user_id = :user and kind = 'follows-artist';

-- Audio features: how the app may ask for them, and of which tracks.

-- name: audio_features_refusals
-- Whether a batch was refused with 403; whether one track was, and whether one
-- was answered. The access mode of an app is only known from such answers, and
-- not from a 403 that is about all that it asks for.
with s as (
	select subject, status from endpoint_status
	where user_id = :user and endpoint = 'audio-features'
		and last_updated > :refused_since and last_updated <= :now
		and coalesce(denied, '') not in ('app', 'login')
)
select exists (select 1 from s where subject = '' and status = 403),
	exists (select 1 from s where subject != '' and status = 403),
	exists (select 1 from s
		where subject != '' and status between 200 and 299);

-- name: tracks_without_features
-- Tracks that have no audio features yet, and may have some.
select track_id from tracks t
where audio_features_json is null
	and is_local is not 1 and track_id not like 'spotify:%'
	and not exists (
		select 1 from endpoint_status s
		where s.user_id = :user and s.endpoint = 'audio-features'
			and s.subject = t.track_id and s.status = 404
			and s.last_updated > :refused_since
			and s.last_updated <= :now)
order by track_id;

-- name: count_tracks_without_features
select count(*) from tracks t
where audio_features_json is null
	and is_local is not 1 and track_id not like 'spotify:%'
	and not exists (
		select 1 from endpoint_status s
		where s.user_id = :user and s.endpoint = 'audio-features'
			and s.subject = t.track_id and s.status = 404
			and s.last_updated > :refused_since
			and s.last_updated <= :now);

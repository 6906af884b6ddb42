-- Audio features: how the app may request them, and of which tracks.

-- name: audio_features_answers
-- Whether a batch was refused with 403, whether a track was, and whether a track
-- was answered. Only these show the access mode of an app; a 403 about everything
-- that an app or a login requests does not.
with answers as (
	select subject, status from endpoint_status
	where user_id = :user and endpoint = 'audio-features'
		and last_updated > :refused_since and last_updated <= :now
		and coalesce(denied, '') not in ('app', 'login')
)
select exists (select 1 from answers where subject = '' and status = 403),
	exists (select 1 from answers where subject != '' and status = 403),
	exists (select 1 from answers
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

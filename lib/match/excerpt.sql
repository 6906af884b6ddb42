-- The part of the histories of a user that is matched at once.

-- name: excerpt_streams
-- In the order of the unique index: without the +, SQLite would leave out the
-- user, which is always the same, from the order, and sort. The last columns are
-- the match that is stored. With :names come the names that a basic export has, too.
select s.stream_id, s.ts, s.started_at, s.ms_played, s.track_id,
	s.reason_start, s.reason_end,
	coalesce(s.phantom, 0) or coalesce(s.incognito_mode, 0),
	s.form = 'basic',
	s.track_id is null and s.track_name is not null,
	case when :names then
		coalesce(s.track_name, s.episode_name, s.audiobook_chapter_title)
	end,
	case when :names then
		coalesce(s.audiobook_title, s.artist_name, s.show_name)
	end,
	m.rule, m.play_id, m.leader_id, m.distance_ms
from streaming_history s left join play_matches m using (stream_id)
where +s.user_id = :user and s.ts between :from and :to
order by s.ts, s.user_id, s.item, s.offline_timestamp, s.ms_played, s.nth;

-- name: excerpt_plays
select play_id, played_at, track_id from play_history
where +user_id = :user and played_at between :from and :to
order by played_at, user_id, track_id;

-- name: excerpt_track
-- An isrc that more than 64 tracks have is that of no recording.
select name, case when (select count(*) from
	(select 1 from tracks o where o.isrc = t.isrc limit 65)) <= 64
	then isrc end
from tracks t where track_id = :track;

-- name: excerpt_artists
select a.name from track_artists join artists a using (artist_id)
where track_id = :track and a.name is not null;

-- Which part of the histories is to be matched anew.

-- name: has_streams
-- Whether there are streams, and streams that are known by their names alone.
select exists (select 1 from streaming_history),
	exists (select 1 from streaming_history
		where track_id is null and track_name is not null);

-- name: add_unmatched_span
insert into unmatched_spans (user_id, span_from, span_to)
values (:user, :from, :to);

-- name: add_unmatched_users
-- Everything, of everyone who has streams.
insert into unmatched_spans (user_id, span_from, span_to)
select distinct user_id, :from, :to from streaming_history;

-- name: drop_deleted_matches
delete from play_matches
where stream_id not in (select stream_id from streaming_history);

-- name: streams_of_isrc
-- The streams of a track whose isrc is this one, or was it, and of the other
-- tracks that have it. An isrc that more than 64 tracks have is that of no
-- recording, see excerpt.sql; with the 65th it becomes so.
with recording as (
	select track_id from
		(select track_id from tracks where isrc = :isrc limit 66)
	union
	select :track
)
select user_id, ts, started_at, ms_played, reason_end, form
from streaming_history
where track_id in (select track_id from recording)
	and (select count(*) from recording) between 2 and 65;

-- name: streams_of_title
select user_id, ts, started_at, ms_played, reason_end, form
from streaming_history
where track_id is null and track_name = :name;

-- name: streams_of_artist_name
select user_id, ts, started_at, ms_played, reason_end, form
from streaming_history
where track_id is null and track_name is not null and artist_name = :name;

-- name: name_of_artist
select name from artists where artist_id = :artist;

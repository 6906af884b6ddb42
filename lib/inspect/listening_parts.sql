-- A listening: the play and the streams that are one, where they come from, and
-- why they are one, or have no partner. The times between which a play and a
-- stream may be the same are those of match/rules.h.

-- name: listening_create_found
-- Listenings: one that has a play by it, another by the stream that leads it.
create temp table listening_found (
	play_id integer,
	leader_id integer
);

-- name: listening_create_parts
-- The play and the streams of the one that was asked for.
create temp table listening_parts (
	part text,
	play_id integer,
	stream_id integer,
	told_at text,
	item text,
	ms_played integer,
	rule text,
	distance_ms integer,
	source_id integer,
	why text
);

-- name: listening_find
-- Those whose play or one of whose streams is in a span of time, and of an item, if
-- that is not empty: by its id, or as the export names it. Ids may be shortened:
-- each has an end. If more of the key of a stream is given, only by that stream.
insert into temp.listening_found
select h.play_id, null from play_history h
where h.played_at >= :from and h.played_at < :end
	and h.user_id between :user and :user_end
	and (:item = '' or h.track_id between :item and :item_end
		or h.track_id between :id and :id_end)
	and :nth is null
union
select m.play_id, case when m.play_id is null
	then coalesce(m.leader_id, s.stream_id) end
from streaming_history s left join play_matches m using (stream_id)
where s.ts >= :from and s.ts < :end
	and s.user_id between :user and :user_end
	and (:item = '' or s.item between :item and :item_end
		or s.track_id between :id and :id_end
		or s.episode_id between :id and :id_end)
	and (:nth is null or (s.offline_timestamp, s.ms_played, s.nth) = (
		cast(:offline_timestamp as integer),
		cast(:ms_played as integer), cast(:nth as integer)));

-- name: listening_count
select count(*) from temp.listening_found;

-- name: listening_found_keys
select coalesce(h.user_id, s.user_id) || ' ' || coalesce(h.played_at, s.ts)
	|| ' ' || coalesce(h.track_id, s.item)
from temp.listening_found f
left join play_history h on h.play_id = f.play_id
left join streaming_history s on s.stream_id = f.leader_id
order by 1;

-- name: listening_add_play
insert into temp.listening_parts (part, play_id, told_at, item, source_id)
select 'play', play_id, played_at, track_id, row_source
from temp.listening_found join play_history using (play_id);

-- name: listening_add_matched
insert into temp.listening_parts
select 'stream', m.play_id, s.stream_id, s.ts, s.item, s.ms_played, m.rule,
	m.distance_ms, s.row_source,
	case m.rule
	when 'track' then 'the same track as the play'
	when 'isrc' then 'the same recording as the play, by its ISRC'
	when 'names' then 'the same names as the play'
	when 'piece' then 'a piece of the listening, which moved or went on'
	when 'basic' then 'the same stream, in the basic form of the export'
	end
from temp.listening_found f
join play_matches m on m.play_id = f.play_id
	or (f.play_id is null and m.leader_id = f.leader_id)
join streaming_history s on s.stream_id = m.stream_id;

-- name: listening_add_leader
-- A stream without a play has no match.
insert into temp.listening_parts
	(part, stream_id, told_at, item, ms_played, source_id)
select 'stream', s.stream_id, s.ts, s.item, s.ms_played, s.row_source
from temp.listening_found f
join streaming_history s on s.stream_id = f.leader_id
where not exists (select 1 from play_matches m
	where m.stream_id = s.stream_id);

-- name: listening_explain_matched_play
-- The play of a stream that represents the listening, by the rule of that.
update temp.listening_parts set (rule, distance_ms, why) = (
	select s.rule, s.distance_ms, replace(s.why, 'play', 'stream')
	from temp.listening_parts s
	where s.part = 'stream' and s.rule in ('track', 'isrc', 'names'))
where part = 'play';

-- name: listening_explain_play
-- Why a play is no stream.
with play as (
	select h.* from temp.listening_parts p
	join play_history h on h.play_id = p.play_id
	where p.part = 'play'
),
of_track as (
	select s.*, m.play_id as other_play, p.played_at,
		abs(julianday(s.ts) - julianday(p.played_at)) as far,
		p.played_at between strftime('%Y-%m-%dT%H:%M:%fZ', s.started_at,
				'-5 seconds')
			and strftime('%Y-%m-%dT%H:%M:%fZ', s.ts, iif(
				s.reason_end like 'unexpected-exit%',
				'+24 hours', '+15 minutes')) as is_near
	from play p join streaming_history s
		on s.user_id = p.user_id and s.track_id in (
			select p.track_id
			union all
			select o.track_id
			from tracks t join tracks o on o.isrc = t.isrc
			where t.track_id = p.track_id)
	left join play_matches m using (stream_id)
),
nearest as (
	select * from of_track order by is_near desc, far limit 1
)
update temp.listening_parts set why = (
	select case
	when not exists (select 1 from streaming_history s
		where s.user_id = p.user_id)
	then 'no stream: no export of this user is loaded'
	when p.track_id like 'spotify:local:%'
	then 'no stream: an export does not say which local file was heard'
	when not n.is_near or n.stream_id is null
	then case
		when not exists (select 1 from streaming_files f
			where f.user_id = p.user_id
			and p.played_at between f.covered_from
				and f.covered_to)
		then 'no stream: no file of an export covers this time'
		else 'no stream: the exports have none of this track near it'
		end || coalesce('; the nearest one ended at ' || n.ts, '')
	else 'no stream: the nearest one of this track, which ended at '
		|| n.ts || ', ' || case
		when n.phantom then 'claims more time than passed'
		when n.incognito_mode then 'is of a private session'
		when n.other_play is not null
		then 'is the play at ' || (select played_at from play_history
			where play_id = n.other_play)
		when n.ms_played < 30000 then printf(
			'was heard for %.1f s and ended with ''%s''',
			n.ms_played / 1000.0, coalesce(n.reason_end, ''))
		else 'is not matched yet'
		end
	end
	from play p left join nearest n)
where part = 'play' and why is null;

-- name: listening_explain_stream
-- Why a stream is no play.
with stream as (
	select s.* from temp.listening_parts p
	join streaming_history s on s.stream_id = p.stream_id
	where p.part = 'stream' and p.rule is null
),
of_track as (
	select h.*, abs(julianday(s.ts) - julianday(h.played_at)) as far,
		h.played_at between strftime('%Y-%m-%dT%H:%M:%fZ', s.started_at,
				'-5 seconds')
			and strftime('%Y-%m-%dT%H:%M:%fZ', s.ts, iif(
				s.reason_end like 'unexpected-exit%',
				'+24 hours', '+15 minutes')) as is_near
	from stream s join play_history h
		on h.user_id = s.user_id and h.track_id in (
			select s.track_id
			union all
			select o.track_id
			from tracks t join tracks o on o.isrc = t.isrc
			where t.track_id = s.track_id
			union all
			select t.track_id from tracks t
			where s.track_id is null and t.name = s.track_name)
),
nearest as (
	select n.*, (select x.ts from play_matches m
		join streaming_history x using (stream_id)
		where m.play_id = n.play_id and m.leader_id = m.stream_id)
		as other_stream
	from (select * from of_track order by is_near desc, far limit 1) n
)
update temp.listening_parts set why = (
	select 'no play: ' || case
	when s.phantom then printf('it claims more time than passed, %.1f s in %.1f',
		s.ms_played / 1000.0, 86400
		* (julianday(s.ts) - julianday(s.started_at)))
	when s.incognito_mode
	then 'it is of a private session, which the API does not report'
	when s.kind in ('episode', 'audiobook') and s.track_id is null
	then 'it is of an ' || s.kind || ', and not of a track'
	when s.item = '' then 'the export does not say what it is of'
	when s.ms_played < 30000 and (s.form = 'basic'
		or coalesce(s.reason_end, '') not in
			('trackdone', 'remote', 'logout')
		and coalesce(s.reason_end, '') not like 'unexpected-exit%')
	then printf('it was heard for %.1f s and ended with ''%s''',
		s.ms_played / 1000.0, coalesce(s.reason_end, ''))
	when not exists (select 1 from play_history h
		where h.user_id = s.user_id)
	then 'no play of this user is loaded'
	when n.is_near and n.other_stream is not null
	then 'the nearest one of this track, at ' || n.played_at
		|| ', is the stream that ended at ' || n.other_stream
	when n.is_near
	then 'the nearest one of this track, at ' || n.played_at
		|| ', is not matched yet'
	when not exists (select 1 from play_history h
		where h.user_id = s.user_id and h.played_at < s.ts)
	then 'it is older than all plays that the API reported'
	when exists (select 1 from play_gaps g
		where g.user_id = s.user_id
		and s.ts between g.gap_from and g.gap_to)
	then 'plays of the API are missing from this time'
	else 'the API reported none of this track near it'
		|| coalesce('; the nearest one is at ' || n.played_at, '')
	end
	from stream s left join nearest n)
where part = 'stream' and why is null;

-- name: listening_list
-- The play, then the streams in the order of their ends, each with its capture
-- and, if it is of an export, the file and the row in it. Rows are numbered from
-- 1. A body has them as exported, in one of the two forms.
select p.part, p.told_at as reported_at, p.item, p.ms_played, p.rule,
	p.distance_ms, p.why,
	json_extract(r.extra_json, '$.file') as file,
	(select r.first_row + j.key
		from streaming_history s
		join staging_bodies b on b.body_id = r.body_id
		join json_each(body_text(b.body, b.size, b.sha256,
			r.run_id || '/' || r.seq)) j
		where s.stream_id = p.stream_id and j.type = 'object'
		and strftime('%Y-%m-%dT%H:%M:%S', coalesce(
			json_extract(j.value, '$.ts'),
			json_extract(j.value, '$.endTime')))
			= substr(s.ts, 1, 19)
		and coalesce(json_extract(j.value, '$.ms_played'),
			json_extract(j.value, '$.msPlayed')) = s.ms_played
		and s.offline_timestamp in (coalesce(max(cast(json_extract(
				j.value, '$.offline_timestamp') as integer), 0), 0),
			cast(round(1000 * json_extract(
				j.value, '$.offline_timestamp')) as integer))
		and (s.item = coalesce(
				json_extract(j.value, '$.spotify_track_uri'),
				json_extract(j.value, '$.spotify_episode_uri'),
				json_extract(j.value, '$.audiobook_chapter_uri'),
				json_extract(j.value, '$.audiobook_uri'))
			or s.item in (
				json_extract(j.value,
					'$.master_metadata_album_artist_name')
				|| char(9) || json_extract(j.value,
					'$.master_metadata_track_name'),
				json_extract(j.value, '$.artistName')
				|| char(9) || json_extract(j.value, '$.trackName'),
				json_extract(j.value, '$.podcastName')
				|| char(9) || json_extract(j.value, '$.episodeName'),
				json_extract(j.value, '$.authorName') || char(9)
				|| json_extract(j.value, '$.audiobookName') || char(9)
				|| json_extract(j.value, '$.chapterName'), ''))
		and coalesce(json_extract(r.extra_json,
			'$.repeats."' || j.key || '"'), 1) = s.nth
		order by j.key limit 1) as "row",
	o.run_id, o.seq, r.endpoint, r.url, r.capture_id
from temp.listening_parts p
left join sources o on o.source_id = p.source_id
left join staging_raw r on r.run_id = o.run_id and r.seq = o.seq
order by p.part, p.told_at, p.stream_id;

-- name: listening_capture_ids
select distinct r.capture_id
from temp.listening_parts p
join sources o on o.source_id = p.source_id
join staging_raw r on r.run_id = o.run_id and r.seq = o.seq
order by r.capture_id;

-- name: listening_has_streams
select exists (select 1 from streaming_history);

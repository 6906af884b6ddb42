-- Views to look at what was loaded, documented column by column in
-- sp-schema(5).
--
-- A view with the mark /* sp */ is ours: a program that opens a database
-- where its text is another one puts this one in its place. One without the
-- mark is the user's own, and stays.

-- The streams that are pieces of a listening, each with the stream that
-- represents it.
create view if not exists stream_pieces as /* sp */
select m.leader_id, s.stream_id, s.started_at, s.ended_at, s.ms_played
from play_matches m join streaming_history s using (stream_id)
where m.rule = 'piece';

-- The plays of episodes, which play_matches does not have, and streams of the
-- same listening. The times are compared twice, so that a play finds its streams
-- by an index, and a stream its plays.
create view if not exists episode_matches as /* sp */
select e.user_id, e.played_at, e.episode_id, s.stream_id
from episode_history e
join streaming_history s
	on s.user_id = e.user_id and s.episode_id = e.episode_id
	and s.ts between strftime('%Y-%m-%dT%H:%M:%fZ', e.played_at,
			'-15 minutes')
		and strftime('%Y-%m-%dT%H:%M:%fZ', e.played_at, '+1 day')
	and e.played_at between strftime('%Y-%m-%dT%H:%M:%fZ', s.ts, '-1 day')
		and strftime('%Y-%m-%dT%H:%M:%fZ', s.ts, '+15 minutes')
	and s.started_at <= strftime('%Y-%m-%dT%H:%M:%fZ', e.played_at,
		'+5 seconds');

-- Every listening once: plays of the API, with the stream that each is, the
-- streams that are no play, and plays of episodes that are no stream. Names are
-- those of the export.
--
-- The parts list their columns with the same affinity: only then can SQLite
-- answer the views above this one part by part, in the order of an index.
create view if not exists listen_facts as /* sp */
select h.play_id, s.stream_id, h.user_id, h.played_at,
	s.started_at, cast(coalesce(s.ts, h.played_at) as text) as ended_at,
	cast(coalesce(s.kind, 'track') as text) as kind,
	h.track_id, s.episode_id,
	s.track_name, s.artist_name, s.album_name, s.episode_name, s.show_name,
	s.audiobook_title, s.audiobook_chapter_title,
	cast(s.ms_played + coalesce(
		(select sum(ms_played) from stream_pieces
			where leader_id = s.stream_id), 0) as integer)
		as ms_played,
	s.phantom, s.reason_start, s.reason_end, s.skipped, s.shuffle,
	s.offline, s.incognito_mode, s.platform, s.conn_country,
	h.context_type, h.context_uri, h.source as reported_by
from play_history h
left join play_matches m
	on m.play_id = h.play_id and m.leader_id = m.stream_id
left join streaming_history s on s.stream_id = m.stream_id
union all
select cast(null as integer), s.stream_id, s.user_id, s.ts,
	s.started_at, s.ts, s.kind,
	s.track_id, s.episode_id,
	s.track_name, s.artist_name, s.album_name, s.episode_name, s.show_name,
	s.audiobook_title, s.audiobook_chapter_title,
	s.ms_played,
	s.phantom, s.reason_start, s.reason_end, s.skipped, s.shuffle,
	s.offline, s.incognito_mode, s.platform, s.conn_country,
	cast(null as text), cast(null as text), cast('export' as text)
from streaming_history s
left join play_matches m on m.stream_id = s.stream_id
where m.play_id is null
	and (m.leader_id is null or m.leader_id = s.stream_id)
union all
select cast(null as integer), cast(null as integer), e.user_id, e.played_at,
	cast(null as text), e.played_at, cast('episode' as text),
	cast(null as text), e.episode_id,
	cast(null as text), cast(null as text), cast(null as text),
	cast(null as text), cast(null as text),
	cast(null as text), cast(null as text),
	cast(null as integer),
	cast(null as boolean), cast(null as text), cast(null as text),
	cast(null as boolean), cast(null as boolean),
	cast(null as boolean), cast(null as boolean),
	cast(null as text), cast(null as text),
	e.context_type, e.context_uri, e.source
from episode_history e
where not exists (select 1 from episode_matches m
	where m.user_id = e.user_id and m.played_at = e.played_at
	and m.episode_id = e.episode_id);

-- Each name is looked up by itself, and so is when pieces started and ended: what
-- is not asked for costs nothing.
create view if not exists listens as /* sp */
select f.play_id, f.stream_id, f.user_id, f.played_at,
	date(f.played_at, 'localtime') as local_day,
	cast(strftime('%H', f.played_at, 'localtime') as integer)
		as local_hour,
	cast(strftime('%w', f.played_at, 'localtime') as integer)
		as local_weekday,
	min(f.started_at, coalesce((select min(started_at) from stream_pieces
		where leader_id = f.stream_id), f.started_at)) as started_at,
	max(f.ended_at, coalesce((select max(ended_at) from stream_pieces
		where leader_id = f.stream_id), f.ended_at)) as ended_at,
	f.kind, f.track_id,
	coalesce((select name from tracks where track_id = f.track_id),
		f.track_name) as track,
	coalesce((select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = f.track_id order by a.name)),
		f.artist_name) as artists,
	(select album_id from tracks where track_id = f.track_id) as album_id,
	coalesce((select al.name from tracks t join albums al using (album_id)
		where t.track_id = f.track_id), f.album_name) as album,
	coalesce((select duration_ms from tracks where track_id = f.track_id),
		(select duration_ms from episodes
			where episode_id = f.episode_id)) as duration_ms,
	f.episode_id,
	coalesce((select name from episodes where episode_id = f.episode_id),
		f.episode_name) as episode,
	coalesce((select sh.name from episodes e join shows sh using (show_id)
		where e.episode_id = f.episode_id), f.show_name) as show,
	f.audiobook_title as audiobook, f.audiobook_chapter_title as chapter,
	f.track_name, f.artist_name, f.album_name,
	f.ms_played, f.phantom, f.reason_start, f.reason_end, f.skipped,
	f.shuffle, f.offline, f.incognito_mode as incognito, f.platform,
	f.conn_country, f.context_type, f.context_uri, f.reported_by,
	case when f.stream_id is null then 'api'
		when f.play_id is not null or exists (
			select 1 from episode_matches
			where stream_id = f.stream_id) then 'both'
		else 'export' end as source,
	coalesce(f.ms_played >= 30000, 1) and not coalesce(f.phantom, 0)
		as counts
from listen_facts f;

create view if not exists plays as /* sp */
select play_id, user_id, played_at,
	substr(played_at, 1, 10) as day,
	cast(substr(played_at, 12, 2) as integer) as hour,
	track_id, track, artists, album_id, album, duration_ms,
	context_type, context_uri, reported_by as source,
	local_day, local_hour, local_weekday,
	stream_id, kind, episode_id, episode, show, audiobook, chapter,
	started_at, ended_at, ms_played, counts
from listens;

-- The listenings that count of which an export has a stream, each with no more
-- than the views that count need. That they read all streams in the order of
-- their numbers makes the others cheap to find: matches and plays come mostly in
-- that order, too.
create view if not exists counted_streams as /* sp */
select s.user_id, coalesce(h.played_at, s.ts) as played_at,
	iif(h.play_id is null, s.track_id, h.track_id) as track_id,
	s.track_name, s.artist_name, s.album_name,
	s.ms_played + iif(m.play_id is null, 0, coalesce((
		select sum(ms_played) from stream_pieces
		where leader_id = s.stream_id), 0)) as ms_played
from streaming_history s
left join play_matches m on m.stream_id = s.stream_id
left join play_history h on h.play_id = m.play_id
where (m.leader_id is null or m.leader_id = s.stream_id)
	and not coalesce(s.phantom, 0)
	and (s.ms_played >= 30000 or s.ms_played
		+ iif(m.play_id is null, 0, coalesce((
			select sum(ms_played) from stream_pieces
			where leader_id = s.stream_id), 0)) >= 30000);

-- The others: plays that are no stream, and count. They are read from the index.
create view if not exists unstreamed_plays as /* sp */
select h.user_id, h.played_at, h.track_id
from play_history h
left join play_matches m
	on m.play_id = h.play_id and m.leader_id = m.stream_id
where m.stream_id is null;

-- All listenings that count. The lengths of tracks are put together first, in
-- little memory, as each is looked up many times.
create view if not exists counted_listens as /* sp */
with lengths as materialized (select track_id, duration_ms from tracks)
select p.user_id, p.played_at, p.track_id as track,
	coalesce(t.duration_ms, 0) as ms
from unstreamed_plays p left join lengths t on t.track_id = p.track_id
union all
select user_id, played_at, coalesce(track_id,
	coalesce(artist_name, '') || char(9) || track_name), ms_played
from counted_streams
union all
select e.user_id, e.played_at, null, coalesce(i.duration_ms, 0)
from episode_history e left join episodes i on i.episode_id = e.episode_id
where not exists (select 1 from episode_matches m
	where m.user_id = e.user_id and m.played_at = e.played_at
	and m.episode_id = e.episode_id);

-- Grouped by time first: rows come almost in that order.
create view if not exists listening_by_day as /* sp */
select user_id, local_day, plays, tracks, ms, local_day as day
from (select user_id, date(played_at, 'localtime') as local_day,
		count(*) as plays, count(distinct track) as tracks,
		sum(ms) as ms
	from counted_listens group by local_day, user_id)
order by user_id, local_day;

create view if not exists listening_by_hour as /* sp */
select user_id, local_hour, plays, tracks, ms, local_hour as hour
from (select user_id,
		cast(strftime('%H', played_at, 'localtime') as integer)
			as local_hour,
		count(*) as plays, count(distinct track) as tracks,
		sum(ms) as ms
	from counted_listens group by local_hour, user_id)
order by user_id, local_hour;

-- Streams and other plays are counted each, by what differs most, and only then
-- added up: so few rows have names. What has no id is known by its names; if just
-- one track of the user's with an id has these in an export, it is that.
-- plays_unmeasured are those of which the time that they took is not known.
create view if not exists listening_by_track as /* sp */
with streamed as materialized (
	select user_id, track_id, max(track_name) as track_name,
		max(artist_name) as artist_name, max(album_name) as album_name,
		count(*) as plays, sum(ms_played) as ms_measured,
		min(played_at) as first_played, max(played_at) as last_played
	from counted_streams
	where track_id is not null or track_name is not null
	group by coalesce(track_id,
		coalesce(artist_name, '') || char(9) || track_name), user_id
),
known as (
	select user_id, artist_name, track_name, min(track_id) as track_id
	from streamed where track_id is not null
	group by user_id, artist_name, track_name having count(*) = 1
),
counted as (
	select s.user_id, coalesce(s.track_id, k.track_id) as track_id,
		s.track_name, s.artist_name, s.album_name, s.plays,
		s.ms_measured, 0 as plays_unmeasured,
		s.first_played, s.last_played
	from streamed s
	left join known k on s.track_id is null and k.user_id = s.user_id
		and k.artist_name = s.artist_name
		and k.track_name = s.track_name
	union all
	select user_id, track_id, null, null, null, count(*), 0, count(*),
		min(played_at), max(played_at)
	from unstreamed_plays group by track_id, user_id
)
select user_id, track_id, max(track_name) as track_name,
	max(artist_name) as artist_name, max(album_name) as album_name,
	sum(plays) as plays, sum(ms_measured) as ms_measured,
	sum(plays_unmeasured) as plays_unmeasured,
	min(first_played) as first_played, max(last_played) as last_played
from counted
group by user_id, coalesce(track_id,
	coalesce(artist_name, '') || char(9) || track_name);

create view if not exists top_tracks as /* sp */
select p.user_id, p.track_id, coalesce(t.name, p.track_name) as track,
	coalesce((select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = p.track_id order by a.name)),
		p.artist_name) as artists,
	coalesce(al.name, p.album_name) as album, p.plays,
	p.ms_measured + coalesce(p.plays_unmeasured * t.duration_ms, 0) as ms,
	p.first_played, p.last_played
from listening_by_track p
left join tracks t on t.track_id = p.track_id
left join albums al on al.album_id = t.album_id
order by p.plays desc, p.last_played desc, p.track_id;

-- The artist of a track of which only the export has the names is the one that
-- has this name, if there is just one.
create view if not exists top_artists as /* sp */
select p.user_id, coalesce(ta.artist_id, n.artist_id) as artist_id,
	iif(ta.artist_id is null, p.artist_name, a.name) as artist,
	sum(p.plays) as plays, count(*) as tracks,
	sum(p.ms_measured
		+ coalesce(p.plays_unmeasured * t.duration_ms, 0)) as ms,
	min(p.first_played) as first_played,
	max(p.last_played) as last_played
from listening_by_track p
left join track_artists ta on ta.track_id = p.track_id
left join artists a on a.artist_id = ta.artist_id
left join tracks t on t.track_id = p.track_id
left join (select name, min(artist_id) as artist_id from artists
	group by name having count(*) = 1) n
	on ta.artist_id is null and n.name = p.artist_name
where ta.artist_id is not null or p.artist_name is not null
group by p.user_id,
	coalesce(ta.artist_id, n.artist_id, char(9) || p.artist_name)
order by 4 desc, 8 desc, 2;

create view if not exists top_albums as /* sp */
select p.user_id, t.album_id,
	iif(t.album_id is null, p.album_name, al.name) as album,
	sum(p.plays) as plays, count(*) as tracks,
	sum(p.ms_measured
		+ coalesce(p.plays_unmeasured * t.duration_ms, 0)) as ms,
	min(p.first_played) as first_played,
	max(p.last_played) as last_played
from listening_by_track p
left join tracks t on t.track_id = p.track_id
left join albums al on al.album_id = t.album_id
where t.album_id is not null or p.album_name is not null
group by p.user_id, coalesce(t.album_id,
	coalesce(p.artist_name, '') || char(9) || p.album_name)
order by 4 desc, 8 desc, 2;

-- The recording that each track is: an isrc, or the id of the track that the API
-- replaces by another one, which is the same recording.
create view if not exists recordings as /* sp */
with linked as (
	select linked_from_id, min(isrc) as isrc from tracks
	where linked_from_id is not null group by linked_from_id
)
select coalesce(t.isrc, o.isrc, n.isrc, l.isrc, t.linked_from_id, t.track_id)
		as recording_id,
	t.track_id, t.isrc, t.linked_from_id, t.name as track,
	t.album_id, al.name as album, al.release_date
from tracks t
left join tracks o on o.track_id = t.linked_from_id
left join linked n on n.linked_from_id = t.track_id
left join linked l on l.linked_from_id = t.linked_from_id
left join albums al on al.album_id = t.album_id
union all
select coalesce(l.isrc, l.linked_from_id), l.linked_from_id,
	null, null, null, null, null, null
from linked l
where not exists (select 1 from tracks where track_id = l.linked_from_id);

-- Track, artists and album are those of the release that was played most.
create view if not exists top_recordings as /* sp */
with played as (
	select p.*, r.isrc, t.duration_ms,
		coalesce(r.recording_id, p.track_id,
			coalesce(p.artist_name, '') || char(9) || p.track_name)
			as recording_id
	from listening_by_track p
	left join recordings r on r.track_id = p.track_id
	left join tracks t on t.track_id = p.track_id
),
ranked as (
	select *, row_number() over (partition by user_id, recording_id
		order by plays desc, last_played desc, track_id) as place
	from played
)
select c.user_id, c.recording_id, c.isrc, c.track_id,
	coalesce(t.name, c.track_name) as track,
	coalesce((select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = c.track_id order by a.name)),
		c.artist_name) as artists,
	coalesce(al.name, c.album_name) as album,
	c.releases, c.plays, c.ms, c.first_played, c.last_played
from (select user_id, recording_id, max(isrc) as isrc,
	max(iif(place = 1, track_id, null)) as track_id,
	max(iif(place = 1, track_name, null)) as track_name,
	max(iif(place = 1, artist_name, null)) as artist_name,
	max(iif(place = 1, album_name, null)) as album_name,
	count(*) as releases, sum(plays) as plays,
	sum(ms_measured + coalesce(plays_unmeasured * duration_ms, 0)) as ms,
	min(first_played) as first_played, max(last_played) as last_played
	from ranked group by user_id, recording_id) c
left join tracks t on t.track_id = c.track_id
left join albums al on al.album_id = t.album_id
order by c.plays desc, c.last_played desc, c.recording_id;

create view if not exists playlist_contents as /* sp */
select i.playlist_id, p.name as playlist, i.position, i.kind,
	i.track_id, e.episode_id, coalesce(t.name, e.name) as track,
	(select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = i.track_id order by a.name)) as artists,
	al.name as album, s.name as show,
	coalesce(t.duration_ms, e.duration_ms) as duration_ms,
	coalesce(i.uri, t.uri) as uri, i.added_at, i.added_by
from playlist_tracks i
left join playlists p on p.playlist_id = i.playlist_id
left join tracks t on t.track_id = i.track_id
left join albums al on al.album_id = t.album_id
left join episodes e on i.kind = 'episode' and e.episode_id = substr(i.uri, 17)
left join shows s on s.show_id = e.show_id
order by i.playlist_id, i.position;

-- What entered a playlist, and what left it, each between two times. An item has
-- left if the current list is newer than the last page that had it. Pages of one
-- list are fetched within a day, even if a rate limit interrupts them, so what was
-- seen first a day later or more is of another list.
create view if not exists playlist_changes as /* sp */
with lists as materialized (
	select distinct playlist_id, first_seen from playlist_item_history
)
select c.playlist_id, p.name as playlist, c.change, c.not_before, c.not_after,
	c.uri, t.track_id, coalesce(t.name, e.name) as track,
	(select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = t.track_id order by a.name)) as artists,
	c.added_by
from (select playlist_id, 'added' as change,
		iif(added_at < '1971', null, added_at) as not_before,
		iif(added_at < '1971', first_seen, added_at) as not_after,
		uri, added_by
	from playlist_item_history
	union all
	select i.playlist_id, 'removed', i.last_seen, coalesce((
			select min(first_seen) from lists l
			where l.playlist_id = i.playlist_id
				and first_seen < p.tracks_updated
				and first_seen > strftime('%Y-%m-%dT%H:%M:%fZ',
					i.last_seen, '+1 day')),
			p.tracks_updated),
		i.uri, null
	from playlist_item_history i join playlists p using (playlist_id)
	where i.last_seen < p.tracks_updated) c
left join playlists p on p.playlist_id = c.playlist_id
left join tracks t on t.track_id = iif(c.uri like 'spotify:track:%',
	substr(c.uri, 15), c.uri)
left join episodes e on c.uri like 'spotify:episode:%'
	and e.episode_id = substr(c.uri, 17)
order by c.playlist_id, c.not_after, c.change, c.uri;

-- A page of items does not say who owns the playlist, so that no row of
-- user_relationships can be made of it. Here the owner is known.
create view if not exists connections as /* sp */
select user_id, other_id, kind, min(first_seen) as first_seen,
	max(last_seen) as last_seen
from (select user_id, other_id, kind, first_seen, last_seen
	from user_relationships
	union all
	select i.added_by, p.owner_id, 'added-to-playlist-of',
		p.tracks_updated, p.tracks_updated
	from playlist_tracks i join playlists p using (playlist_id)
	where i.added_by <> '' and p.owner_id <> i.added_by)
group by user_id, other_id, kind;

-- The files of exports, each put together from its captures.
create view if not exists streaming_files as /* sp */
select user_id, sha256, min(file) as file, min(form) as form,
	sum(rows) as rows, max(file_rows) as file_rows,
	coalesce(sum(rows) = max(file_rows), 0) as is_whole,
	min(covered_from) as covered_from, max(covered_to) as covered_to
from streaming_coverage group by user_id, sha256;

-- Times between which the API may have lost plays: the holes between what
-- answers covered. A gap is as old as the first answer that begins where it
-- ends. A file of an export closes it that covers it, up to the second, from end
-- to end, if all of the file's rows are loaded.
create view if not exists play_gaps as /* sp */
select user_id, gap_from, gap_to, created_at,
	(select min(coalesce(f.file, f.sha256)) from streaming_files f
		where f.user_id = g.user_id and f.is_whole
		and substr(f.covered_from, 1, 19) <= substr(g.gap_from, 1, 19)
		and substr(f.covered_to, 1, 19) >= substr(g.gap_to, 1, 19))
		as closed_by
from (select user_id, covered_from as gap_to,
	max(covered_to) over (partition by user_id
		order by covered_from, covered_to
		rows between unbounded preceding and 1 preceding) as gap_from,
	min(created_at) over (partition by user_id, covered_from)
		as created_at
	from play_coverage) g
where gap_from < gap_to;

-- What the job catalogue fills in: tracks known by their id only, and artists
-- and albums of which no full object was seen. An id of another form than
-- Spotify's, as in some exports, is asked for by nobody: it would make the API
-- refuse the batch that it is in. The ids of an export are found one after
-- another in their index, as there are many streams of each.
create view if not exists catalogue_open as /* sp */
select kind, id
from (select 'track' as kind, id
	from (with recursive streamed (id) as (
			select min(track_id) from streaming_history
			where track_id is not null
			union all
			select (select track_id from streaming_history
				where track_id > id
				order by track_id limit 1)
			from streamed where id is not null
		)
		select id from streamed
		where not exists (select 1 from tracks where track_id = id)
		union all
		select track_id from tracks where name is null)
	union all
	select 'artist', artist_id from artists where vendor_json is null
	union all
	select 'album', album_id from albums where vendor_json is null)
where length(id) = 22 and id not glob '*[^0-9A-Za-z]*';

-- Runs whose captures were loaded, as far as they came: the ledger balanced, so
-- that the exit status of a failed run is not 65. Those of the run that it
-- replays were loaded with them.
create view if not exists loaded_runs as /* sp */
select run_id, user_id, account, job, started_at, ended_at, status,
	replay_of, replay_until
from ingest_runs
where status in ('complete', 'deferred')
	or (status = 'failed' and ledger_json is not null
		and exit_status <> 65);

-- Runs that broke off, are under way, or whose ledger does not balance, and that
-- no replay has loaded. The index ingest_runs_unloaded has such runs.
create view if not exists unloaded_runs as /* sp */
select run_id, user_id, account, job, started_at, ended_at, reason
from ingest_runs r
where status = 'failed' and (ledger_json is null or exit_status = 65)
	and replay_of is null
	and not exists (
		select 1 from loaded_runs l where l.replay_of = r.run_id);

-- What was refused for a reason that no earlier capture of the endpoint, the
-- user and the subject had for that part.
create view if not exists new_refusals as /* sp */
select error_id, run_id, stage, src, list, place, reason, record, seen_at,
	endpoint, user_id, subject
from ingest_errors e
where not exists (
	select 1 from ingest_errors k
	where k.endpoint = e.endpoint
		and k.reason = e.reason
		and k.place is e.place
		and k.user_id is e.user_id
		and k.subject is e.subject
		and k.src < e.src);

-- Views to look at what was loaded, documented column by column in
-- sp-schema(5).
--
-- A view with the mark /* sp */ is ours: a program that opens a database
-- where its text is another one puts this one in its place. One without the
-- mark is the user's own, and stays.

create view if not exists plays as /* sp */
select h.play_id, h.user_id, h.played_at,
	substr(h.played_at, 1, 10) as day,
	cast(substr(h.played_at, 12, 2) as integer) as hour,
	h.track_id, t.name as track,
	(select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = h.track_id order by a.name)) as artists,
	t.album_id, al.name as album, t.duration_ms,
	h.context_type, h.context_uri, h.source
from play_history h
left join tracks t on t.track_id = h.track_id
left join albums al on al.album_id = t.album_id;

create view if not exists listening_by_day as /* sp */
select h.user_id, substr(h.played_at, 1, 10) as day, count(*) as plays,
	count(distinct h.track_id) as tracks,
	coalesce(sum(t.duration_ms), 0) as ms
from play_history h
left join tracks t on t.track_id = h.track_id
group by 1, 2 order by 1, 2;

create view if not exists listening_by_hour as /* sp */
select h.user_id, cast(substr(h.played_at, 12, 2) as integer) as hour,
	count(*) as plays, count(distinct h.track_id) as tracks,
	coalesce(sum(t.duration_ms), 0) as ms
from play_history h
left join tracks t on t.track_id = h.track_id
group by 1, 2 order by 1, 2;

-- Counted first: then there is a name to look up a track and not a play.
create view if not exists top_tracks as /* sp */
select p.user_id, p.track_id, t.name as track,
	(select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = p.track_id order by a.name)) as artists,
	al.name as album, p.plays,
	coalesce(p.plays * t.duration_ms, 0) as ms,
	p.first_played, p.last_played
from (select user_id, track_id, count(*) as plays,
	min(played_at) as first_played, max(played_at) as last_played
	from play_history group by user_id, track_id) p
left join tracks t on t.track_id = p.track_id
left join albums al on al.album_id = t.album_id
order by p.plays desc, p.last_played desc, p.track_id;

create view if not exists top_artists as /* sp */
select p.user_id, ta.artist_id, a.name as artist, sum(p.plays) as plays,
	count(*) as tracks,
	coalesce(sum(p.plays * t.duration_ms), 0) as ms,
	min(p.first_played) as first_played,
	max(p.last_played) as last_played
from (select user_id, track_id, count(*) as plays,
	min(played_at) as first_played, max(played_at) as last_played
	from play_history group by user_id, track_id) p
join track_artists ta on ta.track_id = p.track_id
left join artists a on a.artist_id = ta.artist_id
left join tracks t on t.track_id = p.track_id
group by p.user_id, ta.artist_id
order by 4 desc, 8 desc, 2;

create view if not exists top_albums as /* sp */
select p.user_id, t.album_id, al.name as album, sum(p.plays) as plays,
	count(*) as tracks,
	coalesce(sum(p.plays * t.duration_ms), 0) as ms,
	min(p.first_played) as first_played,
	max(p.last_played) as last_played
from (select user_id, track_id, count(*) as plays,
	min(played_at) as first_played, max(played_at) as last_played
	from play_history group by user_id, track_id) p
join tracks t on t.track_id = p.track_id
left join albums al on al.album_id = t.album_id
where t.album_id is not null
group by p.user_id, t.album_id
order by 4 desc, 8 desc, 2;

create view if not exists playlist_contents as /* sp */
select i.playlist_id, p.name as playlist, i.position, i.kind,
	i.track_id, t.name as track,
	(select group_concat(name, ', ') from (
		select a.name from track_artists
		join artists a using (artist_id)
		where track_id = i.track_id order by a.name)) as artists,
	al.name as album, t.duration_ms, coalesce(i.uri, t.uri) as uri,
	i.added_at, i.added_by
from playlist_tracks i
left join playlists p on p.playlist_id = i.playlist_id
left join tracks t on t.track_id = i.track_id
left join albums al on al.album_id = t.album_id
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
	c.uri, t.track_id, t.name as track,
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

-- Times between which plays may be missing: the holes between what answers
-- covered. A gap is as old as the first answer that begins where it ends.
create view if not exists play_gaps as /* sp */
select user_id, gap_from, gap_to, created_at
from (select user_id, covered_from as gap_to,
	max(covered_to) over (partition by user_id
		order by covered_from, covered_to
		rows between unbounded preceding and 1 preceding) as gap_from,
	min(created_at) over (partition by user_id, covered_from)
		as created_at
	from play_coverage)
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
	select 'artist', artist_id from artists where images_json is null
	union all
	select 'album', album_id from albums
	where name is null or images_json is null)
where length(id) = 22 and id not glob '*[^0-9A-Za-z]*';

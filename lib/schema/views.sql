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

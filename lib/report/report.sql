-- The data of a report, as one JSON object.
--
-- sp-report(1) runs this in the sqlite3 shell; you can do so by hand:
--
--	sqlite3 -readonly music.db
--	sqlite> .parameter set :since "'2026-01-01'"
--	sqlite> .read report.sql
--
-- Parameters, each of which may be missing:
--	:user       whose listening; the one user of the database
--	:since      the first time of the period, in UTC
--	:until      the end of the period, which does not belong to it
--	:year       the year, if the period is one
--	:incognito  1: with what was heard in private sessions
--	:zone       the name of the time zone, which is that of the process
--	:version    of sp
--
-- Each `insert into report` below makes one member of the object, and the
-- comment above it says what is in it. What they have in common:
--
-- A listen is a row of the view `listens` of which `counts` is 1: it was heard
-- for 30 seconds or more, or how long is not known. What an export marks as a
-- private session is left out. `ms` is how long it was heard, in milliseconds,
-- or else how long the track is. It belongs to the day and hour of its
-- `played_at`, in local time.
--
-- A track is known by its id. One that only an export names, without an id, is
-- the track of the user with the same names that has one, if that is just one;
-- else it is known by its names. An artist is known by its id, too, or by its
-- name. A listen counts for each artist of its track.
--
-- Days are local, as 2026-11-30; times are in UTC.

.mode list
.headers off
begin;

create temp table asked as
select coalesce(:user, (select min(user_id) from (
		select user_id from play_history
		union select user_id from streaming_history
		union select user_id from episode_history))) as user_id,
	coalesce(:since, '') as since, coalesce(:until, '9999') as until,
	coalesce(:incognito, 0) as incognito,
	strftime('%Y-%m-%dT%H:%M:%SZ', 'now') as now;

-- The listens of the user, at any time. item is the id of a track, or its names.
create temp view counted as
select f.*, coalesce(track_id, coalesce(artist_name, '') || char(9) || track_name)
	as item
from listen_facts f
where user_id = (select user_id from asked)
	and coalesce(ms_played >= 30000, 1) and not coalesce(phantom, 0)
	and ((select incognito from asked) or not coalesce(incognito_mode, 0));

-- Which track each item is.
create temp table items as
with named as (
	select item, max(track_id) as track_id, max(track_name) as track_name,
		max(artist_name) as artist_name, max(album_name) as album_name
	from counted where item is not null group by item
), known as (
	select artist_name, track_name, min(track_id) as track_id
	from named where track_id is not null
	group by artist_name, track_name having count(*) = 1
)
select n.item, coalesce(n.track_id, k.track_id, n.item) as track_key,
	coalesce(n.track_id, k.track_id) as track_id,
	n.track_name, n.artist_name, n.album_name
from named n
left join known k on n.track_id is null
	and k.artist_name = n.artist_name and k.track_name = n.track_name;

-- The tracks, by number. Names are those of the API, else of the export.
create temp table songs (song integer primary key, track_key, track_id, track,
	artists, album, album_key, album_id, artist_name);
insert into songs
select null, i.track_key, i.track_id, coalesce(t.name, i.track_name),
	coalesce((select group_concat(name, ', ') from (
		select a.name from track_artists ta
		join artists a using (artist_id)
		where ta.track_id = i.track_id order by a.name)),
		i.artist_name),
	coalesce(al.name, i.album_name),
	coalesce(t.album_id, coalesce(i.artist_name, '') || char(9)
		|| i.album_name), t.album_id, i.artist_name
from (select track_key, max(track_id) as track_id,
		max(track_name) as track_name, max(artist_name) as artist_name,
		max(album_name) as album_name
	from items group by track_key order by track_key) i
left join tracks t on t.track_id = i.track_id
left join albums al on al.album_id = t.album_id;

create temp table song_of (item primary key, song) without rowid;
insert into song_of
select item, song from items join songs using (track_key);

-- The artists of each track. A name of an export is the artist that has it, if
-- that is just one.
create temp table credits as
with one_of_name as (
	select name, min(artist_id) as artist_id from artists
	group by name having count(*) = 1
)
select s.song, ta.artist_id as artist_key, ta.artist_id, a.name as artist
from songs s join track_artists ta on ta.track_id = s.track_id
left join artists a on a.artist_id = ta.artist_id
union all
select s.song, coalesce(n.artist_id, char(9) || s.artist_name),
	n.artist_id, s.artist_name
from songs s left join one_of_name n on n.name = s.artist_name
where s.artist_name is not null and not exists (
	select 1 from track_artists ta where ta.track_id = s.track_id);

-- The listens, those before the period too: what was new in it depends on them.
-- start is in milliseconds since 1970.
create temp table heard as
select played_at, day, hour, weekday, is_in, ms, song, kind, context_uri, source,
	cast(round((julianday(coalesce(started_at, played_at)) - 2440587.5)
		* 86400000) as integer) - iif(started_at is null, ms, 0) as start
from (select played_at, substr(local, 1, 10) as day,
		cast(substr(local, 12, 2) as integer) as hour,
		(cast(substr(local, 15) as integer) + 6) % 7 + 1 as weekday,
		played_at >= (select since from asked)
			and played_at < (select until from asked) as is_in,
		coalesce(ms_played, (select duration_ms from tracks t
			where t.track_id = c.track_id),
			(select duration_ms from episodes e
			where e.episode_id = c.episode_id), 0) as ms,
		(select song from song_of where item = c.item) as song,
		kind, context_uri,
		case when stream_id is null then 'api'
			when play_id is not null or kind = 'episode' and exists (
				select 1 from episode_matches m
				where m.stream_id = c.stream_id) then 'both'
			else 'export' end as source,
		iif(play_id is null, started_at, min(started_at, coalesce((
			select min(started_at) from stream_pieces
			where leader_id = c.stream_id), started_at)))
			as started_at
	from (select *, strftime('%Y-%m-%d %H %w', played_at, 'localtime')
		as local from counted) c);

-- Listens of each track by month, all time.
create temp table song_months as
select song, substr(day, 1, 7) as month, is_in, count(*) as listens,
	sum(ms) as ms, min(played_at) as first_played,
	max(played_at) as last_played, min(day) as first_day, max(day) as last_day
from heard where song is not null
group by song, 2, is_in;

create temp table song_totals as
select song, sum(listens) as listens, sum(ms) as ms,
	max(last_played) as last_played
from song_months where is_in group by song;

-- Streams of an extended export in the period, counted: also those that are too
-- short for a listen. A stream was skipped if the export says so, or that it
-- ended with the button for the next track: of all before 2022, exports say
-- skipped = false.
create temp table streams as
select kind, reason_end, coalesce(track_id,
		coalesce(artist_name, '') || char(9) || track_name) as item,
	max(track_name) as track_name, max(artist_name) as artist_name,
	count(*) as streams, sum(coalesce(skipped, 0)
		or coalesce(reason_end = 'fwdbtn', 0)) as skipped
from asked join streaming_history using (user_id)
where ts >= since and ts < until and form = 'extended'
	and not coalesce(phantom, 0)
	and (incognito or not coalesce(incognito_mode, 0))
group by 3, 2, 1;

-- Times that may lack listens. Those between two answers of the API are in
-- play_gaps. The time from the end of all files of an export to the first
-- answer of the API is another.
create temp table open_gaps as
select max(gap_from, since) as gap_from, min(gap_to, until) as gap_to, between_,
	date(max(gap_from, since), 'localtime') as first_day,
	date(min(gap_to, until), '-0.001 seconds', 'localtime') as last_day
from asked join (
	select user_id, gap_from, gap_to, 'api' as between_
	from play_gaps where closed_by is null
	union all
	select user_id, max(f.covered_to), (select min(covered_from)
			from play_coverage c where c.user_id = f.user_id),
		'export-api'
	from streaming_files f where is_whole group by user_id) using (user_id)
where gap_from < gap_to and gap_from < until and gap_to > since;

create temp table report (name text, value text);

insert into report select 'version', json_quote(:version);
insert into report select 'generated_at', json_quote(now) from asked;
insert into report select 'zone', json_quote(:zone);

-- user: who listened, or null if there is none.
insert into report
select 'user', (select json_object('user_id', a.user_id,
		'name', coalesce(u.display_name, a.user_id))
	from asked a left join users u using (user_id)
	where a.user_id is not null);

-- period: the days of the first and the last listen, and what was asked for.
insert into report
select 'period', json_object('from', min(day), 'to', max(day),
	'since', :since, 'until', :until, 'year', cast(:year as integer))
from heard where is_in;

-- totals: how much. new_tracks and new_artists are those first heard in the
-- period, of all that was ever heard.
insert into report
select 'totals', json_object('listens', count(day), 'ms', coalesce(sum(ms), 0),
	'tracks', (select count(*) from song_totals),
	'artists', (select count(distinct artist_key)
		from song_totals join credits using (song)),
	'albums', (select count(distinct album_key)
		from song_totals join songs using (song)),
	'new_tracks', (select count(*) from (select 1 from song_months
		group by song having min(first_played) >= since
		and min(first_played) < until)),
	'new_artists', (select count(*) from (select 1
		from song_months join credits using (song)
		group by artist_key having min(first_played) >= since
		and min(first_played) < until)),
	'days', count(distinct day))
from asked left join heard on is_in;

-- counted: of all listens in the period, how many do not count: phantoms,
-- which claim more time than passed, and those shorter than 30 seconds. Of the
-- others, incognito were heard in private sessions.
create temp table counted_as as
select count(*) as "all",
	coalesce(sum(is_phantom), 0) as phantom,
	coalesce(sum(not is_phantom and is_short), 0) as short,
	coalesce(sum(not is_phantom and not is_short and is_private), 0)
		as incognito
from (select coalesce(phantom, 0) as is_phantom,
		coalesce(ms_played < 30000, 0) as is_short,
		coalesce(incognito_mode, 0) as is_private
	from listen_facts where user_id = (select user_id from asked)
		and played_at >= (select since from asked)
		and played_at < (select until from asked));
insert into report
select 'counted', json_object('all', "all", 'phantom', phantom,
	'short', short, 'incognito', incognito)
from counted_as;

-- incognito: whether listens in private sessions are in this report, and how
-- many there are in the period.
insert into report
select 'incognito', json_object(
	'included', json(iif(a.incognito, 'true', 'false')),
	'listens', c.incognito)
from asked a, counted_as c;

-- kinds: track, episode, audiobook, video.
insert into report
select 'kinds', json_group_array(json_object('kind', kind, 'listens', listens,
	'ms', ms))
from (select kind, count(*) as listens, sum(ms) as ms from heard where is_in
	group by kind order by 2 desc, 1);

-- days: those with listens, in order.
insert into report
select 'days', json_group_array(json_object('day', day, 'listens', listens,
	'ms', ms))
from (select day, count(*) as listens, sum(ms) as ms from heard where is_in
	group by day order by day);

-- hours: of the week, weekday 1 is Monday; those with listens.
insert into report
select 'hours', json_group_array(json_object('weekday', weekday, 'hour', hour,
	'listens', listens, 'ms', ms))
from (select weekday, hour, count(*) as listens, sum(ms) as ms
	from heard where is_in group by weekday, hour order by weekday, hour);

-- months: every one from the first to the last listen. days_missing counts the
-- days that an open gap touches, at least in part.
insert into report
with recursive gap_days (day, last) as (
	select first_day, last_day from open_gaps
	union
	select date(day, '+1 day'), last from gap_days where day < last
), every (month, last) as (
	select substr(min(day), 1, 7), substr(max(day), 1, 7)
	from heard where is_in having count(*) > 0
	union all
	select substr(date(month || '-01', '+1 month'), 1, 7), last
	from every where month < last
), heard_in as (
	select substr(day, 1, 7) as month, count(*) as listens, sum(ms) as ms
	from heard where is_in group by 1
), missing_in as (
	select substr(day, 1, 7) as month, count(distinct day) as days
	from gap_days group by 1
)
select 'months', json_group_array(json_object('month', month,
	'listens', coalesce(listens, 0), 'ms', coalesce(ms, 0),
	'days_missing', coalesce(days, 0)))
from (select * from every left join heard_in using (month)
	left join missing_in using (month) order by month);

-- gaps: times of the period in which listens may be missing. between is api,
-- for a time between two answers of the API, or export-api, for that from the
-- end of an export to the first answer.
insert into report
select 'gaps', json_group_array(json_object('from', gap_from, 'to', gap_to,
	'first_day', first_day, 'last_day', last_day, 'between', between_))
from (select * from open_gaps order by gap_from);

-- top_artists: the 25 with the most listens. tracks counts different ones. ids
-- are null where only an export has the name.
insert into report
select 'top_artists', json_group_array(json_object('artist', artist,
	'artist_id', artist_id, 'listens', listens, 'ms', ms, 'tracks', tracks))
from (select max(artist) as artist, artist_id, sum(listens) as listens,
		sum(ms) as ms, count(*) as tracks
	from song_totals join credits using (song) group by artist_key
	order by sum(listens) desc, max(last_played) desc, artist_key limit 25);

-- top_tracks: the 25 with the most listens.
insert into report
select 'top_tracks', json_group_array(json_object('track', track,
	'artists', artists, 'album', album, 'track_id', track_id,
	'listens', listens, 'ms', ms))
from (select * from song_totals join songs using (song)
	order by listens desc, last_played desc, track_key limit 25);

-- top_albums: the 25 with the most listens.
insert into report
select 'top_albums', json_group_array(json_object('album', album,
	'artists', coalesce((select group_concat(name, ', ') from (
		select a.name from album_artists aa
		join artists a using (artist_id)
		where aa.album_id = l.album_id order by aa.position)), artist_name),
	'album_id', album_id, 'listens', listens, 'ms', ms, 'tracks', tracks))
from (select max(album) as album, album_id, max(artist_name) as artist_name,
		sum(listens) as listens, sum(ms) as ms, count(*) as tracks
	from song_totals join songs using (song)
	where album_key is not null group by album_key
	order by sum(listens) desc, max(last_played) desc, album_key
	limit 25) l;

-- firsts: the first listen to a track in each year.
insert into report
select 'firsts', json_group_array(json_object('year', cast(year as integer),
	'day', day, 'track', track, 'artists', artists))
from (select substr(h.day, 1, 4) as year, h.day, min(h.song) as song
	from heard h join (select min(played_at) as played_at from heard
		where is_in and song is not null group by substr(day, 1, 4)) f
		using (played_at)
	where h.is_in group by 1 order by 1)
join songs using (song);

-- loved: the 15 artists with listens in the most months, and these months.
create temp table artist_months (artist_key, month, artist, artist_id, listens, ms,
	first_day, last_day, primary key (artist_key, month)) without rowid;
insert into artist_months
select artist_key, month, max(artist), artist_id, sum(listens), sum(ms),
	min(first_day), max(last_day)
from song_months join credits using (song) where is_in
group by artist_key, month;
insert into report
select 'loved', json_group_array(json_object('artist', artist,
	'artist_id', artist_id, 'first_day', first_day, 'last_day', last_day,
	'months', months, 'listens', listens, 'by_month', json((
		select json_group_array(json_object('month', month,
			'listens', listens, 'ms', ms))
		from artist_months where artist_key = l.artist_key))))
from (select artist_key, max(artist) as artist, artist_id,
		min(first_day) as first_day, max(last_day) as last_day,
		count(*) as months, sum(listens) as listens
	from artist_months group by artist_key
	order by count(*) desc, sum(listens) desc, artist_key limit 15) l;

-- sessions: listens with less than 30 minutes between the end of one and the
-- start of the next. A listen starts at started_at, or if that is not known at
-- played_at less its ms, and ends ms later. longest is the one with the most ms;
-- day is the local day on which it started.
insert into report
with marked as (
	select rowid as id, start, ms, start - max(start + ms) over (
		order by start, rowid
		rows between unbounded preceding and 1 preceding) < 1800000
		as goes_on
	from heard where is_in
), numbered as (
	select start, ms, sum(not coalesce(goes_on, 0))
		over (order by start, id rows unbounded preceding) as nth
	from marked
), sessions as (
	select min(start) as start, max(start + ms) as end, sum(ms) as ms,
		count(*) as listens
	from numbered group by nth
)
select 'sessions', json_object('count', count(*), 'ms', coalesce(sum(ms), 0),
	'longest', json((select json_object(
		'day', date(start / 1000.0, 'unixepoch', 'localtime'),
		'from', strftime('%Y-%m-%dT%H:%M:%fZ', start / 1000.0, 'unixepoch'),
		'to', strftime('%Y-%m-%dT%H:%M:%fZ', end / 1000.0, 'unixepoch'),
		'ms', ms, 'listens', listens)
		from sessions order by ms desc, start limit 1)))
from sessions;

-- streaks: days in a row with a listen. current is the one that lasts until
-- today or yesterday, or null.
insert into report
with runs as (
	select day, julianday(day) - row_number() over (order by day) as run
	from (select distinct day from heard where is_in)
), streaks as (
	select min(day) as first, max(day) as last, count(*) as days
	from runs group by run
)
select 'streaks', json_object('longest', json((
		select json_object('from', first, 'to', last, 'days', days)
		from streaks order by days desc, first limit 1)),
	'current', json((
		select json_object('from', first, 'to', last, 'days', days)
		from streaks, asked
		where last >= date(now, 'localtime', '-1 day')
		order by last desc limit 1)));

-- endings: why streams of an export ended.
insert into report
select 'endings', json_group_array(json_object('reason', reason,
	'streams', streams))
from (select coalesce(nullif(reason_end, ''), 'unknown') as reason,
		sum(streams) as streams
	from streams group by 1 order by 2 desc, 1);

-- skips: of the streams of tracks in an extended export, how many were skipped,
-- and the 15 tracks that were skipped most; null without such streams.
insert into report
select 'skips', iif(count(*) > 0, json_object('streams', sum(streams),
	'skipped', sum(skipped), 'tracks', json((
		select json_group_array(json_object('track', track,
			'artists', artists, 'streams', streams, 'skipped', skipped))
		from (select coalesce(max(s.track), max(x.track_name)) as track,
				coalesce(max(s.artists), max(x.artist_name)) as artists,
				sum(streams) as streams, sum(skipped) as skipped
			from streams x left join song_of using (item)
			left join songs s using (song)
			where kind = 'track'
			group by coalesce(track_key, item) having sum(skipped) > 0
			order by sum(skipped) desc, sum(streams),
				coalesce(track_key, item) limit 15)))), 'null')
from streams where kind = 'track';

-- playlists: those of the user's library, and others that were played from in
-- the period. listens are those of the API that name the playlist; updated is
-- the day of the list that is stored. The 100 with the most listens.
create temp table lists as
select playlist_id, sum(listens) as listens
from (select playlist_id, 0 as listens
	from asked join user_playlists using (user_id)
	union all
	select substr(context_uri, 18), count(*) from heard
	where is_in and context_uri like 'spotify:playlist:%' group by 1)
group by playlist_id;
insert into report
select 'playlists', json_group_array(json_object('playlist_id', playlist_id,
	'name', name, 'owner', owner, 'tracks', tracks_total,
	'listens', listens, 'updated', date(tracks_updated, 'localtime')))
from (select l.playlist_id, p.name, p.tracks_total, p.tracks_updated, l.listens,
		coalesce(u.display_name, p.owner_id) as owner
	from lists l left join playlists p using (playlist_id)
	left join users u on u.user_id = p.owner_id
	order by l.listens desc, p.name, l.playlist_id limit 100);

-- playlist_changes: what entered or left these playlists in the period, by the
-- time at which it was seen at the latest. The newest 60.
insert into report
select 'playlist_changes', json_group_array(json_object(
	'day', date(not_after, 'localtime'), 'playlist', playlist,
	'playlist_id', playlist_id, 'change', change,
	'track', coalesce(track, uri), 'artists', artists))
from (select c.* from lists l join playlist_changes c using (playlist_id), asked
	where not_after >= since and not_after < until
	order by not_after desc, playlist_id, change, uri limit 60);

-- graph: the user, the artists that the user follows, and other users with a
-- connection to the user or to one who has one; not what these follow. At most
-- 60: 30 users, those first who have a connection with the user, and those with
-- more connections; and the artists with the most listens in the period. The
-- weight of an edge to an artist is its listens, else 1.
create temp table edges as
select 'user:' || user_id as from_, iif(kind = 'follows-artist', 'artist:',
	'user:') || other_id as to_, kind, other_id
from connections
where kind <> 'follows-artist' or user_id = (select user_id from asked);
create temp table nodes as
with me as (
	select 'user:' || user_id as id from asked where user_id is not null
), ends as (
	select from_ as id, to_ as other from edges
	union all select to_, from_ from edges
), near as (
	select other as id from ends where id in (select id from me)
), people as (
	select id from ends
	where id like 'user:%' and id not in (select id from me)
	group by id
	having max(id in (select id from near) or other in (select id from near))
	order by id in (select id from near) desc, count(*) desc, id
	limit 29
), artist_listens as (
	select artist_key, sum(listens) as listens
	from song_totals join credits using (song) group by artist_key
), followed as (
	select to_ as id, coalesce(max(listens), 0) as listens
	from edges left join artist_listens on artist_key = other_id
	where kind = 'follows-artist' group by to_
)
select id, 'me' as kind, 0 as listens from me
union all select id, 'user', 0 from people
union all select * from (select id, 'artist', listens from followed
	order by listens desc, id
	limit 60 - (select count(*) from people) - (select count(*) from me));
insert into report
select 'graph', json_object('nodes', json((
	select json_group_array(json_object('id', id, 'kind', kind, 'name',
		coalesce(iif(kind = 'artist', (select name from artists
			where artist_id = substr(id, 8)),
			(select display_name from users
			where user_id = substr(id, 6))), substr(id, instr(id, ':') + 1))))
	from (select * from nodes order by kind = 'artist', kind <> 'me',
		listens desc, id))),
	'edges', json((select json_group_array(json_object('from', from_, 'to', to_,
		'kind', kind, 'weight', weight))
	from (select e.from_, e.to_, e.kind, max(b.listens, 1) as weight
		from edges e join nodes a on a.id = e.from_
		join nodes b on b.id = e.to_ order by e.from_, e.to_, e.kind))));

-- sources: who reported the listens: the API, an export, or both.
insert into report
select 'sources', json_group_array(json_object('source', source,
	'listens', listens, 'first_day', first_day, 'last_day', last_day))
from (select source, count(*) as listens, min(day) as first_day,
		max(day) as last_day
	from heard where is_in group by source order by source);

-- files: of exports, whatever the period.
insert into report
select 'files', json_group_array(json_object('file', coalesce(file, sha256),
	'form', form, 'rows', rows, 'first_day', date(covered_from, 'localtime'),
	'last_day', date(covered_to, 'localtime')))
from (select f.* from asked join streaming_files f using (user_id)
	order by covered_from, file, sha256);

-- missing: open gaps in the period; the user's records that were refused, and
-- tracks of the period without a name; runs of the user that were interrupted and
-- not loaded yet. What names no user may be anyone's, and counts.
insert into report
select 'missing', json_array(
	json_object('what', 'gaps', 'count', (select count(*) from open_gaps)),
	json_object('what', 'refused', 'count', (select count(*)
		from ingest_errors e left join ingest_runs r using (run_id)
		where coalesce(e.user_id, r.user_id, a.user_id) is a.user_id
		and not (stage = 'sp-fetch' and e.reason like 'not sent: %'))),
	json_object('what', 'unnamed_tracks', 'count', (select count(*)
		from song_totals join songs using (song) where track is null)),
	json_object('what', 'unloaded', 'count', (select count(*)
		from unloaded_runs r
		where coalesce(r.user_id, a.user_id) is a.user_id)))
from asked a;

select json_group_object(name, json(coalesce(value, 'null'))) from report;
commit;

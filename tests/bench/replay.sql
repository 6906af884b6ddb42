-- What one would write to load captures of recently-played with DuckDB: the
-- tables and columns that sp fills from them, but for the provenance. The types
-- are given, so that no line is read twice; members without one are skipped. Each
-- page is read once; of what repeats, the newest is taken.

create table artists (
	artist_id text primary key,
	name text,
	uri text,
	last_updated timestamp
);

create table albums (
	album_id text primary key,
	name text,
	uri text,
	release_date text,
	release_date_precision text,
	album_type text,
	total_tracks integer,
	images_json text,
	last_updated timestamp
);

create table tracks (
	track_id text primary key,
	name text,
	uri text,
	album_id text,
	duration_ms integer,
	popularity integer,
	is_local boolean,
	explicit boolean,
	disc_number integer,
	track_number integer,
	isrc text,
	vendor_json text,
	created_at timestamp,
	last_updated timestamp
);

create table track_artists (
	track_id text,
	artist_id text,
	position integer,
	created_at timestamp,
	primary key (track_id, artist_id)
);

create table album_artists (
	album_id text,
	artist_id text,
	position integer,
	created_at timestamp,
	primary key (album_id, artist_id)
);

create table play_history (
	user_id text,
	track_id text,
	played_at timestamp,
	context_type text,
	context_uri text,
	source text,
	ingested_at timestamp,
	primary key (played_at, user_id, track_id)
);

create table playlist_ingest_queue (
	playlist_id text primary key,
	played_at timestamp,
	user_id text,
	detected_at timestamp
);

create table endpoint_status (
	user_id text,
	endpoint text,
	subject text,
	status integer,
	last_updated timestamp,
	primary key (user_id, endpoint, subject)
);

begin;

create temp table plays as
select "user" as user_id, endpoint, status, fetched_at,
	unnest(body.items, max_depth := 2)
from read_ndjson(INPUT, columns = {
	user: 'text',
	endpoint: 'text',
	status: 'integer',
	fetched_at: 'timestamp',
	body: 'struct(items struct(
		played_at timestamp,
		context struct(type text, uri text),
		track struct(
			id text,
			name text,
			uri text,
			duration_ms integer,
			popularity integer,
			is_local boolean,
			explicit boolean,
			disc_number integer,
			track_number integer,
			external_ids json,
			external_urls json,
			href text,
			preview_url text,
			type text,
			artists struct(id text, name text, uri text)[],
			album struct(
				id text,
				name text,
				uri text,
				release_date text,
				release_date_precision text,
				album_type text,
				total_tracks integer,
				images json,
				artists struct(id text, name text, uri text)[]
			)
		)
	)[])'
});

create temp table newest_tracks as
select track.id as track_id, arg_max(track, fetched_at) as track,
	min(fetched_at) as created_at, max(fetched_at) as last_updated
from plays
group by track.id;

create temp table newest_albums as
select track.album.id as album_id,
	arg_max(track.album, last_updated) as album,
	min(created_at) as created_at, max(last_updated) as last_updated
from newest_tracks
group by track.album.id;

create temp table artists_of_tracks as
select track_id, created_at, last_updated, unnest(track.artists) as artist,
	generate_subscripts(track.artists, 1) - 1 as position
from newest_tracks;

create temp table artists_of_albums as
select album_id, created_at, last_updated, unnest(album.artists) as artist,
	generate_subscripts(album.artists, 1) - 1 as position
from newest_albums;

insert into tracks
select track_id, track.name, track.uri, track.album.id, track.duration_ms,
	track.popularity, track.is_local, track.explicit, track.disc_number,
	track.track_number, track.external_ids->>'isrc',
	case when track.external_ids is not null then to_json({
		external_ids: track.external_ids,
		external_urls: track.external_urls,
		href: track.href,
		preview_url: track.preview_url,
		type: track.type
	}) end,
	created_at, last_updated
from newest_tracks
on conflict (track_id) do update set
	name = excluded.name,
	uri = excluded.uri,
	album_id = excluded.album_id,
	duration_ms = excluded.duration_ms,
	popularity = excluded.popularity,
	is_local = excluded.is_local,
	explicit = excluded.explicit,
	disc_number = excluded.disc_number,
	track_number = excluded.track_number,
	isrc = excluded.isrc,
	vendor_json = excluded.vendor_json,
	last_updated = excluded.last_updated;

insert into albums
select album_id, album.name, album.uri, album.release_date,
	album.release_date_precision, album.album_type, album.total_tracks,
	album.images, last_updated
from newest_albums
on conflict (album_id) do update set
	name = excluded.name,
	uri = excluded.uri,
	release_date = excluded.release_date,
	release_date_precision = excluded.release_date_precision,
	album_type = excluded.album_type,
	total_tracks = excluded.total_tracks,
	images_json = excluded.images_json,
	last_updated = excluded.last_updated;

insert into artists
select artist.id, arg_max(artist.name, last_updated),
	arg_max(artist.uri, last_updated), max(last_updated)
from (
	select artist, last_updated from artists_of_tracks
	union all
	select artist, last_updated from artists_of_albums
)
group by artist.id
on conflict (artist_id) do update set
	name = excluded.name,
	uri = excluded.uri,
	last_updated = excluded.last_updated;

insert into track_artists
select track_id, artist.id, position, created_at from artists_of_tracks
on conflict do nothing;

insert into album_artists
select album_id, artist.id, position, created_at from artists_of_albums
on conflict do nothing;

insert into play_history
select user_id, track.id, played_at, context.type, context.uri, 'spotify',
	fetched_at
from plays
on conflict do nothing;

insert into playlist_ingest_queue
select split_part(context.uri, ':', 3), max(played_at),
	arg_max(user_id, played_at), arg_max(fetched_at, played_at)
from plays
where starts_with(context.uri, 'spotify:playlist:')
group by 1
on conflict (playlist_id) do update set
	played_at = excluded.played_at,
	user_id = excluded.user_id,
	detected_at = excluded.detected_at;

insert into endpoint_status
select user_id, endpoint, '', arg_max(status, fetched_at), max(fetched_at)
from plays
group by user_id, endpoint
on conflict (user_id, endpoint, subject) do update set
	status = excluded.status,
	last_updated = excluded.last_updated;

commit;

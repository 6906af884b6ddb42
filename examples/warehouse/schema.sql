-- Made by generate.sh. For PostgreSQL: the data of many databases of sp, which
-- source_db distinguishes. Columns are those of sp-schema(5), without provenance.
--
--	psql -f schema.sql
--
-- Run it again after an upgrade of sp: it adds the tables that are missing.

-- The last push of each database: its mark in the outbox there.
create table if not exists pushes (
	source_db text not null primary key,
	seq bigint not null,
	token text not null,
	pushed_at timestamptz
);

create table if not exists album_artists (
	source_db text not null,
	album_id text not null,
	artist_id text not null,
	position bigint,
	created_at timestamptz,
	last_updated timestamptz,
	primary key (source_db, album_id, artist_id)
);

create table if not exists albums (
	source_db text not null,
	album_id text not null,
	name text,
	release_date text,
	release_date_precision text,
	album_type text,
	total_tracks bigint,
	label text,
	upc text,
	uri text,
	images_json jsonb,
	vendor_json jsonb,
	last_updated timestamptz,
	primary key (source_db, album_id)
);

create table if not exists artists (
	source_db text not null,
	artist_id text not null,
	name text,
	uri text,
	genres_json jsonb,
	popularity bigint,
	followers bigint,
	images_json jsonb,
	vendor_json jsonb,
	last_updated timestamptz,
	primary key (source_db, artist_id)
);

create table if not exists episode_history (
	source_db text not null,
	user_id text not null,
	played_at timestamptz not null,
	episode_id text not null,
	context_type text,
	context_uri text,
	source text,
	ingested_at timestamptz,
	last_updated timestamptz,
	primary key (source_db, user_id, played_at, episode_id)
);

create table if not exists episodes (
	source_db text not null,
	episode_id text not null,
	name text,
	show_id text,
	duration_ms bigint,
	release_date text,
	release_date_precision text,
	explicit boolean,
	description text,
	uri text,
	images_json jsonb,
	vendor_json jsonb,
	created_at timestamptz,
	last_updated timestamptz,
	primary key (source_db, episode_id)
);

create table if not exists play_coverage (
	source_db text not null,
	user_id text not null,
	covered_from timestamptz not null,
	covered_to timestamptz not null,
	created_at timestamptz,
	primary key (source_db, user_id, covered_from, covered_to)
);

create table if not exists play_history (
	source_db text not null,
	play_id bigint not null,
	user_id text not null,
	track_id text,
	played_at timestamptz,
	context_type text,
	context_uri text,
	source text,
	ingested_at timestamptz,
	last_updated timestamptz,
	primary key (source_db, user_id, play_id)
) partition by hash (user_id);

create table if not exists play_matches (
	source_db text not null,
	stream_id bigint not null,
	play_id bigint,
	leader_id bigint,
	rule text,
	distance_ms bigint,
	primary key (source_db, stream_id)
);

create table if not exists playlist_item_history (
	source_db text not null,
	playlist_id text not null,
	uri text not null,
	added_at timestamptz not null,
	added_by text,
	first_seen timestamptz,
	last_seen timestamptz,
	last_updated timestamptz,
	primary key (source_db, playlist_id, uri, added_at)
);

create table if not exists playlist_tracks (
	source_db text not null,
	playlist_id text not null,
	position bigint not null,
	track_id text,
	uri text,
	added_at timestamptz,
	added_by text,
	kind text,
	primary key (source_db, playlist_id, position)
);

create table if not exists playlists (
	source_db text not null,
	playlist_id text not null,
	name text,
	owner_id text,
	owner_type text,
	public boolean,
	collaborative boolean,
	description text,
	uri text,
	images_json jsonb,
	vendor_json jsonb,
	last_refreshed timestamptz,
	snapshot_id text,
	tracks_total bigint,
	tracks_list text,
	tracks_snapshot_id text,
	tracks_updated timestamptz,
	last_updated timestamptz,
	primary key (source_db, playlist_id)
);

create table if not exists shows (
	source_db text not null,
	show_id text not null,
	name text,
	publisher text,
	description text,
	total_episodes bigint,
	uri text,
	images_json jsonb,
	last_updated timestamptz,
	primary key (source_db, show_id)
);

create table if not exists streaming_coverage (
	source_db text not null,
	user_id text not null,
	sha256 text not null,
	first_row bigint not null,
	file text,
	form text,
	rows bigint,
	file_rows bigint,
	covered_from timestamptz,
	covered_to timestamptz,
	last_updated timestamptz,
	primary key (source_db, user_id, sha256, first_row)
);

create table if not exists streaming_history (
	source_db text not null,
	stream_id bigint not null,
	user_id text not null,
	ts timestamptz,
	item text,
	offline_timestamp bigint,
	ms_played bigint,
	nth bigint,
	form text,
	kind text,
	track_id text,
	episode_id text,
	started_at timestamptz,
	phantom boolean,
	track_name text,
	artist_name text,
	album_name text,
	episode_name text,
	show_name text,
	audiobook_title text,
	audiobook_uri text,
	audiobook_chapter_title text,
	audiobook_chapter_uri text,
	reason_start text,
	reason_end text,
	skipped boolean,
	shuffle boolean,
	offline boolean,
	incognito_mode boolean,
	platform text,
	conn_country text,
	vendor_json jsonb,
	created_at timestamptz,
	last_updated timestamptz,
	primary key (source_db, user_id, stream_id)
) partition by hash (user_id);

create table if not exists track_artists (
	source_db text not null,
	track_id text not null,
	artist_id text not null,
	position bigint,
	created_at timestamptz,
	last_updated timestamptz,
	primary key (source_db, track_id, artist_id)
);

create table if not exists tracks (
	source_db text not null,
	track_id text not null,
	name text,
	album_id text,
	duration_ms bigint,
	popularity bigint,
	uri text,
	is_local boolean,
	explicit boolean,
	isrc text,
	disc_number bigint,
	track_number bigint,
	linked_from_id text,
	audio_features_json jsonb,
	vendor_json jsonb,
	created_at timestamptz,
	last_updated timestamptz,
	primary key (source_db, track_id)
);

create table if not exists user_playlists (
	source_db text not null,
	user_id text not null,
	playlist_id text not null,
	first_seen timestamptz,
	last_seen timestamptz,
	primary key (source_db, user_id, playlist_id)
);

create table if not exists user_relationships (
	source_db text not null,
	user_id text not null,
	other_id text not null,
	kind text not null,
	first_seen timestamptz,
	last_seen timestamptz,
	primary key (source_db, user_id, other_id, kind)
);

create table if not exists users (
	source_db text not null,
	user_id text not null,
	display_name text,
	uri text,
	images_json jsonb,
	is_me boolean,
	followers bigint,
	country text,
	product text,
	account_id text,
	vendor_json jsonb,
	last_refreshed timestamptz,
	last_updated timestamptz,
	primary key (source_db, user_id)
);

create table if not exists play_history_0 partition of play_history
	for values with (modulus 16, remainder 0);

create table if not exists streaming_history_0 partition of streaming_history
	for values with (modulus 16, remainder 0);

create table if not exists play_history_1 partition of play_history
	for values with (modulus 16, remainder 1);

create table if not exists streaming_history_1 partition of streaming_history
	for values with (modulus 16, remainder 1);

create table if not exists play_history_2 partition of play_history
	for values with (modulus 16, remainder 2);

create table if not exists streaming_history_2 partition of streaming_history
	for values with (modulus 16, remainder 2);

create table if not exists play_history_3 partition of play_history
	for values with (modulus 16, remainder 3);

create table if not exists streaming_history_3 partition of streaming_history
	for values with (modulus 16, remainder 3);

create table if not exists play_history_4 partition of play_history
	for values with (modulus 16, remainder 4);

create table if not exists streaming_history_4 partition of streaming_history
	for values with (modulus 16, remainder 4);

create table if not exists play_history_5 partition of play_history
	for values with (modulus 16, remainder 5);

create table if not exists streaming_history_5 partition of streaming_history
	for values with (modulus 16, remainder 5);

create table if not exists play_history_6 partition of play_history
	for values with (modulus 16, remainder 6);

create table if not exists streaming_history_6 partition of streaming_history
	for values with (modulus 16, remainder 6);

create table if not exists play_history_7 partition of play_history
	for values with (modulus 16, remainder 7);

create table if not exists streaming_history_7 partition of streaming_history
	for values with (modulus 16, remainder 7);

create table if not exists play_history_8 partition of play_history
	for values with (modulus 16, remainder 8);

create table if not exists streaming_history_8 partition of streaming_history
	for values with (modulus 16, remainder 8);

create table if not exists play_history_9 partition of play_history
	for values with (modulus 16, remainder 9);

create table if not exists streaming_history_9 partition of streaming_history
	for values with (modulus 16, remainder 9);

create table if not exists play_history_10 partition of play_history
	for values with (modulus 16, remainder 10);

create table if not exists streaming_history_10 partition of streaming_history
	for values with (modulus 16, remainder 10);

create table if not exists play_history_11 partition of play_history
	for values with (modulus 16, remainder 11);

create table if not exists streaming_history_11 partition of streaming_history
	for values with (modulus 16, remainder 11);

create table if not exists play_history_12 partition of play_history
	for values with (modulus 16, remainder 12);

create table if not exists streaming_history_12 partition of streaming_history
	for values with (modulus 16, remainder 12);

create table if not exists play_history_13 partition of play_history
	for values with (modulus 16, remainder 13);

create table if not exists streaming_history_13 partition of streaming_history
	for values with (modulus 16, remainder 13);

create table if not exists play_history_14 partition of play_history
	for values with (modulus 16, remainder 14);

create table if not exists streaming_history_14 partition of streaming_history
	for values with (modulus 16, remainder 14);

create table if not exists play_history_15 partition of play_history
	for values with (modulus 16, remainder 15);

create table if not exists streaming_history_15 partition of streaming_history
	for values with (modulus 16, remainder 15);

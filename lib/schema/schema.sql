-- The database of sp, documented column by column in sp-schema(5).
--
-- This file is the whole truth: a program that opens an older database adds
-- the tables, columns and indexes that it lacks, and never drops any. An index
-- whose text is another one is made anew.
--
-- A table with `column_times` is merged column by column: `last_updated` is
-- the newest time of an observation of any of a row's columns, `column_times`
-- the times of those columns observed earlier (NULL where there are none). In one
-- with first_seen and last_seen it has their times where those are others.
-- created_at is when a row was first observed.
--
-- Each value has its source, too: the capture that it came from. `row_source`
-- is the source of all columns of a row but those of which `column_sources`
-- names another, and `first_source` that of its created_at or first_seen,
-- where it is another. 0 is no capture, and NULL or -1 not known: as in what an
-- older sp has loaded.

-- Ids come in no order. What may grow large has a rowid, so that new rows go
-- to the end and only a narrow index is written all over: with some hundred
-- thousand tracks that is half of the writing, for a tenth more space.
create table if not exists tracks (
	track_id text not null primary key,
	name text,
	album_id text,
	duration_ms integer,
	popularity integer,
	uri text,
	is_local boolean,
	explicit boolean,
	isrc text,
	disc_number integer,
	track_number integer,
	linked_from_id text,
	audio_features_json text,
	vendor_json text,
	created_at text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text
);

-- Tracks known by id only: what the job catalogue asks for.
create index if not exists tracks_unnamed on tracks (track_id)
	where name is null;

create index if not exists tracks_isrc on tracks (isrc)
	where isrc is not null;

create table if not exists albums (
	album_id text not null primary key,
	name text,
	release_date text,
	release_date_precision text,
	album_type text,
	total_tracks integer,
	label text,
	upc text,
	uri text,
	images_json text,
	vendor_json text,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text
);

create table if not exists artists (
	artist_id text not null primary key,
	name text,
	uri text,
	genres_json text,
	popularity integer,
	followers integer,
	images_json text,
	vendor_json text,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text
);

-- last_updated stays NULL while it is the same as created_at, here and in
-- album_artists.
create table if not exists track_artists (
	track_id text not null,
	artist_id text not null,
	position integer,
	created_at text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text,
	primary key (track_id, artist_id)
) without rowid;

create table if not exists album_artists (
	album_id text not null,
	artist_id text not null,
	position integer,
	created_at text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text,
	primary key (album_id, artist_id)
) without rowid;

create table if not exists episodes (
	episode_id text not null primary key,
	name text,
	show_id text,
	duration_ms integer,
	release_date text,
	release_date_precision text,
	explicit boolean,
	description text,
	uri text,
	images_json text,
	vendor_json text,
	created_at text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text
);

create table if not exists shows (
	show_id text not null primary key,
	name text,
	publisher text,
	description text,
	total_episodes integer,
	uri text,
	images_json text,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text
);

-- last_updated stays NULL while it is the same as ingested_at.
create table if not exists play_history (
	play_id integer primary key,
	user_id text not null,
	track_id text not null,
	played_at text not null,
	context_type text,
	context_uri text,
	source text,
	ingested_at text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text
);

-- In the order of time, whoever played: new plays go to the end of the index, and
-- the last plays are found there.
create unique index if not exists play_history_unique
	on play_history (played_at, user_id, track_id);

-- The plays of episodes, which are no tracks.
create table if not exists episode_history (
	user_id text not null,
	played_at text not null,
	episode_id text not null,
	context_type text,
	context_uri text,
	source text,
	ingested_at text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text,
	primary key (user_id, played_at, episode_id)
) without rowid;

create index if not exists episode_history_time
	on episode_history (played_at);

-- played_at and user_id: the newest play that named the playlist and whose
-- it was, NULL if it was added by hand.
create table if not exists playlist_ingest_queue (
	playlist_id text not null primary key,
	detected_at text,
	played_at text,
	user_id text,
	row_source integer
) without rowid;

-- Tombstones: when a playlist last left the queue. What was detected before does
-- not enter it again.
create table if not exists playlist_ingest_done (
	playlist_id text not null primary key,
	done_at text not null,
	row_source integer
) without rowid;

-- tracks_list, tracks_snapshot_id and tracks_updated are of the list that
-- playlist_tracks holds, and are one value. tracks_sources has the source of
-- each of its pages, as [[position, source], ...].
create table if not exists playlists (
	playlist_id text not null primary key,
	name text,
	owner_id text,
	owner_type text,
	public boolean,
	collaborative boolean,
	description text,
	uri text,
	images_json text,
	vendor_json text,
	last_refreshed text,
	snapshot_id text,
	tracks_total integer,
	tracks_list text,
	tracks_snapshot_id text,
	tracks_updated text,
	tracks_sources text,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text
) without rowid;

create table if not exists playlist_tracks (
	playlist_id text not null,
	position integer not null,
	track_id text,
	uri text,
	added_at text,
	added_by text,
	kind text,
	primary key (playlist_id, position)
) without rowid;

-- Pages of lists of tracks that are not stored yet. A row with the offset -1
-- is the check of the snapshot that follows the last of several pages. A list
-- that resumes another one, `follows`, goes on where the pages of that end.
create table if not exists playlist_pages (
	playlist_id text not null,
	list text not null,
	page_offset integer not null,
	item_count integer,
	total integer,
	snapshot_id text,
	check_due boolean,
	told_at text not null,
	items_json text,
	follows text,
	is_last boolean,
	row_source integer,
	primary key (playlist_id, list, page_offset)
) without rowid;

-- What was in playlists: each item of each page of a list that came. added_at
-- is 1970 where the API does not say it.
create table if not exists playlist_item_history (
	playlist_id text not null,
	uri text not null,
	added_at text not null,
	added_by text,
	first_seen text,
	last_seen text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text,
	primary key (playlist_id, uri, added_at)
) without rowid;

-- The playlists that each user has in the own library.
create table if not exists user_playlists (
	user_id text not null,
	playlist_id text not null,
	first_seen text,
	last_seen text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text,
	primary key (user_id, playlist_id)
) without rowid;

create table if not exists users (
	user_id text not null primary key,
	display_name text,
	uri text,
	images_json text,
	is_me boolean,
	followers integer,
	country text,
	product text,
	account_id text,
	vendor_json text,
	last_refreshed text,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text
) without rowid;

create table if not exists user_relationships (
	user_id text not null,
	other_id text not null,
	kind text not null,
	first_seen text,
	last_seen text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text,
	primary key (user_id, other_id, kind)
) without rowid;

-- Times between which all plays that the API had are known: of each planned
-- response those from its oldest play to its newest. play_gaps is the rest.
create table if not exists play_coverage (
	user_id text not null,
	covered_from text not null,
	covered_to text not null,
	created_at text,
	row_source integer,
	primary key (user_id, covered_from, covered_to)
) without rowid;

-- The streams of a streaming history export, in one of its two forms. item is
-- the uri, else the names. nth counts what is equal in one file. What ended is
-- at ts: ended_at is another name for it. Names are those of the export.
create table if not exists streaming_history (
	stream_id integer primary key,
	user_id text not null,
	ts text not null,
	item text not null,
	offline_timestamp integer not null,
	ms_played integer not null,
	nth integer not null,
	form text,
	kind text,
	track_id text,
	episode_id text,
	started_at text,
	ended_at text generated always as (ts) virtual,
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
	vendor_json text,
	created_at text,
	last_updated text,
	column_times text,
	row_source integer,
	first_source integer,
	column_sources text
);

-- In the order of time, as plays are. An export is mostly sorted by it.
create unique index if not exists streaming_history_unique
	on streaming_history
	(ts, user_id, item, offline_timestamp, ms_played, nth);

create index if not exists streaming_history_track
	on streaming_history (track_id) where track_id is not null;

-- Streams that are known by their names alone, as in a basic export.
create index if not exists streaming_history_title
	on streaming_history (track_name)
	where track_id is null and track_name is not null;
create index if not exists streaming_history_artist
	on streaming_history (artist_name)
	where track_id is null and track_name is not null;

-- Between which times each capture of an export has streams. A file covers its
-- time once the rows of its captures are all of its rows.
create table if not exists streaming_coverage (
	user_id text not null,
	sha256 text not null,
	first_row integer not null,
	file text,
	form text,
	rows integer,
	file_rows integer,
	covered_from text,
	covered_to text,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text,
	primary key (user_id, sha256, first_row)
) without rowid;

-- Which stream is which play: derived from the two and from the isrc of tracks.
-- play_id is NULL for a stream whose listening has no play. leader_id is the
-- stream that represents the listening.
create table if not exists play_matches (
	stream_id integer primary key,
	play_id integer,
	leader_id integer not null,
	rule text,
	distance_ms integer
);

create index if not exists play_matches_play on play_matches (play_id);
create index if not exists play_matches_pieces on play_matches (leader_id)
	where rule = 'piece';

-- Times of users, in Unix milliseconds, in which streams or plays have changed
-- that are not matched yet.
create table if not exists unmatched_spans (
	user_id text not null,
	span_from integer not null,
	span_to integer not null
);

-- How far a job has come, in Unix milliseconds; only ever moves forward. One
-- that is later than its last_updated counts as absent.
create table if not exists cursors (
	user_id text not null,
	job text not null,
	value integer not null,
	last_updated text,
	row_source integer,
	primary key (user_id, job)
) without rowid;

-- How the last request for something ended, and when to ask again.
-- denied is what the last 403 was about: login, app, endpoint or subject.
create table if not exists endpoint_status (
	user_id text not null,
	endpoint text not null,
	subject text not null,
	status integer,
	reason text,
	retry_at text,
	denied text,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text,
	primary key (user_id, endpoint, subject)
) without rowid;

-- What the API answered about a track, album or artist that was asked for by its
-- id: 200, or 404 where there is none. kind is track, album or artist.
create table if not exists catalogue_answers (
	kind text not null,
	id text not null,
	status integer,
	last_updated text,
	column_times text,
	row_source integer,
	column_sources text,
	primary key (kind, id)
) without rowid;

-- When the deadlines set before were lifted by hand; user_id '' is for accounts
-- whose user is not known yet.
create table if not exists lifted_deadlines (
	user_id text not null,
	endpoint text not null,
	lifted_at text not null,
	primary key (user_id, endpoint)
) without rowid;

-- The accounts of sp-fetch: the Spotify user of each, the app that made its
-- last request (quotas are per app), the scopes of the login, separated by
-- spaces, and when the login ends; NULL while they are not known.
create table if not exists accounts (
	account text not null primary key,
	user_id text not null,
	client_id text,
	last_updated text,
	scopes text,
	login_ends text
) without rowid;

-- The captures that values come from, by run and seq. They stay when their
-- captures are pruned: then fetched_at says when those were fetched.
create table if not exists sources (
	source_id integer primary key,
	run_id text not null,
	seq integer not null,
	fetched_at text
);

create unique index if not exists sources_unique on sources (run_id, seq);

-- Every response as it came. extra_json holds what else the capture carried.
-- body_is_text is 0 for a body of JSON, 1 for another text, 2 for bytes that
-- travel in base 64. file_sha256 and first_row name a part of an exported file:
-- the same part is not stored again.
create table if not exists staging_raw (
	capture_id integer primary key,
	run_id text,
	seq integer,
	endpoint text not null,
	user_id text,
	url text,
	status integer,
	fetched_at text,
	body_is_text boolean not null default 0,
	extra_json text,
	body_id integer,
	file_sha256 text,
	first_row integer
);

create unique index if not exists staging_raw_unique
	on staging_raw (run_id, seq);

create index if not exists staging_raw_files
	on staging_raw (file_sha256, first_row) where file_sha256 is not null;

create index if not exists staging_raw_limits on staging_raw (fetched_at)
	where (status in (408, 429) or status >= 500);

-- The bodies of responses, each kept once. sha256 and size are of its plain
-- bytes; body is these as text or, where it got smaller by it, a blob in
-- zlib's format (RFC 1950).
create table if not exists staging_bodies (
	body_id integer primary key,
	sha256 blob not null,
	size integer not null,
	body blob not null
);

create unique index if not exists staging_bodies_unique
	on staging_bodies (sha256);

-- The run log. A run has status 'failed' until its end record arrives, and
-- 'forgotten' once its captures were taken back.
-- replay_of: the run whose captures it repeated, up to the capture_id
-- replay_until. process: the program that works on it, see base/os.h.
create table if not exists ingest_runs (
	run_id text not null primary key,
	job text,
	account text,
	user_id text,
	started_at text,
	ended_at text,
	status text not null,
	reason text,
	exit_status integer,
	cursor_before integer,
	cursor_after integer,
	requests integer,
	captures integer,
	rows_read integer,
	rows_inserted integer,
	rows_updated integer,
	rows_unchanged integer,
	refused integer,
	gaps_json text,
	receipt_json text,
	ledger_json text,
	replay_of text,
	replay_until integer,
	process text
) without rowid;

create index if not exists ingest_runs_replays
	on ingest_runs (replay_of) where replay_of is not null;
create index if not exists ingest_runs_unloaded on ingest_runs (reason)
	where status = 'failed' and (ledger_json is null or exit_status = 65);
create index if not exists ingest_runs_gaps on ingest_runs (run_id)
	where gaps_json is not null;

-- An error is deleted once its capture is loaded without it.
create table if not exists ingest_errors (
	error_id integer primary key,
	run_id text,
	stage text not null,
	src text,
	list text,
	place text,
	reason text not null,
	record text,
	seen_at text not null,
	endpoint text,
	user_id text,
	subject text
);

-- To find whether an error of a staged capture is known.
create index if not exists ingest_errors_known
	on ingest_errors (endpoint, reason, place) where endpoint is not null;
create index if not exists ingest_errors_run on ingest_errors (run_id);
create index if not exists ingest_errors_src
	on ingest_errors (src, run_id, place);
create index if not exists ingest_errors_unsent
	on ingest_errors (reason) where stage = 'sp-fetch';
create index if not exists ingest_errors_list
	on ingest_errors (list) where list is not null;

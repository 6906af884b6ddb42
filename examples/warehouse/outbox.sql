-- Made by generate.sh. For SQLite: notes which rows of a database of sp change,
-- for push.sh, in the transaction that changes them: an outbox.
--
--	sqlite3 -bail spotify.db <outbox.sql
--
-- Run it again after an upgrade of sp: it adds what is missing. At first it
-- notes whole tables, so that the first push sends all. To stop, drop the
-- triggers.
begin immediate;

-- key: the key of the row that changed, as a JSON array; null: the whole table.
-- A row with table_name '' marks a push: what it sends is before it, and key is
-- a random token. The last one stays, so that no seq comes twice.
create table if not exists outbox (
	seq integer primary key,
	table_name text not null,
	key text
);

-- The tables, and the columns of their keys. Where the tables of PostgreSQL are
-- partitioned by user, the user is part of the key.
create table if not exists outbox_tables (
	table_name text not null primary key,
	key text not null
);
insert or replace into outbox_tables values
	('album_artists', '["album_id","artist_id"]'),
	('albums', '["album_id"]'),
	('artists', '["artist_id"]'),
	('episode_history', '["user_id","played_at","episode_id"]'),
	('episodes', '["episode_id"]'),
	('play_coverage', '["user_id","covered_from","covered_to"]'),
	('play_history', '["user_id","play_id"]'),
	('play_matches', '["stream_id"]'),
	('playlist_item_history', '["playlist_id","uri","added_at"]'),
	('playlist_tracks', '["playlist_id","position"]'),
	('playlists', '["playlist_id"]'),
	('shows', '["show_id"]'),
	('streaming_coverage', '["user_id","sha256","first_row"]'),
	('streaming_history', '["user_id","stream_id"]'),
	('track_artists', '["track_id","artist_id"]'),
	('tracks', '["track_id"]'),
	('user_playlists', '["user_id","playlist_id"]'),
	('user_relationships', '["user_id","other_id","kind"]'),
	('users', '["user_id"]');

insert into outbox (table_name) select table_name from outbox_tables
where not exists (select 1 from sqlite_master where type = 'trigger'
	and name = 'outbox_' || table_name || '_insert');

drop trigger if exists outbox_album_artists_insert;
create trigger outbox_album_artists_insert
after insert on album_artists begin
	insert into outbox values (null, 'album_artists',
		json_array(new.album_id, new.artist_id)); end;
drop trigger if exists outbox_album_artists_update;
create trigger outbox_album_artists_update
after update on album_artists begin
	insert into outbox values (null, 'album_artists',
		json_array(new.album_id, new.artist_id)); end;
drop trigger if exists outbox_album_artists_delete;
create trigger outbox_album_artists_delete
after delete on album_artists begin
	insert into outbox values (null, 'album_artists',
		json_array(old.album_id, old.artist_id)); end;
drop trigger if exists outbox_album_artists_rekey;
create trigger outbox_album_artists_rekey
after update of album_id, artist_id on album_artists begin
	insert into outbox values (null, 'album_artists',
		json_array(old.album_id, old.artist_id)); end;

drop trigger if exists outbox_albums_insert;
create trigger outbox_albums_insert
after insert on albums begin
	insert into outbox values (null, 'albums',
		json_array(new.album_id)); end;
drop trigger if exists outbox_albums_update;
create trigger outbox_albums_update
after update on albums begin
	insert into outbox values (null, 'albums',
		json_array(new.album_id)); end;
drop trigger if exists outbox_albums_delete;
create trigger outbox_albums_delete
after delete on albums begin
	insert into outbox values (null, 'albums',
		json_array(old.album_id)); end;
drop trigger if exists outbox_albums_rekey;
create trigger outbox_albums_rekey
after update of album_id on albums begin
	insert into outbox values (null, 'albums',
		json_array(old.album_id)); end;

drop trigger if exists outbox_artists_insert;
create trigger outbox_artists_insert
after insert on artists begin
	insert into outbox values (null, 'artists',
		json_array(new.artist_id)); end;
drop trigger if exists outbox_artists_update;
create trigger outbox_artists_update
after update on artists begin
	insert into outbox values (null, 'artists',
		json_array(new.artist_id)); end;
drop trigger if exists outbox_artists_delete;
create trigger outbox_artists_delete
after delete on artists begin
	insert into outbox values (null, 'artists',
		json_array(old.artist_id)); end;
drop trigger if exists outbox_artists_rekey;
create trigger outbox_artists_rekey
after update of artist_id on artists begin
	insert into outbox values (null, 'artists',
		json_array(old.artist_id)); end;

drop trigger if exists outbox_episode_history_insert;
create trigger outbox_episode_history_insert
after insert on episode_history begin
	insert into outbox values (null, 'episode_history',
		json_array(new.user_id, new.played_at, new.episode_id)); end;
drop trigger if exists outbox_episode_history_update;
create trigger outbox_episode_history_update
after update on episode_history begin
	insert into outbox values (null, 'episode_history',
		json_array(new.user_id, new.played_at, new.episode_id)); end;
drop trigger if exists outbox_episode_history_delete;
create trigger outbox_episode_history_delete
after delete on episode_history begin
	insert into outbox values (null, 'episode_history',
		json_array(old.user_id, old.played_at, old.episode_id)); end;
drop trigger if exists outbox_episode_history_rekey;
create trigger outbox_episode_history_rekey
after update of user_id, played_at, episode_id on episode_history begin
	insert into outbox values (null, 'episode_history',
		json_array(old.user_id, old.played_at, old.episode_id)); end;

drop trigger if exists outbox_episodes_insert;
create trigger outbox_episodes_insert
after insert on episodes begin
	insert into outbox values (null, 'episodes',
		json_array(new.episode_id)); end;
drop trigger if exists outbox_episodes_update;
create trigger outbox_episodes_update
after update on episodes begin
	insert into outbox values (null, 'episodes',
		json_array(new.episode_id)); end;
drop trigger if exists outbox_episodes_delete;
create trigger outbox_episodes_delete
after delete on episodes begin
	insert into outbox values (null, 'episodes',
		json_array(old.episode_id)); end;
drop trigger if exists outbox_episodes_rekey;
create trigger outbox_episodes_rekey
after update of episode_id on episodes begin
	insert into outbox values (null, 'episodes',
		json_array(old.episode_id)); end;

drop trigger if exists outbox_play_coverage_insert;
create trigger outbox_play_coverage_insert
after insert on play_coverage begin
	insert into outbox values (null, 'play_coverage',
		json_array(new.user_id, new.covered_from, new.covered_to)); end;
drop trigger if exists outbox_play_coverage_update;
create trigger outbox_play_coverage_update
after update on play_coverage begin
	insert into outbox values (null, 'play_coverage',
		json_array(new.user_id, new.covered_from, new.covered_to)); end;
drop trigger if exists outbox_play_coverage_delete;
create trigger outbox_play_coverage_delete
after delete on play_coverage begin
	insert into outbox values (null, 'play_coverage',
		json_array(old.user_id, old.covered_from, old.covered_to)); end;
drop trigger if exists outbox_play_coverage_rekey;
create trigger outbox_play_coverage_rekey
after update of user_id, covered_from, covered_to on play_coverage begin
	insert into outbox values (null, 'play_coverage',
		json_array(old.user_id, old.covered_from, old.covered_to)); end;

drop trigger if exists outbox_play_history_insert;
create trigger outbox_play_history_insert
after insert on play_history begin
	insert into outbox values (null, 'play_history',
		json_array(new.user_id, new.play_id)); end;
drop trigger if exists outbox_play_history_update;
create trigger outbox_play_history_update
after update on play_history begin
	insert into outbox values (null, 'play_history',
		json_array(new.user_id, new.play_id)); end;
drop trigger if exists outbox_play_history_delete;
create trigger outbox_play_history_delete
after delete on play_history begin
	insert into outbox values (null, 'play_history',
		json_array(old.user_id, old.play_id)); end;
drop trigger if exists outbox_play_history_rekey;
create trigger outbox_play_history_rekey
after update of user_id, play_id on play_history begin
	insert into outbox values (null, 'play_history',
		json_array(old.user_id, old.play_id)); end;

drop trigger if exists outbox_play_matches_insert;
create trigger outbox_play_matches_insert
after insert on play_matches begin
	insert into outbox values (null, 'play_matches',
		json_array(new.stream_id)); end;
drop trigger if exists outbox_play_matches_update;
create trigger outbox_play_matches_update
after update on play_matches begin
	insert into outbox values (null, 'play_matches',
		json_array(new.stream_id)); end;
drop trigger if exists outbox_play_matches_delete;
create trigger outbox_play_matches_delete
after delete on play_matches begin
	insert into outbox values (null, 'play_matches',
		json_array(old.stream_id)); end;
drop trigger if exists outbox_play_matches_rekey;
create trigger outbox_play_matches_rekey
after update of stream_id on play_matches begin
	insert into outbox values (null, 'play_matches',
		json_array(old.stream_id)); end;

drop trigger if exists outbox_playlist_item_history_insert;
create trigger outbox_playlist_item_history_insert
after insert on playlist_item_history begin
	insert into outbox values (null, 'playlist_item_history',
		json_array(new.playlist_id, new.uri, new.added_at)); end;
drop trigger if exists outbox_playlist_item_history_update;
create trigger outbox_playlist_item_history_update
after update on playlist_item_history begin
	insert into outbox values (null, 'playlist_item_history',
		json_array(new.playlist_id, new.uri, new.added_at)); end;
drop trigger if exists outbox_playlist_item_history_delete;
create trigger outbox_playlist_item_history_delete
after delete on playlist_item_history begin
	insert into outbox values (null, 'playlist_item_history',
		json_array(old.playlist_id, old.uri, old.added_at)); end;
drop trigger if exists outbox_playlist_item_history_rekey;
create trigger outbox_playlist_item_history_rekey
after update of playlist_id, uri, added_at on playlist_item_history begin
	insert into outbox values (null, 'playlist_item_history',
		json_array(old.playlist_id, old.uri, old.added_at)); end;

drop trigger if exists outbox_playlist_tracks_insert;
create trigger outbox_playlist_tracks_insert
after insert on playlist_tracks begin
	insert into outbox values (null, 'playlist_tracks',
		json_array(new.playlist_id, new.position)); end;
drop trigger if exists outbox_playlist_tracks_update;
create trigger outbox_playlist_tracks_update
after update on playlist_tracks begin
	insert into outbox values (null, 'playlist_tracks',
		json_array(new.playlist_id, new.position)); end;
drop trigger if exists outbox_playlist_tracks_delete;
create trigger outbox_playlist_tracks_delete
after delete on playlist_tracks begin
	insert into outbox values (null, 'playlist_tracks',
		json_array(old.playlist_id, old.position)); end;
drop trigger if exists outbox_playlist_tracks_rekey;
create trigger outbox_playlist_tracks_rekey
after update of playlist_id, position on playlist_tracks begin
	insert into outbox values (null, 'playlist_tracks',
		json_array(old.playlist_id, old.position)); end;

drop trigger if exists outbox_playlists_insert;
create trigger outbox_playlists_insert
after insert on playlists begin
	insert into outbox values (null, 'playlists',
		json_array(new.playlist_id)); end;
drop trigger if exists outbox_playlists_update;
create trigger outbox_playlists_update
after update on playlists begin
	insert into outbox values (null, 'playlists',
		json_array(new.playlist_id)); end;
drop trigger if exists outbox_playlists_delete;
create trigger outbox_playlists_delete
after delete on playlists begin
	insert into outbox values (null, 'playlists',
		json_array(old.playlist_id)); end;
drop trigger if exists outbox_playlists_rekey;
create trigger outbox_playlists_rekey
after update of playlist_id on playlists begin
	insert into outbox values (null, 'playlists',
		json_array(old.playlist_id)); end;

drop trigger if exists outbox_shows_insert;
create trigger outbox_shows_insert
after insert on shows begin
	insert into outbox values (null, 'shows',
		json_array(new.show_id)); end;
drop trigger if exists outbox_shows_update;
create trigger outbox_shows_update
after update on shows begin
	insert into outbox values (null, 'shows',
		json_array(new.show_id)); end;
drop trigger if exists outbox_shows_delete;
create trigger outbox_shows_delete
after delete on shows begin
	insert into outbox values (null, 'shows',
		json_array(old.show_id)); end;
drop trigger if exists outbox_shows_rekey;
create trigger outbox_shows_rekey
after update of show_id on shows begin
	insert into outbox values (null, 'shows',
		json_array(old.show_id)); end;

drop trigger if exists outbox_streaming_coverage_insert;
create trigger outbox_streaming_coverage_insert
after insert on streaming_coverage begin
	insert into outbox values (null, 'streaming_coverage',
		json_array(new.user_id, new.sha256, new.first_row)); end;
drop trigger if exists outbox_streaming_coverage_update;
create trigger outbox_streaming_coverage_update
after update on streaming_coverage begin
	insert into outbox values (null, 'streaming_coverage',
		json_array(new.user_id, new.sha256, new.first_row)); end;
drop trigger if exists outbox_streaming_coverage_delete;
create trigger outbox_streaming_coverage_delete
after delete on streaming_coverage begin
	insert into outbox values (null, 'streaming_coverage',
		json_array(old.user_id, old.sha256, old.first_row)); end;
drop trigger if exists outbox_streaming_coverage_rekey;
create trigger outbox_streaming_coverage_rekey
after update of user_id, sha256, first_row on streaming_coverage begin
	insert into outbox values (null, 'streaming_coverage',
		json_array(old.user_id, old.sha256, old.first_row)); end;

drop trigger if exists outbox_streaming_history_insert;
create trigger outbox_streaming_history_insert
after insert on streaming_history begin
	insert into outbox values (null, 'streaming_history',
		json_array(new.user_id, new.stream_id)); end;
drop trigger if exists outbox_streaming_history_update;
create trigger outbox_streaming_history_update
after update on streaming_history begin
	insert into outbox values (null, 'streaming_history',
		json_array(new.user_id, new.stream_id)); end;
drop trigger if exists outbox_streaming_history_delete;
create trigger outbox_streaming_history_delete
after delete on streaming_history begin
	insert into outbox values (null, 'streaming_history',
		json_array(old.user_id, old.stream_id)); end;
drop trigger if exists outbox_streaming_history_rekey;
create trigger outbox_streaming_history_rekey
after update of user_id, stream_id on streaming_history begin
	insert into outbox values (null, 'streaming_history',
		json_array(old.user_id, old.stream_id)); end;

drop trigger if exists outbox_track_artists_insert;
create trigger outbox_track_artists_insert
after insert on track_artists begin
	insert into outbox values (null, 'track_artists',
		json_array(new.track_id, new.artist_id)); end;
drop trigger if exists outbox_track_artists_update;
create trigger outbox_track_artists_update
after update on track_artists begin
	insert into outbox values (null, 'track_artists',
		json_array(new.track_id, new.artist_id)); end;
drop trigger if exists outbox_track_artists_delete;
create trigger outbox_track_artists_delete
after delete on track_artists begin
	insert into outbox values (null, 'track_artists',
		json_array(old.track_id, old.artist_id)); end;
drop trigger if exists outbox_track_artists_rekey;
create trigger outbox_track_artists_rekey
after update of track_id, artist_id on track_artists begin
	insert into outbox values (null, 'track_artists',
		json_array(old.track_id, old.artist_id)); end;

drop trigger if exists outbox_tracks_insert;
create trigger outbox_tracks_insert
after insert on tracks begin
	insert into outbox values (null, 'tracks',
		json_array(new.track_id)); end;
drop trigger if exists outbox_tracks_update;
create trigger outbox_tracks_update
after update on tracks begin
	insert into outbox values (null, 'tracks',
		json_array(new.track_id)); end;
drop trigger if exists outbox_tracks_delete;
create trigger outbox_tracks_delete
after delete on tracks begin
	insert into outbox values (null, 'tracks',
		json_array(old.track_id)); end;
drop trigger if exists outbox_tracks_rekey;
create trigger outbox_tracks_rekey
after update of track_id on tracks begin
	insert into outbox values (null, 'tracks',
		json_array(old.track_id)); end;

drop trigger if exists outbox_user_playlists_insert;
create trigger outbox_user_playlists_insert
after insert on user_playlists begin
	insert into outbox values (null, 'user_playlists',
		json_array(new.user_id, new.playlist_id)); end;
drop trigger if exists outbox_user_playlists_update;
create trigger outbox_user_playlists_update
after update on user_playlists begin
	insert into outbox values (null, 'user_playlists',
		json_array(new.user_id, new.playlist_id)); end;
drop trigger if exists outbox_user_playlists_delete;
create trigger outbox_user_playlists_delete
after delete on user_playlists begin
	insert into outbox values (null, 'user_playlists',
		json_array(old.user_id, old.playlist_id)); end;
drop trigger if exists outbox_user_playlists_rekey;
create trigger outbox_user_playlists_rekey
after update of user_id, playlist_id on user_playlists begin
	insert into outbox values (null, 'user_playlists',
		json_array(old.user_id, old.playlist_id)); end;

drop trigger if exists outbox_user_relationships_insert;
create trigger outbox_user_relationships_insert
after insert on user_relationships begin
	insert into outbox values (null, 'user_relationships',
		json_array(new.user_id, new.other_id, new.kind)); end;
drop trigger if exists outbox_user_relationships_update;
create trigger outbox_user_relationships_update
after update on user_relationships begin
	insert into outbox values (null, 'user_relationships',
		json_array(new.user_id, new.other_id, new.kind)); end;
drop trigger if exists outbox_user_relationships_delete;
create trigger outbox_user_relationships_delete
after delete on user_relationships begin
	insert into outbox values (null, 'user_relationships',
		json_array(old.user_id, old.other_id, old.kind)); end;
drop trigger if exists outbox_user_relationships_rekey;
create trigger outbox_user_relationships_rekey
after update of user_id, other_id, kind on user_relationships begin
	insert into outbox values (null, 'user_relationships',
		json_array(old.user_id, old.other_id, old.kind)); end;

drop trigger if exists outbox_users_insert;
create trigger outbox_users_insert
after insert on users begin
	insert into outbox values (null, 'users',
		json_array(new.user_id)); end;
drop trigger if exists outbox_users_update;
create trigger outbox_users_update
after update on users begin
	insert into outbox values (null, 'users',
		json_array(new.user_id)); end;
drop trigger if exists outbox_users_delete;
create trigger outbox_users_delete
after delete on users begin
	insert into outbox values (null, 'users',
		json_array(old.user_id)); end;
drop trigger if exists outbox_users_rekey;
create trigger outbox_users_rekey
after update of user_id on users begin
	insert into outbox values (null, 'users',
		json_array(old.user_id)); end;

commit;

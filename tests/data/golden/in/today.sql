BEGIN TRANSACTION;
PRAGMA user_version = 3;
CREATE TABLE tracks (
	track_id text not null primary key,
	name text,
	album_id text,
	duration_ms integer,
	popularity integer,
	uri text,
	is_local boolean,
	audio_features_json text,
	created_at text,
	last_updated text,
	column_times text
);
INSERT INTO tracks VALUES('t1','Ebb','b1',61000,NULL,'spotify:track:t1',NULL,NULL,'2026-11-19T00:00:00.000Z','2026-11-23T00:00:00.000Z','{"popularity":"2026-11-21T00:00:00.000Z"}');
INSERT INTO tracks VALUES('t2','Tide',NULL,NULL,NULL,'spotify:track:t2',1,NULL,'2026-11-20T00:00:00.000Z','2026-11-23T00:00:00.000Z','{"is_local":"2026-11-20T00:00:00.000Z"}');
INSERT INTO tracks VALUES('t3','Odd column',NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-21T00:00:01.000Z','2026-11-22T00:00:00.000Z',NULL);
INSERT INTO tracks VALUES('t4',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-21T00:00:01.000Z','2026-11-22T00:00:00.000Z',NULL);
INSERT INTO tracks VALUES('t5','no time',NULL,-1,NULL,NULL,NULL,NULL,'2026-11-21T00:00:01.000Z','2026-12-01T00:00:00.000Z','{"duration_ms":"2026-11-21T00:00:01.000Z"}');
INSERT INTO tracks VALUES('t7','Without a run',NULL,NULL,NULL,NULL,NULL,NULL,'2026-12-01T00:00:00.000Z','2026-12-01T00:00:00.000Z',NULL);
CREATE TABLE albums (
	album_id text not null primary key,
	name text,
	release_date text,
	uri text,
	images_json text,
	last_updated text,
	column_times text
);
INSERT INTO albums VALUES('b1','Coast','1999',NULL,NULL,'2026-11-23T00:00:00.000Z','{"release_date":"2026-11-20T00:00:00.000Z"}');
CREATE TABLE artists (
	artist_id text not null primary key,
	name text,
	uri text,
	images_json text,
	last_updated text,
	column_times text
);
INSERT INTO artists VALUES('a1','The Shore',NULL,NULL,'2026-11-23T00:00:00.000Z',NULL);
CREATE TABLE track_artists (
	track_id text not null,
	artist_id text not null,
	created_at text,
	primary key (track_id, artist_id)
) without rowid;
INSERT INTO track_artists VALUES('t1','a1','2026-11-20T00:00:00.000Z');
CREATE TABLE play_history (
	play_id integer primary key,
	user_id text not null,
	track_id text not null,
	played_at text not null,
	context_type text,
	context_uri text,
	source text,
	ingested_at text,
	last_updated text,
	column_times text
);
INSERT INTO play_history VALUES(1,'kim','t2','2026-11-20T09:57:00.000Z',NULL,NULL,'spotify','2026-11-23T00:00:00.000Z',NULL,NULL);
INSERT INTO play_history VALUES(2,'kim','t1','2026-11-20T10:00:00.000Z','playlist','spotify:playlist:p1','spotify','2026-11-20T11:00:00.000Z','2026-11-23T00:00:00.000Z',NULL);
INSERT INTO play_history VALUES(3,'kim','t2','2026-11-20T08:00:00.000Z',NULL,NULL,'spotify','2026-11-21T00:00:01.000Z',NULL,NULL);
INSERT INTO play_history VALUES(4,'kim','t2','2026-11-22T10:00:00.000Z',NULL,NULL,NULL,'2026-11-22T12:00:00.000Z',NULL,NULL);
CREATE TABLE playlist_ingest_queue (
	playlist_id text not null primary key,
	detected_at text,
	played_at text,
	user_id text
) without rowid;
INSERT INTO playlist_ingest_queue VALUES('6rqhFgbbKwnb9MLmUQDhG6','2026-12-01T00:00:00.000Z',NULL,NULL);
INSERT INTO playlist_ingest_queue VALUES('p1','2026-11-20T10:00:00.000Z',NULL,NULL);
CREATE TABLE playlist_ingest_done (
	playlist_id text not null primary key,
	done_at text not null
) without rowid;
INSERT INTO playlist_ingest_done VALUES('p1','2026-11-20T00:00:00.000Z');
INSERT INTO playlist_ingest_done VALUES('p2','2026-11-21T11:00:00.000Z');
CREATE TABLE playlists (
	playlist_id text not null primary key,
	name text,
	owner_id text,
	owner_type text,
	public boolean,
	collaborative boolean,
	description text,
	uri text,
	images_json text,
	last_refreshed text,
	snapshot_id text,
	tracks_total integer,
	tracks_list text,
	tracks_snapshot_id text,
	tracks_updated text,
	last_updated text,
	column_times text
) without rowid;
INSERT INTO playlists VALUES('p1','Shore',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-20T00:00:00.000Z','s1',3,'L1/1','s1','2026-11-20T00:00:00.000Z','2026-11-20T11:00:00.000Z','{"last_refreshed":"2026-11-20T00:00:00.000Z","tracks_list":"2026-11-20T00:00:00.000Z","tracks_snapshot_id":"2026-11-20T00:00:00.000Z","tracks_updated":"2026-11-20T00:00:00.000Z"}');
CREATE TABLE playlist_tracks (
	playlist_id text not null,
	position integer not null,
	track_id text,
	uri text,
	added_at text,
	added_by text,
	kind text,
	primary key (playlist_id, position)
) without rowid;
INSERT INTO playlist_tracks VALUES('p1',0,'t1','spotify:track:t1','2026-01-01T00:00:00.000Z','kim','track');
INSERT INTO playlist_tracks VALUES('p1',1,'t2','spotify:track:t2','2026-01-01T00:00:00.000Z','kim','track');
INSERT INTO playlist_tracks VALUES('p1',2,NULL,NULL,NULL,NULL,'unavailable');
CREATE TABLE playlist_pages (
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
	primary key (playlist_id, list, page_offset)
) without rowid;
INSERT INTO playlist_pages VALUES('p1','L7/1',0,1,5,'s9',NULL,'2026-11-26T00:00:00.000Z','[{"track_id":"t1","uri":"spotify:track:t1","kind":"track","added_at":"2026-01-01T00:00:00Z","added_by":"kim"}]',NULL,0);
CREATE TABLE user_playlists (
	user_id text not null,
	playlist_id text not null,
	first_seen text,
	last_seen text,
	column_times text,
	primary key (user_id, playlist_id)
) without rowid;
INSERT INTO user_playlists VALUES('kim','p1','2026-11-20T11:00:00.000Z','2026-11-20T11:00:00.000Z',NULL);
CREATE TABLE users (
	user_id text not null primary key,
	display_name text,
	uri text,
	images_json text,
	is_me boolean,
	last_refreshed text,
	last_updated text,
	column_times text
) without rowid;
INSERT INTO users VALUES('kim','Kim',NULL,NULL,1,'2026-11-21T01:00:00.000Z','2026-11-21T01:00:00.000Z',NULL);
INSERT INTO users VALUES('zo','Z�',NULL,NULL,NULL,'2026-11-21T00:00:06.000Z','2026-11-21T00:00:06.000Z',NULL);
CREATE TABLE user_relationships (
	user_id text not null,
	other_id text not null,
	kind text not null,
	first_seen text,
	last_seen text,
	column_times text,
	primary key (user_id, other_id, kind)
) without rowid;
INSERT INTO user_relationships VALUES('kim','a1','follows','2026-11-20T11:00:00.000Z','2026-11-20T11:00:00.000Z',NULL);
CREATE TABLE play_coverage (
	user_id text not null,
	covered_from text not null,
	covered_to text not null,
	created_at text,
	primary key (user_id, covered_from, covered_to)
) without rowid;
INSERT INTO play_coverage VALUES('kim','2026-11-20T07:00:00.000Z','2026-11-20T10:00:00.000Z','2026-11-21T00:00:01.000Z');
INSERT INTO play_coverage VALUES('kim','2026-11-20T09:00:00.000Z','2026-11-20T10:00:00.000Z','2026-11-20T11:00:00.000Z');
INSERT INTO play_coverage VALUES('kim','2026-11-22T10:00:00.000Z','2026-11-22T11:00:00.000Z','2026-11-22T12:00:00.000Z');
CREATE TABLE cursors (
	user_id text not null,
	job text not null,
	value integer not null,
	last_updated text,
	primary key (user_id, job)
) without rowid;
INSERT INTO cursors VALUES('kim','play-history',1763800000000,'2026-11-22T12:00:00.000Z');
CREATE TABLE endpoint_status (
	user_id text not null,
	endpoint text not null,
	subject text not null,
	status integer,
	reason text,
	retry_at text,
	last_updated text,
	column_times text,
	primary key (user_id, endpoint, subject)
) without rowid;
INSERT INTO endpoint_status VALUES('kim','me','',200,NULL,NULL,'2026-11-21T01:00:00.000Z','{"reason":"2026-11-21T01:00:00.000Z","retry_at":"2026-11-21T01:00:00.000Z"}');
INSERT INTO endpoint_status VALUES('kim','playlist','p8',403,'Forbidden',NULL,'2026-11-21T00:00:05.000Z','{"retry_at":"2026-11-21T00:00:05.000Z"}');
INSERT INTO endpoint_status VALUES('kim','playlist','p9',404,'gone',NULL,'2026-11-22T12:00:00.000Z','{"retry_at":"2026-11-21T00:00:04.000Z"}');
INSERT INTO endpoint_status VALUES('kim','recently-played','',200,NULL,NULL,'2026-11-23T00:00:00.000Z','{"reason":"2026-11-23T00:00:00.000Z","retry_at":"2026-11-23T00:00:00.000Z"}');
INSERT INTO endpoint_status VALUES('kim','user','zo',200,NULL,NULL,'2026-11-21T00:00:06.000Z','{"reason":"2026-11-21T00:00:06.000Z","retry_at":"2026-11-21T00:00:06.000Z"}');
CREATE TABLE lifted_deadlines (
	user_id text not null,
	endpoint text not null,
	lifted_at text not null,
	primary key (user_id, endpoint)
) without rowid;
CREATE TABLE accounts (
	account text not null primary key,
	user_id text not null,
	client_id text,
	last_updated text,
	scopes text
) without rowid;
INSERT INTO accounts VALUES('default','kim',NULL,'2026-11-25T00:00:00.000Z',NULL);
CREATE TABLE staging_raw (
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
	body_id integer
);
INSERT INTO staging_raw VALUES(1,'01M8QEDC000000000511111111',1,'recently-played','kim',NULL,200,'2026-11-23T00:00:00.000Z',0,'{"file":"tests/data/golden/in/bodies/plays.json"}',1);
INSERT INTO staging_raw VALUES(2,'01M8QEDC000000000511111111',2,'recently-played','kim',NULL,200,'2026-11-23T00:00:00.000Z',0,'{"file":"tests/data/golden/in/bodies/plays.json"}',2);
INSERT INTO staging_raw VALUES(3,'R1',1,'recently-played','kim','https://api.spotify.com/v1/me/player/recently-played?limit=50',200,'2026-11-21T00:00:01.000Z',0,'{"request":1,"page":1,"next":null}',3);
INSERT INTO staging_raw VALUES(4,'R1',2,'weather','kim','https://api.spotify.com/v1/weather',200,'2026-11-21T00:00:02.000Z',0,NULL,4);
INSERT INTO staging_raw VALUES(5,'R1',3,'me','kim','https://api.spotify.com/v1/me',200,'2026-11-21T00:00:03.000Z',0,NULL,5);
INSERT INTO staging_raw VALUES(6,'R1',4,'playlist','kim','https://api.spotify.com/v1/playlists/p9',404,'2026-11-21T00:00:04.000Z',0,NULL,6);
INSERT INTO staging_raw VALUES(7,'R1',5,'playlist','kim','https://api.spotify.com/v1/playlists/p8',403,'2026-11-21T00:00:05.000Z',1,NULL,7);
INSERT INTO staging_raw VALUES(8,'R1',7,'user','kim','https://api.spotify.com/v1/users/zo',200,'2026-11-21T00:00:06.000Z',2,NULL,8);
INSERT INTO staging_raw VALUES(9,NULL,NULL,'track',NULL,NULL,200,'2026-12-01T00:00:00.000Z',0,NULL,9);
INSERT INTO staging_raw VALUES(10,'R1',10,'recently-played','kim','https://api.spotify.com/v1/me/player/recently-played?limit=50',503,'2026-11-21T00:00:08.000Z',1,'{"retry_at":"2026-12-01T06:00:00.000Z"}',10);
INSERT INTO staging_raw VALUES(11,'R2',1,'me','kim','https://api.spotify.com/v1/me',200,'2026-11-21T01:00:00.000Z',0,NULL,11);
CREATE TABLE staging_bodies (
	body_id integer primary key,
	sha256 blob not null,
	size integer not null,
	body blob not null
);
INSERT INTO staging_bodies VALUES(1,X'c8da77b9883f6283b87542ec7809fdc4605d9af7c100d85e782357e9b453d3c9',374,X'789c758fc16ac33010447fa5cc59292b4153bad7d22f684e2925c8b14a4465c9486b8831faf780428221e4bcb333ef2df0e28602fe5920d91effc10b7c0f866828443b3830beba0e0a53f660943189ff9bb9a5b9a5fa295bf1291e8602de6a2252b0597c916b71ebb3abbeddc9bd7c9f5276a8bf0a3674d370dfed56b9cf648ba0568531d8d9f5072b601832db8dd61b433b4d4cc444af44b487c231457167012f907974e0f6187c9107fedb81478d5ad583be59e1fade3df337784e471ffcf6ce44fba6191b589c42a817d8e97386');
INSERT INTO staging_bodies VALUES(2,X'eef46741adfc3a9f76294d3b78f37a45f113092ac9d44ee77c7a038a88ff09a1',12,'{"items":[]}');
INSERT INTO staging_bodies VALUES(3,X'199b3f5f7a6d7dd652cbd0b3ffb75c7d1567fd3b4ae2f96d9656458f7be63ab8',508,X'789c8591dd6a023110855f6539b7cd9649ac7f73df37e8556b91b88910ba66253fd065c9bb176db522bac2dccd9c39dfcc19e092dd45f0c7801474f3051ee00c184942c0eb9d05e375b381400e0e8cb8ef92dbf67c9ce6245104f6adeead59eb04862235aba5ac15bd49623ad43311bda388b385cf6d7b5745cb3baa13983a83cd0574482ea60886efbc1d81a1c583b5936b716f63b2c1e8fed6f40b4a11c73ba697cdbf87f9ae72660c66fe0066fafffc466f5799c82eab55368b49537d43c0e4a093ebfcfa905d2d4fe18c59ce7e2d9f483111ca67f901e2db93f4');
INSERT INTO staging_bodies VALUES(4,X'0ae2c83e20c5fa47ad34df9ceb7901350359a47f40b7dd843bf3e2d98ad76fa6',13,'{"rain":true}');
INSERT INTO staging_bodies VALUES(5,X'4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945',2,'[]');
INSERT INTO staging_bodies VALUES(6,X'c0ae8c56887a841ba7909bb62c1c2f5fa230c9e01f3e05676c35b4093faa24d2',47,'{"error":{"status":404,"message":"Not found."}}');
INSERT INTO staging_bodies VALUES(7,X'78342a0905a72ce44da083dcb5d23b8ea0c16992ba2a82eece97e033d76ba3d3',9,'Forbidden');
INSERT INTO staging_bodies VALUES(8,X'c20b2c4258a9c8ef635d2294df2143356d364cc8e574158217e3f337c1c205dc',31,X'789c011f00e0ff7b226964223a227a6f222c22646973706c61795f6e616d65223a225aff227da0810aae');
INSERT INTO staging_bodies VALUES(9,X'f015ed6f5d4fe1598865f7dadbd170223bbe45add59afc443844d84634a0e23f',34,'{"id":"t7","name":"Without a run"}');
INSERT INTO staging_bodies VALUES(10,X'c9bc072f4fa8189466c2a8f2c36a56a4ef1e60a2ffa4986ba2f155cd176c128b',4,'busy');
INSERT INTO staging_bodies VALUES(11,X'8f3bdcf43f81b3789d376a0ade8998149df0110b8f18bf2fbfe7cd5052405b5d',33,'{"id":"kim","display_name":"Kim"}');
CREATE TABLE ingest_runs (
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
	ledger_json text,
	replay_of text,
	replay_until integer,
	process text
) without rowid;
INSERT INTO ingest_runs VALUES('01M8QEDC000000000511111111','import',NULL,'kim','2026-12-01T00:00:00.000Z','2026-12-01T00:00:00.000Z','complete',NULL,1,NULL,NULL,0,0,0,9,0,0,1,NULL,'[{"stage":"sp-stage","produced":{"run":1,"error":1}},{"stage":"sp-stage","takes":"capture","in":{"run":1,"error":1},"passed":{"run":1,"error":1}},{"stage":"sp-transform","takes":"capture","in":{"run":1,"error":1},"passed":{"run":1,"error":1}},{"stage":"sp-load","takes":"row","in":{"run":1,"error":1},"used":{"run":1,"error":1}}]',NULL,NULL,NULL);
INSERT INTO ingest_runs VALUES('M1','test','default','kim','2026-11-25T00:00:00.000Z','2026-12-01T00:00:00.000Z','complete','its captures did not pass sp-stage: its rows cannot be rebuilt',1,1763600000000,1763800000000,0,1,36,8,11,8,16,'[{"from":"2026-11-20T10:00:00.000Z","to":"2026-11-22T10:00:00.000Z"}]','[{"stage":"sp-load","takes":"row","in":{"other":1,"run":1,"capture":1,"row":36,"error":1},"used":{"run":1,"row":27,"error":1},"refused":{"other":1,"capture":1,"row":9},"reasons":{"bad row":6,"bad table":3,"not a row":1,"no record":1}}]',NULL,NULL,NULL);
INSERT INTO ingest_runs VALUES('R1','play-history','default','kim','2026-11-21T00:00:00.000Z','2026-12-01T00:00:00.000Z','failed','HTTP 500',69,NULL,NULL,2,12,18,10,3,2,20,NULL,'[{"stage":"sp-queue","produced":{"run":1,"request":2}},{"stage":"sp-stage","takes":"capture","in":{"other":4,"run":1,"capture":12,"error":1},"passed":{"other":1,"run":1,"capture":8,"error":1},"refused":{"other":3,"capture":4},"produced":{"error":7},"reasons":{"no record":3,"bad capture":4}},{"stage":"sp-transform","takes":"capture","in":{"other":1,"run":1,"capture":8,"error":8},"passed":{"other":1,"run":1,"error":8},"used":{"capture":6},"refused":{"capture":2},"produced":{"row":18,"error":11},"reasons":{"no mapping":1,"mapping failed":1}},{"stage":"sp-load","takes":"row","in":{"other":1,"run":1,"row":18,"error":19},"used":{"run":1,"row":18,"error":19},"refused":{"other":1},"reasons":{"unknown type":1}}]',NULL,NULL,NULL);
INSERT INTO ingest_runs VALUES('R2','playlists',NULL,NULL,NULL,'2026-12-01T00:00:00.000Z','failed','no end record: the input is incomplete',65,NULL,NULL,NULL,NULL,2,2,0,0,1,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE ingest_errors (
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
INSERT INTO ingest_errors VALUES(1,'R1','sp-stage',NULL,NULL,'stdin:2','not a record: unknown word at byte 1','not json','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(2,'R1','sp-transform','R1/1',NULL,'played_at 2026-11-20T08:00:00.000Z','''track.name'' is a number, not a string',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(3,'R1','sp-transform','R1/1',NULL,'played_at 2026-11-20T08:00:00.000Z','''track.artists'' is a string, not an array',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(4,'R1','sp-transform','R1/1',NULL,'item 7','is a number, not an object',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(5,'R1','sp-transform','R1/1',NULL,'played_at 2026-11-20T09:00:00.000Z','holds no track',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(6,'R1','sp-transform','R1/1',NULL,'played_at yesterday','has no valid ''played_at''',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(7,'R1','sp-transform','R1/1',NULL,'id t4','has no valid ''played_at''',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(8,'R1','sp-transform','R1/1',NULL,'item 6','holds no track',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(9,'R1','sp-transform','R1/1',NULL,'played_at 2026-11-20T07:00:00.000Z','holds no track',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(10,'R1','sp-transform','R1/1',NULL,'played_at 2026-11-20T06:00:00+02:00','has no valid ''played_at''',NULL,'2026-12-01T00:00:00.000Z','recently-played','kim','/v1/me/player/recently-played');
INSERT INTO ingest_errors VALUES(11,'R1','sp-transform','R1/2',NULL,NULL,'no mapping: no built-in mapping for endpoint ''weather'': give one with -f',NULL,'2026-12-01T00:00:00.000Z','weather','kim','/v1/weather');
INSERT INTO ingest_errors VALUES(12,'R1','sp-transform','R1/3',NULL,NULL,'mapping failed: the body is not an object',NULL,'2026-12-01T00:00:00.000Z','me','kim','/v1/me');
INSERT INTO ingest_errors VALUES(13,'R1','sp-stage','R1/6',NULL,NULL,'''fetched_at'' is not a time like 2026-11-22T06:40:00.123Z',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(14,'R1','sp-stage','R1/3',NULL,NULL,'another capture with this run and seq is staged, with another ''body'': to stage this one too, give it a run of its own',NULL,'2026-12-01T00:00:00.000Z','me','kim','/v1/me');
INSERT INTO ingest_errors VALUES(15,'R1','sp-stage','R1/8',NULL,NULL,'''body_base64'' is not base 64',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(16,'R1','sp-stage',NULL,NULL,'stdin:14','a member has the wrong type',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(17,'R1','sp-load',NULL,NULL,'stdin:36','unknown record type','{"type":"rumour","says":"passed on"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(18,'R1','sp-stage',NULL,NULL,'stdin:17','not a record: not a JSON object at byte 1','[1]','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(19,'R1','sp-stage',NULL,NULL,'stdin:18','not a record: no "type" at byte 1','{"no":"type"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(20,'R1','sp-fetch',NULL,NULL,NULL,'HTTP 500',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(21,'R2','sp-stage',NULL,NULL,'stdin:23','not a record: string without end at byte 38','{"type":"capture","run":"R2","seq":2,"endp','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(22,'01M8QEDC000000000511111111','sp-stage',NULL,NULL,'tests/data/golden/in/bodies/list.json','another capture with this run and seq is staged, with another ''endpoint'': to stage this one too, give it a run of its own',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(23,'M1','sp-load','M1/6',NULL,'tracks t2','column ''duration_ms'': must be a whole number of 64 bits','{"type":"row","table":"tracks","row":{"track_id":"t2","duration_ms":"long","name":"kept"},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(24,'M1','sp-load','M1/6',NULL,'tracks t3','table ''tracks'' has no column ''mood''','{"type":"row","table":"tracks","row":{"track_id":"t3","mood":"calm","name":"Odd column"},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(25,'M1','sp-load','M1/6',NULL,'tracks ?','table ''tracks'': column ''track_id'' is missing','{"type":"row","table":"tracks","row":{"name":"no key"},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(26,'M1','sp-load','M1/6',NULL,'tracks ?','column ''track_id'': must be a string; table ''tracks'': column ''track_id'' is missing','{"type":"row","table":"tracks","row":{"track_id":7},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(27,'M1','sp-load','M1/6',NULL,'tracks t4','column ''created_at'': is set by sp-load from the records'' times','{"type":"row","table":"tracks","row":{"track_id":"t4","created_at":"2020-01-01T00:00:00.000Z","column_times":"{}"},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(28,'M1','sp-load','M1/6',NULL,'tracks t4','column ''column_times'': is set by sp-load from the records'' times','{"type":"row","table":"tracks","row":{"track_id":"t4","created_at":"2020-01-01T00:00:00.000Z","column_times":"{}"},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(29,'M1','sp-load',NULL,NULL,'stdin:13','''at'' is not a time like 2026-11-22T06:40:00.123Z','{"type":"row","table":"tracks","row":{"track_id":"t6"},"at":"never"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(30,'M1','sp-load','M1/6',NULL,NULL,'no such table ''nothing''','{"type":"row","table":"nothing","row":{"a":1},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(31,'M1','sp-load','M1/6',NULL,NULL,'table ''ingest_runs'' cannot be loaded','{"type":"row","table":"ingest_runs","row":{"run_id":"x"},"at":"2026-11-22T00:00:00.000Z","src":"M1/6"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(32,'M1','sp-load','M1/8',NULL,'play_history ? 2026-11-22T10:00:00.000Z t2','table ''play_history'': column ''user_id'' is missing: give it with sp-load --user ID','{"type":"row","table":"play_history","row":{"track_id":"t2","played_at":"2026-11-22T10:00:00.000Z"},"at":"2026-11-22T12:00:00.000Z","src":"M1/8"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(33,'M1','sp-load','M1/9',NULL,NULL,'rows cannot be deleted from table ''tracks''','{"type":"row","table":"tracks","row":{"track_id":"t1"},"op":"delete","at":"2026-11-21T11:00:00.000Z","src":"M1/9"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(34,'M1','sp-load',NULL,NULL,'stdin:36','''op'' is not upsert, delete, page or check','{"type":"row","table":"tracks","row":{"track_id":"t1"},"op":"burn"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(35,'M1','sp-load','M1/1',NULL,NULL,'a capture is not a row: pipe it through sp-transform',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(36,'M1','sp-transform','M1/3',NULL,'uri spotify:track:t9','holds no track',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(37,'M1','sp-load',NULL,NULL,'stdin:39','''row'' is missing','{"type":"row","table":"tracks"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(38,'M1','sp-load',NULL,NULL,'stdin:40','not a record: no value at byte 1','garbage','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(39,NULL,'sp-load',NULL,NULL,'stdin:45','page of a list: ''total'' is not a whole number from 0 to 1000000000','{"type":"row","table":"playlist_tracks","op":"page","row":{"playlist_id":"p1","list":"L5/1","offset":0,"total":"many","items":[{"track_id":"t1","uri":"spotify:track:t1","kind":"track","added_at":"2026-01-01T00:00:00Z","added_by":"kim"}]},"at":"2026-11-25T00:00:00.000Z"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(40,NULL,'sp-load',NULL,NULL,'stdin:46','page of a list: ''offset'' is not a whole number from 0 to 1000000000','{"type":"row","table":"playlist_tracks","op":"page","row":{"playlist_id":"p1","list":"L5/1","offset":-1,"total":1,"items":[{"track_id":"t1","uri":"spotify:track:t1","kind":"track","added_at":"2026-01-01T00:00:00Z","added_by":"kim"}]},"at":"2026-11-25T00:00:00.000Z"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(41,NULL,'sp-load',NULL,NULL,'stdin:47','page of a list: ''items'' is not an array','{"type":"row","table":"playlist_tracks","op":"page","row":{"playlist_id":"p1","list":"L5/1","offset":0,"total":1,"items":{}},"at":"2026-11-25T00:00:00.000Z"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(42,NULL,'sp-load',NULL,NULL,'stdin:48','page of a list: item 1: ''items'' is not an array of objects','{"type":"row","table":"playlist_tracks","op":"page","row":{"playlist_id":"p1","list":"L6/1","offset":0,"total":2,"items":[5,{"kind":"song"}]},"at":"2026-11-25T00:00:00.000Z"}','2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
INSERT INTO ingest_errors VALUES(43,NULL,'sp-load',NULL,'L7/1',NULL,'playlist ''p1'': 1 of 5 items were received: keeping the stored track list',NULL,'2026-12-01T00:00:00.000Z',NULL,NULL,NULL);
CREATE UNIQUE INDEX play_history_unique
	on play_history (user_id, played_at, track_id);
CREATE UNIQUE INDEX staging_raw_unique
	on staging_raw (run_id, seq);
CREATE INDEX staging_raw_limits on staging_raw (fetched_at)
	where (status in (408, 429) or status >= 500);
CREATE UNIQUE INDEX staging_bodies_unique
	on staging_bodies (sha256);
CREATE INDEX ingest_runs_replays
	on ingest_runs (replay_of) where replay_of is not null;
CREATE INDEX ingest_runs_unloaded on ingest_runs (reason)
	where status = 'failed' and (ledger_json is null or exit_status = 65);
CREATE INDEX ingest_runs_gaps on ingest_runs (run_id)
	where gaps_json is not null;
CREATE INDEX ingest_errors_known
	on ingest_errors (endpoint, reason, place) where endpoint is not null;
CREATE INDEX ingest_errors_run on ingest_errors (run_id);
CREATE INDEX ingest_errors_src
	on ingest_errors (src, run_id, place);
CREATE INDEX ingest_errors_list
	on ingest_errors (list) where list is not null;
CREATE VIEW plays as /* sp */
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
CREATE VIEW listening_by_day as /* sp */
select h.user_id, substr(h.played_at, 1, 10) as day, count(*) as plays,
	count(distinct h.track_id) as tracks,
	coalesce(sum(t.duration_ms), 0) as ms
from play_history h
left join tracks t on t.track_id = h.track_id
group by 1, 2 order by 1, 2;
CREATE VIEW listening_by_hour as /* sp */
select h.user_id, cast(substr(h.played_at, 12, 2) as integer) as hour,
	count(*) as plays, count(distinct h.track_id) as tracks,
	coalesce(sum(t.duration_ms), 0) as ms
from play_history h
left join tracks t on t.track_id = h.track_id
group by 1, 2 order by 1, 2;
CREATE VIEW top_tracks as /* sp */
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
CREATE VIEW top_artists as /* sp */
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
CREATE VIEW top_albums as /* sp */
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
CREATE VIEW playlist_contents as /* sp */
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
CREATE VIEW connections as /* sp */
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
CREATE VIEW play_gaps as /* sp */
select user_id, gap_from, gap_to, created_at
from (select user_id, covered_from as gap_to,
	max(covered_to) over (partition by user_id
		order by covered_from, covered_to
		rows between unbounded preceding and 1 preceding) as gap_from,
	min(created_at) over (partition by user_id, covered_from)
		as created_at
	from play_coverage)
where gap_from < gap_to;
COMMIT;

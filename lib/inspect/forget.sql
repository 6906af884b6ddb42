-- Taking back what captures brought. What is chosen is in temporary tables.

-- name: forget_create_runs
create temp table forget_runs (run_id text primary key) without rowid;

-- name: forget_create_users
create temp table forget_users (user_id text primary key) without rowid;

-- name: forget_create_captures
create temp table forget_captures (
	capture_id integer primary key,
	run_id text,
	seq integer,
	body_id integer
);

-- name: forget_create_sources
create temp table forget_sources (source_id integer primary key);

-- name: forget_create_times
-- When the captures were fetched: for values of unknown source.
create temp table forget_times (time text primary key) without rowid;

-- name: forget_create_lists
-- Playlists whose current list of tracks goes.
create temp table forget_lists (
	playlist_id text primary key,
	tracks_updated text
) without rowid;

-- name: forget_create_sums
create temp table forget_sums (
	"table" text primary key,
	rows integer not null,
	"values" integer not null,
	pruned integer not null
) without rowid;

-- name: forget_is_known
select exists (select 1 from ingest_runs where run_id = :run)
	or exists (select 1 from staging_raw where run_id = :run)
	or exists (select 1 from sources where run_id = :run);

-- name: forget_add_run
insert or ignore into temp.forget_runs values (:run);

-- name: forget_add_user
insert into temp.forget_users values (:user);

-- name: forget_add_runs_of_user
insert or ignore into temp.forget_runs
select run_id from ingest_runs where user_id = :user;

-- name: forget_fetched
-- A run that did not import its captures. A replay has none of its own.
select run_id from temp.forget_runs f left join ingest_runs r using (run_id)
where (job is null or job not in ('import', 'replay', 'forget'))
	and status is not 'forgotten'
order by run_id limit 1;

-- name: forget_processes
-- What programs work on: runs that are chosen or replayed, and those that may
-- load any captures again, as imports do with what was imported before.
select process, run_id from ingest_runs
where process is not null
	and (account is null
		or run_id in (select run_id from temp.forget_runs)
		or replay_of in (select run_id from temp.forget_runs))
order by run_id;

-- name: forget_find_captures
insert into temp.forget_captures
select capture_id, run_id, seq, body_id from staging_raw
where run_id in (select run_id from temp.forget_runs)
	or user_id in (select user_id from temp.forget_users);

-- name: forget_find_sources
-- Captures of the runs that were pruned, or never staged, are sources as well.
insert into temp.forget_sources
select source_id from sources
where run_id in (select run_id from temp.forget_runs)
	or (run_id, seq) in (
		select run_id, seq from temp.forget_captures
		where run_id is not null);

-- name: forget_find_times
insert or ignore into temp.forget_times
select fetched_at from temp.forget_captures join staging_raw using (capture_id)
where fetched_at is not null;

-- name: forget_find_lists
-- Current lists that have a page of a chosen capture, or its name.
insert into temp.forget_lists
select playlist_id, tracks_updated from playlists
where tracks_updated is not null and (
	substr(tracks_list, 1, instr(tracks_list, '/') - 1) in (
		select run_id from temp.forget_runs)
	or exists (
		select 1 from json_each(tracks_sources) j
		where j.value->>0 >= 0 and j.value->>1 in (
			select source_id from temp.forget_sources))
	or ((tracks_sources is null or exists (
			select 1 from json_each(tracks_sources) j
			where j.value->>0 < 0))
		and tracks_updated in (select time from temp.forget_times)));

-- name: forget_find_confirmed_lists
-- A list may be current because one of a chosen capture has confirmed it. Where
-- all its pages are staged, it comes again if that is not so.
insert or ignore into temp.forget_lists
select playlist_id, tracks_updated from playlists p
where tracks_updated is not null
	and exists (
		select 1 from temp.forget_captures
		join staging_raw s using (capture_id)
		where s.endpoint in ('playlist', 'playlist-items')
			and (s.url is null or instr(s.url, p.playlist_id) > 0))
	and tracks_sources is not null
	and not exists (
		select 1 from json_each(tracks_sources) j
		where j.value->>0 < 0 or not exists (
			select 1 from sources o
			join staging_raw using (run_id, seq)
			where o.source_id = j.value->>1));

-- name: forget_sources
select source_id from temp.forget_sources order by source_id;

-- name: forget_times
select time from temp.forget_times order by time;

-- name: forget_pruned_span
-- When other captures were fetched that are not here any more. Of those that
-- were never staged, or that an older sp has pruned, only the run is known: a
-- planned one fetches within a day, and any other may have brought old ones.
select min(coalesce(fetched_at, iif(account is null, '', started_at))),
	max(coalesce(fetched_at, iif(account is null, '9',
		strftime('%Y-%m-%dT%H:%M:%fZ', started_at, '+1 day'))))
from (
	select run_id, fetched_at from sources o
	where run_id <> ''
		and source_id not in (select source_id from temp.forget_sources)
		and not exists (
			select 1 from staging_raw s
			where s.run_id = o.run_id and s.seq = o.seq)
	group by run_id, fetched_at)
left join ingest_runs using (run_id);

-- name: forget_sum_captures
-- How many, how large, and of which user, if they are of one.
select count(*), coalesce(sum(size), 0),
	iif(min(coalesce(user_id, '')) = max(user_id), max(user_id), null)
from temp.forget_captures c join staging_raw s using (capture_id)
left join staging_bodies b on b.body_id = s.body_id;

-- name: forget_add_sum
insert into temp.forget_sums values (:table, :rows, :values, :pruned);

-- name: forget_list
select "table", rows, "values", pruned from temp.forget_sums
order by "table" <> 'staging_raw', "table";

-- name: forget_delete_captures
delete from staging_raw
where capture_id in (select capture_id from temp.forget_captures);

-- name: forget_delete_bodies
-- Those that no other capture has.
delete from staging_bodies
where body_id in (select body_id from temp.forget_captures)
	and body_id not in (
		select body_id from staging_raw where body_id is not null);

-- name: forget_delete_errors
delete from ingest_errors
where run_id in (select run_id from temp.forget_runs)
	or user_id in (select user_id from temp.forget_users)
	or substr(src, 1, instr(src, '/') - 1) in (
		select run_id from temp.forget_runs)
	or substr(list, 1, instr(list, '/') - 1) in (
		select run_id from temp.forget_runs);

-- name: forget_delete_sources
-- The greatest number stays, so that it is not given again while a program
-- remembers it.
delete from sources
where source_id in (select source_id from temp.forget_sources)
	and source_id < (select max(source_id) from sources);

-- name: forget_clear_last_source
update sources set run_id = '', seq = source_id
where source_id in (select source_id from temp.forget_sources);

-- name: forget_delete_matches
-- Of plays that are gone, whose numbers may be given to others.
delete from play_matches
where play_id not in (select play_id from play_history);

-- name: forget_mark_runs
-- The log says what is forgotten. Gaps are reported anew.
update ingest_runs set status = 'forgotten', process = null, gaps_json = null,
	ledger_json = null, receipt_json = null,
	reason = 'forgotten on ' || strftime('%Y-%m-%d', 'now') || ': '
		|| (select count(*) from temp.forget_captures c
			where c.run_id = ingest_runs.run_id)
		|| ' captures were removed'
where run_id in (select run_id from temp.forget_runs)
	and status <> 'forgotten'
	and not exists (select 1 from temp.forget_users);

-- name: forget_delete_redeliveries
-- Those that repeated the captures, which are not loaded any more.
delete from ingest_runs
where replay_of in (select run_id from temp.forget_runs);

-- name: forget_delete_runs_of_user
delete from ingest_runs
where user_id in (select user_id from temp.forget_users);

-- name: forget_delete_gaps_of_user
-- That other runs reported.
update ingest_runs set gaps_json = (
	select nullif(json_group_array(json(value)), '[]')
	from json_each(gaps_json)
	where json_extract(value, '$.user') is null
		or json_extract(value, '$.user') not in (
			select user_id from temp.forget_users))
where gaps_json is not null and exists (
	select 1 from json_each(gaps_json)
	where json_extract(value, '$.user') in (
		select user_id from temp.forget_users));

-- name: forget_delete_accounts
delete from accounts where user_id in (select user_id from temp.forget_users);

-- name: forget_delete_lifted_deadlines
delete from lifted_deadlines
where user_id in (select user_id from temp.forget_users);

-- name: forget_delete_spans
-- Nothing of theirs is left to be matched.
delete from unmatched_spans
where user_id in (select user_id from temp.forget_users);

-- name: forget_pending
select run_id from ingest_runs
where job = 'forget' and status <> 'complete'
order by run_id desc limit 1;

-- Captures that no table needs any more, planned in temporary tables and removed
-- in batches. inspect/prune.h says what is needed.

-- name: prune_create_sources
-- The captures that values of tables come from.
create temp table if not exists prune_sources (
	source_id integer primary key
);

-- name: prune_create_times
-- The times of values whose capture is unknown.
create temp table if not exists prune_times (
	time text primary key
) without rowid;

-- name: prune_create_plan
-- All captures. class is recent, refused, unloaded, needed or unneeded. list is
-- the list of tracks that a capture is a page of; root is the first one of those
-- that resume each other.
create temp table if not exists prune_plan (
	capture_id integer primary key,
	source_id integer,
	run_id text,
	fetched_at text,
	endpoint text,
	list text,
	root text,
	follows text,
	class text not null,
	goes boolean not null default false,
	bytes integer
);

-- name: prune_create_plan_index
create index if not exists temp.prune_plan_root on prune_plan (root);

-- name: prune_create_batch
create temp table if not exists prune_batch (
	capture_id integer primary key,
	body_id integer
);

-- name: prune_clear_sources
delete from temp.prune_sources;

-- name: prune_clear_times
delete from temp.prune_times;

-- name: prune_clear_plan
delete from temp.prune_plan;

-- name: prune_plan_captures
-- Classify all captures by their sources. A run was loaded to its end if its
-- ledger balanced, or the ledger of a replay of it: 65 is the exit status of one
-- that did not. Lists have the names that the built-in mappings give them.
--
-- A capture without a time is recent, because its rows have the time of their
-- load. One that was redated is needed: its rows have the old time, and would
-- have the new one after a rebuild.
with loaded_runs as (
	select run_id, replay_of from ingest_runs
	where status in ('complete', 'deferred')
		or (status = 'failed' and ledger_json is not null
			and exit_status <> 65)
),
loaded (run_id) as (
	select run_id from loaded_runs
	union
	select replay_of from loaded_runs where replay_of is not null
),
captures as (
	select capture_id, source_id, run_id, seq, endpoint, extra_json,
		strftime('%Y-%m-%dT%H:%M:%fZ',
			staging_raw.fetched_at) as time,
		json_extract(extra_json, '$.request') as request,
		json_extract(extra_json, '$.list') as list
	from staging_raw left join sources using (run_id, seq)
)
insert into temp.prune_plan
	(capture_id, source_id, run_id, fetched_at, endpoint, list, root,
	follows, class)
select capture_id, source_id, run_id, time, endpoint,
	coalesce(run_id || '/' || request, list, run_id || '/import'),
	coalesce(run_id || '/' || request, list, run_id || '/import'),
	case when run_id || '/' || request is not null then list end,
	case
	when time is null or time >= :before then 'recent'
	when exists (
		select 1 from ingest_errors e
		where e.src = c.run_id || '/' || c.seq) then 'refused'
	when (run_id in (select run_id from loaded)) is not true
		then 'unloaded'
	when source_id in (select source_id from temp.prune_sources)
		or json_extract(extra_json, '$.redated') is not null
		then 'needed'
	else 'unneeded'
	end
from captures c;

-- name: prune_need_times
-- A value of unknown source may come from any capture of its time.
update temp.prune_plan set class = 'needed'
where class = 'unneeded' and fetched_at in (select time from temp.prune_times);

-- name: prune_need_missing_sources
-- A source that was deleted from `sources` may be any capture.
update temp.prune_plan set class = 'needed'
where class = 'unneeded' and exists (
	select 1 from temp.prune_sources
	where source_id not in (select source_id from sources));

-- name: prune_join_lists
-- The pages of lists that resume each other belong together.
with recursive links (list, follows) as (
	select distinct list, follows from temp.prune_plan
	where endpoint in ('playlist', 'playlist-items')
		and follows is not null
),
roots (list, root) as (
	select list, follows from links
	where follows not in (select list from links)
	union
	select l.list, r.root from links l join roots r on l.follows = r.list
)
update temp.prune_plan as p set root = r.root
from (select list, min(root) as root from roots group by list) r
where p.list = r.list;

-- name: prune_need_current_lists
-- Lists that are current, or wait for missing pages.
with current (list) as (
	select tracks_list from playlists
	union
	select list from playlist_pages
	union
	select list from ingest_errors
)
update temp.prune_plan set class = 'needed'
where class = 'unneeded' and root in (
	select list from current
	union
	select root from temp.prune_plan join current using (list));

-- name: prune_need_own_lists
-- A current list that no capture is a page of was named by a user's mapping. If
-- its name begins with a run, its pages may be of any capture of that run.
update temp.prune_plan set class = 'needed'
where class = 'unneeded' and run_id in (
	select substr(tracks_list, 1, instr(tracks_list, '/') - 1)
	from playlists
	where tracks_list not in (
		select list from temp.prune_plan where list is not null
		union
		select root from temp.prune_plan where root is not null));

-- name: prune_need_unnamed_lists
-- If its name has no run, they may be of any capture that is as new as the list,
-- whose time is that of its oldest page.
update temp.prune_plan set class = 'needed'
where class = 'unneeded' and fetched_at >= (
	select strftime('%Y-%m-%dT%H:%M:%fZ', min(tracks_updated))
	from playlists
	where instr(tracks_list, '/') = 0 and tracks_list <> tracks_updated);

-- name: prune_need_queued
-- A playlist whose source is no staged capture was queued by hand. A capture that
-- names it may have queued it before.
with queued as materialized (
	select playlist_id from playlist_ingest_queue
	where not exists (
		select 1 from sources join staging_raw using (run_id, seq)
		where source_id = row_source)
)
update temp.prune_plan as p set class = 'needed'
where class = 'unneeded' and exists (select 1 from queued) and exists (
	select 1 from queued q, staging_raw s
	left join staging_bodies b using (body_id)
	where s.capture_id = p.capture_id
		and instr(
			body_text(b.body, b.size, b.sha256,
				coalesce(s.run_id || '/' || s.seq,
					'capture ' || s.capture_id)),
			q.playlist_id) > 0);

-- name: prune_need_whole_lists
-- Lists remain whole: a part of one would load as a list that is incomplete, or
-- that never was.
update temp.prune_plan set class = 'needed'
where class = 'unneeded' and endpoint in ('playlist', 'playlist-items')
	and root in (
		select root from temp.prune_plan
		where class <> 'unneeded'
			and endpoint in ('playlist', 'playlist-items'));

-- name: prune_choose
-- With :even_needed, all but recent captures go.
update temp.prune_plan as p set goes = true, bytes = (
	select size from staging_raw r left join staging_bodies using (body_id)
	where r.capture_id = p.capture_id)
where class = 'unneeded' and :all_known
	or class <> 'recent' and :even_needed;

-- name: prune_list
select endpoint, count(*) as old, sum(goes) as captures,
	coalesce(sum(bytes), 0) as bytes, sum(class = 'needed') as needed,
	sum(class = 'refused') as refused, sum(class = 'unloaded') as unloaded
from temp.prune_plan where class <> 'recent'
group by endpoint order by endpoint;

-- name: prune_sum
select coalesce(sum(goes), 0), coalesce(sum(bytes), 0), count(*)
from temp.prune_plan where class <> 'recent';

-- name: prune_lost_items
-- Items of lists that are not whole without the captures that go, of how many.
select count(*), (select count(*) from playlist_tracks)
from playlist_tracks join playlists using (playlist_id)
where tracks_list in (
	select root from temp.prune_plan where goes
	union
	select list from temp.prune_plan where root in (
		select root from temp.prune_plan where goes));

-- name: prune_next_captures
select capture_id, root, bytes from temp.prune_plan
where goes order by root, capture_id;

-- name: prune_add_to_batch
insert into temp.prune_batch
select capture_id, body_id from staging_raw where capture_id = :capture;

-- name: prune_keep_times
-- When the captures were fetched, which values may have come from.
update sources set fetched_at = b.fetched_at
from (
	select run_id, seq, fetched_at
	from temp.prune_batch join staging_raw using (capture_id)) b
where sources.run_id = b.run_id and sources.seq = b.seq;

-- name: prune_delete_captures
delete from staging_raw
where capture_id in (select capture_id from temp.prune_batch);

-- name: prune_delete_bodies
-- Those that no other capture has.
delete from staging_bodies
where body_id in (select body_id from temp.prune_batch)
	and body_id not in (
		select body_id from staging_raw where body_id is not null);

-- name: prune_delete_planned
delete from temp.prune_plan
where capture_id in (select capture_id from temp.prune_batch);

-- name: prune_clear_batch
delete from temp.prune_batch;

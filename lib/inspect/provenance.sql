-- The captures that a row comes from, collected in temporary tables.

-- name: why_create_values
-- The values of the row, each with its time and its source.
create temp table why_values (
	position integer primary key,
	"column" text,
	value,
	told_at text,
	source integer
);

-- name: why_create_keys
-- What captures contain that name the row: each text, or in a body its beginning.
create temp table why_keys (
	text text,
	beginning text
);

-- name: why_create_captures
-- position is that of the value that comes from the capture; list the list of
-- tracks that the capture is a page of.
create temp table why_captures (
	position integer,
	capture_id integer,
	list text
);

-- name: why_insert_value
insert into temp.why_values
values (:position, :column, :value, :time, :source);

-- name: why_insert_key
insert into temp.why_keys values (:text, :beginning);

-- name: why_page_of_item
-- The source and time of the page that has an item of the current list: the last
-- one that begins at the :position or before it. None if the page was loaded by
-- a version that stored no sources.
select source_id, coalesce(s.fetched_at, p.tracks_updated, '')
from playlists p, json_each(p.tracks_sources) j
join sources o on o.source_id = j.value->>1
left join staging_raw s using (run_id, seq)
where p.playlist_id = :playlist
	and j.value->>0 between 0 and cast(:position as integer)
	and not exists (
		select 1 from json_each(p.tracks_sources) u
		where u.value->>0 < 0
			and u.value->>1 <= cast(:position as integer))
order by j.value->>0 desc limit 1;

-- name: why_find_sources
insert into temp.why_captures (position, capture_id)
select position, capture_id
from temp.why_values v
join sources o on o.source_id = v.source
join staging_raw using (run_id, seq);

-- name: why_find_captures_of_time
-- A value of unknown source may come from any capture of its time.
insert into temp.why_captures (position, capture_id)
select position, capture_id
from temp.why_values join staging_raw on fetched_at = told_at
where source < 0;

-- name: why_find_captures_by_key
-- Captures that contain all keys. Bodies are last, because they are inflated.
insert into temp.why_captures (capture_id, list)
select capture_id,
	case when :with_lists then
		coalesce(run_id || '/' || json_extract(extra_json, '$.request'),
			json_extract(extra_json, '$.list'), run_id || '/import')
	end
from staging_raw s left join staging_bodies b using (body_id)
where not exists (
	select 1 from temp.why_keys k
	where not (user_id is k.text or endpoint is k.text
		or instr(coalesce(url, ''), k.text) > 0
		or coalesce(instr(
			body_text(b.body, b.size, b.sha256,
				coalesce(s.run_id || '/' || s.seq,
					'capture ' || s.capture_id)),
			k.beginning), 0) > 0));

-- name: why_count_captures
select count(*) from temp.why_captures;

-- name: why_list_values
-- A capture that was pruned has only its run and seq.
select v."column", v.value, v.told_at as reported_at,
	coalesce(o.run_id, s.run_id) as run_id,
	coalesce(o.seq, s.seq) as seq, s.endpoint, s.url, s.capture_id
from temp.why_values v
left join sources o on o.source_id = v.source
left join temp.why_captures c on c.position = v.position
left join staging_raw s on s.capture_id = c.capture_id
order by v.position, s.capture_id;

-- name: why_list_captures
-- Captures that contain the keys, and what became of each.
select s.fetched_at as reported_at, s.run_id, s.seq, s.endpoint, s.url,
	case
	when e.error_id is not null then 'refused'
	when s.run_id in (
		select run_id from loaded_runs
		union
		select replay_of from loaded_runs) then 'loaded'
	else 'not loaded'
	end as became,
	e.stage, e.reason, s.capture_id
from temp.why_captures c
join staging_raw s using (capture_id)
left join ingest_errors e
	on e.src = s.run_id || '/' || s.seq or e.list = c.list
order by s.capture_id, e.error_id;

-- name: why_list_capture_ids
select distinct capture_id from temp.why_captures order by capture_id;

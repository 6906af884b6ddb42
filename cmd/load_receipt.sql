-- The receipt of a run that brought streams of an export.

-- name: receipt
-- An array of what was read by file and year, from the :lines that sp-load
-- counted: an array of objects, of a capture (src) and a year each, or of rows of
-- a file that could not be read. What is in a capture and was not used was
-- refused, and is of no year. Without captures, only what came is known. No row
-- if nothing is of an export.
with line as materialized (
	select json_extract(value, '$.src') as src,
		json_extract(value, '$.file') as file,
		json_extract(value, '$.year') as year,
		json_extract(value, '$.used') as used,
		json_extract(value, '$.inserted') as inserted,
		json_extract(value, '$.updated') as updated,
		json_extract(value, '$.refused') as refused,
		json_extract(value, '$.phantoms') as phantoms,
		json_extract(value, '$.incognito') as incognito,
		json_extract(value, '$.podcasts') as podcasts,
		json_extract(value, '$.audiobooks') as audiobooks,
		json_extract(value, '$.videos') as videos
	from json_each(:lines)
),
brought as (
	select src, sum(used) as used,
		rtrim(rtrim(src, '0123456789'), '/') as run_id,
		cast(replace(src, rtrim(src, '0123456789'), '') as integer)
			as seq
	from line where src is not null group by src
),
capture as materialized (
	select b.src, n.source_id, b.used,
		coalesce(json_extract(r.extra_json, '$.file'), c.file) as file,
		coalesce(json_extract(r.extra_json, '$.rows'), b.used) as rows
	from brought b
	left join staging_raw r on r.run_id = b.run_id and r.seq = b.seq
	left join sources n on n.run_id = b.run_id and n.seq = b.seq
	left join streaming_coverage c on c.row_source = n.source_id
	where b.used > 0 or r.endpoint in
		('streaming-history', 'streaming-history-basic')
),
part (file, year, "read", inserted, updated, refused, phantoms, incognito, podcasts,
	audiobooks, videos, matched, gaps_closed) as (
	select c.file, l.year, l.used, l.inserted, l.updated, 0, l.phantoms,
		l.incognito, l.podcasts, l.audiobooks, l.videos, 0, 0
	from line l join capture c using (src) where l.used > 0
	union all
	select file, null, rows - used, 0, 0, rows - used, 0, 0, 0, 0, 0, 0, 0
	from capture where rows > used
	union all
	select file, null, refused, 0, 0, refused, 0, 0, 0, 0, 0, 0, 0
	from line where file is not null
	union all
	select c.file, cast(substr(h.ts, 1, 4) as integer),
		0, 0, 0, 0, 0, 0, 0, 0, 0, count(*), 0
	from play_matches m
	join streaming_history h on h.stream_id = m.stream_id
	join capture c on c.source_id = h.row_source
	where m.play_id is not null and m.leader_id = m.stream_id
	group by 1, 2
	union all
	select closed_by, cast(substr(gap_from, 1, 4) as integer),
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count(*)
	from play_gaps where closed_by in (select file from capture)
	group by 1, 2
)
select json_group_array(json_object('file', file, 'year', year,
	'read', "read", 'inserted', inserted, 'updated', updated,
	'unchanged', max("read" - refused - inserted - updated, 0),
	'refused', refused,
	'phantoms', phantoms, 'incognito', incognito, 'podcasts', podcasts,
	'audiobooks', audiobooks, 'videos', videos, 'matched', matched,
	'gaps_closed', gaps_closed))
from (select file, year, sum("read") as "read", 
		sum(inserted) as inserted, sum(updated) as updated,
		sum(refused) as refused,
		sum(phantoms) as phantoms, sum(incognito) as incognito,
		sum(podcasts) as podcasts, sum(audiobooks) as audiobooks,
		sum(videos) as videos, sum(matched) as matched,
		sum(gaps_closed) as gaps_closed
	from part group by file, year
	order by file, year is null, year)
having count(*) > 0;

-- name: store_receipt
update ingest_runs set receipt_json = :receipt where run_id = :run;

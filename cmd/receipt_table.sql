-- The receipt of a run, for people.

-- name: receipt_lines
-- The lines of a :receipt and their sum; earlier revisions had other names. A file has the part of its base name
-- that Spotify does not give to all files, unless two have the same.
with line as (
	select json_extract(value, '$.file') as file,
		json_extract(value, '$.year') as year,
		json_extract(value, '$.read') as "read",
		coalesce(json_extract(value, '$.inserted'),
			json_extract(value, '$.new')) as inserted,
		json_extract(value, '$.updated') as updated,
		coalesce(json_extract(value, '$.unchanged'),
			json_extract(value, '$.known')) as unchanged,
		json_extract(value, '$.refused') as refused,
		json_extract(value, '$.phantoms') as phantoms,
		json_extract(value, '$.incognito') as incognito,
		json_extract(value, '$.podcasts') as podcasts,
		json_extract(value, '$.audiobooks') as audiobooks,
		json_extract(value, '$.videos') as videos,
		json_extract(value, '$.matched') as matched,
		json_extract(value, '$.gaps_closed') as gaps_closed,
		key as place
	from json_each(:receipt)
),
file as (
	select file, replace(replace(replace(
			replace(file, rtrim(file, replace(file, '/', '')), ''),
			'Streaming_History_', ''), 'StreamingHistory_', ''),
			'.json', '') as short
	from line where file is not null group by file
)
select iif(1 = (select count(*) from file f where f.short = file.short),
		short, coalesce(file, '?')) as file,
	coalesce(year, '?') as year, "read", inserted, updated, unchanged, refused,
	matched, gaps_closed, phantoms, incognito, podcasts, audiobooks, videos
from (select * from line order by place) left join file using (file)
union all
select 'sum', '', coalesce(sum("read"), 0), coalesce(sum(inserted), 0),
	coalesce(sum(updated), 0), coalesce(sum(unchanged), 0),
	coalesce(sum(refused), 0), sum(matched),
	sum(gaps_closed), sum(phantoms), sum(incognito), sum(podcasts),
	sum(audiobooks), sum(videos)
from line;

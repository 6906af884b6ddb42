-- For SQLite, in a database with outbox.sql: the columns of the tables that are
-- pushed, with their types in PostgreSQL. Left out are the columns of
-- provenance, whose numbers mean nothing elsewhere. key: the place in the key,
-- from 1.
create temp view columns as
select t.table_name as tab, c.cid, c.name, k.key + 1 as key,
	case when c.name like '%\_json' escape '\' then 'jsonb'
	when c.name like '%\_at' escape '\' or c.name like '%\_seen' escape '\'
		or c.name like '%\_updated' escape '\'
		or c.name like '%\_refreshed' escape '\'
		or c.name in ('ts', 'covered_from', 'covered_to')
	then 'timestamptz'
	when lower(c.type) = 'integer' then 'bigint'
	when lower(c.type) = 'boolean' then 'boolean'
	when lower(c.type) = 'real' then 'double precision'
	else 'text' end as type
from outbox_tables t, pragma_table_info(t.table_name) c
left join json_each(t.key) k on k.value = c.name
where c.name not in ('column_sources', 'column_times', 'first_source',
	'row_source', 'tracks_sources')
order by t.table_name, c.cid;

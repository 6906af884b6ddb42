-- The wanted schema, compared with that of a database. :tables is 1 for the
-- tables alone.

-- name: wanted_objects
-- Tables come first, because indexes and views need them.
select type, name, sql from main.sqlite_master
where sql is not null and (type = 'table' or not :tables)
order by type = 'table' desc, rowid;

-- name: has_object
select 1 from main.sqlite_master where name = :name collate nocase;

-- name: wanted_columns
select name, type, "notnull", dflt_value
from pragma_table_info(:table, 'main')
order by cid;

-- name: is_outdated
-- Whether a view or an index of that name is one of sp, with another text than
-- :wanted. A view without the mark is the user's own.
select 1 from main.sqlite_master
where name = :name collate nocase
	and type = :type
	and sql <> :wanted
	and (type = 'index' or sql like '% as /* sp */%');

-- name: is_former_table
-- Whether a table of an earlier sp has the name of what is a view now. Any other
-- table is the user's own.
select 1 from main.sqlite_master
where name = :name collate nocase
	and type = 'table'
	and :type = 'view'
	and (select group_concat(name) from pragma_table_info(:name, 'main'))
		in ('user_id,gap_from,gap_to',
			'user_id,gap_from,gap_to,created_at');

-- name: complete_denied
-- What the 403s of an older sp are about, which did not store it.
update endpoint_status set denied = denied(endpoint, reason)
where status = 403 and denied is null;

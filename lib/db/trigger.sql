-- Triggers of the user's own, and statements that fire those of a table.

-- name: triggers
-- Listed before any of them is dropped.
with listed (name, table_name) as materialized (
	select name, tbl_name from main.sqlite_master where type = 'trigger'
)
select name, table_name from listed order by name;

-- name: has_trigger
select 1 from main.sqlite_master
where type = 'trigger' and tbl_name = :table collate nocase limit 1;

-- name: drop_trigger
-- The statement that drops a trigger.
select printf('drop trigger main."%w"', :trigger);

-- name: changes_of_table
-- Statements that compile the triggers of a table, and run nothing. All columns
-- are updated, because a trigger may be of any.
select printf('explain insert into main."%w" default values', :table)
union all select printf('explain delete from main."%w"', :table)
union all select printf('explain update main."%w" set %s', :table,
	group_concat(printf('"%w" = null', name)))
from pragma_table_info(:table, 'main');

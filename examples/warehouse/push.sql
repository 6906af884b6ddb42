-- For SQLite, after columns.sql: prints a script for sqlite3, which prints a
-- script for psql. Of the outbox it takes what is up to :last. If a track has
-- changed and another one is gone, psql gets, with more columns:
--
--	begin;
--	update pushes set seq = 3, token = '5f2c'
--		where source_db = 'kim' and seq < 3;
--	create temp table noted as
--		select true as gone, track_id, name from tracks limit 0;
--	copy noted from stdin;
--	f	4uLU6hMCjMI75M1A2tKUQC	Tide
--	t	2noRn2Aes5aoNVsU6iWThc	\N
--	\.
--	delete from tracks where source_db = 'kim'
--		and (track_id) in (select track_id from noted where gone);
--	insert into tracks (source_db, track_id, name)
--		select 'kim', track_id, name from noted where not gone
--		on conflict (source_db, track_id) do update set name = excluded.name;
--	commit;
begin;
create temp table changed as
select table_name as tab, max(key is null) as whole from outbox
where seq <= :last and table_name <> '' group by table_name;

-- A value as copy reads it. The key of a row that is gone is in the outbox.
create temp table parts as
select tab, cid, key, printf('"%w"', name) as name, type,
	case when type in ('bigint', 'boolean') then value
	when type = 'double precision'
		then printf('iif(%s is null, null, printf(''%%!.17g'', %s))',
			value, value)
	else printf('replace(replace(replace(replace(%s,
	''\'', ''\\''), char(9), ''\t''), char(10), ''\n''), char(13), ''\r'')',
		iif(type = 'jsonb',
			printf('iif(%s is null or json_valid(%s), %s, json_quote(%s))',
				value, value, value, value),
			value))
	end as value
from (select c.*, iif(key and not whole,
		printf('coalesce(t."%w", json_extract(o.key, ''$[%d]''))',
			c.name, key - 1),
		printf('t."%w"', c.name)) as value
	from changed join columns c using (tab));

-- For each table with changes: the lists of columns that its statements need,
-- and its row as a line of copy. whole: all rows, not those that are noted.
create temp table lists as
select printf('"%w"', tab) as tab, tab as name, whole,
	(select group_concat(name, ', ') from (select name from parts p
		where p.tab = c.tab order by cid)) as columns,
	(select group_concat(name, ', ') from (select name from parts p
		where p.tab = c.tab and key order by key)) as keys,
	(select group_concat(printf('%s = excluded.%s', name, name), ', ')
		from parts p where p.tab = c.tab and key is null) as updates,
	(select group_concat(printf('coalesce(%s, ''\N'')', value),
		' || char(9) || ') from (select value from parts p where p.tab = c.tab order by cid)) as row,
	(select group_concat(printf('t.%s = json_extract(o.key, ''$[%d]'')', name,
		key - 1), ' and ') from parts p where p.tab = c.tab and key) as match,
	(select 't.' || name from parts p where p.tab = c.tab and key = 1) as first
from changed c;

select 'begin;';
-- The update waits for another push of this database to end. If that one was
-- newer, this one sends nothing.
select printf('select %Q;', printf('begin;
insert into pushes (source_db, seq, token)
values (:''source'', 0, '''') on conflict (source_db) do nothing;
update pushes set seq = %d, token = %Q, pushed_at = current_timestamp
where source_db = :''source'' and seq < %d;
select token = %Q as mine from pushes where source_db = :''source'' \gset
\if :mine
\else
\echo nothing
\q
\endif
select format(''alter table %%I add column if not exists %%I '' || type, tab,
	name)
from (values %s) c (tab, name, type)
where not exists (select 1 from information_schema.columns i
	where i.table_schema = current_schema()
	and i.table_name = tab and i.column_name = name) \gexec',
	seq, key, seq, key,
	(select group_concat(printf('(%Q, %Q, %Q)', tab, name, type))
		from changed join columns using (tab))))
from outbox where seq = :last and exists (select 1 from changed);

select printf('select %Q;', printf('create temp table noted as
select true as gone, %s from %s limit 0;
copy noted from stdin;', columns, tab)) || char(10) || iif(whole,
	printf('select ''f'' || char(9) || %s from %s t;', row, tab),
	printf('select iif(%s is null, ''t'', ''f'') || char(9) || %s
from (select distinct key from outbox
	where table_name = %Q and seq <= %d and key is not null) o
left join %s t on %s;', first, row, name, :last, tab, match))
|| printf('
select %Q;', printf('\.
analyze noted;
delete from %s where source_db = :''source''%s;
insert into %s (source_db, %s)
select :''source'', %s from noted where not gone
on conflict (source_db, %s) do %s;
drop table noted;', tab, iif(whole, '', printf(
	' and (%s) in (select %s from noted where gone)', keys, keys)),
	tab, columns, columns, keys,
	coalesce('update set ' || updates, 'nothing')))
from lists;

select printf('select %Q;', iif(exists (select 1 from changed), printf('commit;
\echo %d', :last), '\echo nothing'));
select 'commit;';
commit;

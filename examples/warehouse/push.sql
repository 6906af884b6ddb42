-- For SQLite, after columns.sql: prints a script for sqlite3, which prints a
-- script for psql. Of the outbox it takes what is up to push.last. If a track has
-- changed and another one is gone, and all artists are to be sent, psql gets, with
-- more columns:
--
--	begin;
--	update pushes set seq = 3, token = '5f2c'
--		where source_db = 'kim' and seq < 3;
--	delete from artists where source_db = 'kim';
--	copy artists (source_db, artist_id, name) from stdin (format csv);
--	kim,7HCqGPJcQTyGJ2yqntbuyr,"Golden Rivers"
--	\.
--	create temp table noted_tracks as
--		select true as gone, track_id, name from tracks limit 0;
--	copy noted_tracks from stdin (format csv);
--	0,4uLU6hMCjMI75M1A2tKUQC,Tide
--	1,2noRn2Aes5aoNVsU6iWThc,
--	\.
--	delete from tracks where source_db = 'kim'
--		and (track_id) in (select track_id from noted_tracks where gone);
--	insert into tracks (source_db, track_id, name)
--		select 'kim', track_id, name from noted_tracks where not gone
--		on conflict (source_db, track_id) do update set name = excluded.name;
--	commit;
--
-- The shell of SQLite writes rows as CSV: null is nothing, an empty text "". It
-- prints the end of a table as its token, which push.sh replaces: a line \. can
-- also be part of a text.
begin;
create temp table changed as
select table_name as tab, max(key is null) as whole from outbox, push
where seq <= last and table_name <> '' group by table_name;

-- A value as copy reads it. The key of a row that is gone is in the outbox. What is
-- no JSON, or has a character that PostgreSQL has not, \u0000 or half of a pair,
-- becomes a JSON string.
create temp table parts as
select tab, cid, key, printf('"%w"', name) as name,
	case type
	when 'double precision'
	then printf('iif(%s is null, null, printf(''%%!.17g'', %s))', value, value)
	when 'jsonb'
	then printf('iif(%s is null or json_valid(%s) and %s not glob ''*\u0000*''
	and %s not glob ''*\u[dD][89a-fA-F]*'', %s, json_quote(%s))',
		value, value, value, value, value, value)
	else value end as value
from (select c.*, iif(key and not whole,
		printf('coalesce(t."%w", json_extract(o.key, ''$[%d]''))',
			c.name, key - 1),
		printf('t."%w"', c.name)) as value
	from changed join columns c using (tab));

-- For each table with changes: the lists of columns that its statements need.
-- whole: all rows are sent, not those that are noted.
create temp table lists as
select printf('"%w"', tab) as tab, tab as name, whole,
	printf('"noted_%w"', tab) as noted,
	(select group_concat(name, ', ') from (select name from parts p
		where p.tab = c.tab order by cid)) as columns,
	(select group_concat(name, ', ') from (select name from parts p
		where p.tab = c.tab and key order by key)) as keys,
	(select group_concat(printf('%s = excluded.%s', name, name), ', ')
		from parts p where p.tab = c.tab and key is null) as updates,
	(select group_concat(value, ', ') from (select value from parts p
		where p.tab = c.tab order by cid)) as row,
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
	last, token, last, token,
	(select group_concat(printf('(%Q, %Q, %Q)', tab, name, type))
		from changed join columns using (tab))))
from push where exists (select 1 from changed);

select printf('select %Q;', iif(whole,
	printf('delete from %s where source_db = :''source'';
copy %s (source_db, %s) from stdin (format csv);', tab, tab, columns),
	printf('create temp table %s as
select true as gone, %s from %s limit 0;
copy %s from stdin (format csv);', noted, columns, tab, noted)))
|| printf('
.mode csv
.separator , "\n"
select %s;
.mode list
select %Q;', iif(whole,
	printf('%Q, %s from %s t', source, row, tab),
	printf('%s is null, %s from (select distinct key from outbox
	where table_name = %Q and seq <= %d and key is not null) o
left join %s t on %s', first, row, name, last, tab, match)), token)
|| iif(whole, '', printf('
select %Q;', printf('analyze %s;
delete from %s where source_db = :''source''
	and (%s) in (select %s from %s where gone);
insert into %s (source_db, %s)
select :''source'', %s from %s where not gone
on conflict (source_db, %s) do %s;
drop table %s;', noted, tab, keys, keys, noted, tab, columns, columns, noted,
	keys, coalesce('update set ' || updates, 'nothing'), noted)))
from lists, push;

select printf('select %Q;', iif(exists (select 1 from changed), printf('commit;
\echo %d', last), '\echo nothing')) from push;
select 'commit;';
commit;

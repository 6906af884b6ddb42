#!/bin/sh
# Print a file of this folder that is made of sp's own schema. Needs sqlite3.
#
#	generate.sh outbox ../../lib/schema/schema.sql >outbox.sql
#	generate.sh schema ../../lib/schema/schema.sql >schema.sql
set -eu
what=${1:?usage: generate.sh outbox|schema SCHEMA.sql}
sp=${2:?usage: generate.sh outbox|schema SCHEMA.sql}
here=$(dirname "$0")

outbox() {
	cat <<'END'
-- Made by generate.sh. For SQLite: notes which rows of a database of sp change,
-- for push.sh, in the transaction that changes them: an outbox.
--
--	sqlite3 -bail spotify.db <outbox.sql
--
-- Run it again after an upgrade of sp: it adds what is missing. At first it
-- notes whole tables, so that the first push sends all. To stop, drop the
-- triggers.
begin immediate;

-- key: the key of the row that changed, as a JSON array; null: the whole table.
-- A row with table_name '' marks a push: what it sends is before it, and key is
-- a random token. The last one stays, so that no seq comes twice.
create table if not exists outbox (
	seq integer primary key,
	table_name text not null,
	key text
);

-- The tables, and the columns of their keys. Where the tables of PostgreSQL are
-- partitioned by user, the user is part of the key.
create table if not exists outbox_tables (
	table_name text not null primary key,
	key text not null
);
END
	sqlite3 -batch -bail :memory: ".read '$sp'" "
create temp table keys as
select t.name as tab, (select json_group_array(name) from (
	select c.name, c.pk from pragma_table_info(t.name) c where c.pk
	union all select 'user_id', 0
	where t.name in ('play_history', 'streaming_history')
	order by 2)) as key
from sqlite_master t where t.type = 'table' and t.name not in ('accounts',
	'catalogue_answers', 'cursors', 'endpoint_status', 'ingest_errors',
	'ingest_runs', 'lifted_deadlines', 'playlist_ingest_done',
	'playlist_ingest_queue', 'playlist_pages', 'sources', 'staging_bodies',
	'staging_raw', 'unmatched_spans')
order by t.name;
select 'insert or replace into outbox_tables values' || char(10) ||
	group_concat(printf('%s(''%s'', ''%s'')', char(9), tab, key),
		',' || char(10)) || ';' || char(10)
from keys;
select 'insert into outbox (table_name) select table_name from outbox_tables
where not exists (select 1 from sqlite_master where type = ''trigger''
	and name = ''outbox_'' || table_name || ''_insert'');';
create temp table events (event, fires, row);
insert into events values ('insert', 'insert', 'new'),
	('update', 'update', 'new'), ('delete', 'delete', 'old'), ('rekey', 'update of ', 'old');
select iif(event = 'insert', char(10), '') || printf(
'drop trigger if exists outbox_%s_%s;
create trigger outbox_%s_%s
after %s%s on %s begin
	insert into outbox values (null, ''%s'',
		json_array(%s)); end;',
	tab, event, tab, event, fires,
	iif(event = 'rekey', (select group_concat(value, ', ')
		from json_each(keys.key)), ''), tab, tab,
	(select group_concat(row || '.' || value, ', ') from json_each(keys.key)))
from keys, events order by tab, events.rowid;"
	printf '\ncommit;\n'
}

schema() {
	cat <<'END'
-- Made by generate.sh. For PostgreSQL: the data of many databases of sp, which
-- source_db distinguishes. Columns are those of sp-schema(5), without provenance.
--
--	psql -f schema.sql
--
-- Run it again after an upgrade of sp: it adds the tables that are missing.

-- The last push of each database: its mark in the outbox there.
create table if not exists pushes (
	source_db text not null primary key,
	seq bigint not null,
	token text not null,
	pushed_at timestamptz
);
END
	{
		echo ".read '$sp'"
		sh "$0" outbox "$sp"
		echo ".read '$here/columns.sql'"
		cat <<'END'
select printf('
create table if not exists %s (
	source_db text not null,
%s,
	primary key (source_db, %s)
)%s;', tab,
	group_concat(printf('%s%s %s%s', char(9), name, type,
		iif(key, ' not null', '')), ',' || char(10)),
	(select group_concat(name, ', ') from (select name from columns k
		where k.tab = c.tab and key order by key)),
	iif(tab in ('play_history', 'streaming_history'),
		' partition by hash (user_id)', ''))
from columns c group by tab;
with recursive n (i) as (select 0 union all select i + 1 from n where i < 15)
select printf('
create table if not exists %s_%d partition of %s
	for values with (modulus 16, remainder %d);', value, i, value, i)
from json_each('["play_history","streaming_history"]'), n;
END
	} | sqlite3 -batch -bail :memory:
}

$what

#!/bin/sh
# Triggers that a user adds to our tables: they fire for each row, and see what is
# before it, however many rows a statement inserts.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

# Tracks t01 to t40, without every tenth, and with a name; then all of them.
some() {
	for i in $(seq -w "$@"); do
		case $i in
		*0) ;;
		*) row tracks "{\"track_id\":\"t$i\",\"name\":\"old $i\"}" 01 ;;
		esac
	done
}
all() {
	for i in $(seq -w "$@"); do
		row tracks "{\"track_id\":\"t$i\",\"name\":\"new $i\"}" 02
	done
}
# database STATEMENTS: one with tables, and with triggers.
database() {
	fresh
	row tracks '{"track_id":"zz"}' 01 | sp-load
	sql "$1"
}

section "a log"
log="create table log (n integer primary key, what, id, name, rows);
    create trigger log_insert after insert on tracks begin
	insert into log values (null, 'insert', new.track_id, new.name,
	    (select count(*) from tracks)); end;
    create trigger log_before before insert on tracks begin
	insert into log values (null, 'before', new.track_id, new.name,
	    (select count(*) from tracks)); end;
    create trigger log_update after update on tracks begin
	insert into log values (null, 'update', new.track_id,
	    old.name || ', ' || new.name,
	    (select count(*) from tracks where name like 'new%')); end"
database "$log"
some 20 29 | sp-load
all 01 40 >"$tmp/all"
run sp-load <"$tmp/all"
sql 'select * from log' >"$tmp/together"
is "$status $(wc -l <"$tmp/together") $(sql 'select count(*) from tracks')" \
    "0 89 41" "each insert and update is logged"
database "$log"
some 20 29 | sp-load
while read -r line; do
	echo "$line" | sp-load
done <"$tmp/all"
sql 'select * from log' >"$tmp/alone"
is "$(diff "$tmp/alone" "$tmp/together")" "" \
    "rows that are loaded at once are logged as if loaded one by one"

section "conflicts"
database "create table seen (name text unique, id);
    create trigger seen after insert on tracks begin
	insert or ignore into seen values (substr(new.name, 1, 5), new.track_id);
    end"
run sp-load <"$tmp/all"
is "$status $(sql 'select * from seen') $(sql 'select count(*) from tracks')" \
    "0 new 0|t01
new 1|t10
new 2|t20
new 3|t30
new 4|t40 41" "an insert of a trigger that ignores conflicts does"

section "rows that a trigger forbids"
database "create table counted (id);
    create trigger choosy before insert on tracks
    when new.track_id in ('t05', 't18', 't33') begin select raise(ignore); end;
    create trigger counted after insert on tracks begin
	insert into counted values (new.track_id); end"
run sp-load <"$tmp/all"
is "$status $(echo "$err" | grep -c 'a trigger of the database ignores') $(
	sql 'select count(*) from counted') $(sql 'select count(*) from tracks')" \
    "1 3 37 38" "those that it ignores are refused, and no others"
database "create table counted (id);
    create trigger strict after insert on tracks
    when new.track_id in ('t05', 't18', 't33') begin
	select raise(abort, 'not this one'); end;
    create trigger counted before insert on tracks begin
	insert into counted values (new.track_id); end"
run sp-load <"$tmp/all"
is "$status $(echo "$err" | grep -c 'not this one') $(
	sql 'select count(*) from tracks')" \
    "1 3 38" "those that it aborts are refused, and no others"

section "a trigger that writes its own table"
database "create trigger album after insert on tracks
    when new.track_id = 't01' begin
	insert into tracks (track_id, uri) values ('t03', 'by a trigger');
	update tracks set popularity = 7 where track_id = 't02'; end"
some 02 02 | sp-load
run sp-load <"$tmp/all"
is "$status $(sql "select track_id, name, uri, popularity from tracks
	where track_id < 't04'") $(sql 'select count(*) from tracks')" \
    "0 t01|new 01||
t02|new 02||7
t03|new 03|by a trigger| 41" "what it wrote is merged with"
finish

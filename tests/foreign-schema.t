#!/bin/sh
# A database that its user has put things into: full-text indexes, triggers,
# columns with odd names; and files that cannot hold one.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh

load() { row "$@" | sp-load; }

section "virtual tables"
load tracks '{"track_id":"a","name":"Lantern Weather"}' 01
digest=$(sp-load --digest)
for index in 'fts5(name, content = tracks)' 'fts4(name)'; do
	sql "create virtual table found using $index;
	    create trigger into_found after insert on tracks begin
	    insert into found (rowid, name) values (new.rowid, new.name); end"
	run load tracks "{\"track_id\":\"b\",\"name\":\"Paper Harbour\"}" 01
	is "$status $err" "0 " "rows are loaded beside ${index%(*}"
	is "$(sql "select name from found where found match 'harbour'")" \
	    "Paper Harbour" "its trigger fills it"
	run sh -c 'sp-load --digest | grep -v "\"tracks\""'
	is "$status $out" "0 $(printf '%s\n' "$digest" | grep -v '"tracks"')" \
	    "--digest leaves it and its shadow tables out"
	for command in 'sp-stage prune --keep 1d' 'sp-queue status' 'sp-stage' \
	    'sp-stage why tracks b' 'sp-queue next all'; do
		run $command </dev/null
		[ "$status" -le 1 ]
		ok $? "$command works beside it"
	done
	run load found '{"name":"x"}' 01
	is "$status $err" "1 sp-load: stdin:1: table 'found' cannot be loaded" \
	    "no rows are loaded into it"
	sql "drop trigger into_found; drop table found;
	    delete from tracks where track_id = 'b'"
done
sql "create virtual table box using rtree(id, low, high);
    insert into box values (1, 2, 3)"
run sp-load --digest
is "$status $out" "0 $digest" "an R*Tree is the user's, too"
sql "pragma writable_schema = on; update sqlite_master set
    sql = replace(sql, 'rtree', 'unknown') where name = 'box'"
run sp-load --digest
is "$status $out$err" "0 $digest" "so is one whose module is not here"
run sp-stage prune --keep 1d
is "$status" 0 "prune leaves it alone"
run load box '{"id":1}' 01
is "$status $err" "1 sp-load: stdin:1: table 'box' cannot be loaded" \
    "and no row is loaded into it"
sql "pragma writable_schema = on; delete from sqlite_master
    where name like 'box%'"

section "triggers"
sql "create trigger fine after insert on tracks begin select 1; end;
    create trigger broken after update on tracks begin
    insert into nowhere values (1); end;
    create trigger worse after update of name on tracks begin
    select no_such(new.name); end"
run load tracks '{"track_id":"a","name":"Lantern Weathers"}' 02
like "$status $err" \
    "^78 sp-load: $SP_DB: trigger '(broken|worse)': no such (table|function)" \
    "a trigger that names a missing table is named"
sql 'drop trigger worse'
run load tracks '{"track_id":"a","name":"Lantern Weathers"}' 02
is "$status $err" \
    "78 sp-load: $SP_DB: trigger 'broken': no such table: main.nowhere" \
    "the one that is broken"
is "$(sql "select name from tracks; select count(*) from sqlite_master
	where type = 'trigger'" | xargs)" "Lantern Weather 2" \
    "nothing is written, and the triggers are all there"
sql 'drop trigger broken'
sql "create trigger broken before insert on staging_raw begin
    delete from nowhere; end"
capture='{"type":"capture","endpoint":"me","user":"kim","status":200,"fetched_at":"2026-03-01T00:00:00.000Z","body":{"id":"kim"}}'
run sh -c 'echo "$1" | sp-stage' sh "$capture"
like "$status $err" "^78 sp-stage: .*trigger 'broken': no such table" \
    "of staging_raw, too"
is "$out" "" "and no record is passed on that is not stored"
sql "drop trigger broken; create trigger broken before insert
    on playlist_ingest_queue begin delete from nowhere; end"
run sp-queue add 37i9dQZF1DXcBWIGoYBM5M
like "$status $err" "^78 sp-queue: .*trigger 'broken': no such table" \
    "of the queue, too"
sql 'drop trigger broken'

sql "create trigger choosy before insert on tracks
    when new.name = 'Skip' begin select raise(ignore); end"
run load tracks '{"track_id":"c","name":"Skip"}' 02
is "$status $err $(sql 'select count(*) from tracks')" "1 sp-load: stdin:\
 table 'tracks': row cannot be written: a trigger of the database ignores the\
 row 1" "a row that a trigger ignores is not counted as stored"
# Several rows are inserted at once, where nothing may come between.
seq 101 150 | sed 's/1[14]3/& Skip/; s/\(...\) *\(.*\)/{"type":"row","table":"tracks","row":{"track_id":"\1","name":"\2"}}/' >"$tmp/many"
run sp-load <"$tmp/many"
is "$(sql "select count(*) from tracks where track_id between '101' and '150'")
$(echo "$err" | grep -c 'ignores the row')" "48
2" "and the other rows of its batch are"
sql "drop trigger choosy; create trigger choosy before insert on staging_raw
    begin select raise(ignore); end"
run sh -c 'echo "$1" | sp-stage' sh "$capture"
is "$status $(grep -c '"capture"' "$tmp/out") $(sql 'select count(*)
	from staging_raw')" "1 0 0" "nor is a capture passed on that one ignores"
like "$err" '^sp-stage: .*trigger.* ignores the capture$' "and that is said"
sql 'drop trigger choosy'

section "an index of the user's own"
sql "delete from artists; create unique index names on artists (name)"
seq 101 150 | sed 's/1[1-4]3/& twice/; s/\(...\) *\(.*\)/{"type":"row","table":"artists","row":{"artist_id":"\1","name":"\2"}}/; s/"name":""/"uri":"x"/' >"$tmp/many"
run sp-load <"$tmp/many"
is "$status $(sql "select count(*), max(artist_id), count(name) from artists")" \
    "1 47|150|1" "rows that it forbids are left out, all others are inserted"
is "$(echo "$err" | sed 's/.*row cannot/row cannot/' | sort | uniq -c |
	tr -s ' ')" " 3 row cannot be written: UNIQUE constraint failed:\
 artists.name" "and each is reported"
sql "drop index names"

section "columns of the user's own"
sql 'alter table tracks add column "a""b\c	d" text'
for step in 'late 02' 'newer 04' 'older 03'; do
	load tracks "{\"track_id\":\"a\",\"a\\\"b\\\\c\\td\":\"${step% *}\"}" \
	    "${step#* }"
	load tracks '{"track_id":"a","name":"Lantern"}' 09
done
is "$(sql 'select "a""b\c	d" from tracks where track_id = "a"')" newer \
    "a column whose name must be escaped has its newest value"

section "where a database cannot be"
for name in :memory: 'file:x?mode=memory' file::memory: file:x.db; do
	for command in sp-load 'sp-load --digest' sp-stage 'sp-queue add' \
	    'sp-queue next all' 'sp-stage runs'; do
		run $command --db "$name" </dev/null
		like "$status $err" "^64 sp-[a-z]*: .*: no file: a database in memory" \
		    "$command --db $name"
	done
done
run env SP_DB=:memory: sp-stage runs
is "$status" 64 "\$SP_DB likewise"
(cd "$tmp" && row tracks '{"track_id":"a"}' 01 | sp-load --db ./:memory:)
is "$? $(sqlite3 "$tmp/:memory:" 'select count(*) from tracks')" "0 1" \
    "a file of that name, written as a path"

section "limits on the size of a file"
fresh
load tracks '{"track_id":"a"}' 01
seq 20000 | sed 's/.*/{"type":"row","table":"tracks","row":{"track_id":"&","name":"Some name that takes room &"}}/' >"$tmp/many"
run sh -c 'ulimit -f 300; exec sp-load' <"$tmp/many"
like "$status $err" '^74 sp-load: ' "a limit on the size of a file is a full disk"
is "$(sql 'select count(*) from tracks; pragma integrity_check' | xargs)" \
    "1 ok" "nothing is half written"
seq 20000 | sed 's/.*/{"type":"capture","endpoint":"me","user":"kim","status":200,"fetched_at":"2026-03-01T00:00:00.000Z","body":{"id":"&"}}/' >"$tmp/captures"
run sh -c 'ulimit -f 300; exec sp-stage >/dev/null' <"$tmp/captures"
like "$status $err" '^74 sp-stage: ' "sp-stage, too"
is "$(sql 'pragma integrity_check')" ok "whose database is sound"
run sh -c 'ulimit -f 1; sp-transform <"$1" >"$2"' sh "$tmp/captures" \
    "$tmp/rows"
like "$status $err" '^74 sp-transform: stdout: ' "and one who writes a file"

section "a damaged page"
fresh
head -n 1500 "$tmp/many" | sp-load
head -n 500 "$tmp/captures" | sp-stage >/dev/null
sql 'pragma journal_mode = delete' >/dev/null
page=$(sql 'pragma page_size')
pages=$(sql 'pragma page_count')
cp "$SP_DB" "$tmp/whole.db"
# damage FROM TO: pages are overwritten at their beginnings.
damage() {
	cp "$tmp/whole.db" "$SP_DB"
	seq "$1" "$2" | while read -r n; do
		printf '\377\377\377\377\377\377\377\377' |
		    dd of="$SP_DB" bs=1 seek=$(((n - 1) * page)) conv=notrunc \
			2>/dev/null
	done
}
for command in 'sp-load --digest' 'sp-stage prune -n --keep 1d' \
    'sp-stage replay' 'sp-queue status'; do
	seen= n=2
	while [ $n -le "$pages" ]; do
		damage $n $((n + 9))
		run $command
		case $status:$err in
		0:* | 65:*'no captures'*) seen="$seen whole" ;;
		74:*': the database is damaged') seen="$seen damaged" ;;
		*) seen="$seen $n:$status:$err" ;;
		esac
		n=$((n + 10))
	done
	is "$(printf '%s\n' $seen | sort -u | grep -v whole | xargs)" damaged \
	    "$command: damaged pages are no want of memory"
done
finish

#!/bin/sh
# Send what has changed in a database of sp to a warehouse in PostgreSQL.
#
#	push.sh [--all] DB SOURCE [CONNECTION]
#
# SOURCE names the database in the warehouse; no other may have that name.
# CONNECTION is one of psql(1), such as service=warehouse; the usual variables
# (PGHOST, PGDATABASE ...) hold, too. --all sends everything, and removes what else
# the warehouse has of it.
#
# The triggers of outbox.sql note the changes in the outbox. They are sent in one
# transaction, and leave the outbox after it has committed. So this may die at
# any time, and may run twice at once.
#
# Status, as in sp(7): 0 sent, or nothing to send; 64 usage; 65 the warehouse or
# the database has what does not fit; 69 no server, or a program is missing; 73 no
# database; 74 not sent; 75 the database is locked; 78 no outbox, or no tables.
set -eu
here=$(dirname "$0") all=
[ "${1-}" != --all ] || { all=1; shift; }
case $#${1-} in
2[!-]* | 3[!-]*) ;;
*)
	echo 'usage: push.sh [--all] DB SOURCE [CONNECTION]' >&2
	exit 64
	;;
esac
db=$1 source=$2 connection=${3-}

fail() { status=$1; shift; echo "push.sh: $source: $*" >&2; exit "$status"; }
lite() {
	sqlite3 -init /dev/null -batch -bail -cmd '.timeout 60000' $plain "$db" "$@"
}
pg() {
	psql -XqAt -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -v "source=$source" \
		-d "$connection" -f -
}

# failed STATUS MESSAGES: what sqlite3 or psql said, and what to do. PostgreSQL
# names an error by a code, whatever its language.
failed() {
	printf '%s\n' "$2" | grep -v '^LOCATION: ' >&2 || :
	case $2 in
	*'no such table: outbox'*)
		fail 78 "$db has no outbox: sqlite3 -bail '$db' <$here/outbox.sql" ;;
	*'is not a database'*) fail 78 "$db is not a database" ;;
	*'database is locked'*) fail 75 "$db stays locked: push again later" ;;
	*'near "returning"'*) fail 69 'sqlite3 is too old: 3.35 or later is needed' ;;
	*:\ \ 42P01:*)
		fail 78 "the warehouse lacks a table: psql -f $here/schema.sql" ;;
	*:\ \ 42501:*) fail 77 'the warehouse denies this user access' ;;
	*:\ \ 2[23]???:*)
		fail 65 'not sent: the warehouse cannot store this value: change it' \
			'in the database, and push again' ;;
	esac
	[ "$1" != 2 ] || fail 69 'no connection to the warehouse: push again later'
	fail 74 'not sent: the outbox keeps it: push again'
}

for program in sqlite3 psql; do
	command -v $program >/dev/null || fail 69 "$program is missing: install it"
done
case $source in
'' | *[[:cntrl:]]*) fail 64 'not a name for a database' ;;
esac
case $db in
/*) ;;
*) db=./$db ;;
esac
[ -r "$db" ] || fail 73 "$db: cannot read"
export PGCLIENTENCODING=UTF8
# Newer versions of sqlite3 show control characters as ^A unless asked not to.
plain=
! sqlite3 -escape off :memory: 'select 1' >/dev/null 2>&1 || plain='-escape off'

notes=$(lite "select exists (select 1 from outbox where table_name <> '')" 2>&1) ||
	failed $? "$notes"
[ -n "$all" ] || [ "$notes" != 0 ] || exit 0

# A warehouse without the database gets all of it. If the last push that it has
# seen is not one of this file, it is left alone.
known=$(pg 2>&1 <<END
${all:+delete from pushes where source_db = :'source';}
select 'known ' || coalesce(max(seq || ' ' || token), '') from pushes
where source_db = :'source';
END
) || failed $? "$known"
known=${known##*known }
last=$(lite "begin immediate;
insert into outbox (table_name)
select table_name from outbox_tables where '$known' = '';
insert into outbox (table_name, key) select '', lower(hex(randomblob(16)))
where '$known' = '' or exists (select 1 from outbox where table_name = ''
	and seq || ' ' || key = '$known')
returning seq || ' ' || key;
commit" 2>&1) || failed $? "$last"
[ -n "$last" ] ||
	fail 65 'the warehouse has another database of this name, or this is an' \
		'old copy of it: --all replaces what is there'
token=${last#* } last=${last% *}

# The output of each is the next one's script. If one dies, the commit at the end
# is not reached. psql prints the last line after it. In a text, a line \. would
# end the table: with quotes it does not, and means the same.
pushed=$({
	echo "create temp table push as select $last as last, '$token' as token,
		'$(printf %s "$source" | sed "s/'/''/g")' as source;"
	cat "$here/columns.sql" "$here/push.sql"
} | { lite | lite | LC_ALL=C sed -e 's/^\\\.\(.\{0,1\}\)$/"\\."\1/' \
	-e "s/^$token\$/\\\\./" | pg; } 2>&1) || failed $? "$pushed"
case $pushed in
*"$last") done=$(lite "delete from outbox where seq < $last" 2>&1) ||
	failed $? "$done" ;;
*nothing) exec sh "$0" "$db" "$source" "$connection" ;; # a newer push was faster
*) failed 0 "$pushed" ;;
esac

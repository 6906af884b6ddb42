#!/bin/sh
# Send what has changed in a database of sp to a warehouse in PostgreSQL.
#
#	push.sh [--all] DB SOURCE [CONNECTION]
#
# SOURCE names the database in the warehouse; no other may have that name.
# CONNECTION is one of psql(1), such as service=warehouse; the usual variables
# (PGHOST, PGDATABASE ...) hold, too. --all sends everything, and removes the rest.
#
# The changes are noted in the outbox by the triggers of outbox.sql. They are
# sent in one transaction, and leave the outbox after it has committed. So
# it may die at any time, and may run twice at once.
#
# Status: 0 sent, or nothing to send; 1 not sent; 64 usage. Needs sqlite3 and psql.
set -eu
export LC_ALL=C
here=$(dirname "$0") all=
[ "${1-}" != --all ] || { all=1; shift; }
[ $# = 2 ] || [ $# = 3 ] || {
	echo 'usage: push.sh [--all] DB SOURCE [CONNECTION]' >&2
	exit 64
}
db=$1 source=$2 connection=${3-}

fail() { echo "push.sh: $source: $*" >&2; exit 1; }
quote() { printf %s "$1" | sed "s/'/''/g; 1s/^/'/; \$s/\$/'/"; }
lite() { sqlite3 -batch -bail -cmd '.timeout 60000' $plain "$db" "$@"; }
pg() { psql -XqAt -v ON_ERROR_STOP=1 -v "source=$source" -d "$connection" -f -; }

# Newer versions of sqlite3 show control characters as ^A unless asked not to.
plain=
! sqlite3 -escape off :memory: 'select 1' >/dev/null 2>&1 || plain='-escape off'

[ -r "$db" ] || fail "$db: cannot read"
origin=$(lite 'select id from outbox_origin') ||
	fail "$db: has no outbox: sqlite3 -bail '$db' <outbox.sql"

# A warehouse that does not know this database gets all of it. One that knows more
# of it than this file does, or another database of its name, is left alone.
[ -z "$all" ] || echo "delete from pushes where source_db = :'source';" | pg ||
	fail 'cannot reach the warehouse'
known=$(echo "select origin, seq from pushes where source_db = :'source';" |
	pg) || fail 'cannot reach the warehouse'
[ -n "$known" ] ||
	lite 'insert into outbox (table_name) select table_name from outbox_tables'
last=$(lite 'select coalesce(max(seq), 0) from outbox')
case $known in
'') ;;
"$origin|"*)
	[ "${known#*|}" -le "$last" ] ||
	    fail 'the warehouse has a newer state: is this a copy? --all sends it' ;;
*) fail 'the warehouse has another database of this name. --all replaces it' ;;
esac

# The output of each writes the next one's script. If one dies, the commit at the
# end is not reached; the last line of psql comes after it.
pushed=$(cat "$here/columns.sql" "$here/push.sql" |
	lite -cmd ".parameter set :last $last" | lite | pg) || fail 'not sent'
case $pushed in
"$last") lite "delete from outbox where seq < $last;
	update outbox set table_name = '', key = null where seq = $last" ;;
nothing) ;; # or another push has sent it
*) fail 'not sent' ;;
esac

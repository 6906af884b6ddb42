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
# Status: 0 sent, or nothing to send; 1 not sent; 64 usage. Needs sqlite3, psql.
set -eu
export PGCLIENTENCODING=UTF8
here=$(dirname "$0") all=
[ "${1-}" != --all ] || { all=1; shift; }
[ $# = 2 ] || [ $# = 3 ] || {
	echo 'usage: push.sh [--all] DB SOURCE [CONNECTION]' >&2
	exit 64
}
db=$1 source=$2 connection=${3-}

fail() { echo "push.sh: $source: $*" >&2; exit 1; }
lite() { sqlite3 -batch -bail -cmd '.timeout 60000' $plain "$db" "$@"; }
pg() {
	psql -XqAt -v ON_ERROR_STOP=1 -v "source=$source" -d "$connection" -f -
}

# Newer versions of sqlite3 show control characters as ^A unless asked not to.
plain=
! sqlite3 -escape off :memory: 'select 1' >/dev/null 2>&1 || plain='-escape off'

[ -r "$db" ] || fail "$db: cannot read"
notes=$(lite "select exists (select 1 from outbox where table_name <> '')") ||
	fail "$db: has no outbox: sqlite3 -bail '$db' <outbox.sql"
[ -n "$all" ] || [ "$notes" = 1 ] || exit 0

# A warehouse without the database gets all of it. If the last push that it has
# seen is not one of this file, it is left alone.
[ -z "$all" ] || echo "delete from pushes where source_db = :'source';" | pg ||
	fail 'cannot reach the warehouse'
known=$(echo "select seq, token from pushes where source_db = :'source';" |
	pg) || fail 'cannot reach the warehouse'
if [ -z "$known" ]; then
	lite 'insert into outbox (table_name) select table_name from outbox_tables'
elif [ "$(lite "select 1 from outbox where seq = ${known%|*}
	and table_name = '' and key = '${known#*|}'")" != 1 ]; then
	fail 'the warehouse has another database of this name, or this is an old' \
		'copy of it: --all replaces what is there'
fi
last=$(lite "insert into outbox (table_name, key)
	values ('', lower(hex(randomblob(16)))) returning seq")

# The output of each is the next one's script. If one dies, the commit at the end
# is not reached. psql prints the last line after it.
pushed=$(cat "$here/columns.sql" "$here/push.sql" |
	lite -cmd ".parameter set :last $last" | lite | pg) || fail 'not sent'
case $pushed in
"$last") lite "delete from outbox where seq < $last" ;;
nothing) ;; # or another push has sent it
*) fail 'not sent' ;;
esac

#!/bin/sh
# sp-report: a page about a listening history. SQL makes JSON of the database,
# and a jq program makes HTML of that: report.sql, report.jq and report.css.
set -u
program=sp-report version='@VERSION@' data='@DATADIR@/report'

usage() {
	cat <<'END'
sp-report: make an HTML page about a listening history

usage: sp-report [--db FILE] [--user ID] [--year YEAR] [--since TIME]
                 [--until TIME] [--incognito] [--json] [--title TEXT]
                 [--sql FILE] [--template FILE] [--css FILE]

Options:
      --db FILE        the database (default: $SP_DB, then
                       ~/.local/share/sp/spotify.db)
      --user ID        the user (default: that of the account)
      --year YEAR      only this year, in local time
      --since TIME     only from this time on: a time, a date, 7d, yesterday
      --until TIME     only before this time, or up to the end of this day
      --incognito      include private sessions
      --json           print the data instead of the page
      --title TEXT     the title of the page
      --sql FILE       make the data with this SQL instead
      --template FILE  make the page with this jq program instead
      --css FILE       put this style sheet into the page instead
  -h, --help           print this help
  -V, --version        print the version

Examples:
  sp-report > me.html
  sp-report --year 2026 --json | jq '.top_artists[:3]'

See sp-report(1).
END
}

. options.sh

db='' user='' year='' since='' until='' title='' sql='' template='' css=''
incognito='' json=''
parse_options "$@"
eval "set -- $operands"
[ $# -eq 0 ] || usage_error "unexpected argument '$1'"
[ -n "$json" ] || [ ! -t 1 ] ||
	die 64 "the page is HTML: write it into a file: sp-report > me.html"

sql=${sql:-$data/report.sql} template=${template:-$data/report.jq}
css=${css:-$data/report.css}
can_read() { [ -r "$1" ] || die 78 "$1: cannot read"; }
can_read "$sql"
[ -n "$json" ] || { can_read "$template"; can_read "$css"; }

# The programs behind it.
command -v sqlite3 >/dev/null || die 69 "sqlite3 is missing: install it"
sqlite3 -json :memory: 'with a as materialized (select 1) select * from a' \
	>/dev/null 2>&1 || die 69 "sqlite3 is too old: 3.35 or later is needed"
[ -n "$json" ] || command -v jq >/dev/null || die 69 "jq is missing: install it"

# quoted TEXT: as a string of SQL.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"; }

# sql MODE DATABASE FILE NAME...: runs FILE in the shell of sqlite3, without the
# user's own settings. Variables are its parameters; one that is empty is NULL.
sql() {
	sql_mode=$1 sql_db=$2 sql_file=$3 parameters=
	shift 3
	for name; do
		eval "value=\$$name"
		[ -z "$value" ] || parameters="${parameters}insert into
			temp.sqlite_parameters values (':$name', $(quoted "$value"));"
	done
	sqlite3 -init /dev/null -batch -bail "$sql_mode" -cmd '.timeout 60000' \
		-cmd '.parameter init' -cmd "$parameters" "$sql_db" <"$sql_file"
}

# utc OPTION TEXT: sets $utc to the time that it says; see TIMES in sp(7). The days
# of a period are local, and included.
utc() {
	text=$2 ends=
	[ "$1" != until ] || ends=1
	utc=$(sql -list :memory: "$data/time.sql" text ends)
	[ -n "$utc" ] || usage_error "--$1: not a time: '$2': write 2026-11-20," \
		"'2026-11-20 14:55', 2026-11-20T14:55:00Z, 7d for 7 days ago," \
		"today, yesterday or now"
}

# The period. A year is one of local time.
if [ -n "$year" ]; then
	[ -z "$since$until" ] ||
		usage_error "--year is a period of its own: without --since, --until"
	case $year in
	[1-9][0-9][0-9][0-9]) ;;
	*) usage_error "--year: not a year like 2026: '$year'" ;;
	esac
	since=$year-01-01 until=$year-12-31
fi
[ -z "$since" ] || { utc since "$since"; since=$utc; }
[ -z "$until" ] || { utc until "$until"; until=$utc; }

# The database is only read, and never created.
db=${db:-$default_db}
[ -e "$db" ] || die 73 "$db: no such database: the first sp-run creates it"
case $db in
/*) path=$db ;;
*) path=./$db ;;
esac
mode='?mode=ro' ours=
if [ ! -e "$db-wal" ] && [ ! -e "$db-shm" ] && [ ! -e "$db-journal" ]; then
	# Reading may need files beside the database; who may not make them is
	# alone with it.
	ours=1
	[ -w "$path" ] && [ -w "$(dirname "$path")" ] ||
		mode='?immutable=1' ours=
fi
uri="file:$(printf '%s' "$path" | sed 's/%/%25/g; s/?/%3f/g; s/#/%23/g')"

tmp=
# What reading has made beside the database goes with the next to write there.
leave() {
	[ -z "$ours" ] || sqlite3 -init /dev/null -batch "$path" 'pragma user_version' \
		>/dev/null 2>&1
	[ -z "$tmp" ] || rm -rf "$tmp"
}
trap leave EXIT
# A signal ends it as a signal does, so that a loop in a shell ends, too.
for signal in HUP INT TERM; do
	# shellcheck disable=SC2064 # now, and not later
	trap "trap - EXIT $signal; leave; kill -s $signal \$\$" "$signal"
done
tmp=$(mktemp -d) || exit 73

# why_sql FILE: exits with the reason why sqlite3 has failed to run it.
why_sql() {
	why=$(grep . "$tmp/err" | head -n 1)
	case $why in
	*'not a database'*) die 78 "$db: not a SQLite database" ;;
	*'no such table'* | *'no such column'*)
		[ "${1%/*}" = "$data" ] && die 78 "$db: it lacks tables or" \
			"columns of this sp: \`sp-load --rematch\` adds them" ;;
	*locked* | *busy*) die 75 "$db: $why" ;;
	*'unable to open'*) die 73 "$db: cannot open the database" ;;
	*full* | *'I/O'* | *malformed*) die 74 "$db: $why" ;;
	esac
	die 78 "$1: $why"
}
# Whose listening.
account=${SP_ACCOUNT:-default}
users=$(sql -list "$uri$mode" "$data/user.sql" user account 2>"$tmp/err") ||
	why_sql "$data/user.sql"
newline='
'
found=${users%%"$newline"*} names=${users#*"$newline"}
[ -n "$found" ] || [ -z "$user" ] ||
	die 65 "$db: no user '$user'${names:+, but: $names}"
[ -n "$found" ] || [ -z "$names" ] ||
	usage_error "several users: choose with --user: $names"
user=$found

# The name of the time zone, which is that of `localtime` in SQLite.
zone_name() {
	zone=${TZ-$(readlink /etc/localtime)}
	[ -n "${TZ+set}" ] || [ -n "$zone" ] || [ ! -e /etc/localtime ] ||
		zone=$(cat /etc/timezone 2>/dev/null) || zone=$(date +%Z)
	zone=${zone#:} zone=${zone##*/zoneinfo/}
	case $zone in
	'' | Etc/UTC) zone=UTC ;;
	esac
}
zone_name

# sqlite3 does not check what it writes: cat does.
{
	sql -json "$uri$mode" "$sql" version user since until year incognito zone \
		2>"$tmp/err"
	echo $? 2>/dev/null >"$tmp/status"
} | cat 2>/dev/null >"$tmp/json" && read -r ended <"$tmp/status" ||
	die 74 "$tmp: cannot write"
[ "$ended" -eq 0 ] || why_sql "$sql"
if [ -n "$json" ]; then
	cat "$tmp/json" 2>/dev/null || cannot_write
	exit
fi
# The page allows no style sheet but the one with this sum.
sum=$(sha256sum <"$css" 2>/dev/null || shasum -a 256 <"$css" 2>/dev/null)
jq -rf "$template" --rawfile css "$css" --arg css_sha256 "${sum%% *}" \
	--arg title "$title" "$tmp/json" >"$tmp/page" 2>"$tmp/err" || {
	why=$(grep . "$tmp/err" | head -n 1)
	case $why in
	'' | *'writing output'*) die 74 "$tmp: ${why:-cannot write}" ;;
	esac
	die 78 "$template: $why"
}
cat "$tmp/page" 2>/dev/null || cannot_write

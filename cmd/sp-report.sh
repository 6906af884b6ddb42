#!/bin/sh
# sp-report: a page about a listening history, or its data as JSON. SQL makes
# the data, a jq program the page: report.sql, report.jq and report.css.
set -u
version='@VERSION@' data='@DATADIR@/report'

usage() {
	cat <<'END'
sp-report: make a page about a listening history, or its data as JSON

usage: sp-report [--db FILE] [--user ID] [--year YEAR] [--since TIME]
                 [--until TIME] [--incognito] [--json] [--title TEXT]
                 [--sql FILE] [--template FILE] [--css FILE]

Options:
      --db FILE        the database (default: $SP_DB, then
                       ~/.local/share/sp/spotify.db)
      --user ID        whose listening, if the database has several users
      --year YEAR      only this year, in local time
      --since TIME     only from this time on: a time, a date, 7d, yesterday
      --until TIME     only before this time
      --incognito      with what was heard in private sessions
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

# say MESSAGE: on one line of stderr, control characters as question marks.
say() {
	printf 'sp-report: %s' "$*" | tr '\001-\037\177' '?' >&2
	echo >&2
}
die() { # STATUS MESSAGE
	status=$1
	shift
	say "$*"
	exit "$status"
}
cannot_write() { die 74 "stdout: cannot write"; }
usage_error() {
	say "$*"
	echo "try 'sp-report --help'" >&2
	exit 64
}

# Options, each the name of a variable; those of the second list take no value.
db='' user='' year='' since='' until='' title='' sql='' template='' css=''
incognito='' json=''
with_value='db user year since until title sql template css'
alone='incognito json help version'

# full_name NAME: sets $option to the one that has this name, or begins so.
full_name() {
	option=
	for known in $with_value $alone; do
		case $known in
		"$1") option=$known; return ;;
		"$1"*) option="$option $known" ;;
		esac
	done
	option=${option# }
	case $option in
	'') usage_error "unknown option '--$1'" ;;
	*' '*) usage_error "option '--$1' could be: $option" ;;
	esac
}

while [ $# -gt 0 ]; do
	case $1 in
	-h) set -- "$@" --help ;;
	-V) set -- "$@" --version ;;
	--) [ $# -eq 1 ] || usage_error "unknown operand '$2'" ;;
	--*)
		name=${1#--}
		full_name "${name%%=*}"
		case " $alone " in
		*" $option "*)
			[ "$name" = "${name%%=*}" ] ||
				usage_error "option '--$option' takes no value"
			value=1 ;;
		*)
			case $name in
			*=*) value=${name#*=} ;;
			*)
				[ $# -gt 1 ] ||
					usage_error "option '--$option' needs a value"
				value=$2
				shift ;;
			esac ;;
		esac
		case $option in
		help) usage 2>/dev/null || cannot_write; exit ;;
		version) echo "sp-report $version" 2>/dev/null || cannot_write; exit ;;
		esac
		eval "$option=\$value" ;;
	-?*) usage_error "unknown option '$1'" ;;
	*) usage_error "unknown operand '$1'" ;;
	esac
	shift
done

# The database: only read, and never created.
if [ -z "$db" ]; then
	db=${SP_DB:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/sp/spotify.db}
fi
[ -e "$db" ] || die 73 "$db: no such database"
case $db in
/*) ;;
*) db=./$db ;;
esac

command -v sqlite3 >/dev/null || die 69 "sqlite3 is missing: install it"
[ -n "$json" ] || command -v jq >/dev/null || die 69 "jq is missing: install it"

tmp=$(mktemp -d) || exit 73
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

sqlite3 -readonly -batch -bail -init /dev/null -json "$db" \
	<"${sql:-$data/report.sql}" >"$tmp/json" || exit 74
if [ -n "$json" ]; then
	cat "$tmp/json" 2>/dev/null || cannot_write
	exit
fi
jq -r --rawfile css "${css:-$data/report.css}" -f "${template:-$data/report.jq}" \
	"$tmp/json" >"$tmp/page" || exit 78
cat "$tmp/page" 2>/dev/null || cannot_write

#!/bin/sh
# sp-run: sends what is due through the pipeline, from sp-queue to sp-load.
set -u
program=sp-run version='@VERSION@'

usage() {
	cat <<'END'
sp-run: fetch and load what is due

usage: sp-run [-n | -v] [--db FILE] [--account NAME] [--catalogue-limit N]
              [--force] [JOB ...]

Jobs:
  play-history     all plays that the API still has
  playlists        your playlists and their tracks
  audio-features   audio features of tracks, if your app has access
  profile          your profile, and the artists that you follow
  catalogue        details of tracks, albums and artists
  all              every job that is due, as without a JOB
Options:
      --account NAME       the account (default: $SP_ACCOUNT, then default)
      --catalogue-limit N  at most N requests a day for catalogue
                           (default: 200)
      --db FILE            the database (default: $SP_DB, then
                           ~/.local/share/sp/spotify.db)
      --force              request everything, even if it is stored
  -n, --dry-run            print the pipeline and do not run it
  -v, --verbose            print the pipeline, and run it
  -h, --help               print this help
  -V, --version            print the version

Examples:
  sp-run
  sp-run -v playlists

See sp-run(1).
END
}

. options.sh

db='' account='' catalogue_limit='' force='' dry_run='' verbose='' quiet=''
parse_options "$@"
eval "set -- ${operands:-all}"
file=${db:-$default_db}
db=${db:+" --db $(quote "$db")"}
account=${account:+" --account $(quote "$account")"}
limit=${catalogue_limit:+" --catalogue-limit $(quote "$catalogue_limit")"}
planned=$db$account$limit

# pipeline [--force] JOB: its command line.
pipeline() {
	printf '%s | ' "sp-queue next$planned $*" "sp-fetch$account" \
		"sp-stage$db" sp-transform
	printf '%s\n' "sp-load$quiet$db"
}

# run [--force] JOB: the pipeline of a job, whose status is that of sp-load.
run() {
	[ -z "$verbose" ] || (quiet='' && pipeline "$@") >&2
	eval "$(pipeline "$@") &"
	wait $!
}

# End the pipeline by SIGTERM, as programs in the background ignore SIGINT, then
# sp-run by its signal. Linux lists the programs; elsewhere the last one is ended,
# and each of the others when it writes.
signals='HUP INT QUIT PIPE TERM'
# shellcheck disable=SC2046,SC2086
stop() { # SIGNAL
	trap '' $signals
	kill $(cat /proc/$$/task/$$/children || echo "${!-}") 2>/dev/null
	wait
	trap - "$1"
	kill -s "$1" $$
}

# is_due [JOB]: 0, or 1 if it is not; or another status after a message.
is_due() { eval "sp-queue due$planned $*" >/dev/null; }

# The plays, tracks and playlists in the database, less so many of each.
count() { # PLAYS TRACKS PLAYLISTS
	sqlite3 -readonly -batch -init /dev/null -separator ' ' "$file" "
		select (select count(*) from play_history) - $1,
			(select count(*) from tracks) - $2,
			(select count(*) from playlists) - $3" 2>/dev/null
}

summarize() { # PLAYS TRACKS PLAYLISTS
	list=
	for what in "$1 play" "$2 track" "$3 playlist"; do
		case $what in
		'0 '*) ;;
		'1 '*) list="$list, $what" ;;
		*) list="$list, ${what}s" ;;
		esac
	done
	list=${list#, }
	echo "${list:-no plays, tracks or playlists} inserted"
}

# The programs beside this one come first.
PATH=$(dirname "$(readlink -f "$0")"):$PATH
for needed in sp-queue sp-fetch sp-stage sp-transform sp-load; do
	command -v $needed >/dev/null || die 69 "$needed: not found"
done

# What is wrong with the command line or the database ends it here.
jobs=$(usage | sed -n '/^Jobs:/,/^Options:/s/^  \([a-z-]*\) .*/\1/p')
for job; do
	# shellcheck disable=SC2086
	printf '%s\n' "$jobs" | grep -qxF -e "$job" || unknown job "$job" $jobs
done
is_due
status=$?
[ $status -le 1 ] || exit $status

force=${force:+--force }
if [ -n "$dry_run" ]; then
	for job; do
		pipeline "$force$job" 2>/dev/null || cannot_write
	done
	exit
fi

# The lock lasts as long as one of the programs, which inherit it. A run that waits
# for it finds nothing due, or is of another account.
if [ -r "$file" ] && command -v flock >/dev/null; then
	exec 9<"$file"
	flock -w 60 9 2>/dev/null || [ $? -ne 1 ] ||
		die 75 "another sp-run of '$file' is running"
fi

# A last line for people takes the place of sp-load's summaries.
if { [ -n "$verbose" ] || [ -t 1 ]; } && command -v sqlite3 >/dev/null; then
	before=$(count 0 0 0 || echo 0 0 0)
	quiet=' -q'
fi

for signal in $signals; do
	# shellcheck disable=SC2064
	trap "stop $signal" "$signal"
done
status=0
for job; do
	run "$force$job"
	last=$?
	# Once more, unless that leaves nothing due, such as new playlists.
	if [ $last -le 1 ]; then
		status=$((status > last ? status : last))
		is_due "$job"
		[ $? -eq 1 ] || run "$job"
		last=$?
	fi
	status=$((status > last ? status : last))
	# The login, the disk or the database fails the other jobs as well.
	case $last in
	0 | 1 | 75) ;;
	*) status=$last; break ;;
	esac
done
# shellcheck disable=SC2086
if [ -n "$quiet" ] && [ $status -le 75 ] && inserted=$(count $before); then
	summarize $inserted 2>/dev/null || cannot_write
fi
exit $status

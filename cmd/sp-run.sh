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

db='' account='' catalogue_limit='' force='' dry_run='' verbose=''
parse_options "$@"
on_db=${db:+" --db $(quote "$db")"}
of_account=${account:+" --account $(quote "$account")"}
limited=${catalogue_limit:+" --catalogue-limit $(quote "$catalogue_limit")"}
planned=$on_db$of_account$limited force=${force:+ --force}
summary=

# The pipeline of a job as a command line, with WORD before each program.
pipeline() { # WORD JOB
	printf '%s | ' "$1sp-queue next$planned$force $2" \
		"$1sp-fetch$of_account" "$1sp-stage$on_db" "$1sp-transform"
	printf '%s\n' "$1sp-load$summary$on_db"
}

# Whether a job is due: 0, or 1 if not, or another status after a message.
is_due() { # JOB
	eval "sp-queue due$planned$force $1" >/dev/null
}

# The programs beside this one come first.
case $0 in
*/*) PATH=$(cd "${0%/*}" && pwd):$PATH ;;
esac
eval "set -- ${operands:-all}"
known=$(usage | sed -n '/^Jobs:/,/^Options:/s/^  \([a-z-]*\) .*/\1/p')
# What cannot be planned ends sp-run before any job runs.
for job; do
	# shellcheck disable=SC2086
	printf '%s\n' "$known" | grep -qxF -e "$job" || unknown job "$job" $known
	is_due "$job"
	due=$?
	[ "$due" -le 1 ] || exit "$due"
done
if [ -n "$dry_run" ]; then
	for job; do
		pipeline '' "$job" 2>/dev/null || cannot_write
	done
	exit
fi

# One sp-run of a database at a time, where flock(1) is known: its lock lasts as
# long as a program of the pipeline.
file=${db:-$default_db}
if [ -r "$file" ] && command -v flock >/dev/null; then
	exec 9<"$file"
	flock -n 9 || die 75 "another sp-run of '$file' is running"
fi

# Programs in the background ignore SIGINT, so that each signal is sent on as
# SIGTERM, after which they end well.
processes=$(mktemp) || exit 73
stop() { # SIGNAL
	trap '' HUP INT TERM
	xargs kill <"$processes" 2>/dev/null
	wait
	trap - EXIT "$1"
	rm -f "$processes"
	kill -s "$1" $$
}
trap 'rm -f "$processes"' EXIT
trap 'stop HUP' HUP
trap 'stop INT' INT
trap 'stop TERM' TERM

stage() { sh -c 'echo $$ >>"$0" && exec "$@"' "$processes" "$@"; }

# Run the pipeline of a job; the status is that of sp-load.
run() { # JOB
	[ -z "$verbose" ] || (summary='' && pipeline '' "$1" >&2)
	echo 2>/dev/null >"$processes" || die 74 "$processes: cannot write"
	eval "$(pipeline 'stage ' "$1") &"
	wait $!
}

# The status of several runs: the worst one.
add_status() { # STATUS
	case $1 in
	0) ;;
	1) [ "$status" -ne 0 ] || status=1 ;;
	75) [ "$status" -gt 1 ] || status=75 ;;
	*) status=$1 ;;
	esac
}

# What the database has, for people: plays, tracks and playlists.
count() {
	sqlite3 -readonly -batch -init /dev/null -separator ' ' "$file" \
		'select (select count(*) from play_history),
			(select count(*) from tracks),
			(select count(*) from playlists)' 2>/dev/null
}
summarize() { # BEFORE AFTER, three counts each
	list=
	for what in play:$(($4 - $1)) track:$(($5 - $2)) playlist:$(($6 - $3)); do
		case $what in
		*:0) ;;
		*:1) list="$list, 1 ${what%:*}" ;;
		*) list="$list, ${what#*:} ${what%:*}s" ;;
		esac
	done
	list=${list#, }
	echo "${list:-no plays, tracks or playlists} inserted"
}

# The last line replaces the summaries of sp-load.
before=
if command -v sqlite3 >/dev/null && { [ -n "$verbose" ] || [ -t 1 ]; }; then
	before=$(count || echo 0 0 0)
	summary=' -q'
fi
status=0
for job; do
	run "$job"
	last=$?
	add_status "$last"
	# The first round may find work for another one, such as playlists in the
	# list that it loaded, or tracks without audio features.
	if [ "$last" -le 1 ]; then
		given=$force force=''
		is_due "$job"
		due=$?
		case $due in
		0) run "$job"; last=$? ;;
		1) ;;
		*) last=$due ;;
		esac
		force=$given
		add_status "$last"
	fi
	# The login, the disk or the database fails the other jobs as well.
	case $last in
	0 | 1 | 75) ;;
	*) break ;;
	esac
done
# shellcheck disable=SC2086
if [ -n "$before" ] && [ "$status" -le 75 ] && after=$(count); then
	summarize $before $after 2>/dev/null || cannot_write
fi
exit "$status"

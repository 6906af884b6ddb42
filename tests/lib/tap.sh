# tap.sh: TAP for tests in sh. Source it, check things, end with `finish`.
# Leaves a folder of one's own in $tmp, and the programs' folder in $build.

# The order of sort, and the words of other tools, are looked at.
LC_ALL=C
export LC_ALL
# Tables show UTC, and are not cut.
TZ=UTC
export TZ
unset COLUMNS

build=$(cd "${SP_BUILD:-build}" && pwd)
PATH=$build:$PATH
tmp=$(mktemp -d) || exit
tap_count=0 tap_failures=0 tap_section='' tap_subject=''
# What the shell says, and commands beside `run`, is printed at the end, so that
# `finish` can look at it.
exec 7>&2 2>"$tmp/stderr"
# For a trap on EXIT.
clean_up() { cat "$tmp/stderr" >&7; rm -rf "$tmp"; }
trap clean_up EXIT
trap 'exit 130' INT TERM

# section NAME: what the next checks are about; their names begin with it.
section() { tap_section="$1: " tap_subject=; }

# A name that goes on where the one before it ended is reported with that, so
# that every name says by itself what was checked.
tap_name() {
	case $1 in
	and\ *|nor\ *|but\ *|is\ *|it\ *|in\ *|with\ *|by\ *|of\ *|as\ *|not\ *|\
	then\ *|so\ *|which\ *|whose\ *|once|once,*|twice|too)
		tap_name=$tap_section$tap_subject$1 ;;
	*) tap_subject="$1, " tap_name=$tap_section$1 ;;
	esac
	tap_count=$((tap_count + 1))
}

# ok STATUS NAME: whether a command before succeeded. A failure is reported on
# stderr, too, which prove shows.
ok() {
	tap_name "$2"
	if [ "$1" -eq 0 ]; then
		tap_to=1
		echo "ok $tap_count - $tap_name"
	else
		tap_to=7
		echo "not ok $tap_count - $tap_name"
		echo "# ${0##*/}: not ok $tap_count - $tap_name" >&7
		tap_failures=$((tap_failures + 1))
	fi
}

# is GOT WANT NAME: whether two texts are the same.
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || {
		printf '%s\n' "$1" | sed 's/^/#   got  /'
		printf '%s\n' "$2" | sed 's/^/#   want /'
	} >&7
}

# like GOT REGEX NAME: whether a line of a text matches an extended regex.
like() {
	printf '%s\n' "$1" | grep -Eq -e "$2"
	set -- $? "$@"
	ok "$1" "$4"
	[ "$1" -eq 0 ] || {
		printf '%s\n' "$2" | sed 's/^/#   got  /'
		printf '#   want /%s/\n' "$3"
	} >&7
}

# diag TEXT: more about the last check.
diag() {
	printf '%s\n' "$1" | sed 's/^#* */# /' >&"$tap_to"
}

# skip WHY NAME: a check that cannot be made here.
skip() {
	tap_name "$2"
	echo "ok $tap_count - $tap_name # SKIP $1"
}

# run COMMAND...: leaves its status in $status, its words in $out and $err.
run() {
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	out=$(cat "$tmp/out") err=$(cat "$tmp/err")
	[ $status -ne 127 ] || cat "$tmp/err" >&2
}

# wait_until COMMAND...: until it succeeds, though not for ever.
wait_until() {
	wait_tries=0
	until "$@" 2>/dev/null; do
		wait_tries=$((wait_tries + 1))
		[ $wait_tries -lt 500 ] || { echo "Bail out! $*"; exit 1; }
		sleep 0.02
	done
}

# prints TEXT COMMAND...: whether that is what it prints, for wait_until.
prints() { [ "$(shift && "$@")" = "$1" ]; }
# not COMMAND...: whether it fails, for wait_until.
not() { ! "$@" >/dev/null; }

# The file fails, too, if its shell found a command, a function or a file
# missing, or complained about the file in another way.
finish() {
	echo "1..$tap_count"
	! grep -q "^$0: " "$tmp/stderr" || tap_failures=1
	[ $tap_failures -eq 0 ]
	exit
}

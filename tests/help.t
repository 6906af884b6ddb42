#!/bin/sh
# --help of every program, and of each of its commands: its form, what it says
# of each option, and that its examples run. And what a usage error says.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
top=$PWD
programs='sp-queue sp-fetch sp-stage sp-transform sp-load sp-rehearse sp-report sp-run'

# commands PROGRAM: each command, by what --help lists.
commands() {
	"$build/$1" --help | sed -n '/^Commands:/,/^[A-Z].*:/s/^  \([a-z]*\)  .*/\1/p'
}

# check_form WORD...: the help of these words has all parts, in 80 columns.
check_form() {
	run "$build/$@" --help
	is "$status $err" "0 " "$*: --help works"
	printf '%s\n' "$out" >"$tmp/help"
	is "$(grep -n '.\{81\}' "$tmp/help")" "" "in 80 columns"
	like "$(head -n 1 "$tmp/help")" "^$*: [^ ].*[^.]\$" "it begins with what $* is for"
	is "$(sed 1d "$tmp/help" | grep -v '^ \|^$\|^[A-Z][a-z ]*s:$' |
	    sed 's/^usage: .*/usage:/' | paste -s -d ' ')" "usage: See $1(1)." \
	    "and has nothing but its sections"
	is "$(grep -c '^Options:$\|^Examples:$' "$tmp/help")" 2 "with options and examples"
	is "$(sed -n "/^usage:/,/^\$/s/^\(usage:\|      \) //p" "$tmp/help" |
	    grep '^sp-' | grep -v "^$*\( \|\$\)")" "" "the usage is that of $*"
	run "$build/$@" -h
	is "$out" "$(cat "$tmp/help")" "-h is the same"
	{
		sed -n '/^Examples:/,/^$/s/^  //p' "$tmp/help"
		echo "----- $*"
	} >>"$tmp/examples"
	sed -n '/^Options:/,/^$/s/^ *\(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\( [^ ][^ ]*\)\{0,1\}\).*/\2/p' \
	    "$tmp/help" >>"$tmp/options"
}

for program in $programs; do
	section "$program"
	: >"$tmp/options"
	check_form "$program"
	for command in $(commands "$program"); do
		check_form "$program" "$command"
	done
	# Each name of an option ends with a comma.
	sed -n '/^\.It/{s/\\-/-/g; s/Fl -/Fl Fl /g; s/$/ ,/
		s/Oo Ar ENDPOINT Ns Cm = Oc Ns Ar FILE/Ar [ENDPOINT=]FILE/; p; }' \
	    "man/$program.1" >"$tmp/page"
	for option in $(sort -u "$tmp/options" | tr ' ' =); do
		name=${option%%=*} value=${option#"${option%%=*}"}
		grep -Fq "Fl Fl ${name#--}${value:+ Ar ${value#=}} ," "$tmp/page"
		ok $? "the page has $name ${value#=}"
	done
done

section "examples"
sp-rehearse --user kim --seed 5 --export "$tmp/export" --export-since 2026-10-01
python3 -m zipfile -c "$tmp/my_spotify_data.zip" "$tmp"/export/*/*.json
api_start --user kim --seed 5
cd "$tmp" || exit
client=$(jq -r .client_id "$SP_TOKEN_FILE")
mkdir -p .config/sp/tokens
cp "$SP_TOKEN_FILE" .config/sp/tokens/default.json
unset SP_DB SP_TOKEN_FILE SP_ACCOUNT SP_CLIENT_ID XDG_DATA_HOME XDG_CONFIG_HOME
export HOME="$tmp" SP_API="$api_url" SP_AUTH_URL="$api_url/authorize" \
    SP_TOKEN_URL="$api_url/api/token"
export BROWSER="curl -sSLo page.html" # in which everybody consents
groups=
trap 'kill -- $groups 2>/dev/null; kill "$api_pid"; clean_up' EXIT
job play-history 2>err || echo "Bail out! no job"
sp-fetch '/me/player/recently-played?limit=5' 2>err | jq .body >page.json
: >example
while IFS= read -r line; do
	case $line in
	-----*) ;;
	*)
		printf '%s\n' "$line" |
		    sed "s/0123456789abcdef0123456789abcdef/$client/" >>example
		continue
		;;
	esac
	# timeout leads a group of its own: a server in the background goes with it.
	timeout 60 sh -e example >out 2>err </dev/null &
	groups="$groups -$!"
	wait $!
	s=$?
	ok $s "those of ${line#----- } run"
	[ $s -eq 0 ] || diag "$(cat example err)"
	: >example
done <examples
cd "$top" || exit

section "usage errors"
# wrong MESSAGE HELP WORD...: is a usage error that says so.
wrong() {
	message=$1 help=$2
	shift 2
	run "$build/$@" </dev/null
	is "$status $out$err" "64 $1: $message
try '$help --help'" "$*"
}
jobs='play-history, playlists, audio-features, profile, catalogue or all'
names=$(commands sp-queue | sed 's/$/,/' | xargs |
    sed 's/,$//; s/, \([a-z]*\)$/ or \1/')
wrong "expected a command: $names" sp-queue sp-queue
wrong "unknown command 'statsu': did you mean 'status'?" sp-queue \
    sp-queue statsu
wrong "unknown command 'foo': expected $names" sp-queue sp-queue foo --help
wrong "next: expected JOB: $jobs" 'sp-queue next' sp-queue next
wrong "next: unknown job 'bogus': expected $jobs" 'sp-queue next' \
    sp-queue next bogus
wrong "next: unknown job 'playlist': did you mean 'playlists'?" \
    'sp-queue next' sp-queue next playlist
wrong "next: unexpected argument 'all'" 'sp-queue next' sp-queue next all all
wrong "unknown option '--tabel': did you mean '--table'?" sp-queue \
    sp-queue list --tabel
wrong "unknown option '-x'" sp-queue sp-queue list -x
wrong "ambiguous option '--cat': it may be --catalogue-age, --catalogue-limit" \
    sp-queue sp-queue next --cat 3 all
wrong "list: not an option here: '--force': it belongs to next, due or budget" \
    'sp-queue list' sp-queue list --force
wrong "unknown command 'lgoin': did you mean 'login'?" sp-fetch sp-fetch lgoin
wrong "login: unexpected argument 'me'" 'sp-fetch login' sp-fetch login me
wrong "forget: expected RUN ..., or --user ID" 'sp-stage forget' \
    sp-stage forget
wrong "--even-plays: not together with --user" 'sp-stage forget' \
    sp-stage forget --even-plays --user kim
wrong "prune: --keep D is required: keep all captures younger than D" \
    'sp-stage prune' sp-stage prune
wrong "--export-form: only together with --export" sp-rehearse \
    sp-rehearse --export-form basic
wrong "unexpected argument 'rows.ndjson'" sp-load sp-load rows.ndjson
wrong "unknown endpoint 'recently-plaid': did you mean 'recently-played'?" \
    sp-transform sp-transform recently-plaid
run sp-stage why trcks 1
is "$status $err" "64 sp-stage: why: unknown table 'trcks': did you mean 'tracks'?
try 'sp-stage why --help'" "a table"
run sp-fetch me
like "$status $err" "^64 sp-fetch: not a path of the API: 'me': .* like /me" \
    "a path without its slash"
wrong "--since: not a time: 'noon': write 2026-11-20, '2026-11-20 14:55', 2026-11-20T14:55:00Z, 7d for 7 days ago, today, yesterday or now" \
    'sp-stage replay' sp-stage replay --since noon
wrong "--keep: not a duration like 90s, 6h or 7d: '7 days'" 'sp-stage prune' \
    sp-stage prune --keep '7 days'
wrong "--db: FILE is missing" sp-queue sp-queue list --db
wrong "--table: takes no value: '--table=1'" sp-queue sp-queue list --table=1
finish

#!/bin/sh
# Options may be anywhere: every program and command does the same whether
# its options come before its operands, after them or between, up to a `--`.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
unset SP_API SP_ACCOUNT SP_TOKEN_URL SP_CLIENT_ID http_proxy

api_start --user kim --seed 5
for job in play-history playlists; do
	job "$job" 2>"$tmp/err" || echo "Bail out! no $job"
done
api_post 'clock?advance=2h'
cp "$SP_DB" "$tmp/saved.db"
cp "$SP_TOKEN_FILE" "$tmp/saved.json"
run_id=$(sql 'select min(run_id) from ingest_runs')
list=$(sql 'select min(playlist_id) from playlists')
artist=$(sql 'select min(artist_id) from artists')
sp-fetch '/me/player/recently-played?limit=3' 2>"$tmp/err" | jq .body >"$tmp/page.json"
sp-stage replay >"$tmp/captures"
sp-transform <"$tmp/captures" >"$tmp/rows"

# Without what a run makes up: its id, its times, and the rates in a summary.
plain() {
	sed -E 's/0[0-9A-HJKMNP-TV-Z]{25}/RUN/g
    s/"clock_off":-?[0-9]+/"clock_off":MS/g
	    s/20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:]{5,8}(\.[0-9]{3})?Z?/TIME/g
	    s/[0-9.]+ ?(ms|s|MB)\b/RATE/g'
}
# once WORD...: all that comes of a command, on a database of its own.
once() {
	cp "$tmp/saved.db" "$tmp/other.db"
	cp "$tmp/saved.json" "$tmp/other.json"
	rm -rf "$tmp/other.db-wal" "$tmp/other.db-shm"
	SP_DB=$tmp/default.db SP_TOKEN_FILE=$tmp/default.json \
	    timeout 20 "$build/$@" <"$input" >"$tmp/out" 2>"$tmp/err"
	echo "status $?"
	plain <"$tmp/out"
	plain <"$tmp/err"
	"$build/sp-load" --db "$tmp/other.db" --digest | jq -c '[.table, .rows]'
	sqlite3 "$tmp/other.db" 'select playlist_id from playlist_ingest_queue'
	# Without its option, it would have gone there.
	ls "$tmp"/default.* 2>/dev/null
}
# same COMMAND -- OPTION... -- OPERAND...: in each order. The command is a
# program and, where it has some, its command, which is an operand too.
same() {
	program=$1 command='' options='' operands=''
	shift
	[ "$1" = -- ] || { command=$1; shift; }
	shift
	while [ "$1" != -- ]; do options="$options $1"; shift; done
	shift
	operands=$*
	name="$program${command:+ $command}: $(echo "$options" |
	    sed "s|$tmp/||g")"
	# shellcheck disable=SC2086
	want=$(once $program $command $options $operands)
	like "$want" "${expect:-^status 0\$}" "$name: works"
	for order in "$command $operands $options" "$options $command $operands" \
	    "${operands:+$command ${operands%% *} $options ${operands#"${operands%% *}"}}" \
	    "$options -- $command $operands" "$command $options -- $operands"; do
		[ -n "${order# }" ] || continue
		# shellcheck disable=SC2086
		got=$(once $program $order)
		is "$got" "$want" "$program $(echo $order | sed "s|$tmp/||g")"
		# shellcheck disable=SC2086
		got=$(POSIXLY_CORRECT=1 once $program $order)
		is "$got" "$want" "and with POSIXLY_CORRECT"
	done
}

input=/dev/null
db="--db $tmp/other.db" login="--token-file $tmp/other.json"
# shellcheck disable=SC2086
{
	same sp-queue next -- $db --force -- play-history
	same sp-queue due -- $db --force -- playlists
	same sp-queue budget -- $db --table --force -- all
	same sp-queue status -- $db --account robin --
	expect="^status [01]$" same sp-queue health -- $db --since 2026-01-01 --json --
	same sp-queue add -- $db --lock-wait 2s -- "$list" 37i9dQZF1DXcBWIGoYBM5M
	expect='^status [01]$' same sp-queue drop -- $db -- "$list" 37i9dQZF1DXcBWIGoYBM5M
	same sp-queue unblock -- $db --lock-wait 2s --user kim -- playlists users
	same sp-queue list -- $db --table --
	same sp-queue count -- $db --json --
	same sp-fetch -- $login --retries 0 --parallel 1 -- /me /users/kim
	same sp-fetch accounts -- $login --table --
	same sp-fetch logout -- $login --
	expect='^status 73$' same sp-fetch login -- --token-file "$tmp/page.json/x" \
	    --client-id 0123456789abcdef0123456789abcdef --no-browser --
	same sp-stage replay -- $db --run "$run_id" --endpoint recently-played --
	same sp-stage import -- $db --endpoint recently-played \
	    --user kim -- "$tmp/page.json" "$tmp/page.json"
	same sp-stage redate -- $db -n --by -1d -- "$run_id"
	same sp-stage runs -- $db --limit 1 --table --
	same sp-stage why -- $db --table -- artists "$artist"
	same sp-stage prune -- $db -n --keep 1d --table --
	same sp-stage forget -- $db -n --table -- "$run_id"
	same sp-report -- $db --json --user kim --
	input=$tmp/captures
	same sp-stage -- $db --lock-wait 2s --
	same sp-transform -- --timeout 20s --engine own --
	input=$tmp/page.json
	same sp-transform -- --user kim --fetched-at 2026-11-22 -- recently-played
	input=$tmp/rows
	same sp-load -- $db -n --user kim --
	same sp-load -- $db --digest --table --
	expect='^status 64$' same sp-rehearse -- --port 0 --user kim -- nothing
}

# None was left out: each line of a usage names a command, or none.
for program in sp-queue sp-fetch sp-stage sp-transform sp-load sp-rehearse; do
	for command in $("$build/$program" --help | sed -n "s/^usage://
		s/^ *$program \([a-z][a-z]*\) .*/\1/p"); do
		grep -q "same $program $command --" "$0"
		ok $? "$program $command was tried"
	done
done

# Of another command, an option is an error wherever it is.
for words in 'sp-queue next play-history --lock-wait 1s' \
    'sp-queue --overlap 6h count' 'sp-queue list --force' \
    'sp-queue add x --table' 'sp-fetch /me --force' 'sp-fetch --table /me' \
    'sp-fetch login --retries 1' 'sp-fetch --parallel 2 login' \
    'sp-fetch accounts --api http://127.0.0.1' 'sp-fetch --table logout' \
    'sp-fetch --client-id x logout' 'sp-fetch login now' \
    'sp-fetch accounts robin' "sp-stage import $tmp/page.json --keep 1d" \
    'sp-stage --limit 3 replay' 'sp-stage runs --endpoint me' \
    'sp-stage --run x' 'sp-stage replay --capture' 'sp-load --digest -n' \
    'sp-load rows.ndjson' 'sp-transform me --nonsense' \
    'sp-transform --list'; do
	# shellcheck disable=SC2086
	run timeout 20 "$build/"$words </dev/null
	case $words in
	*--list) is "$status" 0 "an abbreviation: $words" ;;
	*) is "$status $out" "64 " "usage: $words" ;;
	esac
done
finish

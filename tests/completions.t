#!/bin/sh
# Completions: every shell offers what --help lists, and what is in the database.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/db.sh
. tests/lib/stream.sh
made=$build/completions
export made

# complete SHELL LINE...: what the shell offers at the end of each line, as a line
# of sorted words. A typed line that is completed at once is offered whole.
complete() {
	shell=$1
	shift
	case $shell in
	bash) complete_bash "$@" ;;
	fish) complete_fish "$@" ;;
	*) python3 -B tests/completions.py "${shell#interactive-}" "$made" "$@" ;;
	esac 2>&1 | while IFS= read -r words; do
		echo "$words" | tr ' ' '\n' | sort | xargs
	done
}

complete_bash() {
	bash --norc -c 'for line; do
		read -ra COMP_WORDS <<<"${line//=/ = }"
		[[ $line != *[\ =] ]] || COMP_WORDS+=("")
		program=${COMP_WORDS[0]} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		. "$made/bash/$program"
		_${program//-/_} "$program" "${COMP_WORDS[-1]}"
		echo "${COMPREPLY[@]}"
	done' bash "$@"
}

complete_fish() {
	fish --no-config -c 'for line in $argv
		set -l words (string split " " $line)
		source $made/fish/$words[1].fish
		echo (complete -C $line | string replace -r "\t.*" "")
	end' "$@"
}

# What --help of these words lists: names in a section, and options.
names() {
	section=$1
	shift
	"$@" --help | sed -n "/^$section/,/^[A-Z].*:\$/s/^  \([a-z][a-z-]*\)  .*/\1/p" |
	    sort | xargs
}
options() {
	"$@" --help | sed -n 's/^  \(-.,\|   \) \(--[a-z-]*\).*/\2/p' | sort | xargs
}

# offers LINE WANT WHY: every shell offers that.
offers() { printf '%s|%s|%s\n' "$@" >>"$tmp/cases"; }

# A database with a run and a playlist in the queue, another with another run, and
# a login.
export HOME="$tmp" XDG_CONFIG_HOME="$tmp/config"
unset SP_TOKEN_FILE SP_ACCOUNT
mkdir -p "$tmp/config/sp/tokens" && chmod 700 "$tmp/config/sp/tokens"
echo '{"access_token":"a","refresh_token":"b","client_id":"c","user_id":"kim"}' \
    >"$tmp/config/sp/tokens/robin.json"
chmod 600 "$tmp/config/sp/tokens/robin.json"
cp -p "$tmp/config/sp/tokens/robin.json" "$tmp/login.json"
echo '{"access_token":"a","refresh_token":"b","client_id":"c"}' \
    >"$tmp/config/sp/tokens/new.json"
chmod 600 "$tmp/config/sp/tokens/new.json"
run_id=01M81F3KXG4TRMR39J9HEDEPCR playlist=aPlaylist0123456789abc
other_id=01M81F3KXGZZZZZZZZZZZZZZZZ
{ begin_run $run_id && end_run $run_id; } | sp-load 2>/dev/null
sql "update ingest_runs set user_id = 'kimberly'"
sp-queue add $playlist 2>/dev/null
{ begin_run $other_id && end_run $other_id; } |
    sp-load --db "$tmp/other.db" 2>/dev/null
: >"$tmp/folder.json"

offers 'sp-queue ' "$(names Commands: sp-queue)" "the commands"
offers 'sp-queue n' next "a command that begins so"
offers 'sp-queue next --' "$(options sp-queue next)" "the options of a command"
offers 'sp-queue list --' "$(options sp-queue list)" "those of another"
offers 'sp-queue next ' "$(names Jobs sp-queue next)" "the jobs"
offers 'sp-queue next --force p' "play-history playlists profile" \
    "the jobs that begin so, after an option"
offers 'sp-queue --db music.db dr' drop "a command after an option"
offers 'sp-queue next -- --' "" "no option after --"
offers 'sp-queue next --after y' yesterday "a time"
offers 'sp-queue drop ' $playlist "the playlists in the queue"
offers 'sp-queue next --account ' "new robin" "the accounts"
offers 'sp-stage forget --user ' kimberly "the users in the database"
offers 'sp-report --user k' kimberly "also in sh"
offers 'sp-run --' "$(options sp-run)" "the options of a program without commands"
offers 'sp-run playlists cat' catalogue "one more job"
offers 'sp-stage runs ' $run_id "the runs"
offers "sp-stage forget --db $tmp/other.db 01" $other_id \
    "those of the database that is named"
offers "sp-stage forget --db=$tmp/other.db 01" $other_id "and named with ="
offers "sp-stage forget --db ~/other.db 01" $other_id "and named by the home"
offers "sp-stage forget --db $tmp/none.db " "" "nothing without a database"
offers 'sp-stage replay --endpoint play' "playlist playlist-items" \
    "the endpoints"
offers 'sp-fetch /me/pl' "/me/player/recently-played /me/playlists" \
    "paths of the API"
offers 'sp-stage why album' "album_artists albums" "the tables"
offers 'sp-stage why albums ' "" "nothing for a key"
offers "sp-stage import $tmp/fo" "$tmp/folder.json" "files"

check_shell() {
	section "$1"
	if ! command -v "${1#interactive-}" >/dev/null; then
		skip "no ${1#interactive-} here" "completions"
		return
	fi
	set -- "$1"
	while IFS= read -r line; do
		set -- "$@" "$line"
	done <<-END
		$(cut -d'|' -f1 "$tmp/cases")
	END
	complete "$@" >"$tmp/got"
	while IFS='|' read -r line want why; do
		IFS= read -r got <&3 || got="nothing more"
		# One candidate is put into the line at once.
		case $1-$want in
		interactive-*' '* | bash-* | fish-*) ;;
		*) want=$(echo "${line% *} ${want:-${line##* }}" | tr ' ' '\n' |
			sort | xargs) ;;
		esac
		is "$got" "$want" "$why: $line"
	done <"$tmp/cases" 3<"$tmp/got"
}

for shell in bash fish interactive-bash interactive-zsh; do
	check_shell $shell
done

section descriptions
if command -v fish >/dev/null; then
	run fish -c "source '$build/completions/fish/sp-queue.fish'
	    complete -C 'sp-queue next --account '"
	is "$(printf '%s\n' "$out" | sort | tr '\t' :)" "new:user not known yet
robin:user kim" "whose an account is, if that is known"
fi

section "names that a shell would run"
rm -f "$tmp"/config/sp/tokens/*
first='x$(date)' second="y\`date\`;date|'"
for name in "$first" "$second"; do
	cp -p "$tmp/login.json" "$tmp/config/sp/tokens/$name.json"
	bash --norc -c '. "$made/bash/sp-queue"
		COMP_WORDS=(sp-queue next --account "$1") COMP_CWORD=3
		_sp_queue sp-queue "$1"
		eval "printf %s ${COMPREPLY[*]}"' bash "${name%"${name#?}"}" \
	    >"$tmp/got" 2>&1
	is "$(cat "$tmp/got")" "$name" "bash quotes them: $name"
	! command -v fish >/dev/null || is "$(fish --no-config -c '
		source $made/fish/sp-queue.fish
		set -l word (complete --escape -C "sp-queue next --account $argv" |
			string replace -r "\t.*" "")
		eval "printf %s $word"' "${name%"${name#?}"}" 2>&1)" \
	    "$name" "and fish"
done
if command -v zsh >/dev/null; then
	python3 -B tests/completions.py zsh "$made" "sp-queue next --account x" \
	    "sp-queue next --account y" >"$tmp/got"
	is "$(sed 's/.* /printf "%s\\n" /' "$tmp/got" | zsh -f 2>&1)" "$first
$second" "zsh quotes them"
fi
finish

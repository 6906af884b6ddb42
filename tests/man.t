#!/bin/sh
# The manual pages are clean, and every example in them, and in README.md, runs
# as it is typed in bash and zsh: with the installed programs, and the database
# and the login in their default places.
cd "$(dirname "$0")/.." || exit
. tests/lib/tap.sh
. tests/lib/api.sh
top=$PWD

section "lint"
is "$(LC_ALL=C grep -n -e '[^ -~]' -e '\\\[u' man/*)" "" \
    "ASCII alone: of more, man(1) warns where the locale is C"
if command -v mandoc >/dev/null; then
	for page in man/*; do
		is "$(mandoc -T lint -W warning "$page")" "" "$page"
		is "$(mandoc -T utf8 "$page" |
			perl -CS -ne 's/.\x08//g; print if /.{81}/')" "" \
		    "$page fits 80 columns"
	done
else
	skip "no mandoc" "the pages are clean"
fi

# Examples, one a paragraph, ended by a line of dashes: the displays of EXAMPLES,
# and those elsewhere that begin with a command.
examples() {
	awk '/^\.Sh/ { all = $2 == "EXAMPLES" }
	block && /^\.Ed/ { if (on) print "-----"; block = 0 }
	block {
		if (block++ == 1)
			on = all || /^(sp-|sqlite3|TZ=|\{ |mkdir|export|datasette|python3)/
		gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-")
		if (on) print
	}
	/^\.Bd/ { block = 1 }' "$1"
}

# The same of README.md: its blocks that begin with a command.
readme_examples() {
	awk '/^    / {
		if (!block++)
			on = /^ *(sp-|sqlite3|sh )/
		sub(/^ {4,7}/, "")
		if (on) print
		next
	}
	on { print "-----" }
	{ block = on = 0 }' README.md
}

# The ids, names and places that differ here.
ours() {
	sed "s/0123456789abcdef0123456789abcdef/$client/
		s/YOUR_CLIENT_ID/$client/
		s/YOU /kim /; s/2026-11-20 14:55/$minute/
		s/4uLU6hMCjMI75M1A2tKUQC/$track/
		s/01M81F3KXG4TRMR39J9HEDEPCR/$run/; s/RUN /$run /
		s|/usr/local/|$tmp/usr/|; s|ssh [a-z]* |sh -c |"
}

unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS SP_DB
run make -s -o all B="${build#"$top"/}" PREFIX="$tmp/usr" install
is "$status$err" 0 "make install"
PATH=$tmp/usr/bin:${PATH#"$build:"}
api_start --user kim --seed 5
cp "$SP_TOKEN_FILE" "$tmp/token.json"
unset SP_TOKEN_FILE
client=$(jq -r .client_id "$tmp/token.json")
export SP_API="$api_url" SP_AUTH_URL="$api_url/authorize" \
    SP_TOKEN_URL="$api_url/api/token"
export BROWSER="curl -sSLo page.html" # in which everybody consents
sp-rehearse --user kim --seed 5 --export "$tmp/export" --export-since 2026-11-15
python3 -m zipfile -c "$tmp/my_spotify_data.zip" "$tmp"/export/*/*.json
groups=
trap 'kill -- $groups 2>/dev/null; kill "$api_pid"; clean_up' EXIT

# at_home NAME: a home with a login, a database with a run in it, saved pages and
# streams, and a mapping of one's own.
at_home() {
	export HOME="$tmp/$1"
	mkdir -p "$HOME/.config/sp/tokens"
	cd "$HOME" || exit
	cp "$tmp/token.json" .config/sp/tokens/default.json
	cp "$tmp/token.json" .config/sp/tokens/robin.json
	sp-queue next --force play-history | sp-fetch | tee captures.ndjson |
	    sp-stage | sp-transform | tee rows.ndjson | sp-load ||
	    echo "Bail out! no job"
	cp captures.ndjson saved.ndjson
	sp-fetch '/me/player/recently-played?limit=5' | jq .body >page.json
	cp page.json page1.json
	sp-transform --print-filter recently-played >my.jq
	sqlite3 .local/share/sp/spotify.db \
	    'alter table play_history add column weekday text'
	sp-stage import --user lee page.json | sp-transform | sp-load
	run=$(sp-stage runs | jq -r 'select(.job == "import").run_id')
	cp "$tmp/my_spotify_data.zip" .
	minute=$(sqlite3 .local/share/sp/spotify.db 'select max(played_at)
	    from play_history')
	track=$(sqlite3 .local/share/sp/spotify.db 'select track_id
	    from play_history order by played_at desc limit 1')
}

# type_in SHELL: runs the commands of the file "example" in an interactive shell.
# A session of its own has no terminal, and what is left in the background goes
# with its group.
type_in() {
	case $1 in
	bash) set -- bash --norc -e -i ;;
	zsh) set -- zsh -f -e -i -s ;;
	esac
	PS1='' PS2='' setsid timeout 60 "$@" <example >example.out 2>example.err &
	groups="$groups -$!"
	wait $!
}

# missing_tool: one of other people's that the example needs, and is not here.
missing_tool() {
	for tool in datasette duckdb gnuplot; do
		! grep -qw $tool example || command -v $tool >/dev/null ||
			{ echo $tool; return; }
	done
	grep -q pandas example && ! python3 -c 'import pandas' 2>/dev/null &&
		echo pandas
}

# reads_otherwise: whether zsh may read the example otherwise than bash: for a
# character outside of quotes, or one that double quotes do not hide. Only such
# examples are typed in zsh, too.
reads_otherwise() {
	awk -v quote="'[^']*'" '{ text = text $0 "\n" }
	END {
		gsub(quote, "", text)
		gsub(/"[^"$!`\\]*"/, "", text)
		exit text !~ /[][*?!^#$`(){}"]|=[a-z]/
	}' example
}

# type_all SHELL NAME: what examples prints, one after another.
type_all() {
	n=0
	: >example
	while IFS= read -r line; do
		if [ "$line" != ----- ]; then
			printf '%s\n' "$line" >>example
			continue
		fi
		n=$((n + 1))
		if tool=$(missing_tool); then
			skip "no $tool" "$2: example $n"
		elif [ "$1" = bash ] || reads_otherwise; then
			s=0
			type_in "$1" || s=$?
			ok $s "$2: example $n"
			[ $s -eq 0 ] || diag "$(cat example example.err)"
		fi
		: >example
	done
}

for shell in bash zsh; do
	section "$shell"
	if ! command -v $shell >/dev/null; then
		skip "no $shell" "every example runs"
		continue
	fi
	at_home readme-$shell
	(cd "$top" && readme_examples) | ours >readme.txt
	type_all $shell README.md <readme.txt
	at_home $shell
	for page in "$top"/man/*.[157]; do
		name=${page##*/}
		# cookbook.t types these into bash.
		[ $shell/$name != bash/sp-cookbook.7 ] || continue
		examples "$page" | ours >"$name.txt"
		type_all $shell "$name" <"$name.txt"
		case $name in
		*.1) [ "$n" -gt 0 ]; ok $? "$name has examples" ;;
		esac
	done
	kill -- $groups 2>/dev/null
	groups=
done
finish

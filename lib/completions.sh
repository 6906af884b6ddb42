#!/bin/sh
# completions.sh FOLDER PROGRAM...: makes the completions of programs for bash, zsh
# and fish, from what their --help says.
#
# help.awk makes a table of it. bash and zsh have the table in their files, and
# read it with bash.bash and zsh.zsh; fish.awk makes what fish wants.
set -eu
here=$(dirname "$0")/completions
folder=$1
shift
tab=$(printf '\t')
mkdir -p "$folder/bash" "$folder/zsh" "$folder/fish"

help() {
	"$@" --help | awk -v command="${2:--}" -f "$here/help.awk"
}

# What else a value can be. A source is a command that prints values, each with a
# tab and a description if there is one; files and folders are for the shell.
values() {
	cat <<END
source${tab}RUN${tab}sp-stage runs --limit 50 | sed -n 's/.*"run_id":"\([^"]*\)","job":"*\([^",]*\).*"started_at":"\(....-..-..\)T\(..:..\).*/\1${tab}\2, \3 \4Z/p'
source${tab}USER${tab}sp-stage runs --limit 1000 | sed -n 's/.*"user_id":"\([^"]*\)".*/\1/p' | sort -u
source${tab}ACCOUNT${tab}sp-fetch accounts | sed -n 's/"user_id":null/"user_id":"not known yet"/; s/.*"account":"\([^"]*\)","user_id":"\([^"]*\)".*/\1${tab}user \2/p'
source${tab}PLAYLIST${tab}sp-queue list | sed -n 's/.*"playlist_id":"\([^"]*\)","detected_at":"\(....-..-..\).*/\1${tab}queued on \2/p'
source${tab}ENDPOINT${tab}sp-transform --list-filters
files${tab}FILE
folders${tab}DIR
END
	for word in now today yesterday 7d 30d; do
		echo "value${tab}TIME${tab}$word${tab}-"
	done
	sed -n 's,.*\.path = "/v1\(/me[^*"]*\)".*,\1,p' "$here/../spotify/endpoint.c" |
	    sed "s/.*/value${tab}PATH${tab}&${tab}-/"
	for word in $tables; do
		echo "value${tab}TABLE${tab}$word${tab}-"
	done
}

# Only what the options and operands of the program need.
table() {
	{
		help "$1"
		for command in $(help "$1" |
		    sed -n "s/^command$tab\([^$tab]*\).*/\1/p"); do
			help "$1" "$command"
		done
		values
	} | awk -F'\t' '
	{ line[NR] = $0 }
	$1 == "option" { needed[$5] = 1 }
	$1 == "operand" { needed[$4] = 1 }
	# What --help lists is better than a command that lists it.
	$1 == "value" { listed[$2] = 1 }
	END {
		for (i = 1; i <= NR; i++) {
			$0 = line[i]
			if ($1 !~ /^(command|option|operand)$/ &&
			    (!($2 in needed) ||
			    $1 == "source" && $2 in listed) || seen[$0]++)
				continue
			print
		}
	}'
}

# The tables that sp-stage explains: those that have a digest, and listens.
tables() {
	db=$folder/empty.db
	: | "$1" --db "$db" 2>/dev/null || :
	echo listens
	"$1" --digest --db "$db" |
	    sed -n 's/.*"table":"\([^"]*\)".*/\1/p'
	rm -f "$db"*
}

tables=
for program; do
	case $program in
	*/sp-load) tables=$(tables "$program" | sort) ;;
	esac
done
for program; do
	name=${program##*/}
	function=_$(echo "$name" | tr - _)
	table "$program" >"$folder/table"
	{
		echo "# Completions of $name for bash, made from its --help."
		printf "%s_table='" "$function"
		sed "s/'/'\\\\''/g" "$folder/table"
		printf "'\n\n"
		cat "$here/bash.bash"
		printf '\n%s() { _sp_complete "$%s_table"; }\n' "$function" "$function"
		echo "complete -F $function $name"
	} >"$folder/bash/$name"
	{
		echo "#compdef $name"
		echo "# Completions of $name for zsh, made from its --help."
		printf "local table='"
		sed "s/'/'\\\\''/g" "$folder/table"
		printf "'\n\n"
		cat "$here/zsh.zsh"
		printf '\n_sp_complete "$table"\n'
	} >"$folder/zsh/_$name"
	awk -v program="$name" -f "$here/fish.awk" "$folder/table" \
	    >"$folder/fish/$name.fish"
done
rm -f "$folder/table"

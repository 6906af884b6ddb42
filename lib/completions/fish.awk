# The table of help.awk, as completions for fish of a program, which is `program`.
function quoted(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/'/, "\\'", s)
	return "'" s "'"
}

# complete CONDITION WORDS
function complete(condition, words) {
	print "complete -c " program \
	    (condition == "" ? "" : " -n " quoted(condition)) " " words
}

function about(purpose) { return purpose == "-" ? "" : " -d " quoted(purpose) }

function values_of(kind) {
	return kind in values || kind in source ? \
	    " -a '(" prefix kind ")'" : kind in folders ? \
	    " -a '(__fish_complete_directories)'" : ""
}

# The function that runs a command, about the database that is named.
function print_source() {
	print "function " prefix "source"
	print "    set -l words (commandline -opc)"
	print "    set -l db (string replace -f -- --db= '' $words)"
	print "    set -l named (contains -i -- --db $words)"
	print "    and set db $words[(math $named + 1)]"
	print "    test -n \"$db\""
	print "    and set -lx SP_DB (string replace -r '^~/' $HOME/ -- $db[-1])"
	print "    sh -c $argv[1] 2>/dev/null"
	print "end"
}

BEGIN {
	FS = "\t"
	prefix = "__" program "_"
	gsub(/-/, "_", prefix)
}

$1 ~ /^(value|source)$/ && !($2 in listed) { listed[$2] = 1; kinds[++n] = $2 }
$1 == "command" { commands = commands " " $2 }
$1 == "value" {
	values[$2] = values[$2] " " quoted($3 ($4 == "-" ? "" : FS $4))
	names[$2] = names[$2] " " $3
}
$1 == "source" { source[$2] = substr($0, length($1 $2) + 3) }
$1 == "files" { files[$2] = 1 }
$1 == "folders" { folders[$2] = 1 }
{ line[NR] = $0 }

END {
	print "# Completions of " program " for fish, made from its --help."
	for (i = 1; i <= n; i++)
		print "function " prefix kinds[i] "\n    " \
		    (kinds[i] in values ? "printf '%s\\n'" values[kinds[i]] : \
		    prefix "source " quoted(source[kinds[i]])) "\nend"
	for (kind in source) {
		print_source()
		break
	}

	none = commands == "" ? "" : "not __fish_seen_subcommand_from" commands
	complete("", "-f")
	for (i = 1; i <= NR; i++) {
		split(line[i], f, FS)
		when = f[2] == "-" ? none : "__fish_seen_subcommand_from " f[2]
		if (f[1] == "command")
			complete(none, "-a " f[2] about(f[3]))
		else if (f[1] == "option")
			complete(when, (f[3] == "-" ? "" : "-s " substr(f[3], 2) " ") \
			    "-l " substr(f[4], 3) (f[5] == "-" ? "" : \
			    f[5] in files ? " -r -F" : " -x" values_of(f[5])) \
			    about(f[6]))
		else if (f[1] == "operand" && f[4] in files)
			complete(when, "-F")
		else if (f[1] == "operand" && values_of(f[4]) != "") {
			if (f[3] != "*" && f[4] in names)
				when = (when == "" ? "" : when "; and ") \
				    "not __fish_seen_subcommand_from" names[f[4]]
			complete(when, substr(values_of(f[4]), 2))
		}
	}
}

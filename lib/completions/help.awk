# A --help text as lines of a table. Fields are separated by tabs, and an empty one
# is `-`. `command` is the one that the text is about, or `-`.
#
#	command NAME PURPOSE
#	option COMMAND LETTER NAME VALUE PURPOSE
#	operand COMMAND POSITION KIND, where * is the last position and all after it
#	value KIND NAME PURPOSE
BEGIN { OFS = "\t" }

function field(s) { return s == "" ? "-" : s }

/^usage: / { section = "usage"; sub(/^usage: /, "       ") }
/^$/ { section = "" }
/^[A-Z].*:$/ { section = $1; sub(/[^A-Za-z]+$/, "", section); next }

section == "usage" {
	if (sub(/^       sp-/, "sp-"))
		forms++
	form[forms] = form[forms] " " $0
}

# An option: `  -n, --dry-run  what it does`.
section == "Options" && /^  (-.,|   ) --/ {
	name = $1 ~ /^--/ ? $1 : $2
	letter[name] = $1 ~ /^--/ ? "" : substr($1, 1, 2)
	long[letter[name]] = name
	rest = $0
	sub(/^  (-.,|   ) --[^ ]+/, "", rest)
	value[name] = rest ~ /^ [^ ]/ ? rest : ""
	sub(/  .*/, "", value[name])
	sub(/^ /, "", value[name])
	sub(/^ ?[^ ]*( [^ ]+)*  +/, "", rest)
	purpose[name] = rest
	names[++count] = name
	last = name
	next
}

section == "Options" && /^      / {
	sub(/^ +/, "")
	purpose[last] = purpose[last] ($0 == "" ? "" : " " $0)
	next
}

# The other sections list names: each with a purpose after it, or many in a line.
section != "" && section !~ /^(Options|usage|Examples)$/ && /^  [^ ]/ {
	described = match($0, /[^ ]  +/)
	text = described ? substr($0, RSTART + RLENGTH) : ""
	n = split(described ? $1 : $0, word, " ")
	for (i = 1; i <= n; i++) {
		if (section == "Commands") {
			is_command[word[i]] = 1
			if (command == "-")
				print "command", word[i], field(text)
		} else {
			kind = toupper(section)
			sub(/S$/, "", kind)
			print "value", kind, word[i], field(text)
		}
	}
}

# The options and operands of a form in the usage.
function read_form(text,    words, n, i, j, alternatives, position) {
	gsub(/[][]/, " ", text)
	gsub(/ *[|] */, "|", text)
	n = split(text, words, " ")
	if (command == "-" ? words[2] in is_command : words[2] != command)
		return
	for (i = command == "-" ? 2 : 3; i <= n; i++) {
		j = split(words[i], alternatives, "|")
		if (words[i] ~ /^-/) {
			for (; j > 0; j--) {
				name = alternatives[j]
				if (name in long)
					name = long[name]
				takes[name] = 1
			}
			if (value[name] != "")
				i += words[i + 1] ~ /=$/ ? 2 : 1
		} else if (words[i] != "...") {
			position++
			for (; j > 0; j--)
				operands[(words[i + 1] == "..." ? "*" : position) \
				    OFS alternatives[j]] = 1
		}
	}
}

# What kind of thing the value of an option is: what it is called, or the option
# is, where that says more. The words of `own (default) or libjq` are its values.
function kind_of(name,    kind, text, words, n, i) {
	kind = toupper(substr(name, 3))
	gsub(/-/, "_", kind)
	if (name == "--print-filter")
		return "ENDPOINT"
	if (name ~ /^--(run|account|endpoint|user)$/)
		return kind
	text = purpose[name]
	gsub(/ \(default\)/, "", text)
	if (value[name] == "NAME" && text ~ /^[a-z]+(, [a-z]+)* or [a-z]+$/) {
		gsub(/,| or /, " ", text)
		n = split(text, words, " ")
		for (i = 1; i <= n; i++)
			print "value", kind, words[i], "-"
		return kind
	}
	kind = value[name]
	sub(/^\[.*\]/, "", kind)
	return kind
}

END {
	for (i = 1; i <= forms; i++)
		read_form(form[i])
	for (i = 1; i <= count; i++) {
		name = names[i]
		sub(/ \(default: .*\)$/, "", purpose[name])
		if (name in takes || name == "--help" || name == "--version")
			print "option", command, field(letter[name]), name,
			    field(kind_of(name)), field(purpose[name])
	}
	for (operand in operands)
		print "operand", command, operand | "sort"
	close("sort")
}
